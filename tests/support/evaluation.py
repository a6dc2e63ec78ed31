"""Goals, answers and held meetings as integration tests write them."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient
from sqlmodel import col, select

from services.core.database import transaction
from services.events.outbox import Staged
from tests.integration.conftest import Face
from tests.support.diary import at, book, days_ahead

Json = dict[str, Any]
Clock = Callable[[timedelta], None]


def a_goal(title: str = "Palaute", **changes: object) -> Json:
    levels = {"-2": "ei lainkaan", "-1": "joskus", "0": "viikoittain", "1": "päivittäin", "2": "joka tilanteessa"}
    return {"title": title, "levels": {level: f"{title} {words}" for level, words in levels.items()}} | changes


def agree(api: TestClient, process: Json, *goals: Json, expect: int = 200, match: str | None = None) -> Json:
    path = f"/api/v1/processes/{process['id']}/goals"
    current = match or api.get(path).headers.get("etag", "*")
    answer = api.put(path, json=list(goals), headers={"If-Match": current})
    assert answer.status_code == expect, answer.text
    body: Json = answer.json()
    return body


def rounds(api: TestClient, process: Json) -> list[Json]:
    answer = api.get(f"/api/v1/processes/{process['id']}/evaluations")
    assert answer.status_code == 200, answer.text
    items: list[Json] = answer.json()["items"]
    return items


def phases(api: TestClient, process: Json) -> list[str]:
    return [one["phase"] for one in rounds(api, process)]


def answer(api: TestClient, evaluation: Json, expect: int = 201, **wanted: object) -> Json:
    given = api.post(f"/api/v1/evaluations/{evaluation['id']}/answers", json=wanted)
    assert given.status_code == expect, given.text
    body: Json = given.json()
    return body


def hold(booking: Face, process: Json, clock: Clock, count: int, first_day: int = 14) -> list[Json]:
    """Book so many meetings, one a working day, and hold each on its day; returns them."""
    sessions = [book(booking.admin, process, at(day)) for day in days_ahead(count, first_day)]
    clock(timedelta(days=first_day + 3 * count + 30))
    return [attend(booking, process, session) for session in sessions]


def attend(booking: Face, process: Json, session: Json, present: list[str] | None = None) -> Json:
    came = present if present is not None else people(process)
    held = booking.admin.post(f"/api/v1/sessions/{session['id']}/attendance", json={"present": came})
    assert held.status_code == 200, held.text
    body: Json = held.json()
    return body


def people(process: Json) -> list[str]:
    return [person["id"] for person in process["participants"]]


def told(booking: Face, kind: str) -> list[Json]:
    """What the events of one kind carried, oldest first."""
    with transaction(booking.engine) as db:
        staged = db.scalars(select(Staged).order_by(col(Staged.position))).all()
        return [opened(booking, one.envelope) for one in staged if one.envelope["type"] == kind]


def opened(booking: Face, envelope: Json) -> Json:
    """What all readers together are told."""
    told: Json = dict(envelope["data"])
    for reader, sealed in envelope["sealed"].items():
        keys = booking.settings.sealing.told_to[reader]
        told |= json.loads(keys.open(base64.b64decode(sealed), f"event/{envelope['id']}"))
    return told
