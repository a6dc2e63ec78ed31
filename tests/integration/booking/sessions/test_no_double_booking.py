"""Hundreds who want the same time at the same moment, through a real server: one gets it, nobody sees an error."""

import asyncio
import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest
import uvicorn

from services.core.database import Database
from tests.integration.conftest import Face
from tests.support.diary import Json, at, day_ahead, keep_hours

Make = Callable[..., Json]
Call = tuple[str, str, Json]
CROWD = 200


@pytest.fixture
def server(booking: Face) -> Iterator[str]:
    """The address of booking's HTTP face, served by uvicorn."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=CROWD)
    server = uvicorn.Server(uvicorn.Config(booking.app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


def at_once(booking: Face, server: str, calls: list[Call]) -> list[httpx.Response]:
    """Send all of these at the same moment, each on a connection of its own."""

    async def crowd() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=len(calls))
        headers = {"Authorization": booking.admin.headers["Authorization"], "If-Match": "*"}
        async with httpx.AsyncClient(base_url=server, limits=limits, timeout=60, headers=headers) as api:
            return await asyncio.gather(*(api.request(method, path, json=body) for method, path, body in calls))

    return asyncio.run(crowd())


def count(booking: Face, query: str) -> int:
    with Database(booking.engine) as db:
        found: int = db.connection().exec_driver_sql(query).scalar_one()
        return found


@pytest.mark.parametrize("processes", [1, 8])
def test_of_two_hundred_bookings_of_one_time_one_succeeds(
    booking: Face, server: str, a_process: Make, processes: int
) -> None:
    first = a_process()
    keep_hours(booking.admin, first["supervisor_id"])
    competing = [first, *(a_process(supervisor_id=first["supervisor_id"]) for _ in range(processes - 1))]
    wishes = [wish_for(process, at(day_ahead())) for process in competing] * (CROWD // processes)

    answers = at_once(booking, server, wishes)

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: CROWD - 1}
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {"/docs/problems/slot-taken"}
    assert count(booking, "SELECT count(*) FROM session") == 1
    assert count(booking, "SELECT count(*) FROM outbox WHERE aggregate LIKE 'session/%%'") == 1


OVERLAPS = """
    SELECT count(*) FROM session one JOIN session other USING (supervisor_id)
    WHERE one.id < other.id AND one.status = 'booked' AND other.status = 'booked'
      AND tstzrange(one.starts_at, one.ends_at + interval '15 min')
       && tstzrange(other.starts_at, other.ends_at + interval '15 min')
"""
BOOKED_BUT_NOT_RESERVED = """
    SELECT count(*) FROM session LEFT JOIN occupied_time ON owner_id = id
    WHERE (status = 'booked') <> coalesce(lower(blocked) = session.starts_at, false)
"""
RESERVED_BY_NOBODY = """
    SELECT count(*) FROM occupied_time
    WHERE owner_id NOT IN (SELECT id FROM session UNION SELECT id FROM intake)
"""


def test_a_crowd_of_all_kinds_of_changes_ends_without_overlap_deadlock_or_error(
    booking: Face, server: str, a_process: Make
) -> None:
    """Bookings, series, moves that swap times, cancellations and holds, all on two days of one supervisor."""
    first, monday = a_process(), day_ahead(weekday=1)
    supervisor = first["supervisor_id"]
    processes = [first, *(a_process(supervisor_id=supervisor) for _ in range(5))]
    keep_hours(booking.admin, supervisor, buffer_after_minutes=15, daily_limit=20)
    clocks = [f"{hour:02}:{minute}" for hour in range(8, 15) for minute in ("00", "30")]
    times = [at(monday + timedelta(weeks=week), clock) for week in (0, 1) for clock in clocks]
    begun = [wish_for(processes[index % 6], time) for index, time in enumerate(times[::2])]
    sessions = [answer.json()["id"] for answer in at_once(booking, server, begun) if answer.is_success]
    chance = random.Random(4711)

    answers = at_once(
        booking, server, [some_change(chance, supervisor, processes, sessions, times) for _ in range(CROWD)]
    )

    codes = Counter(answer.status_code for answer in answers)
    assert set(codes) - {429} == {200, 201, 202, 409}, "of holds only so many wait at a time"
    assert count(booking, OVERLAPS) == count(booking, BOOKED_BUT_NOT_RESERVED) == 0
    assert count(booking, RESERVED_BY_NOBODY) == 0
    assert deadlocks(booking) == 0


def test_meetings_that_swap_their_times_wait_for_one_another(booking: Face, server: str, a_process: Make) -> None:
    first, monday = a_process(), day_ahead(weekday=1)
    processes = [first, *(a_process(supervisor_id=first["supervisor_id"]) for _ in range(3))]
    times = [at(monday, f"{10 + index}:00") for index in range(4)]
    begun = at_once(booking, server, [wish_for(*pair) for pair in zip(processes, times, strict=True)])
    sessions = [answer.json()["id"] for answer in begun]

    swaps: list[Call] = [
        ("PATCH", f"/api/v1/sessions/{session}", {"starts_at": times[index ^ 1]})
        for _ in range(10)
        for index, session in enumerate(sessions)
    ]
    answers = at_once(booking, server, swaps)

    assert {answer.status_code for answer in answers} == {409}
    assert deadlocks(booking) == 0


def deadlocks(booking: Face) -> int:
    """How many there were; servers tell what they counted when their connections end."""
    booking.engine.dispose()
    return count(booking, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")


def wish_for(process: Json, starts_at: str) -> Call:
    return "POST", "/api/v1/sessions", {"process_id": process["id"], "starts_at": starts_at, "mode": "onsite"}


def some_change(
    chance: random.Random, supervisor: str, processes: list[Json], sessions: list[str], times: list[str]
) -> Call:
    process, session, time = chance.choice(processes), chance.choice(sessions), chance.choice(times)
    series = {"first_starts_at": chance.choice(times[:14]), "every_weeks": 1, "count": 2, "mode": "onsite"}
    talk = {"supervisor_id": supervisor, "starts_at": time, "name": "Aino", "email": "aino@example.fi"}
    move: Call = ("PATCH", f"/api/v1/sessions/{session}", {"starts_at": time})
    return chance.choice(
        [
            wish_for(process, time),
            ("POST", f"/api/v1/processes/{process['id']}/series", series),
            move,
            move,
            ("POST", "/api/v1/intakes", talk),
            ("POST", f"/api/v1/sessions/{session}/cancel", {"following": True}),
        ]
    )


def test_a_limit_holds_when_many_book_at_once(booking: Face, server: str, a_process: Make) -> None:
    processes = [a_process()]
    supervisor = processes[0]["supervisor_id"]
    processes += [a_process(supervisor_id=supervisor, client_id=processes[0]["client_id"]) for _ in range(7)]
    keep_hours(booking.admin, supervisor, daily_limit=3, slot_step_minutes=60)
    given = booking.admin.post(f"/api/v1/clients/{processes[0]['client_id']}/credentials").json()
    client = booking.as_(given["client_id"], given["client_secret"])
    wishes = [wish_for(process, at(day_ahead(), f"{8 + index:02}:00")) for index, process in enumerate(processes)]

    answers = at_once(Face(booking.app, client, booking.settings), server, wishes)

    assert Counter(answer.status_code for answer in answers) == {201: 3, 409: 5}
