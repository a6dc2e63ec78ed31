"""The supervisor's settings as pages: hours, absences, calendars, who they are, and credentials."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from tests.integration.conftest import Browser, Face, everything
from tests.support.diary import Json, at, book, day_ahead, keep_hours, slots

Make = Callable[..., Json]
AtDesk = Callable[[Json], Browser]

PAGES = ("", "/tyoajat", "/poissaolot", "/kalenterit", "/omat-tiedot", "/tunnukset", "/loki")
HOSTILE = '<script>alert(1)</script>"><img onerror=x>{{7*7}}'

TERMS = {
    "buffer_before_minutes": "0",
    "buffer_after_minutes": "15",
    "minimum_notice_hours": "24",
    "horizon_days": "90",
    "slot_step_minutes": "30",
    "daily_limit": "",
    "weekly_limit": "",
    "intake_minutes": "45",
    "holidays": "1",
}


def stretch(number: int, weekday: int, start: str, end: str, forms: str = "") -> dict[str, str]:
    typed = {"weekday": str(weekday), "start": start, "end": end, "forms": forms}
    return {f"weekly.{number}.{name}": value for name, value in typed.items()}


@pytest.fixture
def supervisor(a_supervisor: Make) -> Json:
    return a_supervisor(title="työnohjaaja")


@pytest.fixture
def desk(at_desk: AtDesk, supervisor: Json) -> Browser:
    return at_desk(supervisor)


def version(page: str) -> str:
    found = re.search(r'name="versio" value="&#34;([^"]+)&#34;"', page)
    assert found
    return f'"{found[1]}"'


# -- whose ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_settings_are_for_supervisors_alone(
    browser: Browser, desk: Browser, as_admin: Browser, as_client: AtDesk, a_client: Make, page: str
) -> None:
    address = f"/tyo/asetukset{page}"

    assert desk.get(address).status_code == 200
    assert as_admin.get(address).status_code == 404
    assert as_client(a_client()).get(address).status_code == 404
    assert browser.get(address).headers["Location"].startswith("/kirjaudu?paluu=")


def test_nothing_of_another_supervisor_can_be_removed(
    booking_api: TestClient, desk: Browser, a_supervisor: Make
) -> None:
    other = f"/api/v1/supervisors/{a_supervisor()['id']}"
    absence = booking_api.post(f"{other}/absences", json={"starts_at": at(day_ahead()), "ends_at": at(day_ahead(20))})
    calendar = booking_api.post(f"{other}/calendars", json={"url": "https://example.fi/a.ics"})
    key = booking_api.post(f"{other}/credentials")

    for address in (
        f"/tyo/asetukset/poissaolot/{absence.json()['id']}/poista",
        f"/tyo/asetukset/kalenterit/{calendar.json()['id']}/poista",
        f"/tyo/asetukset/tunnukset/{key.json()['client_id']}/sulje",
    ):
        assert desk.post(address).status_code == 404
    assert booking_api.get(f"{other}/credentials").json()["items"][0]["revoked_at"] is None


def test_no_other_site_can_press_the_buttons(desk: Browser) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}

    assert desk.post("/tyo/asetukset/tunnukset", headers=foreign).status_code == 403


# -- hours ------------------------------------------------------------------------------------------------


def test_hours_with_several_stretches_a_day_are_saved(booking_api: TestClient, desk: Browser, supervisor: Json) -> None:
    typed = TERMS | stretch(0, 1, "09:00", "12:00") | stretch(1, 1, "13:00", "16:00", "individual")
    typed |= stretch(2, 3, "", "") | stretch(3, 5, "08:00", "10:00", "pair,team,group,community")
    typed |= stretch(4, 4, "09:00", "12:00")  # when Monday begins within the notice or is a holiday, Thursday does not
    saved = desk.post("/tyo/asetukset/tyoajat", data=typed)

    assert (saved.status_code, saved.headers["Location"]) == (303, "/tyo/asetukset/tyoajat?tehty=tallennettu")
    rules = booking_api.get(f"/api/v1/supervisors/{supervisor['id']}/availability").json()
    assert [(one["weekday"], one["start"], one["forms"]) for one in rules["weekly"]] == [
        (1, "09:00", None),
        (1, "13:00", ["individual"]),
        (4, "09:00", None),
        (5, "08:00", ["pair", "team", "group", "community"]),
    ]
    assert (rules["holidays"], rules["daily_limit"], rules["buffer_after_minutes"]) == ("FI", None, 15)
    page = desk.get("/tyo/asetukset/tyoajat").text
    assert 'value="13:00"' in page
    assert "9.00–11.00" in page, "the preview says when a meeting of an hour could begin"


@pytest.mark.parametrize("midnight", ["00:00", "24:00", "24.00", "0.00", "24"])
def test_hours_may_last_until_midnight(booking_api: TestClient, desk: Browser, supervisor: Json, midnight: str) -> None:
    day = day_ahead()
    typed = TERMS | {"buffer_after_minutes": "0"} | stretch(0, day.isoweekday(), "20:00", midnight)

    saved = desk.post("/tyo/asetukset/tyoajat", data=typed)

    assert saved.status_code == 303, saved.text
    rules = booking_api.get(f"/api/v1/supervisors/{supervisor['id']}/availability")
    assert [(one["start"], one["end"]) for one in rules.json()["weekly"]] == [("20:00", "24:00")]
    assert slots(booking_api, supervisor["id"], day)[-1] == at(day, "23:00")
    assert 'name="weekly.0.end" value="00:00"' in desk.get("/tyo/asetukset/tyoajat").text
    assert "20.00–24.00" in desk.get("/tyo/asetukset").text
    week = desk.get(f"/tyo/kalenteri?viikko={day.isocalendar().year}-W{day.isocalendar().week:02}")
    assert week.status_code == 200


def test_hours_may_be_typed_as_finnish_writes_them(booking_api: TestClient, desk: Browser, supervisor: Json) -> None:
    saved = desk.post("/tyo/asetukset/tyoajat", data=TERMS | stretch(0, 1, "9", "16.30"))

    assert saved.status_code == 303, saved.text
    rules = booking_api.get(f"/api/v1/supervisors/{supervisor['id']}/availability")
    assert [(one["start"], one["end"]) for one in rules.json()["weekly"]] == [("09:00", "16:30")]


def test_a_stretch_is_added_and_taken_away_without_saving(desk: Browser) -> None:
    typed = TERMS | stretch(0, 2, "09:00", "12:00")
    with_more = desk.post("/tyo/asetukset/tyoajat", data=typed | {"lisaa": "2"})
    with_less = desk.post("/tyo/asetukset/tyoajat", data=typed | {"poista": "0"})

    assert with_more.status_code == with_less.status_code == 200
    assert with_more.text.count('type="time"') == 4
    assert 'type="time"' not in with_less.text
    assert 'type="time"' not in desk.get("/tyo/asetukset/tyoajat").text


def test_what_is_wrong_with_hours_is_told_and_what_was_typed_is_kept(desk: Browser) -> None:
    typed = TERMS | stretch(0, 2, "12:00", "09:00") | {"horizon_days": "9999", "slot_step_minutes": ""}
    page = desk.post("/tyo/asetukset/tyoajat", data=typed)

    assert page.status_code == 422
    assert "Loppuajan pitää olla alkuajan jälkeen." in page.text
    assert 'href="#horizon_days"' in page.text
    assert 'href="#slot_step_minutes"' in page.text
    assert 'value="9999"' in page.text
    assert 'value="12:00"' in page.text


def test_hours_changed_elsewhere_are_not_written_over_unseen(
    booking_api: TestClient, desk: Browser, supervisor: Json
) -> None:
    keep_hours(booking_api, supervisor["id"])
    seen = version(desk.get("/tyo/asetukset/tyoajat").text)
    keep_hours(booking_api, supervisor["id"], end="15:00")

    typed = TERMS | stretch(0, 1, "09:00", "12:00")
    late = desk.post("/tyo/asetukset/tyoajat", data=typed | {"versio": seen})
    assert late.status_code == 412
    assert "muutettu toisaalla" in late.text
    again = desk.post("/tyo/asetukset/tyoajat", data=typed | {"versio": version(late.text)})
    assert again.status_code == 303


# -- absences ---------------------------------------------------------------------------------------------


def test_an_absence_of_whole_days_takes_them_from_midnight_to_midnight(
    booking_api: TestClient, desk: Browser, supervisor: Json
) -> None:
    first, last = day_ahead(20), day_ahead(25)
    desk.post("/tyo/asetukset/poissaolot", data={"first": str(first), "last": str(last), "reason": "Loma"})

    (kept,) = booking_api.get(f"/api/v1/supervisors/{supervisor['id']}/absences").json()["items"]
    assert kept["starts_at"] == at(first, "00:00")
    page = desk.get("/tyo/asetukset/poissaolot").text
    assert f"{last.day}.{last.month}.{last.year}" in page
    assert "Loma" in page


@pytest.mark.parametrize(
    ("from_clock", "to_clock", "begin", "end"),
    [
        ("9.30", "16.30", "09:30", "16:30"),
        ("9", "16", "09:00", "16:00"),
        ("16:30", "24:00", "16:30", ""),
        ("16.30", "24.00", "16:30", ""),
        ("16:30", "00:00", "16:30", ""),
        ("16:30", "", "16:30", ""),
    ],
)
def test_an_absence_of_hours_may_last_until_midnight(
    booking_api: TestClient,
    desk: Browser,
    supervisor: Json,
    from_clock: str,
    to_clock: str,
    begin: str,
    end: str | None,
) -> None:
    day = day_ahead()
    typed = {"first": str(day), "from_clock": from_clock, "to_clock": to_clock}
    assert desk.post("/tyo/asetukset/poissaolot", data=typed).status_code == 303

    (kept,) = booking_api.get(f"/api/v1/supervisors/{supervisor['id']}/absences").json()["items"]
    ends_at = at(day, end) if end else at(day + timedelta(days=1), "00:00")
    assert (kept["starts_at"], kept["ends_at"]) == (at(day, begin), ends_at)


def test_a_meeting_in_an_absence_is_pointed_out(
    booking_api: TestClient, desk: Browser, supervisor: Json, a_process: Make
) -> None:
    process = a_process(supervisor_id=supervisor["id"])
    day = day_ahead()
    book(booking_api, process, at(day, "10:00"))

    typed = {"first": str(day), "from_clock": "09:30", "to_clock": "11:00"}
    assert desk.post("/tyo/asetukset/poissaolot", data=typed).status_code == 303
    page = desk.get("/tyo/asetukset/poissaolot").text
    assert "joka ei peruunnu itsestään" in page
    assert process["code"] in page
    assert "Poissaoloihin osuu varattuja tapaamisia." in desk.get("/tyo/asetukset").text


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"first": ""}, "Tämä puuttuu."),
        ({"first": "2027-05-10", "last": "2027-05-01"}, "Viimeinen päivä on ennen ensimmäistä."),
        ({"first": "2027-05-10", "from_clock": "12:00", "to_clock": "11:00"}, "Loppuajan pitää olla alkuajan jälkeen."),
        ({"first": "2027-05-10", "from_clock": "24.00"}, "Tämä ei ole kellonaika"),
        ({"first": "2027-05-10", "to_clock": "24.30"}, "Tämä ei ole kellonaika"),
        ({"first": "2027-05-10", "last": "2099-05-10"}, "Merkitse enintään vuosi kerrallaan."),
        ({"first": "tänään"}, "Tämä ei ole päivä"),
    ],
)
def test_an_absence_that_can_not_be_is_refused(desk: Browser, typed: Json, wrong: str) -> None:
    page = desk.post("/tyo/asetukset/poissaolot", data=typed)

    assert page.status_code == 422
    assert wrong in page.text


def test_an_absence_is_marked_once_however_often_the_button_is_pressed(
    booking_api: TestClient, desk: Browser, supervisor: Json
) -> None:
    typed = {"first": str(day_ahead()), "kerta": "yksi-painallus"}
    for _ in range(2):
        desk.post("/tyo/asetukset/poissaolot", data=typed)

    path = f"/api/v1/supervisors/{supervisor['id']}/absences"
    (kept,) = booking_api.get(path).json()["items"]
    desk.post(f"/tyo/asetukset/poissaolot/{kept['id']}/poista")
    assert booking_api.get(path).json()["items"] == []


# -- calendars --------------------------------------------------------------------------------------------


def test_a_calendar_is_brought_in_and_its_trouble_told_in_finnish(booking: Face, desk: Browser) -> None:
    brought = desk.post("/tyo/asetukset/kalenterit", data={"url": "webcal://example.fi/oma.ics"})
    assert brought.status_code == 303
    with booking.engine.begin() as connection:
        connection.execute(text("UPDATE calendar_import SET last_error = 'not-a-calendar', failures = 1"))

    page = desk.get("/tyo/asetukset/kalenterit").text
    assert "https://example.fi/oma.ics" in page
    assert "Kopioi iCal-osoite" in page
    assert "not-a-calendar" not in page


def test_the_own_calendar_is_subscribed_to_with_one_press(desk: Browser, supervisor: Json) -> None:
    page = desk.get("/tyo/asetukset/kalenterit").text
    feed = supervisor["calendar_url"]

    assert f'value="{feed}"' in page
    assert f'href="webcal://{feed.partition("://")[2]}"' in page
    assert 'href="https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2F' in page
    assert 'href="https://outlook.office.com/calendar/0/addfromweb?url=http' in page


def test_an_address_that_is_none_is_refused_and_kept(desk: Browser) -> None:
    page = desk.post("/tyo/asetukset/kalenterit", data={"url": "javascript:alert(1)"})

    assert page.status_code == 422
    assert 'value="javascript:alert(1)"' in page.text


def test_a_new_calendar_address_ends_the_old_one(booking: Face, desk: Browser, supervisor: Json) -> None:
    feed = supervisor["calendar_url"].removeprefix(booking.settings.public_url)
    assert booking.anonymous().get(feed).status_code == 200

    assert desk.post("/tyo/asetukset/kalenterit/osoite").status_code == 303
    shown = booking.admin.get(f"/api/v1/supervisors/{supervisor['id']}").json()

    assert booking.anonymous().get(feed).status_code == 404
    renewed = shown["calendar_url"].removeprefix(booking.settings.public_url)
    assert renewed != feed
    assert booking.anonymous().get(renewed).status_code == 200
    assert shown["version"] == supervisor["version"] + 1
    assert renewed.split("/")[-1].removesuffix(".ics") not in everything(booking.engine)


# -- who they are -----------------------------------------------------------------------------------------


def test_who_they_are_is_changed_and_the_signature_shown_as_letters_have_it(
    booking_api: TestClient, desk: Browser, supervisor: Json
) -> None:
    typed = {"name": "Maija Uusinimi", "title": "", "phone": "0401234567", "signature": "www.example.fi\nTervetuloa"}
    typed |= {"reminders.3": "1", "versio": version(desk.get("/tyo/asetukset/omat-tiedot").text)}
    assert desk.post("/tyo/asetukset/omat-tiedot", data=typed).status_code == 303

    shown = booking_api.get(f"/api/v1/supervisors/{supervisor['id']}").json()
    assert (shown["name"], shown["title"], shown["location"]) == ("Maija Uusinimi", None, None)
    assert shown["reminders"] == {"days_before": [3]}
    page = desk.get("/tyo/asetukset/omat-tiedot").text
    assert "Maija Uusinimi<br>puh.&nbsp;040 123 4567<br>www.example.fi<br>Tervetuloa" in page


def test_new_processes_remind_as_their_supervisor_usually_does(
    booking_api: TestClient, desk: Browser, supervisor: Json, a_process: Make
) -> None:
    path = f"/api/v1/supervisors/{supervisor['id']}"
    change = {"reminders": {"days_before": [2, 14, 2]}}
    assert booking_api.patch(path, json=change, headers={"If-Match": '"1"'}).status_code == 200

    assert a_process(supervisor_id=supervisor["id"])["reminders"]["days_before"] == [14, 2]
    chosen = a_process(supervisor_id=supervisor["id"], reminders={"days_before": []})
    assert chosen["reminders"]["days_before"] == []
    form = desk.get("/tyo/prosessit/uusi?muoto=individual").text
    assert re.search(r'name="reminders\.14"[^>]* checked', form)
    assert not re.search(r'name="reminders\.7"[^>]* checked', form)


def test_what_is_wrong_with_who_they_are_is_told(desk: Browser) -> None:
    typed = {"name": "", "phone": "soita", "versio": version(desk.get("/tyo/asetukset/omat-tiedot").text)}
    typed |= {f"reminders.{days}": "1" for days in (14, 7, 3, 2, 1)}
    page = desk.post("/tyo/asetukset/omat-tiedot", data=typed)

    assert page.status_code == 422
    for field in ("name", "phone", "reminders.days_before"):
        assert f'href="#{field}"' in page.text


def test_hostile_words_stay_words(desk: Browser) -> None:
    seen = version(desk.get("/tyo/asetukset/omat-tiedot").text)
    desk.post("/tyo/asetukset/omat-tiedot", data={"name": HOSTILE, "signature": HOSTILE, "versio": seen})
    desk.post("/tyo/asetukset/poissaolot", data={"first": str(day_ahead()), "reason": HOSTILE})

    for address in ("", "/omat-tiedot", "/poissaolot", "/tunnukset"):
        page = desk.get(f"/tyo/asetukset{address}").text
        assert "<script>alert" not in page
        assert "<img onerror" not in page
        assert "49" not in page.replace("{{7*7}}", "") or "&lt;script&gt;" in page


# -- credentials ------------------------------------------------------------------------------------------


def test_a_credential_is_shown_once_works_and_is_closed(booking: Face, desk: Browser, supervisor: Json) -> None:
    issued = desk.post("/tyo/asetukset/tunnukset")
    found = re.search(r'id="client_id"[^>]*value="([^"]+)".*id="client_secret"[^>]*value="([^"]+)"', issued.text, re.S)

    assert issued.status_code == 201
    assert issued.headers["Cache-Control"] == "no-store"
    assert found
    client_id, secret = found.groups()
    own = booking.as_(client_id, secret)
    assert own.get(f"/api/v1/supervisors/{supervisor['id']}").status_code == 200
    listed = desk.get("/tyo/asetukset/tunnukset").text
    assert client_id in listed
    assert secret not in listed
    assert secret not in everything(booking.engine)

    assert desk.post(f"/tyo/asetukset/tunnukset/{client_id}/sulje").status_code == 303
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    assert booking.anonymous().post("/oauth/token", data=form).status_code == 401


def test_a_credential_form_sent_again_shows_no_secret(booking: Face, desk: Browser) -> None:
    here, form = "/tyo/asetukset/tunnukset", {"kerta": "k" * 36}
    issued = desk.post(here, data=form)
    secret = re.findall(r'id="client_secret"[^>]*value="([^"]+)"', issued.text)[0]

    own = desk.post(here, data=form)
    without_cookie, with_another = Browser(booking), Browser(booking)
    with_another.cookies.set("__Host-istunto", "x" * 43, domain="booking.test")
    strangers = [who.post(here, data=form) for who in (without_cookie, with_another)]

    assert (own.status_code, "Salaisuutta ei näytetä toista kertaa." in own.text) == (409, True)
    assert [answer.status_code for answer in strangers] == [401, 401]
    assert all(secret not in answer.text for answer in (own, *strangers))
    assert desk.get(here).text.count("/sulje") == 1
