"""The log of letters: who may see which, what one looks like, and sending one again by hand."""

import re
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, exists, false, func, insert, select, true
from sqlmodel import col

from services.core.database import Database
from services.finnish.vocabulary import KEPT_FROM_ADMIN
from services.notifier.composition import compose, rendering
from services.notifier.composition.sources import NothingToSend, Secrets, load_sources
from services.notifier.delivery import encryption
from services.notifier.kinds import LetterKind
from services.notifier.models import Letter, LetterStatus, Mention, Process
from services.notifier.planning import event_state, planner
from services.notifier.planning.wanted import APPOINTMENT_KINDS, REMINDER_KINDS
from services.notifier.settings import Settings
from services.web.errors.problems import Problem
from services.web.i18n.language import Text
from services.web.security.tokens import Principal, Role

OPEN_TO_CLIENTS = APPOINTMENT_KINDS | REMINDER_KINDS
"""Clients may see that participants were notified of sessions. Other letters are confidential."""
SECRET_PATTERN = re.compile(r"(?<=/)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
WRITTEN = ("subject", "text", "html")
MASK = "…"
CONFIDENTIAL = (LetterKind.summary, LetterKind.goal_report, LetterKind.overview_report)
HIDDEN = Secrets(lambda *_: MASK, lambda *_: MASK)
COPIED_COLUMNS = ("kind", "subject_id", "time", "recipient_id", "process_id", "supervisor_id", "not_after")


class MessageNotKept(Problem):
    """The text of this message is not kept any more."""

    status = 410
    finnish = "Tämän viestin teksti ei ole enää tallessa."
    advice = Text(
        fi="Kysy sisältöä tarvittaessa viestin saajalta.", en="Ask its recipient what it said if you need to know."
    )


class NotToBeResent(Problem):
    """This message can't be sent again."""

    status = 409
    finnish = "Tätä viestiä ei voi lähettää uudelleen."
    advice = Text(
        fi="Lähetä uudelleen vain lähtenyt, epäonnistunut tai epävarma viesti, joka pitää yhä paikkansa.",
        en="Send again only what was sent, failed or is uncertain, and is still valid.",
    )


class AttachmentPreview(BaseModel):
    name: str
    media_type: str
    size: int
    text: str | None = None


class MessagePreview(BaseModel):
    """What the recipient reads. Secrets of links and codes are left out: they are the recipient's alone."""

    subject: str
    text: str
    html: str
    attachments: list[AttachmentPreview]


def letters_visible_to(who: Principal) -> ColumnElement[bool]:
    match who.role:
        case Role.admin:
            return true()
        case Role.supervisor:
            return col(Letter.supervisor_id) == who.party_id
        case Role.client:
            own = select(col(Process.process_id)).where(col(Process.client_id) == who.party_id)
            return col(Letter.process_id).in_(own) & col(Letter.kind).in_(OPEN_TO_CLIENTS)
    return false()


def letters_about_session(session_id: UUID) -> ColumnElement[bool]:
    return exists().where(col(Mention.letter_id) == col(Letter.id), col(Mention.meeting_id) == session_id)


def find_letter(db: Database, who: Principal, letter_id: UUID, *, to_change: bool = False) -> Letter:
    query = select(Letter).where(col(Letter.id) == letter_id, letters_visible_to(who))
    return db.scalars(query.with_for_update(key_share=True) if to_change else query).one()


def preview_letter(db: Database, settings: Settings, who: Principal, letter: Letter, now: datetime) -> MessagePreview:
    """As it was sent; what has not been composed yet, as it would be now. Confidences are not for the administrator."""
    preview = _preview(db, settings, letter, now)
    if letter.kind == LetterKind.device_code:
        preview = preview.model_copy(update={part: CODE.sub(MASK, getattr(preview, part)) for part in WRITTEN})
    if letter.kind in CONFIDENTIAL and who.role is Role.admin:
        return preview.model_copy(update={"text": KEPT_FROM_ADMIN, "html": KEPT_FROM_ADMIN, "attachments": []})
    return preview


def _preview(db: Database, settings: Settings, letter: Letter, now: datetime) -> MessagePreview:
    sealed = letter.message and encryption.decrypt_letter(settings, letter.id, letter.message)
    if sealed:
        return _of_message(sealed.partition(b"\n")[2])
    if letter.status not in (LetterStatus.planned, LetterStatus.sending):
        raise MessageNotKept
    return _of_draft(db, settings, letter, max(now, letter.due_at))


def _of_message(content: bytes) -> MessagePreview:
    message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return MessagePreview(
        subject=str(message["Subject"]),
        text=_masked(text.get_content() if text else ""),
        html=_masked(html.get_content() if html else ""),
        attachments=[_attachment(part) for part in message.iter_attachments() if isinstance(part, EmailMessage)],
    )


def _attachment(part: EmailMessage) -> AttachmentPreview:
    content = part.get_content()
    raw = content.encode() if isinstance(content, str) else content
    return AttachmentPreview(
        name=part.get_filename() or "",
        media_type=part.get_content_type(),
        size=len(raw),
        text=_masked(raw.decode()) if part.get_content_type() in ("text/calendar", "application/ics") else None,
    )


def _of_draft(db: Database, settings: Settings, letter: Letter, now: datetime) -> MessagePreview:
    sources = load_sources(db, settings, [letter], now, secrets=HIDDEN)
    try:
        draft = compose.draft_letter(sources, letter)
    except NothingToSend as gone:
        raise MessageNotKept from gone
    written = rendering.render(letter.kind, draft.context, sources.practice)
    files = [
        AttachmentPreview(name=file.name, media_type="text/calendar", size=len(file.text.encode()), text=file.text)
        for file in draft.calendar
    ]
    attached = [(file.name, file.media_type, len(file.content)) for file in draft.attachments]
    others = [AttachmentPreview(name=name, media_type=kind, size=size) for name, kind, size in attached]
    return MessagePreview(subject=written.subject, text=written.text, html=written.html, attachments=files + others)


def _masked(text: str) -> str:
    return SECRET_PATTERN.sub(MASK, text)


def resend_letter(db: Database, letter: Letter, now: datetime) -> Letter:
    """A new edition with a new Message-ID, written from the newest state. The first one stays as it is."""
    if letter.status not in (LetterStatus.sent, LetterStatus.failed, LetterStatus.uncertain):
        raise NotToBeResent
    if not planner.is_still_valid(db, letter, now):
        raise NotToBeResent
    copied = {name: getattr(letter, name) for name in COPIED_COLUMNS}
    again = Letter(**copied, edition=_next_edition(db, letter), created_at=now, due_at=now, next_try_at=now)
    db.add(again)
    db.flush()
    _mention_the_same(db, letter, again)
    return again


def _next_edition(db: Database, letter: Letter) -> int:
    same = [getattr(Letter, name) == getattr(letter, name) for name in event_state.KEY_COLUMNS]
    return (db.scalar(select(func.max(col(Letter.edition))).where(*same)) or 0) + 1


def _mention_the_same(db: Database, letter: Letter, again: Letter) -> None:
    lines = db.scalars(select(Mention).where(col(Mention.letter_id) == letter.id)).all()
    if lines:
        db.execute(insert(Mention), [line.model_dump() | {"letter_id": again.id} for line in lines])
