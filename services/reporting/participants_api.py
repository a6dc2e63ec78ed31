"""What reporting holds about one participant, for their own eyes (GDPR articles 15 and 20). It knows no names."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import exists, or_
from sqlmodel import col, select

from services.database import Database
from services.events.catalogue import Phase
from services.reporting import audit, benefits, dossiers, projections, rebuilding, reports, reviews
from services.reporting.dossiers import Dossier
from services.reporting.models import Answer, Evaluation, Process, ReleasedFigure, Report, Review, Session
from services.reporting.reports_api import Configured
from services.web.problems import NotFound
from services.web.tokens import Principal, Staff
from services.web.transactions import Db, Now, RecordedRoute

recorded = APIRouter(prefix="/api/v1/participants", tags=["participants"], route_class=RecordedRoute)


class OwnAnswer(BaseModel):
    """Levels by goals and agreements by benefits, each by its name."""

    phase: Phase
    answered_at: datetime
    goals: dict[str, int]
    benefits: dict[str, int | None]


class OwnMeeting(BaseModel):
    number: int
    starts_at: datetime
    attendance: str


class OwnReview(BaseModel):
    """What they said of a client report before it was released."""

    report_id: UUID
    version: int
    approved: bool
    comment: str | None
    at: datetime


class Export(BaseModel):
    """Everything that this service holds about a participant. `counted_in`: reports whose numbers count them."""

    participant_id: UUID
    process_code: str
    answers: list[OwnAnswer]
    meetings: list[OwnMeeting]
    reviews: list[OwnReview]
    counted_in: list[UUID]


@recorded.get("/{participant_id}/export")
def export_participant(db: Db, now: Now, who: Staff, settings: Configured, participant_id: UUID) -> Export:
    process = _held(db, who, participant_id)
    audit.note_of(db, now, who.credential, "participant.exported", f"participant/{participant_id}")
    dossier = dossiers.get(db, process.process_id)
    answers = [answer for answer in dossier.answers if answer.participant_id == participant_id]
    return Export(
        participant_id=participant_id,
        process_code=process.code,
        answers=[_answer(dossier, answer) for answer in answers],
        meetings=[
            _meeting(session, participant_id) for session in dossier.sessions if participant_id in _named(session)
        ],
        reviews=_reviews(db, participant_id, settings.link_key),
        counted_in=_counted_in(db, process, {str(participant_id), *(each.person or "" for each in answers)}),
    )


def _held(db: Database, who: Principal, participant_id: UUID) -> Process:
    """The process of somebody who takes part in it, or left a trace in it; nobody who was erased."""
    rebuilding.ensure_told(db)
    if projections.is_erased(db, participant_id):
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
    process = db.scalars(select(Process).where(in_it, reports.processes_of(who))).one_or_none()
    if process is None:
        raise NotFound
    return process


def _answer(dossier: Dossier, answer: Answer) -> OwnAnswer:
    titles = {str(goal.goal_id): goal.title for goal in (*dossier.earlier_wordings, *dossier.goals)}
    return OwnAnswer(
        phase=answer.phase,
        answered_at=answer.answered_at,
        goals={titles.get(goal_id, goal_id): level for goal_id, level in answer.goals.items()},
        benefits={benefits.label(benefit): agreement for benefit, agreement in answer.benefits.items()},
    )


def _named(session: Session) -> dict[UUID, str]:
    """How it was with each who was expected at a meeting."""
    states = {"present": session.present, "excused": session.excused, "no_show": session.no_show}
    return {person: state for state, people in states.items() for person in people}


def _meeting(session: Session, participant_id: UUID) -> OwnMeeting:
    state = _named(session)[participant_id]
    return OwnMeeting(number=session.number, starts_at=session.starts_at, attendance=state)


def _reviews(db: Database, participant_id: UUID, link_key: str) -> list[OwnReview]:
    query = select(Report).join(Review, col(Review.report_id) == Report.id)
    found = db.scalars(query.where(col(Review.participant_id) == participant_id)).all()
    return [
        OwnReview(
            report_id=report.id, **{name: getattr(said, name) for name in ("version", "approved", "comment", "at")}
        )
        for report in found
        for said in reviews.comments(db, report, link_key)
        if said.participant_id == participant_id
    ]


def _counted_in(db: Database, process: Process, people: set[str]) -> list[UUID]:
    counted = col(ReleasedFigure.people).op("&&")(sorted(people))
    query = select(col(ReleasedFigure.report_id)).join(Report, col(Report.id) == ReleasedFigure.report_id)
    return list(db.scalars(query.where(col(Report.process_id) == process.process_id, counted).distinct()))
