"""Rounds of evaluation at the supervisor's desk: opened by hand, read, agreed on together, closed. And the feedback.

What participants said is read by their supervisor alone, and that it was read is written down.
"""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services import vocabulary
from services.booking import access, answers, audit, evaluation, feedback, feedback_book, readings, rounds
from services.booking.answers import AnswerWish, Questions
from services.booking.confidence import Sealed
from services.booking.evaluation_api import RoundWish
from services.booking.evaluation_models import Evaluation
from services.booking.models import Process
from services.booking.pages import pages
from services.booking.parties_api import Configured
from services.booking.safe import Safe
from services.booking.visiting import Supervising
from services.database import Database
from services.events.catalogue import Form, Phase
from services.web import etags, forms
from services.web.forms import Fields, Refused, Typed
from services.web.problems import NotFound, Problem
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute
from services.web.visitors import Visitor, redirect

GOAL = "goals."
PREFIX = "/tyo/prosessit/{process_id}"

router = APIRouter(prefix=PREFIX, route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix=PREFIX, route_class=RecordedRoute, include_in_schema=False)


@router.get("/arvioinnit")
def lead_back(visitor: Supervising, process_id: UUID) -> Response:
    """They stand on the page of the process."""
    return redirect(f"/tyo/prosessit/{process_id}#arvioinnit")


# -- opening ----------------------------------------------------------------------------------------------


@router.get("/arvioinnit/uusi")
def ask_which(db: Db, now: Now, visitor: Supervising, process_id: UUID) -> Response:
    process = access.process(db, visitor.principal, process_id)
    return _opening(visitor, process, {"phase": Phase.mid, "due": rounds.usual_due(now).isoformat()})


@router.post("/arvioinnit/uusi")
def open_round(
    db: Db, now: Now, visitor: Supervising, settings: Configured, process_id: UUID, typed: Typed
) -> Response:
    process = access.process(db, visitor.principal, process_id, lock=True)
    try:
        wish = RoundWish.model_validate(forms.filled_in(typed, RoundWish.model_fields))
        one = evaluation.open_by_hand(db, settings.link_key, process, wish.phase, wish.due, now)
    except (ValidationError, Problem) as refused:
        return _opening(visitor, process, typed, refused)
    audit.note(db, now, visitor.principal.credential, "evaluation.opened", f"evaluation/{one.id}")
    return redirect(f"/tyo/prosessit/{process.id}/arvioinnit/{one.id}", tehty="avattu")


def _opening(visitor: Visitor, process: Process, typed: Fields, refused: Refused | None = None) -> Response:
    return pages.show(
        "round_open.html",
        forms.status_of(refused),
        visitor=visitor,
        process=process,
        evaluations=vocabulary.EVALUATIONS,
        typed=typed,
        wrong=forms.reasons(refused),
    )


# -- reading ----------------------------------------------------------------------------------------------


@recorded.get("/arvioinnit/{evaluation_id}")
def show(
    db: Db, now: Now, visitor: Supervising, safe: Sealed, process_id: UUID, evaluation_id: UUID, tehty: str = ""
) -> Response:
    one = _found(db, visitor, process_id, evaluation_id)
    audit.note(db, now, visitor.principal.credential, "answer.read", f"evaluation/{one.id}")
    return _page(db, visitor, safe, one, now, done=tehty)


def _found(db: Database, visitor: Visitor, process_id: UUID, evaluation_id: UUID, *, lock: bool = False) -> Evaluation:
    one = evaluation.visible(db, visitor.principal, evaluation_id, lock=lock)
    if one.process_id != process_id:
        raise NotFound
    return one


def _page(
    db: Database,
    visitor: Visitor,
    safe: Safe,
    one: Evaluation,
    now: datetime,
    typed: Fields | None = None,
    refused: Refused | None = None,
    *,
    done: str = "",
) -> Response:
    read = readings.of_round(db, safe, one)
    saved = {f"goals.{goal_id}": str(level) for goal_id, level in read.agreed_levels.items()}
    is_over = evaluation.is_over(one, now)
    return pages.show(
        "round.html",
        forms.status_of(refused),
        visitor=visitor,
        process=db.get_one(Process, one.process_id),
        round=one,
        label=vocabulary.EVALUATIONS[Phase(one.phase)],
        due=rounds.last_day(one.due_at),
        is_over=is_over,
        read=read,
        can_agree=not is_over and _is_rated_together(read.asked),
        version=forms.version_seen(etags.tag(read.agreed_version), typed or {}, refused),
        typed=saved if typed is None else typed,
        wrong=forms.reasons(refused),
        overtaken=forms.overtaken(refused, typed or {}, saved),
        done=done,
    )


def _is_rated_together(asked: Questions) -> bool:
    """At the start the goals are not rated: where everybody stood is agreed with them."""
    return asked.form is not Form.individual and asked.evaluation.phase != Phase.start and bool(asked.goals.current)


# -- agreeing and closing ---------------------------------------------------------------------------------


@router.post("/arvioinnit/{evaluation_id}/yhteinen")
def agree(
    db: Db, now: Now, visitor: Supervising, safe: Sealed, process_id: UUID, evaluation_id: UUID, typed: Typed
) -> Response:
    """Write down the levels that the group agreed together."""
    one = _found(db, visitor, process_id, evaluation_id, lock=True)
    before = answers.of_participant_in(db, one.id, None)
    levels = {name.removeprefix(GOAL): level for name, level in typed.items() if name.startswith(GOAL) and level}
    try:
        forms.seen_version(typed).check(etags.tag(before.answer.version if before else 0))
        comment = safe.open_if_any(before.answer.comment, answers.place(before.answer)) if before else None
        wish = AnswerWish.model_validate({"consensus": True, "goals": levels, "comment": comment})
        answer = answers.give(db, safe, one, None, wish, now)
    except (ValidationError, Problem) as refused:
        return _page(db, visitor, safe, one, now, typed, refused)
    audit.note(db, now, visitor.principal.credential, "evaluation.answered", f"answer/{answer.id}")
    return redirect(f"/tyo/prosessit/{process_id}/arvioinnit/{one.id}", tehty="sovittu")


@router.get("/arvioinnit/{evaluation_id}/paata")
def ask_to_close(db: Db, visitor: Supervising, process_id: UUID, evaluation_id: UUID) -> Response:
    one = _found(db, visitor, process_id, evaluation_id)
    if one.status == "closed":
        return redirect(f"/tyo/prosessit/{process_id}/arvioinnit/{one.id}")
    return pages.show(
        "round_close.html",
        visitor=visitor,
        process=db.get_one(Process, process_id),
        round=one,
        label=vocabulary.EVALUATIONS[Phase(one.phase)],
        response=evaluation.responses(db, [one.id])[one.id],
    )


@router.post("/arvioinnit/{evaluation_id}/paata")
def close(db: Db, now: Now, visitor: Supervising, process_id: UUID, evaluation_id: UUID) -> Response:
    """A round that has ended meanwhile is closed as well as one could wish."""
    one = _found(db, visitor, process_id, evaluation_id, lock=True)
    if one.status == "open":
        evaluation.close(db, one, now)
        audit.note(db, now, visitor.principal.credential, "evaluation.closed", f"evaluation/{one.id}")
    return redirect(f"/tyo/prosessit/{process_id}/arvioinnit/{one.id}", tehty="paatetty")


# -- feedback on meetings ---------------------------------------------------------------------------------


@recorded.get("/palautteet")
def show_feedback(db: Db, now: Now, visitor: Supervising, safe: Sealed, process_id: UUID) -> Response:
    process = access.process(db, visitor.principal, process_id)
    said = feedback_book.of_process(db, safe, process.id)
    for meeting in said:
        audit.note(db, now, visitor.principal.credential, "feedback.read", f"session/{meeting.session.id}")
    return pages.show(
        "process_feedback.html",
        visitor=visitor,
        process=process,
        meetings=said,
        items=feedback.ITEMS,
    )
