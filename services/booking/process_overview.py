"""Everything about one process that its supervisor wants to see at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.booking import goals, participants, process_facts, supervision
from services.booking.evaluation_models import Summary, SummaryEdition
from services.booking.goals import Standing
from services.booking.models import Client, Intake, Participant, Process, Session
from services.booking.process_steps import Facts
from services.booking.safe import Safe
from services.booking.summaries import Action, Content, edition_place
from services.database import Database

MOST_MEETINGS = 250
MOST_SUMMARIES = 40


class AgreedAction(NamedTuple):
    """Something that was agreed in a meeting and is not done yet."""

    session: Session
    action: Action


@dataclass(frozen=True)
class Overview:
    process: Process
    version: str
    client: Client
    intake: Intake | None
    facts: Facts
    people: Sequence[Participant]
    meetings: Sequence[Session]
    goals: Standing
    actions: Sequence[AgreedAction]

    @property
    def active(self) -> list[Participant]:
        return [person for person in self.people if person.left_at is None]

    @property
    def left(self) -> list[Participant]:
        """Those who have left and may still be asked for or forgotten."""
        return [person for person in self.people if person.left_at and not person.erased_at]


def look(db: Database, safe: Safe, process: Process, now: datetime) -> Overview:
    return Overview(
        process=process,
        version=supervision.version_tag(db, process),
        client=db.get_one(Client, process.client_id),
        intake=db.scalars(select(Intake).where(col(Intake.process_id) == process.id)).one_or_none(),
        facts=process_facts.of_process(db, process, now),
        people=participants.of_process(db, process.id),
        meetings=_meetings(db, process.id),
        goals=goals.standing(db, process.id),
        actions=_open_actions(db, safe, process.id),
    )


def _meetings(db: Database, process_id: UUID) -> Sequence[Session]:
    """In the order of their times, the last ones of very many."""
    query = select(Session).where(col(Session.process_id) == process_id)
    return db.scalars(query.order_by(col(Session.starts_at).desc()).limit(MOST_MEETINGS)).all()[::-1]


def _open_actions(db: Database, safe: Safe, process_id: UUID) -> list[AgreedAction]:
    """What the newest summaries say is to be done, as the participants read it."""
    query = (
        select(Session, Summary, SummaryEdition)
        .join(Summary, col(Summary.session_id) == Session.id)
        .join(SummaryEdition, col(SummaryEdition.summary_id) == Summary.id)
        .where(col(Session.process_id) == process_id, col(SummaryEdition.number) == Summary.edition)
        .order_by(col(Session.starts_at).desc())
        .limit(MOST_SUMMARIES)
    )
    return [
        AgreedAction(session, action)
        for session, summary, edition in db.execute(query)
        for action in _content(safe, edition).actions
        if action.id not in summary.done
    ]


def _content(safe: Safe, edition: SummaryEdition) -> Content:
    return Content.model_validate_json(safe.open(edition.text, edition_place(edition.summary_id, edition.number)))
