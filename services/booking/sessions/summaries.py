"""Summaries of sessions (yhteenveto): the draft, the published editions and the agreed actions."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from sqlalchemy import delete, select
from sqlmodel import col

from services.booking.models.people import Participant
from services.booking.models.security import Link
from services.booking.models.sessions import Session, Summary, SummaryEdition, SummaryReader
from services.booking.security.links import LinkPurpose
from services.booking.sessions.booking import SessionIsCancelled
from services.booking.sessions.sessions import SessionWithProcess
from services.booking.supervision import processes
from services.booking.supervision.personal_links import issue_personal_link
from services.core.database import Database, new_id
from services.core.encryption import Encryption
from services.events.catalogue import ActionItem, SummaryPublished, SummaryText
from services.events.outbox import forget_subject, stage
from services.web.errors.problems import NotFound, Problem
from services.web.errors.validation import invalid
from services.web.i18n.language import Text
from services.web.protocol.etags import IfMatch, etag
from services.web.protocol.fields import RequestBody, several_lines
from services.web.security.links import new_link

TOOK_PART_THEN = col(Participant.joined_at) <= col(Session.ends_at)
"""Of readers: those of before version 0.2 may have joined later."""
SUMMARY_LINK_LIFETIME = timedelta(days=30)
MAX_THEMES = MAX_ACTIONS = 20

Passage = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(several_lines)]
Reflection = Annotated[str, StringConstraints(max_length=2000), AfterValidator(several_lines)]


class ActionCreate(RequestBody):
    """An agreed action. One with the id or the text of an earlier one is the same action."""

    id: UUID | None = None
    text: Passage
    due_date: date | None = None


class SummaryCreate(RequestBody):
    """Älä kirjaa terveystietoja tai asiakkaiden ja potilaiden tunnistetietoja."""

    themes: list[Passage] = Field(default=[], max_length=MAX_THEMES)
    actions: list[ActionCreate] = Field(default=[], max_length=MAX_ACTIONS)
    reflection: Reflection | None = None


class PublicationCreate(RequestBody):
    send_letter: bool | None = Field(
        default=None, description="Default: the first edition is sent by letter, corrections are not."
    )


class SummaryAction(BaseModel):
    id: UUID
    text: str
    due_date: date | None = None


class SummaryContent(BaseModel):
    """The text of a summary, which is stored encrypted."""

    themes: list[str]
    actions: list[SummaryAction]
    reflection: str | None = None


class NothingToPublish(Problem):
    """The summary is empty."""

    status = 409
    finnish = "Yhteenveto on tyhjä."
    advice = Text(fi="Kirjoita yhteenveto ennen julkaisemista.", en="Write the summary before you publish it.")


class SessionIsAhead(Problem):
    """This session has not begun yet, so it has no summary to publish."""

    status = 409
    finnish = "Tapaaminen ei ole vielä alkanut, joten siitä ei voi julkaista yhteenvetoa."
    advice = Text(
        fi="Tallenna yhteenveto luonnoksena ja julkaise se tapaamisen alettua.",
        en="Save it as a draft, and publish it once the session has begun.",
    )


# -- writing ----------------------------------------------------------------------------------------------


def save_summary(
    db: Database,
    encryption: Encryption,
    meeting: SessionWithProcess,
    wanted: SummaryCreate,
    match: IfMatch,
    now: datetime,
) -> Summary:
    """Save the draft, which only the supervisor sees. The caller holds the lock on the process."""
    if meeting.session.status == "cancelled":
        raise SessionIsCancelled
    summary = find_summary(db, meeting.session.id)
    if summary is None:
        summary = Summary(id=new_id(), session_id=meeting.session.id, revision=0, draft=b"", written_at=now)
        before = SummaryContent(themes=[], actions=[])
    else:
        match.check(etag(summary.revision))
        before = draft_content(encryption, summary)
    actions = _match_actions(wanted.actions, before.actions)
    content = SummaryContent(themes=wanted.themes, actions=actions, reflection=wanted.reflection)
    if content != before or not summary.revision:
        summary.draft = encryption.seal(content.model_dump_json(), summary_context(summary.id))
        summary.revision, summary.written_at = summary.revision + 1, now
    db.add(summary)
    db.flush()
    return summary


def _match_actions(wanted: Sequence[ActionCreate], before: Sequence[SummaryAction]) -> list[SummaryAction]:
    known = {action.id for action in before}
    by_text = {action.text: action.id for action in before}
    actions: list[SummaryAction] = []
    for index, action in enumerate(wanted):
        if action.id and action.id not in known:
            raise invalid(f"actions.{index}.id", "Tällaista sovittua asiaa ei ole.", "There is no such action.")
        same = action.id or by_text.pop(action.text, None)
        actions.append(SummaryAction(id=same or new_id(), text=action.text, due_date=action.due_date))
    if len({action.id for action in actions}) < len(actions):
        raise invalid("actions", "Sama asia on mainittu kahdesti.", "An action is listed twice.")
    return actions


def publish_edition(
    db: Database,
    link_key: str,
    encryption: Encryption,
    meeting: SessionWithProcess,
    wanted: PublicationCreate,
    now: datetime,
) -> Summary:
    """Publish the draft to the participants; the same text again changes nothing unless a letter is wanted."""
    summary = existing_summary(db, meeting.session.id)
    content = draft_content(encryption, summary)
    if not (content.themes or content.actions or content.reflection):
        raise NothingToPublish
    if meeting.session.status == "cancelled":
        raise SessionIsCancelled
    if meeting.session.starts_at > now:
        raise SessionIsAhead
    if summary.edition and published_content(db, encryption, summary) == content and not wanted.send_letter:
        return summary
    sends_letter = wanted.send_letter if wanted.send_letter is not None else summary.edition == 0
    _store_edition(db, encryption, summary, content, sends_letter, now)
    _renew_reader_links(db, link_key, summary, meeting.session, now)
    _publish(db, summary, meeting, content, sends_letter, now)
    return summary


def _store_edition(
    db: Database, encryption: Encryption, summary: Summary, content: SummaryContent, sends_letter: bool, now: datetime
) -> None:
    summary.edition, summary.published_at, summary.revision = summary.edition + 1, now, summary.revision + 1
    summary.done = [action.id for action in content.actions if action.id in summary.done]
    db.add(
        SummaryEdition(
            summary_id=summary.id,
            number=summary.edition,
            text=encryption.seal(content.model_dump_json(), edition_context(summary.id, summary.edition)),
            published_at=now,
            sent_letter=sends_letter,
        )
    )
    db.flush()


def _renew_reader_links(db: Database, link_key: str, summary: Summary, session: Session, now: datetime) -> None:
    """Give everybody who takes part, and did when the session was held, a personal link, and extend the existing ones.

    Whoever joined later was told nothing of it, and is to read nothing either.
    """
    readers = reader_links(db, summary.id)
    db.execute(delete(Link).where(col(Link.subject_id).in_(readers.values())))
    for person in processes.list_active_participants(db, session.process_id):
        if person.joined_at > session.ends_at:
            continue
        if person.id not in readers:
            reader = SummaryReader(id=new_link(link_key), summary_id=summary.id, participant_id=person.id)
            db.add(reader)
            readers[person.id] = reader.id
        expires_at = now + SUMMARY_LINK_LIFETIME
        issue_personal_link(db, link_key, LinkPurpose.summary, person, readers[person.id], expires_at)
    db.flush()


def mark_action(
    db: Database, encryption: Encryption, meeting: SessionWithProcess, action_id: UUID, *, done: bool, now: datetime
) -> Summary:
    """Mark an action as done or not done. The caller holds the lock on the process."""
    summary = existing_summary(db, meeting.session.id)
    content = published_content(db, encryption, summary) if summary.edition else None
    if content is None or action_id not in {action.id for action in content.actions}:
        raise NotFound
    if done is not (action_id in summary.done):
        others = [other for other in summary.done if other != action_id]
        summary.done = [*others, action_id] if done else others
        _publish(db, summary, meeting, content, sends_letter=False, now=now)
    return summary


# -- reading ----------------------------------------------------------------------------------------------


def find_summary(db: Database, session_id: UUID) -> Summary | None:
    return db.scalars(select(Summary).where(col(Summary.session_id) == session_id)).one_or_none()


def existing_summary(db: Database, session_id: UUID) -> Summary:
    return db.scalars(select(Summary).where(col(Summary.session_id) == session_id)).one()


def find_summary_of_link(db: Database, reader_id: UUID) -> tuple[Summary, Session]:
    """The summary to which a personal link leads."""
    query = select(Summary, Session).join(Session, col(Session.id) == Summary.session_id)
    query = query.join(SummaryReader, col(SummaryReader.summary_id) == Summary.id)
    query = query.join(Participant, col(Participant.id) == SummaryReader.participant_id)
    return db.execute(query.where(col(SummaryReader.id) == reader_id, TOOK_PART_THEN)).one()


class PublishedSummary(NamedTuple):
    """The newest edition of a summary, and which of its actions have been ticked off."""

    session: Session
    summary_id: UUID
    content: SummaryContent
    done: Sequence[UUID]


def previous_summary(db: Database, encryption: Encryption, session: Session) -> PublishedSummary | None:
    """What was published last of the process' meetings before this one."""
    query = select(Summary, Session).join(Session, col(Session.id) == Summary.session_id)
    before = (col(Session.process_id) == session.process_id, col(Session.starts_at) < session.starts_at)
    published = query.where(*before, col(Summary.edition) > 0).order_by(col(Session.starts_at).desc())
    if (found := db.execute(published.limit(1)).first()) is None:
        return None
    summary, meeting = found
    return PublishedSummary(meeting, summary.id, published_content(db, encryption, summary), summary.done)


def draft_content(encryption: Encryption, summary: Summary) -> SummaryContent:
    return SummaryContent.model_validate_json(encryption.open(summary.draft, summary_context(summary.id)))


def published_content(db: Database, encryption: Encryption, summary: Summary) -> SummaryContent:
    """The text of the newest edition."""
    return edition_content(encryption, db.get_one(SummaryEdition, (summary.id, summary.edition)))


def edition_content(encryption: Encryption, edition: SummaryEdition) -> SummaryContent:
    context = edition_context(edition.summary_id, edition.number)
    return SummaryContent.model_validate_json(encryption.open(edition.text, context))


def list_editions(db: Database, summary_id: UUID) -> Sequence[SummaryEdition]:
    query = select(SummaryEdition).where(col(SummaryEdition.summary_id) == summary_id)
    return db.scalars(query.order_by(col(SummaryEdition.number))).all()


def reader_links(db: Database, summary_id: UUID) -> dict[UUID, UUID]:
    """Who may read a summary and has not left, each with the id of their personal link."""
    query = select(col(SummaryReader.participant_id), col(SummaryReader.id))
    query = query.join(Participant, col(Participant.id) == SummaryReader.participant_id)
    query = query.join(Summary, col(Summary.id) == SummaryReader.summary_id)
    query = query.join(Session, col(Session.id) == Summary.session_id)
    mine = (col(SummaryReader.summary_id) == summary_id, col(Participant.left_at).is_(None), TOOK_PART_THEN)
    return dict(db.execute(query.where(*mine).order_by(col(SummaryReader.participant_id))).all())


def summary_context(summary_id: UUID) -> str:
    """The context that a draft is encrypted for."""
    return f"summary/{summary_id}"


def edition_context(summary_id: UUID, number: int) -> str:
    return f"summary/{summary_id}/{number}"


# -- events -----------------------------------------------------------------------------------------------


def _publish(
    db: Database,
    summary: Summary,
    meeting: SessionWithProcess,
    content: SummaryContent,
    sends_letter: bool,
    now: datetime,
) -> None:
    summary.version += 1
    db.add(summary)
    db.flush()
    stage(db, "booking", now, [summary_event(db, summary, meeting, content, sends_letter)])


def summary_event(
    db: Database, summary: Summary, meeting: SessionWithProcess, content: SummaryContent, sends_letter: bool
) -> SummaryPublished:
    published_at = summary.published_at or meeting.session.ends_at
    return SummaryPublished(
        version=summary.version,
        summary_id=summary.id,
        edition=summary.edition,
        session_id=meeting.session.id,
        process_id=meeting.process.id,
        published_at=published_at,
        sends_letter=sends_letter,
        links=reader_links(db, summary.id),
        link_expires_at=published_at + SUMMARY_LINK_LIFETIME,
        actions=tuple(
            ActionItem(text=action.text, due_date=action.due_date, done=action.id in summary.done)
            for action in content.actions
        ),
        text=_text_for_letters(db, meeting.process.id, content),
    )


def _text_for_letters(db: Database, process_id: UUID, content: SummaryContent) -> SummaryText | None:
    """The text is published only when a participant has asked for it in letters."""
    if not any(person.summary_in_letter for person in processes.list_active_participants(db, process_id)):
        return None
    return SummaryText(themes=tuple(content.themes), reflection=content.reflection)


def forget_summaries(db: Database, ids: Sequence[UUID]) -> None:
    """Delete summaries with their editions, their links, and what was told of them."""
    readers = select(col(SummaryReader.id)).where(col(SummaryReader.summary_id).in_(ids))
    db.execute(delete(Link).where(col(Link.subject_id).in_(readers)))
    for part in (SummaryReader, SummaryEdition):
        db.execute(delete(part).where(col(part.summary_id).in_(ids)))
    db.execute(delete(Summary).where(col(Summary.id).in_(ids)))
    for summary_id in ids:
        forget_subject(db, f"summary/{summary_id}")


def ids_of_summaries(db: Database, process_id: UUID) -> Sequence[UUID]:
    query = select(col(Summary.id)).join(Session, col(Session.id) == Summary.session_id)
    return db.scalars(query.where(col(Session.process_id) == process_id)).all()


def forget_summary_links_of_participant(db: Database, participant_id: UUID) -> None:
    """Delete the participant's links to summaries."""
    theirs = select(col(SummaryReader.id)).where(col(SummaryReader.participant_id) == participant_id)
    db.execute(delete(Link).where(col(Link.subject_id).in_(theirs)))
    db.execute(delete(SummaryReader).where(col(SummaryReader.participant_id) == participant_id))
