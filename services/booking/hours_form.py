"""A supervisor's hours and rules as the fields of a form, and back again."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.booking.availability import AvailabilityWish, HoursWish
from services.events.catalogue import Form
from services.web import forms
from services.web.forms import Fields

ROW = ("weekday", "start", "end", "forms")
EVERY, ALONE = "", Form.individual.value
TOGETHER = ",".join(form.value for form in Form if form is not Form.individual)
FIGURES = (
    "buffer_before_minutes",
    "buffer_after_minutes",
    "minimum_notice_hours",
    "horizon_days",
    "slot_step_minutes",
    "daily_limit",
    "weekly_limit",
    "intake_minutes",
)
NEEDED = FIGURES[:5]
FIRST_DAY, LAST_DAY = 1, 7
MOST = 100
LENGTHS = {"45": 45, "60": 60}


def of_rules(rules: AvailabilityWish) -> Fields:
    figures = {name: getattr(rules, name) for name in FIGURES}
    fields = {name: "" if value is None else str(value) for name, value in figures.items()}
    return with_rows(fields | ({"holidays": "1"} if rules.holidays else {}), map(_row, rules.weekly))


def with_rows(fields: Mapping[str, str], rows: Iterable[Mapping[str, str]]) -> Fields:
    """These fields with these stretches of the week, numbered from 0."""
    others = {name: value for name, value in fields.items() if not name.startswith("weekly.")}
    return others | {f"weekly.{n}.{part}": row.get(part, "") for n, row in enumerate(rows) for part in ROW}


def rows(typed: Mapping[str, str]) -> list[dict[str, str]]:
    """The stretches in which a time was typed: the weekday alone says nothing."""
    return [row for row in forms.rows(typed, "weekly", ROW) if row["start"].strip() or row["end"].strip()]


def wish(typed: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, as the wish that it makes. An emptied figure that is needed is said to be missing."""
    needed = dict.fromkeys(NEEDED, "")
    figures: dict[str, Any] = needed | forms.filled_in(typed, FIGURES)
    weekly = [{**row, "forms": [form for form in row["forms"].split(",") if form] or None} for row in rows(typed)]
    length = figures.get("intake_minutes", "")
    figures |= {"intake_minutes": LENGTHS.get(length, length)}
    return figures | {"weekly": weekly, "holidays": "FI" if forms.TICKED in typed.get("holidays", "") else None}


def by_day(typed: Mapping[str, str]) -> dict[int, list[int]]:
    """The numbers of the stretches of each weekday."""
    days: dict[int, list[int]] = {day: [] for day in range(FIRST_DAY, LAST_DAY + 1)}
    weekdays = (typed.get(f"weekly.{number}.weekday") for number in range(MOST))
    for number, weekday in enumerate(weekdays):
        if weekday and weekday.isdecimal() and int(weekday) in days:
            days[int(weekday)].append(number)
    return days


def _row(hours: HoursWish) -> dict[str, str]:
    times = {"start": f"{hours.start:%H:%M}", "end": f"{hours.end:%H:%M}"}
    return {"weekday": str(hours.weekday), "forms": ",".join(hours.forms or []), **times}
