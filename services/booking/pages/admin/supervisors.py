"""The admin's pages of all supervisors: the list, a new one, changing one, and ending one's access."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from sqlmodel import col, func, select
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.models.people import Supervisor
from services.booking.models.sessions import Session
from services.booking.pages.login import LoggedInAdmin, ProvedAdmin
from services.booking.pages.site import DoneQuery, PageQuery, SearchQuery, pages
from services.booking.pages.supervisor.processes import forms as process_forms
from services.booking.pages.supervisor.settings import profile
from services.booking.security import permissions
from services.booking.supervision import parties
from services.finnish.alphabet import alphabetical
from services.web.errors.problems import Problem
from services.web.pages import forms
from services.web.pages.forms import Fields, Refused, Typed
from services.web.protocol import etags
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

SUPERVISORS_PATH = "/yllapito/tyonohjaajat"

router = APIRouter(prefix=SUPERVISORS_PATH, route_class=TransactionalRoute, include_in_schema=False)

PAGE_SIZE = 50
REQUIRED_FIELDS = ("name", "email")


@router.get("")
def list_supervisors_as_admin(
    db: Db, visitor: LoggedInAdmin, search: SearchQuery = "", page: PageQuery = 1
) -> Response:
    query = select(Supervisor).order_by(alphabetical(Supervisor.name), col(Supervisor.id))
    for part in search.split():
        name, email = col(Supervisor.name), col(Supervisor.email)
        query = query.where(name.icontains(part, autoescape=True) | email.icontains(part, autoescape=True))
    found = db.scalars(query.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1)).all()
    place: dict[str, Any] = {"haku": search, "sivu": page, "here": SUPERVISORS_PATH, "has_more": len(found) > PAGE_SIZE}
    return pages.show("admin_supervisors.html", visitor=visitor, supervisors=found[:PAGE_SIZE], **place)


@router.get("/uusi")
def show_new_supervisor_form(visitor: LoggedInAdmin) -> Response:
    return _form(visitor, None, {"reminders.7": forms.TICKED, "reminders.1": forms.TICKED})


@router.post("/uusi")
def add_supervisor_as_admin(db: Db, now: Now, visitor: LoggedInAdmin, settings: Configured, typed: Typed) -> Response:
    try:
        wanted = parties.SupervisorCreate.model_validate(_wanted_values(typed))
        supervisor = parties.add_supervisor(db, settings.link_key, wanted, now)
    except (ValidationError, Problem) as refused:
        return _form(visitor, None, typed, refused)
    return redirect(f"{SUPERVISORS_PATH}/{supervisor.id}", tehty="lisatty")


@router.get("/{supervisor_id}")
def show_supervisor_as_admin(db: Db, visitor: LoggedInAdmin, supervisor_id: UUID, done: DoneQuery = "") -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, supervisor_id)
    return _form(visitor, supervisor, profile.profile_fields(supervisor), done=done)


@router.post("/{supervisor_id}")
def change_supervisor_as_admin(
    db: Db, now: Now, visitor: LoggedInAdmin, settings: Configured, supervisor_id: UUID, typed: Typed
) -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, supervisor_id, lock=True)
    try:
        wanted = parties.SupervisorUpdate.model_validate(_wanted_values(typed))
        match = forms.version_field(typed)
        parties.change_supervisor(db, settings, visitor.principal, supervisor, wanted, match, now)
    except (ValidationError, Problem) as refused:
        return _form(visitor, supervisor, typed, refused)
    return redirect(f"{SUPERVISORS_PATH}/{supervisor.id}", tehty="muutettu")


@router.get("/{supervisor_id}/poista-kaytosta")
def show_deactivation_page(db: Db, now: Now, visitor: ProvedAdmin, supervisor_id: UUID) -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, supervisor_id)
    ahead = select(func.count()).where(col(Session.supervisor_id) == supervisor.id, col(Session.status) == "booked")
    return pages.show(
        "admin_supervisor_deactivation.html",
        visitor=visitor,
        here=SUPERVISORS_PATH,
        supervisor=supervisor,
        ahead=db.scalars(ahead.where(col(Session.starts_at) > now)).one(),
    )


@router.post("/{supervisor_id}/poista-kaytosta")
def deactivate_supervisor_as_admin(db: Db, now: Now, visitor: ProvedAdmin, supervisor_id: UUID) -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, supervisor_id, lock=True)
    parties.deactivate_supervisor(db, supervisor, now)
    return redirect(f"{SUPERVISORS_PATH}/{supervisor.id}", tehty="poistettu")


@router.post("/{supervisor_id}/ota-kayttoon")
def activate_supervisor_as_admin(db: Db, now: Now, visitor: LoggedInAdmin, supervisor_id: UUID) -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, supervisor_id, lock=True)
    parties.activate_supervisor(db, supervisor, now)
    return redirect(f"{SUPERVISORS_PATH}/{supervisor.id}", tehty="palautettu")


def _wanted_values(typed: Fields) -> dict[str, Any]:
    return profile.profile_changes(typed, REQUIRED_FIELDS)


def _form(
    visitor: Visitor, supervisor: Supervisor | None, typed: Fields, refused: Refused | None = None, done: str = ""
) -> Response:
    return pages.show(
        "admin_supervisor.html",
        forms.status_of(refused),
        visitor=visitor,
        here=SUPERVISORS_PATH,
        supervisor=supervisor,
        typed=typed,
        days=process_forms.reminder_choices(typed),
        version=forms.version_seen(etags.etag(supervisor.version), typed, refused) if supervisor else "",
        done=done,
        wrong=forms.reasons(refused),
        overtaken=forms.outdated(refused, typed, profile.profile_fields(supervisor)) if supervisor else None,
    )
