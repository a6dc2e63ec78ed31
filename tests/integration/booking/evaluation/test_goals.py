"""Goals over HTTP: agreed once, changed by those who know them, and never taken away from what was rated."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.core.database import transaction
from tests.integration.conftest import Face
from tests.support.evaluation import a_goal, agree, answer, people, phases, rounds, told

Json = dict[str, Any]
Make = Callable[..., Json]


@pytest.fixture
def process(a_process: Make) -> Json:
    return a_process(form="group", participants=3)


def test_agreed_goals_are_told_and_open_the_start_round(booking: Face, process: Json) -> None:
    path = f"/api/v1/processes/{process['id']}/goals"
    nothing = booking.admin.get(path).json()

    agreed = booking.admin.put(
        path, json=[a_goal("Palaute", benefit="learning", importance=3, baseline=-2), a_goal("Roolit")]
    )

    assert (nothing["version"], nothing["goals"]) == (0, [])
    assert agreed.status_code == 200
    assert (agreed.json()["version"], agreed.headers["etag"]) == (1, '"1"')
    feedback, roles = agreed.json()["goals"]
    assert (feedback["importance"], feedback["baseline"], feedback["benefit"]) == (3, -2, "learning")
    assert (roles["importance"], roles["baseline"], roles["benefit"]) == (1, -1, None)
    (event,) = told(booking, "goals.agreed.v1")
    assert [goal["goal_id"] for goal in event["goals"]] == [feedback["id"], roles["id"]]
    assert event["goals"][0]["levels"] == feedback["levels"]
    assert phases(booking.admin, process) == ["start"]


def test_goals_can_be_put_back_as_they_were_got_and_nobody_is_told(booking: Face, process: Json) -> None:
    agreed = agree(booking.admin, process, a_goal("Palaute"), a_goal("Roolit"))

    again = agree(booking.admin, process, *agreed["goals"])

    assert again["version"] == 1
    assert len(told(booking, "goals.agreed.v1")) == 1


def test_a_goal_of_the_same_title_or_id_stays_the_same_goal(booking: Face, process: Json) -> None:
    before = agree(booking.admin, process, a_goal("Palaute"), a_goal("Roolit"))["goals"]
    renamed = a_goal("Roolien selkeys", goal_id=before[1]["id"])

    after = agree(booking.admin, process, a_goal("Kokoukset"), a_goal("palaute ", importance=2), renamed)["goals"]

    assert [goal["id"] for goal in after[1:]] == [before[0]["id"], before[1]["id"]]
    assert after[0]["id"] not in [goal["id"] for goal in before]


def test_what_was_rated_keeps_the_words_it_was_given_for(booking: Face, process: Json) -> None:
    goal = agree(booking.admin, process, a_goal("Palaute"))["goals"][0]
    start = rounds(booking.admin, process)[0]
    answer(booking.admin, start, participant_id=people(process)[0], goals={goal["id"]: -1})

    reworded = a_goal("Palaute") | {"levels": {level: f"uusi {level}" for level in ("-2", "-1", "0", "1", "2")}}
    agree(booking.admin, process, reworded)
    answer(booking.admin, start, participant_id=people(process)[1], goals={goal["id"]: 0})

    event = told(booking, "goals.agreed.v1")[-1]
    assert [(old["since"], old["levels"]) for old in event["earlier"]] == [(1, goal["levels"])]
    assert [(new["goal_id"], new["since"]) for new in event["goals"]] == [(goal["id"], 2)]
    assert [given["wording_version"] for given in told(booking, "evaluation.answered.v1")] == [1, 2]


def test_a_dropped_goal_is_no_longer_rated_and_may_come_back(booking: Face, process: Json) -> None:
    feedback, roles = agree(booking.admin, process, a_goal("Palaute"), a_goal("Roolit"))["goals"]
    start = rounds(booking.admin, process)[0]

    agree(booking.admin, process, a_goal("Palaute"))
    problem = answer(booking.admin, start, 422, participant_id=people(process)[0], goals={roles["id"]: 1})
    back = agree(booking.admin, process, a_goal("Palaute"), a_goal("Roolit"))["goals"]

    assert problem["errors"][0]["field"] == f"goals.{roles['id']}"
    assert [goal["id"] for goal in back] == [feedback["id"], roles["id"]]
    assert [old["title"] for old in told(booking, "goals.agreed.v1")[1]["earlier"]] == ["Roolit"]


def test_goals_are_changed_only_by_who_has_seen_them(booking: Face, process: Json) -> None:
    path = f"/api/v1/processes/{process['id']}/goals"
    agree(booking.admin, process, a_goal("Palaute"))

    assert booking.admin.put(path, json=[a_goal("Roolit")]).status_code == 428
    agree(booking.admin, process, a_goal("Roolit"), match='"0"', expect=412)
    assert agree(booking.admin, process, a_goal("Roolit"), match='"1"')["version"] == 2


@pytest.mark.parametrize(
    ("goals", "field"),
    [
        ([], "body"),
        ([a_goal(title=" ")], "0.title"),
        ([a_goal(levels={"-2": "a", "-1": "b", "0": "c", "1": "d"})], "0.levels"),
        ([a_goal(levels={"-2": "a", "-1": "b", "0": "c", "1": "d", "2": " A "})], "0.levels"),
        ([a_goal(levels={"-2": "a", "-1": "b", "0": "c", "1": "d", "2": " "})], "0.levels.2"),
        ([a_goal(importance=4)], "0.importance"),
        ([a_goal(baseline=0)], "0.baseline"),
        ([a_goal(benefit="absences")], "0.benefit"),
        ([a_goal(id="00000000-0000-0000-0000-000000000000")], "0.id"),
        ([a_goal("Palaute"), a_goal("palaute")], "1.title"),
        ([a_goal(surprise=1)], "0.surprise"),
    ],
)
def test_a_goal_that_cannot_be_rated_is_refused_with_its_field(
    booking: Face, process: Json, goals: list[Json], field: str
) -> None:
    problem = agree(booking.admin, process, *goals, expect=422)

    assert [error["field"] for error in problem["errors"]] == [field]
    assert told(booking, "goals.agreed.v1") == []


def test_hints_come_with_the_goals_and_refuse_nothing(booking: Face, process: Json) -> None:
    agreed = agree(booking.admin, process, a_goal("Palaute ja roolit"))

    of_goal, of_all = agreed["hints"]
    assert of_goal["goal_id"] == agreed["goals"][0]["id"]
    assert any("useampi asia" in hint for hint in of_goal["hints"])
    assert of_all["goal_id"] is None


def test_goals_are_nobodys_business_but_the_practices(booking: Face, process: Json, a_supervisor: Make) -> None:
    path = f"/api/v1/processes/{process['id']}/goals"
    agree(booking.admin, process, a_goal())

    def as_(kind: str, id_: str) -> TestClient:
        given = booking.admin.post(f"/api/v1/{kind}/{id_}/credentials").json()
        return booking.as_(given["client_id"], given["client_secret"])

    assert as_("supervisors", process["supervisor_id"]).get(path).status_code == 200
    assert as_("supervisors", a_supervisor()["id"]).get(path).status_code == 404
    client = as_("clients", process["client_id"])
    assert (client.get(path).status_code, client.put(path, json=[a_goal()]).status_code) == (404, 404)


def test_a_closed_process_keeps_its_goals(booking: Face, process: Json) -> None:
    agree(booking.admin, process, a_goal())
    assert booking.admin.post(f"/api/v1/processes/{process['id']}/close").status_code == 200

    problem = agree(booking.admin, process, a_goal("Roolit"), expect=409)

    assert problem["type"].endswith("/problems/process-is-closed")


def test_the_benefits_to_choose_from_suit_the_form(booking: Face) -> None:
    def offered(**query: str) -> list[str]:
        return [one["id"] for one in booking.admin.get("/api/v1/benefits", params=query).json()]

    assert len(offered()) == 17
    assert "work_climate" in offered(form="group")
    assert "work_climate" not in offered(form="individual")


@pytest.mark.parametrize(
    "change",
    [
        "levels[3] = ''",
        "levels[3] = NULL",
        "levels[5] = levels[1]",
        "levels = levels[1:4]",
        "importance = 0",
        "baseline = 1",
    ],
)
def test_postgresql_itself_refuses_a_goal_that_cannot_be_rated(booking: Face, process: Json, change: str) -> None:
    agree(booking.admin, process, a_goal())

    with pytest.raises(IntegrityError), transaction(booking.engine) as db:
        db.execute(text(f"UPDATE goal_wording SET {change}"))  # noqa: S608
