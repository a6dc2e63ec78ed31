"""The page of a supervisor's calendars: others that are read here, and this one to be read elsewhere."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking import access, audit, calendar_import, parties
from services.booking.calendar_import import CalendarWish
from services.booking.models import Supervisor
from services.booking.pages import pages
from services.booking.parties_api import Configured, supervisor_shown
from services.booking.settings import Settings
from services.booking.visiting import Supervising
from services.database import Database
from services.web import forms
from services.web.forms import Fields, Refused, Typed
from services.web.problems import Problem
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visitors import Visitor, redirect

router = APIRouter(prefix="/tyo/asetukset/kalenterit", route_class=TransactionalRoute, include_in_schema=False)

TROUBLES = {
    "address-not-allowed": "Osoite ei ole julkisessa verkossa, joten kalenteria ei voi hakea.",
    "bad-address": "Osoitteessa on virhe. Kopioi se uudelleen kalenteriohjelmastasi.",
    "compressed": "Kalenteri tulee pakattuna, eikä sitä voi lukea.",
    "not-a-calendar": "Osoitteesta ei tule kalenteria. Kopioi iCal-osoite, ei verkkosivun osoitetta.",
    "too-large": "Kalenteri on liian suuri luettavaksi.",
    "too-many-redirects": "Osoite ohjaa liian monta kertaa eteenpäin.",
    "too-much": "Kalenterissa on liikaa merkintöjä luettavaksi.",
    "too-slow": "Kalenterin palvelin vastasi liian hitaasti. Yritämme uudelleen.",
    "unreachable": "Kalenterin palvelin ei vastannut. Yritämme uudelleen.",
}
"""Why a calendar could not be read, in words that say what to do."""


@router.get("")
def show(db: Db, visitor: Supervising, settings: Configured, tehty: str = "") -> Response:
    return _page(db, visitor, settings, {}, done=tehty)


@router.post("")
def add(db: Db, now: Now, visitor: Supervising, settings: Configured, typed: Typed) -> Response:
    supervisor = access.practice(db, visitor.principal, visitor.party_id, lock=True)
    try:
        wish = CalendarWish.model_validate({"url": typed.get("url", "").strip()})
        calendar_import.add(db, supervisor, wish, now)
    except (ValidationError, Problem) as refused:
        return _page(db, visitor, settings, typed, refused)
    return redirect("/tyo/asetukset/kalenterit", tehty="tuotu")


@router.post("/{import_id}/poista")
def remove(db: Db, visitor: Supervising, import_id: UUID) -> Response:
    calendar_import.remove(db, visitor.party_id, import_id)
    return redirect("/tyo/asetukset/kalenterit", tehty="poistettu")


@router.post("/osoite")
def renew(db: Db, now: Now, visitor: Supervising, settings: Configured) -> Response:
    """A new address for the own calendar; the old one shows nothing any more."""
    supervisor = access.practice(db, visitor.principal, visitor.party_id, lock=True)
    parties.renew_calendar(db, settings.link_key, supervisor, now)
    audit.note(db, now, "", "calendar.renewed", f"supervisor/{supervisor.id}")
    return redirect("/tyo/asetukset/kalenterit", tehty="vaihdettu")


def _page(
    db: Database, visitor: Visitor, settings: Settings, typed: Fields, refused: Refused | None = None, done: str = ""
) -> Response:
    supervisor = db.get_one(Supervisor, visitor.party_id)
    return pages.show(
        "settings_calendars.html",
        forms.status_of(refused),
        visitor=visitor,
        imports=calendar_import.of_supervisor(db, supervisor.id),
        troubles=TROUBLES,
        address=supervisor_shown(supervisor, settings).calendar_url,
        typed=typed,
        wrong=forms.reasons(refused),
        done=done,
    )
