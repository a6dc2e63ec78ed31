"""Summaries of meetings (yhteenveto): a draft, its editions as they were published, and what was agreed to be done."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from sqlalchemy import delete, select
from sqlmodel import col

from services.booking import links, supervision
from services.booking.evaluation_models import Summary, SummaryEdition, SummaryReader
from services.booking.meetings import Meeting
from services.booking.models import Link, Participant, Session
from services.booking.safe import Safe
from services.booking.scheduling import SessionIsCancelled
from services.booking.shapes import Wish, several_lines
from services.database import Database, new_id
from services.events.catalogue import ActionItem, SummaryPublished, SummaryText
from services.events.outbox import stage
from services.web.etags import IfMatch, tag
from services.web.language import Text
from services.web.problems import NotFound, Problem
from services.web.validation import invalid

LINK_LIFETIME = timedelta(days=30)
MOST_THEMES = MOST_ACTIONS = 20

Passage = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(several_lines)]
Reflection = Annotated[str, StringConstraints(max_length=2000), AfterValidator(several_lines)]


class ActionWish(Wish):
    """Something agreed to be done. One with the id or the text of an earlier one is the same action."""

    id: UUID | None = None
    text: Passage
    due_date: date | None = None


class SummaryWish(Wish):
    """Älä kirjaa terveystietoja tai asiakkaiden ja potilaiden tunnistetietoja."""

    themes: list[Passage] = Field(default=[], max_length=MOST_THEMES)
    actions: list[ActionWish] = Field(default=[], max_length=MOST_ACTIONS)
    reflection: Reflection | None = None


class Publication(Wish):
    send_letter: bool | None = Field(
        default=None, description="Left out, the first edition is sent by letter and a correction is not."
    )


class Action(BaseModel):
    id: UUID
    text: str
    due_date: date | None = None


class Content(BaseModel):
    """The words of a summary, as they are sealed."""

    themes: list[str]
    actions: list[Action]
    reflection: str | None = None


class NothingToPublish(Problem):
    """The summary is empty."""

    status = 409
    finnish = "Yhteenveto on tyhjä."
    advice = Text(fi="Kirjoita yhteenveto ennen julkaisemista.", en="Write something before you publish it.")


class SessionIsAhead(Problem):
    """This meeting has not begun yet, so there is nothing to tell of it."""

    status = 409
    finnish = "Tapaaminen ei ole vielä alkanut, joten siitä ei voi julkaista yhteenvetoa."


# -- writing ----------------------------------------------------------------------------------------------


def write(db: Database, safe: Safe, meeting: Meeting, wish: SummaryWish, match: IfMatch, now: datetime) -> Summary:
    """Write the draft or write it anew; nobody else sees it. The caller holds the lock on the process."""
    if meeting.session.status == "cancelled":
        raise SessionIsCancelled
    summary = of_session(db, meeting.session.id)
    if summary is None:
        summary = Summary(id=new_id(), session_id=meeting.session.id, revision=0, draft=b"", written_at=now)
        before = Content(themes=[], actions=[])
    else:
        match.check(tag(summary.revision))
        before = draft(safe, summary)
    content = Content(themes=wish.themes, actions=_recognised(wish.actions, before.actions), reflection=wish.reflection)
    if content != before or not summary.revision:
        summary.draft = safe.seal(content.model_dump_json(), place(summary.id))
        summary.revision, summary.written_at = summary.revision + 1, now
    db.add(summary)
    db.flush()
    return summary


def _recognised(wishes: Sequence[ActionWish], before: Sequence[Action]) -> list[Action]:
    known = {action.id for action in before}
    by_text = {action.text: action.id for action in before}
    actions: list[Action] = []
    for index, wish in enumerate(wishes):
        if wish.id and wish.id not in known:
            raise invalid(f"actions.{index}.id", "Tällaista sovittua asiaa ei ole.", "There is no such action.")
        same = wish.id or by_text.pop(wish.text, None)
        actions.append(Action(id=same or new_id(), text=wish.text, due_date=wish.due_date))
    if len({action.id for action in actions}) < len(actions):
        raise invalid("actions", "Sama asia on mainittu kahdesti.", "An action is named twice.")
    return actions


def publish(db: Database, link_key: str, safe: Safe, meeting: Meeting, wish: Publication, now: datetime) -> Summary:
    """Let the participants read the draft as it is now; the same again changes nothing unless a letter is wanted."""
    summary = _existing(db, meeting.session.id)
    content = draft(safe, summary)
    if not (content.themes or content.actions or content.reflection):
        raise NothingToPublish
    if meeting.session.status == "cancelled":
        raise SessionIsCancelled
    if meeting.session.starts_at > now:
        raise SessionIsAhead
    if summary.edition and published(db, safe, summary) == content and not wish.send_letter:
        return summary
    sends_letter = wish.send_letter if wish.send_letter is not None else summary.edition == 0
    _enter_edition(db, safe, summary, content, sends_letter, now)
    _let_read(db, link_key, summary, meeting.process.id, now)
    _tell(db, summary, meeting, content, sends_letter, now)
    return summary


def _enter_edition(
    db: Database, safe: Safe, summary: Summary, content: Content, sends_letter: bool, now: datetime
) -> None:
    summary.edition, summary.published_at = summary.edition + 1, now
    summary.done = [action.id for action in content.actions if action.id in summary.done]
    db.add(
        SummaryEdition(
            summary_id=summary.id,
            number=summary.edition,
            text=safe.seal(content.model_dump_json(), edition_place(summary.id, summary.edition)),
            published_at=now,
            sent_letter=sends_letter,
        )
    )
    db.flush()


def _let_read(db: Database, link_key: str, summary: Summary, process_id: UUID, now: datetime) -> None:
    """Give everybody in the process a link of their own, and those who have one more time to read."""
    readers = links_of(db, summary.id)
    for person in supervision.active(db, process_id):
        if person.id not in readers:
            reader = SummaryReader(summary_id=summary.id, participant_id=person.id)
            db.add(reader)
            readers[person.id] = reader.id
    db.execute(delete(Link).where(col(Link.subject_id).in_(readers.values())))
    for reader_id in readers.values():
        links.issue(db, link_key, links.Purpose.summary, reader_id, now + LINK_LIFETIME, reader_id)
    db.flush()


def mark(db: Database, safe: Safe, meeting: Meeting, action_id: UUID, *, done: bool, now: datetime) -> Summary:
    """Say whether something agreed has been done. The caller holds the lock on the process."""
    summary = _existing(db, meeting.session.id)
    content = published(db, safe, summary) if summary.edition else None
    if content is None or action_id not in {action.id for action in content.actions}:
        raise NotFound
    if done is not (action_id in summary.done):
        others = [other for other in summary.done if other != action_id]
        summary.done = [*others, action_id] if done else others
        _tell(db, summary, meeting, content, sends_letter=False, now=now)
    return summary


# -- reading ----------------------------------------------------------------------------------------------


def of_session(db: Database, session_id: UUID) -> Summary | None:
    return db.scalars(select(Summary).where(col(Summary.session_id) == session_id)).one_or_none()


def of_link(db: Database, reader_id: UUID) -> tuple[Summary, Session, Participant]:
    """The summary to which a personal link leads; nothing for who has left since."""
    query = select(Summary, Session, Participant).join(Session, col(Session.id) == Summary.session_id)
    query = query.join(SummaryReader, col(SummaryReader.summary_id) == Summary.id)
    query = query.join(Participant, col(Participant.id) == SummaryReader.participant_id)
    query = query.where(col(SummaryReader.id) == reader_id, col(Participant.left_at).is_(None))
    row = db.execute(query).one_or_none()
    if row is None:
        raise NotFound
    return row


def draft(safe: Safe, summary: Summary) -> Content:
    return Content.model_validate_json(safe.open(summary.draft, place(summary.id)))


def published(db: Database, safe: Safe, summary: Summary) -> Content:
    """The words of the newest edition."""
    edition = db.get_one(SummaryEdition, (summary.id, summary.edition))
    return Content.model_validate_json(safe.open(edition.text, edition_place(summary.id, edition.number)))


def editions(db: Database, summary_id: UUID) -> Sequence[SummaryEdition]:
    query = select(SummaryEdition).where(col(SummaryEdition.summary_id) == summary_id)
    return db.scalars(query.order_by(col(SummaryEdition.number))).all()


def links_of(db: Database, summary_id: UUID) -> dict[UUID, UUID]:
    """Who may read a summary and has not left, each with the id of their personal link."""
    query = select(col(SummaryReader.participant_id), col(SummaryReader.id))
    query = query.join(Participant, col(Participant.id) == SummaryReader.participant_id)
    query = query.where(col(SummaryReader.summary_id) == summary_id, col(Participant.left_at).is_(None))
    return dict(db.execute(query.order_by(col(SummaryReader.participant_id))).all())


def _existing(db: Database, session_id: UUID) -> Summary:
    summary = of_session(db, session_id)
    if summary is None:
        raise NotFound
    return summary


def place(summary_id: UUID) -> str:
    """Where a draft is sealed for."""
    return f"summary/{summary_id}"


def edition_place(summary_id: UUID, number: int) -> str:
    return f"summary/{summary_id}/{number}"


# -- what others are told ---------------------------------------------------------------------------------


def _tell(
    db: Database, summary: Summary, meeting: Meeting, content: Content, sends_letter: bool, now: datetime
) -> None:
    summary.version += 1
    db.add(summary)
    db.flush()
    stage(db, "booking", now, [event(db, summary, meeting, content, sends_letter)])


def event(db: Database, summary: Summary, meeting: Meeting, content: Content, sends_letter: bool) -> SummaryPublished:
    published_at = summary.published_at or meeting.session.ends_at
    return SummaryPublished(
        version=summary.version,
        summary_id=summary.id,
        edition=summary.edition,
        session_id=meeting.session.id,
        process_id=meeting.process.id,
        published_at=published_at,
        sends_letter=sends_letter,
        links=links_of(db, summary.id),
        link_expires_at=published_at + LINK_LIFETIME,
        actions=tuple(
            ActionItem(text=action.text, due_date=action.due_date, done=action.id in summary.done)
            for action in content.actions
        ),
        text=_text_for_letters(db, meeting.process.id, content),
    )


def _text_for_letters(db: Database, process_id: UUID, content: Content) -> SummaryText | None:
    """The words travel only when somebody has asked to have them in the letter."""
    if not any(person.summary_in_letter for person in supervision.active(db, process_id)):
        return None
    return SummaryText(themes=tuple(content.themes), reflection=content.reflection)


def forget(db: Database, participant_id: UUID) -> None:
    """Nobody reads by this participant's links any more."""
    theirs = select(col(SummaryReader.id)).where(col(SummaryReader.participant_id) == participant_id)
    db.execute(delete(Link).where(col(Link.subject_id).in_(theirs)))
    db.execute(delete(SummaryReader).where(col(SummaryReader.participant_id) == participant_id))
