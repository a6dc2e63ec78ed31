"""The audit trail as pages show it: newest first, with ids told as names and codes for as long as these are known."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlmodel import SQLModel, col, select
from starlette.responses import Response

from services.core.addresses import ADMIN_PAGES, OWN_TRAILS
from services.core.database import Database
from services.finnish.workdays import HELSINKI, at_wall_clock
from services.web.pages import audit_labels
from services.web.pages.rendering import Pages
from services.web.security.visitors import Visitor
from services.web.transactions import Db, TransactionalRoute

ON_A_PAGE = 50
ALL_TRAILS = {service: f"{page}/loki" for service, page in ADMIN_PAGES.items()}

Names = Callable[[Database, set[str]], Mapping[str, str]]
"""What the references of a service are called; what it does not know is left out."""

Subjects = Callable[[Database, str], Sequence[str]]
"""The subjects that a code such as TO-2026-001 stands for."""


@dataclass(frozen=True)
class Source:
    """Where a service's trail rests, and how it is told."""

    service: str
    entry: type[SQLModel]
    names: Names
    subjects: Subjects
    labels: Mapping[str, str]


@dataclass(frozen=True)
class AuditFilter:
    """What the reader looks for; empty means everything."""

    who: str
    subject: str
    first: date | None
    last: date | None
    before: int | None

    def address(self, **changes: object) -> str:
        asked = {"kuka": self.who, "kohde": self.subject, "alku": self.first, "loppu": self.last} | changes
        return "?" + urlencode({name: value for name, value in asked.items() if value})


def ids(references: Iterable[str], kind: str) -> list[UUID]:
    """The ids of those references that are to this kind of thing."""
    return [UUID(id_) for name, _, id_ in (one.partition("/") for one in references) if name == kind and is_id(id_)]


def supervisor_names(db: Database, table: Any, references: Iterable[str]) -> dict[str, str]:
    """The names of supervisors, as services keep them from events."""
    known = col(table.supervisor_id).in_(ids(references, "supervisor"))
    rows = db.execute(select(table.supervisor_id, table.full_name).where(known))
    return {f"supervisor/{id_}": name for id_, name in rows}


def is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


async def _filter(
    kuka: Annotated[str, Query(max_length=100)] = "",
    kohde: Annotated[str, Query(max_length=100)] = "",
    alku: Annotated[str, Query(max_length=20)] = "",
    loppu: Annotated[str, Query(max_length=20)] = "",
    ennen: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> AuditFilter:
    return AuditFilter(kuka.strip(), kohde.strip(), _day(alku), _day(loppu), ennen)


AuditQuery = Annotated[AuditFilter, Depends(_filter)]


@dataclass(frozen=True)
class AuditLine:
    """One entry in words, with the references by which others like it are found."""

    at: datetime
    who: str
    actor: str
    by_program: bool
    deed: str
    what: str
    subject: str


@dataclass(frozen=True)
class AuditPage:
    lines: list[AuditLine]
    older: int | None


def audit_router(source: Source, pages: Pages, administering: Any, supervising: Any) -> APIRouter:
    """The trail's pages of a service: all of it for the admin, that of their own practice for a supervisor.

    The last two are the dependencies that let only these in.
    """
    trail = APIRouter(route_class=TransactionalRoute, include_in_schema=False)

    def page(
        db: Database, visitor: Visitor, asked: AuditFilter, paths: Mapping[str, str], practice_id: UUID | None
    ) -> Response:
        found = _look(db, source, asked, practice_id)
        named = source.names(db, {asked.who}).get(asked.who)
        here = source.service
        return pages.show("trail.html", visitor=visitor, here=here, paths=paths, asked=asked, found=found, named=named)

    @trail.get(ALL_TRAILS[source.service])
    def show_all(db: Db, visitor: Annotated[Visitor, administering], asked: AuditQuery) -> Response:
        return page(db, visitor, asked, ALL_TRAILS, None)

    @trail.get(OWN_TRAILS[source.service])
    def show_own(db: Db, visitor: Annotated[Visitor, supervising], asked: AuditQuery) -> Response:
        return page(db, visitor, asked, OWN_TRAILS, visitor.party_id)

    return trail


def _look(db: Database, source: Source, asked: AuditFilter, practice_id: UUID | None) -> AuditPage:
    entry: Any = source.entry
    query = select(entry)
    if practice_id:
        query = query.where(entry.practice_id == practice_id)
    for condition in _conditions(db, entry, asked, source.subjects):
        query = query.where(condition)
    rows = db.scalars(query.order_by(col(entry.id).desc()).limit(ON_A_PAGE + 1)).all()
    shown = rows[:ON_A_PAGE]
    known = source.names(db, {reference for row in shown for reference in (row.actor, row.subject)})
    older = shown[-1].id if len(rows) > len(shown) else None
    return AuditPage([_line(row, known, source.labels) for row in shown], older)


def _conditions(db: Database, entry: Any, asked: AuditFilter, subjects: Subjects) -> list[Any]:
    conditions = []
    if asked.who:
        one = "/" in asked.who or asked.who == "admin"
        conditions.append(entry.actor == asked.who if one else col(entry.actor).startswith(f"{asked.who}/"))
    if asked.subject:
        is_reference = "/" in asked.subject
        wanted = [asked.subject] if is_reference else subjects(db, asked.subject.upper())
        conditions.append(col(entry.subject).in_(wanted))
    if asked.first:
        conditions.append(entry.at >= at_wall_clock(asked.first, time.min, HELSINKI))
    if asked.last:
        conditions.append(entry.at < at_wall_clock(asked.last + timedelta(days=1), time.min, HELSINKI))
    if asked.before:
        conditions.append(entry.id < asked.before)
    return conditions


def _line(row: Any, known: Mapping[str, str], labels: Mapping[str, str]) -> AuditLine:
    def called(reference: str) -> str:
        return known.get(reference) or audit_labels.subject_label(reference)

    by_program = bool(row.via) and not row.via.startswith("browser-")
    action = audit_labels.action_label(row.action, labels)
    return AuditLine(row.at, called(row.actor), row.actor, by_program, action, called(row.subject), row.subject)
