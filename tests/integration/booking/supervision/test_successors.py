"""An individual process is one person's: nobody takes their place in it, and it goes when they are forgotten."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from tests.integration.booking.security.test_permissions import with_credentials
from tests.integration.booking.supervision.test_readdressed import publish_summary
from tests.integration.conftest import Face, Json
from tests.support.evaluation import Clock, a_goal, agree, told

Make = Callable[..., Json]

SEIJA = {"first_name": "Seija", "last_name": "Seuraaja", "email": "seija@example.fi"}


@pytest.fixture
def process(a_process: Make) -> Json:
    return a_process()


@pytest.fixture
def client(booking: Face, process: Json) -> TestClient:
    return with_credentials(booking, f"/api/v1/clients/{process['client_id']}")


def leave(booking: Face, process: Json) -> None:
    person = process["participants"][0]["id"]
    booking.admin.delete(f"/api/v1/processes/{process['id']}/participants/{person}").raise_for_status()


def test_nobody_takes_the_place_of_who_agreed_on_goals(booking: Face, process: Json, client: TestClient) -> None:
    agree(booking.admin, process, a_goal())
    leave(booking, process)
    path = f"/api/v1/processes/{process['id']}/participants"

    refused = [api.post(path, json=SEIJA) for api in (client, booking.admin)]

    assert [answer.status_code for answer in refused] == [409, 409]
    assert {answer.json()["type"].rpartition("/")[2] for answer in refused} == {"process-is-of-another"}
    back = SEIJA | {"email": process["participants"][0]["email"].upper()}
    assert booking.admin.post(path, json=back).status_code == 201


@pytest.mark.parametrize("when", ["before", "after"])
def test_nor_by_an_address_that_the_client_gave_to_who_left(
    booking: Face, process: Json, client: TestClient, when: str
) -> None:
    agree(booking.admin, process, a_goal())
    person = f"/api/v1/processes/{process['id']}/participants/{process['participants'][0]['id']}"
    if when == "after":
        leave(booking, process)
    given = client.patch(
        person, json={"email": SEIJA["email"]}, headers={"If-Match": client.get(person).headers["ETag"]}
    )
    if when == "before":
        leave(booking, process)

    refused = client.post(f"/api/v1/processes/{process['id']}/participants", json=SEIJA)

    assert (given.status_code, refused.status_code) == (409 if when == "after" else 200, 409)
    assert refused.json()["code"] == "process-is-of-another"


def test_before_anything_was_written_somebody_else_may_come(booking: Face, process: Json) -> None:
    leave(booking, process)

    assert booking.admin.post(f"/api/v1/processes/{process['id']}/participants", json=SEIJA).status_code == 201


def test_a_group_changes_its_people(booking: Face, a_process: Make) -> None:
    group = a_process("group", 3)
    agree(booking.admin, group, a_goal())
    leave(booking, group)

    assert booking.admin.post(f"/api/v1/processes/{group['id']}/participants", json=SEIJA).status_code == 201


def test_who_is_forgotten_leaves_no_words_of_goals(booking: Face, process: Json, clock: Clock) -> None:
    goal = a_goal()
    agree(booking.admin, process, goal)
    publish_summary(booking, process, clock)
    person = process["participants"][0]["id"]

    booking.admin.delete(f"/api/v1/participants/{person}").raise_for_status()

    (left,) = booking.admin.get(f"/api/v1/processes/{process['id']}/goals").json()["goals"]
    (said,) = told(booking, "goals.agreed.v1")
    words = f"{left} {said}"
    assert goal["title"] not in words
    assert all(level not in words for level in goal["levels"].values())
    assert said["version"] == 2
