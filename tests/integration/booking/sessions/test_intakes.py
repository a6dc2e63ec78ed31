"""First talks: held, confirmed by one, moved, called off, expired by themselves, and what they lead to."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select

from services.booking.models.sessions import Intake
from services.booking.sessions import intakes, undo
from services.core.database import Database, transaction
from services.events.outbox import Staged
from services.web.security.links import digest, secret
from tests.integration.conftest import Browser, Face, answer_login_requests, login_links
from tests.support.diary import Json, at, book, day_ahead, days_ahead, keep_hours, slots

Make = Callable[..., Json]


@pytest.fixture
def supervisor(booking_api: TestClient, a_supervisor: Make) -> Json:
    supervisor = a_supervisor()
    keep_hours(booking_api, supervisor["id"])
    return supervisor


def ask(booking: Face, supervisor: Json, when: str, expect: int = 202, **changes: object) -> Json:
    wanted = {
        "supervisor_id": supervisor["id"],
        "starts_at": when,
        "name": "Aino Virtanen",
        "email": "aino@example.fi",
        "organisation": "Esimerkki Oy",
        "message": "Tiimimme kaipaa työnohjausta.\nMilloin ehtisit?",
    }
    answer = booking.anonymous().post("/api/v1/intakes", json=wanted | changes)
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


def outcome(booking: Face, intake: Json, expect: int = 200, **wanted: object) -> Json:
    answer = booking.admin.post(f"/api/v1/intakes/{intake['id']}/outcome", json=wanted)
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
        ({"message": "x" * 8001}, "message"),
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

    assert intakes.expire_unconfirmed_intakes(booking.engine) is False
    assert intakes.expire_unconfirmed_intakes(booking.engine) is False

    assert told(booking, intake)[1:] == [("intake.cancelled.v1", "expired")]
    assert booking.admin.get(f"/api/v1/intakes/{intake['id']}").json()["status"] == "expired"
    assert booking.admin.get(f"/api/v1/intakes/{other['id']}").json()["status"] == "confirmed"


def test_of_many_who_want_one_time_exactly_one_gets_it(booking: Face, supervisor: Json) -> None:
    wanted = {"supervisor_id": supervisor["id"], "starts_at": at(day_ahead()), "name": "Aino", "email": "a@example.fi"}

    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: booking.anonymous().post("/api/v1/intakes", json=wanted), range(24)))

    assert sorted({answer.status_code for answer in answers}) == [202, 409]
    assert [answer.status_code for answer in answers].count(202) == 1


def test_at_the_moment_of_expiry_either_the_guest_or_the_booking_wins(
    booking: Face, supervisor: Json, a_process: Make
) -> None:
    """A hold about to expire is confirmed while a booking wants its time: one of the two gets it, never both."""
    process = a_process(supervisor_id=supervisor["id"])
    for week in range(6):
        start = at(day_ahead(14 + 7 * week))
        intake = ask(booking, supervisor, start, email=f"aino.{week}@example.fi")
        with transaction(booking.engine) as db:
            db.connection().exec_driver_sql("UPDATE occupied_time SET expires_at = now() WHERE expires_at IS NOT NULL")
        key, wanted = key_of(booking, intake), {"process_id": process["id"], "starts_at": start, "mode": "onsite"}
        with ThreadPoolExecutor(2) as both:
            confirmed = both.submit(
                booking.anonymous().post, f"/api/v1/intakes/{intake['id']}/confirm", json={"secret": key}
            )
            booked = both.submit(booking.admin.post, "/api/v1/sessions", json=wanted)

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


def test_a_refused_move_offers_other_times_than_the_talks_own(booking: Face, supervisor: Json) -> None:
    day = day_ahead()
    ask(booking, supervisor, at(day, "12:00"))
    intake = ask(booking, supervisor, at(day, "11:00"))
    act(booking, intake, "confirm")

    problem = act(booking, intake, "move", expect=409, starts_at=at(day, "11:30"))

    offered = ["11:15", "10:45", "10:30", "10:15", "12:45"]
    assert [slot["starts_at"] for slot in problem["alternatives"]] == [at(day, clock) for clock in offered]


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_corrected_address_gets_a_link_of_its_own_and_the_old_one_ends(
    booking: Face, supervisor: Json, confirmed: bool
) -> None:
    intake = ask(booking, supervisor, at(day_ahead()))
    if confirmed:
        act(booking, intake, "confirm")
    old, path = key_of(booking, intake), f"/api/v1/intakes/{intake['id']}"

    corrected = booking.admin.post(f"{path}/address", json={"email": "aino.oikea@example.fi"})
    again = booking.admin.post(f"{path}/address", json={"email": "aino.oikea@example.fi"})

    assert (corrected.status_code, corrected.json()) == (200, again.json())
    assert corrected.json()["email"] == "aino.oikea@example.fi"
    assert booking.anonymous().post(f"{path}/confirm", json={"secret": old}).status_code == 404
    assert act(booking, intake, "confirm")["status"] == "confirmed"
    requested, is_confirmed = ("intake.requested.v1", "held"), ("intake.confirmed.v1", "confirmed")
    assert told(booking, intake) == (
        [requested, is_confirmed, is_confirmed] if confirmed else [requested, requested, is_confirmed]
    )


@pytest.mark.parametrize(("ended", "status"), [("cancel", 409), ("expire", 410), ("begin", 409)])
def test_what_is_over_has_no_address_to_correct(
    booking: Face, supervisor: Json, clock: Callable[[timedelta], None], ended: str, status: int
) -> None:
    intake = ask(booking, supervisor, at(day_ahead()))
    if ended == "begin":
        act(booking, intake, "confirm")
    if ended == "cancel":
        act(booking, intake, "cancel")
    else:
        clock(timedelta(minutes=31) if ended == "expire" else timedelta(days=30))

    answer = booking.admin.post(f"/api/v1/intakes/{intake['id']}/address", json={"email": "aino.oikea@example.fi"})

    assert answer.status_code == status
    assert booking.admin.get(f"/api/v1/intakes/{intake['id']}").json()["email"] == "aino@example.fi"


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
    wanted = {
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
    outcome(booking, intake, expect=422, start=False, process=wanted)

    led_to = outcome(booking, intake, start=True, recommended_form="individual", process=wanted)

    process = booking.admin.get(f"/api/v1/processes/{led_to['process_id']}").json()
    assert (process["title"], led_to["start"], led_to["recommended_form"]) == (wanted["title"], True, "individual")
    outcome(booking, intake, expect=409, start=True, process=wanted)
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


# -- bounds -------------------------------------------------------------------------------------------------


@pytest.fixture
def behind_proxy(booking: Face) -> Iterator[Face]:
    """Booking, which believes a proxy that says from where it is asked."""
    told = booking.settings
    booking.app.state.settings = told.model_copy(update={"trusted_proxies": 1})
    yield booking
    booking.app.state.settings = told


def hold(
    booking: Face, supervisor: Json, hour: int, network: int = 0, email: str = "", api: TestClient | None = None
) -> Any:
    """Ask for the time that begins so many hours into the days to come, from an address of this network."""
    when = at(days_ahead(1 + hour // 8)[-1], f"{8 + hour % 8:02}:00")
    wanted = {"starts_at": when, "name": "Aino", "email": email or f"aino.{hour}@example.fi"}
    return (api or booking.anonymous()).post(
        "/api/v1/intakes",
        json=wanted | {"supervisor_id": supervisor["id"]},
        headers={"X-Forwarded-For": f"2001:db8:0:{network:x}::{hour + 1:x}"},
    )


def test_a_network_holds_only_a_few_times_however_fast_it_asks(behind_proxy: Face, supervisor: Json) -> None:
    with ThreadPoolExecutor(8) as bots:
        answers = list(bots.map(lambda hour: hold(behind_proxy, supervisor, hour), range(20)))

    refused = [answer for answer in answers if answer.status_code != 202]
    assert len(refused) == 15
    assert {answer.json()["type"].rpartition("/")[2] for answer in refused} == {"too-many-holds"}
    assert {(answer.status_code, answer.headers["Retry-After"]) for answer in refused} == {(429, "1800")}
    assert hold(behind_proxy, supervisor, 20, network=1).status_code == 202
    with behind_proxy.engine.connect() as connection:
        noted = set(connection.execute(select(Intake.network)).scalars())
    assert len(noted) == 2
    guessed = {digest(network) for network in ("2001:db8::/64", "2001:db8:0:1::/64")}
    assert not noted & guessed, "nobody finds a network by trying all"


def test_all_strangers_together_hold_only_some_of_a_supervisors_times(
    behind_proxy: Face, supervisor: Json, clock: Callable[[timedelta], None]
) -> None:
    answers = [hold(behind_proxy, supervisor, hour, network=hour) for hour in range(13)]

    assert [answer.status_code for answer in answers] == [202] * 10 + [429] * 3
    clock(timedelta(minutes=31))
    assert hold(behind_proxy, supervisor, 14, network=14).status_code == 202


def test_a_mailbox_gets_few_letters_and_its_owner_is_not_kept_out(
    behind_proxy: Face, a_supervisor: Make, supervisor: Json
) -> None:
    other = a_supervisor()
    keep_hours(behind_proxy.admin, other["id"])
    answers = [
        hold(
            behind_proxy,
            (supervisor, other)[hour % 2],
            hour,
            hour,
            email=("aino@example.fi", "Aino@Example.fi")[hour % 2],
        )
        for hour in range(6)
    ]
    assert [answer.status_code for answer in answers] == [202] * 4 + [429] * 2

    act(behind_proxy, answers[0].json(), "confirm")
    assert hold(behind_proxy, supervisor, 9, 9, email="aino@example.fi").status_code == 202
    assert hold(behind_proxy, supervisor, 10, 10, email="aino@example.fi").status_code == 429


def test_what_was_called_off_counts_while_it_can_be_taken_back(
    behind_proxy: Face, supervisor: Json, clock: Callable[[timedelta], None]
) -> None:
    browser = behind_proxy.anonymous(Accept="text/html")
    behind_proxy.app.state.settings = behind_proxy.settings.model_copy(update={"talks_per_mailbox": 2})
    for hour in range(2):
        asked = hold(behind_proxy, supervisor, hour, email="aino@example.fi").json()
        act(behind_proxy, asked, "confirm")
        assert browser.post(f"/kartoitus/{key_of(behind_proxy, asked)}/peru").status_code == 303

    assert hold(behind_proxy, supervisor, 2, email="aino@example.fi").status_code == 429
    clock(undo.UNDO_TIME)
    assert hold(behind_proxy, supervisor, 3, email="aino@example.fi").status_code == 202


def test_a_link_changes_a_talk_only_so_often_by_whatever_door(booking: Face, supervisor: Json) -> None:
    days = days_ahead(2)
    intake = ask(booking, supervisor, at(days[0]))
    act(booking, intake, "confirm")

    for turn in range(20):
        act(booking, intake, "move", starts_at=at(days[(turn + 1) % 2]))
    act(booking, intake, "move", 429, starts_at=at(days[1]))
    booking.admin.post(f"/api/v1/intakes/{intake['id']}/move", json={"starts_at": at(days[1])}).raise_for_status()


@pytest.mark.parametrize("has_confirmed", [False, True])
def test_a_mailbox_whose_owner_presses_nothing_gets_few_letters_a_day_from_all_together(
    behind_proxy: Face, a_supervisor: Make, supervisor: Json, clock: Callable[[timedelta], None], has_confirmed: bool
) -> None:
    own = a_supervisor(email="aino@example.fi")
    if has_confirmed:
        act(behind_proxy, hold(behind_proxy, supervisor, 30, 30, email="aino@example.fi").json(), "confirm")
    for _ in range(3):
        behind_proxy.anonymous().post("/api/v1/logins", json={"email": own["email"]})
    answer_login_requests(behind_proxy)

    sent = []
    for half_hour in range(20):
        clock(timedelta(minutes=31 * half_hour))
        intakes.expire_unconfirmed_intakes(behind_proxy.engine)
        sent.append(hold(behind_proxy, supervisor, half_hour, half_hour, email="aino@example.fi").status_code)

    assert (sent[:2], sent.count(202)) == ([202] * 2, 7), "also where something was pressed once, long before"
    Browser(behind_proxy).log_in(own["email"], own["id"])
    assert hold(behind_proxy, supervisor, 20, 20, email="aino@example.fi").status_code == 202


def test_whoever_has_just_pressed_gets_no_more_within_an_hour_than_others(
    behind_proxy: Face, a_supervisor: Make
) -> None:
    """Both spans are counted from the press then, and the stricter limit holds."""
    supervisors = [a_supervisor(email="aino@example.fi"), *(a_supervisor() for _ in range(3))]
    for each in supervisors:
        keep_hours(behind_proxy.admin, each["id"])
    Browser(behind_proxy).log_in("aino@example.fi", supervisors[0]["id"])
    settings = behind_proxy.settings.model_copy(update={"holds_per_mailbox": 20, "trusted_proxies": 1})
    behind_proxy.app.state.settings = settings

    asked = [hold(behind_proxy, supervisors[n % 4], n, n, email="aino@example.fi").status_code for n in range(7)]

    assert asked == [202] * 5 + [429] * 2


def test_a_mailbox_that_has_enough_still_gets_a_link_to_log_in_by(
    behind_proxy: Face, a_supervisor: Make, supervisor: Json, clock: Callable[[timedelta], None]
) -> None:
    own = a_supervisor(email="aino@example.fi")
    for hour in range(4):
        hold(behind_proxy, supervisor, hour, hour, email=own["email"])
    clock(timedelta(minutes=31))
    intakes.expire_unconfirmed_intakes(behind_proxy.engine)
    assert hold(behind_proxy, supervisor, 5, 5, email=own["email"]).status_code == 202
    assert hold(behind_proxy, supervisor, 6, 6, email=own["email"]).status_code == 429

    for _ in range(3):
        behind_proxy.anonymous().post("/api/v1/logins", json={"email": own["email"]})

    assert len(login_links(behind_proxy)) == 1


def test_holds_for_one_mailbox_at_many_supervisors_at_once_are_counted_one_by_one(
    behind_proxy: Face, a_supervisor: Make
) -> None:
    supervisors = [a_supervisor() for _ in range(12)]
    for one in supervisors:
        keep_hours(behind_proxy.admin, one["id"])

    with ThreadPoolExecutor(12) as crowd:
        asked = list(crowd.map(lambda n: hold(behind_proxy, supervisors[n], n, n, email="aino@example.fi"), range(12)))

    assert sorted(answer.status_code for answer in asked) == [202] * 4 + [429] * 8


def test_a_program_of_the_practice_asks_for_all_its_visitors(behind_proxy: Face, supervisor: Json) -> None:
    answers = [hold(behind_proxy, supervisor, hour, api=behind_proxy.admin) for hour in range(8)]

    assert [answer.status_code for answer in answers] == [202] * 8
    assert hold(behind_proxy, supervisor, 8).status_code == 202


def test_a_supervisor_of_another_practice_is_bounded_like_any_stranger(
    behind_proxy: Face, supervisor: Json, a_supervisor: Make
) -> None:
    def speaking(who: Json) -> TestClient:
        given = behind_proxy.admin.post(f"/api/v1/supervisors/{who['id']}/credentials").json()
        return behind_proxy.as_(given["client_id"], given["client_secret"])

    own, other = speaking(supervisor), speaking(a_supervisor())

    assert [hold(behind_proxy, supervisor, hour, api=other).status_code for hour in range(6)] == [202] * 5 + [429]
    assert hold(behind_proxy, supervisor, 6, api=own).status_code == 202


def test_of_one_mailbox_and_one_network_only_some_talks_lie_ahead(behind_proxy: Face, supervisor: Json) -> None:
    def book(hour: int, network: int, email: str = "") -> int:
        answer = hold(behind_proxy, supervisor, hour, network, email)
        if answer.status_code == 202:
            act(behind_proxy, answer.json(), "confirm")
        return int(answer.status_code)

    assert [book(hour, hour, "aino@example.fi") for hour in range(3)] == [202, 202, 429]
    assert [book(hour, 99) for hour in range(3, 10)] == [202] * 6 + [429]


def test_whoever_presses_a_button_in_a_letter_is_not_kept_out_by_what_others_asked_for(
    behind_proxy: Face, supervisor: Json
) -> None:
    """A stranger asks in somebody's name again and again, each time instead of the time before."""
    asked = [hold(behind_proxy, supervisor, hour, hour, "aino@example.fi") for hour in range(4)]
    for answer in asked:
        act(behind_proxy, answer.json(), "cancel")
    assert hold(behind_proxy, supervisor, 5, 50, "aino@example.fi").status_code == 429

    with Database(behind_proxy.engine) as db:
        link = db.get_one(Intake, UUID(asked[0].json()["id"])).link
    page = f"/kartoitus/{secret(behind_proxy.settings.link_key, link)}"
    browser = behind_proxy.anonymous(Accept="text/html")
    assert f'action="{page}/uusi"' in browser.get(page).text
    assert browser.post(f"{page}/uusi").headers["Location"] == f"/varaa/{supervisor['id']}"

    assert hold(behind_proxy, supervisor, 5, 50, "aino@example.fi").status_code == 202


def test_what_is_known_of_a_visitors_network_goes_with_the_hold(
    behind_proxy: Face, supervisor: Json, clock: Callable[[timedelta], None]
) -> None:
    first, second, third = (hold(behind_proxy, supervisor, hour).json() for hour in range(3))
    act(behind_proxy, first, "confirm")
    act(behind_proxy, second, "cancel")
    clock(timedelta(minutes=31))
    intakes.expire_unconfirmed_intakes(behind_proxy.engine)
    clock(timedelta(days=30))
    with transaction(behind_proxy.engine) as db:
        intakes.forget_networks(db, datetime.now(UTC) + timedelta(days=30))

    with Database(behind_proxy.engine) as db:
        rows = [db.get_one(Intake, UUID(intake["id"])) for intake in (first, second, third)]
    assert [(row.status, row.network) for row in rows] == [("confirmed", None), ("cancelled", None), ("expired", None)]
