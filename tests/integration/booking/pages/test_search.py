"""One search over everything, by what people remember: a name, a workplace, a code, a day."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest

from services.finnish.workdays import local
from tests.integration.conftest import Browser, Face, Json
from tests.support.diary import book, day_ahead, keep_hours

Make = Callable[..., Json]


@pytest.fixture
def supervisor(a_supervisor: Make) -> Json:
    return a_supervisor()


@pytest.fixture
def process(booking: Face, supervisor: Json, a_process: Make) -> Json:
    keep_hours(booking.admin, supervisor["id"])
    made: Json = a_process("group", 3, supervisor_id=supervisor["id"], title="Hoitajien ryhmätyönohjaus")
    person = made["participants"][0]
    booking.admin.patch(
        f"/api/v1/processes/{made['id']}/participants/{person['id']}",
        json={"first_name": "Äänetön", "last_name": "Öhman-Ålander", "employer": "Kuusamon kaupunki"},
        headers={"If-Match": f'"{person["version"]}"'},
    ).raise_for_status()
    return made


@pytest.fixture
def desk(at_desk: Callable[[Json], Browser], supervisor: Json, process: Json) -> Browser:
    assert process["supervisor_id"] == supervisor["id"]
    return at_desk(supervisor)


def found(desk: Browser, asked: str) -> list[str]:
    """The addresses of what was found."""
    answer = desk.post("/tyo/haku", data={"haku": asked})
    assert answer.status_code == 200, answer.text
    part = answer.text.partition('id="loydetyt"')[2]
    return re.findall(r'entry-head"><a href="([^"]+)"', part)


@pytest.mark.parametrize("asked", ["ÄÄNETÖN", "öhman-å", "ålan", "kuusamon kau", "Öhman kuusamo", "  ålander   ÄÄNE "])
def test_a_person_is_found_by_any_part_of_a_name_or_workplace(desk: Browser, process: Json, asked: str) -> None:
    person = process["participants"][0]["id"]
    assert found(desk, asked) == [f"/tyo/prosessit/{process['id']}/osallistujat/{person}"]


def test_a_process_is_found_by_code_and_title_and_a_person_by_address(desk: Browser, process: Json) -> None:
    here = f"/tyo/prosessit/{process['id']}"

    assert found(desk, process["code"].lower()) == [here]
    assert found(desk, "hoitajien ryhmä") == [here]
    assert f"{here}/osallistujat/{process['participants'][1]['id']}" in found(desk, process["participants"][1]["email"])


def test_a_meeting_is_found_by_its_day_with_and_without_a_year(booking: Face, desk: Browser, process: Json) -> None:
    session = book(booking.admin, process, f"{day_ahead(9)}T09:00:00Z")
    day = local(datetime.fromisoformat(session["starts_at"]))

    for asked in (f"{day.day}.{day.month}.", f"{day.day}.{day.month}.{day.year}", f"{day:%Y-%m-%d}"):
        assert found(desk, asked) == [f"/tyo/tapaamiset/{session['id']}"]
    assert found(desk, f"{day.day}.{day.month}.{day.year + 1}") == []
    assert found(desk, "31.2.") == found(desk, "99.99.2027") == found(desk, "2027-99-99") == []


@pytest.mark.parametrize("asked", ["%", "_", "\\", "';--", "<b>", "x" * 300, "0" * 30])
def test_what_stands_for_something_elsewhere_is_only_looked_for(desk: Browser, asked: str) -> None:
    answer = desk.post("/tyo/haku", data={"haku": asked})

    assert answer.status_code == 200
    assert "Haulla ei löytynyt mitään" in answer.text
    assert "<b>" not in answer.text


def test_nobody_finds_what_is_another_s(at_desk: Callable[[Json], Browser], a_supervisor: Make, process: Json) -> None:
    other = at_desk(a_supervisor())

    for asked in ("öhman", process["code"], "hoitajien", process["participants"][1]["email"], "kuusamo"):
        assert found(other, asked) == []


def test_there_are_few_of_each_kind_and_it_says_so(desk: Browser, booking: Face, process: Json) -> None:
    for _ in range(8):
        person = {"first_name": "Uusi", "last_name": "Tulija", "email": f"uusi{_}@example.fi"}
        booking.admin.post(f"/api/v1/processes/{process['id']}/participants", json=person).raise_for_status()

    assert len(found(desk, "uusi tulija")) == 8
    assert "Osumia on enemmän" not in desk.post("/tyo/haku", data={"haku": "uusi tulija"}).text
    one_more = {"first_name": "Uusi", "last_name": "Tulija", "email": "uusi9@example.fi"}
    booking.admin.post(f"/api/v1/processes/{process['id']}/participants", json=one_more).raise_for_status()
    assert len(found(desk, "uusi tulija")) == 8
    assert "Osumia on enemmän" in desk.post("/tyo/haku", data={"haku": "uusi tulija"}).text


def test_nothing_asked_finds_nothing(desk: Browser) -> None:
    assert "Etsi yläreunan kentästä" in desk.get("/tyo/haku").text
    assert "Etsi yläreunan kentästä" in desk.post("/tyo/haku", data={"haku": "  "}).text
