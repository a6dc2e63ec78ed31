"""The fields of the process forms: their defaults, and what is made of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from services.booking.models.people import Participant, Process
from services.booking.pages.supervisor.processes.pasted_people import read_people
from services.booking.supervision import benefits, processes
from services.booking.supervision.participants import MAX_PARTICIPANTS, PARTICIPANT_LIMITS, ParticipantCreate
from services.events.catalogue import Form
from services.web.pages.forms import Fields, filled_in, nested, reasons, rows, ticked
from services.web.protocol.fields import RequestBody

PASTED = "taulukko"
PARTICIPANT_FIELDS = tuple(ParticipantCreate.model_fields)
REMINDER_CHOICES = (14, 7, 3, 2, 1)
INITIAL_ROWS = 3


def default_process_fields(form: Form, reminder_days: Sequence[int]) -> Fields:
    """The defaults of a new process."""
    return {
        "client.kind": "organisation",
        "client.payer_type": "business",
        "planned_sessions": "10",
        "session_minutes": str(processes.SESSION_LENGTHS[form][0 if form is not Form.individual else 1]),
        "cancellation_policy.free_until_hours": str(processes.DEFAULT_FREE_UNTIL_HOURS[form]),
        "cancellation_policy.late_fee_percent": "100",
        "cancellation_policy.no_show_fee_percent": "100",
        "cancellation_policy.waive_force_majeure": "1",
        "min_group_size": "5",
        **{f"reminders.{days}": "1" for days in reminder_days},
    }


def process_fields(process: Process) -> Fields:
    """The fields of the form that changes a process."""
    figures = ("planned_sessions", "session_minutes", "min_group_size")
    policy = ("free_until_hours", "late_fee_percent", "no_show_fee_percent")
    fields = {"title": process.title}
    fields |= {name: str(getattr(process, name)) for name in figures}
    fields |= {f"cancellation_policy.{name}": str(getattr(process, name)) for name in policy}
    ticks = {"cancellation_policy.waive_force_majeure": process.waive_force_majeure}
    ticks |= {name: getattr(process, name) for name in ("session_feedback", "clients_may_exceed")}
    ticks |= {f"reminders.{days}": True for days in process.reminder_days}
    ticks |= {f"benefits.{benefit}": True for benefit in process.benefits}
    return fields | {name: "1" for name, is_ticked in ticks.items() if is_ticked}


def process_terms(typed: Mapping[str, str]) -> dict[str, Any]:
    """The terms as the models want them: a box that is not ticked is false."""
    values = nested(typed, ("title", "planned_sessions", "session_minutes", "min_group_size"))
    policy = nested(typed, ("cancellation_policy",)).get("cancellation_policy", {})
    if isinstance(policy, dict):
        policy["waive_force_majeure"] = "cancellation_policy.waive_force_majeure" in typed
    return values | {
        "cancellation_policy": policy,
        "reminders": {"days_before": ticked(typed, "reminders")},
        "benefits": ticked(typed, "benefits"),
        "session_feedback": "session_feedback" in typed,
        "clients_may_exceed": "clients_may_exceed" in typed,
    }


def participant_rows(typed: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows of participants in which something was typed."""
    return rows(typed, "participants", PARTICIPANT_FIELDS)


class ParticipantRows(RequestBody):
    participants: list[ParticipantCreate]


def wrong_in_rows(typed: Mapping[str, str]) -> dict[str, str]:
    """What is wrong in the rows of participants, by the name of its field."""
    try:
        ParticipantRows.model_validate(nested(typed, ("participants",)))
    except ValidationError as refused:
        return reasons(refused)
    return {}


def with_pasted_people(typed: Mapping[str, str]) -> Fields:
    """The people pasted from a spreadsheet as rows below those that are there."""
    pasted = read_people(typed.get(PASTED, ""))[: MAX_PARTICIPANTS + 1]
    others = {name: value for name, value in typed.items() if name != PASTED}
    return with_participant_rows(others, [*participant_rows(typed), *pasted])


def with_participant_rows(typed: Mapping[str, str], rows_of_people: Sequence[Mapping[str, str]]) -> Fields:
    """The same fields with these rows of participants, numbered from 0."""
    others = {name: value for name, value in typed.items() if not name.startswith("participants.")}
    return others | {
        f"participants.{number}.{field}": row.get(field, "")
        for number, row in enumerate(rows_of_people)
        for field in PARTICIPANT_FIELDS
    }


def rows_to_show(form: Form, filled: int) -> int:
    """As many rows as are filled in, also where they are too many, and at least as many as a new form has."""
    least, most = PARTICIPANT_LIMITS[form]
    return max(filled, least if most <= 2 else INITIAL_ROWS)


def participant_fields(person: Participant) -> Fields:
    return {field: getattr(person, field) or "" for field in PARTICIPANT_FIELDS}


def participant_changes(typed: Mapping[str, str]) -> dict[str, str | None]:
    """An emptied field is sent as empty: only the employer may be, so the others are refused."""
    return {"first_name": "", "last_name": "", "email": "", "employer": None, **filled_in(typed, PARTICIPANT_FIELDS)}


def process_choices(form: Form, typed: Mapping[str, str]) -> dict[str, Any]:
    """What the form offers: the usual choices, and those that were chosen before."""
    chosen = [one for one in ticked(typed, "benefits") if one in benefits.BENEFITS]
    return {
        "minutes": processes.SESSION_LENGTHS[form],
        "benefits": {id_: benefits.BENEFITS[id_] for id_ in dict.fromkeys([*benefits.offered_benefits(form), *chosen])},
        "chosen": chosen,
        "reminders": reminder_choices(typed),
    }


def reminder_choices(typed: Mapping[str, str]) -> list[int]:
    """The days to choose from: the usual ones, and those that were chosen before."""
    chosen = {int(one) for one in ticked(typed, "reminders") if one.isdecimal() and len(one) <= 2}
    return sorted({*REMINDER_CHOICES, *chosen}, reverse=True)
