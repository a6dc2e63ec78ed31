"""A client with several supervisors is in its own hands: what one of them made for it opens nothing of another's."""

import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from tests.integration.booking.security.test_permissions import with_credentials
from tests.integration.booking.supervision.test_requests import wanted
from tests.integration.conftest import Browser, Face, Json, created, credentials_form
from tests.support.evaluation import told
from tests.support.practice import eventually

Make = Callable[..., Json]
API = "/api/v1"


@pytest.fixture
def entering(a_supervisor: Make) -> Json:
    """The supervisor who enters the client, and makes credentials for it."""
    return a_supervisor()


@pytest.fixture
def other(a_supervisor: Make) -> Json:
    return a_supervisor()


@pytest.fixture
def own(booking: Face, entering: Json) -> TestClient:
    """Booking, as a program of the supervisor who entered the client speaks to it."""
    return with_credentials(booking, f"{API}/supervisors/{entering['id']}")


@pytest.fixture
def client(own: TestClient) -> Json:
    contact = {"first_name": "Aino", "last_name": "Virtanen", "email": "aino@tilaaja.example"}
    new = {"kind": "organisation", "name": "Esimerkki Oy", "contact": contact, "payer_type": "business"}
    return created(own.post(f"{API}/clients", json=new))


@pytest.fixture
def path(client: Json) -> str:
    return f"{API}/clients/{client['id']}/credentials"


def gives_no_token(booking: Face, issued: Json) -> bool:
    form = credentials_form(issued["client_id"], issued["client_secret"])
    refusal: int = booking.anonymous().post("/oauth/token", data=form).status_code
    return refusal == 401


def shown_once(page: str) -> Json:
    return dict(re.findall(r'<input id="(client_\w+)" [^>]*value="([^"]+)"', page))


def refused(who: TestClient) -> Callable[[], bool]:
    return lambda: who.get(f"{API}/processes").status_code == 401


def test_what_a_supervisor_made_for_a_client_ends_when_another_accepts_it(
    booking: Face, own: TestClient, client: Json, path: str, other: Json
) -> None:
    issued = created(own.post(path))
    kept = booking.as_(issued["client_id"], issued["client_secret"])
    grandchild = created(kept.post(path))
    of_admin = created(booking.admin.post(path))
    theirs = booking.as_(of_admin["client_id"], of_admin["client_secret"])
    asked = created(kept.post(f"{API}/processes", json=wanted(client, other)))
    assert (own.post(path).status_code, kept.get(f"{API}/processes").status_code) == (403, 200)

    accepting = with_credentials(booking, f"{API}/supervisors/{other['id']}")
    assert accepting.post(f"{API}/processes/{asked['id']}/accept").status_code == 200

    eventually(refused(kept), 5, "the refusal")
    assert [gives_no_token(booking, one) for one in (issued, grandchild, of_admin)] == [True, True, False]
    assert theirs.get(f"{API}/processes/{asked['id']}").status_code == 200
    listed = {one["client_id"]: one["revoked_because"] for one in theirs.get(path).json()["items"]}
    shared = "another_supervisor"
    assert listed == {issued["client_id"]: shared, grandchild["client_id"]: shared, of_admin["client_id"]: None}
    assert {one["credential"] for one in told(booking, "access.ended.v1")} == {
        issued["client_id"],
        grandchild["client_id"],
    }


def test_it_ends_too_when_the_administrator_opens_the_other_process(
    booking: Face, own: TestClient, client: Json, path: str, entering: Json, other: Json, a_process: Make
) -> None:
    issued = created(own.post(path))
    a_process(client_id=client["id"], supervisor_id=entering["id"])
    assert not gives_no_token(booking, issued)

    a_process(client_id=client["id"], supervisor_id=other["id"])

    assert gives_no_token(booking, issued)


def test_what_a_deactivated_supervisor_made_for_a_client_ends(
    booking: Face, own: TestClient, client: Json, path: str, entering: Json, as_client: Callable[[Json], Browser]
) -> None:
    issued = created(own.post(path))
    kept = booking.as_(issued["client_id"], issued["client_secret"])

    assert booking.admin.post(f"{API}/supervisors/{entering['id']}/deactivate").status_code == 200

    eventually(refused(kept), 5, "the refusal")
    assert gives_no_token(booking, issued)
    assert booking.admin.post(f"{API}/supervisors/{entering['id']}/activate").status_code == 200
    assert gives_no_token(booking, issued)
    (listed,) = booking.admin.get(path).json()["items"]
    assert listed["revoked_because"] == "supervisor_deactivated"
    home = as_client(client).get("/oma").text
    assert issued["client_id"] in home
    assert "Luo uusi tunnus" in home
    page = as_client(client).post("/oma/tunnukset")
    assert (page.status_code, gives_no_token(booking, shown_once(page.text))) == (201, False)


def test_the_client_reads_why_its_credential_ended(
    booking: Face,
    own: TestClient,
    client: Json,
    path: str,
    other: Json,
    a_process: Make,
    as_client: Callable[[Json], Browser],
    as_admin: Browser,
) -> None:
    created(own.post(path))
    assert "Luo uusi tunnus" not in as_client(client).get("/oma").text

    a_process(client_id=client["id"], supervisor_id=other["id"])

    assert "teillä on nyt toinenkin työnohjaaja" in as_client(client).get("/oma").text
    assert "tilaajalla on toinenkin työnohjaaja" in as_admin.get(f"/yllapito/tilaajat/{client['id']}/tunnukset").text
