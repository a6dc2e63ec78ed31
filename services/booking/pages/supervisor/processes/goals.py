"""The supervisor's form of goals: five described levels each, with hints that make them easier to rate."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from services.booking.dependencies import Configured
from services.booking.evaluation import goal_hints, goals, round_jobs
from services.booking.evaluation.goals import LEVEL_IDS, MAX_GOALS, EarlierGoals, GoalCreate, GoalsCreate
from services.booking.models.evaluation import Goal, GoalWording
from services.booking.models.people import Process
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import DoneQuery, pages
from services.booking.security import audit, permissions
from services.booking.supervision import benefits
from services.core.database import Database
from services.finnish import formatting
from services.web.errors.problems import Problem
from services.web.i18n.translation import word
from services.web.pages import forms
from services.web.pages.forms import Fields, Refused, Typed
from services.web.protocol import etags
from services.web.protocol.fields import OF_FORM
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, ReadingRoute, TransactionalRoute

PREFIX = "/tyo/prosessit/{process_id}/tavoitteet"

router = APIRouter(prefix=PREFIX, route_class=TransactionalRoute, include_in_schema=False)
drafts = APIRouter(prefix=PREFIX, route_class=ReadingRoute, include_in_schema=False)

PREVIEW, COPIED = "esikatsele", "malli"
LEVEL_FIELDS = {level: f"taso{number}" for number, level in enumerate(LEVEL_IDS)}
"""Field names hold no signs: ``taso0`` is −2, ``taso4`` is +2."""

TEXT_FIELDS = ("title", *LEVEL_FIELDS.values())
GOAL_FIELDS = ("id", *TEXT_FIELDS, "benefit", "importance", "baseline")
DEFAULT_ROW = {"importance": "1", "baseline": "-1"}
GOALS_ADAPTER: TypeAdapter[list[GoalCreate]] = TypeAdapter(GoalsCreate)

Rows = Sequence[Mapping[str, str]]


@router.get("")
def show_goals_form(db: Db, visitor: LoggedInSupervisor, process_id: UUID, done: DoneQuery = "") -> Response:
    process = permissions.find_process(db, visitor.principal, process_id)
    standing = goals.load_goals(db, process.id)
    rows = [_as_row(*worded) for worded in standing.current]
    return _page(db, visitor, process, rows, is_advised=bool(done), done=done)


@drafts.post("/luonnos")
def show_goals_draft(db: Db, visitor: LoggedInSupervisor, process_id: UUID, typed: Typed) -> Response:
    """The same form again, nothing saved yet: with hints, with one goal more, or with one less."""
    process = permissions.find_process(db, visitor.principal, process_id)
    rows = [*_filled_rows(forms.without_row(typed, "goals")), *([DEFAULT_ROW] if forms.MORE in typed else [])]
    rows += _copied_rows(goals.list_earlier_goals(db, process), typed.get(COPIED, ""))
    return _page(db, visitor, process, rows, typed, is_advised=PREVIEW in typed)


def _copied_rows(earlier: Sequence[EarlierGoals], chosen: str) -> list[dict[str, str]]:
    """One earlier goal, or all of a process, as new ones."""
    return [
        _as_row(None, wording)
        for process, wordings in earlier
        for wording in wordings
        if chosen in (str(wording.goal_id), str(process.id))
    ]


@router.get("/luonnos")
def redirect_to_goals(visitor: LoggedInSupervisor, process_id: UUID) -> Response:
    return redirect(f"/tyo/prosessit/{process_id}/tavoitteet")


@router.post("")
def submit_goals(
    db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, process_id: UUID, typed: Typed
) -> Response:
    process, rows = permissions.find_process(db, visitor.principal, process_id, lock=True), _filled_rows(typed)
    try:
        wanted = GOALS_ADAPTER.validate_python([_goal_of_row(row) for row in rows], context=OF_FORM)
        goals.agree_goals(db, process, wanted, forms.version_field(typed), now)
    except (ValidationError, Problem) as refused:
        return _page(db, visitor, process, rows, typed, refused)
    round_jobs.open_due_round(db, settings.link_key, process, now)
    audit.note(db, now, "goals.agreed", f"process/{process.id}")
    return redirect(f"/tyo/prosessit/{process.id}/tavoitteet", tehty="tallennettu")


def _filled_rows(typed: Fields) -> list[dict[str, str]]:
    """The rows in which something is written; an emptied goal is dropped."""
    return [row for row in forms.rows(typed, "goals", GOAL_FIELDS) if any(row[field].strip() for field in TEXT_FIELDS)]


def _as_row(goal: Goal | None, wording: GoalWording) -> dict[str, str]:
    levels = dict(zip(LEVEL_FIELDS.values(), wording.levels, strict=True))
    figures = {"importance": str(wording.importance), "baseline": str(wording.baseline)}
    return {
        "id": str(goal.id) if goal else "",
        "title": wording.title,
        "benefit": wording.benefit or "",
        **levels,
        **figures,
    }


def _goal_of_row(row: Mapping[str, str]) -> dict[str, Any]:
    """The baseline is a literal of two numbers, which is not parsed from text."""
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
    standing, rows = goals.load_goals(db, process.id), rows[:MAX_GOALS] or [DEFAULT_ROW]
    typed = _fields(rows)
    return pages.show(
        "goals.html",
        forms.status_of(refused),
        visitor=visitor,
        process=process,
        standing=standing,
        version=forms.version_seen(etags.etag(standing.version), sent or {}, refused),
        count=len(rows),
        most=MAX_GOALS,
        typed=typed,
        wrong={_field(name): reason for name, reason in forms.reasons(refused).items()},
        overtaken=forms.outdated(refused, typed, _fields([_as_row(*worded) for worded in standing.current])),
        advice=[_advice(row) for row in rows] if is_advised else [[]] * len(rows),
        advice_of_all=goal_hints.hints_for_all_goals([_described(row) for row in rows]) if is_advised else [],
        level_fields=LEVEL_FIELDS,
        benefits=benefits.offered_benefits(process.form),
        labels=benefits.BENEFITS,
        earlier=goals.list_earlier_goals(db, process),
        done=done,
    )


def _fields(rows: Rows) -> Fields:
    return {f"goals.{number}.{field}": row.get(field, "") for number, row in enumerate(rows) for field in GOAL_FIELDS}


def _field(name: str) -> str:
    """Errors name goals by number as the API does; here by the fields of the form."""
    number, _, rest = name.partition(".")
    if not number.isdecimal():
        return ""
    level = rest.removeprefix("levels.")
    return f"goals.{number}.{LEVEL_FIELDS.get(level, rest)}"  # type: ignore[call-overload]


def _described(row: Mapping[str, str]) -> goal_hints.DescribedGoal:
    levels = {int(level): row.get(field, "").strip() for level, field in LEVEL_FIELDS.items()}
    return goal_hints.DescribedGoal(row.get("title", "").strip(), levels)


def _advice(row: Mapping[str, str]) -> list[str]:
    """Which levels are still to be described; once all are, hints on their wording."""
    goal = _described(row)
    missing = [goal_hints.LEVEL_NAMES[level] for level, words in goal.levels.items() if not words]
    if missing:
        return [word("Kuvaa vielä tasot: %(levels)s.") % {"levels": formatting.listed(missing)}]
    return goal_hints.hints_for_goal(goal)
