"""Rounds of evaluation: they open when a process has come far enough, take one answer from each, and end once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.booking.evaluation import round_jobs
from services.booking.evaluation.answers import seal_clear_ratings
from services.core.database import transaction
from services.finnish.vocabulary import KEPT_FROM_ADMIN
from services.web.security.links import digest, secret
from tests.integration.conftest import Face
from tests.support.diary import at, book, day_ahead, days_ahead
from tests.support.evaluation import Clock, a_goal, agree, answer, attend, hold, people, phases, rounds, told

Json = dict[str, Any]
Make = Callable[..., Json]


@pytest.fixture
def process(a_process: Make) -> Json:
    return a_process(form="group", participants=3, planned_sessions=4)


@pytest.fixture
def start(booking: Face, process: Json) -> Json:
    """The start round of a process with two goals, open."""
    agree(booking.admin, process, a_goal("Palaute"), a_goal("Roolit"))
    return rounds(booking.admin, process)[0]


@pytest.fixture
def goal(booking: Face, process: Json, start: Json) -> str:
    goals = booking.admin.get(f"/api/v1/processes/{process['id']}/goals").json()["goals"]
    return str(goals[0]["id"])


def supervisor_of(booking: Face, process: Json) -> TestClient:
    given = booking.admin.post(f"/api/v1/supervisors/{process['supervisor_id']}/credentials").json()
    return booking.as_(given["client_id"], given["client_secret"])


def close(api: TestClient, evaluation: Json, expect: int = 200) -> Json:
    closed = api.post(f"/api/v1/evaluations/{evaluation['id']}/close")
    assert closed.status_code == expect, closed.text
    body: Json = closed.json()
    return body


def open_by_hand(api: TestClient, process: Json, expect: int = 201, **wanted: object) -> Json:
    due = str(datetime.now(UTC).date() + timedelta(days=20))
    opened = api.post(f"/api/v1/processes/{process['id']}/evaluations", json={"phase": "mid", "due": due} | wanted)
    assert opened.status_code == expect, opened.text
    body: Json = opened.json()
    return body


def shown(api: TestClient, evaluation: Json) -> Json:
    body: Json = api.get(f"/api/v1/evaluations/{evaluation['id']}").json()
    return body


# -- opening ----------------------------------------------------------------------------------------------


def test_rounds_open_with_the_goals_half_way_and_with_the_last_meeting(
    booking: Face, process: Json, start: Json, clock: Clock
) -> None:
    sessions = [book(booking.admin, process, at(day)) for day in days_ahead(4)]
    clock(timedelta(days=60))
    seen = []
    for session in sessions:
        attend(booking, process, session)
        seen.append(phases(booking.admin, process))

    assert start["phase"] == "start"
    assert seen == [["start"], ["start", "mid"], ["start", "mid"], ["start", "mid", "final"]]


def test_everybody_in_the_process_is_asked_by_a_link_of_their_own(booking: Face, process: Json, start: Json) -> None:
    (event,) = told(booking, "evaluation.requested.v1")

    assert (event["evaluation_id"], event["version"], event["phase"], event["remind"]) == (
        start["id"],
        1,
        "start",
        True,
    )
    assert sorted(event["invited"]) == sorted(event["answer_links"]) == sorted(people(process))
    with transaction(booking.engine) as db:
        for link_id in event["answer_links"].values():
            known = digest(secret(booking.settings.link_key, UUID(link_id)))
            assert db.scalars(text("SELECT purpose FROM link WHERE digest = :d"), {"d": known}).all() == ["evaluation"]


def test_who_has_left_is_not_asked(booking: Face, process: Json) -> None:
    leaving, *staying = people(process)
    booking.admin.delete(f"/api/v1/processes/{process['id']}/participants/{leaving}")

    agree(booking.admin, process, a_goal())

    assert sorted(told(booking, "evaluation.requested.v1")[0]["invited"]) == sorted(staying)


def test_a_process_that_closes_early_is_evaluated_at_its_end(
    booking: Face, process: Json, start: Json, clock: Clock
) -> None:
    hold(booking, process, clock, 1)

    assert booking.admin.post(f"/api/v1/processes/{process['id']}/close").status_code == 200

    assert phases(booking.admin, process) == ["start", "final"]


def test_a_supervisor_opens_a_round_by_hand_but_never_two_of_a_phase(booking: Face, process: Json) -> None:
    mine = supervisor_of(booking, process)
    opened = open_by_hand(mine, process, phase="mid")

    problem = open_by_hand(mine, process, expect=409, phase="mid")
    open_by_hand(mine, process, phase="final")
    close(mine, opened)
    open_by_hand(mine, process, phase="mid")

    assert problem["type"].endswith("/problems/round-is-open")
    assert (opened["invited"], opened["answered"], opened["status"]) == (3, 0, "open")
    assert phases(mine, process) == ["mid", "final", "mid"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"due": "2020-01-01"}, "due"),
        ({"due": "tomorrow"}, "due"),
        ({"due": None}, "due"),
        ({"phase": "middle"}, "phase"),
    ],
)
def test_a_round_needs_a_phase_and_a_day_to_come(booking: Face, process: Json, wanted: Json, field: str) -> None:
    problem = open_by_hand(booking.admin, process, expect=422, **wanted)

    assert [error["field"] for error in problem["errors"]] == [field]


def test_answers_are_taken_until_the_end_of_the_last_day_in_helsinki(booking: Face, process: Json) -> None:
    open_by_hand(booking.admin, process, due="2031-07-01")

    (event,) = told(booking, "evaluation.requested.v1")

    assert event["due_at"] == "2031-07-01T20:59:59Z"


def test_results_are_promised_for_the_first_meeting_after_the_round(booking: Face, process: Json) -> None:
    before, after, _later = (book(booking.admin, process, at(day_ahead(days))) for days in (10, 30, 50))

    open_by_hand(booking.admin, process, due=str(day_ahead(10)))

    (event,) = told(booking, "evaluation.requested.v1")
    assert before["starts_at"] < event["due_at"] < event["discussed_at"] == after["starts_at"]


# -- answering --------------------------------------------------------------------------------------------


def test_an_answer_is_told_without_its_words(booking: Face, process: Json, start: Json, goal: str) -> None:
    person = people(process)[0]

    given = answer(
        booking.admin,
        start,
        participant_id=person,
        goals={goal: -1},
        benefits={"learning": 4, "workflow": None},
        comment="Salainen ajatus",
    )

    assert (given["version"], given["goals"], given["comment"]) == (1, {goal: -1}, "Salainen ajatus")
    (event,) = told(booking, "evaluation.answered.v1")
    assert (event["participant_id"], event["version"], event["goals"]) == (person, 1, {goal: -1})
    assert event["benefits"] == {"learning": 4, "workflow": None}
    assert "comment" not in event
    with transaction(booking.engine) as db:
        assert "Salainen" not in str(db.execute(text("SELECT * FROM answer, outbox")).all())
    (seen,) = shown(supervisor_of(booking, process), start)["answers"]
    assert seen["comment"] == "Salainen ajatus"


def test_an_answer_can_be_changed_until_the_round_ends(booking: Face, process: Json, start: Json, goal: str) -> None:
    person = people(process)[0]
    answer(booking.admin, start, participant_id=person, goals={goal: -1}, benefits={"learning": 4})

    same = answer(booking.admin, start, participant_id=person, goals={goal: -1}, benefits={"learning": 4})
    changed = answer(booking.admin, start, participant_id=person, goals={goal: 1}, benefits={"workflow": 2})

    assert (same["version"], changed["version"], same["id"]) == (1, 2, changed["id"])
    assert [event["goals"] for event in told(booking, "evaluation.answered.v1")] == [{goal: -1}, {goal: 1}]
    (seen,) = shown(supervisor_of(booking, process), start)["answers"]
    assert (seen["goals"], seen["benefits"]) == ({goal: 1}, {"workflow": 2})


def test_a_round_ends_when_all_have_answered(booking: Face, process: Json, start: Json, goal: str) -> None:
    for person in people(process):
        assert shown(booking.admin, start)["status"] == "open"
        answer(booking.admin, start, participant_id=person, goals={goal: 0})

    closed = shown(booking.admin, start)
    late = answer(booking.admin, start, 409, participant_id=people(process)[0], goals={goal: 2})

    assert (closed["status"], closed["answered"], closed["invited"]) == ("closed", 3, 3)
    assert late["type"].endswith("/problems/round-is-closed")
    (event,) = told(booking, "evaluation.closed.v1")
    assert (event["version"], event["status"]) == (2, "closed")


def test_a_group_agrees_levels_together(booking: Face, process: Json, start: Json, goal: str) -> None:
    agreed = answer(booking.admin, start, consensus=True, goals={goal: 1})
    again = answer(booking.admin, start, consensus=True, goals={goal: 0})

    assert (agreed["participant_id"], agreed["consensus"]) == (None, True)
    assert (again["id"], again["version"]) == (agreed["id"], 2)
    assert shown(booking.admin, start)["status"] == "open"
    assert [event["participant_id"] for event in told(booking, "evaluation.answered.v1")] == [None, None]


def test_one_person_agrees_with_nobody(booking: Face, a_process: Make) -> None:
    alone = a_process(planned_sessions=4)
    goal = agree(booking.admin, alone, a_goal())["goals"][0]["id"]

    problem = answer(booking.admin, rounds(booking.admin, alone)[0], 422, consensus=True, goals={goal: 1})

    assert problem["errors"][0]["field"] == "consensus"


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({}, "body"),
        ({"goals": {"GOAL": 3}}, "goals.GOAL"),
        ({"goals": {"GOAL": -3}}, "goals.GOAL"),
        ({"goals": {str(uuid4()): 1}}, "goals."),
        ({"benefits": {"learning": 6}}, "benefits.learning"),
        ({"benefits": {"learning": 0}}, "benefits.learning"),
        ({"benefits": {"absences": 1}}, "benefits.absences"),
        ({"benefits": {f"b{n}": 1 for n in range(6)}}, "benefits"),
        ({"comment": "\x00"}, "comment"),
        ({"participant_id": str(uuid4()), "comment": "Hei"}, "participant_id"),
        ({"participant_id": None, "comment": "Hei"}, "body"),
        ({"consensus": True, "comment": "Hei"}, "body"),
        ({"participant_id": None, "consensus": True, "benefits": {"learning": 3}}, "body"),
    ],
)
def test_what_cannot_be_an_answer_is_refused_with_its_field(
    booking: Face, process: Json, start: Json, goal: str, wanted: Json, field: str
) -> None:
    named: Json = {"participant_id": people(process)[0]} | wanted
    if "goals" in wanted:
        named["goals"] = {key.replace("GOAL", goal): level for key, level in wanted["goals"].items()}

    problem = answer(booking.admin, start, 422, **named)

    assert problem["errors"][0]["field"].startswith(field.replace("GOAL", goal))
    assert told(booking, "evaluation.answered.v1") == []


def test_only_chosen_benefits_are_rated(booking: Face, a_process: Make) -> None:
    process = a_process(form="pair", participants=2, benefits=["learning", "work_climate"])
    asked = open_by_hand(booking.admin, process)
    person = people(process)[0]

    answer(booking.admin, asked, participant_id=person, benefits={"learning": 5})
    problem = answer(booking.admin, asked, 422, participant_id=person, benefits={"workflow": 5})

    assert asked["benefits"] == ["learning", "work_climate"]
    assert problem["errors"][0]["field"] == "benefits.workflow"


# -- ending -----------------------------------------------------------------------------------------------


def test_a_supervisor_ends_a_round_once(booking: Face, process: Json, start: Json) -> None:
    mine = supervisor_of(booking, process)

    assert close(mine, start)["status"] == "closed"
    assert close(mine, start, expect=409)["type"].endswith("/problems/round-is-closed")
    assert len(told(booking, "evaluation.closed.v1")) == 1


def test_after_the_due_date_nothing_is_taken_and_the_tick_ends_the_round(
    booking: Face, process: Json, start: Json, goal: str, clock: Clock
) -> None:
    due = datetime.combine(date.fromisoformat(start["due"]) + timedelta(days=1), datetime.min.time(), UTC)
    clock(due - datetime.now(UTC) - timedelta(hours=4))
    assert not round_jobs.close_next_round(booking.engine)
    answer(booking.admin, start, participant_id=people(process)[0], goals={goal: 0})

    clock(due - datetime.now(UTC) + timedelta(minutes=1))
    answer(booking.admin, start, 409, participant_id=people(process)[1], goals={goal: 0})

    assert [round_jobs.close_next_round(booking.engine) for _ in range(2)] == [True, False]
    assert shown(booking.admin, start)["status"] == "closed"
    assert len(told(booking, "evaluation.closed.v1")) == 1


def test_the_tick_ends_a_round_that_waits_only_for_who_has_left(
    booking: Face, process: Json, start: Json, goal: str
) -> None:
    leaving, *staying = people(process)
    for person in staying:
        answer(booking.admin, start, participant_id=person, goals={goal: 0})
    assert not round_jobs.close_next_round(booking.engine)

    booking.admin.delete(f"/api/v1/processes/{process['id']}/participants/{leaving}")

    assert round_jobs.close_next_round(booking.engine)
    assert shown(booking.admin, start)["status"] == "closed"


def test_the_tick_asks_again_after_six_months_in_a_long_process(booking: Face, a_process: Make, clock: Clock) -> None:
    process = a_process(form="group", participants=3, planned_sessions=40)
    agree(booking.admin, process, a_goal())
    resting = a_process(form="group", participants=3, planned_sessions=40)
    agree(booking.admin, resting, a_goal())
    hold(booking, process, clock, 1)
    while round_jobs.close_next_round(booking.engine):
        pass

    def phases_after(days: int) -> list[str]:
        clock(timedelta(days=days))
        round_jobs.open_rounds_by_calendar(booking.engine, booking.settings.link_key)
        return phases(booking.admin, process)

    assert phases_after(170) == ["start"]
    assert phases_after(300) == ["start", "mid"]  # later than six months, and later than July
    assert phases_after(301) == ["start", "mid"]
    assert phases(booking.admin, resting) == ["start"]


# -- at the same time -------------------------------------------------------------------------------------


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def give(booking: Face, evaluation: Json, **wanted: object) -> Callable[[], int]:
    path = f"/api/v1/evaluations/{evaluation['id']}/answers"
    return lambda: booking.admin.post(path, json=wanted).status_code


def test_two_answers_of_one_person_at_once_are_one_answer(booking: Face, process: Json, start: Json, goal: str) -> None:
    person = people(process)[0]
    levels = [-2, -1, 0, 1, 2]

    statuses = at_once(*(give(booking, start, participant_id=person, goals={goal: level}) for level in levels))

    assert statuses == [201] * 5
    (seen,) = shown(supervisor_of(booking, process), start)["answers"]
    events = told(booking, "evaluation.answered.v1")
    assert [event["version"] for event in events] == [1, 2, 3, 4, 5]
    assert seen["goals"] == events[-1]["goals"]


def test_the_last_answers_at_once_end_the_round_once(booking: Face, process: Json, start: Json, goal: str) -> None:
    calls = [give(booking, start, participant_id=person, goals={goal: 0}) for person in people(process)]

    assert at_once(*calls) == [201, 201, 201]

    assert shown(booking.admin, start)["status"] == "closed"
    assert len(told(booking, "evaluation.closed.v1")) == 1


def test_an_answer_and_the_end_of_its_round_never_meet(booking: Face, process: Json, goal: str, start: Json) -> None:
    close(booking.admin, start)
    for _ in range(5):
        asked = open_by_hand(booking.admin, process)
        calls = [give(booking, asked, participant_id=person, goals={goal: 0}) for person in people(process)[:2]]

        *answered, closed = at_once(*calls, partial(end, booking, asked))

        assert closed == 200
        assert set(answered) <= {201, 409}
        assert shown(booking.admin, asked)["answered"] == answered.count(201)
        assert last_told(booking, asked) == "evaluation.closed.v1"


def end(booking: Face, evaluation: Json) -> Any:
    return booking.admin.post(f"/api/v1/evaluations/{evaluation['id']}/close").status_code


def last_told(booking: Face, evaluation: Json) -> str:
    """The type of the last event about a round or an answer in it."""
    newest = text(
        "SELECT envelope ->> 'type' FROM outbox WHERE envelope #>> '{data,evaluation_id}' = :id"
        " ORDER BY position DESC LIMIT 1"
    )
    with transaction(booking.engine) as db:
        return str(db.scalars(newest, {"id": evaluation["id"]}).one())


def test_two_rounds_of_a_phase_at_once_are_one(booking: Face, process: Json) -> None:
    path = f"/api/v1/processes/{process['id']}/evaluations"
    wanted = {"phase": "final", "due": str(datetime.now(UTC).date() + timedelta(days=20))}

    statuses = at_once(*(lambda: booking.admin.post(path, json=wanted).status_code for _ in range(5)))

    assert sorted(statuses) == [201, 409, 409, 409, 409]
    assert len(told(booking, "evaluation.requested.v1")) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO evaluation SELECT gen_random_uuid(), version, process_id, phase, status, opened_at, due_at,"
        " closed_at, benefits, held_sessions, planned_sessions FROM evaluation",
        "UPDATE evaluation SET status = 'closed'",
        "UPDATE answer SET participant_id = gen_random_uuid()",
        "INSERT INTO answer SELECT gen_random_uuid(), version, evaluation_id, participant_id, goals_version, comment,"
        " answered_at FROM answer",
    ],
)
def test_postgresql_itself_refuses_what_cannot_be(
    booking: Face, process: Json, start: Json, goal: str, statement: str
) -> None:
    person = people(process)[0]
    answer(booking.admin, start, participant_id=person, goals={goal: 0}, benefits={"learning": 3})
    answer(booking.admin, start, consensus=True, goals={goal: 0})

    with pytest.raises(IntegrityError), transaction(booking.engine) as db:
        db.execute(text(statement))


# -- at rest ----------------------------------------------------------------------------------------------


def test_what_somebody_rated_rests_sealed(booking: Face, process: Json, start: Json, goal: str) -> None:
    answer(booking.admin, start, participant_id=people(process)[0], goals={goal: 2}, benefits={"learning": 5})

    with transaction(booking.engine) as db:
        assert db.scalar(text("SELECT ratings #>> '{}' FROM answer")).startswith("sealed:")
        assert [db.scalar(text(f"SELECT count(*) FROM {table}")) for table in RATINGS] == [0, 0]  # noqa: S608
        (envelope,) = db.scalars(
            text("SELECT envelope FROM outbox WHERE envelope->>'type' LIKE 'evaluation.answered%'")
        )
    assert (envelope["data"]["goals"], envelope["data"]["benefits"]) == ({}, {})
    assert told(booking, "evaluation.answered.v1")[0]["goals"] == {goal: 2}


RATINGS = ("goal_rating", "benefit_rating")
RATED_BEFORE = """
    UPDATE answer SET version = version + 1;
    INSERT INTO goal_rating SELECT answer.id, goal.id, 1, -2 FROM answer, goal WHERE CAST(goal.id AS text) = :goal;
    INSERT INTO benefit_rating SELECT id, 'learning', 1 FROM answer
"""


@pytest.mark.parametrize("never_sealed", [True, False])
def test_what_version_0_1_rated_in_the_clear_is_read_and_then_sealed(
    booking: Face, process: Json, start: Json, goal: str, never_sealed: bool
) -> None:
    answer(booking.admin, start, participant_id=people(process)[0], goals={goal: 2}, benefits={"learning": 5})
    with transaction(booking.engine) as db:
        for statement in RATED_BEFORE.split(";"):
            db.execute(text(statement), {"goal": goal} if ":goal" in statement else {})
        if never_sealed:
            db.execute(text("UPDATE answer SET ratings = NULL"))
    mine = supervisor_of(booking, process)
    before = shown(mine, start)["answers"]
    assert [(one["goals"], one["benefits"]) for one in before] == [({goal: -2}, {"learning": 1})]

    assert seal_clear_ratings(booking.engine) is False

    assert shown(mine, start)["answers"] == before
    with transaction(booking.engine) as db:
        assert [db.scalar(text(f"SELECT count(*) FROM {table}")) for table in RATINGS] == [0, 0]  # noqa: S608


# -- forgetting -------------------------------------------------------------------------------------------


def test_a_forgotten_participant_has_answered_nothing(booking: Face, process: Json, start: Json, goal: str) -> None:
    person = people(process)[0]
    answer(booking.admin, start, participant_id=person, goals={goal: 1}, comment="Salainen")
    mine = supervisor_of(booking, process)
    exported = mine.get(f"/api/v1/participants/{person}/export").json()["own_words"]
    for_admin = booking.admin.get(f"/api/v1/participants/{person}/export").json()

    assert mine.delete(f"/api/v1/participants/{person}").status_code == 204

    assert [(one["goals"], one["comment"]) for one in exported["answers"]] == [({"Palaute": 1}, "Salainen")]
    assert not any(for_admin["own_words"].values())
    assert for_admin["withheld"] == KEPT_FROM_ADMIN
    assert shown(mine, start)["answers"] == []
    assert told(booking, "evaluation.answered.v1") == []
    with transaction(booking.engine) as db:
        left = [db.scalars(text(f"SELECT count(*) FROM {table}")).one() for table in ("answer", "goal_rating")]  # noqa: S608
    assert left == [0, 0]
