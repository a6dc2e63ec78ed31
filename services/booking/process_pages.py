"""The supervisor's processes: all of them with how far they have come, one of them at a glance, changed and ended."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.responses import Response

from services import vocabulary
from services.booking import (
    access,
    audit,
    closing,
    erasure_requests,
    meetings,
    process_book,
    process_forms,
    summaries,
    supervision,
)
from services.booking import process_overview as overviews
from services.booking.confidence import Sealed
from services.booking.models import Process
from services.booking.pages import pages
from services.booking.parties_api import Configured
from services.booking.process_book import Status
from services.booking.process_steps import Facts, Step, Want, is_done, step, wants
from services.booking.supervision import ProcessChange, SessionsAhead
from services.booking.visiting import Supervising
from services.database import Database
from services.web import forms
from services.web.forms import Typed
from services.web.problems import Problem
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute
from services.web.translation import word
from services.web.visitors import Visitor, redirect

router = APIRouter(prefix="/tyo/prosessit", route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix="/tyo/prosessit", route_class=RecordedRoute, include_in_schema=False)

STATUSES: dict[str, Status] = {"avoimet": "active", "paattyneet": "closed"}

StatusAsked = Annotated[Literal["avoimet", "paattyneet"], Query(alias="tila")]
WordsAsked = Annotated[str, Query(alias="haku", max_length=200)]
PageAsked = Annotated[int, Query(alias="sivu", ge=1, le=1000)]


def address_of(want: Want, process: Process, facts: Facts) -> str:
    """The page on which the supervisor does what the process waits for."""
    here = f"/tyo/prosessit/{process.id}"
    match want:
        case Want.attendance:
            return f"/tyo/tapaamiset/{facts.unrecorded[0]}/kirjaa"
        case Want.summary:
            return f"/tyo/tapaamiset/{facts.unsummarised}/kirjaa"
        case Want.goals:
            return f"{here}/tavoitteet"
        case Want.answers:
            return f"{here}/arvioinnit/{next(one.id for one in facts.rounds if one.is_open)}"
        case Want.booking:
            return f"/tyo/tapaamiset/uusi/{process.id}"
        case Want.closing:
            return f"{here}/paata"


COURSE: dict[str, Any] = {
    "steps": list(Step),
    "step_of": step,
    "is_done": is_done,
    "wants_of": wants,
    "address_of": address_of,
}
"""What the templates ask about a process's course."""


@router.get("")
def leaf_through(
    db: Db, now: Now, visitor: Supervising, tila: StatusAsked = "avoimet", haku: WordsAsked = "", sivu: PageAsked = 1
) -> Response:
    return pages.show(
        "process_list.html",
        visitor=visitor,
        leaf=process_book.look(db, visitor.principal, STATUSES[tila], haku, sivu, now),
        counts=process_book.count(db, visitor.principal),
        erasures=erasure_requests.waiting(db, visitor.principal),
        form_labels=vocabulary.FORM_LABELS,
        evaluations=vocabulary.EVALUATIONS,
        tila=tila,
        haku=haku,
        sivu=sivu,
        **COURSE,
    )


@recorded.get("/{process_id}")
def show(db: Db, now: Now, visitor: Supervising, safe: Sealed, process_id: UUID, tehty: str = "") -> Response:
    process = access.process(db, visitor.principal, process_id)
    seen = overviews.look(db, safe, process, now)
    for session_id in dict.fromkeys(one.session.id for one in seen.actions):
        audit.note(db, now, visitor.principal.credential, "summary.read", f"session/{session_id}")
    return pages.show(
        "process.html",
        visitor=visitor,
        seen=seen,
        erasures=[one for one in erasure_requests.waiting(db, visitor.principal) if one.process.id == process.id],
        form_labels=vocabulary.FORM_LABELS,
        evaluations=vocabulary.EVALUATIONS,
        now=now,
        tehty=tehty,
        **COURSE,
    )


@router.post("/{process_id}/sovitut/{session_id}/{action_id}")
def mark_done(
    db: Db, now: Now, visitor: Supervising, safe: Sealed, process_id: UUID, session_id: UUID, action_id: UUID
) -> Response:
    meeting = meetings.locked(db, session_id, access.processes(visitor.principal))
    summaries.mark(db, safe, meeting, action_id, done=True, now=now)
    return redirect(f"/tyo/prosessit/{process_id}", tehty="sovittu")


# -- changing ---------------------------------------------------------------------------------------------


@router.get("/{process_id}/muuta")
def show_terms(db: Db, visitor: Supervising, process_id: UUID) -> Response:
    process = access.process(db, visitor.principal, process_id)
    return _terms(db, visitor, process, process_forms.of_process(process))


@router.post("/{process_id}/muuta")
def change(db: Db, now: Now, visitor: Supervising, process_id: UUID, typed: Typed) -> Response:
    try:
        wish = ProcessChange.model_validate(process_forms.terms(typed))
        supervision.change(db, visitor.principal, process_id, wish, forms.seen_version(typed), now)
    except (ValidationError, Problem) as refused:
        process = access.process(db, visitor.principal, process_id)
        return _terms(db, visitor, process, typed, refused)
    return redirect(f"/tyo/prosessit/{process_id}", tehty="muutettu")


def _terms(
    db: Database, visitor: Visitor, process: Process, typed: Typed, refused: forms.Refused | None = None
) -> Response:
    return pages.show(
        "process_change.html",
        forms.status_of(refused),
        visitor=visitor,
        process=process,
        version=forms.version_seen(supervision.version_tag(db, process), typed, refused),
        typed=typed,
        wrong=forms.reasons(refused),
        overtaken=forms.overtaken(refused, typed, process_forms.of_process(process)),
        **process_forms.choices(process.form, typed),
    )


# -- ending -----------------------------------------------------------------------------------------------

FIRST_DECIDE = (
    "Prosessissa on vielä tulevia tapaamisia. Merkitse rasti, jos ne perutaan samalla, tai päätä prosessi vasta "
    "niiden jälkeen."
)


@router.get("/{process_id}/paata")
def ask_to_close(db: Db, now: Now, visitor: Supervising, process_id: UUID) -> Response:
    return _closing(db, visitor, access.process(db, visitor.principal, process_id), now)


@router.post("/{process_id}/paata")
def close(db: Db, now: Now, visitor: Supervising, settings: Configured, process_id: UUID, typed: Typed) -> Response:
    process = access.process(db, visitor.principal, process_id, lock=True)
    calls_off = bool(typed.get("cancel_sessions"))
    try:
        closing.close(db, settings.link_key, process, visitor.principal, now, cancel_sessions=calls_off)
    except SessionsAhead as refused:
        return _closing(db, visitor, process, now, refused)
    audit.note(db, now, visitor.principal.credential, "process.closed", f"process/{process.id}")
    return redirect(f"/tyo/prosessit/{process.id}", tehty="paatetty")


def _closing(
    db: Database, visitor: Visitor, process: Process, now: datetime, refused: SessionsAhead | None = None
) -> Response:
    supervision.ensure_open(process)
    return pages.show(
        "process_close.html",
        forms.status_of(refused),
        visitor=visitor,
        process=process,
        ahead=supervision.sessions_ahead(db, process.id, now),
        typed={},
        wrong={"cancel_sessions": word(FIRST_DECIDE)} if refused else {},
    )
