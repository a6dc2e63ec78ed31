"""Between the fields of the process forms and the wishes that they make."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.booking import benefits, supervision
from services.booking.models import Participant, Process
from services.booking.participants import NUMBERS
from services.events.catalogue import Form
from services.web.forms import Fields, nested, rows, ticked

PERSON = ("first_name", "last_name", "email", "employer")
USUAL_REMINDERS = (14, 7, 3, 2, 1)
ROWS_AT_FIRST = 3


def usual(form: Form, reminder_days: Sequence[int]) -> Fields:
    """What a new process begins with, unless its supervisor says otherwise."""
    return {
        "client.kind": "organisation",
        "client.payer_type": "business",
        "planned_sessions": "10",
        "session_minutes": str(supervision.LENGTHS[form][0 if form is not Form.individual else 1]),
        "cancellation_policy.free_until_hours": str(supervision.FREE_UNTIL_HOURS[form]),
        "cancellation_policy.late_fee_percent": "100",
        "cancellation_policy.no_show_fee_percent": "100",
        "cancellation_policy.waive_force_majeure": "1",
        "min_group_size": "5",
        **{f"reminders.{days}": "1" for days in reminder_days},
    }


def of_process(process: Process) -> Fields:
    """The fields of the form that changes a process."""
    figures = ("planned_sessions", "session_minutes", "min_group_size")
    policy = ("free_until_hours", "late_fee_percent", "no_show_fee_percent")
    fields = {"title": process.title}
    fields |= {name: str(getattr(process, name)) for name in figures}
    fields |= {f"cancellation_policy.{name}": str(getattr(process, name)) for name in policy}
    ticks = {"cancellation_policy.waive_force_majeure": process.waive_force_majeure}
    ticks |= {"session_feedback": process.session_feedback}
    ticks |= {f"reminders.{days}": True for days in process.reminder_days}
    ticks |= {f"benefits.{benefit}": True for benefit in process.benefits}
    return fields | {name: "1" for name, is_ticked in ticks.items() if is_ticked}


def terms(typed: Mapping[str, str]) -> dict[str, Any]:
    """The wish for what is agreed on: a box that is not ticked says no."""
    wish = nested(typed, ("title", "planned_sessions", "session_minutes", "min_group_size"))
    policy = nested(typed, ("cancellation_policy",)).get("cancellation_policy", {})
    if isinstance(policy, dict):
        policy["waive_force_majeure"] = "cancellation_policy.waive_force_majeure" in typed
    return wish | {
        "cancellation_policy": policy,
        "reminders": {"days_before": ticked(typed, "reminders")},
        "benefits": ticked(typed, "benefits"),
        "session_feedback": "session_feedback" in typed,
    }


def people(typed: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows of participants in which something was typed."""
    return rows(typed, "participants", PERSON)


def with_people(typed: Mapping[str, str], written: Sequence[Mapping[str, str]]) -> Fields:
    """The same form with these rows of participants, numbered from 0."""
    others = {name: value for name, value in typed.items() if not name.startswith("participants.")}
    return others | {
        f"participants.{number}.{field}": row.get(field, "") for number, row in enumerate(written) for field in PERSON
    }


def rows_to_show(form: Form, written: int) -> int:
    """As many rows as were filled in, and enough to begin with."""
    least, most = NUMBERS[form]
    return min(most, max(written, least if most <= 2 else ROWS_AT_FIRST))


def of_person(one: Participant) -> Fields:
    return {field: getattr(one, field) or "" for field in PERSON}


def choices(form: Form, typed: Mapping[str, str]) -> dict[str, Any]:
    """What the form offers. What was chosen once is offered again, also where it is not usual."""
    chosen = [one for one in ticked(typed, "benefits") if one in benefits.BENEFITS]
    days = {int(one) for one in ticked(typed, "reminders") if one.isdecimal() and len(one) <= 2}
    return {
        "minutes": supervision.LENGTHS[form],
        "benefits": {id_: benefits.BENEFITS[id_] for id_ in dict.fromkeys([*benefits.offered(form), *chosen])},
        "chosen": chosen,
        "reminders": sorted({*USUAL_REMINDERS, *days}, reverse=True),
    }
