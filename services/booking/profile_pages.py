"""The page on which a supervisor says who they are and how letters are signed (omat tiedot ja viestit)."""

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking import access, parties, profile_form
from services.booking.models import Supervisor
from services.booking.pages import pages
from services.booking.parties import SupervisorChange
from services.booking.visiting import Supervising
from services.web import etags, forms
from services.web.forms import Fields, Refused, Typed
from services.web.problems import Problem
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.visitors import Visitor, redirect

router = APIRouter(prefix="/tyo/asetukset/omat-tiedot", route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show(db: Db, visitor: Supervising, tehty: str = "") -> Response:
    supervisor = access.practice(db, visitor.principal, visitor.party_id)
    return _page(visitor, supervisor, profile_form.of_supervisor(supervisor), is_saved=bool(tehty))


@router.post("")
def save(db: Db, now: Now, visitor: Supervising, typed: Typed) -> Response:
    supervisor = access.practice(db, visitor.principal, visitor.party_id, lock=True)
    try:
        wish = SupervisorChange.model_validate(profile_form.wish(typed))
        parties.change_supervisor(db, supervisor, wish, forms.seen_version(typed), now)
    except (ValidationError, Problem) as refused:
        return _page(visitor, supervisor, typed, refused)
    return redirect("/tyo/asetukset/omat-tiedot", tehty="tallennettu")


def _page(
    visitor: Visitor, supervisor: Supervisor, typed: Fields, refused: Refused | None = None, *, is_saved: bool = False
) -> Response:
    return pages.show(
        "settings_profile.html",
        forms.status_of(refused),
        visitor=visitor,
        supervisor=supervisor,
        typed=typed,
        days=profile_form.choices(typed),
        version=forms.version_seen(etags.tag(supervisor.version), typed, refused),
        is_saved=is_saved,
        wrong=forms.reasons(refused),
        overtaken=forms.overtaken(refused, typed, profile_form.of_supervisor(supervisor)),
    )
