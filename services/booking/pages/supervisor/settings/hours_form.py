"""A supervisor's hours and booking rules as the fields of a form, and back."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.booking.calendar.availability import AvailabilityCreate, WeeklyHoursCreate
from services.events.catalogue import Form
from services.web.pages import forms

ROW_FIELDS = ("weekday", "start", "end", "forms")
EVERY_FORM, INDIVIDUAL_FORM = "", Form.individual.value
GROUP_FORMS = ",".join(form.value for form in Form if form is not Form.individual)
NUMBER_FIELDS = (
    "buffer_before_minutes",
    "buffer_after_minutes",
    "minimum_notice_hours",
    "horizon_days",
    "slot_step_minutes",
    "daily_limit",
    "weekly_limit",
    "intake_minutes",
)
REQUIRED_FIELDS = NUMBER_FIELDS[:5]
FIRST_DAY, LAST_DAY = 1, 7
MAX_ROWS = 100
INTAKE_LENGTHS = {"45": 45, "60": 60}


def hours_fields(rules: AvailabilityCreate) -> forms.Fields:
    numbers = {name: getattr(rules, name) for name in NUMBER_FIELDS}
    fields = {name: "" if value is None else str(value) for name, value in numbers.items()}
    return with_hours_rows(fields | ({"holidays": "1"} if rules.holidays else {}), map(_row, rules.weekly))


def with_hours_rows(fields: Mapping[str, str], rows: Iterable[Mapping[str, str]]) -> forms.Fields:
    """The same fields with these rows of hours, numbered from 0."""
    others = {name: value for name, value in fields.items() if not name.startswith("weekly.")}
    return others | {f"weekly.{n}.{part}": row.get(part, "") for n, row in enumerate(rows) for part in ROW_FIELDS}


def hours_rows(typed: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows in which a time was typed; the weekday alone does not count."""
    return [row for row in forms.rows(typed, "weekly", ROW_FIELDS) if row["start"].strip() or row["end"].strip()]


def parse_hours(typed: Mapping[str, str]) -> dict[str, Any]:
    """The fields as the model wants them. A required number that was emptied is reported as missing."""
    needed = dict.fromkeys(REQUIRED_FIELDS, "")
    numbers: dict[str, Any] = needed | forms.filled_in(typed, NUMBER_FIELDS)
    weekly = [_as_hours(row) for row in hours_rows(typed)]
    length = numbers.get("intake_minutes", "")
    numbers |= {"intake_minutes": INTAKE_LENGTHS.get(length, length)}
    return numbers | {"weekly": weekly, "holidays": "FI" if forms.TICKED in typed.get("holidays", "") else None}


def _as_hours(row: Mapping[str, str]) -> dict[str, Any]:
    clocks = {name: forms.clock(row[name]) for name in ("start", "end")}
    return {**row, **clocks, "forms": [form for form in row["forms"].split(",") if form] or None}


def rows_by_weekday(typed: Mapping[str, str]) -> dict[int, list[int]]:
    """The numbers of the rows of each weekday."""
    days: dict[int, list[int]] = {day: [] for day in range(FIRST_DAY, LAST_DAY + 1)}
    weekdays = (typed.get(f"weekly.{number}.weekday") for number in range(MAX_ROWS))
    for number, weekday in enumerate(weekdays):
        if weekday and weekday.isdecimal() and int(weekday) in days:
            days[int(weekday)].append(number)
    return days


def _row(hours: WeeklyHoursCreate) -> dict[str, str]:
    times = {"start": f"{hours.start:%H:%M}", "end": f"{hours.end:%H:%M}"}
    return {"weekday": str(hours.weekday), "forms": ",".join(hours.forms or []), **times}
