"""One login for all three services: how the others know whoever has logged in at booking, and who can't fool them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse, Response

from services.booking.settings import Settings
from services.core.database import engine
from services.core.secrets import fresh_keys
from services.web.app_factory import create_application
from services.web.pages.visiting import visiting
from services.web.security.login_cookie import signed_login
from services.web.security.tokens import Principal, Role, sign, signed
from services.web.security.visitors import Visitor
from services.web.transactions import Db, TransactionalRoute
from tests.integration.conftest import Browser, Json
from tests.support.practice import eventually

Make = Callable[..., Json]
AtDesk = Callable[[Json], Browser]

COOKIE = "__Host-istunto"
Reading = Annotated[Visitor, visiting(Role.supervisor)]

pages = APIRouter(route_class=TransactionalRoute)


@pages.get("/raportit")
def show(_: Db, visitor: Reading) -> Response:
    return PlainTextResponse(visitor.name)


@pages.post("/raportit")
def act(visitor: Reading) -> Response:
    return PlainTextResponse("done")


@pytest.fixture
def app(booking_settings: Settings) -> FastAPI:
    return create_application(
        title="other", settings=booking_settings, engine=engine(booking_settings.booking_database_url), routers=[pages]
    )


@pytest.fixture
def other(app: FastAPI) -> Iterator[TestClient]:
    """A browser at another service, as far as it knows visitors."""
    headers = {"Sec-Fetch-Site": "same-origin"}
    with TestClient(app, base_url="https://booking.test", headers=headers, follow_redirects=False) as client:
        yield client


def bring_along(other: TestClient, at_booking: Browser) -> str:
    """The cookie that the browser was given at booking, which it sends to all pages of the address."""
    cookie = str(at_booking.cookies[COOKIE])
    other.cookies.set(COOKIE, cookie, domain="booking.test")
    return cookie


def test_whoever_has_logged_in_is_known_everywhere(other: TestClient, at_desk: AtDesk, a_supervisor: Make) -> None:
    supervisor = a_supervisor()
    bring_along(other, at_desk(supervisor))

    assert other.get("/raportit").text == supervisor["name"]


def test_who_has_not_logged_in_does_so_and_comes_back(other: TestClient, browser: Browser) -> None:
    asked = other.get("/raportit?sivu=2").headers["Location"]

    assert asked == "/jatka?paluu=%2Fraportit%3Fsivu%3D2"
    assert browser.get(asked).headers["Location"] == "/kirjaudu?paluu=%2Fraportit%3Fsivu%3D2"


def test_after_an_hour_booking_writes_the_cookie_anew_and_nobody_notices(
    other: TestClient, at_desk: AtDesk, a_supervisor: Make, booking_settings: Settings
) -> None:
    supervisor, key = a_supervisor(), booking_settings.token_signing_key
    browser = at_desk(supervisor)
    earlier = bring_along(other, browser)
    claims = jwt.decode(earlier, options={"verify_signature": False})
    stale = signed(key, claims | {"exp": datetime.now(UTC) - timedelta(minutes=1)})
    for client in (browser, other):
        client.cookies.set(COOKIE, stale, domain="booking.test")

    led = browser.get(other.get("/raportit").headers["Location"])

    assert led.headers["Location"] == "/raportit"
    assert bring_along(other, browser) not in (stale, earlier)
    assert other.get("/raportit").text == supervisor["name"]


def test_a_login_from_before_the_cookie_was_signed_goes_on(
    other: TestClient, at_desk: AtDesk, a_supervisor: Make
) -> None:
    browser = at_desk(a_supervisor())
    claims = jwt.decode(str(browser.cookies[COOKIE]), options={"verify_signature": False})
    for client in (browser, other):
        client.cookies.set(COOKIE, claims["jti"], domain="booking.test")

    assert browser.get("/tyo").status_code == 200
    assert browser.get(other.get("/raportit").headers["Location"]).headers["Location"] == "/raportit"
    bring_along(other, browser)
    assert other.get("/raportit").status_code == 200


def test_after_logging_out_the_cookie_opens_nothing_anywhere(
    app: FastAPI, other: TestClient, at_desk: AtDesk, a_supervisor: Make
) -> None:
    browser = at_desk(a_supervisor())
    kept = bring_along(other, browser)
    left = browser.post("/ulos")
    browser.cookies.set(COOKIE, kept, domain="booking.test")

    assert (left.status_code, left.headers["Location"]) == (303, "/")
    assert f'{COOKIE}=""' in left.headers["Set-Cookie"]
    assert browser.get("/tyo").status_code == 303
    eventually(lambda: other.get("/raportit").status_code == 303, 5, "the refusal of the cookie")


def somebody_elses(_: Settings, cookie: str) -> str:
    claims = jwt.decode(cookie, options={"verify_signature": False})
    who = Principal(Role.supervisor, None, claims["sub"])
    return signed_login(fresh_keys()["TOKEN_SIGNING_KEY"], "secret", who, "Joku", 4e9)


def a_token(settings: Settings, cookie: str) -> str:
    """What a program is given, signed by the same key."""
    claims = jwt.decode(cookie, options={"verify_signature": False})
    return sign(settings.token_signing_key, Principal(Role.admin, None, claims["sub"]))


@pytest.mark.parametrize(
    "spoil", [somebody_elses, a_token, lambda _, cookie: cookie[:-6] + "AAAAAA", lambda *_: "", lambda *_: "a.b.c"]
)
def test_a_cookie_of_somebody_elses_making_opens_nothing(
    other: TestClient, at_desk: AtDesk, a_supervisor: Make, booking_settings: Settings, spoil: Callable[..., str]
) -> None:
    cookie = bring_along(other, at_desk(a_supervisor()))
    other.cookies.set(COOKIE, spoil(booking_settings, cookie), domain="booking.test")

    assert other.get("/raportit").status_code == 303


def test_a_browsers_cookie_is_no_token_of_a_program(other: TestClient, at_desk: AtDesk, a_supervisor: Make) -> None:
    browser = at_desk(a_supervisor())
    cookie = bring_along(other, browser)

    assert browser.get("/api/v1/processes", headers={"Authorization": f"Bearer {cookie}"}).status_code == 401


def test_other_roles_find_nothing_there(
    other: TestClient, as_client: Callable[[Json], Browser], a_client: Make
) -> None:
    bring_along(other, as_client(a_client()))

    assert other.get("/raportit").status_code == 404


def test_a_form_from_another_site_does_nothing(other: TestClient, at_desk: AtDesk, a_supervisor: Make) -> None:
    browser = at_desk(a_supervisor())
    bring_along(other, browser)

    assert other.post("/raportit").text == "done"
    for site in ("cross-site", "same-site"):
        assert other.post("/raportit", headers={"Sec-Fetch-Site": site}).status_code == 403
        assert browser.post("/ulos", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert browser.get("/tyo").status_code == 200


def test_a_form_sent_after_the_login_ended_keeps_what_was_typed(other: TestClient) -> None:
    sent = other.post("/raportit", data={"reason": '<b> & "lainaus"'}, headers={"Accept": "text/html"})

    assert (sent.status_code, sent.json()["type"].endswith("login-expired")) == (401, True)


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_way_back_leads_to_no_other_site(at_desk: AtDesk, a_supervisor: Make, target: str) -> None:
    assert at_desk(a_supervisor()).get("/jatka", params={"paluu": target}).status_code == 404


def test_no_path_that_ends_unseen_is_answered(other: TestClient) -> None:
    """Routes match before a last line feed, where rules of gateways about paths do not."""
    assert [other.get(path).status_code for path in ("/healthz", "/healthz%0a", "/metrics%0A")] == [200, 404, 404]


def test_another_site_counts_no_requests_of_the_visitors_network(browser: Browser) -> None:
    """A form of another site may send plain text to the API without asking; a program says no site."""
    body, plain = '{"email": "x@example.fi"}', {"Content-Type": "text/plain"}

    refused = browser.post("/api/v1/logins", content=body, headers=plain | {"Sec-Fetch-Site": "cross-site"})

    assert refused.status_code == 403
    assert browser.post("/api/v1/logins", json={"email": "x@example.fi"}).status_code == 202
