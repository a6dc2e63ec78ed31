"""A client proposes participants for a running process; the supervisor says yes or no."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from tests.integration.booking.security.test_permissions import with_credentials
from tests.integration.conftest import Face, Json
from tests.support.evaluation import told

Make = Callable[..., Json]

PERSON = {"first_name": "Väinö", "last_name": "Åberg", "email": "vaino@example.fi"}


@pytest.fixture
def process(a_process: Make) -> Json:
    return a_process(form="group", participants=2)


@pytest.fixture
def client(booking: Face, process: Json) -> TestClient:
    return with_credentials(booking, f"/api/v1/clients/{process['client_id']}")


def propose(client: TestClient, process: Json, **changes: str) -> Json:
    answer = client.post(f"/api/v1/processes/{process['id']}/participants", json=PERSON | changes)
    assert answer.status_code == 202, answer.text
    proposal: Json = answer.json()
    return proposal


def test_nobody_hears_of_a_proposal_before_the_supervisor_has_said_yes(
    booking: Face, process: Json, client: TestClient
) -> None:
    before = told(booking, "participant.changed.v1")
    proposal = propose(client, process)
    assert told(booking, "participant.changed.v1") == before

    path = f"/api/v1/processes/{process['id']}/proposals/{proposal['id']}/accept"
    assert client.post(path).status_code == 403
    supervisor = with_credentials(booking, f"/api/v1/supervisors/{process['supervisor_id']}")
    assert [supervisor.post(path).status_code for _ in range(2)] == [201, 404]

    assert told(booking, "participant.changed.v1")[-1]["email"] == PERSON["email"]


def test_a_declined_or_withdrawn_proposal_leaves_nothing(booking: Face, process: Json, client: TestClient) -> None:
    for api in (client, booking.admin):
        proposal = propose(client, process)
        assert api.delete(f"/api/v1/processes/{process['id']}/proposals/{proposal['id']}").status_code == 204
    assert client.get(f"/api/v1/processes/{process['id']}/proposals").json()["items"] == []


def test_a_proposal_ends_with_the_process(booking: Face, process: Json, client: TestClient) -> None:
    propose(client, process)
    assert booking.admin.post(f"/api/v1/processes/{process['id']}/close").status_code == 200

    assert client.get(f"/api/v1/processes/{process['id']}/proposals").json()["items"] == []
    refused = client.post(f"/api/v1/processes/{process['id']}/participants", json=PERSON)
    assert refused.status_code == 409


def test_an_address_in_the_process_or_among_the_proposals_is_refused(process: Json, client: TestClient) -> None:
    propose(client, process)
    for email in (PERSON["email"].upper(), process["participants"][0]["email"]):
        refused = client.post(f"/api/v1/processes/{process['id']}/participants", json=PERSON | {"email": email})
        assert refused.status_code == 422
