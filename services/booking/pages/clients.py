"""What the pages of clients (tilaajat) have in common: the list, a new one, and changing one."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.models.people import Client
from services.booking.pages.site import PageQuery, SearchQuery, pages
from services.booking.security import permissions
from services.booking.supervision import client_list, parties
from services.booking.supervision.parties import ClientCreate, ClientUpdate
from services.web.errors.problems import Problem
from services.web.pages import forms
from services.web.pages.forms import Fields, Refused, Typed
from services.web.protocol import etags
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

CONTACT_FIELDS = ("first_name", "last_name", "email")
DEFAULT_CLIENT_FIELDS = {"kind": "organisation", "payer_type": "business"}


def clients_router(base: str, logged_in: Any) -> APIRouter:
    """The pages at this address, for whom the dependency lets in. The page of one client is each role's own."""
    router = APIRouter(prefix=base, route_class=TransactionalRoute, include_in_schema=False)
    visiting = Annotated[Visitor, logged_in]

    @router.get("")
    def list_clients(db: Db, visitor: visiting, search: SearchQuery = "", page: PageQuery = 1) -> Response:
        leaf = client_list.list_clients_with_counts(db, visitor.principal, search, page)
        return pages.show("client_list.html", visitor=visitor, base=base, leaf=leaf, haku=search, sivu=page)

    @router.get("/uusi")
    def show_new_client_form(visitor: visiting) -> Response:
        return _form(base, visitor, None, DEFAULT_CLIENT_FIELDS)

    @router.post("/uusi")
    def submit_new_client(db: Db, now: Now, visitor: visiting, typed: Typed) -> Response:
        try:
            wanted = ClientCreate.model_validate(forms.nested(typed, ClientCreate.model_fields))
            client = parties.add_client(db, wanted, visitor.principal.party_id, now)
        except (ValidationError, Problem) as refused:
            return _form(base, visitor, None, typed, refused)
        return redirect(f"{base}/{client.id}", tehty="lisatty")

    @router.get("/{client_id}/muuta")
    def show_client_form(db: Db, visitor: visiting, client_id: UUID) -> Response:
        client = permissions.find_client(db, visitor.principal, client_id)
        return _form(base, visitor, client, _client_fields(client))

    @router.post("/{client_id}/muuta")
    def submit_client(
        db: Db, now: Now, visitor: visiting, settings: Configured, client_id: UUID, typed: Typed
    ) -> Response:
        client = permissions.find_client(db, visitor.principal, client_id, lock=True)
        try:
            wanted = ClientUpdate.model_validate(_client_changes(typed))
            match = forms.version_field(typed)
            parties.change_client(db, settings, visitor.principal, client, wanted, match, now)
        except (ValidationError, Problem) as refused:
            return _form(base, visitor, client, typed, refused)
        return redirect(f"{base}/{client.id}", tehty="muutettu")

    return router


def _client_changes(typed: Fields) -> dict[str, Any]:
    """An emptied field is sent as empty: only the business id may be, so the others are refused."""
    empty: dict[str, Any] = {"name": "", "contact": {}, "business_id": None}
    return empty | forms.nested(typed, ClientUpdate.model_fields)


def _client_fields(client: Client) -> Fields:
    contact = {f"contact.{field}": getattr(client, field) for field in CONTACT_FIELDS}
    fields = {"name": client.name, "business_id": client.business_id or "", "payer_type": client.payer_type}
    return fields | contact


def _form(
    base: str, visitor: Visitor, client: Client | None, typed: Fields, refused: Refused | None = None
) -> Response:
    return pages.show(
        "client_form.html",
        forms.status_of(refused),
        visitor=visitor,
        client=client,
        base=base,
        version=forms.version_seen(etags.etag(client.version), typed, refused) if client else "",
        typed=typed,
        wrong=forms.reasons(refused),
        overtaken=forms.outdated(refused, typed, _client_fields(client)) if client else None,
    )
