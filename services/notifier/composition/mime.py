"""The finished message as bytes: a letter in its envelope with everything that lies beside it (RFC 5322, 2045, 6047).

The same letter and headers always give the same bytes, so that every try to send is a try to send this message.
The subject is folded and encoded by Python's `email`. The rest is ours, plain and short, and is written as it
stands: to have it parsed and folded as well took four fifths of the time of writing a letter.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from quopri import encodestring

from services.finnish.workdays import local
from services.notifier.composition.address_headers import address_header
from services.notifier.composition.addresses import Mailbox
from services.notifier.composition.invitation import CalendarFile
from services.notifier.composition.rendering import Letter

SUPPRESSED = "DR, RN, NRN, OOF, AutoReply"
"""What Exchange shall not answer (MS-OXCMAIL §2.1.3.2.20). `All` would include that it could not deliver a letter."""
BASE64_LINE = 76
"""Characters of base64 in a line (RFC 2045 §6.8)."""


@dataclass(frozen=True, kw_only=True)
class MessageHeaders:
    """Who writes to whom, when, and as which message. `unsubscribe_url` takes one press, without a login."""

    sender: Mailbox
    recipient: Mailbox
    reply_to: Mailbox | None = None
    date: datetime
    message_id: str
    unsubscribe_url: str | None = None


@dataclass(frozen=True)
class AttachedFile:
    """A file of ours, under a plain name in ASCII."""

    name: str
    content: bytes
    media_type: str = "application/pdf"


def build_mime(
    letter: Letter,
    headers: MessageHeaders,
    calendar_files: Sequence[CalendarFile] = (),
    attachments: Sequence[AttachedFile] = (),
) -> bytes:
    faces = [_text("plain", letter.text), _text("html", letter.html)]
    beside = [_file(attachment.media_type, attachment.content, attachment.name) for attachment in attachments]
    match calendar_files:
        case [only]:
            faces.append(_text("calendar", only.text, f'method="{only.method}"'))
            beside.insert(0, _file('application/ics; name="invite.ics"', only.text.encode(), "invite.ics"))
        case several:
            beside[:0] = map(_invitation, several)
    body = _multipart("alternative", f"{_boundary(headers)}_{1 if beside else 0}", faces)
    if beside:
        body = _multipart("mixed", f"{_boundary(headers)}_0", [body, *beside])
    return "".join(_headers(letter, headers)).encode() + b"MIME-Version: 1.0\r\n" + body


def _headers(letter: Letter, headers: MessageHeaders) -> Iterator[str]:
    yield address_header("From", headers.sender)
    yield address_header("To", headers.recipient)
    if headers.reply_to:
        yield address_header("Reply-To", headers.reply_to)
    yield SMTP.fold(*SMTP.header_store_parse("Subject", letter.subject))
    yield f"Date: {format_datetime(local(headers.date))}\r\n"
    yield f"Message-ID: {headers.message_id}\r\n"
    yield "Auto-Submitted: auto-generated\r\n"
    yield f"X-Auto-Response-Suppress: {SUPPRESSED}\r\n"
    if headers.unsubscribe_url:
        yield f"List-Unsubscribe: <{headers.unsubscribe_url}>\r\n"
        yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def _text(subtype: str, text: str, *parameters: str, beside: str = "") -> bytes:
    kind = "; ".join((f'text/{subtype}; charset="utf-8"', *parameters))
    lines = b"\r\n".join(text.encode().splitlines())
    return _part(kind, "quoted-printable", encodestring(lines) + b"\r\n", beside)


def _invitation(file: CalendarFile) -> bytes:
    """One of several lies beside the letter: a program shows only one per letter, and only the first entry of a file.

    A single one is the letter's third face too, and lies beside it for programs that look only there.
    """
    name = f'\r\n name="{file.name}"'
    return _text("calendar", file.text, f'method="{file.method}";{name}', beside=file.name)


def _file(kind: str, content: bytes, name: str) -> bytes:
    encoded = b64encode(content)
    lines = (encoded[first : first + BASE64_LINE] for first in range(0, len(encoded), BASE64_LINE))
    return _part(kind, "base64", b"\r\n".join(lines) + b"\r\n", name)


def _part(kind: str, encoding: str, body: bytes, beside: str) -> bytes:
    named = f'Content-Disposition: attachment; filename="{beside}"\r\n' if beside else ""
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n{named}\r\n"
    return head.encode() + body


def _multipart(subtype: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    line = f"--{boundary}".encode()
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"


def _boundary(headers: MessageHeaders) -> str:
    """Known by the letter, not by lot. No encoded line can hold `=_`, so nothing inside looks like a boundary."""
    return f"=_{sha256(headers.message_id.encode()).hexdigest()[:24]}"
