"""Writing goals down: five described levels each, with quiet advice on how to make them easier to rate."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from services import finnish
from services.booking import access, audit, benefits, goal_hints, goals, rounds_due
from services.booking.goal_hints import Described
from services.booking.goals import LEVELS, MOST, GoalWish, GoalWishes, Worded
from services.booking.models import Process
from services.booking.pages import pages
from services.booking.parties_api import Configured
from services.booking.visiting import Supervising
from services.database import Database
from services.web import etags, forms
from services.web.forms import Fields, Refused, Typed
from services.web.problems import Problem
from services.web.transactions import Db, Now, ReadingRoute, TransactionalRoute
from services.web.translation import word
from services.web.visitors import Visitor, redirect

PREFIX = "/tyo/prosessit/{process_id}/tavoitteet"

router = APIRouter(prefix=PREFIX, route_class=TransactionalRoute, include_in_schema=False)
drafts = APIRouter(prefix=PREFIX, route_class=ReadingRoute, include_in_schema=False)

PREVIEW = "esikatsele"
LEVEL_FIELDS = {level: f"taso{number}" for number, level in enumerate(LEVELS)}
"""A level's sign is no good name for a field: ``taso0`` is −2, ``taso4`` is +2."""

WRITTEN = ("title", *LEVEL_FIELDS.values())
FIELDS = ("id", *WRITTEN, "benefit", "importance", "baseline")
USUAL = {"importance": "1", "baseline": "-1"}
WISHES: TypeAdapter[list[GoalWish]] = TypeAdapter(GoalWishes)

Rows = Sequence[Mapping[str, str]]


@router.get("")
def show(db: Db, visitor: Supervising, process_id: UUID, tehty: str = "") -> Response:
    process = access.process(db, visitor.principal, process_id)
    standing = goals.standing(db, process.id)
    rows = [_as_row(worded) for worded in standing.current]
    return _page(db, visitor, process, rows, is_advised=bool(tehty), done=tehty)


@drafts.post("/luonnos")
def show_draft(db: Db, visitor: Supervising, process_id: UUID, typed: Typed) -> Response:
    """The same again, not saved yet: with advice, with a goal more, or with one less."""
    process = access.process(db, visitor.principal, process_id)
    rows = [*_written(forms.without_row(typed, "goals")), *([USUAL] if forms.MORE in typed else [])]
    return _page(db, visitor, process, rows, typed, is_advised=PREVIEW in typed)


@router.get("/luonnos")
def lead_back(visitor: Supervising, process_id: UUID) -> Response:
    return redirect(f"/tyo/prosessit/{process_id}/tavoitteet")


@router.post("")
def agree(db: Db, now: Now, visitor: Supervising, settings: Configured, process_id: UUID, typed: Typed) -> Response:
    process, rows = access.process(db, visitor.principal, process_id, lock=True), _written(typed)
    try:
        wishes = WISHES.validate_python([_wish(row) for row in rows])
        goals.agree(db, process, wishes, forms.seen_version(typed), now)
    except (ValidationError, Problem) as refused:
        return _page(db, visitor, process, rows, typed, refused)
    rounds_due.open_what_is_due(db, settings.link_key, process, now)
    audit.note(db, now, visitor.principal.credential, "goals.agreed", f"process/{process.id}")
    return redirect(f"/tyo/prosessit/{process.id}/tavoitteet", tehty="tallennettu")


def _written(typed: Fields) -> list[dict[str, str]]:
    """The goals of which anything has been written; one that was emptied is given up."""
    return [row for row in forms.rows(typed, "goals", FIELDS) if any(row[field].strip() for field in WRITTEN)]


def _as_row(worded: Worded) -> dict[str, str]:
    goal, wording = worded
    levels = dict(zip(LEVEL_FIELDS.values(), wording.levels, strict=True))
    figures = {"importance": str(wording.importance), "baseline": str(wording.baseline)}
    return {"id": str(goal.id), "title": wording.title, "benefit": wording.benefit or "", **levels, **figures}


def _wish(row: Mapping[str, str]) -> dict[str, Any]:
    """Numbers are read as such: which of two values a baseline has is no question of spelling."""
    levels = {level: row[field] for level, field in LEVEL_FIELDS.items() if row[field].strip()}
    named = {field: row[field] for field in ("id", "title", "benefit", "importance") if row[field].strip()}
    baseline = {"-1": -1, "-2": -2}.get(row["baseline"], row["baseline"])
    return {**named, "levels": levels, "baseline": baseline}


def _page(
    db: Database,
    visitor: Visitor,
    process: Process,
    rows: Rows,
    sent: Mapping[str, str] | None = None,
    refused: Refused | None = None,
    *,
    is_advised: bool = False,
    done: str = "",
) -> Response:
    standing, rows = goals.standing(db, process.id), rows[:MOST] or [USUAL]
    typed = _fields(rows)
    return pages.show(
        "goals.html",
        forms.status_of(refused),
        visitor=visitor,
        process=process,
        standing=standing,
        version=forms.version_seen(etags.tag(standing.version), sent or {}, refused),
        count=len(rows),
        most=MOST,
        typed=typed,
        wrong=_by_field(forms.reasons(refused)),
        overtaken=forms.overtaken(refused, typed, _fields([_as_row(worded) for worded in standing.current])),
        advice=[_advice(row) for row in rows] if is_advised else [[]] * len(rows),
        advice_of_all=goal_hints.hints_of_all([_described(row) for row in rows]) if is_advised else [],
        level_fields=LEVEL_FIELDS,
        benefits=benefits.offered(process.form),
        labels=benefits.BENEFITS,
        done=done,
    )


def _fields(rows: Rows) -> Fields:
    return {f"goals.{number}.{field}": row.get(field, "") for number, row in enumerate(rows) for field in FIELDS}


def _by_field(wrong: Mapping[str, str]) -> dict[str, str]:
    """The API numbers its goals; the form's fields are named after them, but for the levels."""
    return {_field(name): reason for name, reason in wrong.items()}


def _field(name: str) -> str:
    number, _, rest = name.partition(".")
    if not number.isdecimal():
        return ""
    level = rest.removeprefix("levels.")
    return f"goals.{number}.{LEVEL_FIELDS.get(level, rest)}"  # type: ignore[call-overload]


# -- advice -----------------------------------------------------------------------------------------------


def _described(row: Mapping[str, str]) -> Described:
    levels = {int(level): row.get(field, "").strip() for level, field in LEVEL_FIELDS.items()}
    return Described(row.get("title", "").strip(), levels)


def _advice(row: Mapping[str, str]) -> list[str]:
    """Hints make sense once there is something to be read; until then, what is still to be written."""
    goal = _described(row)
    missing = [goal_hints.LEVEL_NAMES[level] for level, words in goal.levels.items() if not words]
    if missing:
        return [word("Kuvaa vielä tasot: %(levels)s.") % {"levels": finnish.listed(missing)}]
    return goal_hints.hints(goal)
