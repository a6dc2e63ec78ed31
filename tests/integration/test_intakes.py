"""First talks: held, confirmed by one, moved, called off, expired by themselves, and what they lead to."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select

from services.booking import intakes
from services.booking.models import Intake
from services.database import Database, transaction
from services.events.outbox import Staged
from services.web.links import secret
from tests.integration.conftest import Face
from tests.integration.diary import Json, at, book, day_ahead, keep_hours, slots

Make = Callable[..., Json]


@pytest.fixture
def supervisor(booking_api: TestClient, a_supervisor: Make) -> Json:
    supervisor = a_supervisor()
    keep_hours(booking_api, supervisor["id"])
    return supervisor


def ask(booking: Face, supervisor: Json, when: str, expect: int = 202, **changes: object) -> Json:
    wish = {
        "supervisor_id": supervisor["id"],
        "starts_at": when,
        "name": "Aino Virtanen",
        "email": "aino@example.fi",
        "organisation": "Esimerkki Oy",
        "message": "Tiimimme kaipaa työnohjausta.\nMilloin ehtisit?",
    }
    answer = booking.anonymous().post("/api/v1/intakes", json=wish | changes)
    assert answer.status_code == expect, answer.text
    body: Json = answer.json()
    return body


def key_of(booking: Face, intake: Json) -> str:
    """The secret that the notifier prints into the letter."""
    with Database(booking.engine) as db:
        return secret(booking.settings.link_key, db.get_one(Intake, UUID(intake["id"])).link)


def act(booking: Face, intake: Json, action: str, expect: int = 200, **body: object) -> Json:
    """What somebody does who holds the link of the letter."""
    answer = booking.anonymous().post(
        f"/api/v1/intakes/{intake['id']}/{action}", json={"secret": key_of(booking, intake)} | body
    )
    assert answer.status_code == expect, answer.text
    told: Json = answer.json()
    return told


def outcome(booking: Face, intake: Json, expect: int = 200, **wish: object) -> Json:
    answer = booking.admin.post(f"/api/v1/intakes/{intake['id']}/outcome", json=wish)
    assert answer.status_code == expect, answer.text
    body: Json = answer.json()
    return body


def told(booking: Face, intake: Json) -> list[tuple[str, str]]:
    """The type and the status of each event about a talk."""
    with transaction(booking.engine) as db:
        query = select(Staged).where(Staged.aggregate == f"intake/{intake['id']}").order_by(col(Staged.version))
        return [(one.envelope["type"], one.envelope["data"]["status"]) for one in db.scalars(query)]  # type: ignore[index,misc]


def test_a_time_is_held_for_half_an_hour_and_shows_nothing_of_anybody(booking: Face, supervisor: Json) -> None:
    day = day_ahead()

    intake = ask(booking, supervisor, at(day, "10:00"))

    assert intake["status"] == "held"
    assert intake["ends_at"] == at(day, "10:45")
    assert set(intake) == {"id", "status", "starts_at", "ends_at", "expires_at"}
    assert at(day, "10:00") not in slots(booking.admin, supervisor["id"], day)
    assert told(booking, intake) == [("intake.requested.v1", "held")]


def test_a_first_talk_is_as_long_as_the_supervisor_says(booking: Face, supervisor: Json) -> None:
    keep_hours(booking.admin, supervisor["id"], intake_minutes=60)

    assert ask(booking, supervisor, at(day_ahead(), "10:00"))["ends_at"] == at(day_ahead(), "11:00")


def test_the_slots_for_first_talks_are_asked_for_without_a_form(booking: Face, supervisor: Json) -> None:
    answer = booking.admin.get(f"/api/v1/supervisors/{supervisor['id']}/slots", params={"from": str(day_ahead())})

    first = answer.json()["slots"][0]
    assert (first["starts_at"], first["ends_at"]) == (at(day_ahead(), "08:00"), at(day_ahead(), "08:45"))


def test_confirming_twice_is_confirming_once(booking: Face, supervisor: Json) -> None:
    intake = ask(booking, supervisor, at(day_ahead()))

    first, second = (act(booking, intake, "confirm") for _ in range(2))

    assert first == second
    assert first["status"] == "confirmed"
    assert told(booking, intake) == [("intake.requested.v1", "held"), ("intake.confirmed.v1", "confirmed")]


def test_a_held_time_is_taken_for_everybody(booking: Face, supervisor: Json, a_process: Make) -> None:
    day = day_ahead()
    ask(booking, supervisor, at(day, "10:00"))

    problem = ask(booking, supervisor, at(day, "10:15"), expect=409)
    book(booking.admin, a_process(supervisor_id=supervisor["id"]), at(day, "10:00"), expect=409)

    assert problem["type"].endswith("/problems/slot-taken")
    assert problem["alternatives"]


@pytest.mark.parametrize("clock_time", ["07:00", "15:30"])
def test_the_public_is_bound_by_the_hours(booking: Face, supervisor: Json, clock_time: str) -> None:
    problem = ask(booking, supervisor, at(day_ahead(), clock_time), expect=409)

    assert problem["reason"] == "outside-hours"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "aino"}, "email"),
        ({"email": "aino@example.fi\r\nBcc: all@example.fi"}, "email"),
        ({"name": ""}, "name"),
        ({"name": "Aino\r\nVirtanen"}, "name"),
        ({"message": "x" * 5001}, "message"),
        ({"starts_at": "2020-01-01T10:00:00Z"}, "starts_at"),
        ({"starts_at": "2026-12-01T10:00:00"}, "starts_at"),
    ],
)
def test_a_bad_wish_is_refused_by_the_name_of_its_field(
    booking: Face, supervisor: Json, changes: Json, field: str
) -> None:
    problem = ask(booking, supervisor, at(day_ahead()), expect=422, **changes)

    assert [error["field"] for error in problem["errors"]] == [field]


def test_an_expired_hold_is_free_at_once_and_can_no_longer_be_confirmed(
    booking: Face, supervisor: Json, a_process: Make, clock: Callable[[timedelta], None]
) -> None:
    day = day_ahead()
    intake = ask(booking, supervisor, at(day, "10:00"))
    clock(timedelta(minutes=31))

    assert at(day, "10:00") in slots(booking.admin, supervisor["id"], day)
    problem = act(booking, intake, "confirm", expect=410)
    book(booking.admin, a_process(supervisor_id=supervisor["id"]), at(day, "10:00"))

    assert problem["type"].endswith("/problems/intake-expired")
    assert problem["alternatives"][0]["starts_at"] == at(day, "10:00")


def test_a_hold_expires_by_itself(booking: Face, supervisor: Json, clock: Callable[[timedelta], None]) -> None:
    intake = ask(booking, supervisor, at(day_ahead()))
    other = ask(booking, supervisor, at(day_ahead(), "12:00"))
    act(booking, other, "confirm")
    clock(timedelta(minutes=31))

    assert intakes.expire_due(booking.engine) is False
    assert intakes.expire_due(booking.engine) is False

    assert told(booking, intake)[1:] == [("intake.cancelled.v1", "expired")]
    assert booking.admin.get(f"/api/v1/intakes/{intake['id']}").json()["status"] == "expired"
    assert booking.admin.get(f"/api/v1/intakes/{other['id']}").json()["status"] == "confirmed"


def test_of_many_who_want_one_time_exactly_one_gets_it(booking: Face, supervisor: Json) -> None:
    wish = {"supervisor_id": supervisor["id"], "starts_at": at(day_ahead()), "name": "Aino", "email": "a@example.fi"}

    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: booking.anonymous().post("/api/v1/intakes", json=wish), range(24)))

    assert sorted({answer.status_code for answer in answers}) == [202, 409]
    assert [answer.status_code for answer in answers].count(202) == 1


def test_at_the_moment_of_expiry_either_the_guest_or_the_booking_wins(
    booking: Face, supervisor: Json, a_process: Make
) -> None:
    """A hold about to expire is confirmed while a booking wants its time: one of the two gets it, never both."""
    process = a_process(supervisor_id=supervisor["id"])
    for week in range(6):
        start = at(day_ahead(14 + 7 * week))
        intake = ask(booking, supervisor, start)
        with transaction(booking.engine) as db:
            db.connection().exec_driver_sql("UPDATE occupied_time SET expires_at = now() WHERE expires_at IS NOT NULL")
        key, wish = key_of(booking, intake), {"process_id": process["id"], "starts_at": start, "mode": "onsite"}
        with ThreadPoolExecutor(2) as both:
            confirmed = both.submit(
                booking.anonymous().post, f"/api/v1/intakes/{intake['id']}/confirm", json={"secret": key}
            )
            booked = both.submit(booking.admin.post, "/api/v1/sessions", json=wish)

        assert (confirmed.result().status_code, booked.result().status_code) in [(200, 409), (410, 201)]


def test_a_confirmed_talk_moves_by_its_link(booking: Face, supervisor: Json) -> None:
    day = day_ahead()
    intake = ask(booking, supervisor, at(day, "10:00"))
    act(booking, intake, "move", expect=409, starts_at=at(day, "12:00"))
    act(booking, intake, "confirm")

    moved = act(booking, intake, "move", starts_at=at(day, "12:00"))
    act(booking, intake, "move", expect=409, starts_at=at(day, "06:00"))

    assert (moved["starts_at"], moved["ends_at"]) == (at(day, "12:00"), at(day, "12:45"))
    assert at(day, "10:00") in slots(booking.admin, supervisor["id"], day)
    assert told(booking, intake)[-1] == ("intake.confirmed.v1", "confirmed")


def test_a_cancelled_talk_gives_its_time_back(booking: Face, supervisor: Json) -> None:
    day = day_ahead()
    intake = ask(booking, supervisor, at(day, "10:00"))
    act(booking, intake, "confirm")

    act(booking, intake, "cancel")
    act(booking, intake, "cancel")

    assert at(day, "10:00") in slots(booking.admin, supervisor["id"], day)
    assert [status for _, status in told(booking, intake)] == ["held", "confirmed", "cancelled"]
    assert act(booking, intake, "confirm", expect=409)["type"].endswith("/problems/intake-is-cancelled")


def test_a_talk_is_managed_only_by_its_own_link_or_its_supervisor(booking: Face, supervisor: Json) -> None:
    mine, other = (ask(booking, supervisor, at(day_ahead(), clock)) for clock in ("10:00", "12:00"))
    path = f"/api/v1/intakes/{mine['id']}/confirm"

    assert booking.anonymous().post(path).status_code == 401
    assert booking.anonymous().post(path, json={"secret": key_of(booking, other)}).status_code == 404
    assert booking.anonymous().post(path, json={"secret": "x" * 43}).status_code == 404
    assert booking.anonymous().get(f"/api/v1/intakes/{mine['id']}").status_code == 401
    assert booking.admin.post(path).json()["status"] == "confirmed"


def test_a_talk_can_lead_to_a_process(booking: Face, supervisor: Json, a_client: Make) -> None:
    intake = ask(booking, supervisor, at(day_ahead()))
    person = {"first_name": "Aino", "last_name": "Virtanen", "email": "aino@example.fi"}
    wish = {
        "client_id": a_client()["id"],
        "supervisor_id": supervisor["id"],
        "form": "individual",
        "title": "Esihenkilön työnohjaus",
        "planned_sessions": 8,
        "session_minutes": 60,
        "participants": [person],
    }
    outcome(booking, intake, expect=409, start=True)
    act(booking, intake, "confirm")
    outcome(booking, intake, expect=422, start=False, process=wish)

    led_to = outcome(booking, intake, start=True, recommended_form="individual", process=wish)

    process = booking.admin.get(f"/api/v1/processes/{led_to['process_id']}").json()
    assert (process["title"], led_to["start"], led_to["recommended_form"]) == (wish["title"], True, "individual")
    outcome(booking, intake, expect=409, start=True, process=wish)
    assert outcome(booking, intake, start=False)["start"] is False


def test_supervisors_see_the_talks_asked_of_them(booking: Face, supervisor: Json, a_supervisor: Make) -> None:
    intake = ask(booking, supervisor, at(day_ahead()))
    stranger = a_supervisor()
    given = booking.admin.post(f"/api/v1/supervisors/{stranger['id']}/credentials").json()
    their_api = booking.as_(given["client_id"], given["client_secret"])

    listed = booking.admin.get("/api/v1/intakes", params={"supervisor_id": supervisor["id"], "status": "held"}).json()

    assert [one["id"] for one in listed["items"]] == [intake["id"]]
    assert their_api.get("/api/v1/intakes").json()["items"] == []
    assert their_api.get(f"/api/v1/intakes/{intake['id']}").status_code == 404
