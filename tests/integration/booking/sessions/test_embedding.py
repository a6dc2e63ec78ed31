"""The booking of a first talk on its supervisor's own website: who may frame it, and that it needs no cookie."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.integration.conftest import Browser, Face, Json
from tests.support.evaluation import told

Make = Callable[..., Json]
AtDesk = Callable[[Json], Browser]

SETTINGS = "/tyo/asetukset/upotus"
SITE = "https://www.meikalainen.example"


@pytest.fixture
def supervisor(booking_api: TestClient, a_supervisor: Make) -> Json:
    made = a_supervisor()
    hours = [{"weekday": day, "start": "09:00", "end": "16:00"} for day in range(1, 8)]
    saved = booking_api.put(
        f"/api/v1/supervisors/{made['id']}/availability", json={"weekly": hours, "holidays": None, "horizon_days": 60}
    )
    assert saved.status_code in (200, 201), saved.text
    return made


def name_of(browser: Browser) -> str:
    """Of whose settings these are."""
    found = re.search(r"data-tyonohjaaja=&#34;([^&]+)&#34;", browser.get(SETTINGS).text)
    assert found
    return found[1]


def version(page: str) -> str:
    found = re.search(r'name="versio" value="([^"]*)"', page)
    assert found
    return found[1].replace("&#34;", '"')


def name_sites(desk: Browser, sites: str) -> Any:
    return desk.post(SETTINGS, data={"sites": sites, "versio": version(desk.get(SETTINGS).text)})


def framers(answer: Any) -> str:
    found = re.search(r"frame-ancestors ([^;]*)", answer.headers["Content-Security-Policy"])
    assert found
    return found[1]


def test_only_the_sites_that_were_named_may_frame_these_pages_and_only_these(
    browser: Browser, at_desk: AtDesk, supervisor: Json
) -> None:
    place = f"/t/{name_of(at_desk(supervisor))}/upota"
    assert framers(browser.get(place)) == "'self'"

    assert name_sites(at_desk(supervisor), f"{SITE}\nhttps://toinen.example:8443/").status_code == 303
    for path in (place, f"{place}/kiitos", f"{place}/tiedot?aika=2030-01-01T09:00:00Z", f"{place}?paiva=x"):
        shown = browser.get(path)
        assert framers(shown) == f"'self' {SITE} https://toinen.example:8443", path
        assert "X-Frame-Options" not in shown.headers
    for path in ("/", "/varaa", f"/varaa/{supervisor['id']}", "/kirjaudu", "/t/nobody/upota", "/upota.js"):
        shown = browser.get(path)
        assert (framers(shown), shown.headers["X-Frame-Options"]) == ("'none'", "DENY"), path


def test_one_supervisors_sites_frame_nobody_elses_booking(
    browser: Browser, at_desk: AtDesk, a_supervisor: Make, supervisor: Json
) -> None:
    name_sites(at_desk(supervisor), SITE)

    assert SITE not in framers(browser.get(f"/t/{name_of(at_desk(a_supervisor()))}/upota"))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://WWW.Example.fi/", "https://www.example.fi"),
        ("https://työnohjaus.fi", "https://xn--tynohjaus-17a.fi"),
        (f"{SITE} {SITE}", SITE),
        ("", ""),
    ],
)
def test_a_site_is_kept_as_browsers_compare_it(at_desk: AtDesk, supervisor: Json, typed: str, kept: str) -> None:
    desk = at_desk(supervisor)

    assert name_sites(desk, typed).status_code == 303
    assert f'spellcheck="false" aria-describedby="sites-hint">\n{kept}</textarea>' in desk.get(SETTINGS).text


@pytest.mark.parametrize(
    "typed",
    [
        "http://www.example.fi",
        "https://*.example.fi",
        "*",
        "https:",
        "https://www.example.fi/sivu",
        "https://www.example.fi?a=b",
        "https://kayttaja@example.fi",
        "https://example.fi;script-src",
        "https://example.fi,https://toinen.example",
        "https://example.fi:port",
        "https://'self'",
        "javascript:alert(1)",
        "data:text/html,x",
        "www.example.fi",
        "https://exam\u0000ple.fi",
        "\n".join(f"https://s{number}.example" for number in range(11)),
    ],
)
def test_what_is_no_site_is_refused_with_the_reason(at_desk: AtDesk, supervisor: Json, typed: str) -> None:
    desk = at_desk(supervisor)
    refused = name_sites(desk, typed)

    assert (refused.status_code, 'id="sites-wrong"' in refused.text) == (422, True), refused.text


def test_a_talk_is_booked_in_a_frame_to_the_link_in_its_letter_without_any_cookie(
    booking: Face, at_desk: AtDesk, supervisor: Json
) -> None:
    place, frame = f"/t/{name_of(at_desk(supervisor))}/upota", Browser(booking)
    first = frame.get(place)
    month = re.search(r'rel="next" href="([^"#]+)', first.text) or re.search(r'class="free" href="([^"#]+)', first.text)
    assert month
    day = re.search(r'class="free" href="([^"#]+)', frame.get(month[1].replace("&amp;", "&")).text)
    assert day
    times = re.findall(rf'href="({place}/tiedot[^"]+)"', frame.get(day[1].replace("&amp;", "&")).text)
    form = frame.get(times[0])
    starts_at = re.search(r'name="wanted" value="([^"]+)"', form.text)
    key = re.search(r'name="kerta" value="([^"]+)"', form.text)
    assert starts_at
    assert key
    typed = {"kerta": key[1], "starts_at": starts_at[1], "name": "Åke Öhman", "email": "ake@example.fi"}

    answers = [first, form, frame.post(f"{place}/tiedot", data=typed), frame.post(f"{place}/tiedot", data=typed)]
    assert [answer.headers.get("Set-Cookie") for answer in answers] == [None] * 4
    assert {answer.headers["Location"] for answer in answers[2:]} == {f"{place}/kiitos"}
    assert "Vahvista vielä aika" in frame.get(f"{place}/kiitos").text
    (asked,) = told(booking, "intake.requested.v1")
    assert asked["email"] == "ake@example.fi"

    missing = frame.post(f"{place}/tiedot", data=typed | {"kerta": "", "email": "ei"})
    assert (missing.status_code, framers(missing)) == (422, "'self'")


def test_a_form_in_the_frame_is_sent_by_our_own_page_alone(browser: Browser, at_desk: AtDesk, supervisor: Json) -> None:
    sent = browser.post(
        f"/t/{name_of(at_desk(supervisor))}/upota/tiedot", data={}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert sent.status_code == 403


def test_of_a_supervisor_who_was_deactivated_nothing_is_shown(booking: Face, at_desk: AtDesk, supervisor: Json) -> None:
    place = f"/t/{name_of(at_desk(supervisor))}/upota"
    booking.admin.post(f"/api/v1/supervisors/{supervisor['id']}/deactivate")

    assert Browser(booking).get(place).status_code == 404


def test_other_sites_may_load_the_script_which_is_small(browser: Browser) -> None:
    script = browser.get("/upota.js")

    assert script.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert len(script.content) < 5_000
    assert browser.get("/enhance.js").headers["Cross-Origin-Resource-Policy"] == "same-origin"
