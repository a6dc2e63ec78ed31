"""Who a supervisor is, as the fields of a form: on their own page, and on the admin's."""

from collections.abc import Mapping
from typing import Any

from services.booking.models import Supervisor
from services.web import forms
from services.web.forms import Fields

OWN = ("name", "title", "phone", "location", "signature")
REMINDERS = (14, 7, 3, 2, 1)


def of_supervisor(supervisor: Supervisor) -> Fields:
    fields = {name: getattr(supervisor, name) or "" for name in (*OWN, "email")}
    return fields | {f"reminders.{days}": forms.TICKED for days in supervisor.reminder_days}


def wish(typed: Mapping[str, str], needed: tuple[str, ...] = ("name",)) -> dict[str, Any]:
    """What was emptied is to be empty; what is needed is said to be missing then."""
    said = {name: typed.get(name, "").strip() or None for name in OWN if name not in needed}
    return said | {name: typed.get(name, "") for name in needed} | {"reminders": {"days_before": reminders(typed)}}


def reminders(typed: Mapping[str, str]) -> list[str]:
    return forms.ticked(typed, "reminders")


def choices(typed: Mapping[str, str]) -> list[int]:
    """The days to choose from; what was chosen once is offered again, also where it is not usual."""
    chosen = {int(one) for one in reminders(typed) if one.isdecimal() and len(one) <= 2}
    return sorted({*REMINDERS, *chosen}, reverse=True)
