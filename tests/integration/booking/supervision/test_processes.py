"""Processes, their participants and what is told of them, through the API on a real database."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from tests.integration.booking.security.test_permissions import with_credentials
from tests.integration.conftest import Face, Json, a_person, created, everything

Make = Callable[..., Json]


def staged(engine: Engine, aggregate: str) -> list[tuple[str, int, Json]]:
    """The events of an aggregate, oldest first: their type, version and data."""
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT envelope, version FROM outbox WHERE aggregate = :aggregate ORDER BY position"),
            {"aggregate": aggregate},
        )
        return [(envelope["type"], version, envelope["data"]) for envelope, version in rows]


def etag(api: TestClient, path: str) -> dict[str, str]:
    return {"If-Match": api.get(path).headers["ETag"]}


def test_a_process_has_a_code_usual_terms_and_its_people_in_order(a_process: Make) -> None:
    process = a_process(form="group", participants=3)

    assert process["code"].startswith("TO-20")
    assert process["status"] == "active"
    assert [person["first_name"] for person in process["participants"]] == ["Liisa", "Pekka", "Åke"]
    assert process["cancellation_policy"] == {
        "free_until_hours": 48,
        "late_fee_percent": 100,
        "no_show_fee_percent": 100,
        "waive_force_majeure": True,
    }
    assert process["reminders"] == {"days_before": [7, 1]}
    assert a_process()["cancellation_policy"]["free_until_hours"] == 24


def test_an_opened_process_is_told_with_its_people(booking: Face, a_process: Make) -> None:
    process = a_process(form="pair", participants=2)

    ((kind, version, data),) = staged(booking.engine, f"process/{process['id']}")
    assert (kind, version) == ("process.opened.v1", 1)
    assert data["participant_ids"] == [person["id"] for person in process["participants"]]
    assert data["client"]["first_name"] == "Aino"
    for person in process["participants"]:
        ((kind, version, data),) = staged(booking.engine, f"participant/{person['id']}")
        assert (kind, version, data["email"]) == ("participant.changed.v1", 1, person["email"])


@pytest.mark.parametrize(
    ("form", "minutes", "participants", "field"),
    [
        ("individual", 75, 1, "session_minutes"),
        ("individual", 60, 2, "participants"),
        ("individual", 45, 0, "participants"),
        ("pair", 60, 2, "session_minutes"),
        ("pair", 75, 3, "participants"),
        ("team", 120, 1, "participants"),
        ("group", 90, 4, "session_minutes"),
    ],
)
def test_minutes_and_numbers_fit_the_form(
    booking_api: TestClient, a_supervisor: Make, a_client: Make, form: str, minutes: int, participants: int, field: str
) -> None:
    answer = booking_api.post(
        "/api/v1/processes",
        json={
            "client_id": a_client()["id"],
            "supervisor_id": a_supervisor()["id"],
            "form": form,
            "title": "Työnohjaus",
            "planned_sessions": 10,
            "session_minutes": minutes,
            "participants": [a_person(index) for index in range(participants)],
        },
    )

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_change_needs_the_version_that_it_changes(booking: Face, a_process: Make) -> None:
    path = f"/api/v1/processes/{a_process()['id']}"
    api, seen = booking.admin, etag(booking.admin, path)

    assert api.patch(path, json={"title": "Uusi"}).status_code == 428
    assert api.patch(path, json={"title": "Uusi"}, headers=seen).json()["title"] == "Uusi"
    assert api.patch(path, json={"title": "Vanha"}, headers=seen).status_code == 412
    assert api.get(path).json()["title"] == "Uusi"
    assert [event[:2] for event in staged(booking.engine, path.removeprefix("/api/v1/processes/"))] == []
    kinds = [event[:2] for event in staged(booking.engine, f"process/{path.rsplit('/', 1)[-1]}")]
    assert kinds == [("process.opened.v1", 1), ("process.changed.v1", 2)]


def test_what_the_client_has_already_is_not_sent_again(booking_api: TestClient, a_process: Make) -> None:
    path = f"/api/v1/processes/{a_process()['id']}"
    known = booking_api.get(path).headers["ETag"]

    again = booking_api.get(path, headers={"If-None-Match": known})

    assert (again.status_code, again.content) == (304, b"")


def test_a_new_address_of_a_participant_changes_the_process_as_it_is_shown(booking: Face, a_process: Make) -> None:
    process, api = a_process(), booking.admin
    path = f"/api/v1/processes/{process['id']}"
    person = f"{path}/participants/{process['participants'][0]['id']}"
    known = api.get(path).headers["ETag"]

    changed = api.patch(person, json={"email": "uusi@example.fi"}, headers=etag(api, person))

    assert changed.json()["email"] == "uusi@example.fi"
    assert api.get(path, headers={"If-None-Match": known}).status_code == 200
    events = staged(booking.engine, f"participant/{process['participants'][0]['id']}")
    assert [(version, data["email"]) for _, version, data in events][-1] == (2, "uusi@example.fi")


def test_participants_join_and_leave_a_group(booking: Face, a_process: Make) -> None:
    process, api = a_process(form="group", participants=2), booking.admin
    path = f"/api/v1/processes/{process['id']}/participants"

    joined = created(api.post(path, json=a_person(4)))
    left = api.delete(f"{path}/{process['participants'][0]['id']}")

    assert left.status_code == 204
    people = [person["id"] for person in api.get(f"/api/v1/processes/{process['id']}").json()["participants"]]
    assert people == [process["participants"][1]["id"], joined["id"]]
    told = staged(booking.engine, f"process/{process['id']}")
    assert [version for _, version, _ in told] == [1, 2, 3]
    assert told[-1][2]["participant_ids"] == people
    assert staged(booking.engine, f"participant/{process['participants'][0]['id']}")[-1][2]["active"] is False


def test_a_client_removes_nobody_from_a_closed_process(booking: Face, a_process: Make) -> None:
    process = a_process(form="group", participants=2)
    client = with_credentials(booking, f"/api/v1/clients/{process['client_id']}")
    path = f"/api/v1/processes/{process['id']}"
    first, second = (f"{path}/participants/{person['id']}" for person in process["participants"])

    running = client.delete(first).status_code
    booking.admin.post(f"{path}/close")
    closed = client.delete(second)

    assert (running, closed.status_code) == (204, 409)
    assert closed.json()["type"].endswith("/process-is-closed")
    assert len(booking.admin.get(path).json()["participants"]) == 1


def test_a_pair_takes_no_third(booking_api: TestClient, a_process: Make) -> None:
    process = a_process(form="pair", participants=2)

    answer = booking_api.post(f"/api/v1/processes/{process['id']}/participants", json=a_person(3))

    assert (answer.status_code, answer.json()["type"]) == (409, "/docs/problems/process-is-full")


def test_a_closed_process_stays_as_it_is(booking: Face, a_process: Make) -> None:
    process, api = a_process(), booking.admin
    path = f"/api/v1/processes/{process['id']}"

    closed = api.post(f"{path}/close")

    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    assert staged(booking.engine, f"process/{process['id']}")[-1][0] == "process.closed.v1"
    assert api.post(f"{path}/close").json()["type"].endswith("/process-is-closed")
    assert api.patch(path, json={"title": "Uusi"}, headers=etag(api, path)).status_code == 409


def test_a_new_contact_is_told_to_each_process_of_the_client(booking: Face, a_process: Make, a_client: Make) -> None:
    client, api = a_client(), booking.admin
    processes = [a_process(client_id=client["id"]) for _ in range(2)]
    path = f"/api/v1/clients/{client['id']}"
    contact = {"first_name": "Eero", "last_name": "Åman", "email": "eero@example.fi"}

    changed = api.patch(path, json={"contact": contact}, headers=etag(api, path))

    assert changed.json()["contact"] == contact
    for process in processes:
        kind, version, data = staged(booking.engine, f"process/{process['id']}")[-1]
        assert (kind, version, data["client"]["email"]) == ("process.changed.v1", 2, "eero@example.fi")


def test_a_new_contact_is_told_to_a_process_that_has_just_ended(booking: Face, a_process: Make, a_client: Make) -> None:
    """Its final report may be on its way to the contact."""
    client, api = a_client(), booking.admin
    process = a_process(client_id=client["id"])
    api.post(f"/api/v1/processes/{process['id']}/close")
    path = f"/api/v1/clients/{client['id']}"
    contact = {"first_name": "Eero", "last_name": "Åman", "email": "eero@example.fi"}

    api.patch(path, json={"contact": contact}, headers=etag(api, path))

    kind, version, data = staged(booking.engine, f"process/{process['id']}")[-1]
    assert (kind, version, data["status"]) == ("process.changed.v1", 3, "closed")
    assert data["client"]["email"] == "eero@example.fi"


def test_an_erased_participant_is_nowhere(booking: Face, a_process: Make) -> None:
    process, api = a_process(), booking.admin
    person = process["participants"][0]

    assert api.get(f"/api/v1/participants/{person['id']}/export").json()["participant"]["email"] == person["email"]
    assert api.delete(f"/api/v1/participants/{person['id']}").status_code == 204

    assert api.get(f"/api/v1/participants/{person['id']}/export").status_code == 404
    assert [event[:2] for event in staged(booking.engine, f"participant/{person['id']}")] == [
        ("participant.erased.v1", 2)
    ]
    assert person["email"] not in everything(booking.engine)


def test_what_was_done_is_written_down_and_stays(booking: Face, a_process: Make) -> None:
    process = a_process()

    with booking.engine.connect() as connection:
        entries = connection.execute(text("SELECT actor, via, action, subject FROM audit_entry")).all()
        assert ("admin", booking.settings.admin_client_id, "process.opened", f"process/{process['id']}") in entries
        with pytest.raises(Exception, match="what was done stays written"):
            connection.execute(text("DELETE FROM audit_entry"))


def test_programs_get_participants_in_the_order_of_joining(booking: Face, a_process: Make) -> None:
    """Whoever sent them in an order finds them in it, whatever their names."""
    people = [a_person(number) | {"last_name": name} for number, name in enumerate(("Öhman", "Aalto", "Mäki"))]
    process = a_process(form="group", participants=2)
    path = f"/api/v1/processes/{process['id']}"
    for person in people:
        created(booking.admin.post(f"{path}/participants", json=person))

    names = [person["last_name"] for person in booking.admin.get(path).json()["participants"]]
    assert names[-3:] == ["Öhman", "Aalto", "Mäki"]
