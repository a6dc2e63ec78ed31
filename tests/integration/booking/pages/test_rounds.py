"""Rounds of evaluation at the supervisor's desk: opened, read, agreed on together, closed; and feedback on meetings."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from tests.integration.booking.pages.test_evaluation import feedback_page
from tests.integration.booking.pages.test_processes import HOSTILE, audited, filled, opened, page_of, plain
from tests.integration.conftest import Browser, Face, Json
from tests.support.diary import day_ahead
from tests.support.evaluation import Clock, a_goal, agree, answer, hold, people, rounds, told

Make = Callable[..., Json]
Enter = Callable[[Json], Browser]


@pytest.fixture
def supervisor(a_supervisor: Make) -> Json:
    return a_supervisor()


@pytest.fixture
def process(a_process: Make, supervisor: Json) -> Json:
    return a_process("group", 3, supervisor_id=supervisor["id"], planned_sessions=4, benefits=["learning"])


@pytest.fixture
def goal(booking: Face, process: Json, clock: Clock) -> str:
    """A goal of a process that is half way and asks its people."""
    goal = agree(booking.admin, process, a_goal("Palaute"))["goals"][0]["id"]
    hold(booking, process, clock, 2)
    return str(goal)


@pytest.fixture
def mid(booking: Face, process: Json, goal: str) -> Json:
    return rounds(booking.admin, process)[-1]


@pytest.fixture
def desk(at_desk: Enter, supervisor: Json, goal: str) -> Browser:
    """Once half the meetings are held, months later."""
    return at_desk(supervisor)


def round_page(process: Json, evaluation: Json, *deed: str) -> str:
    return page_of(process, "arvioinnit", evaluation["id"], *deed)


# -- opening ----------------------------------------------------------------------------------------------


def test_a_round_is_opened_by_hand(booking: Face, process: Json, desk: Browser) -> None:
    form = filled(opened(desk, page_of(process, "arvioinnit", "uusi")))
    wanted = {"phase": "final", "due": str(day_ahead(120)), "kerta": form["kerta"]}

    sent = [desk.post(page_of(process, "arvioinnit", "uusi"), data=wanted) for _ in range(2)]

    *_, opened_now = rounds(booking.admin, process)
    assert (opened_now["phase"], opened_now["due"]) == ("final", wanted["due"])
    assert {one.headers["Location"] for one in sent} == {round_page(process, opened_now) + "?tehty=avattu"}
    assert len(rounds(booking.admin, process)) == 3
    assert "evaluation.opened" in audited(booking)


@pytest.mark.parametrize(
    ("wanted", "status", "reason"),
    [
        ({"phase": "final", "due": "2020-01-01"}, 422, "Viimeinen vastauspäivä : Määräpäivä on jo mennyt."),
        ({"phase": "final", "due": "huomenna"}, 422, "Viimeinen vastauspäivä : Tämä ei ole päivä"),
        ({"phase": "final"}, 422, "Viimeinen vastauspäivä : Tämä puuttuu."),
        ({"phase": "mid", "due": "2099-01-01"}, 409, "Tämän vaiheen arviointi on jo avoinna."),
    ],
)
def test_why_a_round_can_not_be_opened(
    process: Json, desk: Browser, wanted: dict[str, str], status: int, reason: str
) -> None:
    sent = desk.post(page_of(process, "arvioinnit", "uusi"), data=wanted)

    assert (sent.status_code, reason in plain(sent.text)) == (status, True)
    assert f'value="{wanted["phase"]}" checked' in sent.text


# -- reading ----------------------------------------------------------------------------------------------


def test_answers_are_read_and_that_is_written_down(
    booking: Face, process: Json, goal: str, mid: Json, desk: Browser
) -> None:
    first = process["participants"][0]
    ratings: Json = {"goals": {goal: 1}, "benefits": {"learning": None}, "comment": HOSTILE}
    answer(booking.admin, mid, participant_id=first["id"], **ratings)

    html = opened(desk, round_page(process, mid))

    words = plain(html)
    assert "Vastannut 1/3." in words
    assert f"{first['first_name']} {first['last_name']}" in words
    assert "+1 Palaute päivittäin" in words
    assert "Opin työssäni uutta. ei osaa sanoa" in words
    assert "Kommentti " + HOSTILE in words
    assert "<script>alert" not in html
    assert "answer.read" in audited(booking)


def test_nobody_else_reads_answers(
    process: Json, mid: Json, a_process: Make, at_desk: Enter, as_client: Enter, a_supervisor: Make,
    desk: Browser, as_admin: Browser, booking: Face,
) -> None:  # fmt: skip
    client = booking.admin.get(f"/api/v1/clients/{process['client_id']}").json()
    elsewhere = page_of(a_process(), "arvioinnit", mid["id"])

    for stranger in (at_desk(a_supervisor()), as_client(client), as_admin):
        assert stranger.get(round_page(process, mid)).status_code == 404
        for deed in ("yhteinen", "paata"):
            assert stranger.post(round_page(process, mid, deed)).status_code == 404
    assert desk.get(elsewhere).status_code == 404
    assert audited(booking).count("answer.read") == 0


# -- agreeing together ------------------------------------------------------------------------------------


def test_a_group_agrees_on_levels(booking: Face, process: Json, goal: str, mid: Json, desk: Browser) -> None:
    form = filled(opened(desk, round_page(process, mid))) | {f"goals.{goal}": "0"}

    sent = [desk.post(round_page(process, mid, "yhteinen"), data=form) for _ in range(2)]

    assert {one.headers["Location"] for one in sent} == {round_page(process, mid) + "?tehty=sovittu"}
    (event,) = told(booking, "evaluation.answered.v1")
    assert (event["participant_id"], event["goals"]) == (None, {goal: 0})
    assert f'name="goals.{goal}" value="0" checked' in opened(desk, round_page(process, mid))
    assert rounds(booking.admin, process)[-1]["answered"] == 0


def test_two_tabs_of_agreed_levels_lose_nothing(
    booking: Face, process: Json, goal: str, mid: Json, desk: Browser
) -> None:
    first, second = (filled(opened(desk, round_page(process, mid))) for _ in range(2))
    desk.post(round_page(process, mid, "yhteinen"), data=first | {f"goals.{goal}": "0"})

    late = desk.post(round_page(process, mid, "yhteinen"), data=second | {f"goals.{goal}": "2"})

    assert (late.status_code, "Palaute : 0" in plain(late.text)) == (412, True)
    assert f'name="goals.{goal}" value="2" checked' in late.text
    assert told(booking, "evaluation.answered.v1")[-1]["goals"] == {goal: 0}


def test_agreeing_on_nothing_or_on_something_forged_is_told(process: Json, goal: str, mid: Json, desk: Browser) -> None:
    page, form = round_page(process, mid, "yhteinen"), filled(opened(desk, round_page(process, mid)))

    nothing = desk.post(page, data=form)
    forged = [desk.post(page, data=form | wanted) for wanted in ({f"goals.{goal}": "7"}, {f"goals.{uuid4()}": "1"})]

    assert (nothing.status_code, "Vastaa ainakin yhteen kohtaan." in plain(nothing.text)) == (422, True)
    assert [one.status_code for one in forged] == [422, 422]


def test_one_person_agrees_with_nobody(
    booking: Face, a_process: Make, supervisor: Json, clock: Clock, at_desk: Enter
) -> None:
    alone = a_process(supervisor_id=supervisor["id"], planned_sessions=2)
    agree(booking.admin, alone, a_goal())
    hold(booking, alone, clock, 1)

    html = opened(at_desk(supervisor), round_page(alone, rounds(booking.admin, alone)[-1]))

    assert ("/yhteinen" in html, "vain osallistujan suostumuksella" in plain(html)) == (False, True)


# -- closing ----------------------------------------------------------------------------------------------


def test_a_round_is_closed_after_asking(booking: Face, process: Json, mid: Json, desk: Browser) -> None:
    asked = plain(opened(desk, round_page(process, mid, "paata")))
    assert rounds(booking.admin, process)[-1]["status"] == "open"

    sent = [desk.post(round_page(process, mid, "paata"), data={"kerta": str(uuid4())}) for _ in range(2)]

    assert "vastannut 0/3" in asked
    assert {one.status_code for one in sent} == {303}
    assert rounds(booking.admin, process)[-1]["status"] == "closed"
    assert "Vastauksia ei tullut." in plain(opened(desk, round_page(process, mid)))
    late = desk.post(round_page(process, mid, "yhteinen"), data={"versio": '"0"', f"goals.{uuid4()}": "1"})
    assert (late.status_code, "Tämä arviointi on päättynyt." in plain(late.text)) == (409, True)


# -- feedback on meetings ---------------------------------------------------------------------------------


def test_feedback_is_read_and_that_is_written_down(
    booking: Face, a_process: Make, supervisor: Json, clock: Clock, at_desk: Enter
) -> None:
    process = a_process("pair", 2, supervisor_id=supervisor["id"], session_feedback=True)
    hold(booking, process, clock, 1)
    desk, person = at_desk(supervisor), people(process)[0]
    assert "Palautteita ei ole vielä tullut." in plain(opened(desk, page_of(process, "palautteet")))
    said = {"useful": "8", "openness": "9", "progress": "10", "takeaway": HOSTILE}
    assert booking.anonymous().post(feedback_page(booking, person), data=said).status_code == 303

    html = opened(desk, page_of(process, "palautteet"))

    name = "{first_name} {last_name}".format(**process["participants"][0])
    assert f"{name} 8 9 10" in plain(html)
    assert (HOSTILE in plain(html), "<script>alert" in html) == (True, False)
    assert "feedback.read" in audited(booking)
