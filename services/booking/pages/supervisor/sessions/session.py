"""The supervisor's pages of one session: show it, move it, change its place, cancel it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.calendar import availability, offers
from services.booking.dependencies import NotesEncryption
from services.booking.models.sessions import Summary
from services.booking.pages import booking_form, free_month
from services.booking.pages.booking_form import BookingAttempt
from services.booking.pages.free_month import DayQuery, MonthQuery
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import DoneQuery, pages
from services.booking.pages.supervisor.sessions import session_view
from services.booking.security import audit, permissions
from services.booking.sessions import booking, sessions, summaries, undo
from services.booking.sessions.booking import SessionCancellation, SessionIsCancelled, SessionIsHeld, SessionUpdate
from services.booking.sessions.sessions import SessionWithProcess
from services.booking.sessions.summaries import SummaryContent
from services.booking.supervision import processes
from services.booking.supervision.processes import ProcessIsClosed
from services.core.database import Database
from services.core.encryption import Encryption
from services.events.catalogue import Actor
from services.finnish.workdays import local
from services.web.errors.problems import InvalidRequest
from services.web.i18n.translation import word
from services.web.pages.forms import Typed, filled_in, version_field
from services.web.protocol import etags
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

PREFIX = "/tyo/tapaamiset/{session_id}"

router = APIRouter(prefix=PREFIX, route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix=PREFIX, route_class=RecordedRoute, include_in_schema=False)

DONE_TEXTS = {
    "varattu": "Tapaaminen on varattu. Osallistujat saavat vahvistuksen ja kalenterikutsun.",
    "sarja": "Sarja on varattu. Osallistujat saavat yhden kirjeen, jossa ovat kaikki kalenterikutsut.",
    "siirretty": "Tapaaminen on siirretty. Osallistujat saavat siitä kirjeen.",
    "paikka": "Tapaamisen paikka on muutettu. Osallistujat saavat siitä kirjeen.",
    "peruttu": "Tapaaminen on peruttu. Osallistujat saavat siitä kirjeen.",
    "kumottu": "Muutos on kumottu. Kenellekään ei kerrottu siitä.",
    "aika-mennyt": "Ehdotettu aika on ehditty varata. Siirrä tapaaminen toiseen aikaan tai hylkää ehdotus.",
    "ehdotus-hylatty": "Ehdotus on hylätty. Osallistuja näkee sen omalla sivullaan.",
    "lasna": "Läsnäolo on tallennettu.",
    "kirjattu": "Läsnäolo ja yhteenvedon luonnos on tallennettu. Luonnosta ei näe kukaan muu.",
    "luonnos": "Yhteenvedon luonnos on tallennettu. Sitä ei näe kukaan muu.",
    "julkaistu": "Läsnäolo on tallennettu ja yhteenveto on julkaistu osallistujille.",
    "muistiinpano": "Muistiinpano on tallennettu. Sitä ei näe kukaan muu.",
    "poistettu": "Muistiinpano on poistettu.",
}
IS_OVER = (SessionIsCancelled, SessionIsHeld, ProcessIsClosed)
REFUSALS = (ValidationError, InvalidRequest, etags.PreconditionFailed, offers.SlotTaken, *IS_OVER)


def _session_path(session_id: UUID) -> str:
    return f"/tyo/tapaamiset/{session_id}"


def _lock_session(db: Database, visitor: Visitor, session_id: UUID) -> SessionWithProcess:
    return sessions.lock_session(db, session_id, permissions.visible_processes(visitor.principal))


def _reload_after_rollback(db: Database, visitor: Visitor, session_id: UUID) -> SessionWithProcess:
    """Roll back, and read the session again, to be shown with what was typed."""
    db.rollback()
    return sessions.find_session(db, session_id, permissions.visible_processes(visitor.principal))


@recorded.get("")
def show_session_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, encryption: NotesEncryption, session_id: UUID, done: DoneQuery = ""
) -> Response:
    meeting = sessions.find_session(db, session_id, permissions.visible_processes(visitor.principal))
    text = word(DONE_TEXTS[done]) if done in DONE_TEXTS else None
    view = session_view.load_session_view(db, meeting, now)
    undoable = undo.list_undoable(db, meeting.process, permissions.actor_of(visitor.principal), now)
    published = _read_summary(db, encryption, view.summary, now)
    return pages.show(
        "session.html", visitor=visitor, now=now, done=text, view=view, undoable=undoable, published=published
    )


def _read_summary(
    db: Database, encryption: Encryption, summary: Summary | None, now: datetime
) -> SummaryContent | None:
    if summary is None or not summary.edition:
        return None
    audit.note(db, now, "summary.read", f"summary/{summary.id}")
    return summaries.published_content(db, encryption, summary)


# -- another time -----------------------------------------------------------------------------------------


@router.get("/siirra")
def choose_new_time(
    db: Db, now: Now, visitor: LoggedInSupervisor, session_id: UUID, month: MonthQuery = "", day: DayQuery = None
) -> Response:
    meeting = sessions.find_session(db, session_id, permissions.visible_processes(visitor.principal))
    return _move_page(db, visitor, meeting, now, BookingAttempt({"day": day.isoformat() if day else ""}), month)


@router.post("/siirra")
def move_session_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, session_id: UUID, typed: Typed
) -> Response:
    meeting = _lock_session(db, visitor, session_id)
    try:
        version_field(typed).check(etags.etag(meeting.session.version))
        wanted = SessionUpdate.model_validate(
            {"starts_at": booking_form.parse_start(typed), **filled_in(typed, ["minutes"])}
        )
        by = permissions.actor_of(visitor.principal)
        booking.reschedule_session(db, meeting, wanted, by, now, undoable=True)
    except REFUSALS as refused:
        attempt = BookingAttempt(typed, refused)
        return _move_page(db, visitor, _reload_after_rollback(db, visitor, session_id), now, attempt)
    return redirect(_session_path(session_id), tehty="siirretty")


def _move_page(
    db: Database, visitor: Visitor, meeting: SessionWithProcess, now: datetime, attempt: BookingAttempt, month: str = ""
) -> Response:
    process, session = meeting
    practice = offers.practice_for_actor(Actor.supervisor, availability.load_practice(db, process.supervisor_id))
    chosen = booking_form.chosen_day(attempt.typed)
    asked = month or f"{chosen or max(local(session.starts_at), local(now)):%Y-%m}"
    free = free_month.load_month_for_move(db, practice, process.form, session, asked, now)
    return pages.show(
        "session_move.html",
        attempt.status,
        visitor=visitor,
        process=process,
        session=session,
        version=attempt.version(etags.etag(session.version)),
        month=free,
        chosen=chosen,
        day=free.day(chosen),
        nearest=attempt.nearest,
        typed=attempt.typed,
        wrong=attempt.wrong,
    )


# -- another place ----------------------------------------------------------------------------------------


@router.get("/paikka")
def show_place_form(db: Db, visitor: LoggedInSupervisor, session_id: UUID) -> Response:
    meeting = sessions.find_session(db, session_id, permissions.visible_processes(visitor.principal))
    session = meeting.session
    typed = {"mode": str(session.mode), "location": session.location or "", "join_url": session.join_url or ""}
    return _place_page(visitor, meeting, BookingAttempt(typed))


@router.post("/paikka")
def submit_place(db: Db, now: Now, visitor: LoggedInSupervisor, session_id: UUID, typed: Typed) -> Response:
    meeting = _lock_session(db, visitor, session_id)
    try:
        version_field(typed).check(etags.etag(meeting.session.version))
        wanted = SessionUpdate.model_validate(_place_fields(typed))
        booking.reschedule_session(db, meeting, wanted, permissions.actor_of(visitor.principal), now)
    except REFUSALS as refused:
        attempt = BookingAttempt(typed, refused)
        return _place_page(visitor, _reload_after_rollback(db, visitor, session_id), attempt)
    return redirect(_session_path(session_id), tehty="paikka")


def _place_fields(typed: Mapping[str, str]) -> dict[str, str | None]:
    """In this form an empty field means that there is none."""
    return {"location": None, "join_url": None, **filled_in(typed, ("mode", "location", "join_url"))}


def _place_page(visitor: Visitor, meeting: SessionWithProcess, attempt: BookingAttempt) -> Response:
    process, session = meeting
    return pages.show(
        "session_place.html",
        attempt.status,
        visitor=visitor,
        process=process,
        session=session,
        version=attempt.version(etags.etag(session.version)),
        typed=attempt.typed,
        wrong=attempt.wrong,
    )


# -- cancelling -------------------------------------------------------------------------------------------


@router.get("/peru")
def show_cancel_page(db: Db, visitor: LoggedInSupervisor, session_id: UUID) -> Response:
    meeting = sessions.find_session(db, session_id, permissions.visible_processes(visitor.principal))
    return _cancel_page(db, visitor, meeting, BookingAttempt({}))


@router.post("/peru")
def cancel_session_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, session_id: UUID, typed: Typed
) -> Response:
    meeting = _lock_session(db, visitor, session_id)
    try:
        version_field(typed).check(etags.etag(meeting.session.version))
        wanted = SessionCancellation.model_validate(filled_in(typed, ("reason", "following")))
        by = permissions.actor_of(visitor.principal)
        booking.cancel_booked_session(db, meeting, wanted, by, now, undoable=True)
    except REFUSALS as refused:
        attempt = BookingAttempt(typed, refused)
        return _cancel_page(db, visitor, _reload_after_rollback(db, visitor, session_id), attempt)
    return redirect(_session_path(session_id), tehty="peruttu")


@router.post("/kumoa")
def undo_as_supervisor(db: Db, now: Now, visitor: LoggedInSupervisor, session_id: UUID) -> Response:
    meeting = _lock_session(db, visitor, session_id)
    undo.undo_change(db, meeting, permissions.actor_of(visitor.principal), now)
    return redirect(_session_path(session_id), tehty="kumottu")


def _cancel_page(db: Database, visitor: Visitor, meeting: SessionWithProcess, attempt: BookingAttempt) -> Response:
    process, session = meeting
    return pages.show(
        "session_cancel.html",
        attempt.status,
        visitor=visitor,
        process=process,
        session=session,
        version=attempt.version(etags.etag(session.version)),
        following=booking.list_later_in_series(db, session),
        people=len(processes.list_active_participants(db, process.id)),
        typed=attempt.typed,
        wrong=attempt.wrong,
    )
