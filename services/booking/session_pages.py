"""The pages of one meeting for its supervisor: what it is, another time, another place, or none."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking import access, availability, booking_form, free_month, meetings, offers, scheduling, session_view
from services.booking.booking_form import Attempt
from services.booking.free_month import DayAsked, MonthAsked
from services.booking.meetings import Meeting
from services.booking.offers import SlotTaken
from services.booking.pages import pages
from services.booking.scheduling import Cancellation, SessionChange, SessionIsCancelled, SessionIsHeld
from services.booking.supervision import ProcessIsClosed
from services.booking.visiting import Supervising
from services.database import Database
from services.events.catalogue import Actor
from services.web import etags
from services.web.etags import PreconditionFailed
from services.web.forms import Typed, filled_in, seen_version
from services.web.problems import InvalidRequest
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.translation import word
from services.web.visitors import Visitor, redirect
from services.workdays import local

router = APIRouter(prefix="/tyo/tapaamiset/{session_id}", route_class=TransactionalRoute, include_in_schema=False)

DONE = {
    "varattu": "Tapaaminen on varattu. Osallistujat saavat vahvistuksen ja kalenterikutsun.",
    "sarja": "Sarja on varattu. Osallistujat saavat yhden kirjeen, jossa ovat kaikki kalenterikutsut.",
    "siirretty": "Tapaaminen on siirretty. Osallistujat saavat siitä kirjeen.",
    "paikka": "Tapaamisen paikka on muutettu. Osallistujat saavat siitä kirjeen.",
    "peruttu": "Tapaaminen on peruttu. Osallistujat saavat siitä kirjeen.",
    "lasna": "Läsnäolo on tallennettu.",
    "kirjattu": "Läsnäolo ja yhteenvedon luonnos on tallennettu. Luonnosta ei näe kukaan muu.",
    "luonnos": "Yhteenvedon luonnos on tallennettu. Sitä ei näe kukaan muu.",
    "julkaistu": "Läsnäolo on tallennettu ja yhteenveto on julkaistu osallistujille.",
    "muistiinpano": "Muistiinpano on tallennettu. Sitä ei näe kukaan muu.",
    "poistettu": "Muistiinpano on poistettu.",
}
REFUSALS = (
    ValidationError,
    InvalidRequest,
    PreconditionFailed,
    SlotTaken,
    SessionIsCancelled,
    SessionIsHeld,
    ProcessIsClosed,
)


def _address(session_id: UUID) -> str:
    return f"/tyo/tapaamiset/{session_id}"


def _locked(db: Database, visitor: Visitor, session_id: UUID) -> Meeting:
    return meetings.locked(db, session_id, access.processes(visitor.principal))


def _as_it_stands(db: Database, visitor: Visitor, session_id: UUID) -> Meeting:
    """The meeting after what was begun has been taken back, to be shown with what was typed."""
    db.rollback()
    return meetings.find(db, session_id, access.processes(visitor.principal))


@router.get("")
def show(db: Db, now: Now, visitor: Supervising, session_id: UUID, tehty: str = "") -> Response:
    meeting = meetings.find(db, session_id, access.processes(visitor.principal))
    done = word(DONE[tehty]) if tehty in DONE else None
    return pages.show("session.html", visitor=visitor, now=now, done=done, view=session_view.look(db, meeting, now))


# -- another time -----------------------------------------------------------------------------------------


@router.get("/siirra")
def choose_time(
    db: Db, now: Now, visitor: Supervising, session_id: UUID, kuukausi: MonthAsked = "", paiva: DayAsked = None
) -> Response:
    meeting = meetings.find(db, session_id, access.processes(visitor.principal))
    return _move_page(db, visitor, meeting, now, Attempt({"day": paiva.isoformat() if paiva else ""}), kuukausi)


@router.post("/siirra")
def move(db: Db, now: Now, visitor: Supervising, session_id: UUID, typed: Typed) -> Response:
    meeting = _locked(db, visitor, session_id)
    try:
        seen_version(typed).check(etags.tag(meeting.session.version))
        wish = SessionChange.model_validate(
            {"starts_at": booking_form.start_of(typed), **filled_in(typed, ["minutes"])}
        )
        scheduling.reschedule(db, meeting, wish, access.actor(visitor.principal), now)
    except REFUSALS as refused:
        attempt = Attempt(typed, refused)
        return _move_page(db, visitor, _as_it_stands(db, visitor, session_id), now, attempt)
    return redirect(_address(session_id), tehty="siirretty")


def _move_page(
    db: Database, visitor: Visitor, meeting: Meeting, now: datetime, attempt: Attempt, month: str = ""
) -> Response:
    process, session = meeting
    practice = offers.as_seen_by(Actor.supervisor, availability.load(db, process.supervisor_id))
    chosen = booking_form.day_of(attempt.typed)
    asked = month or f"{chosen or max(local(session.starts_at), local(now)):%Y-%m}"
    shown = free_month.look(db, practice, process.form, session.ends_at - session.starts_at, asked, now)
    return pages.show(
        "session_move.html",
        attempt.status,
        visitor=visitor,
        process=process,
        session=session,
        version=attempt.version(etags.tag(session.version)),
        month=shown,
        chosen=chosen,
        day=shown.day(chosen),
        nearest=attempt.nearest,
        typed=attempt.typed,
        wrong=attempt.wrong,
    )


# -- another place ----------------------------------------------------------------------------------------


@router.get("/paikka")
def choose_place(db: Db, visitor: Supervising, session_id: UUID) -> Response:
    meeting = meetings.find(db, session_id, access.processes(visitor.principal))
    session = meeting.session
    typed = {"mode": str(session.mode), "location": session.location or "", "join_url": session.join_url or ""}
    return _place_page(visitor, meeting, Attempt(typed))


@router.post("/paikka")
def change_place(db: Db, now: Now, visitor: Supervising, session_id: UUID, typed: Typed) -> Response:
    meeting = _locked(db, visitor, session_id)
    try:
        seen_version(typed).check(etags.tag(meeting.session.version))
        wish = SessionChange.model_validate(_place(typed))
        scheduling.reschedule(db, meeting, wish, access.actor(visitor.principal), now)
    except REFUSALS as refused:
        attempt = Attempt(typed, refused)
        return _place_page(visitor, _as_it_stands(db, visitor, session_id), attempt)
    return redirect(_address(session_id), tehty="paikka")


def _place(typed: Mapping[str, str]) -> dict[str, str | None]:
    """In this form an empty field means that there is none."""
    return {"location": None, "join_url": None, **filled_in(typed, ("mode", "location", "join_url"))}


def _place_page(visitor: Visitor, meeting: Meeting, attempt: Attempt) -> Response:
    process, session = meeting
    return pages.show(
        "session_place.html",
        attempt.status,
        visitor=visitor,
        process=process,
        session=session,
        version=attempt.version(etags.tag(session.version)),
        typed=attempt.typed,
        wrong=attempt.wrong,
    )


# -- calling off ------------------------------------------------------------------------------------------


@router.get("/peru")
def ask_to_cancel(db: Db, visitor: Supervising, session_id: UUID) -> Response:
    return _cancel_page(db, visitor, meetings.find(db, session_id, access.processes(visitor.principal)), Attempt({}))


@router.post("/peru")
def cancel(db: Db, now: Now, visitor: Supervising, session_id: UUID, typed: Typed) -> Response:
    meeting = _locked(db, visitor, session_id)
    try:
        seen_version(typed).check(etags.tag(meeting.session.version))
        wish = Cancellation.model_validate(filled_in(typed, ("reason", "following")))
        scheduling.cancel(db, meeting, wish, access.actor(visitor.principal), now)
    except REFUSALS as refused:
        attempt = Attempt(typed, refused)
        return _cancel_page(db, visitor, _as_it_stands(db, visitor, session_id), attempt)
    return redirect(_address(session_id), tehty="peruttu")


def _cancel_page(db: Database, visitor: Visitor, meeting: Meeting, attempt: Attempt) -> Response:
    process, session = meeting
    return pages.show(
        "session_cancel.html",
        attempt.status,
        visitor=visitor,
        process=process,
        session=session,
        version=attempt.version(etags.tag(session.version)),
        following=scheduling.later_in_series(db, session),
        typed=attempt.typed,
        wrong=attempt.wrong,
    )
