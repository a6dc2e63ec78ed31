"""Writing goals down on a page: five levels, advice that never refuses, and words that keep what was rated."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest

from services.booking.evaluation import goal_hints
from tests.integration.booking.pages.test_processes import HOSTILE, audited, filled, opened, page_of, plain
from tests.integration.conftest import Browser, Face, Json
from tests.support.evaluation import Clock, a_goal, agree, answer, hold, people, phases, rounds

Make = Callable[..., Json]
Enter = Callable[[Json], Browser]

LEVELS = ("ei lainkaan tapaamisissa", "joskus tapaamisissa", "viikoittain toukokuuhun mennessä",
          "päivittäin koko työyhteisössä", "joka tilanteessa pyytämättä")  # fmt: skip


@pytest.fixture
def supervisor(a_supervisor: Make) -> Json:
    return a_supervisor()


@pytest.fixture
def process(a_process: Make, supervisor: Json) -> Json:
    return a_process("group", 2, supervisor_id=supervisor["id"])


@pytest.fixture
def desk(at_desk: Enter, supervisor: Json) -> Browser:
    return at_desk(supervisor)


def goals_page(process: Json) -> str:
    return page_of(process, "tavoitteet")


def written(number: int = 0, title: str = "Palaute", **changes: str) -> dict[str, str]:
    row = {f"taso{level}": words for level, words in enumerate(LEVELS)}
    row |= {"id": "", "title": title, "benefit": "", "importance": "1", "baseline": "-1"} | changes
    return {f"goals.{number}.{field}": value for field, value in row.items()}


def form(desk: Browser, process: Json, *goals: dict[str, str], **typed: str) -> dict[str, str]:
    fields = filled(opened(desk, goals_page(process))) | {"kerta": str(uuid4())}
    for goal in goals:
        fields |= goal
    return fields | typed


def agreed(booking: Face, process: Json) -> list[Json]:
    goals: list[Json] = booking.admin.get(f"/api/v1/processes/{process['id']}/goals").json()["goals"]
    return goals


def test_goals_are_agreed_for_the_first_time(booking: Face, process: Json, desk: Browser) -> None:
    second = written(1, "Roolit", benefit="role_clarity", importance="3", baseline="-2")

    sent = desk.post(goals_page(process), data=form(desk, process, written(), second))

    assert sent.headers["Location"] == goals_page(process) + "?tehty=tallennettu"
    palaute, roolit = agreed(booking, process)
    assert palaute["levels"] == dict(zip(("-2", "-1", "0", "1", "2"), LEVELS, strict=True))
    assert (palaute["importance"], palaute["baseline"], palaute["benefit"]) == (1, -1, None)
    assert (roolit["importance"], roolit["baseline"], roolit["benefit"]) == (3, -2, "role_clarity")
    assert phases(booking.admin, process) == ["start"]
    assert "Alkuarviointi on avautunut" in plain(opened(desk, sent.headers["Location"]))
    assert "goals.agreed" in audited(booking)


def test_a_double_click_agrees_once(booking: Face, process: Json, desk: Browser) -> None:
    sent = form(desk, process, written())

    assert [desk.post(goals_page(process), data=sent).status_code for _ in range(2)] == [303, 303]
    assert booking.admin.get(f"/api/v1/processes/{process['id']}/goals").json()["version"] == 1


def test_what_is_missing_is_told_beside_what_was_written(booking: Face, process: Json, desk: Browser) -> None:
    poor = written(taso1="", taso3=" ") | written(1, "", taso4=LEVELS[0], importance="7")

    sent = desk.post(goals_page(process), data=form(desk, process, poor))

    words = plain(sent.text)
    assert sent.status_code == 422
    assert "Tavoite 1, tasot : Kuvaa jokainen viidestä tasosta; puuttuu −1, +1." in words
    assert "Tavoite 2, nimi : Tämä puuttuu." in words
    assert "Tavoite 2, tasot : Kuvaa jokainen taso eri sanoin." in words
    for field in ("goals.0.levels", "goals.1.title", "goals.1.levels", "goals.1.importance"):
        assert f'href="#{field}"' in sent.text
        assert f'id="{field}"' in sent.text
        assert f'id="{field}-wrong"' in sent.text
    assert filled(sent.text)["goals.0.taso4"] == LEVELS[4]
    assert agreed(booking, process) == []


def test_a_level_that_says_too_much_is_told_at_its_field(process: Json, desk: Browser) -> None:
    sent = desk.post(goals_page(process), data=form(desk, process, written(taso2="x" * 501)))

    assert (sent.status_code, 'id="goals.0.taso2-wrong"' in sent.text) == (422, True)
    assert "Tavoite 1, taso 0" in plain(sent.text)


def test_nothing_written_is_told(process: Json, desk: Browser) -> None:
    sent = desk.post(goals_page(process), data=form(desk, process))

    assert (sent.status_code, "vähintään 1 kohtaa" in plain(sent.text)) == (422, True)


def test_two_goals_of_one_name_are_told(process: Json, desk: Browser) -> None:
    sent = desk.post(goals_page(process), data=form(desk, process, written(), written(1)))

    assert (sent.status_code, "Tavoite on mainittu kahdesti." in plain(sent.text)) == (422, True)


def test_advice_is_quiet_and_saves_nothing(booking: Face, process: Json, desk: Browser) -> None:
    vague = written(title="Palaute ja roolit", taso2="hyvin") | written(1, "Kesken", taso0="")

    sent = desk.post(goals_page(process) + "/luonnos", data=form(desk, process, vague, esikatsele="1"))

    words = plain(sent.text)
    assert sent.status_code == 200
    assert goal_hints.SEVERAL_THEMES in words
    assert goal_hints.NOT_OBSERVABLE in words
    assert "Kuvaa vielä tasot: −2." in words
    assert 'role="alert"' not in sent.text
    assert filled(sent.text)["goals.0.title"] == "Palaute ja roolit"
    assert agreed(booking, process) == []


def test_vague_goals_can_be_saved_and_are_advised_on_afterwards(booking: Face, process: Json, desk: Browser) -> None:
    vague = written(title="Palaute ja roolit", taso2="hyvin")
    saved = desk.post(goals_page(process), data=form(desk, process, vague))

    assert saved.status_code == 303
    assert goal_hints.SEVERAL_THEMES in plain(opened(desk, saved.headers["Location"]))
    assert goal_hints.SEVERAL_THEMES not in plain(opened(desk, goals_page(process)))


def test_goals_come_and_go_without_a_script(booking: Face, process: Json, desk: Browser) -> None:
    two = form(desk, process, written(), written(1, "Roolit"))
    more = desk.post(goals_page(process) + "/luonnos", data=two | {"lisaa": "1"})
    less = desk.post(goals_page(process) + "/luonnos", data=two | {"poista": "0"})

    assert (filled(more.text)["goals.1.title"], filled(more.text)["goals.2.title"]) == ("Roolit", "")
    assert filled(less.text)["goals.0.title"] == "Roolit"
    assert "goals.1.title" not in filled(less.text)
    assert agreed(booking, process) == []
    assert desk.post(goals_page(process), data=two).status_code == 303  # back with the browser's button, and saved


def test_goals_begin_with_those_of_another_process(
    booking: Face, process: Json, desk: Browser, a_process: Make, supervisor: Json, at_desk: Enter, a_supervisor: Make
) -> None:
    desk.post(goals_page(process), data=form(desk, process, written(), written(1, "Roolit", importance="3")))
    new = a_process("group", 2, supervisor_id=supervisor["id"])
    offered = opened(desk, goals_page(new))
    roolit = agreed(booking, process)[1]["id"]
    assert f'<option value="{roolit}">Roolit</option>' in offered
    draft = f"{goals_page(new)}/luonnos"

    one = filled(desk.post(draft, data=form(desk, new, malli=roolit)).text)
    both = filled(desk.post(draft, data=form(desk, new, malli=process["id"])).text)

    assert (one["goals.0.title"], one["goals.0.id"], one["goals.0.taso4"]) == ("Roolit", "", LEVELS[4])
    assert [both[f"goals.{number}.title"] for number in range(2)] == ["Palaute", "Roolit"]
    assert agreed(booking, new) == []
    assert desk.post(goals_page(new), data=both).status_code == 303
    assert [goal["title"] for goal in agreed(booking, new)] == ["Palaute", "Roolit"]
    assert {goal["id"] for goal in agreed(booking, new)}.isdisjoint(goal["id"] for goal in agreed(booking, process))

    stranger = a_supervisor()
    theirs = a_process("group", 2, supervisor_id=stranger["id"])
    assert "Roolit" not in opened(at_desk(stranger), goals_page(theirs))
    taken = at_desk(stranger).post(f"{goals_page(theirs)}/luonnos", data={"malli": roolit}).text
    assert "Roolit" not in taken


def test_a_draft_does_not_hide_that_somebody_else_was_quicker(booking: Face, process: Json, desk: Browser) -> None:
    agree(booking.admin, process, a_goal("Palaute"))
    mine = form(desk, process)
    agree(booking.admin, process, a_goal("Palaute toisille"))

    for refused in ({"esikatsele": "1"}, {"goals.0.title": " "}):
        path = goals_page(process) + ("/luonnos" if "esikatsele" in refused else "")
        again = filled(desk.post(path, data=mine | refused).text)
        assert desk.post(goals_page(process), data=again | {"goals.0.title": "Palaute"}).status_code == 412


def test_there_is_room_for_ten(process: Json, desk: Browser) -> None:
    ten = {name: value for number in range(10) for name, value in written(number, f"Tavoite {number}").items()}
    shown = desk.post(goals_page(process) + "/luonnos", data=form(desk, process, ten, lisaa="1"))

    assert ("goals.9.title" in shown.text, "goals.10.title" in shown.text) == (True, False)
    assert 'name="lisaa"' not in shown.text
    assert len(shown.text) < 100_000
    assert desk.post(goals_page(process), data=form(desk, process, ten)).status_code == 303


def test_changed_goals_keep_what_was_rated(
    booking: Face, process: Json, supervisor: Json, at_desk: Enter, clock: Clock
) -> None:
    goal = agree(booking.admin, process, a_goal("Palaute"))["goals"][0]
    hold(booking, process, clock, 5)
    desk, (_, mid) = at_desk(supervisor), rounds(booking.admin, process)
    answer(booking.admin, mid, participant_id=people(process)[0], goals={goal["id"]: 1})

    before = filled(opened(desk, goals_page(process)))
    assert before["goals.0.id"] == goal["id"]
    assert "säilyttävät sanamuodon" in plain(opened(desk, goals_page(process)))
    assert desk.post(goals_page(process), data=before | {"goals.0.taso3": "Uudet sanat tasolle"}).status_code == 303

    assert agreed(booking, process)[0]["id"] == goal["id"]
    assert "Aiemmat sanamuodot (1)" in plain(opened(desk, goals_page(process)))
    read = plain(opened(desk, page_of(process, "arvioinnit", mid["id"])))
    assert "+1 Palaute päivittäin" in read


def test_an_emptied_goal_is_given_up(booking: Face, process: Json, desk: Browser) -> None:
    agree(booking.admin, process, a_goal("Palaute"), a_goal("Roolit"))
    fields = form(desk, process)
    emptied = {name: "" for name in fields if re.fullmatch(r"goals\.0\.(title|taso\d)", name)}

    desk.post(goals_page(process), data=fields | emptied)

    assert [goal["title"] for goal in agreed(booking, process)] == ["Roolit"]


def test_two_tabs_lose_nothing(booking: Face, process: Json, desk: Browser) -> None:
    agree(booking.admin, process, a_goal("Palaute"))
    first, second = form(desk, process), form(desk, process)
    desk.post(goals_page(process), data=first | {"goals.0.title": "Palaute toisille"})

    late = desk.post(goals_page(process), data=second | {"goals.0.importance": "3"})

    assert late.status_code == 412
    assert "Tavoite 1, nimi : Palaute toisille" in plain(late.text)
    assert filled(late.text)["goals.0.importance"] == "3"
    assert desk.post(goals_page(process), data=filled(late.text)).status_code == 303
    assert (agreed(booking, process)[0]["title"], agreed(booking, process)[0]["importance"]) == ("Palaute", 3)


def test_hostile_goals_stay_words(process: Json, desk: Browser) -> None:
    hostile = written(title=HOSTILE) | {f"goals.0.taso{level}": f"{HOSTILE} {level}" for level in range(5)}

    saved = desk.post(goals_page(process), data=form(desk, process, hostile))

    assert saved.status_code == 303
    for html in (opened(desk, saved.headers["Location"]), opened(desk, page_of(process))):
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "{{7*7}}" in html


def test_goals_of_an_ended_process_are_only_read(booking: Face, process: Json, desk: Browser) -> None:
    agree(booking.admin, process, a_goal("Palaute"))
    fields = form(desk, process)
    booking.admin.post(f"/api/v1/processes/{process['id']}/close")

    shown = opened(desk, goals_page(process))
    assert ("Palaute viikoittain" in shown, "<textarea" in shown) == (True, False)
    assert desk.post(goals_page(process), data=fields | {"goals.0.title": "Toinen"}).status_code == 409


@pytest.mark.parametrize("name", ["goals.0.title.x", "goals.x.title", "goals..", "goals.0.id", "goals.0.baseline"])
def test_forged_fields_break_nothing(process: Json, desk: Browser, name: str) -> None:
    sent = desk.post(goals_page(process), data=form(desk, process, written()) | {name: "ei"})

    assert sent.status_code in (303, 422)
