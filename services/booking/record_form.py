"""What a supervisor writes down after a meeting, as it is typed: who came, the themes, what was agreed, a question.

The fields: `lasna.ID` says of a participant how it was; `themes` has a theme on each line; `actions.N.text`,
`actions.N.due_date` and `actions.N.id` are the rows of what was agreed, of which empty ones don't count.
"""

import re
from collections.abc import Mapping

from services.booking.attendance import AttendanceWish
from services.booking.meetings import States
from services.booking.models import Participant, Session
from services.booking.summaries import MOST_ACTIONS, Content, SummaryWish
from services.web.forms import filled_in

CAME, PRESENT = "lasna.", "present"
ROW = re.compile(r"actions\.(\d{1,3})\.text")
SPARE_ROWS = 2


def attendance_of(typed: Mapping[str, str]) -> AttendanceWish | None:
    """Who came; nothing when the form did not ask."""
    named: dict[str, list[str]] = {}
    for field, state in typed.items():
        if field.startswith(CAME) and state:
            named.setdefault(state, []).append(field.removeprefix(CAME))
    return AttendanceWish.model_validate({PRESENT: [], **named}) if named else None


def summary_of(typed: Mapping[str, str]) -> SummaryWish:
    themes = [line for line in typed.get("themes", "").splitlines() if line.strip()]
    actions = [
        {
            field: said
            for field in ("id", "text", "due_date")
            if (said := typed.get(f"actions.{row}.{field}", "").strip())
        }
        for row in filled_rows(typed)
    ]
    return SummaryWish.model_validate({"themes": themes, "actions": actions, **filled_in(typed, ["reflection"])})


def is_empty(wish: SummaryWish) -> bool:
    return not (wish.themes or wish.actions or wish.reflection)


def rows(typed: Mapping[str, str]) -> list[int]:
    return sorted({int(found[1]) for field in typed if (found := ROW.fullmatch(field))})


def filled_rows(typed: Mapping[str, str]) -> list[int]:
    return [row for row in rows(typed) if filled_in(typed, (f"actions.{row}.text", f"actions.{row}.due_date"))]


def by_field(wrong: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by the fields of the form: all themes are one, and empty rows were passed over."""
    filled = filled_rows(typed)

    def field_of(name: str) -> str:
        kind, *rest = name.split(".")
        if kind == "actions" and rest and rest[0].isdecimal():
            return f"actions.{filled[int(rest[0])]}.{rest[-1] if len(rest) > 1 else 'text'}"
        return {"present": "lasna", "excused": "lasna", "no_show": "lasna", "form": "lasna"}.get(kind, kind)

    return {field_of(name): reason for name, reason in wrong.items()}


# -- what the form begins with ----------------------------------------------------------------------------


def of_content(content: Content | None) -> dict[str, str]:
    if content is None:
        return {}
    typed = {"themes": "\n".join(content.themes), "reflection": content.reflection or ""}
    for row, action in enumerate(content.actions):
        due_date = action.due_date.isoformat() if action.due_date else ""
        fields = {"id": str(action.id), "text": action.text, "due_date": due_date}
        typed |= {f"actions.{row}.{field}": value for field, value in fields.items()}
    return typed


def of_attendance(session: Session, expected: list[Participant], states: States) -> dict[str, str]:
    """Until it is written down, everybody is taken to have been there who had joined by then."""

    def usual(person: Participant) -> str:
        return PRESENT if session.status == "booked" and person.joined_at <= session.ends_at else ""

    return {f"{CAME}{person.id}": states.get(person.id, usual(person)) for person in expected}


def with_spare_rows(typed: Mapping[str, str], more: int = 0) -> list[int]:
    """The rows to show: those that the form had, and some to write on as long as there may be more."""
    had = rows(typed)
    spare = len(had) - len(filled_rows(typed))
    wanted = min(max(SPARE_ROWS - spare, 0) + more, MOST_ACTIONS - len(had))
    first = had[-1] + 1 if had else 0
    return [*had, *range(first, first + wanted)]
