"""The page of a supervisor's own details, signature and usual reminders (omat tiedot ja viestit)."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.models.people import Supervisor
from services.booking.pages.login import LoggedInSupervisor, ProvedSupervisor
from services.booking.pages.site import DoneQuery, pages
from services.booking.pages.supervisor.processes import forms as process_forms
from services.booking.security import permissions
from services.booking.supervision import addresses, parties
from services.web.errors.problems import Problem
from services.web.pages import forms
from services.web.pages.forms import Fields, Refused, Typed
from services.web.protocol import etags
from services.web.security.rate_limits import Count
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/tyo/asetukset/omat-tiedot", route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show_profile(db: Db, visitor: LoggedInSupervisor, done: DoneQuery = "") -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, visitor.party_id)
    return _page(visitor, supervisor, profile_fields(supervisor), done=done)


@router.post("")
def submit_profile(db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, typed: Typed) -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, visitor.party_id, lock=True)
    try:
        wanted = parties.SupervisorUpdate.model_validate(profile_changes(typed))
        match = forms.version_field(typed)
        parties.change_supervisor(db, settings, visitor.principal, supervisor, wanted, match, now)
    except (ValidationError, Problem) as refused:
        return _page(visitor, supervisor, typed, refused)
    return redirect("/tyo/asetukset/omat-tiedot", tehty="tallennettu")


@router.post("/osoite")
def state_own_address(
    db: Db, now: Now, visitor: ProvedSupervisor, settings: Configured, count: Count, typed: Typed
) -> Response:
    """The address changes when the button in the letter to it is pressed; letters to log in go there from then on."""
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, visitor.party_id, lock=True)
    count("changes", supervisor.id)
    try:
        email = addresses.NewAddress.model_validate(forms.filled_in(typed, ("email",))).email
        addresses.ensure_is_another(supervisor, email)
        addresses.state_address(db, settings, supervisor, email, now)
    except (ValidationError, Problem) as refused:
        return _page(visitor, supervisor, profile_fields(supervisor), refused, new_address=typed)
    return redirect("/tyo/asetukset/omat-tiedot", tehty="osoite")


def _page(
    visitor: Visitor,
    supervisor: Supervisor,
    typed: Fields,
    refused: Refused | None = None,
    *,
    new_address: Fields | None = None,
    done: str = "",
) -> Response:
    return pages.show(
        "settings_profile.html",
        forms.status_of(refused),
        visitor=visitor,
        supervisor=supervisor,
        typed=typed,
        days=process_forms.reminder_choices(typed),
        version=forms.version_seen(etags.etag(supervisor.version), typed, refused),
        new_address=new_address or {},
        done=done,
        wrong=forms.reasons(refused),
        overtaken=forms.outdated(refused, typed, profile_fields(supervisor)),
    )


PROFILE_FIELDS = ("name", "title", "phone", "location", "signature")


def profile_fields(supervisor: Supervisor) -> Fields:
    fields = {name: getattr(supervisor, name) or "" for name in (*PROFILE_FIELDS, "email")}
    return fields | {f"reminders.{days}": forms.TICKED for days in supervisor.reminder_days}


def profile_changes(typed: Mapping[str, str], needed: tuple[str, ...] = ("name",)) -> dict[str, Any]:
    """An emptied field is sent as empty; a required one is reported as missing."""
    optional = {name: typed.get(name, "").strip() or None for name in PROFILE_FIELDS if name not in needed}
    required = {name: typed.get(name, "") for name in needed}
    return optional | required | {"reminders": {"days_before": forms.ticked(typed, "reminders")}}
