"""The supervisor's pages of evaluation rounds (opened by hand, read, agreed together, closed) and of feedback.

Only the supervisor reads what participants answered, and each reading is audited.
"""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.dependencies import Configured, NotesEncryption
from services.booking.evaluation import answers, feedback, results, round_schedule, rounds
from services.booking.models.evaluation import Evaluation
from services.booking.models.people import Process
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import DoneQuery, pages
from services.booking.security import audit, permissions
from services.core.database import Database
from services.core.encryption import Encryption
from services.events.catalogue import Form, Phase
from services.finnish import vocabulary
from services.web.errors.problems import NotFound, Problem
from services.web.pages import forms
from services.web.pages.forms import Fields, Refused, Typed
from services.web.protocol import etags
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

GOAL_PREFIX = "goals."
PREFIX = "/tyo/prosessit/{process_id}"

router = APIRouter(prefix=PREFIX, route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix=PREFIX, route_class=RecordedRoute, include_in_schema=False)


@router.get("/arvioinnit")
def redirect_to_rounds(visitor: LoggedInSupervisor, process_id: UUID) -> Response:
    """The list is on the page of the process."""
    return redirect(f"/tyo/prosessit/{process_id}#arvioinnit")


# -- opening ----------------------------------------------------------------------------------------------


@router.get("/arvioinnit/uusi")
def show_new_round_form(db: Db, now: Now, visitor: LoggedInSupervisor, process_id: UUID) -> Response:
    process = permissions.find_process(db, visitor.principal, process_id)
    due = round_schedule.default_due_day(now).isoformat()
    return _new_round_page(visitor, process, {"phase": Phase.mid, "due": due})


@router.post("/arvioinnit/uusi")
def submit_round(
    db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, process_id: UUID, typed: Typed
) -> Response:
    process = permissions.find_process(db, visitor.principal, process_id, lock=True)
    try:
        wanted = rounds.RoundCreate.model_validate(forms.filled_in(typed, rounds.RoundCreate.model_fields))
        one = rounds.open_round_by_hand(db, settings.link_key, process, wanted.phase, wanted.due, now)
    except (ValidationError, Problem) as refused:
        return _new_round_page(visitor, process, typed, refused)
    audit.note(db, now, "evaluation.opened", f"evaluation/{one.id}")
    return redirect(f"/tyo/prosessit/{process.id}/arvioinnit/{one.id}", tehty="avattu")


def _new_round_page(visitor: Visitor, process: Process, typed: Fields, refused: Refused | None = None) -> Response:
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
def show_round_as_supervisor(
    db: Db,
    now: Now,
    visitor: LoggedInSupervisor,
    encryption: NotesEncryption,
    process_id: UUID,
    evaluation_id: UUID,
    done: DoneQuery = "",
) -> Response:
    one = _find_round(db, visitor, process_id, evaluation_id)
    audit.note(db, now, "answer.read", f"evaluation/{one.id}")
    return _page(db, visitor, encryption, one, now, done=done)


def _find_round(
    db: Database, visitor: Visitor, process_id: UUID, evaluation_id: UUID, *, lock: bool = False
) -> Evaluation:
    one = rounds.find_round(db, visitor.principal, evaluation_id, lock=lock)
    if one.process_id != process_id:
        raise NotFound
    return one


def _page(
    db: Database,
    visitor: Visitor,
    encryption: Encryption,
    one: Evaluation,
    now: datetime,
    typed: Fields | None = None,
    refused: Refused | None = None,
    *,
    done: str = "",
) -> Response:
    round_results = results.load_round_results(db, encryption, one)
    saved = {f"goals.{goal_id}": str(level) for goal_id, level in round_results.agreed_levels.items()}
    is_over = rounds.is_round_over(one, now)
    return pages.show(
        "round.html",
        forms.status_of(refused),
        visitor=visitor,
        process=db.get_one(Process, one.process_id),
        round=one,
        label=vocabulary.EVALUATIONS[Phase(one.phase)],
        due=round_schedule.due_day(one.due_at),
        is_over=is_over,
        read=round_results,
        can_agree=not is_over and _is_rated_together(round_results.asked),
        version=forms.version_seen(etags.etag(round_results.agreed_version), typed or {}, refused),
        typed=saved if typed is None else typed,
        wrong=forms.reasons(refused),
        overtaken=forms.outdated(refused, typed or {}, saved),
        done=done,
    )


def _is_rated_together(asked: answers.RoundQuestions) -> bool:
    """Not at the start: the baseline of each goal is agreed with the goals themselves."""
    return asked.form is not Form.individual and asked.evaluation.phase != Phase.start and bool(asked.goals.current)


# -- agreeing and closing ---------------------------------------------------------------------------------


@router.post("/arvioinnit/{evaluation_id}/yhteinen")
def submit_agreed_levels(
    db: Db,
    now: Now,
    visitor: LoggedInSupervisor,
    encryption: NotesEncryption,
    process_id: UUID,
    evaluation_id: UUID,
    typed: Typed,
) -> Response:
    """Write down the levels that the group agreed together."""
    one = _find_round(db, visitor, process_id, evaluation_id, lock=True)
    before = answers.find_answer(db, one.id, None)
    levels = {
        name.removeprefix(GOAL_PREFIX): level for name, level in typed.items() if name.startswith(GOAL_PREFIX) and level
    }
    try:
        forms.version_field(typed).check(etags.etag(before.answer.version if before else 0))
        comment = answers.read_comment(encryption, before.answer) if before else None
        wanted = answers.AnswerCreate.model_validate({"consensus": True, "goals": levels, "comment": comment})
        answer = answers.give_answer(db, encryption, one, None, wanted, now)
    except (ValidationError, Problem) as refused:
        return _page(db, visitor, encryption, one, now, typed, refused)
    audit.note(db, now, "evaluation.answered", f"answer/{answer.id}")
    return redirect(f"/tyo/prosessit/{process_id}/arvioinnit/{one.id}", tehty="sovittu")


@router.get("/arvioinnit/{evaluation_id}/paata")
def show_round_closing(db: Db, visitor: LoggedInSupervisor, process_id: UUID, evaluation_id: UUID) -> Response:
    one = _find_round(db, visitor, process_id, evaluation_id)
    if one.status == "closed":
        return redirect(f"/tyo/prosessit/{process_id}/arvioinnit/{one.id}")
    return pages.show(
        "round_close.html",
        visitor=visitor,
        process=db.get_one(Process, process_id),
        round=one,
        label=vocabulary.EVALUATIONS[Phase(one.phase)],
        response=rounds.count_responses(db, [one.id])[one.id],
    )


@router.post("/arvioinnit/{evaluation_id}/paata")
def close_round_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, process_id: UUID, evaluation_id: UUID
) -> Response:
    """A round that was closed meanwhile needs nothing more."""
    one = _find_round(db, visitor, process_id, evaluation_id, lock=True)
    if one.status == "open":
        rounds.end_round(db, one, now)
        audit.note(db, now, "evaluation.closed", f"evaluation/{one.id}")
    return redirect(f"/tyo/prosessit/{process_id}/arvioinnit/{one.id}", tehty="paatetty")


# -- feedback on sessions ---------------------------------------------------------------------------------


@recorded.get("/palautteet")
def show_feedback_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, encryption: NotesEncryption, process_id: UUID
) -> Response:
    process = permissions.find_process(db, visitor.principal, process_id)
    meetings = feedback.list_feedback_of_process(db, encryption, process.id)
    for one in meetings:
        audit.note(db, now, "feedback.read", f"session/{one.session.id}")
    items = feedback.FEEDBACK_ITEMS
    return pages.show("process_feedback.html", visitor=visitor, process=process, meetings=meetings, items=items)
