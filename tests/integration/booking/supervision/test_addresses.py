"""An address is not a person: what ends when one changes, and who may change it."""

from collections.abc import Callable
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.web.security.links import personal_link, secret
from services.web.security.rate_limits import GENERAL, RateLimiter
from tests.integration.booking.security.test_permissions import with_credentials
from tests.integration.conftest import Browser, Face, Json
from tests.support.devices import confirm_device
from tests.support.diary import at, book, day_ahead
from tests.support.evaluation import Clock, hold, told

Make = Callable[..., Json]


class Person:
    """A participant with the pages that their letters lead to."""

    def __init__(self, booking: Face, process: Json) -> None:
        self.booking, self.id = booking, process["participants"][0]["id"]
        self.path = f"/api/v1/processes/{process['id']}/participants/{self.id}"

    def link(self, column: str) -> str:
        with self.booking.engine.connect() as connection:
            found = text(f"SELECT {column}, address_id FROM participant WHERE id = :id")  # noqa: S608
            link, address = connection.execute(found, {"id": self.id}).one()
        return secret(self.booking.settings.link_key, personal_link(link, address))

    @property
    def page(self) -> str:
        return f"/osallistuja/{self.link('page_link')}"

    @property
    def feed(self) -> str:
        return f"/api/v1/calendar/{self.link('calendar_link')}.ics"

    def state(self) -> Json:
        found: Json = self.booking.admin.get(self.path).json()
        return found


@pytest.fixture
def process(a_process: Make) -> Json:
    return a_process()


@pytest.fixture
def person(booking: Face, process: Json) -> Person:
    return Person(booking, process)


@pytest.fixture
def client(booking: Face, process: Json) -> TestClient:
    return with_credentials(booking, f"/api/v1/clients/{process['client_id']}")


def correct(api: TestClient, path: str, email: str) -> int:
    answer = api.patch(path, json={"email": email}, headers={"If-Match": "*"})
    return int(answer.status_code)


def status(booking: Face, path: str) -> int:
    return int(booking.anonymous().get(path).status_code)


def test_a_client_corrects_an_address_until_its_owner_has_opened_a_link(
    booking: Face, person: Person, client: TestClient
) -> None:
    assert correct(client, person.path, "oikea@example.fi") == 200

    assert status(booking, person.page) == 200

    assert correct(client, person.path, "oma@example.fi") == 403
    assert person.state()["email"] == "oikea@example.fi"
    assert correct(booking.admin, person.path, "uusi@example.fi") == 200


def test_with_the_address_every_link_and_device_of_before_ends(booking: Face, person: Person) -> None:
    page, feed = person.page, person.feed
    browser = confirm_device(booking, booking.anonymous(), page)

    correct(booking.admin, person.path, "uusi@example.fi")

    assert (status(booking, page), status(booking, feed)) == (410, 410)
    assert browser.get(f"{page}/tiedot").status_code == 410
    assert (status(booking, person.page), status(booking, person.feed)) == (200, 200)
    assert browser.get(f"{person.page}/tiedot").status_code == 303


def test_the_former_address_is_told_and_the_words_of_summaries_wait_for_a_new_wish(
    booking: Face, person: Person
) -> None:
    before = person.state()["email"]
    booking.admin.patch(person.path, json={"summary_in_letter": True}, headers={"If-Match": "*"})

    correct(booking.admin, person.path, "uusi@example.fi")

    (notice,) = told(booking, "address.changed.v1")
    assert notice["email"] == before
    assert "uusi@example.fi" not in str(notice)
    assert person.state()["summary_in_letter"] is False


def test_a_change_of_case_alone_is_the_same_mailbox(booking: Face, person: Person) -> None:
    page = person.page

    correct(booking.admin, person.path, person.state()["email"].upper())

    assert status(booking, page) == 200
    assert told(booking, "address.changed.v1") == []


def test_participants_give_a_new_address_themselves_and_confirm_it_by_its_letter(
    booking: Face, person: Person, process: Json
) -> None:
    page, before = person.page, person.state()["email"]
    browser = confirm_device(booking, booking.anonymous(), page)

    stated = browser.post(f"{page}/tiedot/osoite", data={"email": "oma@example.fi"})
    assert stated.status_code == 303
    assert (person.state()["email"], status(booking, page)) == (before, 200)
    (letter,) = told(booking, "address.stated.v1")
    link = f"/osoite/{secret(booking.settings.link_key, UUID(letter['link']))}"
    shown = booking.anonymous().get(link)
    assert letter["email"] == "oma@example.fi"
    assert (shown.status_code, person.state()["email"]) == (200, before)
    assert "oma@example.fi" in shown.text

    assert booking.anonymous().post(link).status_code == 303

    assert person.state()["email"] == "oma@example.fi"
    assert status(booking, page) == 410
    assert [notice["email"] for notice in told(booking, "address.changed.v1")] == [before]
    assert booking.anonymous().post(link).status_code == 410


def test_a_later_statement_or_correction_ends_the_link_of_an_earlier_one(booking: Face, person: Person) -> None:
    browser, page = confirm_device(booking, booking.anonymous(), person.page), person.page
    for email in ("eka@example.fi", "toka@example.fi"):
        browser.post(f"{page}/tiedot/osoite", data={"email": email})
    first, second = (
        f"/osoite/{secret(booking.settings.link_key, UUID(each['link']))}"
        for each in told(booking, "address.stated.v1")
    )

    assert status(booking, first) == 410
    correct(booking.admin, person.path, "uusi@example.fi")
    assert status(booking, second) == 410


def test_two_of_a_group_never_get_one_address(booking: Face, a_process: Make) -> None:
    process = a_process(form="group", participants=2)
    person, other = Person(booking, process), process["participants"][1]
    browser, page = confirm_device(booking, booking.anonymous(), person.page), person.page

    refused = browser.post(f"{page}/tiedot/osoite", data={"email": other["email"]})

    assert refused.status_code == 422
    assert "Osoite on jo toisella osallistujalla." in refused.text


def test_forms_and_summaries_of_before_have_new_links_too(booking: Face, a_process: Make) -> None:
    process = a_process(form="group", participants=2, session_feedback=True)
    person = Person(booking, process)
    booking.admin.post(
        f"/api/v1/processes/{process['id']}/evaluations", json={"phase": "mid", "due": str(day_ahead(60))}
    )
    link = UUID(told(booking, "evaluation.requested.v1")[-1]["answer_links"][person.id])
    old = f"/arviointi/{secret(booking.settings.link_key, link)}"
    assert status(booking, old) == 200

    correct(booking.admin, person.path, "uusi@example.fi")

    with booking.engine.connect() as connection:
        address = connection.execute(
            text("SELECT address_id FROM participant WHERE id = :id"), {"id": person.id}
        ).scalar_one()
    new = f"/arviointi/{secret(booking.settings.link_key, personal_link(link, address))}"
    assert (status(booking, old), status(booking, new)) == (410, 200)
    assert new in booking.anonymous().get(person.page).text


def test_with_another_address_goes_which_feedback_is_still_asked_for(
    booking: Face, a_process: Make, clock: Clock
) -> None:
    process = a_process(session_feedback=True)
    person = Person(booking, process)
    _, second = hold(booking, process, clock, 2)
    link = UUID(told(booking, "session.held.v1")[0]["feedback_links"][person.id])
    page = f"/palaute/{secret(booking.settings.link_key, link)}"
    assert (
        booking.anonymous().post(page, data=dict.fromkeys(("useful", "openness", "progress"), "7")).status_code == 303
    )

    correct(booking.admin, person.path, "uusi@example.fi")
    booking.admin.patch(person.path, json={"first_name": "Aina"}, headers={"If-Match": "*"})

    assert [one["feedback_open"] for one in told(booking, "participant.changed.v1")[-2:]] == [[second["id"]], []]


@pytest.mark.parametrize("kind", ["supervisors", "clients"])
def test_who_changes_their_own_address_confirms_it_and_whoever_corrects_it_does_not_wait(
    booking: Face, process: Json, kind: str
) -> None:
    path = f"/api/v1/{kind}/{process[kind.removesuffix('s') + '_id']}"
    own = with_credentials(booking, path)
    state = own.get(path).json()
    before = address_of(state)

    own.patch(path, json=with_address(state, "oma@example.fi"), headers={"If-Match": "*"})
    stated = own.get(path).json()
    assert (address_of(stated), stated["stated_email"]) == (before, "oma@example.fi")
    link = f"/osoite/{secret(booking.settings.link_key, UUID(told(booking, 'address.stated.v1')[-1]['link']))}"
    booking.anonymous().post(link)
    confirmed = own.get(path).json()
    assert (address_of(confirmed), confirmed["stated_email"]) == ("oma@example.fi", None)

    booking.admin.patch(path, json=with_address(state, "toinen@example.fi"), headers={"If-Match": "*"})
    assert address_of(own.get(path).json()) == "toinen@example.fi"
    assert [notice["email"] for notice in told(booking, "address.changed.v1")] == [before, "oma@example.fi"]


def test_links_to_reports_are_made_for_each_new_address_of_a_supervisor_or_a_contact(
    booking: Face, process: Json
) -> None:
    for path in (f"/api/v1/supervisors/{process['supervisor_id']}", f"/api/v1/clients/{process['client_id']}"):
        for email in ("uusi@example.fi", "toinen@example.fi"):
            state = booking.admin.get(path).json()
            booking.admin.patch(path, json=with_address(state, email), headers={"If-Match": "*"})

    addresses = [event["address_id"] for event in told(booking, "supervisor.changed.v1")]
    contacts = [event["client"]["address_id"] for event in told(booking, "process.changed.v1")]
    assert len({*addresses, *contacts}) == len([*addresses[-2:], *contacts]) + 1
    assert (addresses[0], None in (*addresses[-2:], *contacts)) == (None, False)


def address_of(state: Json) -> str:
    return str(state["contact"]["email"] if "contact" in state else state["email"])


def with_address(state: Json, email: str) -> Json:
    return {"contact": state["contact"] | {"email": email}} if "contact" in state else {"email": email}


def test_the_calendar_of_a_former_address_ends_with_it(booking: Face, process: Json) -> None:
    path = f"/api/v1/supervisors/{process['supervisor_id']}"
    feed = "/api" + booking.admin.get(path).json()["calendar_url"].partition("/api")[2]
    assert status(booking, feed) == 200

    booking.admin.patch(path, json={"email": "uusi@example.fi"}, headers={"If-Match": "*"})

    assert status(booking, feed) == 404


@pytest.mark.parametrize(("kind", "page"), [("supervisors", "/tyo/asetukset/omat-tiedot"), ("clients", "/oma/osoite")])
def test_a_page_takes_a_new_address_and_says_what_happens_next(
    booking: Face, process: Json, kind: str, page: str
) -> None:
    party = process[kind.removesuffix("s") + "_id"]
    path, at = f"/api/v1/{kind}/{party}", "/tyo/asetukset/omat-tiedot/osoite" if kind == "supervisors" else page
    before = address_of(booking.admin.get(path).json())
    browser = Browser(booking).log_in(before, party)

    wrong = browser.post(at, data={"email": before})
    stated = browser.get(browser.post(at, data={"email": "oma@example.fi"}).headers["location"]).text

    assert (wrong.status_code, "Tämä on jo osoitteesi." in wrong.text) == (422, True)
    assert "Lähetimme uuteen osoitteeseen kirjeen." in stated
    assert "oma@example.fi odottaa, että vahvistat sen" in stated
    assert address_of(booking.admin.get(path).json()) == before


@pytest.mark.parametrize("who", ["client", "supervisor", "participant"])
def test_programs_change_one_address_only_so_often(
    booking: Face, booking_api: TestClient, a_process: Make, who: str
) -> None:
    """Each change has letters sent to a mailbox that may be anybody's."""
    process = a_process()
    party = f"/api/v1/{who}s/{process.get(f'{who}_id')}"
    path = party if who != "participant" else Person(booking, process).path
    own = booking_api if who == "participant" else with_credentials(booking, party)
    booking.app.state.gate = RateLimiter({GENERAL: "1000/minute", "changes": "2/day"}, b"limits")

    def change(number: int) -> int:
        email = {"email": f"uhri.{number}@example.fi"}
        body = {"contact": {"first_name": "Aino", "last_name": "Virtanen", **email}} if who == "client" else email
        status: int = own.patch(path, json=body, headers={"If-Match": "*"}).status_code
        return status

    assert [change(number) for number in range(4)] == [200, 200, 429, 429]


def test_a_stranger_s_mailbox_gets_few_letters_whoever_gives_it_as_theirs(
    booking: Face, a_supervisor: Make, a_client: Make
) -> None:
    """One after the other: supervisors and clients, each by their own token."""
    parties = [f"/api/v1/supervisors/{a_supervisor()['id']}" for _ in range(3)]
    parties += [f"/api/v1/clients/{a_client()['id']}" for _ in range(3)]

    answers = []
    for path in parties:
        own = with_credentials(booking, path)
        email = {"email": "Sivullinen@example.fi"}
        wanted = email if "supervisors" in path else {"contact": own.get(path).json()["contact"] | email}
        answers.append(own.patch(path, json=wanted, headers={"If-Match": own.get(path).headers["ETag"]}))

    refused = [answer for answer in answers if answer.status_code != 200]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert {answer.json()["type"].rpartition("/")[2] for answer in refused} == {"mailbox-has-enough"}
    assert len(told(booking, "address.stated.v1")) == 5


def test_what_links_use_up_keeps_nobody_from_correcting_an_address(
    booking: Face, process: Json, person: Person
) -> None:
    browser = booking.anonymous(Accept="text/html")
    session = book(booking.admin, process, at(day_ahead(9)))
    presses = [browser.post(f"{person.page}/tapaaminen/{session['id']}/en-paase").status_code for _ in range(21)]
    assert presses[-1] == 429

    supervisor = with_credentials(booking, f"/api/v1/supervisors/{process['supervisor_id']}")
    assert [correct(api, person.path, f"oikea{n}@example.fi") for n, api in enumerate((supervisor, booking.admin))] == [
        200,
        200,
    ]
