"""Meetings over HTTP: who may book what, what moves, what is free again, and what the others are told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select

from services.core.database import Database, transaction
from services.events.outbox import Staged
from tests.integration.conftest import Face
from tests.support.diary import Json, at, book, change, day_ahead, keep_hours, slots

Make = Callable[..., Json]


@pytest.fixture
def process(booking_api: TestClient, a_process: Make) -> Json:
    """An individual process with a supervisor who keeps office hours."""
    process = a_process()
    keep_hours(booking_api, process["supervisor_id"])
    return process


@pytest.fixture
def client_api(booking: Face, booking_api: TestClient, process: Json) -> TestClient:
    """Booking's HTTP face, spoken to by the client of the process."""
    return as_client(booking, process["client_id"])


def as_client(booking: Face, client_id: str) -> TestClient:
    given = booking.admin.post(f"/api/v1/clients/{client_id}/credentials").json()
    return booking.as_(given["client_id"], given["client_secret"])


def as_supervisor(booking: Face, supervisor_id: str) -> TestClient:
    given = booking.admin.post(f"/api/v1/supervisors/{supervisor_id}/credentials").json()
    return booking.as_(given["client_id"], given["client_secret"])


def told(booking: Face, session: Json) -> list[tuple[str, Json]]:
    """The events about a session, oldest first: their type and what they carry."""
    with transaction(booking.engine) as db:
        query = select(Staged).where(Staged.aggregate == f"session/{session['id']}").order_by(col(Staged.version))
        return [(one.envelope["type"], one.envelope["data"]) for one in db.scalars(query)]  # type: ignore[misc]


def cancel(api: TestClient, session: Json, expect: int = 200, **wish: object) -> Json:
    answer = api.post(f"/api/v1/sessions/{session['id']}/cancel", json=wish)
    assert answer.status_code == expect, answer.text
    body: Json = answer.json()
    return body


def attend(api: TestClient, session: Json, expect: int = 200, **states: object) -> Json:
    answer = api.post(f"/api/v1/sessions/{session['id']}/attendance", json=states)
    assert answer.status_code == expect, answer.text
    body: Json = answer.json()
    return body


# -- until midnight ----------------------------------------------------------------------------------------


def test_a_session_may_last_until_midnight_and_no_longer(booking: Face, client_api: TestClient, process: Json) -> None:
    day = day_ahead()
    kept = keep_hours(booking.admin, process["supervisor_id"], "16:00", "24:00")

    late = book(client_api, process, at(day, "23:00"))

    assert {one["end"] for one in kept["weekly"]} == {"24:00"}
    assert late["ends_at"] == at(day + timedelta(days=1), "00:00")
    over = book(client_api, process, at(day, "23:15"), expect=409)
    assert over["reason"] in ("outside-hours", "taken")
    assert keep_hours(booking.admin, process["supervisor_id"], "00:00", "00:00")["weekly"][0]["start"] == "00:00"


# -- free times to move to ---------------------------------------------------------------------------------


def test_the_times_to_move_to_are_those_without_the_session_itself(
    booking: Face, client_api: TestClient, process: Json
) -> None:
    day, supervisor = day_ahead(), process["supervisor_id"]
    keep_hours(booking.admin, supervisor, slot_step_minutes=30, daily_limit=1)
    session = book(client_api, process, at(day, "10:00"))

    free = slots(client_api, supervisor, day, moving=session["id"])

    assert slots(client_api, supervisor, day) == []
    assert {at(day, "09:30"), at(day, "10:00"), at(day, "10:30")} <= {*free}
    assert change(client_api, session, starts_at=at(day, "10:30"))["starts_at"] == at(day, "10:30")


def test_the_times_to_move_an_intake_to_are_those_without_itself(booking: Face, process: Json) -> None:
    day, supervisor = day_ahead(), process["supervisor_id"]
    wish = {"supervisor_id": supervisor, "starts_at": at(day, "10:00"), "name": "Åke", "email": "ake@example.fi"}
    intake = booking.anonymous().post("/api/v1/intakes", json=wish).json()

    assert at(day, "10:15") in slots(as_supervisor(booking, supervisor), supervisor, day, moving=intake["id"])


def test_nobody_learns_of_the_sessions_of_others_by_moving_them(
    booking: Face, client_api: TestClient, a_process: Make, process: Json
) -> None:
    elsewhere = a_process()
    foreign = book(booking.admin, elsewhere, at(day_ahead()))
    own = book(booking.admin, process, at(day_ahead()))

    def asked(api: TestClient, moving: Json, supervisor: str = process["supervisor_id"]) -> object:
        return api.get(f"/api/v1/supervisors/{supervisor}/slots", params={"moving": moving["id"]}).status_code

    assert asked(client_api, foreign) == 404
    assert asked(client_api, foreign, elsewhere["supervisor_id"]) == 404
    assert asked(client_api, own, elsewhere["supervisor_id"]) == 422
    assert asked(as_supervisor(booking, process["supervisor_id"]), foreign) == 404
    assert asked(client_api, own) == 200


# -- booking ----------------------------------------------------------------------------------------------


def test_a_booked_meeting_has_its_place_its_number_and_its_terms(booking: Face, process: Json) -> None:
    day = day_ahead()

    session = book(booking.admin, process, at(day, "10:00"))

    assert session["ends_at"] == at(day, "11:00")
    assert (session["status"], session["version"], session["number"]) == ("booked", 1, 1)
    assert session["location"] == "Esimerkkikatu 1"
    assert session["free_until"] == at(day - timedelta(days=1), "10:00")
    assert booking.admin.get(f"/api/v1/sessions/{session['id']}").json()["starts_at"] == session["starts_at"]


def test_the_booking_is_told_to_both_readers_with_all_that_they_need(booking: Face, process: Json) -> None:
    session = book(booking.admin, process, at(day_ahead()), mode="remote", join_url="https://meet.example.fi/abc")

    ((kind, event),) = told(booking, session)

    assert kind == "session.booked.v1"
    assert event["join_url"] == "https://meet.example.fi/abc"
    assert event["location"] is None
    assert event["changed_by"] == "supervisor"
    assert event["batch"]["size"] == 1


def test_the_free_time_is_gone_when_it_is_booked_and_there_again_when_it_is_cancelled(
    booking_api: TestClient, process: Json
) -> None:
    day = day_ahead()
    session = book(booking_api, process, at(day, "10:00"))
    assert at(day, "10:00") not in slots(booking_api, process["supervisor_id"], day)

    cancel(booking_api, session)

    assert at(day, "10:00") in slots(booking_api, process["supervisor_id"], day)
    assert book(booking_api, process, at(day, "10:00"))["number"] == 1


def test_a_taken_time_is_refused_with_the_nearest_free_ones(booking_api: TestClient, process: Json) -> None:
    day = day_ahead()
    book(booking_api, process, at(day, "10:00"))

    problem = book(booking_api, process, at(day, "10:30"), expect=409)

    assert problem["type"].endswith("/problems/slot-taken")
    assert [slot["starts_at"] for slot in problem["alternatives"]][:2] == [at(day, "11:00"), at(day, "11:15")]
    assert {slot["starts_at"] for slot in problem["alternatives"]} >= {at(day, "09:00")}


def test_buffers_keep_neighbours_apart(booking_api: TestClient, process: Json) -> None:
    keep_hours(booking_api, process["supervisor_id"], buffer_before_minutes=10, buffer_after_minutes=15)
    day = day_ahead()
    book(booking_api, process, at(day, "10:00"))

    book(booking_api, process, at(day, "11:24"), expect=409)
    book(booking_api, process, at(day, "11:25"))


def test_supervisors_do_not_stand_in_one_anothers_way(booking_api: TestClient, process: Json, a_process: Make) -> None:
    day = day_ahead()
    other = a_process()

    book(booking_api, process, at(day))
    book(booking_api, other, at(day))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts_at": "2026-09-01T09:00:00"}, "starts_at"),
        ({"starts_at": "2020-09-01T09:00:00Z"}, "starts_at"),
        ({"starts_at": "9999-12-31T23:59:59-12:00"}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at"),
        ({"starts_at": 1_900_000_000}, "starts_at"),
        ({"starts_at": "huomenna"}, "starts_at"),
        ({"minutes": 75}, "minutes"),
        ({"minutes": -60}, "minutes"),
        ({"minutes": "tunti"}, "minutes"),
        ({"mode": "puhelin"}, "mode"),
        ({"join_url": "javascript:alert(1)"}, "join_url"),
        ({"join_url": "https://meet.example.fi/\r\nBcc: all@example.fi"}, "join_url"),
        ({"location": "Katu\u0000 1"}, "location"),
        ({"location": "x" * 201}, "location"),
        ({"process_id": "minun"}, "process_id"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_bad_input_is_refused_by_the_name_of_its_field(
    booking_api: TestClient, process: Json, changes: Json, field: str
) -> None:
    problem = book(booking_api, process, at(day_ahead()), expect=422, **changes)

    assert field in [error["field"] for error in problem["errors"]]


# -- what binds clients -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "days", "clock", "reason"),
    [
        ({}, 14, "07:00", "outside-hours"),
        ({}, 14, "15:30", "outside-hours"),
        ({"minimum_notice_hours": 24 * 30}, 14, "10:00", "notice"),
        ({"horizon_days": 10}, 14, "10:00", "horizon"),
    ],
)
def test_a_client_is_bound_by_the_rules_and_the_supervisor_is_not(
    booking: Face, client_api: TestClient, process: Json, rules: Json, days: int, clock: str, reason: str
) -> None:
    keep_hours(booking.admin, process["supervisor_id"], **rules)
    wanted = at(day_ahead(days), clock)

    problem = book(client_api, process, wanted, expect=409)
    book(as_supervisor(booking, process["supervisor_id"]), process, wanted)

    assert problem["type"].endswith("/problems/time-not-offered")
    assert problem["reason"] == reason
    assert problem["errors"][0]["field"] == "starts_at"


def test_a_client_cannot_meet_somebody_who_is_away(
    booking_api: TestClient, client_api: TestClient, process: Json
) -> None:
    day, path = day_ahead(), f"/api/v1/supervisors/{process['supervisor_id']}/absences"
    away = {"starts_at": at(day, "09:00"), "ends_at": f"{day}T24:00:00+02:00", "reason": "Koulutus"}
    absence = booking_api.post(path, json=away).json()

    problem = book(client_api, process, at(day, "11:30"), expect=409)
    assert problem["reason"] == "absence"
    assert "Koulutus" not in str(problem)

    assert booking_api.delete(f"{path}/{absence['id']}").status_code == 204
    book(client_api, process, at(day, "11:30"))


def test_a_full_day_is_full_for_clients_but_not_for_the_supervisor(
    booking_api: TestClient, client_api: TestClient, process: Json
) -> None:
    keep_hours(booking_api, process["supervisor_id"], daily_limit=1)
    day = day_ahead()
    book(client_api, process, at(day, "09:00"))

    assert slots(booking_api, process["supervisor_id"], day) == []
    assert book(client_api, process, at(day, "12:00"), expect=409)["reason"] == "limit"
    book(booking_api, process, at(day, "12:00"))


def test_a_full_week_is_full_also_for_other_days(
    booking_api: TestClient, client_api: TestClient, process: Json
) -> None:
    keep_hours(booking_api, process["supervisor_id"], weekly_limit=2)
    monday = day_ahead(weekday=1)
    book(client_api, process, at(monday, "09:00"))
    second = book(client_api, process, at(monday, "12:00"))

    assert slots(booking_api, process["supervisor_id"], monday, monday + timedelta(days=6)) == []
    cancel(booking_api, second)
    assert slots(booking_api, process["supervisor_id"], monday, monday + timedelta(days=6)) != []


def test_a_client_does_not_see_the_meetings_of_others(booking: Face, process: Json, a_process: Make) -> None:
    mine = book(booking.admin, process, at(day_ahead(), "09:00"))
    stranger = as_client(booking, a_process()["client_id"])

    assert stranger.get(f"/api/v1/sessions/{mine['id']}").status_code == 404
    assert stranger.get("/api/v1/sessions").json()["items"] == []
    cancel(stranger, mine, expect=404)
    change(stranger, mine, expect=404, starts_at=at(day_ahead(), "12:00"))
    book(stranger, process, at(day_ahead(), "12:00"), expect=404)


def test_a_closed_process_takes_no_bookings(booking_api: TestClient, process: Json) -> None:
    assert booking_api.post(f"/api/v1/processes/{process['id']}/close").status_code == 200

    problem = book(booking_api, process, at(day_ahead()), expect=409)

    assert problem["type"].endswith("/problems/process-is-closed")


# -- moving -----------------------------------------------------------------------------------------------


def test_a_moved_meeting_gives_its_time_back(booking: Face, process: Json) -> None:
    day = day_ahead()
    session = book(booking.admin, process, at(day, "10:00"))

    moved = change(booking.admin, session, starts_at=at(day, "13:00"))

    assert (moved["starts_at"], moved["ends_at"], moved["version"]) == (at(day, "13:00"), at(day, "14:00"), 2)
    assert at(day, "10:00") in slots(booking.admin, process["supervisor_id"], day)
    assert at(day, "13:00") not in slots(booking.admin, process["supervisor_id"], day)
    assert [kind for kind, _ in told(booking, session)] == ["session.booked.v1", "session.rescheduled.v1"]


def test_a_meeting_can_move_into_a_part_of_its_own_time(booking_api: TestClient, process: Json) -> None:
    day = day_ahead()
    session = book(booking_api, process, at(day, "10:00"))

    assert change(booking_api, session, starts_at=at(day, "10:30"))["starts_at"] == at(day, "10:30")


def test_a_meeting_stays_where_it_is_when_the_new_time_is_taken(booking_api: TestClient, process: Json) -> None:
    day = day_ahead()
    session = book(booking_api, process, at(day, "10:00"))
    book(booking_api, process, at(day, "12:00"))

    problem = change(booking_api, session, expect=409, starts_at=at(day, "12:30"))

    assert problem["type"].endswith("/problems/slot-taken")
    assert problem["alternatives"]
    assert booking_api.get(f"/api/v1/sessions/{session['id']}").json()["version"] == 1
    assert at(day, "10:00") not in slots(booking_api, process["supervisor_id"], day)


@pytest.mark.parametrize(
    ("own", "wanted", "offered"),
    [
        ("10:00", "11:15", ["11:00", "10:45", "10:30", "10:15", "09:45"]),  # taken
        ("08:00", "07:30", ["08:15", "08:30", "08:45", "09:00", "09:15"]),  # for a client outside the hours
    ],
)
def test_a_refused_move_offers_other_times_than_the_meetings_own(
    booking_api: TestClient, client_api: TestClient, process: Json, own: str, wanted: str, offered: list[str]
) -> None:
    day = day_ahead()
    session = book(booking_api, process, at(day, own))
    book(booking_api, process, at(day, "12:00"))

    for api in (client_api, booking_api) if own == "10:00" else (client_api,):
        problem = change(api, session, expect=409, starts_at=at(day, wanted))
        assert [slot["starts_at"] for slot in problem["alternatives"]] == [at(day, clock) for clock in offered]


def test_what_the_supervisor_moves_is_free_until_it_begins_and_what_a_client_moves_is_not(
    booking_api: TestClient, client_api: TestClient, process: Json
) -> None:
    day = day_ahead()
    session = book(client_api, process, at(day, "10:00"))

    by_supervisor = change(booking_api, session, starts_at=at(day, "12:00"))
    by_client = change(client_api, by_supervisor, starts_at=at(day, "14:00"))

    assert by_supervisor["free_until"] == at(day, "12:00")
    assert by_client["free_until"] == at(day - timedelta(days=1), "14:00")


def test_the_terms_are_frozen_when_the_meeting_is_booked(
    booking_api: TestClient, client_api: TestClient, process: Json
) -> None:
    day = day_ahead()
    session = book(booking_api, process, at(day, "10:00"))
    terms = {"cancellation_policy": {"free_until_hours": 72, "late_fee_percent": 50}}
    path = f"/api/v1/processes/{process['id']}"
    etag = booking_api.get(path).headers["etag"]
    assert booking_api.patch(path, json=terms, headers={"If-Match": etag}).status_code == 200

    moved = change(client_api, session, starts_at=at(day, "12:00"))

    assert moved["free_until"] == at(day - timedelta(days=1), "12:00")
    assert moved["late_fee_percent"] == 100


def test_a_change_of_place_keeps_the_time_and_the_deadline(booking: Face, process: Json) -> None:
    session = book(booking.admin, process, at(day_ahead()))

    moved = change(booking.admin, session, mode="remote", location=None, join_url="https://meet.example.fi/x")
    back = change(booking.admin, moved, mode="onsite")

    assert (moved["mode"], moved["location"], moved["version"]) == ("remote", None, 2)
    assert moved["free_until"] == session["free_until"]
    assert back["location"] == "Esimerkkikatu 1"


def test_a_wish_for_what_is_so_already_tells_nobody(booking: Face, process: Json) -> None:
    session = book(booking.admin, process, at(day_ahead()))

    same = change(booking.admin, session, starts_at=session["starts_at"], mode="onsite", minutes=60)

    assert same["version"] == 1
    assert len(told(booking, session)) == 1


@pytest.mark.parametrize(("headers", "status"), [({}, 428), ({"If-Match": '"7"'}, 412)])
def test_a_change_names_the_version_that_it_changes(
    booking_api: TestClient, process: Json, headers: dict[str, str], status: int
) -> None:
    session = book(booking_api, process, at(day_ahead()))

    answer = booking_api.patch(f"/api/v1/sessions/{session['id']}", json={"minutes": 45}, headers=headers)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts_at": "2020-01-01T10:00:00Z"}, "starts_at"),
        ({"starts_at": None}, "starts_at"),
        ({"minutes": 120}, "minutes"),
        ({"mode": None}, "mode"),
        ({"process_id": "x"}, "process_id"),
    ],
)
def test_a_bad_change_is_refused_by_the_name_of_its_field(
    booking_api: TestClient, process: Json, changes: Json, field: str
) -> None:
    session = book(booking_api, process, at(day_ahead()))

    problem = change(booking_api, session, expect=422, **changes)

    assert [error["field"] for error in problem["errors"]] == [field]


def test_a_client_cannot_dodge_the_fee_by_moving_late(
    booking_api: TestClient, client_api: TestClient, process: Json
) -> None:
    keep_hours(booking_api, process["supervisor_id"], minimum_notice_hours=0)
    soon = (datetime.now(UTC) + timedelta(hours=20)).isoformat()
    session = book(booking_api, process, soon)

    problem = change(client_api, session, expect=409, starts_at=at(day_ahead()))
    change(booking_api, session, starts_at=at(day_ahead()))

    assert problem["type"].endswith("/problems/too-late-to-move")


# -- cancelling -------------------------------------------------------------------------------------------


def test_cancelling_twice_is_cancelling_once(booking: Face, process: Json) -> None:
    session = book(booking.admin, process, at(day_ahead()))

    first = cancel(booking.admin, session, reason="Sairaus")
    second = cancel(booking.admin, session)

    assert (first["status"], first["version"], first["cancelled"]) == ("cancelled", 2, [session["id"]])
    assert (second["status"], second["version"], second["cancelled"]) == ("cancelled", 2, [])
    assert [kind for kind, _ in told(booking, session)] == ["session.booked.v1", "session.cancelled.v1"]
    change(booking.admin, first, expect=409, minutes=45)


def test_a_late_cancellation_is_late_only_when_it_is_not_the_supervisors(
    booking_api: TestClient, client_api: TestClient, process: Json
) -> None:
    keep_hours(booking_api, process["supervisor_id"], minimum_notice_hours=0)
    soon = datetime.now(UTC) + timedelta(hours=20)
    one = book(booking_api, process, soon.isoformat())
    other = book(booking_api, process, (soon + timedelta(hours=1)).isoformat())

    assert cancel(client_api, one)["cancelled_late"] is True
    assert cancel(booking_api, other)["cancelled_late"] is False


def test_the_reason_stays_between_supervisor_and_whoever_gave_it(
    booking: Face, client_api: TestClient, process: Json
) -> None:
    session = book(booking.admin, process, at(day_ahead()))

    answer = cancel(booking.admin, session, reason="Osallistuja on sairaana")

    assert "sairaana" not in str(answer)
    assert "sairaana" not in client_api.get(f"/api/v1/sessions/{session['id']}").text
    assert "sairaana" not in str(told(booking, session))
    assert booking.admin.get(f"/api/v1/sessions/{session['id']}").json()["cancel_reason"] == "Osallistuja on sairaana"


# -- attendance -------------------------------------------------------------------------------------------


def test_attendance_waits_until_the_meeting_has_begun(
    booking: Face, process: Json, clock: Callable[[timedelta], None]
) -> None:
    person = process["participants"][0]["id"]
    session = book(booking.admin, process, at(day_ahead()))
    problem = attend(booking.admin, session, expect=409, present=[person])
    assert problem["type"].endswith("/problems/session-not-begun")

    clock(datetime.fromisoformat(session["starts_at"]) - datetime.now(UTC) + timedelta(minutes=1))
    held = attend(booking.admin, session, present=[person])

    assert (held["status"], held["attendance"]) == ("held", {person: "present"})
    assert told(booking, session)[-1][0] == "session.held.v1"
    assert told(booking, session)[-1][1]["present"] == [person]
    cancel(booking.admin, session, expect=409)


def test_attendance_can_be_corrected(booking: Face, a_process: Make, clock: Callable[[timedelta], None]) -> None:
    process = a_process(form="group", participants=3)
    aino, bertta, celia = (person["id"] for person in process["participants"])
    session = book(booking.admin, process, at(day_ahead()))
    clock(timedelta(days=40))

    first = attend(booking.admin, session, present=[aino], no_show=[bertta, celia])
    same = attend(booking.admin, session, present=[aino], no_show=[bertta, celia])
    corrected = attend(booking.admin, session, present=[aino, celia], excused=[bertta])

    assert (first["version"], same["version"], corrected["version"]) == (2, 2, 3)
    assert corrected["attendance"] == {aino: "present", celia: "present", bertta: "excused"}
    assert told(booking, session)[-1][1]["no_show"] == []


def test_attendance_is_of_members_each_once(
    booking: Face, process: Json, a_process: Make, clock: Callable[[timedelta], None]
) -> None:
    stranger = a_process()["participants"][0]["id"]
    person = process["participants"][0]["id"]
    session = book(booking.admin, process, at(day_ahead()))
    clock(timedelta(days=40))

    problem = attend(booking.admin, session, expect=422, present=[person], excused=[stranger])
    assert [error["field"] for error in problem["errors"]] == ["excused.0"]
    attend(booking.admin, session, expect=422, present=[person], no_show=[person])
    attend(booking.admin, session, expect=422, present=[])


def test_attendance_is_the_supervisors_to_write_and_to_read(
    booking: Face, client_api: TestClient, process: Json, clock: Callable[[timedelta], None]
) -> None:
    person = process["participants"][0]["id"]
    session = book(booking.admin, process, at(day_ahead()))
    clock(timedelta(days=40))

    attend(client_api, session, expect=403, present=[person])
    attend(as_supervisor(booking, process["supervisor_id"]), session, present=[person])

    assert "attendance" not in client_api.get(f"/api/v1/sessions/{session['id']}").json()


# -- lists and transactions -------------------------------------------------------------------------------


def test_meetings_are_listed_by_time_and_by_what_they_are(booking_api: TestClient, process: Json) -> None:
    monday = day_ahead(weekday=1)
    later = book(booking_api, process, at(monday, "14:00"))
    sooner = book(booking_api, process, at(monday, "09:00"))
    gone = cancel(booking_api, book(booking_api, process, at(monday, "11:00")))

    def listed(**query: object) -> list[str]:
        answer = booking_api.get("/api/v1/sessions", params=query)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert listed(process_id=process["id"], status="booked") == [sooner["id"], later["id"]]
    assert listed(supervisor_id=process["supervisor_id"], status="cancelled") == [gone["id"]]
    assert listed(**{"from": str(monday), "to": str(monday)}) == [sooner["id"], gone["id"], later["id"]]
    assert listed(**{"from": at(monday, "10:00"), "to": at(monday, "13:00")}) == [gone["id"]]
    assert listed(**{"from": str(monday + timedelta(days=1))}) == []


def test_what_cannot_be_told_is_not_booked(booking: Face, process: Json) -> None:
    with transaction(booking.engine) as db:
        db.connection().exec_driver_sql("ALTER TABLE outbox_delivery ADD CHECK (attempts > 0) NOT VALID")

    book(booking.admin, process, at(day_ahead()), expect=422)

    with Database(booking.engine) as db:
        assert db.connection().exec_driver_sql("SELECT count(*) FROM session").scalar_one() == 0
        assert db.connection().exec_driver_sql("SELECT count(*) FROM occupied_time").scalar_one() == 0
