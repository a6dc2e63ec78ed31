"""How far a process has come: every figure against one that is worked out here, by hand."""

from collections.abc import Iterator
from math import sqrt
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.events.catalogue import Form, Phase
from services.web.security.tokens import Role
from tests.databases import DatabaseServer
from tests.support.reporting_practice import Json, Practice, open_practice


@pytest.fixture
def practice(postgres_server: DatabaseServer, redis_url: str, tmp_path: Path) -> Iterator[Practice]:
    with open_practice(postgres_server, redis_url, tmp_path) as practice:
        yield practice


def progress(practice: Practice, process_id: UUID) -> Json:
    answer = practice.maija.get(f"/api/v1/processes/{process_id}/progress")
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


def t_by_hand(weights: list[int], levels: list[float]) -> float:
    """Kiresuk & Sherman, written out once more."""
    top = sum(weight * level for weight, level in zip(weights, levels, strict=True))
    return 50 + 10 * top / sqrt(0.7 * sum(weight**2 for weight in weights) + 0.3 * sum(weights) ** 2)


def test_the_worked_example_of_one_person_comes_out_to_the_last_digit(practice: Practice) -> None:
    course = practice.course(Form.individual, people=1)
    course.agree(
        {"title": "Vastuut", "importance": 3},
        {"title": "Palaute", "importance": 2},
        {"title": "Muutos", "baseline": -2},
    )
    course.round(Phase.start, [-1, -1, -2])
    course.round(Phase.final, [0, 1, -1])

    shown = progress(practice, course.id)

    assert shown["t_score"]["baseline"] == pytest.approx(34.577, abs=0.0005)
    assert shown["t_score"]["now"] == pytest.approx(52.203, abs=0.0005)
    assert shown["t_score"]["change"] == pytest.approx(17.626, abs=0.0005)
    assert [(goal["baseline"], goal["level"], goal["change"]) for goal in shown["goals"]] == [
        (-1, 0, 1),
        (-1, 1, 2),
        (-2, -1, 1),
    ]
    assert (shown["answered"], shown["invited"]) == (1, 1)


def test_single_ratings_of_a_group_are_averaged_and_said_to_be(practice: Practice) -> None:
    course = practice.course(people=3)
    course.agree({"title": "Vastuut", "importance": 2}, {"title": "Palaute"})
    course.round(Phase.mid, [0, 1], [1, -1], [0, None])

    shown = progress(practice, course.id)

    vastuut, palaute = shown["goals"]
    assert vastuut["level"] == pytest.approx(1 / 3)
    assert (vastuut["answers"], vastuut["agreed"], vastuut["words"]) == (3, False, "Vastuut: taso 0")
    assert (palaute["level"], palaute["answers"]) == (0, 2)
    assert shown["t_score"]["now"] == pytest.approx(t_by_hand([2, 1], [1 / 3, 0]))
    assert shown["t_score"]["averaged"] is True


def test_what_the_group_agreed_counts_before_what_its_members_said(practice: Practice) -> None:
    course = practice.course(people=3)
    course.agree({"title": "Vastuut"})
    mid = course.open_round(Phase.mid)
    for person, level in zip(course.people, (2, 2, -1), strict=True):
        course.answer(mid, person, [level])
    course.answer(mid, None, [0])

    (goal,) = progress(practice, course.id)["goals"]

    assert (goal["level"], goal["agreed"], goal["answers"]) == (0, True, 1)
    assert progress(practice, course.id)["answered"] == 3


def test_a_goal_that_nobody_rated_is_in_neither_score(practice: Practice) -> None:
    course = practice.course(people=2)
    course.agree({"title": "Vastuut", "importance": 2}, {"title": "Palaute", "importance": 3, "baseline": -2})
    course.round(Phase.mid, [1, None])

    shown = progress(practice, course.id)

    score = shown["t_score"]
    assert (score["scored"], score["total"]) == (1, 2)
    assert (score["baseline"], score["now"]) == (pytest.approx(40), pytest.approx(60))
    assert (shown["goals"][1]["level"], shown["goals"][1]["change"]) == (None, None)


def test_without_a_rated_goal_there_is_no_score_at_all(practice: Practice) -> None:
    course = practice.course()
    course.agree({"title": "Vastuut"})

    shown = progress(practice, course.id)

    assert (shown["t_score"], shown["answered"], shown["invited"]) == (None, 0, 0)


def test_benefits_have_a_mean_a_round_and_the_change_of_those_who_answered_both_times(practice: Practice) -> None:
    course = practice.course(people=4, benefits=("workflow", "learning"))
    course.round(Phase.start, [], [], [], [], workflow=[2, 3, 3, 5], learning=[4, None, None, None])
    course.round(Phase.final, [], [], [], workflow=[4, 4, None], learning=[None, 5, 5])

    workflow, learning = progress(practice, course.id)["benefits"]

    assert workflow["label"] == "Työn sujuvuus"
    assert [(point["phase"], point["mean"], point["answers"]) for point in workflow["points"]] == [
        ("start", 3.25, 4),
        ("final", 4.0, 2),
    ]
    assert workflow["change"] == {"since": "start", "until": "final", "mean": 1.5, "answers": 2}
    assert learning["change"] is None


def test_an_answer_may_change_while_its_round_is_open(practice: Practice) -> None:
    course = practice.course(people=2)
    course.agree({"title": "Vastuut"})
    mid = course.open_round(Phase.mid)
    course.answer(mid, course.people[0], [-1])
    course.answer(mid, course.people[0], [2])

    shown = progress(practice, course.id)

    assert (shown["goals"][0]["level"], shown["answered"], shown["invited"]) == (2, 1, 2)


def test_a_rating_keeps_the_words_that_its_goal_had_then(practice: Practice) -> None:
    course = practice.course(people=1, form=Form.individual)
    (goal,) = course.agree({"title": "Vastuut"})
    course.round(Phase.start, [-1])
    course.agree({"title": "Vastuut ovat selvät", "goal_id": goal})

    before = progress(practice, course.id)["goals"][0]
    course.round(Phase.mid, [1])
    after = progress(practice, course.id)["goals"][0]

    assert (before["title"], before["words"]) == ("Vastuut ovat selvät", "Vastuut: taso -1")
    assert (after["level"], after["words"]) == (1, "Vastuut ovat selvät: taso 1")


def test_only_its_supervisor_and_an_admin_see_the_progress_of_a_process(practice: Practice) -> None:
    course = practice.course()
    address = f"/api/v1/processes/{course.id}/progress"

    assert practice.admin.get(address).status_code == 200
    assert practice.client.get(address).status_code == 404
    assert practice.as_(Role.supervisor, uuid4()).get(address).status_code == 404
    assert practice.visitor().get(address).status_code == 401
    assert practice.maija.get(f"/api/v1/processes/{uuid4()}/progress").status_code == 404
    assert practice.maija.get("/api/v1/processes/moi/progress").status_code == 422
