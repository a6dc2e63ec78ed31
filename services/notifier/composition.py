"""Writes a letter out: from its draft to the bytes that every try sends."""

from dataclasses import dataclass

from services.notifier import drafts, drafts_of_results, letters, mime
from services.notifier.desk import Desk, NothingToSend
from services.notifier.drafts import Draft
from services.notifier.mailboxes import Mailbox
from services.notifier.mime import Headers
from services.notifier.models import Letter
from services.notifier.wishes import REMINDERS

DRAFTS = {**drafts.DRAFTS, **drafts_of_results.DRAFTS}


@dataclass(frozen=True)
class Message:
    """A finished message with the address it goes to."""

    address: str
    message_id: str
    content: bytes


def write(desk: Desk, letter: Letter) -> Message:
    """The letter as bytes. Raises NothingToSend when its recipient or its reason is gone."""
    draft = draft_of(desk, letter)
    message_id = f"<{letter.id}.{letter.revision}@{desk.settings.domain}>"
    headers = Headers(
        sender=_sender(desk, letter),
        recipient=draft.recipient,
        reply_to=draft.reply_to,
        date=desk.now,
        message_id=message_id,
        unsubscribe_url=desk.settings_link(letter.recipient_id) if letter.kind in REMINDERS else None,
    )
    content = mime.compose(letters.render(letter.kind, draft.context), headers, draft.calendar, draft.attachments)
    return Message(draft.recipient.address, message_id, content)


def draft_of(desk: Desk, letter: Letter) -> Draft:
    draft = DRAFTS[letter.kind](desk, letter)
    if not draft.recipient.address:
        raise NothingToSend
    return draft


def _sender(desk: Desk, letter: Letter) -> Mailbox:
    """Our mailbox, under the supervisor's name where the operator gave it none."""
    ours = Mailbox.parse(desk.settings.mail_from)
    supervisor = desk.supervisors.get(letter.supervisor_id) if letter.supervisor_id else None
    return ours if ours.name or supervisor is None else Mailbox(ours.address, supervisor.full_name)
