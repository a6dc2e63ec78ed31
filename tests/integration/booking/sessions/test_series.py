"""Series over HTTP: all or nothing, at the same time on the wall through both DST nights, told in one batch."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select

from services.core.database import transaction
from services.events.outbox import Staged
from services.finnish.workdays import HELSINKI
from tests.integration.conftest import Face
from tests.support.diary import Json, at, book, change, day_ahead, keep_hours, slots

Make = Callable[..., Json]


@pytest.fixture
def process(booking_api: TestClient, a_process: Make) -> Json:
    process = a_process(form="group", participants=3)
    keep_hours(booking_api, process["supervisor_id"], holidays=None)
    return process


def book_series(api: TestClient, process: Json, first: str, expect: int = 201, **changes: object) -> Json:
    wanted = {"first_starts_at": first, "every_weeks": 3, "count": 12, "mode": "onsite"} | changes
    answer = api.post(f"/api/v1/processes/{process['id']}/series", json=wanted)
    assert answer.status_code == expect, answer.text
    body: Json = answer.json()
    return body


def client_of(booking: Face, process: Json) -> TestClient:
    given = booking.admin.post(f"/api/v1/clients/{process['client_id']}/credentials").json()
    return booking.as_(given["client_id"], given["client_secret"])


def next_september() -> date:
    today = datetime.now(HELSINKI).date()
    year = today.year if today.month < 8 else today.year + 1
    return next(day for offset in range(1, 8) if (day := date(year, 9, offset)).isoweekday() == 1)


def wall_clocks(series: Json) -> list[str]:
    starts = (datetime.fromisoformat(session["starts_at"]) for session in series["sessions"])
    return [start.astimezone(HELSINKI).strftime("%a %H.%M") for start in starts]


def told(booking: Face, sessions: list[Json], kind: str) -> list[Json]:
    with transaction(booking.engine) as db:
        names = [f"session/{session['id']}" for session in sessions]
        query = select(Staged).where(col(Staged.aggregate).in_(names)).order_by(col(Staged.position))
        envelopes = [one.envelope for one in db.scalars(query)]
    return [envelope["data"] for envelope in envelopes if envelope["type"] == kind]  # type: ignore[misc]


def allow_more(api: TestClient, process: Json) -> None:
    """More sessions than were agreed."""
    place = f"/api/v1/processes/{process['id']}"
    answer = api.patch(place, json={"clients_may_exceed": True}, headers={"If-Match": api.get(place).headers["etag"]})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("who", ["admin", "client"])
def test_a_year_of_meetings_keeps_its_wall_clock_over_both_dst_nights(booking: Face, process: Json, who: str) -> None:
    api = booking.admin if who == "admin" else client_of(booking, process)
    allow_more(booking.admin, process)

    series = book_series(api, process, at(next_september(), "14:00"))

    offsets = {datetime.fromisoformat(one["starts_at"]).astimezone(HELSINKI).utcoffset() for one in series["sessions"]}
    assert wall_clocks(series) == ["Mon 14.00"] * 12
    assert offsets == {timedelta(hours=2), timedelta(hours=3)}
    assert [session["number"] for session in series["sessions"]] == list(range(1, 13))
    assert {session["series_id"] for session in series["sessions"]} == {series["series_id"]}


def test_a_series_is_told_in_one_batch(booking: Face, process: Json) -> None:
    series = book_series(booking.admin, process, at(day_ahead()))

    events = told(booking, series["sessions"], "session.booked.v1")

    assert [event["number"] for event in events] == list(range(1, 13))
    assert len({event["batch"]["id"] for event in events}) == 1
    assert {event["batch"]["size"] for event in events} == {12}


def test_a_conflict_names_every_occurrence_and_books_none(booking: Face, process: Json, a_process: Make) -> None:
    first = day_ahead()
    other = a_process(supervisor_id=process["supervisor_id"])
    for index in (2, 5):
        book(booking.admin, other, at(first + timedelta(weeks=3 * index), "10:30"))

    problem = book_series(booking.admin, process, at(first, "10:00"), expect=409)

    assert problem["type"].endswith("/problems/series-conflicts")
    assert [(one["index"], one["reason"]) for one in problem["conflicts"]] == [(2, "taken"), (5, "taken")]
    assert problem["conflicts"][0]["starts_at"] == at(first + timedelta(weeks=6), "10:00")
    assert len(problem["conflicts"][0]["alternatives"]) == 5
    assert booking.admin.get("/api/v1/sessions", params={"process_id": process["id"]}).json()["items"] == []
    assert at(first, "10:00") in slots(booking.admin, process["supervisor_id"], first)


def test_the_alternatives_of_a_conflict_can_be_booked(booking: Face, process: Json, a_process: Make) -> None:
    first = day_ahead()
    book(booking.admin, a_process(supervisor_id=process["supervisor_id"]), at(first, "10:00"))
    (conflict,) = book_series(booking.admin, process, at(first, "10:00"), expect=409)["conflicts"]

    book(booking.admin, process, conflict["alternatives"][0]["starts_at"])


def test_a_client_is_told_each_reason(booking: Face, process: Json) -> None:
    supervisor, first = process["supervisor_id"], day_ahead(weekday=3)
    keep_hours(booking.admin, supervisor, holidays=None, horizon_days=60, daily_limit=1)
    away = {"starts_at": at(first + timedelta(weeks=1), "08:00"), "ends_at": at(first + timedelta(weeks=1), "16:00")}
    booking.admin.post(f"/api/v1/supervisors/{supervisor}/absences", json=away)
    book(booking.admin, process, at(first + timedelta(weeks=2), "14:00"))
    book(booking.admin, process, at(first + timedelta(weeks=3), "10:30"))

    problem = book_series(client_of(booking, process), process, at(first, "10:00"), expect=409, every_weeks=1, count=10)

    reasons = {one["index"]: one["reason"] for one in problem["conflicts"]}
    assert reasons[1] == "absence"
    assert reasons[2] == reasons[3] == "limit"
    assert reasons[9] == "horizon"
    assert 0 not in reasons
    assert 4 not in reasons


def test_the_supervisor_is_bound_only_by_what_is_taken(booking: Face, process: Json) -> None:
    keep_hours(booking.admin, process["supervisor_id"], horizon_days=10, minimum_notice_hours=700, daily_limit=1)

    series = book_series(booking.admin, process, at(day_ahead(), "19:00"))

    assert len(series["sessions"]) == 12


def test_moving_one_leaves_the_others(booking: Face, process: Json) -> None:
    series = book_series(booking.admin, process, at(day_ahead(), "10:00"))
    third = series["sessions"][2]

    change(booking.admin, third, starts_at=third["starts_at"].replace("T0", "T1"))

    listed = booking.admin.get("/api/v1/sessions", params={"process_id": process["id"]}).json()["items"]
    assert [one["version"] for one in listed].count(1) == 11
    assert {one["number"]: one["version"] for one in listed}[3] == 2


def test_following_cancels_this_and_all_later_ones_of_the_same_series(booking: Face, process: Json) -> None:
    first = day_ahead()
    series = book_series(booking.admin, process, at(first, "10:00"))
    other = book(booking.admin, process, at(first + timedelta(weeks=33), "13:00"))

    answer = booking.admin.post(f"/api/v1/sessions/{series['sessions'][4]['id']}/cancel", json={"following": True})

    listed = booking.admin.get("/api/v1/sessions", params={"process_id": process["id"], "status": "booked"}).json()
    assert len(answer.json()["cancelled"]) == 8
    assert [one["id"] for one in listed["items"]] == [one["id"] for one in series["sessions"][:4]] + [other["id"]]
    events = told(booking, series["sessions"], "session.cancelled.v1")
    assert len({event["batch"]["id"] for event in events}) == 1
    assert {event["batch"]["size"] for event in events} == {8}


def test_following_of_a_single_meeting_cancels_only_it(booking: Face, process: Json) -> None:
    single = book(booking.admin, process, at(day_ahead(), "13:00"))
    later = book(booking.admin, process, at(day_ahead(21), "13:00"))

    answer = booking.admin.post(f"/api/v1/sessions/{single['id']}/cancel", json={"following": True})

    assert answer.json()["cancelled"] == [single["id"]]
    assert booking.admin.get(f"/api/v1/sessions/{later['id']}").json()["status"] == "booked"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"count": 0}, "count"),
        ({"count": 61}, "count"),
        ({"count": 60, "every_weeks": 50}, "count"),
        ({"every_weeks": 0}, "every_weeks"),
        ({"first_starts_at": "2020-01-01T10:00:00Z"}, "first_starts_at"),
        ({"first_starts_at": "2026-12-01T10:00:00"}, "first_starts_at"),
        ({"minutes": 45}, "minutes"),
    ],
)
def test_a_bad_series_is_refused_by_the_name_of_its_field(
    booking_api: TestClient, process: Json, changes: Json, field: str
) -> None:
    problem = book_series(booking_api, process, at(day_ahead()), expect=422, **changes)

    assert [error["field"] for error in problem["errors"]] == [field]


# -- conflicts, solved one by one --------------------------------------------------------------------------


def test_what_was_solved_is_booked_in_the_order_of_its_times(booking: Face, process: Json) -> None:
    first = day_ahead(weekday=2)
    moved = at(first + timedelta(weeks=6, days=1), "09:00")

    series = book_series(
        booking.admin, process, at(first, "10:00"), count=4, instead=[{"index": 0, "starts_at": moved}, {"index": 2}]
    )

    expected = [at(first + timedelta(weeks=3), "10:00"), moved, at(first + timedelta(weeks=9), "10:00")]
    assert [session["starts_at"] for session in series["sessions"]] == expected
    assert [session["number"] for session in series["sessions"]] == [1, 2, 3]


def test_a_conflict_is_solved_with_one_of_its_alternatives(booking: Face, process: Json, a_process: Make) -> None:
    first = day_ahead()
    book(booking.admin, a_process(supervisor_id=process["supervisor_id"]), at(first, "10:00"))
    (conflict,) = book_series(booking.admin, process, at(first, "10:00"), expect=409)["conflicts"]
    solution = {"index": conflict["index"], "starts_at": conflict["alternatives"][0]["starts_at"]}

    series = book_series(booking.admin, process, at(first, "10:00"), instead=[solution])

    assert len(series["sessions"]) == 12


def test_two_occurrences_never_get_one_time(booking: Face, process: Json) -> None:
    first = day_ahead(weekday=2)
    again = {"index": 1, "starts_at": at(first, "10:30")}

    problem = book_series(booking.admin, process, at(first, "10:00"), expect=409, count=3, instead=[again])

    assert [(one["index"], one["reason"]) for one in problem["conflicts"]] == [(1, "taken")]


def test_solutions_of_a_client_fill_each_others_limits(booking: Face, process: Json) -> None:
    first = day_ahead(weekday=2)
    keep_hours(booking.admin, process["supervisor_id"], holidays=None, weekly_limit=1)
    again = {"index": 1, "starts_at": at(first + timedelta(days=1), "10:00")}

    problem = book_series(
        client_of(booking, process), process, at(first, "10:00"), expect=409, count=3, instead=[again]
    )

    assert [(one["index"], one["reason"]) for one in problem["conflicts"]] == [(1, "limit")]


@pytest.mark.parametrize(
    "instead",
    [
        [{"index": 0}, {"index": 0}],
        [{"index": 3}],
        [{"index": 0}, {"index": 1}, {"index": 2}],
        [{"index": 1, "starts_at": "2020-01-07T10:00:00Z"}],
    ],
)
def test_solutions_that_make_no_sense_are_refused(booking: Face, process: Json, instead: list[Json]) -> None:
    book_series(booking.admin, process, at(day_ahead(), "10:00"), expect=422, count=3, instead=instead)
