"""The supervisor's pages of processes: the list with each one's state, one process, its terms, and closing it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.dependencies import Configured, NotesEncryption
from services.booking.lifecycle import closing, listing
from services.booking.lifecycle import overview as overviews
from services.booking.lifecycle.steps import (
    NextAction,
    ProcessFacts,
    ProcessStep,
    current_step,
    is_step_done,
    next_actions,
)
from services.booking.models.people import Process
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import DoneQuery, PageQuery, SearchQuery, pages
from services.booking.pages.supervisor.processes import forms as processes_forms
from services.booking.security import audit, permissions
from services.booking.sessions import change_wishes, intentions, sessions, summaries
from services.booking.supervision import erasure_requests, processes, proposals
from services.booking.supervision.processes import ProcessUpdate, SessionsAhead
from services.core.database import Database
from services.finnish import vocabulary
from services.web.errors.problems import Problem
from services.web.i18n.translation import word
from services.web.pages import forms
from services.web.pages.forms import Typed
from services.web.protocol import etags
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

router = APIRouter(prefix="/tyo/prosessit", route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix="/tyo/prosessit", route_class=RecordedRoute, include_in_schema=False)

STATUSES: dict[str, listing.Status] = {"avoimet": "active", "paattyneet": "closed"}

StatusQuery = Annotated[Literal["avoimet", "paattyneet"], Query(alias="tila")]


def address_of_task(want: NextAction, process: Process, facts: ProcessFacts) -> str:
    """The page on which the supervisor does what the process needs next."""
    here = f"/tyo/prosessit/{process.id}"
    match want:
        case NextAction.attendance:
            return f"/tyo/tapaamiset/{facts.unrecorded[0]}/kirjaa"
        case NextAction.summary:
            return f"/tyo/tapaamiset/{facts.unsummarised}/kirjaa"
        case NextAction.goals:
            return f"{here}/tavoitteet"
        case NextAction.answers:
            return f"{here}/arvioinnit/{next(one.id for one in facts.rounds if one.is_open)}"
        case NextAction.booking:
            return f"/tyo/tapaamiset/uusi/{process.id}"
        case NextAction.closing:
            return f"{here}/paata"


STEP_FUNCTIONS: dict[str, Any] = {
    "steps": list(ProcessStep),
    "step_of": current_step,
    "is_done": is_step_done,
    "wants_of": next_actions,
    "address_of": address_of_task,
}
"""The functions that the templates call about a process's steps."""


@router.get("")
def list_processes_as_supervisor(
    db: Db,
    now: Now,
    visitor: LoggedInSupervisor,
    status: StatusQuery = "avoimet",
    search: SearchQuery = "",
    page: PageQuery = 1,
) -> Response:
    return pages.show(
        "process_list.html",
        visitor=visitor,
        leaf=listing.list_processes_with_facts(db, visitor.principal, STATUSES[status], search, page, now),
        counts=listing.count_processes(db, visitor.principal),
        erasures=erasure_requests.list_open_erasure_requests(db, visitor.principal),
        form_labels=vocabulary.FORM_LABELS,
        evaluations=vocabulary.EVALUATIONS,
        tila=status,
        haku=search,
        sivu=page,
        **STEP_FUNCTIONS,
    )


@recorded.get("/{process_id}")
def show_process_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, encryption: NotesEncryption, process_id: UUID, done: DoneQuery = ""
) -> Response:
    process = permissions.find_process(db, visitor.principal, process_id)
    overview = overviews.load_overview(db, encryption, process, now)
    for session_id in dict.fromkeys(one.session.id for one in overview.actions):
        audit.note(db, now, "summary.read", f"session/{session_id}")
    return pages.show(
        "process.html",
        visitor=visitor,
        seen=overview,
        erasures=[
            one
            for one in erasure_requests.list_open_erasure_requests(db, visitor.principal)
            if one.process.id == process.id
        ],
        wishes=change_wishes.list_open_wishes_of_process(db, process, now),
        attendance=intentions.expected_attendance(db, [one for one in overview.meetings if one.starts_at > now]),
        proposed=proposals.list_proposals(db, process.id),
        etag=etags.etag,
        readdressed=[person for person in overview.active if not person.address_accepted],
        form_labels=vocabulary.FORM_LABELS,
        evaluations=vocabulary.EVALUATIONS,
        now=now,
        tehty=done,
        **STEP_FUNCTIONS,
    )


@router.post("/{process_id}/sovitut/{session_id}/{action_id}")
def mark_action_done(
    db: Db,
    now: Now,
    visitor: LoggedInSupervisor,
    encryption: NotesEncryption,
    process_id: UUID,
    session_id: UUID,
    action_id: UUID,
) -> Response:
    meeting = sessions.lock_session(db, session_id, permissions.visible_processes(visitor.principal))
    summaries.mark_action(db, encryption, meeting, action_id, done=True, now=now)
    return redirect(f"/tyo/prosessit/{process_id}", tehty="sovittu")


# -- changing ---------------------------------------------------------------------------------------------


@router.get("/{process_id}/muuta")
def show_terms_form(db: Db, visitor: LoggedInSupervisor, process_id: UUID) -> Response:
    process = permissions.find_process(db, visitor.principal, process_id)
    return _terms_page(db, visitor, process, processes_forms.process_fields(process))


@router.post("/{process_id}/muuta")
def submit_terms(db: Db, now: Now, visitor: LoggedInSupervisor, process_id: UUID, typed: Typed) -> Response:
    try:
        wanted = ProcessUpdate.model_validate(processes_forms.process_terms(typed))
        processes.change_process(db, visitor.principal, process_id, wanted, forms.version_field(typed), now)
    except (ValidationError, Problem) as refused:
        process = permissions.find_process(db, visitor.principal, process_id)
        return _terms_page(db, visitor, process, typed, refused)
    return redirect(f"/tyo/prosessit/{process_id}", tehty="muutettu")


def _terms_page(
    db: Database, visitor: Visitor, process: Process, typed: Typed, refused: forms.Refused | None = None
) -> Response:
    return pages.show(
        "process_change.html",
        forms.status_of(refused),
        visitor=visitor,
        process=process,
        version=forms.version_seen(processes.process_etag(db, process), typed, refused),
        typed=typed,
        wrong=forms.reasons(refused),
        overtaken=forms.outdated(refused, typed, processes_forms.process_fields(process)),
        **processes_forms.process_choices(process.form, typed),
    )


# -- closing ----------------------------------------------------------------------------------------------

SESSIONS_AHEAD_TEXT = (
    "Prosessissa on vielä tulevia tapaamisia. Merkitse rasti, jos ne perutaan samalla, tai päätä prosessi vasta "
    "niiden jälkeen."
)


@router.get("/{process_id}/paata")
def show_process_closing(db: Db, now: Now, visitor: LoggedInSupervisor, process_id: UUID) -> Response:
    return _closing_page(db, visitor, permissions.find_process(db, visitor.principal, process_id), now)


@router.post("/{process_id}/paata")
def close_process_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, process_id: UUID, typed: Typed
) -> Response:
    process = permissions.find_process(db, visitor.principal, process_id, lock=True)
    cancel, key = bool(typed.get("cancel_sessions")), settings.link_key
    try:
        closing.close_process_and_sessions(db, key, process, visitor.principal, now, cancel_sessions=cancel)
    except SessionsAhead as refused:
        return _closing_page(db, visitor, process, now, refused)
    audit.note(db, now, "process.closed", f"process/{process.id}")
    return redirect(f"/tyo/prosessit/{process.id}", tehty="paatetty")


def _closing_page(
    db: Database, visitor: Visitor, process: Process, now: datetime, refused: SessionsAhead | None = None
) -> Response:
    processes.ensure_process_open(process)
    return pages.show(
        "process_close.html",
        forms.status_of(refused),
        visitor=visitor,
        process=process,
        ahead=processes.list_sessions_ahead(db, process.id, now),
        typed={},
        wrong={"cancel_sessions": word(SESSIONS_AHEAD_TEXT)} if refused else {},
    )
