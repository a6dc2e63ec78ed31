"""A supervisor's diary as integration tests write in it: hours, days to come, meetings."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from fastapi.testclient import TestClient

from services.finnish.workdays import HELSINKI, is_working_day

Json = dict[str, Any]


def day_ahead(days: int = 14, weekday: int | None = None) -> date:
    """A working day of an ordinary week, at least so many days from now."""
    day = datetime.now(HELSINKI).date() + timedelta(days=days)
    while not is_working_day(day) or (weekday is not None and day.isoweekday() != weekday):
        day += timedelta(days=1)
    return day


def days_ahead(count: int, first: int = 14) -> list[date]:
    """So many different working days, at least three days apart, also where holidays come in between."""
    days = [day_ahead(first)]
    while len(days) < count:
        days.append(day_ahead((days[-1] - datetime.now(HELSINKI).date()).days + 3))
    return days


def at(day: date, clock: str = "10:00") -> str:
    """The instant in UTC at which the clocks in Helsinki show this, as the API writes it."""
    wall = datetime.combine(day, time.fromisoformat(clock), HELSINKI)
    return wall.astimezone(UTC).isoformat().replace("+00:00", "Z")


def keep_hours(api: TestClient, supervisor_id: str, start: str = "08:00", end: str = "16:00", **rules: object) -> Json:
    """Working days from 8 to 16 and a horizon of two years, unless told otherwise."""
    weekly = [{"weekday": weekday, "start": start, "end": end} for weekday in range(1, 6)]
    path = f"/api/v1/supervisors/{supervisor_id}/availability"
    current = api.get(path).headers["etag"]
    answer = api.put(path, json={"weekly": weekly, "horizon_days": 730, **rules}, headers={"If-Match": current})
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    return body


def book(api: TestClient, process: Json, when: str, expect: int = 201, **changes: object) -> Json:
    wanted = {"process_id": process["id"], "starts_at": when, "mode": "onsite"} | changes
    answer = api.post("/api/v1/sessions", json=wanted)
    assert answer.status_code == expect, answer.text
    body: Json = answer.json()
    return body


def slots(api: TestClient, supervisor_id: str, first: date, last: date | None = None, **query: object) -> list[str]:
    answer = api.get(
        f"/api/v1/supervisors/{supervisor_id}/slots",
        params={"form": "individual", "minutes": 60, "from": str(first), "to": str(last or first)} | query,
    )
    assert answer.status_code == 200, answer.text
    return [slot["starts_at"] for slot in answer.json()["slots"]]


def change(api: TestClient, session: Json, expect: int = 200, **changes: object) -> Json:
    """PATCH a session at the version that it has in the caller's hands."""
    answer = api.patch(
        f"/api/v1/sessions/{session['id']}", json=changes, headers={"If-Match": f'"{session["version"]}"'}
    )
    assert answer.status_code == expect, answer.text
    body: Json = answer.json()
    return body
