"""Rounds of evaluation, answers and the feedback on meetings over HTTP."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import col, select

from services.booking import access, answers, audit, evaluation, feedback, meetings, rounds
from services.booking.answers import AnswerWish, Given
from services.booking.confidence import Confidant, Insider, Sealed
from services.booking.evaluation import NobodyToAsk, RoundIsClosed, RoundIsOpen
from services.booking.evaluation_models import Evaluation
from services.booking.parties_api import Configured
from services.booking.safe import Safe
from services.booking.shapes import Wish
from services.database import Database
from services.events.catalogue import Phase
from services.web import etags
from services.web.paging import Page, Paged, fetch
from services.web.problems import documented
from services.web.tokens import Reader, Role
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute, tags=["evaluation"])
recorded = APIRouter(prefix="/api/v1", route_class=RecordedRoute, tags=["evaluation"])

Status = Literal["open", "closed"]


class RoundWish(Wish):
    """`due` is the last day for answers, to its end in Helsinki."""

    phase: Phase
    due: date


class RoundCard(BaseModel):
    """What a client may know of a round: that there is one."""

    id: UUID
    process_id: UUID
    phase: Phase
    status: Status
    opened_at: datetime
    due: date
    closed_at: datetime | None
    version: int


class RoundShown(RoundCard):
    """A round with what is asked in it, and how many have answered."""

    benefits: list[str]
    invited: int
    answered: int


class AnswerShown(BaseModel):
    id: UUID
    participant_id: UUID | None
    consensus: bool
    goals: dict[UUID, int]
    benefits: dict[str, int | None]
    comment: str | None
    answered_at: datetime
    version: int


class RoundOpened(RoundShown):
    """A round with what each has answered, as its supervisor sees it."""

    answers: list[AnswerShown]


class FeedbackShown(BaseModel):
    participant_id: UUID
    useful: int | None
    openness: int | None
    progress: int | None
    takeaway: str | None
    answered_at: datetime | None


def _card(one: Evaluation) -> RoundCard:
    return RoundCard(
        id=one.id,
        process_id=one.process_id,
        phase=one.phase,
        status="open" if one.status == "open" else "closed",
        opened_at=one.opened_at,
        due=rounds.last_day(one.due_at),
        closed_at=one.closed_at,
        version=one.version,
    )


def _shown(db: Database, found: Sequence[Evaluation]) -> list[RoundShown]:
    responses = evaluation.responses(db, [one.id for one in found])
    return [RoundShown(**dict(_card(one)), benefits=one.benefits, **responses[one.id]._asdict()) for one in found]


def _answer_shown(safe: Safe, given: Given) -> AnswerShown:
    answer = given.answer
    return AnswerShown(
        **answer.model_dump(exclude={"comment", "evaluation_id", "goals_version"}),
        consensus=answer.participant_id is None,
        goals=given.goals,
        benefits=given.benefits,
        comment=safe.open_if_any(answer.comment, answers.place(answer)),
    )


@router.post("/processes/{process_id}/evaluations", status_code=201, responses=documented(RoundIsOpen, NobodyToAsk))
def open_round(
    db: Db, now: Now, who: Insider, settings: Configured, process_id: UUID, wish: RoundWish, response: Response
) -> RoundShown:
    """Rounds open by themselves; this is for one that is wanted earlier or once more."""
    process = access.process(db, who, process_id, lock=True)
    one = evaluation.open_by_hand(db, settings.link_key, process, wish.phase, wish.due, now)
    audit.note(db, now, who.credential, "evaluation.opened", f"evaluation/{one.id}")
    response.headers["Location"] = f"/api/v1/evaluations/{one.id}"
    response.headers["ETag"] = etags.tag(one.version)
    return _shown(db, [one])[0]


@router.get("/processes/{process_id}/evaluations")
def list_rounds(db: Db, who: Reader, paging: Paged, process_id: UUID) -> Page[RoundShown] | Page[RoundCard]:
    process = access.process(db, who, process_id)
    query = select(Evaluation).where(Evaluation.process_id == process.id)
    found, cursor = fetch(db, query, (col(Evaluation.opened_at), col(Evaluation.id)), paging)
    if who.role is Role.client:
        return Page[RoundCard](items=[_card(one) for one in found], next_cursor=cursor)
    return Page[RoundShown](items=_shown(db, found), next_cursor=cursor)


@recorded.get("/evaluations/{evaluation_id}")
def show_round(
    db: Db, now: Now, who: Reader, safe: Sealed, evaluation_id: UUID, response: Response
) -> RoundOpened | RoundShown | RoundCard:
    """Only the supervisor sees what each has answered, as the participants were told."""
    one = evaluation.visible(db, who, evaluation_id)
    response.headers["ETag"] = etags.tag(one.version)
    if who.role is Role.client:
        return _card(one)
    shown = _shown(db, [one])[0]
    if who.role is Role.admin:
        return shown
    audit.note(db, now, who.credential, "answer.read", f"evaluation/{one.id}")
    given = [_answer_shown(safe, each) for each in answers.of_round(db, one.id)]
    return RoundOpened(**dict(shown), answers=given)


@router.post("/evaluations/{evaluation_id}/answers", status_code=201, responses=documented(RoundIsClosed))
def answer(
    db: Db, now: Now, who: Insider, safe: Sealed, evaluation_id: UUID, wish: AnswerWish, response: Response
) -> AnswerShown:
    """Write down a participant's answer, or the levels that the group agreed. Doing so again changes it."""
    one = evaluation.visible(db, who, evaluation_id, lock=True)
    written = answers.give(db, safe, one, wish.participant_id, wish, now)
    audit.note(db, now, who.credential, "evaluation.answered", f"answer/{written.id}")
    response.headers["ETag"] = etags.tag(written.version)
    return _answer_shown(safe, Given(written, wish.goals, dict(wish.benefits)))


@router.post("/evaluations/{evaluation_id}/close", responses=documented(RoundIsClosed))
def close_round(db: Db, now: Now, who: Insider, evaluation_id: UUID, response: Response) -> RoundShown:
    one = evaluation.visible(db, who, evaluation_id, lock=True)
    evaluation.close(db, one, now)
    audit.note(db, now, who.credential, "evaluation.closed", f"evaluation/{one.id}")
    response.headers["ETag"] = etags.tag(one.version)
    return _shown(db, [one])[0]


@recorded.get("/sessions/{session_id}/feedback")
def show_feedback(db: Db, now: Now, who: Confidant, safe: Sealed, session_id: UUID) -> list[FeedbackShown]:
    """What those who were asked have said of a meeting; only its supervisor sees it."""
    meeting = meetings.find(db, session_id, access.processes(who))
    audit.note(db, now, who.credential, "feedback.read", f"session/{meeting.session.id}")
    return [
        FeedbackShown(
            **one.model_dump(exclude={"takeaway"}),
            takeaway=safe.open_if_any(one.takeaway, feedback.place(one)),
        )
        for one in feedback.of_session(db, meeting.session.id)
    ]
