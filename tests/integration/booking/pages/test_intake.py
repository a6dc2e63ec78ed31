"""The first talk as a visitor without an account meets it: a form, a letter's link, and buttons."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from markupsafe import escape
from sqlalchemy import text

from services.finnish import formatting as finnish
from services.web.security.links import secret
from tests.integration.conftest import Browser, Face, Json
from tests.support.diary import keep_hours
from tests.support.month_page import free_days, offered, times

Make = Callable[..., Json]

HOSTILE = """<script>alert(1)</script>"><img src=x onerror=alert(2)>{{7*7}}"""
VISITOR = {"name": "Åke Öhman", "email": "ake@example.fi", "organisation": "", "message": "Rivi\r\ntoinen"}


@pytest.fixture
def browser(booking: Face) -> TestClient:
    return booking.anonymous(Accept="text/html")


@pytest.fixture
def form(booking_api: TestClient, a_supervisor: Make) -> str:
    supervisor = a_supervisor(title="työnohjaaja STOry")
    keep_hours(booking_api, supervisor["id"])
    return f"/varaa/{supervisor['id']}"


def intakes(booking: Face) -> list[tuple[str, str]]:
    """The status of every talk, and its page."""
    with booking.engine.connect() as connection:
        rows = connection.execute(text("SELECT status, link FROM intake ORDER BY requested_at")).all()
    return [(status, f"/kartoitus/{secret(booking.settings.link_key, UUID(str(link)))}") for status, link in rows]


def ask(browser: TestClient, form: str, chosen: str | None = None) -> str:
    chosen = chosen or offered(browser, form)[0]
    asked = browser.post(f"{form}/tiedot", data=VISITOR | {"starts_at": chosen})
    assert asked.headers["Location"] == "/varaa/kiitos", asked.text
    return chosen


def test_with_one_supervisor_the_form_is_one_click_away(browser: TestClient, form: str) -> None:
    assert browser.get("/varaa").headers["Location"] == form
    assert "työnohjaaja STOry" in browser.get(form).text


def test_a_talk_is_asked_for_confirmed_moved_and_called_off_by_buttons(
    booking: Face, browser: TestClient, form: str
) -> None:
    ask(browser, form)
    assert "Vahvista vielä aika" in browser.get("/varaa/kiitos").text
    ((_, page),) = intakes(booking)

    for _ in range(2):  # as mail scanners do
        assert "Vahvista aika" in browser.get(page).text
    assert [status for status, _ in intakes(booking)] == ["held"]

    for _ in range(2):  # a double click
        confirmed = browser.post(f"{page}/vahvista")
        assert "Aika on vahvistettu" in browser.get(confirmed.headers["Location"]).text
    moved = browser.post(f"{page}/siirra", data={"starts_at": offered(browser, page)[-1]})
    assert "Aika on siirretty" in browser.get(moved.headers["Location"]).text
    assert "Perutaanko keskustelu?" in browser.get(f"{page}/peru").text
    browser.post(f"{page}/peru")
    assert "Tämä aika on peruttu" in browser.get(page).text
    assert browser.post(f"{page}/vahvista").status_code == 409
    assert [status for status, _ in intakes(booking)] == ["cancelled"]


def test_the_days_with_free_times_lead_to_them_and_each_time_to_the_form(browser: TestClient, form: str) -> None:
    chosen = offered(browser, form, day=-1)[-1]

    asked = browser.get(f"{form}/tiedot", params={"aika": chosen})

    assert asked.status_code == 200
    assert f'value="{chosen}" required checked' in asked.text
    assert "no-store" not in asked.headers["Cache-Control"]  # the browser may keep what is typed for the back button


def test_a_month_without_free_times_is_passed_over(booking_api: TestClient, browser: TestClient, form: str) -> None:
    supervisor = form.rpartition("/")[2]
    keep_hours(booking_api, supervisor, minimum_notice_hours=24 * 40)

    assert free_days(browser.get(form).text)


def test_the_months_next_to_one_are_those_with_free_times(
    booking_api: TestClient, browser: TestClient, form: str
) -> None:
    supervisor = form.rpartition("/")[2]
    keep_hours(booking_api, supervisor, horizon_days=200)
    begin = (datetime.now(UTC).replace(day=1) + timedelta(days=32)).replace(day=1)
    end = begin + timedelta(days=70)  # next month and the one after it, and some days
    away = {"starts_at": at_noon(begin - timedelta(days=1)), "ends_at": at_noon(end)}
    assert booking_api.post(f"/api/v1/supervisors/{supervisor}/absences", json=away).status_code == 201

    inside = browser.get(form, params={"kuukausi": f"{begin:%Y-%m}"}).text

    assert free_days(inside)
    assert f"{finnish.month_label(end.date())}" in inside
    for page in (browser.get(form).text, inside):
        assert f"kuukausi={begin:%Y-%m}" not in page
    assert browser.get(form, params={"kuukausi": "9999-12"}).status_code == 200


def at_noon(day: datetime) -> str:
    return day.replace(hour=12, minute=0, second=0, microsecond=0).isoformat()


def test_a_form_that_is_refused_comes_back_as_it_was_filled_in(booking: Face, browser: TestClient, form: str) -> None:
    chosen = offered(browser, form)[0]

    refused = browser.post(
        f"{form}/tiedot", data=VISITOR | {"starts_at": chosen, "email": 'ei"osoite<', "name": " ", "message": HOSTILE}
    )

    assert refused.status_code == 422
    assert "Tämä ei ole sähköpostiosoite." in refused.text
    assert "Tämä puuttuu." in refused.text
    assert 'value="ei&#34;osoite&lt;"' in refused.text
    assert f'value="{chosen}" required checked' in refused.text
    assert escape(HOSTILE) in refused.text
    assert HOSTILE not in refused.text
    assert intakes(booking) == []


def test_a_time_that_was_taken_meanwhile_brings_the_form_back_with_others(
    booking: Face, browser: TestClient, form: str
) -> None:
    chosen = ask(Browser(booking), form)

    late = browser.post(f"{form}/tiedot", data=VISITOR | {"starts_at": chosen})

    assert late.status_code == 409
    assert "Aika on jo varattu." in late.text
    assert chosen not in times(late.text)
    assert "Åke Öhman" in late.text
    assert len(intakes(booking)) == 1
    ask(browser, form, times(late.text)[0])
    assert len(intakes(booking)) == 2


def test_a_link_to_a_time_that_is_gone_offers_others(booking: Face, browser: TestClient, form: str) -> None:
    chosen = ask(Browser(booking), form)

    page = browser.get(f"{form}/tiedot", params={"aika": chosen})

    assert "Tämä aika ei ole enää vapaa." in page.text
    assert chosen not in times(page.text)
    assert times(page.text)
    again = browser.post(f"{form}/tiedot", data=VISITOR | {"wanted": chosen})  # none of them was chosen
    assert (again.status_code, times(again.text)) == (422, times(page.text))


def test_a_double_click_asks_once(booking: Face, browser: TestClient, form: str) -> None:
    chosen = offered(browser, form)[0]

    answers = [browser.post(f"{form}/tiedot", data=VISITOR | {"starts_at": chosen, "kerta": "x" * 36}) for _ in "12"]

    assert [answer.headers["Location"] for answer in answers] == ["/varaa/kiitos"] * 2
    assert len(intakes(booking)) == 1


# -- a time that is held by its own visitor -----------------------------------------------------------------


def test_a_visitor_sees_what_they_hold_and_nobody_else_does(booking: Face, form: str) -> None:
    own, other = Browser(booking), Browser(booking)
    chosen = ask(own, form)

    shown = own.get("/varaa/kiitos")

    assert finnish.clock(datetime.fromisoformat(chosen)) in shown.text
    assert "ake@example.fi" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert "ake@example.fi" not in other.get("/varaa/kiitos").text
    assert "Åke" not in other.get(f"{form}/tiedot", params={"aika": chosen}).text
    assert "ake@example.fi" not in str([*own.cookies.values()])


def test_a_held_time_does_not_stand_in_the_way_of_its_own_visitor(booking: Face, form: str) -> None:
    own, other = Browser(booking), Browser(booking)
    chosen = ask(own, form)

    assert chosen in offered(own, form)
    assert chosen not in offered(other, form)
    again = own.get(f"{form}/tiedot", params={"aika": chosen})
    assert f'value="{chosen}" required checked' in again.text
    assert 'value="ake@example.fi"' in again.text
    assert again.headers["Cache-Control"] == "no-store"


def test_a_wrong_address_is_corrected_and_only_the_new_letter_confirms(booking: Face, form: str) -> None:
    browser = Browser(booking)
    chosen = offered(browser, form)[0]
    for email in ("aek@example.fi", "ake@example.fi"):  # back in the browser: the key of the form stays the same
        sent = VISITOR | {"starts_at": chosen, "email": email, "kerta": "x" * 36}
        assert browser.post(f"{form}/tiedot", data=sent).headers["Location"] == "/varaa/kiitos"

    assert "ake@example.fi" in browser.get("/varaa/kiitos").text
    (wrong, old), (right, new) = intakes(booking)
    assert (wrong, right) == ("cancelled", "held")
    assert browser.post(f"{old}/vahvista").status_code == 409
    assert browser.post(f"{new}/vahvista").status_code == 303
    assert [status for status, _ in intakes(booking)] == ["cancelled", "confirmed"]


def test_a_correction_that_is_refused_leaves_the_held_time(booking: Face, form: str) -> None:
    own = Browser(booking)
    first, *_, last = offered(own, form, day=-1)[:6]  # so near each other that the one is offered instead of the other
    held, taken = ask(own, form, first), ask(Browser(booking), form, last)

    refused = own.post(f"{form}/tiedot", data=VISITOR | {"starts_at": taken})

    assert (refused.status_code, held in times(refused.text)) == (409, True)
    assert [status for status, _ in intakes(booking)] == ["held", "held"]


def test_what_is_asked_for_again_word_for_word_is_held_once(booking: Face, form: str) -> None:
    browser = Browser(booking)
    chosen = ask(browser, form)
    ask(browser, form, chosen)

    assert [status for status, _ in intakes(booking)] == ["held"]
    assert "ake@example.fi" in browser.get("/varaa/kiitos").text


def test_what_is_confirmed_is_no_longer_corrected_by_the_form(booking: Face, form: str) -> None:
    browser = Browser(booking)
    chosen = ask(browser, form)
    browser.post(f"{intakes(booking)[0][1]}/vahvista")

    again = browser.post(f"{form}/tiedot", data=VISITOR | {"starts_at": chosen, "name": "Toinen"})

    assert again.status_code == 409
    assert "ake@example.fi" not in browser.get("/varaa/kiitos").text
    assert [status for status, _ in intakes(booking)] == ["confirmed"]


def test_what_is_held_with_one_supervisor_and_another_stays_held_and_in_nobodys_way(
    booking: Face, booking_api: TestClient, a_supervisor: Make, form: str
) -> None:
    other = a_supervisor(name="Toinen Ohjaaja")["id"]
    keep_hours(booking_api, other)
    browser = Browser(booking)
    first = ask(browser, form)
    second = ask(browser, f"/varaa/{other}")
    assert [status for status, _ in intakes(booking)] == ["held", "held"]
    assert "Toinen Ohjaaja" in browser.get("/varaa/kiitos").text

    assert first in offered(browser, form)
    assert second in offered(browser, f"/varaa/{other}")
    ask(browser, form, first)  # word for word
    assert "Toinen Ohjaaja" not in browser.get("/varaa/kiitos").text
    ask(browser, form, offered(browser, form)[1])
    assert sorted(status for status, _ in intakes(booking)) == ["cancelled", "held", "held"]
    assert second in offered(browser, f"/varaa/{other}")


def test_a_second_press_whose_answer_alone_is_seen_knows_its_hold_and_no_other_browser_does(
    booking: Face, form: str
) -> None:
    browser, other = Browser(booking), Browser(booking)
    chosen = offered(browser, form)[0]
    sent = VISITOR | {"starts_at": chosen, "kerta": "x" * 36}
    browser.get(f"{form}/tiedot", params={"aika": chosen})
    seen = dict(browser.cookies)
    browser.post(f"{form}/tiedot", data=sent)
    browser.cookies.clear()
    browser.cookies.update(seen)

    again = browser.post(f"{form}/tiedot", data=sent)
    elsewhere = other.post(f"{form}/tiedot", data=sent)

    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Set-Cookie" not in again.headers
    assert "ake@example.fi" in browser.get("/varaa/kiitos").text
    assert (elsewhere.status_code, "Set-Cookie" in elsewhere.headers) == (409, False)
    assert "ake@example.fi" not in other.get("/varaa/kiitos").text


@pytest.mark.parametrize("cookie", ["", "x", "x" * 43, "ä"])
def test_a_made_up_cookie_holds_nothing(booking: Face, form: str, cookie: str) -> None:
    ask(Browser(booking), form)
    browser = Browser(booking)

    page = browser.get("/varaa/kiitos", headers={"Cookie": f"__Host-varaus={cookie}".encode()})

    assert (page.status_code, "ake@example.fi" in page.text) == (200, False)


# -- a time that is none, and others ------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["", "eilen", "2020-01-01T10:00:00+02:00", "9999-12-31T23:59:59Z", "2027-01-01"])
def test_a_time_that_is_none_is_told_beside_it(booking: Face, browser: TestClient, form: str, typed: str) -> None:
    refused = browser.post(f"{form}/tiedot", data=VISITOR | {"starts_at": typed})

    assert refused.status_code in (409, 422)
    assert 'id="starts_at-wrong"' in refused.text
    assert "Åke Öhman" in refused.text
    assert intakes(booking) == []


def test_a_talk_can_be_moved_only_to_what_is_free(booking: Face, browser: TestClient, form: str) -> None:
    ask(browser, form)
    other = ask(Browser(booking), form)
    (_, page), _ = intakes(booking)
    browser.post(f"{page}/vahvista")

    taken = browser.post(f"{page}/siirra", data={"starts_at": other})
    nothing = browser.post(f"{page}/siirra", data={})

    assert (taken.status_code, nothing.status_code) == (409, 422)
    assert "Aika on jo varattu." in taken.text
    assert other not in times(taken.text)


def test_a_talk_hides_none_of_the_times_next_to_it_when_it_is_moved(
    booking: Face, browser: TestClient, form: str
) -> None:
    chosen = datetime.fromisoformat(ask(browser, form))
    ((_, page),) = intakes(booking)
    browser.post(f"{page}/vahvista")
    overlapping = (chosen + timedelta(minutes=15)).isoformat()

    shown = times(browser.get(f"{page}?kuukausi={chosen:%Y-%m}&paiva={chosen.date()}").text)
    moved = browser.post(f"{page}/siirra", data={"starts_at": overlapping})

    assert overlapping in shown
    assert moved.headers["Location"] == f"{page}?tehty=siirretty"


def test_an_address_asks_only_so_often(booking: Face, browser: TestClient, form: str) -> None:
    answers = [browser.post(f"{form}/tiedot", data=VISITOR | {"starts_at": "x"}).status_code for _ in range(61)]

    assert answers == [422] * 60 + [429]


@pytest.mark.parametrize("path", ["/", "/tietosuoja", "/varaa", "FORM"])
def test_pages_for_anyone_are_light_and_may_be_found(browser: TestClient, form: str, path: str) -> None:
    page = browser.get(path.replace("FORM", form), follow_redirects=True)

    assert (page.status_code, page.headers["X-Robots-Tag"]) == (200, "all")
    assert len(page.content) < 40_000


@pytest.mark.parametrize("path", ["/varaa/00000000-0000-0000-0000-000000000000", "/kartoitus/x", "/varaa/x"])
def test_what_is_not_there_is_told_on_a_page(browser: TestClient, path: str) -> None:
    answer = browser.get(path)

    assert answer.status_code in (404, 422)
    assert answer.headers["Content-Type"].startswith("text/html")
