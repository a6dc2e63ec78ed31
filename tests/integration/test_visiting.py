"""How the pages of the other services learn who has logged in at booking, and who can't be fooled on the way."""

from collections.abc import Callable, Iterator
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse, Response

from services.booking.settings import Settings
from services.database import engine
from services.web.application import application
from services.web.tokens import Role
from services.web.visiting import router, visiting
from services.web.visitors import Visitor
from tests.integration.conftest import Browser, Json

Make = Callable[..., Json]
AtDesk = Callable[[Json], Browser]

Reading = Annotated[Visitor, visiting("raportit", Role.supervisor)]

pages = APIRouter()


@pages.get("/raportit")
def show(visitor: Reading) -> Response:
    return PlainTextResponse(visitor.name)


@pages.post("/raportit")
def act(visitor: Reading) -> Response:
    return PlainTextResponse("done")


@pytest.fixture
def other(booking_settings: Settings) -> Iterator[TestClient]:
    """A browser at the reporting service, as far as it knows visitors."""
    app: FastAPI = application(
        title="other",
        address=booking_settings.reporting_public_url,
        settings=booking_settings,
        engine=engine(booking_settings.booking_database_url),
        routers=[pages, router("raportit")],
    )
    headers = {"Sec-Fetch-Site": "same-origin"}
    with TestClient(app, base_url="https://reporting.test", headers=headers, follow_redirects=False) as client:
        yield client


def way_in(other: TestClient, at_booking: Browser) -> str:
    """The address with the ticket, to which booking sends the browser."""
    asked = other.get("/raportit?sivu=2").headers["Location"]
    assert asked.startswith("https://booking.test/siirry?kohde=raportit&")
    return str(at_booking.get(asked).headers["Location"])


def test_whoever_has_logged_in_at_booking_is_known_everywhere(
    other: TestClient, at_desk: AtDesk, a_supervisor: Make
) -> None:
    supervisor = a_supervisor()
    entered = other.get(way_in(other, at_desk(supervisor)))

    assert (entered.status_code, entered.headers["Location"]) == (303, "/raportit?sivu=2")
    assert other.get("/raportit").text == supervisor["name"]
    assert other.get("/ulos").headers["Location"] == "https://notifier.test/ulos"
    assert other.get("/raportit").status_code == 303


def test_who_has_not_logged_in_does_so_and_comes_back(other: TestClient, browser: Browser) -> None:
    asked = other.get("/raportit").headers["Location"]
    login = browser.get(asked).headers["Location"]

    assert login.startswith("/kirjaudu?")
    (target,) = parse_qs(urlsplit(login).query)["paluu"]
    assert target.startswith("/siirry?kohde=raportit&")


def test_a_ticket_is_good_for_nobody_else(other: TestClient, at_desk: AtDesk, a_supervisor: Make) -> None:
    """As when somebody is sent a link that would log them into another's account."""
    address = way_in(other, at_desk(a_supervisor()))
    other.cookies.clear()

    assert other.get(address).headers["Location"] == "https://booking.test/kirjaudu"
    assert other.get("/raportit").status_code == 303


def test_a_ticket_works_once(other: TestClient, at_desk: AtDesk, a_supervisor: Make) -> None:
    address = way_in(other, at_desk(a_supervisor()))
    other.get(address)
    other.get("/ulos")

    other.get(address)
    assert other.get("/raportit").status_code == 303


@pytest.mark.parametrize("spoil", [lambda ticket: ticket[:-4] + "AAAA", lambda ticket: "", lambda ticket: "a.b.c"])
def test_a_ticket_of_somebody_elses_making_opens_nothing(
    other: TestClient, at_desk: AtDesk, a_supervisor: Make, spoil: Callable[[str], str]
) -> None:
    address = way_in(other, at_desk(a_supervisor()))
    (ticket,) = parse_qs(urlsplit(address).query)["lippu"]
    other.get("/tulo", params={"lippu": spoil(ticket)})

    assert other.get("/raportit").status_code == 303


def test_other_roles_find_nothing_there(
    other: TestClient, as_client: Callable[[Json], Browser], a_client: Make
) -> None:
    other.get(way_in(other, as_client(a_client())))

    assert other.get("/raportit").status_code == 404


def test_a_form_from_another_site_does_nothing(other: TestClient, at_desk: AtDesk, a_supervisor: Make) -> None:
    other.get(way_in(other, at_desk(a_supervisor())))

    assert other.post("/raportit").text == "done"
    assert other.post("/raportit", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_form_sent_after_the_login_ended_keeps_what_was_typed(other: TestClient) -> None:
    sent = other.post("/raportit", data={"reason": '<b> & "lainaus"'}, headers={"Accept": "text/html"})

    assert (sent.status_code, sent.json()["type"].endswith("login-expired")) == (401, True)


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "javascript:alert(1)"])
def test_the_way_in_leads_to_no_other_site(other: TestClient, at_desk: AtDesk, a_supervisor: Make, target: str) -> None:
    address = way_in(other, at_desk(a_supervisor()))
    (ticket,) = parse_qs(urlsplit(address).query)["lippu"]

    assert other.get("/tulo", params={"lippu": ticket, "paluu": target}).headers["Location"] == "/"
    assert at_desk(a_supervisor()).get(f"/siirry?kohde=raportit&tila=x&paluu={target}").status_code == 404


def test_the_pages_of_other_services_lead_out_and_other_sites_do_not(at_desk: AtDesk, a_supervisor: Make) -> None:
    browser = at_desk(a_supervisor())

    refused = browser.post("/ulos", headers={"Sec-Fetch-Site": "cross-site"})
    assert (refused.status_code, browser.get("/tyo").status_code) == (403, 200)
    left = browser.post("/ulos", headers={"Sec-Fetch-Site": "same-site"})

    assert left.headers["Location"] == "https://reporting.test/ulos"
    assert browser.get("/tyo").status_code == 303
