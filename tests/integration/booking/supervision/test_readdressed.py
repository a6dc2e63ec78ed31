"""A client that gives a participant another address doesn't read by it what was written before."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from services.web.security.links import personal_link, secret
from tests.integration.booking.security.test_permissions import with_credentials
from tests.integration.booking.supervision.test_addresses import Person, correct
from tests.integration.conftest import Browser, Face, Json
from tests.support.devices import confirm_device
from tests.support.diary import at, book, day_ahead
from tests.support.evaluation import Clock, a_goal, agree, answer, attend, rounds, told

Make = Callable[..., Json]


@pytest.fixture
def process(a_process: Make) -> Json:
    return a_process(session_feedback=True)


@pytest.fixture
def person(booking: Face, process: Json) -> Person:
    return Person(booking, process)


@pytest.fixture
def client(booking: Face, process: Json) -> TestClient:
    return with_credentials(booking, f"/api/v1/clients/{process['client_id']}")


@pytest.fixture
def supervisor(booking: Face, process: Json) -> TestClient:
    return with_credentials(booking, f"/api/v1/supervisors/{process['supervisor_id']}")


def publish_summary(booking: Face, process: Json, clock: Clock) -> Json:
    """A meeting that was held, with a summary for who was there."""
    meeting = book(booking.admin, process, at(day_ahead(3)))
    clock(timedelta(days=6))
    attend(booking, process, meeting)
    path = f"/api/v1/sessions/{meeting['id']}/summary"
    written = booking.admin.put(path, json={"themes": ["Vuorolista"], "actions": []}, headers={"If-None-Match": "*"})
    assert written.status_code in (200, 201), written.text
    assert booking.admin.post(f"{path}/publish", json={}).status_code == 200
    return meeting


def answer_for_them(booking: Face, process: Json, clock: Clock) -> None:
    """As the supervisor writes down what somebody said."""
    agree(booking.admin, process, a_goal())
    (start,) = rounds(booking.admin, process)
    answer(booking.admin, start, participant_id=process["participants"][0]["id"], goals={}, comment="Puhuin avoimesti")


def agree_on_goals(booking: Face, process: Json, _: Clock) -> None:
    agree(booking.admin, process, a_goal())


@pytest.mark.parametrize("write", [publish_summary, answer_for_them, agree_on_goals])
def test_what_was_written_before_opens_to_the_clients_address_with_the_supervisors_yes_only(
    booking: Face, process: Json, person: Person, client: TestClient, supervisor: TestClient, clock: Clock, write: Make
) -> None:
    write(booking, process, clock)
    assert correct(client, person.path, "tilaajan.oma@example.fi") == 200
    browser, page = booking.anonymous(Accept="text/html"), person.page

    assert browser.get(page).status_code == 200
    refused = browser.post(f"/laite{page}/koodi")
    why = browser.get(browser.get(f"{page}/tiedot").headers["Location"]).text

    assert refused.status_code == 403
    assert told(booking, "device.code-requested.v1") == []
    assert "työnohjaaja tarkistaa, että uusi osoite on sinun" in why
    assert "Lähetä koodi" not in why
    assert person.state()["address_accepted"] is False

    seen = {"If-Match": client.get(person.path).headers["ETag"]}
    assert client.post(f"{person.path}/accept-address", headers=seen).status_code == 403
    assert supervisor.post(f"{person.path}/accept-address", headers=seen).json()["address_accepted"] is True
    confirm_device(booking, browser, page)
    assert browser.get(f"{page}/tiedot").status_code == 200


def test_a_summarys_own_link_does_not_open_either(
    booking: Face, process: Json, person: Person, client: TestClient, clock: Clock
) -> None:
    meeting = publish_summary(booking, process, clock)
    reader = UUID(told(booking, "summary.published.v1")[-1]["links"][person.id])

    correct(client, person.path, "tilaajan.oma@example.fi")

    summary = own_link(booking, "yhteenveto", reader)
    browser = booking.anonymous(Accept="text/html")
    assert browser.post(f"/laite{summary}/koodi").status_code == 403
    assert browser.get(summary).status_code == 403
    for path in (f"{person.page}/yhteenveto/{meeting['id']}", f"{person.page}/tiedot.json"):
        assert browser.get(path).status_code == 303


def own_link(booking: Face, page: str, link: UUID) -> str:
    """The link that the letters to the participant's newest address have."""
    address = UUID(told(booking, "participant.changed.v1")[-1]["address_id"])
    return f"/{page}/{secret(booking.settings.link_key, personal_link(link, address))}"


def test_neither_goals_nor_questions_open_nor_can_anybody_answer_before_the_yes(
    booking: Face, process: Json, person: Person, client: TestClient, supervisor: TestClient, clock: Clock
) -> None:
    agree(booking.admin, process, a_goal())
    publish_summary(booking, process, clock)
    invitation = UUID(told(booking, "evaluation.requested.v1")[-1]["answer_links"][person.id])
    feedback = UUID(told(booking, "session.held.v1")[-1]["feedback_links"][person.id])
    correct(client, person.path, "tilaajan.oma@example.fi")
    browser = booking.anonymous(Accept="text/html")
    pages = [own_link(booking, "arviointi", invitation), own_link(booking, "palaute", feedback)]

    assert [browser.get(page).status_code for page in pages] == [403, 403]
    assert [browser.post(page, data={"useful": "5"}).status_code for page in pages] == [403, 403]
    home = browser.get(person.page).text
    assert "/arviointi/" not in home
    assert "/palaute/" not in home
    changed = [event for event in told(booking, "participant.changed.v1") if event["participant_id"] == person.id]
    told_reporting = told(booking, "participant.readdressed.v1")[-1]["address_id"]
    assert (changed[-1]["address_accepted"], told_reporting == changed[-1]["address_id"]) == (False, False)

    seen = {"If-Match": supervisor.get(person.path).headers["ETag"]}
    supervisor.post(f"{person.path}/accept-address", headers=seen).raise_for_status()

    assert [browser.get(page).status_code for page in pages] == [200, 200]
    assert "/arviointi/" in browser.get(person.page).text
    assert told(booking, "participant.changed.v1")[-1]["address_accepted"] is True
    assert told(booking, "participant.readdressed.v1")[-1]["address_id"] == changed[-1]["address_id"]


def test_before_anything_was_written_the_clients_correction_waits_too_and_gets_the_times(
    booking: Face, person: Person, client: TestClient, supervisor: TestClient
) -> None:
    """Who gives its own mailboxes for people that are there would answer for all but one of them."""
    correct(client, person.path, "oikea@example.fi")

    assert person.state()["address_accepted"] is False
    browser = booking.anonymous(Accept="text/html")
    assert "työnohjaaja on hyväksynyt osoitteesi" in browser.get(person.page).text
    seen = {"If-Match": supervisor.get(person.path).headers["ETag"]}
    supervisor.post(f"{person.path}/accept-address", headers=seen).raise_for_status()
    confirm_device(booking, browser, person.page)


@pytest.mark.parametrize("write", [publish_summary, agree_on_goals])
def test_what_was_written_before_opens_to_no_address_that_an_administrator_gave(
    booking: Face, process: Json, person: Person, clock: Clock, write: Make
) -> None:
    assert correct(booking.admin, person.path, "oikea@example.fi") == 200
    assert person.state()["address_accepted"] is True
    write(booking, process, clock)

    assert correct(booking.admin, person.path, "yllapito.oma@example.fi") == 200

    assert person.state()["address_accepted"] is False
    seen = {"If-Match": booking.admin.get(person.path).headers["ETag"]}
    assert booking.admin.post(f"{person.path}/accept-address", headers=seen).status_code == 403
    assert booking.anonymous(Accept="text/html").post(f"/laite{person.page}/koodi").status_code == 403


def test_what_was_begun_and_not_sent_stays_with_who_began_it(
    booking: Face, process: Json, person: Person, supervisor: TestClient
) -> None:
    agree(booking.admin, process, a_goal())
    invitation = UUID(told(booking, "evaluation.requested.v1")[-1]["answer_links"][person.id])
    form = f"/arviointi/{secret(booking.settings.link_key, invitation)}"
    browser = booking.anonymous(Accept="text/html")
    assert browser.post(f"{form}/luonnos", data={"comment": "Vielä miettimättä"}).status_code == 303

    correct(supervisor, person.path, "tyonohjaajan.oma@example.fi")

    confirm_device(booking, browser, person.page)
    export = browser.get(f"{person.page}/tiedot.json")
    assert (export.status_code, "miettimättä" in export.text) == (200, False)


def test_another_correction_of_the_client_waits_on_and_the_supervisors_own_does_not(
    booking: Face, process: Json, person: Person, client: TestClient, supervisor: TestClient, clock: Clock
) -> None:
    publish_summary(booking, process, clock)
    before = person.state()["email"]
    for email in ("tilaajan.oma@example.fi", before):
        correct(client, person.path, email)
    assert person.state()["address_accepted"] is False

    correct(supervisor, person.path, "oikea@example.fi")
    assert person.state()["address_accepted"] is True


def test_a_yes_counts_for_the_address_that_was_seen_and_no_later_one(
    booking: Face, process: Json, person: Person, client: TestClient, supervisor: TestClient, clock: Clock
) -> None:
    publish_summary(booking, process, clock)
    correct(client, person.path, "uskottava@example.fi")
    seen = {"If-Match": supervisor.get(person.path).headers["ETag"]}

    correct(client, person.path, "tilaajan.oma@example.fi")

    assert supervisor.post(f"{person.path}/accept-address", headers=seen).status_code == 412
    assert supervisor.post(f"{person.path}/accept-address").status_code == 428
    assert person.state()["address_accepted"] is False


def test_the_supervisor_says_yes_on_the_page_of_the_process_to_which_their_day_leads(
    booking: Face, process: Json, person: Person, client: TestClient, at_desk: Callable[[Json], Browser], clock: Clock
) -> None:
    publish_summary(booking, process, clock)
    correct(client, person.path, "tilaajan.oma@example.fi")
    desk = at_desk(booking.admin.get(f"/api/v1/supervisors/{process['supervisor_id']}").json())
    here = f"/tyo/prosessit/{process['id']}"

    assert f'href="{here}#osoitteet"' in desk.get("/tyo").text
    assert "tilaajan.oma@example.fi" in desk.get(here).text
    seen = person.state()["version"]
    accepted = desk.post(f"{here}/osallistujat/{person.id}/hyvaksy-osoite", data={"versio": f'"{seen}"'})

    assert accepted.status_code == 303
    assert "Osoite on hyväksytty." in desk.get(accepted.headers["Location"]).text
    assert "Hyväksy osoite" not in desk.get(here).text
    assert f'href="{here}#osoitteet"' not in desk.get("/tyo").text
