"""The page where supervisors write what their own public page says (esittelysivu)."""

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.models.people import Supervisor
from services.booking.models.practice import PublicPage
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import DoneQuery, pages
from services.booking.presence import public_pages, slugs
from services.booking.presence.public_pages import PublicPageUpdate
from services.booking.security import permissions
from services.core.database import Database
from services.web.errors.problems import Problem
from services.web.errors.validation import invalid
from services.web.pages import forms
from services.web.pages.forms import Fields, Refused, Typed, TypedFile
from services.web.protocol import etags
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

PATH = "/tyo/asetukset/esittely"

router = APIRouter(prefix=PATH, route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show_public_page_form(db: Db, visitor: LoggedInSupervisor, settings: Configured, done: DoneQuery = "") -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, visitor.party_id)
    return _page(db, visitor, settings.public_url, supervisor, done=done)


@router.post("")
def submit_public_page(db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, typed: Typed) -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, visitor.party_id, lock=True)
    try:
        words = typed.get("introduction", "").strip() or None
        wanted = PublicPageUpdate.model_validate({"slug": typed.get("slug", ""), "introduction": words})
        public_pages.change_page(db, supervisor, wanted, forms.version_field(typed), now)
    except slugs.SlugTaken as taken:
        refused = invalid("slug", taken.finnish, "It is taken.")
        return _page(db, visitor, settings.public_url, supervisor, typed, refused)
    except (ValidationError, Problem) as refused:
        return _page(db, visitor, settings.public_url, supervisor, typed, refused)
    return redirect(PATH, tehty="tallennettu")


@router.post("/kuva")
def submit_photo(db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, file: TypedFile) -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, visitor.party_id, lock=True)
    try:
        public_pages.change_photo(db, supervisor, file, now)
    except Problem as refused:
        return _page(db, visitor, settings.public_url, supervisor, refused=refused)
    return redirect(PATH, tehty="kuva")


@router.post("/kuva/poista")
def remove_photo(db: Db, now: Now, visitor: LoggedInSupervisor) -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, visitor.party_id, lock=True)
    public_pages.change_photo(db, supervisor, None, now)
    return redirect(PATH, tehty="kuva-poistettu")


def _fields(page: PublicPage, slug: str) -> Fields:
    return {"slug": slug, "introduction": page.introduction or ""}


def _page(
    db: Database,
    visitor: Visitor,
    home: str,
    supervisor: Supervisor,
    typed: Fields | None = None,
    refused: Refused | None = None,
    done: str = "",
) -> Response:
    page, slug = public_pages.page_of(db, supervisor.id), slugs.current_slug(db, supervisor.id)
    saved = _fields(page, slug or slugs.slug_of_name(supervisor.name))
    typed = typed or saved
    return pages.show(
        "settings_public_page.html",
        forms.status_of(refused),
        visitor=visitor,
        here=PATH,
        home=home,
        slug=slug,
        page=page,
        typed=typed,
        version=forms.version_seen(etags.etag(page.version), typed, refused),
        done=done,
        wrong=forms.reasons(refused),
        overtaken=forms.outdated(refused, typed, saved),
    )
