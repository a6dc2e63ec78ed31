"""A client's first process with a supervisor who does not know it waits for that supervisor's yes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.booking.lifecycle import republishing
from services.booking.sessions.requests import drop_unanswered_requests
from services.core.database import Database
from tests.integration.booking.security.test_permissions import with_credentials
from tests.integration.conftest import Browser, Face, Json, a_person, created, everything
from tests.support.diary import at, book, day_ahead, days_ahead, keep_hours, slots
from tests.support.evaluation import a_goal, told

Make = Callable[..., Json]
Clock = Callable[[timedelta], None]


@pytest.fixture
def supervisor(booking: Face, a_supervisor: Make) -> Json:
    supervisor = a_supervisor()
    keep_hours(booking.admin, supervisor["id"])
    return supervisor


@pytest.fixture
def client(a_client: Make) -> Json:
    return a_client()


@pytest.fixture
def api(booking: Face, client: Json) -> TestClient:
    """Booking, as a program of the client speaks to it."""
    return with_credentials(booking, f"/api/v1/clients/{client['id']}")


@pytest.fixture
def own(booking: Face, supervisor: Json) -> TestClient:
    """Booking, as a program of the supervisor speaks to it."""
    return with_credentials(booking, f"/api/v1/supervisors/{supervisor['id']}")


def wanted(client: Json, supervisor: Json, **changes: object) -> Json:
    return {
        "client_id": client["id"],
        "supervisor_id": supervisor["id"],
        "form": "group",
        "title": "Esihenkilöiden työnohjaus",
        "planned_sessions": 8,
        "session_minutes": 75,
        "participants": [a_person(index) for index in range(3)],
        **changes,
    }


@pytest.fixture
def request_(client: Json, supervisor: Json, api: TestClient) -> Json:
    return created(api.post("/api/v1/processes", json=wanted(client, supervisor)))


def kinds(booking: Face) -> set[str]:
    """The types of all events about processes, their people and their meetings."""
    with booking.engine.connect() as connection:
        rows = connection.execute(text("SELECT DISTINCT envelope->>'type' FROM outbox")).scalars()
        return {kind for kind in rows if kind.split(".")[0] in ("process", "participant", "session", "goals")}


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


AWAITS = (409, "process-awaits-answer")


def test_its_times_are_held_and_nobody_is_told_until_the_supervisor_agrees(
    booking: Face, supervisor: Json, request_: Json, api: TestClient, own: TestClient
) -> None:
    days = days_ahead(4)
    held = [book(api, request_, at(day)) for day in days[:3]]

    assert (request_["status"], {one["status"] for one in held}) == ("requested", {"requested"})
    fourth = {"process_id": request_["id"], "starts_at": at(days[3]), "mode": "onsite"}
    assert problem(api.post("/api/v1/sessions", json=fourth)) == AWAITS
    assert at(days[0]) not in slots(booking.admin, supervisor["id"], days[0])
    assert kinds(booking) == {"process.requested.v1"}
    assert told(booking, "process.requested.v1")[0]["answer_by"] == request_["answer_by"]

    accepted = own.post(f"/api/v1/processes/{request_['id']}/accept")
    again = own.post(f"/api/v1/processes/{request_['id']}/accept")

    assert (accepted.status_code, accepted.json()["status"], again.json()["status"]) == (200, "active", "active")
    assert [one["status"] for one in told(booking, "process.opened.v1")] == ["active"]
    assert len(told(booking, "participant.changed.v1")) == 3
    booked = told(booking, "session.booked.v1")
    assert [one["session_id"] for one in booked] == [one["id"] for one in held]
    assert ({one["batch"]["size"] for one in booked}, len({one["batch"]["id"] for one in booked})) == ({3}, 1)
    assert book(api, request_, at(days[3]))["status"] == "booked"
    assert at(days[0]) not in slots(booking.admin, supervisor["id"], days[0])


def test_nothing_else_can_be_done_with_it_before(
    booking: Face, client: Json, supervisor: Json, request_: Json, api: TestClient, own: TestClient
) -> None:
    path, day = f"/api/v1/processes/{request_['id']}", day_ahead()
    session = book(api, request_, at(day))
    person = request_["participants"][0]["id"]
    match = {"If-Match": "*"}
    series = {"first_starts_at": at(day, "13:00"), "every_weeks": 1, "count": 2, "mode": "onsite"}
    attempts = [
        api.post(f"{path}/series", json=series),
        api.post(f"{path}/participants", json=a_person()),
        api.patch(f"{path}/participants/{person}", json={"email": "oma@example.fi"}, headers=match),
        api.delete(f"{path}/participants/{person}"),
        api.patch(path, json={"title": "Uusi"}, headers=match),
        own.put(f"{path}/goals", json=[a_goal()], headers=match),
        own.post(f"{path}/evaluations", json={"phase": "start", "due": str(day)}),
        own.post(f"{path}/close"),
        api.post("/api/v1/processes", json=wanted(client, supervisor)),
        own.delete(f"/api/v1/participants/{person}"),
    ]
    assert [problem(answer) for answer in attempts] == [AWAITS] * len(attempts)
    hidden = [
        api.patch(f"/api/v1/sessions/{session['id']}", json={"starts_at": at(day, "13:00")}, headers=match),
        own.post(f"/api/v1/sessions/{session['id']}/attendance", json={"present": [person]}),
        own.put(f"/api/v1/sessions/{session['id']}/summary", json={"themes": ["x"]}),
    ]
    assert [answer.status_code for answer in hidden] == [404] * len(hidden)
    path = f"/api/v1/clients/{client['id']}"
    etag = booking.admin.get(path).headers["ETag"]
    assert booking.admin.patch(path, json={"name": "Uusi Oy"}, headers={"If-Match": etag}).status_code == 200
    with Database(booking.engine) as db:
        assert republishing.process_ids(db) == []
    assert kinds(booking) == {"process.requested.v1"}


def test_of_many_requests_at_once_one_waits(booking: Face, client: Json, supervisor: Json, api: TestClient) -> None:
    with ThreadPoolExecutor(6) as crowd:
        answers = list(
            crowd.map(lambda _: api.post("/api/v1/processes", json=wanted(client, supervisor)).status_code, range(6))
        )

    assert sorted(answers) == [201, *[409] * 5]


def test_asking_and_withdrawing_again_and_again_sends_no_flood_of_letters(
    booking: Face, client: Json, supervisor: Json, api: TestClient
) -> None:
    answers = []
    for _ in range(7):
        answers.append(api.post("/api/v1/processes", json=wanted(client, supervisor)))
        if answers[-1].status_code == 201:
            assert api.post(f"/api/v1/processes/{answers[-1].json()['id']}/decline").status_code == 204

    assert [answer.status_code for answer in answers] == [201] * 5 + [429] * 2
    assert "Retry-After" in answers[-1].headers
    assert len(told(booking, "process.requested.v1")) == 5


def test_a_held_time_is_given_up_without_a_word(
    booking: Face, supervisor: Json, request_: Json, api: TestClient
) -> None:
    day = day_ahead()
    session = book(api, request_, at(day))

    assert api.post(f"/api/v1/sessions/{session['id']}/cancel").json()["status"] == "cancelled"

    assert at(day) in slots(booking.admin, supervisor["id"], day)
    assert kinds(booking) == {"process.requested.v1"}


def declined(booking: Face, request_: Json, api: TestClient, own: TestClient, clock: Clock) -> None:
    assert own.post(f"/api/v1/processes/{request_['id']}/decline").status_code == 204


def withdrawn(booking: Face, request_: Json, api: TestClient, own: TestClient, clock: Clock) -> None:
    assert api.post(f"/api/v1/processes/{request_['id']}/decline").status_code == 204


def unanswered(booking: Face, request_: Json, api: TestClient, own: TestClient, clock: Clock) -> None:
    clock(timedelta(days=7, minutes=1))
    assert own.post(f"/api/v1/processes/{request_['id']}/accept").status_code == 404
    assert [drop_unanswered_requests(booking.engine) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("end", [declined, withdrawn, unanswered])
def test_what_is_not_agreed_to_leaves_nothing(
    booking: Face, supervisor: Json, request_: Json, api: TestClient, own: TestClient, clock: Clock, end: Any
) -> None:
    day = day_ahead()
    book(api, request_, at(day))
    end(booking, request_, api, own, clock)

    assert api.get(f"/api/v1/processes/{request_['id']}").status_code == 404
    rests = everything(booking.engine)
    assert not [person["email"] for person in request_["participants"] if person["email"] in rests]
    assert at(day) in slots(booking.admin, supervisor["id"], day)
    assert kinds(booking) == {"process.requested.v1"}


def test_nobody_agrees_for_a_supervisor_who_was_deactivated_meanwhile(
    booking: Face, client: Json, supervisor: Json, api: TestClient
) -> None:
    path = f"/api/v1/processes/{created(api.post('/api/v1/processes', json=wanted(client, supervisor)))['id']}"
    assert booking.admin.post(f"/api/v1/supervisors/{supervisor['id']}/deactivate").status_code == 200

    refused = booking.admin.post(f"{path}/accept")

    assert refused.status_code == 409, refused.text
    assert booking.admin.get(path).json()["status"] == "requested"
    assert booking.admin.post(f"{path}/decline").status_code == 204


def test_only_its_own_supervisor_and_the_admin_agree(
    booking: Face, a_supervisor: Make, a_client: Make, request_: Json, api: TestClient
) -> None:
    path = f"/api/v1/processes/{request_['id']}/accept"
    others = [
        api,
        with_credentials(booking, f"/api/v1/supervisors/{a_supervisor()['id']}"),
        with_credentials(booking, f"/api/v1/clients/{a_client()['id']}"),
    ]

    assert [who.post(path).status_code for who in others] == [403, 404, 403]
    assert booking.admin.post(path).json()["status"] == "active"


@pytest.fixture
def acquainted(request: pytest.FixtureRequest, booking: Face, client: Json, supervisor: Json, clock: Clock) -> Json:
    """A client that the supervisor knows in one of the ways in which it may."""
    match request.param:
        case "entered by the supervisor":
            own = with_credentials(booking, f"/api/v1/supervisors/{supervisor['id']}")
            fields = {name: client[name] for name in ("kind", "name", "payer_type")}
            return created(own.post("/api/v1/clients", json=fields | {"contact": client["contact"]}))
        case "worked with before":
            created(booking.admin.post("/api/v1/processes", json=wanted(client, supervisor)))
        case "talked with":
            talk = a_talk(supervisor, client["contact"]["email"].upper())
            asked = booking.anonymous().post("/api/v1/intakes", json=talk)
            booking.admin.post(f"/api/v1/intakes/{asked.json()['id']}/confirm")
            clock(timedelta(days=30))
    return client


def a_talk(supervisor: Json, email: str) -> Json:
    return {"supervisor_id": supervisor["id"], "starts_at": at(day_ahead()), "name": "Aino", "email": email}


WAYS = ("entered by the supervisor", "worked with before", "talked with")


@pytest.mark.parametrize("acquainted", WAYS, indirect=True)
def test_who_knows_the_client_need_not_be_asked(booking: Face, acquainted: Json, supervisor: Json) -> None:
    api = with_credentials(booking, f"/api/v1/clients/{acquainted['id']}")

    process = created(api.post("/api/v1/processes", json=wanted(acquainted, supervisor)))

    assert (process["status"], process["answer_by"]) == ("active", None)
    assert "process.requested.v1" not in kinds(booking)


def test_a_talk_after_which_the_work_does_not_begin_makes_nobody_known(
    booking: Face, client: Json, supervisor: Json, api: TestClient, clock: Clock
) -> None:
    talk = booking.anonymous().post("/api/v1/intakes", json=a_talk(supervisor, client["contact"]["email"])).json()
    booking.admin.post(f"/api/v1/intakes/{talk['id']}/confirm")
    clock(timedelta(days=30))
    assert booking.admin.post(f"/api/v1/intakes/{talk['id']}/outcome", json={"start": False}).status_code == 200

    assert created(api.post("/api/v1/processes", json=wanted(client, supervisor)))["status"] == "requested"


def test_a_talk_that_is_still_ahead_or_was_never_confirmed_is_none(
    booking: Face, client: Json, supervisor: Json, api: TestClient, clock: Clock
) -> None:
    booking.anonymous().post("/api/v1/intakes", json=a_talk(supervisor, client["contact"]["email"]))
    clock(timedelta(days=30))

    assert created(api.post("/api/v1/processes", json=wanted(client, supervisor)))["status"] == "requested"


def test_the_supervisor_sees_the_request_and_answers_by_a_button(
    client: Json,
    supervisor: Json,
    request_: Json,
    api: TestClient,
    at_desk: Callable[[Json], Browser],
    as_client: Callable[[Json], Browser],
) -> None:
    book(api, request_, at(day_ahead()))
    desk, page = at_desk(supervisor), f"/tyo/pyynnot/{request_['id']}"

    assert page in desk.get("/tyo").text
    shown = desk.get(page).text
    assert all(person["email"] in shown for person in request_["participants"])
    assert desk.get(f"/tyo/prosessit/{request_['id']}").status_code == 409
    assert "odottaa työnohjaajan vastausta" in as_client(client).get("/oma").text
    answered = desk.post(f"{page}/hyvaksy")
    assert "Pyyntö on hyväksytty." in desk.get(answered.headers["Location"]).text
    assert page not in desk.get("/tyo").text
    assert desk.get(page).headers["Location"] == f"/tyo/prosessit/{request_['id']}"
    assert desk.post(f"{page}/hylkaa").status_code == 404


def test_a_request_is_declined_by_a_button(
    supervisor: Json, request_: Json, at_desk: Callable[[Json], Browser]
) -> None:
    desk, page = at_desk(supervisor), f"/tyo/pyynnot/{request_['id']}"

    assert desk.post(f"{page}/hylkaa").headers["Location"] == "/tyo"
    assert desk.get(page).status_code == 404
