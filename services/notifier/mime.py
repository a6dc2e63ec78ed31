"""The finished message as bytes: a letter in its envelope with everything that lies beside it (RFC 5322, 2045, 6047).

The same letter and headers always give the same bytes, so that every try to send is a try to send this message.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, Policy
from hashlib import sha256
from typing import Any

from services.notifier.calendar_file import CalendarFile
from services.notifier.letters import Letter
from services.notifier.mailboxes import Mailbox
from services.workdays import local


class WholeHeader(UnstructuredHeader, BaseHeader):
    """One long word on one line: Python would break an address of the web into encoded words nobody decodes."""

    def fold(self, *, policy: "Policy[Any]") -> str:
        return f"{self.name}: {self}{policy.linesep}"


HEADERS = HeaderRegistry()
HEADERS.map_to_type("List-Unsubscribe", WholeHeader)


@dataclass(frozen=True, kw_only=True)
class Headers:
    """Who writes to whom, when, and as which message. `unsubscribe_url` takes one press, without a login."""

    sender: Mailbox
    recipient: Mailbox
    reply_to: Mailbox | None = None
    date: datetime
    message_id: str
    unsubscribe_url: str | None = None


@dataclass(frozen=True)
class Attachment:
    name: str
    content: bytes
    media_type: str = "application/pdf"


def compose(
    letter: Letter,
    headers: Headers,
    calendar_files: Sequence[CalendarFile] = (),
    attachments: Sequence[Attachment] = (),
) -> bytes:
    policy = SMTP if headers.recipient.is_ascii else SMTPUTF8
    message = EmailMessage(policy.clone(header_factory=HEADERS))
    for name, value in _headers(letter, headers):
        message[name] = value
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    _add_invitations(message, calendar_files)
    for attachment in attachments:
        kind, _, subtype = attachment.media_type.partition("/")
        message.add_attachment(attachment.content, kind, subtype, filename=attachment.name)
    _name_boundaries(message, headers.message_id)
    return message.as_bytes()


def _headers(letter: Letter, headers: Headers) -> Iterator[tuple[str, object]]:
    yield "From", _address(headers.sender)
    yield "To", _address(headers.recipient)
    if headers.reply_to:
        yield "Reply-To", _address(headers.reply_to)
    yield "Subject", letter.subject
    yield "Date", local(headers.date)
    yield "Message-ID", headers.message_id
    yield "Auto-Submitted", "auto-generated"
    if headers.unsubscribe_url:
        yield "List-Unsubscribe", f"<{headers.unsubscribe_url}>"
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"


def _address(mailbox: Mailbox) -> Address:
    return Address(mailbox.name, mailbox.user, mailbox.domain)


def _add_invitations(message: EmailMessage, files: Sequence[CalendarFile]) -> None:
    """One invitation is the letter's third face and lies beside it too, for programs that look only there.

    Several lie beside it, each for itself: a program shows only one per letter, and only the first entry of a file.
    """
    match files:
        case [only]:
            message.add_alternative(
                only.text, subtype="calendar", cte="quoted-printable", params={"method": only.method}
            )
            message.add_attachment(
                only.text.encode(), "application", "ics", filename="invite.ics", params={"name": "invite.ics"}
            )
        case _:
            for file in files:
                message.add_attachment(
                    file.text,
                    subtype="calendar",
                    cte="quoted-printable",
                    params={"method": file.method, "name": file.name},
                    filename=file.name,
                )


def _name_boundaries(message: EmailMessage, message_id: str) -> None:
    """Python would draw lots. No encoded line can hold `=_`, so nothing inside looks like a boundary."""
    seed = sha256(message_id.encode()).hexdigest()[:24]
    multiparts = (part for part in message.walk() if part.is_multipart())
    for number, part in enumerate(multiparts):
        part.set_boundary(f"=_{seed}_{number}")
