"""The pages by which a supervisor books for others: one meeting, or a series whose conflicts are solved one by one."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from tests.integration.conftest import Browser, Face, Json
from tests.support.diary import at, book, day_ahead, keep_hours

Make = Callable[..., Json]
Enter = Callable[[Json], Browser]

HOSTILE = '<script>alert(1)</script>"><img onerror=x>{{7*7}}'


@pytest.fixture
def supervisor(booking_api: TestClient, a_supervisor: Make) -> Json:
    supervisor = a_supervisor()
    keep_hours(booking_api, supervisor["id"], holidays=None)
    return supervisor


@pytest.fixture
def process(a_process: Make, supervisor: Json) -> Json:
    return a_process(supervisor_id=supervisor["id"])


@pytest.fixture
def desk(at_desk: Enter, supervisor: Json) -> Browser:
    return at_desk(supervisor)


def meetings_of(booking: Face, process: Json) -> list[Json]:
    items: list[Json] = booking.admin.get("/api/v1/sessions", params={"process_id": process["id"]}).json()["items"]
    return items


def form(**typed: object) -> dict[str, str]:
    return {"mode": "onsite", "kerta": str(uuid4())} | {name: str(value) for name, value in typed.items()}


def address(process: Json) -> str:
    return f"/tyo/tapaamiset/uusi/{process['id']}"


def test_the_process_is_chosen_first(desk: Browser, process: Json) -> None:
    shown = desk.get("/tyo/tapaamiset/uusi")

    assert f'href="{address(process)}"' in shown.text
    assert desk.get(f"/tyo/tapaamiset/uusi?prosessi={process['id']}").headers["Location"] == address(process)


def test_without_processes_the_page_says_what_to_do(desk: Browser) -> None:
    assert "Avaa ensin prosessi" in desk.get("/tyo/tapaamiset/uusi").text


def test_a_free_time_is_booked_once_however_often_the_button_is_pressed(
    booking: Face, desk: Browser, process: Json
) -> None:
    day = day_ahead()
    shown = desk.get(address(process), params={"paiva": day.isoformat()}).text
    start = re.findall(r'name="starts_at" value="(2[^"]+)"', shown)[0]
    typed = form(starts_at=start, minutes=60)

    answers = [desk.post(address(process), data=typed) for _ in range(2)]

    (meeting,) = meetings_of(booking, process)
    assert {answer.headers["Location"] for answer in answers} == {f"/tyo/tapaamiset/{meeting['id']}?tehty=varattu"}
    assert meeting["location"] == "Esimerkkikatu 1"


@pytest.mark.parametrize("clock", ["19:00", "19.00"])
def test_a_typed_time_may_lie_outside_the_hours(booking: Face, desk: Browser, process: Json, clock: str) -> None:
    day = day_ahead()

    answer = desk.post(address(process), data=form(day=day, clock=clock, mode="remote", join_url="https://m.example/a"))

    (meeting,) = meetings_of(booking, process)
    assert answer.status_code == 303
    assert (meeting["starts_at"], meeting["join_url"]) == (at(day, "19:00"), "https://m.example/a")


def test_never_over_another_meeting_but_nearby(
    booking: Face, desk: Browser, supervisor: Json, process: Json, a_process: Make
) -> None:
    day = day_ahead()
    book(booking.admin, a_process(supervisor_id=supervisor["id"]), at(day, "10:00"))

    refused = desk.post(address(process), data=form(day=day, clock="10:30", location=HOSTILE))

    assert refused.status_code == 409
    assert "Lähimmät vapaat ajat" in refused.text
    assert "<script>alert" not in refused.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&gt;&lt;img onerror=x&gt;{{7*7}}" in refused.text
    nearest = re.findall(r'name="starts_at" value="(2[^"]+)"', refused.text)[0]
    chosen = form(starts_at=nearest, day=day, clock="10:30")
    assert desk.post(address(process), data=chosen).status_code == 422
    assert desk.post(address(process), data=chosen | {"clock": "", "kerta": str(uuid4())}).status_code == 303


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({}, "Valitse aika."),
        ({"day": "2030-03-31", "clock": "03:30"}, "kellot siirtyvät"),
        ({"day": "2020-01-07", "clock": "10:00"}, "Aika on jo mennyt."),
        ({"day": "2030-01-07", "clock": "kymmeneltä"}, "Tämä ei ole kellonaika"),
        ({"day": "", "clock": "10:00"}, "Tämä puuttuu."),
        ({"starts_at": "huomenna"}, "Tämä ei ole ajankohta"),
        ({"day": "2030-01-07", "clock": "10:00", "join_url": "javascript:alert(1)"}, "Tämä ei ole verkko-osoite"),
        ({"day": "2030-01-07", "clock": "10:00", "every_weeks": "2", "count": ""}, "Tämä puuttuu."),
        (
            {"day": "2030-01-07", "clock": "10:00", "every_weeks": "2", "count": "3", "instead.x": "pois"},
            "kokonaisluku",
        ),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_is_kept(
    booking: Face, desk: Browser, process: Json, typed: Json, told: str
) -> None:
    refused = desk.post(address(process), data=form(location="Kahvihuone", **typed))

    assert refused.status_code == 422
    assert told in refused.text
    assert 'value="Kahvihuone"' in refused.text
    assert meetings_of(booking, process) == []


def test_a_series_is_booked_with_its_conflicts_solved_one_by_one(
    booking: Face, desk: Browser, supervisor: Json, process: Json, a_process: Make
) -> None:
    first = day_ahead(weekday=2)
    other = a_process(supervisor_id=supervisor["id"])
    for week in (2, 4):
        book(booking.admin, other, at(first + timedelta(weeks=week), "10:00"))
    typed = form(day=first, clock="10:00", every_weeks=2, count=4)

    conflicts = desk.post(address(process), data=typed)

    assert conflicts.status_code == 409
    assert "2 sarjan ajoista ei voi varata." in conflicts.text
    assert meetings_of(booking, process) == []
    alternative = re.findall(r'name="instead.1" value="(2[^"]+)"', conflicts.text)[0]
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', conflicts.text))
    half = desk.post(address(process), data=hidden | {"instead.1": alternative})
    assert half.status_code == 409
    assert f'type="hidden" name="instead.1" value="{alternative}"' in half.text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', half.text))
    booked = desk.post(address(process), data=hidden | {"instead.2": "pois"})
    assert booked.headers["Location"].endswith("?tehty=sarja")
    assert [one["starts_at"] for one in meetings_of(booking, process)] == sorted(
        [at(first, "10:00"), alternative.replace("+00:00", "Z"), at(first + timedelta(weeks=6), "10:00")]
    )


def test_a_series_can_be_changed_instead_of_solved(desk: Browser, process: Json) -> None:
    again = desk.post(address(process), data=form(day=day_ahead(), clock="10:00", every_weeks=2, count=4, muuta="1"))

    assert (again.status_code, 'value="10:00"' in again.text) == (200, True)


def test_others_find_nothing_here(
    browser: Browser, desk: Browser, as_client: Enter, a_client: Make, a_process: Make, process: Json
) -> None:
    foreign = a_process()

    assert desk.get(address(foreign)).status_code == 404
    assert desk.post(address(foreign), data=form()).status_code == 404
    assert as_client(a_client()).get(address(process)).status_code == 404
    login = browser.get(address(process)).headers["Location"]
    assert login == f"/kirjaudu?{urlencode({'paluu': address(process)})}"
