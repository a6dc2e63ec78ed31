"""Rounds of evaluation: who is asked, what each answered, and how a round ends.

A round opens under the lock on its process, and everything in it happens under the lock on its own row: an answer
and the end of a round never meet, and whoever answers last closes it once.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Mapped
from sqlmodel import col

from services.booking import access, answer_drafts, benefits, goals, links, rounds, supervision
from services.booking.evaluation_models import Answer, Evaluation, Invitation
from services.booking.models import Participant, Process, Session
from services.database import Database
from services.events.catalogue import EvaluationClosed, EvaluationEvent, EvaluationRequested, Phase
from services.events.outbox import stage
from services.web.language import Text
from services.web.problems import NotFound, Problem
from services.web.tokens import Principal
from services.web.validation import invalid

LINK_OUTLIVES_ROUND = timedelta(days=30)
"""So that whoever comes late is told that the round is over, and not that there never was one."""


class RoundIsOpen(Problem):
    """A round of this phase is open already."""

    status = 409
    finnish = "Tämän vaiheen arviointi on jo avoinna."
    advice = Text(fi="Odota, että se päättyy, tai päätä se.", en="Wait until it ends, or close it.")


class RoundIsClosed(Problem):
    """This round of evaluation is over."""

    status = 409
    finnish = "Tämä arviointi on päättynyt."
    advice = Text(fi="Vastauksia ei voi enää antaa eikä muuttaa.", en="Answers can no longer be given or changed.")


class NobodyToAsk(Problem):
    """This process has no participants to ask."""

    status = 409
    finnish = "Prosessissa ei ole ketään, jolta kysyä."


# -- opening ----------------------------------------------------------------------------------------------


def open_by_hand(db: Database, link_key: str, process: Process, phase: Phase, due: date, now: datetime) -> Evaluation:
    """Open a round when the supervisor wants it. The caller holds the lock on the process's row."""
    due_at = rounds.end_of(due)
    if due_at <= now:
        raise invalid("due", "Määräpäivä on jo mennyt.", "This day is over.")
    if phase is not Phase.final:
        supervision.ensure_open(process)
    if any(one.status == "open" and one.phase == phase for one in of_process(db, process.id)):
        raise RoundIsOpen
    if not supervision.active(db, process.id):
        raise NobodyToAsk
    return open_round(db, link_key, process, phase, due_at, now)


def of_process(db: Database, process_id: UUID) -> list[Evaluation]:
    query = select(Evaluation).where(col(Evaluation.process_id) == process_id)
    return list(db.scalars(query.order_by(col(Evaluation.opened_at), col(Evaluation.id))))


def open_round(
    db: Database, link_key: str, process: Process, phase: Phase, due_at: datetime, now: datetime
) -> Evaluation:
    """Ask everybody who is in the process now. The caller holds the lock on the process's row."""
    of_goals = [worded.wording.benefit for worded in goals.standing(db, process.id).current]
    evaluation = Evaluation(
        process_id=process.id,
        phase=phase,
        opened_at=now,
        due_at=due_at,
        benefits=benefits.asked(process.form, process.benefits, filter(None, of_goals)),
        held_sessions=held_sessions(db, process.id),
        planned_sessions=process.planned_sessions,
    )
    db.add(evaluation)
    db.flush()
    for person in supervision.active(db, process.id):
        _invite(db, link_key, evaluation, person.id)
    db.flush()
    stage(db, "booking", now, [event(db, evaluation, EvaluationRequested)])
    return evaluation


def held_sessions(db: Database, process_id: UUID) -> int:
    held = select(func.count()).where(col(Session.process_id) == process_id, col(Session.status) == "held")
    return db.scalars(held).one()


def _invite(db: Database, link_key: str, evaluation: Evaluation, participant_id: UUID) -> None:
    invitation = Invitation(evaluation_id=evaluation.id, participant_id=participant_id)
    db.add(invitation)
    expires_at = evaluation.due_at + LINK_OUTLIVES_ROUND
    links.issue(db, link_key, links.Purpose.evaluation, invitation.id, expires_at, invitation.id)


# -- finding ----------------------------------------------------------------------------------------------


def visible(db: Database, who: Principal, evaluation_id: UUID, *, lock: bool = False) -> Evaluation:
    query = select(Evaluation).join(Process, col(Process.id) == Evaluation.process_id)
    query = query.where(col(Evaluation.id) == evaluation_id, access.processes(who))
    return _one(db.scalars(query.with_for_update(of=Evaluation) if lock else query).one_or_none())


def of_invitation(db: Database, invitation_id: UUID, *, lock: bool = False) -> tuple[Evaluation, Invitation]:
    """The round to which a personal link leads; nothing for who has left since."""
    query = select(Evaluation, Invitation).join(Invitation, col(Invitation.evaluation_id) == Evaluation.id)
    query = query.join(Participant, col(Participant.id) == Invitation.participant_id)
    query = query.where(col(Invitation.id) == invitation_id, col(Participant.left_at).is_(None))
    row = db.execute(query.with_for_update(of=Evaluation) if lock else query).one_or_none()
    if row is None:
        raise NotFound
    return row


def _one(evaluation: Evaluation | None) -> Evaluation:
    if evaluation is None:
        raise NotFound
    return evaluation


def is_over(evaluation: Evaluation, now: datetime) -> bool:
    """Answers end with the due date, whether or not anybody has closed the round yet."""
    return evaluation.status == "closed" or evaluation.due_at < now


class Response(NamedTuple):
    """How many of those who were asked have answered."""

    answered: int
    invited: int


def responses(db: Database, evaluation_ids: Sequence[UUID]) -> dict[UUID, Response]:
    query = (
        select(col(Invitation.evaluation_id), func.count(col(Answer.id)), func.count())
        .outerjoin(Answer, _answers_it())
        .where(col(Invitation.evaluation_id).in_(evaluation_ids))
        .group_by(col(Invitation.evaluation_id))
    )
    return {evaluation_id: Response(answered, invited) for evaluation_id, answered, invited in db.execute(query)}


def invited(db: Database, evaluation_id: UUID) -> dict[UUID, UUID]:
    """Who was asked, each with the id of their personal link."""
    query = select(col(Invitation.participant_id), col(Invitation.id)).where(
        col(Invitation.evaluation_id) == evaluation_id
    )
    return dict(db.execute(query.order_by(col(Invitation.participant_id))).all())


def _answers_it() -> ColumnElement[bool]:
    return and_(
        col(Answer.evaluation_id) == Invitation.evaluation_id, col(Answer.participant_id) == Invitation.participant_id
    )


# -- closing ----------------------------------------------------------------------------------------------


def close(db: Database, evaluation: Evaluation, now: datetime) -> None:
    """End a round, whose row the caller has locked."""
    if evaluation.status == "closed":
        raise RoundIsClosed
    evaluation.status, evaluation.closed_at, evaluation.version = "closed", now, evaluation.version + 1
    answer_drafts.drop_all(db, evaluation.id)
    db.flush()
    stage(db, "booking", now, [event(db, evaluation, EvaluationClosed)])


def close_if_all_answered(db: Database, evaluation: Evaluation, now: datetime) -> None:
    """Whoever has left the process is no longer waited for."""
    if db.scalars(select(exists(unanswered(evaluation.id)))).one():
        return
    close(db, evaluation, now)


def unanswered(evaluation_id: UUID | Mapped[UUID]) -> Select[UUID]:
    """The invitations of those who are still in the process and have not answered, as a query."""
    return (
        select(col(Invitation.id))
        .join(Participant, col(Participant.id) == Invitation.participant_id)
        .outerjoin(Answer, _answers_it())
        .where(
            col(Invitation.evaluation_id) == evaluation_id,
            col(Participant.left_at).is_(None),
            col(Answer.id).is_(None),
        )
    )


# -- what others are told ---------------------------------------------------------------------------------

E = TypeVar("E", bound=EvaluationEvent)


def event(db: Database, evaluation: Evaluation, kind: type[E]) -> E:
    links_of = invited(db, evaluation.id)
    return kind(
        version=evaluation.version,
        evaluation_id=evaluation.id,
        process_id=evaluation.process_id,
        phase=evaluation.phase,
        status="closed" if evaluation.status == "closed" else "open",
        opened_at=evaluation.opened_at,
        due_at=evaluation.due_at,
        closed_at=evaluation.closed_at,
        invited=tuple(links_of),
        answer_links=links_of,
        discussed_at=_discussed_at(db, evaluation),
        answered=_answered(db, evaluation.id),
    )


def _answered(db: Database, evaluation_id: UUID) -> int:
    """How many people have answered; what a group agreed together is nobody's answer."""
    query = select(func.count()).where(col(Answer.evaluation_id) == evaluation_id)
    return db.scalars(query.where(col(Answer.participant_id).is_not(None))).one()


def _discussed_at(db: Database, evaluation: Evaluation) -> datetime | None:
    """The first meeting that is agreed for after the round."""
    coming = select(col(Session.starts_at)).where(
        col(Session.process_id) == evaluation.process_id,
        col(Session.status) == "booked",
        col(Session.starts_at) > evaluation.due_at,
    )
    return db.scalars(coming.order_by(col(Session.starts_at)).limit(1)).one_or_none()
