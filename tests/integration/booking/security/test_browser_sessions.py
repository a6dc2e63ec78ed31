"""Browsers in which somebody is logged in: for how long, where they are listed, and how they end."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.booking.security.accounts import ADMIN_PARTY_ID
from services.booking.security.browser_names import browser_name
from tests.integration.conftest import ADMIN_EMAIL, Browser, Face, Json, login_links
from tests.support.evaluation import Clock, told

Make = Callable[..., Json]
AtDesk = Callable[[Json], Browser]

ACCOUNT = "/kirjautuminen"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def log_in(booking: Face, email: str, party: str, **ticked: str) -> tuple[Browser, Any]:
    browser = Browser(booking)
    browser.headers["User-Agent"] = FIREFOX
    browser.post("/kirjaudu", data={"email": email})
    entered = browser.post(f"/kirjaudu/{login_links(booking)[-1]}", data={"party": party, **ticked})
    return browser, entered


def is_in(browser: Browser) -> bool:
    status: int = browser.get(ACCOUNT).status_code
    return status == 200


def test_a_device_that_is_to_be_remembered_is_for_thirty_days_and_others_for_half_a_day(
    booking: Face, a_supervisor: Make, clock: Clock
) -> None:
    supervisor = a_supervisor()
    short, entered = log_in(booking, supervisor["email"], supervisor["id"])
    long, remembered = log_in(booking, supervisor["email"], supervisor["id"], muista="1")
    assert "Max-Age=43200" in entered.headers["Set-Cookie"]
    assert "Max-Age=2592000" in remembered.headers["Set-Cookie"]

    clock(timedelta(hours=13))
    assert (is_in(short), is_in(long)) == (False, True)
    clock(timedelta(days=29, hours=23))
    assert is_in(long)
    clock(timedelta(days=30, minutes=1))
    assert not is_in(long)


def test_the_box_is_offered_to_those_who_have_a_list_of_their_devices(
    booking: Face, browser: Browser, a_supervisor: Make, a_client: Make, clock: Clock
) -> None:
    supervisor, client = a_supervisor(), a_client()

    def page(email: str) -> str:
        browser.post("/kirjaudu", data={"email": email})
        shown: str = browser.get(f"/kirjaudu/{login_links(booking)[-1]}").text
        return shown

    assert "Muista tämä laite 30 päivää" in page(supervisor["email"])
    assert "Muista tämä laite" not in page(client["contact"]["email"])
    _, entered = log_in(booking, client["contact"]["email"], client["id"], muista="1")
    assert "Max-Age=43200" in entered.headers["Set-Cookie"]


def test_devices_are_listed_and_one_is_logged_out_everywhere(booking: Face, a_supervisor: Make, clock: Clock) -> None:
    supervisor = a_supervisor()
    lost, _ = log_in(booking, supervisor["email"], supervisor["id"], muista="1")
    mine, _ = log_in(booking, supervisor["email"], supervisor["id"])
    page = mine.get(ACCOUNT).text
    (button,) = re.findall(rf'action="({ACCOUNT}/selaimet/[^"]+/ulos)"', page)
    assert page.count("<strong>Firefox, Windows</strong>") == 2
    assert page.count("(tämä laite)") == 1

    assert mine.post(button).headers["Location"] == f"{ACCOUNT}?tehty=ulos"

    assert (is_in(lost), is_in(mine)) == (False, True)
    assert told(booking, "access.ended.v1")[-1]["credential"] == f"browser-{button.split('/')[3][:16]}"
    assert mine.post(button).status_code == 404
    assert "kirjasi selaimensa ulos" in mine.get("/tyo/asetukset/loki").text


def test_nobody_logs_anothers_device_out(booking: Face, at_desk: AtDesk, a_supervisor: Make) -> None:
    supervisor = a_supervisor()
    at_desk(supervisor)
    mine = at_desk(supervisor)
    (button,) = re.findall(rf'action="({ACCOUNT}/selaimet/[^"]+/ulos)"', mine.get(ACCOUNT).text)

    assert at_desk(a_supervisor()).post(button).status_code == 404


def test_that_a_device_is_in_use_is_noted_by_the_hour_also_by_pages_that_only_read(
    booking: Face, at_desk: AtDesk, a_supervisor: Make, clock: Clock
) -> None:
    supervisor = a_supervisor()
    browser, _ = log_in(booking, supervisor["email"], supervisor["id"], muista="1")
    today = re.findall(r"käytössä viimeksi ([\d.]+\d)", browser.get(ACCOUNT).text)

    clock(timedelta(days=2))
    browser.get("/tyo")

    later = re.findall(r"käytössä viimeksi ([\d.]+\d)", browser.get(ACCOUNT).text)
    assert later != today


def test_another_login_in_one_browser_takes_the_place_of_the_one_before(
    booking: Face, a_supervisor: Make, clock: Clock
) -> None:
    supervisor = a_supervisor()
    browser, _ = log_in(booking, supervisor["email"], supervisor["id"], muista="1")
    stolen = Browser(booking)
    stolen.cookies.set("__Host-istunto", browser.cookies["__Host-istunto"], domain="booking.test")
    assert is_in(stolen)

    browser.log_in(supervisor["email"], supervisor["id"])

    assert not is_in(stolen), "what somebody had of it is worth nothing now"
    assert browser.get(ACCOUNT).text.count("(tämä laite)") == 1
    assert "Kirjaa ulos" not in browser.get(ACCOUNT).text
    clock(timedelta(days=20))
    assert is_in(browser), "and is remembered as long as that"


def test_the_admin_has_a_list_too(booking: Face) -> None:
    browser, _ = log_in(booking, ADMIN_EMAIL, str(ADMIN_PARTY_ID), muista="1")

    assert "<strong>Firefox, Windows</strong>" in browser.get(ACCOUNT).text
    assert f'href="{ACCOUNT}"' in browser.get("/yllapito").text


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (FIREFOX, "Firefox, Windows"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
            "Chrome, Linux",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_browsers_are_named_by_our_own_words(said: str, name: str) -> None:
    assert browser_name(said) == name
