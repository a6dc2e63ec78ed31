"""The audit trail of reporting: all of it for the admin, that of their own practice for a supervisor."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.database import Database
from services.reporting.models import AuditEntry
from services.reporting.pages import pages
from services.reporting.trail_names import names, subjects
from services.web.tokens import Role
from services.web.trail_pages import Asked, Question, look
from services.web.transactions import Db, TransactionalRoute
from services.web.visiting import visiting
from services.web.visitors import Visitor

router = APIRouter(route_class=TransactionalRoute, include_in_schema=False)

Administering = Annotated[Visitor, visiting("raportit", Role.admin)]
Supervising = Annotated[Visitor, visiting("raportit", Role.supervisor)]


@router.get("/yllapito/loki")
def show_all(db: Db, visitor: Administering, asked: Question) -> Response:
    return _page(db, visitor, asked, None)


@router.get("/tyo/asetukset/loki")
def show_own(db: Db, visitor: Supervising, asked: Question) -> Response:
    return _page(db, visitor, asked, visitor.party_id)


def _page(db: Database, visitor: Visitor, asked: Asked, practice_id: UUID | None) -> Response:
    found = look(db, AuditEntry, asked, names, subjects, practice_id)
    named = names(db, {asked.who}).get(asked.who)
    return pages.show("trail.html", visitor=visitor, here="reporting", asked=asked, found=found, named=named)
