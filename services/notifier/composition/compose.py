"""Composes a letter: from its draft to the bytes that every try sends."""

from dataclasses import dataclass

from services.notifier.composition import mime, rendering, report_letters, session_letters
from services.notifier.composition.addresses import Mailbox
from services.notifier.composition.sources import NothingToSend, Sources
from services.notifier.models import Letter
from services.notifier.planning.wanted import REMINDER_KINDS

DRAFTING = {**session_letters.SESSION_DRAFTING, **report_letters.REPORT_DRAFTING}


@dataclass(frozen=True)
class ComposedMessage:
    """A finished message with the address it goes to."""

    address: str
    message_id: str
    content: bytes


def compose_message(sources: Sources, letter: Letter) -> ComposedMessage:
    """The letter as bytes. Raises NothingToSend when its recipient or its reason is gone."""
    draft = draft_letter(sources, letter)
    message_id = f"<{letter.id}.{letter.revision}@{sources.settings.mail_from.domain}>"
    headers = mime.MessageHeaders(
        sender=_sender(sources, letter),
        recipient=Mailbox(draft.recipient.address),  # the name was typed by others: no header is theirs to write
        reply_to=draft.reply_to,
        date=sources.now,
        message_id=message_id,
        unsubscribe_url=sources.settings_link(letter.recipient_id) if letter.kind in REMINDER_KINDS else None,
    )
    content = mime.build_mime(
        rendering.render(letter.kind, draft.context, sources.practice), headers, draft.calendar, draft.attachments
    )
    return ComposedMessage(draft.recipient.address, message_id, content)


def draft_letter(sources: Sources, letter: Letter) -> session_letters.LetterDraft:
    draft = DRAFTING[letter.kind](sources, letter)
    if not draft.recipient.address:
        raise NothingToSend
    return draft


def _sender(sources: Sources, letter: Letter) -> Mailbox:
    """Our mailbox, under the supervisor's name where the operator gave it none."""
    ours = sources.settings.mail_from
    supervisor = sources.supervisors.get(letter.supervisor_id) if letter.supervisor_id else None
    return ours if ours.name or supervisor is None else Mailbox(ours.address, supervisor.full_name)
