"""What reporting holds about one participant, for their own eyes (GDPR articles 15 and 20). It knows no names."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import exists, or_
from sqlmodel import col, select

from services.core.database import Database
from services.events.catalogue import Phase
from services.events.session_numbers import numbers_in_time
from services.finnish.vocabulary import KEPT_FROM_ADMIN, benefit_label
from services.reporting import audit
from services.reporting.dependencies import Configured
from services.reporting.models import Answer, Evaluation, Process, ReleasedFigure, Report, Review, Session
from services.reporting.projections import process_data, rebuild, retention
from services.reporting.settings import Settings
from services.reporting.workflow import reports, reviews
from services.web.errors.problems import NotFound
from services.web.security.tokens import Principal, Role, Staff
from services.web.transactions import Db, Now, RecordedRoute

recorded = APIRouter(prefix="/api/v1/participants", tags=["participants"], route_class=RecordedRoute)


class AnswerExport(BaseModel):
    """Levels by goals and agreements by benefits, each by its name."""

    phase: Phase
    answered_at: datetime
    goals: dict[str, int]
    benefits: dict[str, int | None]


class SessionExport(BaseModel):
    number: int
    starts_at: datetime
    attendance: str


class ReviewExport(BaseModel):
    """Their review of a client report before it was released."""

    report_id: UUID
    version: int
    approved: bool
    comment: str | None
    at: datetime


class ParticipantExport(BaseModel):
    """What this service holds about a participant; answers and reviews are not the administrator's to read.

    `counted_in`: reports whose figures include them.
    """

    participant_id: UUID
    process_code: str
    answers: list[AnswerExport]
    meetings: list[SessionExport]
    reviews: list[ReviewExport]
    counted_in: list[UUID]
    withheld: str | None


@recorded.get("/{participant_id}/export")
def export_participant_reports(
    db: Db, now: Now, who: Staff, settings: Configured, participant_id: UUID
) -> ParticipantExport:
    process = _find_process(db, who, participant_id)
    audit.note(db, now, "participant.exported", f"participant/{participant_id}")
    data = process_data.load_process_data(db, process.process_id)
    answers = [answer for answer in data.answers if answer.participant_id == participant_id]
    is_confidant = who.role is not Role.admin
    numbers = numbers_in_time(data.sessions)
    return ParticipantExport(
        participant_id=participant_id,
        process_code=process.code,
        answers=[_answer_export(data, answer) for answer in answers if is_confidant],
        meetings=[
            _session_export(session, participant_id, numbers[session.session_id])
            for session in data.sessions
            if participant_id in _attendance_by_person(session)
        ],
        reviews=_review_exports(db, participant_id, settings) if is_confidant else [],
        counted_in=_counted_in(db, process, {str(participant_id), *(each.person or "" for each in answers)}),
        withheld=None if is_confidant else KEPT_FROM_ADMIN,
    )


def _find_process(db: Database, who: Principal, participant_id: UUID) -> Process:
    """The process that the participant takes or took part in. Raises NotFound for who was erased."""
    rebuild.ensure_complete(db)
    if retention.is_erased(db, participant_id):
        raise NotFound
    in_it = or_(
        col(Process.participant_ids).contains([participant_id]),
        exists().where(
            col(Evaluation.process_id) == col(Process.process_id), col(Evaluation.invited).contains([participant_id])
        ),
        *(
            exists().where(col(Session.process_id) == col(Process.process_id), col(named).contains([participant_id]))
            for named in (Session.present, Session.excused, Session.no_show)
        ),
    )
    return db.scalars(select(Process).where(in_it, reports.processes_visible_to(who))).one()


def _answer_export(data: process_data.ProcessData, answer: Answer) -> AnswerExport:
    titles = {str(goal.goal_id): goal.title for goal in (*data.earlier_wordings, *data.goals)}
    return AnswerExport(
        phase=answer.phase,
        answered_at=answer.answered_at,
        goals={titles.get(goal_id, goal_id): level for goal_id, level in answer.goals.items()},
        benefits={benefit_label(benefit): agreement for benefit, agreement in answer.benefits.items()},
    )


def _attendance_by_person(session: Session) -> dict[UUID, str]:
    """The attendance of each participant who was expected at a session."""
    states = {"present": session.present, "excused": session.excused, "no_show": session.no_show}
    return {person: state for state, people in states.items() for person in people}


def _session_export(session: Session, participant_id: UUID, number: int) -> SessionExport:
    state = _attendance_by_person(session)[participant_id]
    return SessionExport(number=number, starts_at=session.starts_at, attendance=state)


def _review_exports(db: Database, participant_id: UUID, settings: Settings) -> list[ReviewExport]:
    query = select(Report).join(Review, col(Review.report_id) == Report.id)
    found = db.scalars(query.where(col(Review.participant_id) == participant_id)).all()
    return [
        ReviewExport(
            report_id=report.id, **{name: getattr(comment, name) for name in ("version", "approved", "comment", "at")}
        )
        for report in found
        for comment in reviews.list_comments(db, report, settings)
        if comment.participant_id == participant_id
    ]


def _counted_in(db: Database, process: Process, people: set[str]) -> list[UUID]:
    counted = col(ReleasedFigure.people).op("&&")(sorted(people))
    query = select(col(ReleasedFigure.report_id)).join(Report, col(Report.id) == ReleasedFigure.report_id)
    return list(db.scalars(query.where(col(Report.process_id) == process.process_id, counted).distinct()))
