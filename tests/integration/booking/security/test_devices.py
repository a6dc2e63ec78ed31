"""What a link from a letter opens by itself, and what only a confirmed device shows."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.core.secrets import fresh_keys
from services.web.security.links import device_code, link_key, secret
from tests.integration.conftest import Face, Json, everything
from tests.support.devices import confirm_device, newest_code
from tests.support.evaluation import Clock, told

Make = Callable[..., Json]


@pytest.fixture
def page(booking: Face, a_process: Make) -> str:
    """A participant's own page."""
    person = a_process()["participants"][0]["id"]
    with booking.engine.connect() as connection:
        link = connection.execute(text("SELECT page_link FROM participant WHERE id = :id"), {"id": person}).scalar_one()
    return f"/osallistuja/{secret(booking.settings.link_key, UUID(str(link)))}"


@pytest.fixture
def browser(booking: Face) -> TestClient:
    return booking.anonymous(Accept="text/html")


def ask(browser: TestClient, page: str) -> None:
    browser.post(f"/laite{page}/koodi")


def enter(browser: TestClient, page: str, code: str) -> bool:
    """Whether the code was taken."""
    led_to: str = browser.post(f"/laite{page}", data={"koodi": code}).headers["Location"]
    return "tehty=vaara" not in led_to


def is_confirmed(browser: TestClient, page: str) -> bool:
    status: int = browser.get(f"{page}/tiedot").status_code
    return status == 200


def test_a_link_alone_opens_times_and_leads_from_what_was_written_to_the_code_and_back(
    booking: Face, browser: TestClient, page: str
) -> None:
    times = browser.get(page)
    asked = browser.get(f"{page}/tiedot")
    why = browser.get(asked.headers["Location"])
    sent = browser.post(f"/laite{page}/koodi", data={"sivu": "/tiedot"})
    form = browser.get(sent.headers["Location"])
    entered = browser.post(f"/laite{page}", data={"koodi": newest_code(booking), "sivu": "/tiedot"})

    assert times.status_code == 200
    assert asked.headers["Location"] == f"/laite{page}?sivu=%2Ftiedot"
    assert "jotta kukaan muu ei pääse lukemaan niitä" in why.text
    assert "Koodi on lähetetty sähköpostiisi." in form.text
    assert entered.headers["Location"] == f"{page}/tiedot"
    assert browser.get(entered.headers["Location"]).status_code == 200


def test_who_copied_the_cookie_before_the_code_was_typed_reads_nothing(
    booking: Face, browser: TestClient, page: str
) -> None:
    ask(browser, page)
    copy = booking.anonymous(Accept="text/html")
    copy.cookies.update(browser.cookies)

    confirm_device(booking, browser, page)

    assert is_confirmed(browser, page)
    assert not is_confirmed(copy, page)


@pytest.mark.parametrize("path", ["/tiedot", "/tiedot.json"])
def test_what_is_confidential_is_closed_to_a_link_alone(browser: TestClient, page: str, path: str) -> None:
    assert browser.get(page + path).status_code == 303


@pytest.mark.parametrize("path", ["/tiedot/poisto", "/tiedot/poisto/peru", "/tiedot/osoite", "/kirjeet"])
def test_a_link_alone_changes_nothing_confidential(booking: Face, browser: TestClient, page: str, path: str) -> None:
    before = everything(booking.engine)

    answer = browser.post(page + path, data={"email": "toinen@example.fi", "tekstina": "1"})

    assert answer.headers["Location"] == f"/laite{page}"
    assert everything(booking.engine) == before


def test_five_wrong_codes_end_a_code_also_the_right_one(booking: Face, browser: TestClient, page: str) -> None:
    ask(browser, page)
    right = newest_code(booking)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"

    assert [enter(browser, page, wrong) for _ in range(5)] == [False] * 5
    assert not enter(browser, page, right)
    assert not is_confirmed(browser, page)


def test_a_code_counts_once_for_ten_minutes_and_in_the_browser_that_asked(
    booking: Face, browser: TestClient, page: str, clock: Clock
) -> None:
    ask(browser, page)
    code, stranger = newest_code(booking), booking.anonymous()
    ask(stranger, page)

    assert not enter(stranger, page, code)
    assert enter(browser, page, code[:3] + " " + code[3:])
    assert not enter(browser, page, code)
    clock(timedelta(minutes=11))
    assert not enter(stranger, page, newest_code(booking))


def test_a_code_counts_also_while_the_notifier_knows_a_newer_key_than_booking(
    booking: Face, browser: TestClient, page: str
) -> None:
    ask(browser, page)
    notifiers = link_key(f"{fresh_keys()['BOOKING_NOTIFIER_KEY']},{booking.settings.booking_notifier_key}", "")

    assert enter(browser, page, device_code(notifiers, first_code(booking)))


def test_asking_again_at_once_sends_no_second_letter_and_many_browsers_only_ten_an_hour(
    booking: Face, browser: TestClient, page: str
) -> None:
    ask(browser, page)
    ask(browser, page)
    assert len(told(booking, "device.code-requested.v1")) == 1

    answers = [booking.anonymous().post(f"/laite{page}/koodi").status_code for _ in range(12)]

    assert answers == [303] * 9 + [429] * 3
    assert enter(browser, page, device_code(booking.settings.link_key, first_code(booking)))


def first_code(booking: Face) -> UUID:
    return UUID(told(booking, "device.code-requested.v1")[0]["notice_id"])


def test_a_device_is_forgotten_after_ninety_days_or_when_its_owner_says_so(
    booking: Face, browser: TestClient, page: str, clock: Clock
) -> None:
    other = confirm_device(booking, booking.anonymous(), page)
    confirm_device(booking, browser, page)
    shown = browser.get(f"{page}/tiedot").text
    with booking.engine.connect() as connection:
        first = connection.execute(text("SELECT digest FROM device ORDER BY confirmed_at LIMIT 1")).scalar_one()

    browser.post(f"{page}/tiedot/laitteet/{first}/poista")

    assert shown.count("muistetaan") == 2
    assert (is_confirmed(other, page), is_confirmed(browser, page)) == (False, True)
    clock(timedelta(days=91))
    assert not is_confirmed(browser, page)


def test_neither_the_code_nor_the_cookie_rests_anywhere(booking: Face, browser: TestClient, page: str) -> None:
    confirm_device(booking, browser, page)

    rests = everything(booking.engine)

    assert newest_code(booking) not in rests
    assert browser.cookies["__Host-laite"] not in rests


@pytest.mark.parametrize("target", ["//evil.example", "/../x", "https://evil.example", "/tiedot?x=1"])
def test_nobody_is_led_elsewhere(booking: Face, browser: TestClient, page: str, target: str) -> None:
    ask(browser, page)

    entered = browser.post(f"/laite{page}", data={"koodi": newest_code(booking), "sivu": target})

    assert entered.headers["Location"] in (page, f"{page}/../x")
