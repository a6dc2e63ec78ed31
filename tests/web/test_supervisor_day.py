"""A supervisor's day in a real browser: what waits, the week, booking for others, and a meeting written down."""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from playwright.sync_api import Page, expect

from services.finnish.workdays import HELSINKI, at_wall_clock, is_working_day
from tests.support.practice import Json, Practice
from tests.web.conftest import PHONE, assert_accessible
from tests.web.making import a_client, a_process, a_supervisor
from tests.web.test_participant import page_of

pytestmark = pytest.mark.browser

LogIn = Callable[[str], Page]
Enter = Callable[[Page, str], None]


@pytest.fixture
def supervisor(practice: Practice) -> Json:
    return a_supervisor(practice)


@pytest.fixture
def process(practice: Practice, supervisor: Json) -> Json:
    return a_process(practice, supervisor, a_client(practice), form="group", people=3)


def workday(days: int) -> date:
    day = datetime.now(HELSINKI).date() + timedelta(days=days)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def book(practice: Practice, process: Json, day: date, clock: str) -> Json:
    starts_at = at_wall_clock(day, time.fromisoformat(clock)).isoformat()
    return practice.post("/api/v1/sessions", {"process_id": process["id"], "starts_at": starts_at, "mode": "onsite"})


def open_path(page: Page, practice: Practice, path: str) -> Page:
    page.goto(f"{practice.booking.base_url}{path}")
    return page


def test_the_week_is_read_by_ear_and_walked_through_by_keyboard(
    practice: Practice, page: Page, log_in: LogIn, supervisor: Json, process: Json
) -> None:
    day = workday(7)
    book(practice, process, day, "10:00")
    away = {"starts_at": at_wall_clock(day, time(9)).isoformat(), "ends_at": at_wall_clock(day, time(11)).isoformat()}
    practice.post(f"/api/v1/supervisors/{supervisor['id']}/absences", away | {"reason": "Koulutus"})
    log_in(supervisor["email"])
    expect(page.get_by_role("heading", name="Odottaa sinua")).to_be_visible()
    assert_accessible(page)

    page.get_by_role("link", name="Kalenteri").click()
    page.get_by_role("link", name="Seuraava viikko").click()
    if page.get_by_role("link", name=re.compile("Kokeiluryhmän")).count() == 0:
        page.get_by_role("link", name="Seuraava viikko").click()

    assert_accessible(page)
    assert page.get_by_role("heading", level=2).count() == 7
    meeting = page.get_by_role("link", name=re.compile("10.00–12.00 Kokeiluryhmän työnohjaus"))
    meeting.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("10.00–12.00")
    assert_accessible(page)


def test_on_a_desk_a_meeting_stands_where_its_hours_are(
    practice: Practice, page: Page, log_in: LogIn, supervisor: Json, process: Json
) -> None:
    day = workday(7)
    first, second = book(practice, process, day, "09:00"), book(practice, process, day, "13:00")
    log_in(supervisor["email"])
    year, week, _ = day.isocalendar()
    open_path(page, practice, f"/tyo/kalenteri?viikko={year}-W{week:02}")

    def top(selector: str) -> float:
        box = page.locator(selector).bounding_box()
        assert box
        return box["y"]

    meetings = [top(f'a[href$="{session["id"]}"]') for session in (first, second)]
    hours = [top(f'.hours span:text-is("{hour}")') for hour in (9, 13)]
    assert meetings[1] - meetings[0] == pytest.approx(hours[1] - hours[0], abs=1)


def test_a_meeting_is_booked_moved_and_called_off(
    practice: Practice, page: Page, log_in: LogIn, supervisor: Json, process: Json
) -> None:
    log_in(supervisor["email"])
    page.get_by_role("link", name="Varaa tapaaminen").click()
    assert_accessible(page)
    page.get_by_role("link", name="Kokeiluryhmän työnohjaus").click()
    assert_accessible(page)

    page.get_by_role("button", name="Varaa", exact=True).click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert_accessible(page)
    page.get_by_role("link", name="Seuraava").click()
    page.locator("a.free").first.click()
    page.locator("label.time").first.click()
    assert_accessible(page)
    page.get_by_role("button", name="Varaa", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Tapaaminen on varattu.")
    assert_accessible(page)

    page.get_by_role("link", name="Siirrä").click()
    page.get_by_label("Päivä").fill(workday(60).isoformat())
    page.get_by_label("Kellonaika").fill("18:00")
    assert_accessible(page)
    page.get_by_role("button", name="Siirrä tapaaminen").click()
    expect(page.get_by_role("status")).to_contain_text("siirretty")

    page.get_by_role("link", name="Muuta paikkaa").click()
    page.get_by_label("Etäyhteydellä").check()
    page.get_by_label("Etäyhteyden osoite").fill("https://meet.example/ryhma")
    assert_accessible(page)
    page.get_by_role("button", name="Tallenna").click()
    expect(page.get_by_role("link", name="https://meet.example/ryhma")).to_be_visible()

    page.get_by_role("link", name="Peru tapaaminen").click()
    assert_accessible(page)
    page.get_by_role("button", name="Peru tapaaminen").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("peruttu")
    assert_accessible(page)


def test_the_conflicts_of_a_series_are_solved_one_by_one(
    practice: Practice, page: Page, log_in: LogIn, supervisor: Json, process: Json
) -> None:
    first = workday(14)
    book(practice, process, first + timedelta(weeks=2), "10:00")
    book(practice, process, first + timedelta(weeks=4), "10:00")
    log_in(supervisor["email"])
    open_path(page, practice, f"/tyo/tapaamiset/uusi/{process['id']}")
    page.get_by_label("Päivä").fill(first.isoformat())
    page.get_by_label("Kellonaika").fill("10:00")
    page.get_by_label("Toistuu").select_option("2")
    page.get_by_label("Kuinka monta tapaamista").fill("3")
    page.get_by_role("button", name="Varaa", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Ratkaise sarjan päällekkäisyydet")
    assert_accessible(page)
    page.get_by_role("group", name=re.compile("2. tapaaminen")).get_by_role("radio").first.check()
    page.get_by_role("group", name=re.compile("3. tapaaminen")).get_by_label("Jätä tämä tapaaminen pois").check()
    page.get_by_role("button", name="Varaa koko sarja").click()

    expect(page.get_by_role("status")).to_contain_text("Sarja on varattu.")
    expect(page.locator(".occurrences li")).to_have_count(2)
    assert_accessible(page)


@pytest.mark.parametrize("window", [PHONE], ids=["phone"])
def test_a_meeting_is_written_down_in_a_minute(
    practice: Practice, page: Page, log_in: LogIn, supervisor: Json, process: Json
) -> None:
    meeting = book(practice, process, practice_day(practice), "07:00")
    practice.advance_to(datetime.fromisoformat(meeting["ends_at"]))
    log_in(supervisor["email"])
    page.get_by_role("region", name="Odottaa sinua").get_by_role("link", name=re.compile("Kokeiluryhmän")).click()
    assert_accessible(page)

    page.get_by_role("group", name="Celia Kokelas").get_by_label("Este ilmoitettu").check()
    page.get_by_label("Käsitellyt teemat").fill("Roolit\nPalaverikäytännöt")
    page.get_by_label("Oma muistiinpano").fill("Vain minulle")
    expect(page.get_by_role("status")).to_contain_text("Tekstit tallennettu klo")
    page.get_by_label("Asia 1").fill("Palaverikäytäntö kirjataan yhdessä")
    page.get_by_role("button", name="Lisää rivi").click()
    expect(page.get_by_label("Asia 3")).to_be_focused()
    page.get_by_label("Asia 3").fill("Kolmas asia")
    assert_accessible(page)
    page.get_by_role("button", name="Tallenna ja julkaise").click()

    expect(page.get_by_role("status")).to_contain_text("julkaistu")
    assert_accessible(page)
    summary = practice.booking.get(
        f"/api/v1/sessions/{meeting['id']}/summary", headers=practice.headers_of(supervisor["id"])
    ).json()
    assert [action["text"] for action in summary["actions"]] == ["Palaverikäytäntö kirjataan yhdessä", "Kolmas asia"]

    page.get_by_role("link", name="Avaa muistiinpano").click()
    expect(page.get_by_label("Muistiinpano", exact=True)).to_have_value("Vain minulle")
    page.get_by_label("Muistiinpano", exact=True).fill("Seuraavalla kerralla takaisin rooleihin.")
    assert_accessible(page)
    page.get_by_role("button", name="Tallenna muistiinpano").click()
    expect(page.get_by_role("link", name="Avaa muistiinpano")).to_be_visible()


def practice_day(practice: Practice) -> date:
    """Tomorrow, as the practice's clock has it."""
    return practice.now().astimezone(HELSINKI).date() + timedelta(days=1)


def test_two_windows_lose_nothing(
    practice: Practice, page: Page, log_in: LogIn, supervisor: Json, process: Json
) -> None:
    meeting = book(practice, process, workday(30), "10:00")
    log_in(supervisor["email"])
    open_path(page, practice, f"/tyo/tapaamiset/{meeting['id']}/kirjaa")
    practice.booking.put(f"/api/v1/sessions/{meeting['id']}/summary", json={"themes": ["Toisesta ikkunasta"]})
    page.get_by_label("Käsitellyt teemat").fill("Minun teemani")
    page.get_by_role("button", name="Tallenna luonnos").click()

    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Käsitellyt teemat")).to_have_value("Minun teemani")
    assert_accessible(page)


def test_without_scripts_and_on_the_narrowest_screen_all_of_it_works(
    practice: Practice, without_scripts: Page, enter: Enter, supervisor: Json, process: Json
) -> None:
    page = without_scripts
    enter(page, supervisor["email"])
    open_path(page, practice, f"/tyo/tapaamiset/uusi/{process['id']}")
    day = practice_day(practice)
    page.get_by_label("Päivä").fill(day.isoformat())
    page.get_by_label("Kellonaika").fill("06:00")
    page.get_by_role("button", name="Varaa", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Tapaaminen on varattu.")
    meeting = page.url.partition("?")[0].rpartition("/")[2]

    practice.advance_to(at_wall_clock(day, time(9)))
    enter(page, supervisor["email"])
    open_path(page, practice, f"/tyo/tapaamiset/{meeting}/kirjaa")
    page.get_by_label("Asia 1").fill("Ensimmäinen asia")
    page.get_by_role("button", name="Lisää rivi").click()
    page.get_by_label("Asia 3").fill("Kolmas asia")
    page.get_by_role("button", name="Tallenna luonnos").click()

    expect(page.get_by_role("status")).to_contain_text("tallennettu")
    summary = practice.booking.get(
        f"/api/v1/sessions/{meeting}/summary", headers=practice.headers_of(supervisor["id"])
    ).json()
    assert [action["text"] for action in summary["actions"]] == ["Ensimmäinen asia", "Kolmas asia"]


def test_a_participants_wish_is_answered_and_more_than_agreed_is_pressed_twice(
    practice: Practice, page: Page, log_in: LogIn, supervisor: Json
) -> None:
    process = a_process(practice, supervisor, a_client(practice), form="group", people=3)
    book(practice, process, workday(7), "10:00")
    guest = page_of(practice, process)
    page.goto(guest)
    page.get_by_role("link", name="En pääse tai ehdotan muutosta").click()
    page.get_by_label("Sana työnohjaajalle").first.fill("Olen silloin matkalla.")
    page.get_by_role("button", name="En pääse").click()
    page.get_by_role("link", name="Pääsen sittenkin").click()
    page.get_by_role("link", name="Ehdota peruutusta").click()
    page.get_by_role("button", name="Ehdota peruutusta").click()

    log_in(supervisor["email"])
    page.get_by_role("link", name=re.compile(re.escape(process["code"]))).first.click()
    expect(page.get_by_text("Tulossa 2/3, ei pääse")).to_be_visible()
    expect(page.get_by_text("Olen silloin matkalla.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Hyväksy ja peru tapaaminen").click()
    expect(page.get_by_role("status")).to_contain_text("Tapaaminen on peruttu.")
    page.get_by_role("button", name="Kumoa peruutus").click()
    page.get_by_role("button", name="Hylkää ehdotus").click()
    expect(page.get_by_role("status")).to_contain_text("Ehdotus on hylätty.")
    assert_accessible(page)

    match = {"If-Match": practice.booking.get(f"/api/v1/processes/{process['id']}").headers["etag"]}
    practice.booking.patch(f"/api/v1/processes/{process['id']}", json={"planned_sessions": 1}, headers=match)
    open_path(page, practice, f"/tyo/tapaamiset/uusi/{process['id']}?paiva={workday(9)}")
    page.get_by_role("radio", name="12.00").check()
    page.get_by_role("button", name="Varaa").click()
    expect(page.get_by_role("alert")).to_contain_text("Tämä olisi 2. tapaaminen, sovittu on 1.")
    assert_accessible(page)
    page.get_by_role("button", name="Varaa").click()
    expect(page.get_by_role("status")).to_contain_text("Tapaaminen on varattu.")
