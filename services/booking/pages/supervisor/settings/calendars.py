"""The page of a supervisor's calendars: others that are read here, and this one to be read elsewhere."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.calendar import ics_import
from services.booking.calendar.ics.entries import Why
from services.booking.calendar.links import calendar_links
from services.booking.dependencies import Configured
from services.booking.models.people import Supervisor
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import pages
from services.booking.security import audit, permissions
from services.booking.settings import Settings
from services.booking.supervision import parties
from services.core.database import Database
from services.web.errors.problems import Problem
from services.web.pages import forms
from services.web.pages.forms import TICKED, Fields, Refused, Typed
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/tyo/asetukset/kalenterit", route_class=TransactionalRoute, include_in_schema=False)

IMPORT_ERRORS = {
    "address-not-allowed": "Osoite ei ole julkisessa verkossa, joten kalenteria ei voi hakea.",
    "bad-address": "Osoitteessa on virhe. Kopioi se uudelleen kalenteriohjelmastasi.",
    "compressed": "Kalenteri tulee pakattuna tavalla, jota ei voi lukea.",
    "cut-off": "Kalenterista tuli vain osa. Yritämme uudelleen.",
    "failed": "Kalenterin lukeminen keskeytyi virheeseen. Yritämme uudelleen.",
    "http-429": "Kalenterin palvelin pyysi odottamaan. Yritämme myöhemmin uudelleen.",
    "http-503": "Kalenterin palvelin ei juuri nyt anna kalenteria. Yritämme myöhemmin uudelleen.",
    "not-a-calendar": "Osoitteesta ei tule kalenteria. Kopioi iCal-osoite, ei verkkosivun osoitetta.",
    "too-large": "Kalenteri on liian suuri luettavaksi.",
    "too-many-redirects": "Osoite ohjaa liian monta kertaa eteenpäin.",
    "too-much": "Kalenterissa on liikaa merkintöjä luettavaksi.",
    "too-slow": "Kalenterin palvelin vastasi liian hitaasti. Yritämme uudelleen.",
    "unreachable": "Kalenterin palvelin ei vastannut. Yritämme uudelleen.",
}
"""Why a calendar could not be read, in words that say what to do."""

DOUBTS = {
    Why.damaged: "merkintä on vioittunut",
    Why.unknown_zone: "merkinnän aikavyöhyke on tuntematon, joten aika voi olla toinen",
    Why.too_many: "merkintä toistuu niin usein, ettei kaikkia kertoja luettu",
}
"""Why an entry could not be read as it was meant."""


@router.get("")
def show_calendars(db: Db, visitor: LoggedInSupervisor, settings: Configured, tehty: str = "") -> Response:
    return _page(db, visitor, settings, {}, done=tehty)


@router.post("")
def submit_calendar_import(
    db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, typed: Typed
) -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, visitor.party_id, lock=True)
    try:
        fields = {"url": typed.get("url", "").strip(), "declined_are_busy": "declined_are_busy" in typed}
        wanted = ics_import.CalendarImportCreate.model_validate(fields)
        ics_import.import_calendar(db, supervisor, wanted, now)
    except (ValidationError, Problem) as refused:
        return _page(db, visitor, settings, typed, refused)
    return redirect("/tyo/asetukset/kalenterit", tehty="tuotu")


@router.post("/{import_id}/poista")
def remove_calendar_import(db: Db, visitor: LoggedInSupervisor, import_id: UUID) -> Response:
    ics_import.drop_calendar_import(db, visitor.party_id, import_id)
    return redirect("/tyo/asetukset/kalenterit", tehty="poistettu")


@router.post("/{import_id}/kieltaytyneet")
def change_declined(db: Db, now: Now, visitor: LoggedInSupervisor, import_id: UUID, typed: Typed) -> Response:
    ics_import.change_declined(db, visitor.party_id, import_id, typed.get("varaavat") == TICKED, now)
    return redirect("/tyo/asetukset/kalenterit", tehty="muutettu")


@router.post("/osoite")
def renew_calendar_address(db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured) -> Response:
    """A new address for the own calendar; the old one shows nothing any more."""
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, visitor.party_id, lock=True)
    parties.renew_calendar_link(db, settings.link_key, supervisor, now)
    audit.note(db, now, "calendar.renewed", f"supervisor/{supervisor.id}")
    return redirect("/tyo/asetukset/kalenterit", tehty="vaihdettu")


def _page(
    db: Database, visitor: Visitor, settings: Settings, typed: Fields, refused: Refused | None = None, done: str = ""
) -> Response:
    supervisor = db.get_one(Supervisor, visitor.party_id)
    return pages.show(
        "settings_calendars.html",
        forms.status_of(refused),
        visitor=visitor,
        imports=ics_import.list_imports_of_supervisor(db, supervisor.id),
        troubles=IMPORT_ERRORS,
        doubts=DOUBTS,
        instant=datetime.fromisoformat,
        links=calendar_links(parties.calendar_feed_url(supervisor, settings)),
        typed=typed,
        wrong=forms.reasons(refused),
        done=done,
    )
