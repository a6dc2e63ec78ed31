"""The supervisor's week: all that takes time in it, and nobody else's."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.booking.pages.supervisor.week import week_name
from tests.integration.booking.test_query_counts import counted
from tests.integration.conftest import Browser, Face, Json, a_person
from tests.support.diary import at, book, day_ahead, keep_hours

Make = Callable[..., Json]
Enter = Callable[[Json], Browser]

HOSTILE = "<script>alert(1)</script>{{7*7}}"


@pytest.fixture
def supervisor(booking_api: TestClient, a_supervisor: Make) -> Json:
    supervisor = a_supervisor()
    keep_hours(booking_api, supervisor["id"])
    return supervisor


@pytest.fixture
def process(a_process: Make, supervisor: Json) -> Json:
    return a_process(supervisor_id=supervisor["id"], title=HOSTILE)


@pytest.fixture
def desk(at_desk: Enter, supervisor: Json) -> Browser:
    return at_desk(supervisor)


def week_of(desk: Browser, day: date) -> str:
    shown = desk.get("/tyo/kalenteri", params={"viikko": week_name(day)})
    assert shown.status_code == 200, shown.text
    assert len(shown.content) < 100_000
    return str(shown.text)


def entries(page: str) -> list[str]:
    """What stands in the week, in words."""
    found = re.findall(r'<li class="entry[^>]*>(.*?)</li>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", one).replace("\u00a0", " ").split()) for one in found]


def talk_at(booking: Face, supervisor: Json, when: str, name: str = "Tuula Rantanen") -> Json:
    wanted = {"supervisor_id": supervisor["id"], "starts_at": when, "name": name, "email": a_person()["email"]}
    answer = booking.admin.post("/api/v1/intakes", json=wanted)
    assert answer.status_code == 202, answer.text
    body: Json = answer.json()
    return body


def busy_at(booking: Face, supervisor: Json, day: date, start: str, end: str) -> None:
    with booking.engine.begin() as connection:
        imported = connection.execute(
            text("INSERT INTO calendar_import (id, supervisor_id, url, refresh_at, failures)"
                 " VALUES (gen_random_uuid(), :supervisor, 'https://calendar.example/a.ics', now(), 0) RETURNING id"),
            {"supervisor": supervisor["id"]},
        ).scalar_one()  # fmt: skip
        connection.execute(
            text("INSERT INTO busy_time (import_id, supervisor_id, starts_at, ends_at) VALUES (:i, :s, :a, :b)"),
            {"i": imported, "s": supervisor["id"], "a": at(day, start), "b": at(day, end)},
        )


def test_all_that_takes_time_stands_in_its_week(booking: Face, desk: Browser, supervisor: Json, process: Json) -> None:
    day = day_ahead(weekday=2)
    meeting = book(booking.admin, process, at(day, "09:00"))
    cancelled = book(booking.admin, process, at(day, "08:00"))
    booking.admin.post(f"/api/v1/sessions/{cancelled['id']}/cancel")
    talk_at(booking, supervisor, at(day, "11:00"))
    confirmed = talk_at(booking, supervisor, at(day, "13:00"), name=HOSTILE)
    booking.admin.post(f"/api/v1/intakes/{confirmed['id']}/confirm")
    away = {"starts_at": at(day + timedelta(days=1), "12:00"), "ends_at": at(day + timedelta(days=2), "09:00")}
    booking.admin.post(f"/api/v1/supervisors/{supervisor['id']}/absences", json=away | {"reason": "Koulutus"})
    busy_at(booking, supervisor, day + timedelta(days=3), "10:00", "11:30")

    page = week_of(desk, day)

    inert = "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}"
    assert entries(page) == [
        f"9.00–10.00 {inert} {process['code']} · 1/10",
        "11.00–11.45 Kartoittava keskustelu Tuula Rantanen · vahvistamatta",
        f"13.00–13.45 Kartoittava keskustelu {inert}",
        "12.00–24.00 Poissaolo Koulutus",
        "0.00–9.00 Poissaolo Koulutus",
        "10.00–11.30 Varattu muussa kalenterissa",
    ]
    assert f'href="/tyo/tapaamiset/{meeting["id"]}"' in page
    assert f'href="/tyo/kartoitukset/{confirmed["id"]}"' in page
    assert entries(week_of(desk, day + timedelta(weeks=1))) == []


def test_holidays_are_named_and_nobody_works_on_them(desk: Browser) -> None:
    page = week_of(desk, date(2027, 1, 6))

    assert "loppiainen" in page
    assert page.count("Ei työaikaa") == 3  # and the weekend


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2027, 10, 31)])
def test_days_on_which_the_clocks_are_changed_are_shown_by_the_wall(
    booking: Face, desk: Browser, process: Json, day: date
) -> None:
    book(booking.admin, process, at(day, "10:00"))

    page = week_of(desk, day)

    assert entries(page)[0].startswith("10.00–11.00")
    assert 'class="entry meeting booked from-8 for-4 short"' in page


def test_the_ways_lead_to_the_weeks_beside(desk: Browser) -> None:
    page = week_of(desk, date(2026, 12, 31))

    assert 'rel="prev" href="/tyo/kalenteri?viikko=2026-W52"' in page
    assert 'rel="next" href="/tyo/kalenteri?viikko=2027-W01"' in page


@pytest.mark.parametrize("asked", ["2027-W53", "0000-W00", "huomenna", "2026-W54"])
def test_a_week_that_there_is_not_is_no_trouble(desk: Browser, asked: str) -> None:
    assert desk.get("/tyo/kalenteri", params={"viikko": asked}).status_code in (200, 422)


@pytest.mark.parametrize("count", [1, 30])
def test_a_week_takes_as_many_statements_whatever_stands_in_it(
    booking: Face, desk: Browser, process: Json, count: int
) -> None:
    monday = day_ahead(weekday=1)
    for index in range(count):
        book(booking.admin, process, at(monday + timedelta(days=index // 6), f"{8 + index % 6:02}:00"))

    with counted(booking) as statements:
        page = week_of(desk, monday)

    assert len(entries(page)) == count
    assert len(statements) <= 11, statements


def test_others_see_nothing_of_it(
    booking: Face, browser: Browser, at_desk: Enter, as_client: Enter, a_supervisor: Make, a_client: Make, process: Json
) -> None:
    day = day_ahead()
    book(booking.admin, process, at(day, "09:00"))

    assert entries(week_of(at_desk(a_supervisor()), day)) == []
    assert as_client(a_client()).get("/tyo/kalenteri").status_code == 404
    assert browser.get("/tyo/kalenteri").headers["Location"] == "/kirjaudu?paluu=%2Ftyo%2Fkalenteri"
