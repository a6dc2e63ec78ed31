"""Rounds of evaluation: opening and closing a round, and its invitations.

A round opens under the lock on its process, and everything in it happens under the lock on its own row: an answer
and the end of a round never meet, and whoever answers last closes it once.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Mapped
from sqlmodel import col

from services.booking.evaluation import answer_drafts, events, goals, round_schedule
from services.booking.models.evaluation import Answer, Evaluation, Invitation
from services.booking.models.people import Participant, Process
from services.booking.models.sessions import Session
from services.booking.security import permissions
from services.booking.security.links import LinkPurpose
from services.booking.supervision import benefits, processes
from services.booking.supervision.personal_links import issue_personal_link
from services.core.database import Database
from services.events.catalogue import EvaluationClosed, EvaluationRequested, Phase
from services.events.outbox import stage
from services.web.errors.problems import Problem
from services.web.errors.validation import invalid
from services.web.i18n.language import Text
from services.web.protocol.fields import RequestBody
from services.web.security.links import new_link
from services.web.security.tokens import Principal


class RoundCreate(RequestBody):
    """`due` is the last day for answers, to its end in Helsinki."""

    phase: Phase
    due: date


LINK_OUTLIVES_ROUND = timedelta(days=30)
"""So that a late visitor reads that the round is over, and not "not found"."""


class RoundIsOpen(Problem):
    """A round of this phase is open already."""

    status = 409
    finnish = "Tämän vaiheen arviointi on jo avoinna."
    advice = Text(fi="Odota, että se päättyy, tai päätä se.", en="Wait until it ends, or close it.")


class RoundIsClosed(Problem):
    """This round of evaluation is over."""

    status = 409
    finnish = "Tämä arviointi on päättynyt."
    advice = Text(
        fi="Kerro vastauksesi tarvittaessa työnohjaajalle.", en="Tell the supervisor your answers if need be."
    )


class NobodyToAsk(Problem):
    """This process has no participants to ask."""

    status = 409
    finnish = "Prosessissa ei ole ketään, jolta kysyä."
    advice = Text(fi="Lisää prosessiin ensin osallistuja.", en="Add a participant to the process first.")


def open_round_by_hand(
    db: Database, link_key: str, process: Process, phase: Phase, due: date, now: datetime
) -> Evaluation:
    """Open a round for the supervisor. The caller holds the lock on the process's row."""
    due_at = round_schedule.end_of_due_day(due)
    if due_at <= now:
        raise invalid("due", "Määräpäivä on jo mennyt.", "This day has passed.")
    if phase is not Phase.final:
        processes.ensure_process_open(process)
    if any(one.status == "open" and one.phase == phase for one in list_rounds_of_process(db, process.id)):
        raise RoundIsOpen
    if not processes.list_active_participants(db, process.id):
        raise NobodyToAsk
    return open_round(db, link_key, process, phase, due_at, now)


def list_rounds_of_process(db: Database, process_id: UUID) -> list[Evaluation]:
    query = select(Evaluation).where(col(Evaluation.process_id) == process_id)
    return list(db.scalars(query.order_by(col(Evaluation.opened_at), col(Evaluation.id))))


def open_round(
    db: Database, link_key: str, process: Process, phase: Phase, due_at: datetime, now: datetime
) -> Evaluation:
    """Open a round and invite the active participants. The caller holds the lock on the process's row."""
    of_goals = [worded.wording.benefit for worded in goals.load_goals(db, process.id).current]
    evaluation = Evaluation(
        process_id=process.id,
        phase=phase,
        opened_at=now,
        due_at=due_at,
        benefits=benefits.benefits_to_ask(process.form, process.benefits, filter(None, of_goals)),
        held_sessions=count_held_sessions(db, process.id),
        planned_sessions=process.planned_sessions,
    )
    db.add(evaluation)
    db.flush()
    for person in processes.list_active_participants(db, process.id):
        _invite(db, link_key, evaluation, person)
    db.flush()
    stage(db, "booking", now, [events.round_event(db, evaluation, EvaluationRequested)])
    return evaluation


def count_held_sessions(db: Database, process_id: UUID) -> int:
    held = select(func.count()).where(col(Session.process_id) == process_id, col(Session.status) == "held")
    return db.scalars(held).one()


def _invite(db: Database, link_key: str, evaluation: Evaluation, person: Participant) -> None:
    invitation = Invitation(id=new_link(link_key), evaluation_id=evaluation.id, participant_id=person.id)
    db.add(invitation)
    expires_at = evaluation.due_at + LINK_OUTLIVES_ROUND
    issue_personal_link(db, link_key, LinkPurpose.evaluation, person, invitation.id, expires_at)


def find_round(db: Database, who: Principal, evaluation_id: UUID, *, lock: bool = False) -> Evaluation:
    query = select(Evaluation).join(Process, col(Process.id) == Evaluation.process_id)
    query = query.where(col(Evaluation.id) == evaluation_id, permissions.visible_processes(who))
    return db.scalars(query.with_for_update(of=Evaluation) if lock else query).one()


def find_round_of_invitation(db: Database, invitation_id: UUID, *, lock: bool = False) -> tuple[Evaluation, Invitation]:
    """The round to which a personal link leads."""
    query = select(Evaluation, Invitation).join(Invitation, col(Invitation.evaluation_id) == Evaluation.id)
    query = query.where(col(Invitation.id) == invitation_id)
    return db.execute(query.with_for_update(of=Evaluation) if lock else query).one()


def is_round_over(evaluation: Evaluation, now: datetime) -> bool:
    """Answers end with the due date, whether or not anybody has closed the round yet."""
    return evaluation.status == "closed" or evaluation.due_at < now


class ResponseCount(NamedTuple):
    """How many of the invited have answered."""

    answered: int
    invited: int


def count_responses(db: Database, evaluation_ids: Sequence[UUID]) -> dict[UUID, ResponseCount]:
    query = (
        select(col(Invitation.evaluation_id), func.count(col(Answer.id)), func.count())
        .outerjoin(Answer, _is_answer_to_invitation())
        .where(col(Invitation.evaluation_id).in_(evaluation_ids))
        .group_by(col(Invitation.evaluation_id))
    )
    return {evaluation_id: ResponseCount(answered, invited) for evaluation_id, answered, invited in db.execute(query)}


def _is_answer_to_invitation() -> ColumnElement[bool]:
    same_round = col(Answer.evaluation_id) == Invitation.evaluation_id
    return and_(same_round, col(Answer.participant_id) == Invitation.participant_id)


def end_round(db: Database, evaluation: Evaluation, now: datetime) -> None:
    """Close a round, whose row the caller has locked."""
    if evaluation.status == "closed":
        raise RoundIsClosed
    evaluation.status, evaluation.closed_at, evaluation.version = "closed", now, evaluation.version + 1
    answer_drafts.drop_drafts_of_round(db, evaluation.id)
    db.flush()
    stage(db, "booking", now, [events.round_event(db, evaluation, EvaluationClosed)])


def end_round_if_all_answered(db: Database, evaluation: Evaluation, now: datetime) -> None:
    """Participants who have left the process are not waited for."""
    if db.scalars(select(exists(unanswered_invitations(evaluation.id)))).one():
        return
    end_round(db, evaluation, now)


def unanswered_invitations(evaluation_id: UUID | Mapped[UUID]) -> Select[UUID]:
    """The invitations of those who are still in the process and have not answered, as a query."""
    return (
        select(col(Invitation.id))
        .join(Participant, col(Participant.id) == Invitation.participant_id)
        .outerjoin(Answer, _is_answer_to_invitation())
        .where(
            col(Invitation.evaluation_id) == evaluation_id, col(Participant.left_at).is_(None), col(Answer.id).is_(None)
        )
    )
