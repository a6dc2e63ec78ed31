"""Whatever is sent to whichever route, the answer is a problem that says what to do, and never an accident."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.booking.security.test_permissions import COLLECTIONS, ROUTES, World, a_world
from tests.integration.conftest import Face, a_person
from tests.support.diary import at, day_ahead

HOSTILE_VALUES: list[Any] = [
    None,
    "",
    " ",
    "\x00",
    "a\u0000b",
    "\ud800",
    "a\r\nBcc: x@example.fi",
    "\u202e😀" * 40,
    "x" * 20_000,
    -1,
    0,
    10**30,
    1e308,
    True,
    [],
    [None],
    {},
    {"a": {"b": {}}},
    "2026-09-01T09:00:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59+14:00",
    "'; DROP TABLE session; --",
    "../../etc/passwd",
]
HOSTILE_BODIES = [b"", b"null", b"[]", b'"x"', b"{", b"\xff\xfe\x00", b"[" * 50_000, b'{"a":' * 5_000, b"NaN"]
HOSTILE_QUERIES = [
    "limit=0",
    "limit=201",
    "limit=x",
    "cursor=%00",
    "cursor=e30=",
    "from=x&to=%00",
    "status=%FF",
    "form=1",
]
HOSTILE_QUERIES += [
    "minutes=99999999999999999999",
    "from=0001-01-01&to=9999-12-31",
    "process_id=%00",
    "limit=1&limit=2",
]
HOSTILE_IDS = ["x", "%00", "00000000-0000-0000-0000-000000000000", "%F0%9F%98%80", "a" * 3000, "..%2F..", "-1"]
JSON = {"Content-Type": "application/json"}
HEADERS = ["If-Match", "If-None-Match", "Idempotency-Key", "Accept-Language", "traceparent", "X-Forwarded-For"]


@pytest.fixture
def world(booking: Face, request: pytest.FixtureRequest) -> World:
    return a_world(booking, *(request.getfixturevalue(f"a_{what}") for what in ("supervisor", "client", "process")))


def broken(body: Any) -> Iterator[Any]:
    """The good body with one field after the other turned into something hostile."""
    if isinstance(body, list):
        yield from ([one] for one in broken(body[0]))
        return
    for field in body or {}:
        for value in HOSTILE_VALUES:
            yield {**body, field: value}
    yield {**(body or {}), "no_such_field": "x"}


def check(answer: Any, what: object) -> None:
    assert answer.status_code < 500, (what, answer.status_code)
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json", what
        assert {"type", "title", "status"} <= set(answer.json()), what


def ask(world: World, method: str, path: str, **arguments: Any) -> Any:
    headers = {"If-Match": "*"} | arguments.pop("headers", {})
    return world.booking.admin.request(method, "/api/v1" + path.format(**world.ids), headers=headers, **arguments)


def good_bodies(world: World) -> dict[tuple[str, str], Any]:
    """What the right person could send, also where it takes the ids of this world."""
    process = {
        "client_id": world.ids["client_id"],
        "supervisor_id": world.ids["supervisor_id"],
        "form": "individual",
        "title": "Työnohjaus",
        "planned_sessions": 1,
        "session_minutes": 60,
        "participants": [a_person()],
        "cancellation_policy": {"late_fee_percent": 50},
        "reminders": {"days_before": [1]},
    }
    session = {"process_id": world.ids["process_id"], "starts_at": at(day_ahead(40)), "mode": "onsite", "minutes": 75}
    talk = {"supervisor_id": world.ids["supervisor_id"], "starts_at": at(day_ahead(50))}
    return (
        ROUTES
        | COLLECTIONS
        | {
            ("POST", "/processes"): process,
            ("POST", "/sessions"): session,
            ("POST", "/intakes"): talk | {"name": "Åke", "email": "ake@example.fi", "message": "x"},
            ("POST", "/logins"): {"email": "ake@example.fi"},
        }
    )


def test_hostile_fields_are_refused(world: World) -> None:
    for (method, path), good in good_bodies(world).items():
        if method in ("POST", "PUT", "PATCH"):
            for body in broken(good):
                # Written by hand, as no client of ours would send what is no text.
                check(ask(world, method, path, content=json.dumps(body).encode(), headers=JSON), (method, path, body))


def misread(body: Any, *place: object) -> Iterator[tuple[str, Any]]:
    """The body with one number or truth value after the other as something that is none, and where it stands."""
    if isinstance(body, dict | list):
        for key, value in body.items() if isinstance(body, dict) else enumerate(body):
            for where, changed in misread(value, *place, key):
                copy = body.copy()
                copy[key] = changed
                yield where, copy
    elif isinstance(body, bool | int):
        others = [str(body).lower(), int(body)] if isinstance(body, bool) else [str(body), body == 1]
        yield from ((".".join(map(str, place)), other) for other in others)


def test_only_a_number_is_a_number_and_only_a_truth_value_is_true(world: World) -> None:
    tried = 0
    for (method, path), good in good_bodies(world).items():
        for where, body in misread(good):
            answer = ask(world, method, path, json=body)
            assert answer.status_code == 422, (method, path, where, answer.text)
            assert where in [error["field"] for error in answer.json()["errors"]], (method, path, answer.text)
            tried += 1
    assert tried >= 20


def test_hostile_bodies_are_refused(world: World) -> None:
    for method, path in ROUTES | COLLECTIONS:
        if method in ("POST", "PUT", "PATCH"):
            for body in HOSTILE_BODIES:
                for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded", "\x7f"):
                    headers = {"Content-Type": kind}
                    check(ask(world, method, path, content=body, headers=headers), (method, path, body[:9], kind))


def test_hostile_queries_are_refused(world: World) -> None:
    for method, path in ROUTES | COLLECTIONS:
        if method == "GET":
            for query in HOSTILE_QUERIES:
                check(ask(world, method, f"{path}?{query}"), (path, query))


def test_hostile_ids_are_refused(world: World) -> None:
    for (method, path), good in ROUTES.items():
        for hostile in HOSTILE_IDS:
            address = "/api/v1" + path.format_map(dict.fromkeys(world.ids, hostile))
            answer = world.booking.admin.request(method, address, json=good, headers={"If-Match": "*"})
            check(answer, (method, address))
            assert answer.status_code >= 400, (method, address)


@pytest.mark.parametrize("value", [b"", b"\xff", b'"', b"x" * 5000, b",,,;;q=", b"*", b"W/"])
def test_hostile_headers_change_nothing_but_the_answer(world: World, value: bytes) -> None:
    path = f"/api/v1/processes/{world.ids['process_id']}"
    for name in HEADERS:
        headers: Any = {name: value}
        check(world.booking.admin.get(path, headers=headers), (name, value))
        check(world.booking.admin.patch(path, json={"title": "Uusi"}, headers=headers), (name, value))
        check(world.booking.admin.post(f"{path}/participants", json={}, headers=headers), (name, value))
