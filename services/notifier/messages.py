"""The log of letters: who may see which, what one looks like, and sending one again by hand."""

import re
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, exists, false, func, insert, select, true
from sqlmodel import col

from services.database import Database
from services.notifier import composition, letters, planning, sealing
from services.notifier.desk import NothingToSend, lay_out
from services.notifier.models import Letter, Mention, Process, Status
from services.notifier.settings import Settings
from services.notifier.wishes import APPOINTMENTS, REMINDERS
from services.web.language import Text
from services.web.problems import Problem
from services.web.tokens import Principal, Role

OPEN_TO_CLIENTS = APPOINTMENTS | REMINDERS
"""Clients may know that people were told of their meetings. All else is between them and the supervisor."""
SECRET = re.compile(r"(?<=/)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
MASK = "…"
COPIED = ("kind", "subject_id", "time", "recipient_id", "process_id", "supervisor_id", "not_after")


class MessageNotKept(Problem):
    """The text of this message is not kept any more."""

    status = 410
    finnish = "Tämän viestin teksti ei ole enää tallessa."


class NotToBeResent(Problem):
    """This message can't be sent again."""

    status = 409
    finnish = "Tätä viestiä ei voi lähettää uudelleen."
    advice = Text(
        fi="Uudelleen lähetetään vain lähtenyt, epäonnistunut tai epävarma viesti, joka pitää yhä paikkansa.",
        en="Only a message that was sent, failed or is uncertain, and that still holds, is sent again.",
    )


class Attachment(BaseModel):
    name: str
    media_type: str
    size: int
    text: str | None = None


class Preview(BaseModel):
    """What the recipient reads. The secrets of personal links are left out: they are the recipient's alone."""

    subject: str
    text: str
    html: str
    attachments: list[Attachment]


def visible_to(who: Principal) -> ColumnElement[bool]:
    match who.role:
        case Role.admin:
            return true()
        case Role.supervisor:
            return col(Letter.supervisor_id) == who.party_id
        case Role.client:
            own = select(col(Process.process_id)).where(col(Process.client_id) == who.party_id)
            return col(Letter.process_id).in_(own) & col(Letter.kind).in_(OPEN_TO_CLIENTS)
    return false()


def about_session(session_id: UUID) -> ColumnElement[bool]:
    return exists().where(col(Mention.letter_id) == col(Letter.id), col(Mention.meeting_id) == session_id)


def find(db: Database, who: Principal, letter_id: UUID, *, to_change: bool = False) -> Letter:
    query = select(Letter).where(col(Letter.id) == letter_id, visible_to(who))
    return db.scalars(query.with_for_update(key_share=True) if to_change else query).one()


# -- how it looks -----------------------------------------------------------------------------------------


def preview(db: Database, settings: Settings, letter: Letter, now: datetime) -> Preview:
    """As it was sent; what has not been written yet, as it would be written now."""
    sealed = letter.message and sealing.unseal(settings.link_key, letter.id, letter.message)
    if sealed:
        return _of_message(sealed.partition(b"\n")[2])
    if letter.status not in (Status.planned, Status.sending):
        raise MessageNotKept
    return _of_draft(db, settings, letter, max(now, letter.due_at))


def _of_message(content: bytes) -> Preview:
    message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return Preview(
        subject=str(message["Subject"]),
        text=_masked(text.get_content() if text else ""),
        html=_masked(html.get_content() if html else ""),
        attachments=[_attachment(part) for part in message.iter_attachments() if isinstance(part, EmailMessage)],
    )


def _attachment(part: EmailMessage) -> Attachment:
    content = part.get_content()
    raw = content.encode() if isinstance(content, str) else content
    return Attachment(
        name=part.get_filename() or "",
        media_type=part.get_content_type(),
        size=len(raw),
        text=_masked(raw.decode()) if part.get_content_type() in ("text/calendar", "application/ics") else None,
    )


def _of_draft(db: Database, settings: Settings, letter: Letter, now: datetime) -> Preview:
    desk = lay_out(db, settings, [letter], now, secret=lambda _: MASK)
    try:
        draft = composition.draft_of(desk, letter)
    except NothingToSend as gone:
        raise MessageNotKept from gone
    written = letters.render(letter.kind, draft.context)
    files = [
        Attachment(name=file.name, media_type="text/calendar", size=len(file.text.encode()), text=file.text)
        for file in draft.calendar
    ]
    others = [Attachment(name=one.name, media_type=one.media_type, size=len(one.content)) for one in draft.attachments]
    return Preview(subject=written.subject, text=written.text, html=written.html, attachments=files + others)


def _masked(text: str) -> str:
    return SECRET.sub(MASK, text)


# -- once more --------------------------------------------------------------------------------------------


def resend(db: Database, letter: Letter, now: datetime) -> Letter:
    """A new edition with a new Message-ID, written from the newest state. The first one stays as it is."""
    if letter.status not in (Status.sent, Status.failed, Status.uncertain):
        raise NotToBeResent
    if not planning.still_holds(db, letter, now):
        raise NotToBeResent
    again = Letter(
        **{name: getattr(letter, name) for name in COPIED},
        edition=_next_edition(db, letter),
        created_at=now,
        due_at=now,
        next_try_at=now,
    )
    db.add(again)
    db.flush()
    _mention_the_same(db, letter, again)
    return again


def _next_edition(db: Database, letter: Letter) -> int:
    same = (
        col(Letter.kind) == letter.kind,
        col(Letter.subject_id) == letter.subject_id,
        col(Letter.time) == letter.time,
        col(Letter.recipient_id) == letter.recipient_id,
    )
    return (db.scalar(select(func.max(col(Letter.edition))).where(*same)) or 0) + 1


def _mention_the_same(db: Database, letter: Letter, again: Letter) -> None:
    lines = db.scalars(select(Mention).where(col(Mention.letter_id) == letter.id)).all()
    if lines:
        db.execute(insert(Mention), [line.model_dump() | {"letter_id": again.id} for line in lines])
