"""The settings of how a supervisor's first talks are booked on their own website (upotus)."""

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.models.people import Supervisor
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import DoneQuery, pages
from services.booking.presence import slugs
from services.booking.security import permissions
from services.booking.sessions import embedding
from services.booking.sessions.embedding import EmbeddingUpdate
from services.booking.settings import Settings
from services.core.database import Database
from services.web.errors.problems import Problem
from services.web.pages import forms, rendering
from services.web.pages.forms import Fields, Refused, Typed
from services.web.protocol import etags
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

EMBEDDING_PATH = "/tyo/asetukset/upotus"

router = APIRouter(prefix=EMBEDDING_PATH, route_class=TransactionalRoute, include_in_schema=False)


@router.get("")
def show_embedding(db: Db, visitor: LoggedInSupervisor, settings: Configured, done: DoneQuery = "") -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, visitor.party_id)
    return _page(db, visitor, settings, supervisor, _fields(supervisor), done=done)


@router.post("")
def submit_embedding(db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, typed: Typed) -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, visitor.party_id, lock=True)
    try:
        wanted = EmbeddingUpdate(sites=tuple(typed.get("sites", "").split()))
        embedding.change_sites(db, settings, supervisor, wanted, forms.version_field(typed), now)
    except (ValidationError, Problem) as refused:
        return _page(db, visitor, settings, supervisor, typed, refused)
    return redirect(EMBEDDING_PATH, tehty="tallennettu")


def _fields(supervisor: Supervisor) -> Fields:
    return {"sites": "\n".join(supervisor.embedding_sites)}


def _page(
    db: Database,
    visitor: Visitor,
    settings: Settings,
    supervisor: Supervisor,
    typed: Fields,
    refused: Refused | None = None,
    *,
    done: str = "",
) -> Response:
    """With the booking as other sites show it, in a frame of this page."""
    page = pages.show(
        "settings_embedding.html",
        forms.status_of(refused),
        visitor=visitor,
        home=settings.public_url,
        name=slugs.current_slug(db, supervisor.id),
        typed=typed,
        version=forms.version_seen(etags.etag(supervisor.version), typed, refused),
        done=done,
        wrong=_of_the_list(forms.reasons(refused)),
        overtaken=forms.outdated(refused, typed, _fields(supervisor)),
    )
    page.headers["Content-Security-Policy"] = f"{rendering.POLICY}; frame-src 'self'"
    return page


def _of_the_list(wrong: Fields) -> Fields:
    """Each site is a line of one field."""
    return {("sites" if field.startswith("sites.") else field): reason for field, reason in wrong.items()}
