"""The API of evaluation rounds, their answers, and the feedback on sessions."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import col, select

from services.booking.dependencies import Configured, NotesEncryption, StaffOrNotFound, SupervisorOrNotFound
from services.booking.evaluation import answers, feedback, round_schedule, rounds
from services.booking.evaluation.answers import AnswerCreate, AnswerWithRatings
from services.booking.evaluation.rounds import NobodyToAsk, RoundCreate, RoundIsClosed, RoundIsOpen
from services.booking.models.evaluation import Evaluation
from services.booking.security import audit, permissions
from services.booking.sessions import sessions
from services.core.database import Database
from services.core.encryption import Encryption
from services.events.catalogue import Phase
from services.web.errors.problems import documented
from services.web.protocol import etags
from services.web.protocol.pagination import Page, Paged, fetch_page
from services.web.security.tokens import Reader, Role
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute, tags=["evaluation"])
recorded = APIRouter(prefix="/api/v1", route_class=RecordedRoute, tags=["evaluation"])

RoundStatus = Literal["open", "closed"]


class RoundForClient(BaseModel):
    """What a client may know of a round: that it exists."""

    id: UUID
    process_id: UUID
    phase: Phase
    status: RoundStatus
    opened_at: datetime
    due: date
    closed_at: datetime | None
    version: int


class RoundPublic(RoundForClient):
    """A round with its benefits, and how many were invited and have answered."""

    benefits: list[str]
    invited: int
    answered: int


class AnswerPublic(BaseModel):
    id: UUID
    participant_id: UUID | None
    consensus: bool
    goals: dict[UUID, int]
    benefits: dict[str, int | None]
    comment: str | None
    answered_at: datetime
    version: int


class RoundWithAnswers(RoundPublic):
    """A round with its answers, as its supervisor sees it."""

    answers: list[AnswerPublic]


class FeedbackPublic(BaseModel):
    participant_id: UUID
    useful: int | None
    openness: int | None
    progress: int | None
    takeaway: str | None
    answered_at: datetime | None


def _round_for_client(one: Evaluation) -> RoundForClient:
    return RoundForClient(
        id=one.id,
        process_id=one.process_id,
        phase=one.phase,
        status="open" if one.status == "open" else "closed",
        opened_at=one.opened_at,
        due=round_schedule.due_day(one.due_at),
        closed_at=one.closed_at,
        version=one.version,
    )


def _rounds_public(db: Database, found: Sequence[Evaluation]) -> list[RoundPublic]:
    responses = rounds.count_responses(db, [one.id for one in found])
    counted = ((one, responses[one.id]._asdict()) for one in found)
    return [RoundPublic(**dict(_round_for_client(one)), benefits=one.benefits, **count) for one, count in counted]


def _answer_public(encryption: Encryption, given: AnswerWithRatings) -> AnswerPublic:
    answer = given.answer
    return AnswerPublic(
        **answer.model_dump(exclude={"comment", "evaluation_id", "goals_version"}),
        consensus=answer.participant_id is None,
        goals=given.goals,
        benefits=given.benefits,
        comment=answers.read_comment(encryption, answer),
    )


@router.post("/processes/{process_id}/evaluations", status_code=201, responses=documented(RoundIsOpen, NobodyToAsk))
def create_round(
    db: Db,
    now: Now,
    who: StaffOrNotFound,
    settings: Configured,
    process_id: UUID,
    wanted: RoundCreate,
    response: Response,
) -> RoundPublic:
    """Rounds open by themselves; this opens one earlier or once more."""
    process = permissions.find_process(db, who, process_id, lock=True)
    one = rounds.open_round_by_hand(db, settings.link_key, process, wanted.phase, wanted.due, now)
    audit.note(db, now, "evaluation.opened", f"evaluation/{one.id}")
    response.headers["Location"] = f"/api/v1/evaluations/{one.id}"
    response.headers["ETag"] = etags.etag(one.version)
    return _rounds_public(db, [one])[0]


@router.get("/processes/{process_id}/evaluations")
def list_rounds(db: Db, who: Reader, paging: Paged, process_id: UUID) -> Page[RoundPublic] | Page[RoundForClient]:
    process = permissions.find_process(db, who, process_id)
    query = select(Evaluation).where(Evaluation.process_id == process.id)
    found, cursor = fetch_page(db, query, (col(Evaluation.opened_at), col(Evaluation.id)), paging)
    if who.role is Role.client:
        return Page[RoundForClient](items=[_round_for_client(one) for one in found], next_cursor=cursor)
    return Page[RoundPublic](items=_rounds_public(db, found), next_cursor=cursor)


@recorded.get("/evaluations/{evaluation_id}")
def show_round(
    db: Db, now: Now, who: Reader, encryption: NotesEncryption, evaluation_id: UUID, response: Response
) -> RoundWithAnswers | RoundPublic | RoundForClient:
    """Only the supervisor sees the answers, as was promised to the participants."""
    one = rounds.find_round(db, who, evaluation_id)
    response.headers["ETag"] = etags.etag(one.version)
    if who.role is Role.client:
        return _round_for_client(one)
    round_ = _rounds_public(db, [one])[0]
    if who.role is Role.admin:
        return round_
    audit.note(db, now, "answer.read", f"evaluation/{one.id}")
    given = [_answer_public(encryption, each) for each in answers.list_answers_of_round(db, one.id)]
    return RoundWithAnswers(**dict(round_), answers=given)


@router.post("/evaluations/{evaluation_id}/answers", status_code=201, responses=documented(RoundIsClosed))
def record_answer(
    db: Db,
    now: Now,
    who: StaffOrNotFound,
    encryption: NotesEncryption,
    evaluation_id: UUID,
    wanted: AnswerCreate,
    response: Response,
) -> AnswerPublic:
    """Record a participant's answer, or the levels that the group agreed. Recording again replaces it."""
    one = rounds.find_round(db, who, evaluation_id, lock=True)
    written = answers.give_answer(db, encryption, one, wanted.participant_id, wanted, now)
    audit.note(db, now, "evaluation.answered", f"answer/{written.id}")
    response.headers["ETag"] = etags.etag(written.version)
    return _answer_public(encryption, AnswerWithRatings(written, wanted.goals, dict(wanted.benefits)))


@router.post("/evaluations/{evaluation_id}/close", responses=documented(RoundIsClosed))
def close_round(db: Db, now: Now, who: StaffOrNotFound, evaluation_id: UUID, response: Response) -> RoundPublic:
    one = rounds.find_round(db, who, evaluation_id, lock=True)
    rounds.end_round(db, one, now)
    audit.note(db, now, "evaluation.closed", f"evaluation/{one.id}")
    response.headers["ETag"] = etags.etag(one.version)
    return _rounds_public(db, [one])[0]


@recorded.get("/sessions/{session_id}/feedback")
def list_session_feedback(
    db: Db, now: Now, who: SupervisorOrNotFound, encryption: NotesEncryption, session_id: UUID
) -> list[FeedbackPublic]:
    """The feedback on a session; only its supervisor sees it."""
    meeting = sessions.find_session(db, session_id, permissions.visible_processes(who))
    audit.note(db, now, "feedback.read", f"session/{meeting.session.id}")
    return [
        FeedbackPublic(
            **one.model_dump(exclude={"takeaway"}),
            **feedback.read_scores(one),
            takeaway=feedback.read_takeaway(encryption, one),
        )
        for one in feedback.list_feedback_of_session(db, meeting.session.id)
    ]
