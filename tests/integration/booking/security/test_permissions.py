"""Who may do what: every route of the API, tried by everybody, on what belongs to somebody else.

A new route has to be entered in `ROUTES`, with a body that would be good from the right person.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.integration.conftest import Face, Json, a_person, created
from tests.support.diary import at, book, day_ahead, keep_hours
from tests.support.evaluation import a_goal, agree, rounds

Make = Callable[..., Json]

CONTACT = {"first_name": "Eero", "last_name": "Åman", "email": "eero@example.fi"}
CLIENT = {"kind": "person", "name": "Eero Åman", "contact": CONTACT, "payer_type": "consumer"}

CALENDAR = {"url": "https://calendar.example.fi/busy.ics"}

WEBHOOK = {"url": "https://ohjelma.example/"}

PUBLIC = {
    ("POST", "/oauth/token"),
    ("POST", "/api/v1/logins"),
    ("POST", "/api/v1/intakes"),
    ("GET", "/api/v1/calendar/{secret}.ics"),
}

ROUTES: dict[tuple[str, str], Json | list[Json] | None] = {
    ("GET", "/supervisors/{supervisor_id}"): None,
    ("PATCH", "/supervisors/{supervisor_id}"): {"name": "Minä"},
    ("GET", "/supervisors/{supervisor_id}/credentials"): None,
    ("POST", "/supervisors/{supervisor_id}/credentials"): None,
    ("DELETE", "/supervisors/{supervisor_id}/credentials/{client_id}"): None,
    ("GET", "/supervisors/{supervisor_id}/availability"): None,
    ("PUT", "/supervisors/{supervisor_id}/availability"): {"weekly": []},
    ("GET", "/supervisors/{supervisor_id}/slots"): None,
    ("GET", "/supervisors/{supervisor_id}/page"): None,
    ("PUT", "/supervisors/{supervisor_id}/page"): {"introduction": "Minä"},
    ("POST", "/supervisors/{supervisor_id}/deactivate"): None,
    ("POST", "/supervisors/{supervisor_id}/activate"): None,
    ("GET", "/supervisors/{supervisor_id}/absences"): None,
    ("POST", "/supervisors/{supervisor_id}/absences"): {
        "starts_at": "2030-01-01T00:00:00Z",
        "ends_at": "2030-01-02T00:00:00Z",
    },
    ("DELETE", "/supervisors/{supervisor_id}/absences/{absence_id}"): None,
    ("GET", "/supervisors/{supervisor_id}/calendars"): None,
    ("POST", "/supervisors/{supervisor_id}/calendars"): CALENDAR,
    ("DELETE", "/supervisors/{supervisor_id}/calendars/{import_id}"): None,
    ("GET", "/clients/{client_id}"): None,
    ("PATCH", "/clients/{client_id}"): {"name": "Minä"},
    ("GET", "/clients/{party_id}/credentials"): None,
    ("POST", "/clients/{party_id}/credentials"): None,
    ("DELETE", "/clients/{party_id}/credentials/{client_id}"): None,
    ("GET", "/processes/{process_id}"): None,
    ("PATCH", "/processes/{process_id}"): {"title": "Minun"},
    ("POST", "/processes/{process_id}/close"): None,
    ("POST", "/processes/{process_id}/accept"): None,
    ("POST", "/processes/{process_id}/decline"): None,
    ("POST", "/processes/{process_id}/series"): {
        "first_starts_at": "2030-01-02T10:00:00Z",
        "every_weeks": 3,
        "count": 2,
        "mode": "onsite",
    },
    ("POST", "/processes/{process_id}/participants"): a_person(),
    ("GET", "/processes/{process_id}/participants/{participant_id}"): None,
    ("PATCH", "/processes/{process_id}/participants/{participant_id}"): {"email": "minun@example.fi"},
    ("DELETE", "/processes/{process_id}/participants/{participant_id}"): None,
    ("POST", "/processes/{process_id}/participants/{participant_id}/accept-address"): None,
    ("GET", "/processes/{process_id}/proposals"): None,
    ("POST", "/processes/{process_id}/proposals/{proposal_id}/accept"): None,
    ("DELETE", "/processes/{process_id}/proposals/{proposal_id}"): None,
    ("GET", "/participants/{participant_id}/export"): None,
    ("DELETE", "/participants/{participant_id}"): None,
    ("GET", "/sessions/{session_id}"): None,
    ("PATCH", "/sessions/{session_id}"): {"location": "Minun luonani"},
    ("POST", "/sessions/{session_id}/cancel"): {},
    ("POST", "/sessions/{session_id}/attendance"): {"present": ["00000000-0000-4000-8000-000000000000"]},
    ("GET", "/processes/{process_id}/goals"): None,
    ("PUT", "/processes/{process_id}/goals"): [a_goal("Minun")],
    ("GET", "/processes/{process_id}/evaluations"): None,
    ("POST", "/processes/{process_id}/evaluations"): {"phase": "mid", "due": "2030-01-02"},
    ("GET", "/evaluations/{evaluation_id}"): None,
    ("POST", "/evaluations/{evaluation_id}/answers"): {"consensus": True, "comment": "Minun"},
    ("POST", "/evaluations/{evaluation_id}/close"): None,
    ("GET", "/sessions/{session_id}/feedback"): None,
    ("GET", "/sessions/{session_id}/summary"): None,
    ("PUT", "/sessions/{session_id}/summary"): {"themes": ["Minun"]},
    ("POST", "/sessions/{session_id}/summary/publish"): {},
    ("PATCH", "/sessions/{session_id}/summary/actions/{action_id}"): {"done": True},
    ("GET", "/sessions/{session_id}/note"): None,
    ("PUT", "/sessions/{session_id}/note"): {"text": "Minun"},
    ("DELETE", "/sessions/{session_id}/note"): None,
    ("GET", "/intakes/{intake_id}"): None,
    ("POST", "/intakes/{intake_id}/confirm"): {},
    ("POST", "/intakes/{intake_id}/cancel"): {},
    ("POST", "/intakes/{intake_id}/move"): {"starts_at": "2030-01-02T10:00:00Z"},
    ("POST", "/intakes/{intake_id}/address"): {"email": "toinen@example.fi"},
    ("POST", "/intakes/{intake_id}/outcome"): {"start": True},
    ("GET", "/webhooks/{webhook_id}"): None,
    ("GET", "/webhooks/{webhook_id}/deliveries"): None,
    ("POST", "/webhooks/{webhook_id}/deliveries/{event_id}/resend"): None,
    ("POST", "/webhooks/{webhook_id}/test"): None,
    ("POST", "/webhooks/{webhook_id}/secret"): None,
    ("POST", "/webhooks/{webhook_id}/enable"): None,
    ("DELETE", "/webhooks/{webhook_id}"): None,
}

COLLECTIONS: dict[tuple[str, str], Json | None] = {
    ("GET", "/practice"): None,
    ("PUT", "/practice"): {"name": "Minun"},
    ("PUT", "/practice/logo"): None,
    ("DELETE", "/practice/logo"): None,
    ("GET", "/supervisors"): None,
    ("POST", "/supervisors"): {"name": "Minä", "email": "mina@example.fi"},
    ("GET", "/clients"): None,
    ("POST", "/clients"): CLIENT,
    ("GET", "/processes"): None,
    ("POST", "/processes"): None,
    ("GET", "/sessions"): None,
    ("POST", "/sessions"): None,
    ("GET", "/intakes"): None,
    ("GET", "/benefits"): None,
    ("GET", "/webhooks"): None,
    ("POST", "/webhooks"): WEBHOOK,
    ("GET", "/events"): None,
}

FOR_EVERY_CLIENT = {("GET", "/supervisors/{supervisor_id}"), ("GET", "/supervisors/{supervisor_id}/slots")}


@dataclass(frozen=True)
class World:
    """One practice with all that it can hold, and the ones who have nothing to do with it."""

    booking: Face
    ids: dict[str, str]
    own_client: TestClient
    own_supervisor: TestClient
    strangers: dict[str, TestClient]

    def ask(self, api: TestClient, method: str, path: str, body: Any) -> Any:
        address = "/api/v1" + path.format(**self.ids)
        content = None if method in ("GET", "DELETE") else body
        return api.request(method, address, json=content, headers={"If-Match": "*"})


@pytest.fixture
def world(booking: Face, a_supervisor: Make, a_client: Make, a_process: Make) -> World:
    return a_world(booking, a_supervisor, a_client, a_process)


def a_world(booking: Face, a_supervisor: Make, a_client: Make, a_process: Make) -> World:
    admin = booking.admin
    supervisor, client = a_supervisor(), a_client()
    process = a_process(form="pair", participants=2, supervisor_id=supervisor["id"], client_id=client["id"])
    keep_hours(admin, supervisor["id"])
    session = book(admin, process, at(day_ahead()))
    agree(admin, process, a_goal())
    summary = {"themes": ["Roolit"], "actions": [{"text": "Sovitaan kokouksesta"}]}
    talk = {"supervisor_id": supervisor["id"], "starts_at": at(day_ahead(), "14:00"), "name": "Ulla", "email": "u@b.fi"}
    absence = {"starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-02T00:00:00Z"}
    ids = {
        "supervisor_id": supervisor["id"],
        "party_id": client["id"],
        "process_id": process["id"],
        "participant_id": process["participants"][0]["id"],
        "session_id": session["id"],
        "evaluation_id": rounds(admin, process)[0]["id"],
        "action_id": admin.put(f"/api/v1/sessions/{session['id']}/summary", json=summary).json()["actions"][0]["id"],
        "intake_id": admin.post("/api/v1/intakes", json=talk).json()["id"],
        "import_id": created(admin.post(f"/api/v1/supervisors/{supervisor['id']}/calendars", json=CALENDAR))["id"],
        "absence_id": created(admin.post(f"/api/v1/supervisors/{supervisor['id']}/absences", json=absence))["id"],
    }
    own_supervisor = with_credentials(booking, f"/api/v1/supervisors/{supervisor['id']}")
    own_supervisor.put(f"/api/v1/sessions/{session['id']}/note", json={"text": "Vain minulle"})
    ids |= {
        "webhook_id": created(own_supervisor.post("/api/v1/webhooks", json=WEBHOOK))["id"],
        "event_id": session["id"],
    }
    own_client = with_credentials(booking, f"/api/v1/clients/{client['id']}")
    proposed = own_client.post(f"/api/v1/processes/{process['id']}/participants", json=a_person(7))
    return World(
        booking,
        ids | {"client_id": client["id"], "proposal_id": proposed.json()["id"]},
        own_client=own_client,
        own_supervisor=own_supervisor,
        strangers={
            "client": with_credentials(booking, f"/api/v1/clients/{a_client()['id']}"),
            "supervisor": with_credentials(booking, f"/api/v1/supervisors/{a_supervisor()['id']}"),
        },
    )


def with_credentials(booking: Face, party: str) -> TestClient:
    issued = created(booking.admin.post(f"{party}/credentials"))
    return booking.as_(issued["client_id"], issued["client_secret"])


def described(booking: Face) -> Iterator[tuple[str, str]]:
    for path, methods in booking.app.openapi()["paths"].items():
        for method in methods:
            yield method.upper(), path


def test_every_route_is_tried(booking: Face) -> None:
    tried = {(method, f"/api/v1{path}") for method, path in (*ROUTES, *COLLECTIONS)} | PUBLIC

    assert set(described(booking)) == tried


def test_nobody_asks_without_a_token(world: World) -> None:
    for (method, path), body in (ROUTES | COLLECTIONS).items():
        answer = world.ask(world.booking.anonymous(), method, path, body)
        assert (answer.status_code, answer.headers.get("WWW-Authenticate")) == (401, "Bearer"), (method, path)


@pytest.mark.parametrize("role", ["client", "supervisor"])
def test_strangers_find_nothing_and_change_nothing(world: World, role: str) -> None:
    before = everything_seen(world)

    for (method, path), body in ROUTES.items():
        answer = world.ask(world.strangers[role], method, path, body)
        if role == "client" and (method, path) in FOR_EVERY_CLIENT:
            assert answer.status_code == 200
        else:
            assert answer.status_code in (403, 404), (method, path, answer.status_code)

    assert everything_seen(world) == before


def everything_seen(world: World) -> list[Json]:
    """What those may see who run the practice; a note is the supervisor's alone, a credential the admin's."""
    seen = [
        (api, path) for method, path in ROUTES if method == "GET" for api in (world.booking.admin, world.own_supervisor)
    ]
    answers = [world.ask(api, "GET", path, None) for api, path in seen]
    return [answer.json() for answer in answers if answer.status_code == 200]


@pytest.mark.parametrize("role", ["client", "supervisor"])
def test_lists_of_strangers_are_empty_of_others(world: World, role: str) -> None:
    stranger = world.strangers[role]

    if role == "supervisor":
        assert stranger.get("/api/v1/intakes").json()["items"] == []
    assert stranger.get("/api/v1/processes").json()["items"] == []
    assert stranger.get("/api/v1/sessions").json()["items"] == []
    assert world.ids["party_id"] not in stranger.get("/api/v1/clients").text
    assert world.ids["participant_id"] not in stranger.get("/api/v1/processes").text


@pytest.mark.parametrize("role", ["client", "supervisor"])
def test_a_process_is_opened_only_for_oneself(world: World, role: str) -> None:
    wanted = {
        "client_id": world.ids["party_id"],
        "supervisor_id": world.ids["supervisor_id"],
        "form": "individual",
        "title": "Toisen",
        "planned_sessions": 1,
        "session_minutes": 60,
        "participants": [a_person()],
    }
    session = {"process_id": world.ids["process_id"], "starts_at": at(day_ahead(20)), "mode": "onsite"}

    assert world.strangers[role].post("/api/v1/processes", json=wanted).status_code == 404
    assert world.strangers[role].post("/api/v1/sessions", json=session).status_code == 404
    assert world.own_client.post("/api/v1/processes", json=wanted).status_code == 201
    assert world.own_supervisor.post("/api/v1/processes", json=wanted).status_code == 201


def test_only_an_admin_adds_supervisors_and_clients_are_not_the_clients_to_add(world: World) -> None:
    new = COLLECTIONS["POST", "/supervisors"]
    assert world.own_supervisor.post("/api/v1/supervisors", json=new).status_code == 403
    assert world.own_client.post("/api/v1/supervisors", json=new).status_code == 403
    assert world.own_client.post("/api/v1/clients", json=CLIENT).status_code == 403


def test_a_supervisor_sees_the_client_they_entered(world: World) -> None:
    supervisor = world.strangers["supervisor"]
    entered = created(supervisor.post("/api/v1/clients", json=CLIENT))

    assert supervisor.get(f"/api/v1/clients/{entered['id']}").status_code == 200
    assert world.own_supervisor.get(f"/api/v1/clients/{entered['id']}").status_code == 404


def test_a_client_learns_of_supervisors_only_what_concerns_them(world: World) -> None:
    path = f"/api/v1/supervisors/{world.ids['supervisor_id']}"

    shown = world.own_client.get(path)
    assert set(shown.json()) == {"id", "name", "title", "location", "timezone"}
    assert set(world.own_client.get("/api/v1/supervisors").json()["items"][0]) == set(shown.json())
    assert "calendar_url" in world.own_supervisor.get(path).json()


def test_terms_are_not_the_clients_to_set(world: World) -> None:
    path = f"/api/v1/processes/{world.ids['process_id']}"
    cheap = {"cancellation_policy": {"late_fee_percent": 0}}

    for change in (cheap, {"planned_sessions": 1}, {"session_minutes": 75}):
        assert world.own_client.patch(path, json=change, headers={"If-Match": "*"}).status_code == 403
    assert world.own_client.patch(path, json={"title": "Uusi"}, headers={"If-Match": "*"}).status_code == 200
    assert world.own_supervisor.patch(path, json=cheap, headers={"If-Match": "*"}).status_code == 200


def test_revoked_credentials_get_no_token(world: World) -> None:
    party = f"/api/v1/clients/{world.ids['party_id']}/credentials"
    issued = created(world.booking.admin.post(party))
    form = {"grant_type": "client_credentials"} | {name: issued[name] for name in ("client_id", "client_secret")}
    api = world.booking.anonymous()

    assert api.post("/oauth/token", data=form).status_code == 200
    assert world.booking.admin.delete(f"{party}/{issued['client_id']}").status_code == 204
    assert api.post("/oauth/token", data=form).status_code == 401
    assert issued["client_secret"] not in world.booking.admin.get(party).text


def test_guessing_credentials_ends_soon(world: World) -> None:
    api = world.booking.anonymous()
    wrong = {"grant_type": "client_credentials", "client_id": world.booking.settings.admin_client_id}

    answers = [api.post("/oauth/token", data=wrong | {"client_secret": str(guess)}) for guess in range(25)]

    assert [answer.status_code for answer in answers[:20]] == [401] * 20
    assert {answer.status_code for answer in answers[20:]} == {429}
    assert int(answers[-1].headers["Retry-After"]) <= 60
    right = wrong | {"client_secret": world.booking.settings.admin_client_secret}
    assert api.post("/oauth/token", data=right).status_code == 200, "somebody else's mistakes keep nobody out"
    other = wrong | {"client_id": "another", "client_secret": "wrong"}
    assert api.post("/oauth/token", data=other).status_code == 401


def test_http_basic_works_too(world: World) -> None:
    settings = world.booking.settings
    basic = (settings.admin_client_id, settings.admin_client_secret)

    answer = world.booking.anonymous().post("/oauth/token", data={"grant_type": "client_credentials"}, auth=basic)

    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == 3600
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"


GRANT = {"grant_type": "client_credentials"}
SECRET = {"client_id": "nobody", "client_secret": "wrong"}


@pytest.mark.parametrize(
    ("asked", "status", "error"),
    [
        ({"data": SECRET}, 400, "invalid_request"),
        ({"json": GRANT | SECRET}, 400, "invalid_request"),
        ({"data": GRANT | {"client_id": "x" * 1000}}, 400, "invalid_request"),
        ({"data": GRANT, "files": {"client_id": b"a file"}}, 400, "invalid_request"),
        ({"content": b"--", "headers": {"Content-Type": "multipart/form-data"}}, 400, "invalid_request"),
        ({"data": GRANT | SECRET, "auth": ("nobody", "wrong")}, 400, "invalid_request"),
        ({"data": {"grant_type": "password"} | SECRET}, 400, "unsupported_grant_type"),
        ({"data": GRANT}, 401, "invalid_client"),
        ({"data": GRANT | SECRET}, 401, "invalid_client"),
        ({"data": GRANT, "auth": ("nobody", "wrong")}, 401, "invalid_client"),
        ({"data": GRANT, "headers": {"Authorization": "Basic %%%"}}, 401, "invalid_client"),
    ],
)  # fmt: skip
def test_a_refused_token_is_told_as_oauth_clients_read_it(
    world: World, asked: dict[str, Any], status: int, error: str
) -> None:
    """RFC 6749 §5.2, whatever the client accepts: Java's own asks for text/html first."""
    asked = asked | {"headers": {"Accept": "text/html, */*; q=.2"} | asked.get("headers", {})}
    answer = world.booking.anonymous().post("/oauth/token", **asked)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["error_description"].isascii()
    assert answer.headers.get("WWW-Authenticate") == ('Basic realm="tyonohjaus"' if status == 401 else None)


def test_a_client_sees_that_there_is_a_round_and_nothing_of_what_was_said(world: World) -> None:
    card = world.ask(world.own_client, "GET", "/evaluations/{evaluation_id}", None)
    listed = world.ask(world.own_client, "GET", "/processes/{process_id}/evaluations", None)

    assert set(card.json()) == {"id", "process_id", "phase", "status", "opened_at", "due", "closed_at", "version"}
    assert listed.json()["items"] == [card.json()]
    for method, path in CONFIDENCES:
        assert world.ask(world.own_client, method, path, ROUTES[method, path]).status_code == 404, (method, path)


CONFIDENCES = [
    (method, path)
    for method, path in ROUTES
    if any(word in path for word in ("goals", "answers", "feedback", "summary", "note"))
]


def test_a_client_does_not_have_words_sent_by_letter(world: World) -> None:
    path = "/processes/{process_id}/participants/{participant_id}"
    wanted = {"summary_in_letter": True}

    assert world.ask(world.own_client, "PATCH", path, wanted).status_code == 403
    assert world.ask(world.own_supervisor, "PATCH", path, wanted).json()["summary_in_letter"] is True


def test_what_only_the_supervisor_was_told_not_even_the_admin_reads(world: World) -> None:
    for path in ("/sessions/{session_id}/note", "/sessions/{session_id}/feedback"):
        assert world.ask(world.booking.admin, "GET", path, None).status_code == 404
        assert world.ask(world.own_supervisor, "GET", path, None).status_code == 200
    assert "answers" not in world.ask(world.booking.admin, "GET", "/evaluations/{evaluation_id}", None).json()
    assert world.ask(world.own_supervisor, "GET", "/evaluations/{evaluation_id}", None).json()["answers"] == []
