"""The form that records a session: attendance, and the themes, agreed actions and reflection of its summary.

The fields: `lasna.ID` is the attendance of a participant; `themes` has a theme on each line; `actions.N.text`,
`actions.N.due_date` and `actions.N.id` are the rows of agreed actions, of which empty ones don't count.
"""

import re
from collections.abc import Collection, Mapping
from uuid import UUID

from services.booking.models.people import Participant
from services.booking.models.sessions import Session
from services.booking.sessions.attendance import AttendanceCreate
from services.booking.sessions.sessions import AttendanceStates
from services.booking.sessions.summaries import MAX_ACTIONS, SummaryContent, SummaryCreate
from services.web.pages.forms import filled_in

ATTENDANCE_PREFIX, PRESENT, EXCUSED = "lasna.", "present", "excused"
PARTS = ("id", "text", "due_date")
ACTION_FIELD = re.compile(r"actions\.(\d{1,3})\.text")
SPARE_ROWS = 2
FORM_FIELDS = {"present": "lasna", "excused": "lasna", "no_show": "lasna", "form": "lasna", "text": "muistiinpano"}


def parse_attendance(typed: Mapping[str, str]) -> AttendanceCreate | None:
    """The attendance; none when the form did not ask for it."""
    named: dict[str, list[str]] = {}
    for field, state in typed.items():
        if field.startswith(ATTENDANCE_PREFIX) and state:
            named.setdefault(state, []).append(field.removeprefix(ATTENDANCE_PREFIX))
    return AttendanceCreate.model_validate({PRESENT: [], **named}) if named else None


def parse_summary(typed: Mapping[str, str]) -> SummaryCreate:
    themes = [line for line in typed.get("themes", "").splitlines() if line.strip()]
    rows = [
        {part: typed.get(f"actions.{row}.{part}", "").strip() for part in PARTS} for row in filled_action_rows(typed)
    ]
    actions = [filled_in(row, PARTS) for row in rows]
    return SummaryCreate.model_validate({"themes": themes, "actions": actions, **filled_in(typed, ["reflection"])})


def is_summary_empty(wanted: SummaryCreate) -> bool:
    return not (wanted.themes or wanted.actions or wanted.reflection)


def action_rows(typed: Mapping[str, str]) -> list[int]:
    return sorted({int(found[1]) for field in typed if (found := ACTION_FIELD.fullmatch(field))})


def filled_action_rows(typed: Mapping[str, str]) -> list[int]:
    return [row for row in action_rows(typed) if filled_in(typed, (f"actions.{row}.text", f"actions.{row}.due_date"))]


def reasons_by_form_field(wrong: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by the fields of the form: all themes are one field, and empty rows were left out."""
    filled = filled_action_rows(typed)

    def field_of(name: str) -> str:
        kind, *rest = name.split(".")
        if kind == "actions" and rest and rest[0].isdecimal():
            return f"actions.{filled[int(rest[0])]}.{rest[-1] if len(rest) > 1 else 'text'}"
        return FORM_FIELDS.get(kind, kind)

    return {field_of(name): reason for name, reason in wrong.items()}


def summary_fields(content: SummaryContent | None) -> dict[str, str]:
    if content is None:
        return {}
    typed = {"themes": "\n".join(content.themes), "reflection": content.reflection or ""}
    for row, action in enumerate(content.actions):
        due_date = action.due_date.isoformat() if action.due_date else ""
        fields = {"id": str(action.id), "text": action.text, "due_date": due_date}
        typed |= {f"actions.{row}.{field}": value for field, value in fields.items()}
    return typed


def attendance_fields(
    session: Session, expected: list[Participant], states: AttendanceStates, cannot: Collection[UUID]
) -> dict[str, str]:
    """Until it is recorded, everybody who had joined by then is preset as present, but for those who said no."""

    def usual(person: Participant) -> str:
        if session.status == "booked" and person.id in cannot:
            return EXCUSED
        return PRESENT if session.status == "booked" and person.joined_at <= session.ends_at else ""

    return {f"{ATTENDANCE_PREFIX}{person.id}": states.get(person.id, usual(person)) for person in expected}


def with_spare_action_rows(typed: Mapping[str, str], more: int = 0) -> list[int]:
    """The rows to show: those that the form had, and some empty ones as long as there may be more."""
    present = action_rows(typed)
    spare = len(present) - len(filled_action_rows(typed))
    wanted = min(max(SPARE_ROWS - spare, 0) + more, MAX_ACTIONS - len(present))
    first = present[-1] + 1 if present else 0
    return [*present, *range(first, first + wanted)]
