"""What reporting keeps of what it is told, in any order and however often; and nothing is made of half of it."""

import random
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from services.core.database import transaction
from services.events import catalogue
from services.events.catalogue import Form, Phase
from services.finnish.vocabulary import KEPT_FROM_ADMIN
from services.reporting.models import REBUILT_TABLES, ErasedParticipant, ReportKind, ReportStatus, Table
from services.reporting.projections import rebuild
from services.reporting.workflow.build import TRIES_FOR_ANSWERS
from tests.databases import DatabaseServer
from tests.support.reporting_practice import Course, Json, Practice, open_practice

EVERYTHING_TOLD: tuple[type[Table], ...] = (*REBUILT_TABLES, ErasedParticipant)


@pytest.fixture(scope="module")
def practice(
    postgres_server: DatabaseServer, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Practice]:
    with open_practice(postgres_server, redis_url, tmp_path_factory.mktemp("practice")) as practice:
        yield practice


@pytest.fixture
def nothing_told(practice: Practice) -> Practice:
    """The same practice, of which reporting knows nothing yet."""
    empty(practice)
    for table in ("report", "outbox", "awaited_event"):
        practice.run(f"DELETE FROM {table}")  # noqa: S608
    practice.told.clear()
    practice.versions.clear()
    practice.supervisor()
    return practice


def empty(practice: Practice) -> None:
    for table in EVERYTHING_TOLD:
        practice.run(f"DELETE FROM {table.__tablename__}")  # noqa: S608
    practice.run("DELETE FROM inbox")


def tables(practice: Practice) -> dict[str, list[str]]:
    with transaction(practice.engine) as db:
        return {
            str(table.__tablename__): sorted(str(row.model_dump()) for row in db.scalars(select(table)))
            for table in EVERYTHING_TOLD
        }


def play(practice: Practice) -> Course:
    """A course in which everything changed at least once."""
    course = practice.course(Form.group, people=4, benefits=("workflow",))
    course.agree({"title": "Vastuut"}, {"title": "Palaute", "importance": 3})
    start = course.round(Phase.start, [-1, 0], [0, -1], workflow=[2, 3])
    practice.advance_to(date(2041, 2, 4))
    held = course.hold(practice.advance_to(date(2041, 2, 5)), course.people[:3], course.people[3:])
    course.summarise(held, ("Vuorotellaan", None, False))
    course.summarise(held, ("Vuorotellaan", None, True))
    course.cancel(course.book(practice.advance_to(date(2041, 2, 6))))
    course.agree({"title": "Vastuut, selvemmin", "goal_id": course.goals[0]})
    mid = course.open_round(Phase.mid)
    for level in (0, 2, 1):
        course.answer(mid, course.people[0], [level])
    course.answer(mid, course.people[1], [1])
    course.answer(mid, None, [1])
    course.close_round(mid)
    course.tell(title="Uusi nimi")
    practice.supervisor(full_name="Maija Mallikas")
    for version, name in ((2, "Havu"), (3, "Työnohjaus Havu")):
        face = {"version": version, "practice_name": name, "accent": "#7a3b69", "logo_base64": "AAAA"}
        practice.tell(catalogue.PracticeChanged.model_validate(face))
    gone = course.people.pop(1)
    course.tell()
    erased = {"version": 7, "participant_id": gone, "process_id": course.id}
    practice.tell(catalogue.ParticipantErased.model_validate(erased))
    final = course.round(Phase.final, [2], [1], workflow=[4, 5])
    assert len({start, mid, final}) == 3
    course.close()
    return course


@pytest.mark.parametrize("seed", range(8))
def test_events_end_in_the_same_tables_in_any_order_and_however_often(nothing_told: Practice, seed: int) -> None:
    practice, chance = nothing_told, random.Random(seed)
    play(practice)
    expected = tables(practice)
    again = practice.told * chance.choice((1, 2, 3))
    chance.shuffle(again)

    empty(practice)
    for event in again:
        practice.hear(event)

    assert tables(practice) == expected
    assert all(expected.values())


def test_an_older_version_changes_nothing(nothing_told: Practice) -> None:
    play(nothing_told)
    expected = tables(nothing_told)

    for event in list(nothing_told.told):
        nothing_told.hear(event)

    assert tables(nothing_told) == expected


# -- while a rebuild is under way -------------------------------------------------------------------------


@pytest.fixture
def course(nothing_told: Practice) -> Course:
    """A course that has ended, with reports that are due."""
    return play(nothing_told)


def begin(practice: Practice) -> UUID:
    """A rebuild empties the tables, and waits for one event."""
    awaited = uuid4()
    with transaction(practice.engine) as db:
        rebuild.begin_rebuild(db)
        rebuild.expect_events(db, [awaited])
        rebuild.end_rebuild(db)
    return awaited


def comes(practice: Practice, awaited: UUID) -> None:
    practice.run("INSERT INTO inbox (event_id) VALUES (:id)", id=awaited)
    for event in practice.told:
        practice.hear(event)


def test_nothing_is_made_of_half_of_what_is_told(course: Course) -> None:
    practice = course.practice
    awaited = begin(practice)
    due = practice.reports(ReportStatus.due)
    made = practice.work()
    answers = {
        kind: practice.maija.post(f"/api/v1/processes/{course.id}/reports", json={"kind": kind})
        for kind in ("goal_report", "client_report")
    }
    answers["progress"] = practice.maija.get(f"/api/v1/processes/{course.id}/progress")
    answers["export"] = practice.maija.get(f"/api/v1/participants/{course.people[0]}/export")

    assert due
    assert made == 0
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 503)
    assert all(answer.headers["Retry-After"] for answer in answers.values())

    comes(practice, awaited)
    for _ in range(TRIES_FOR_ANSWERS + 1):  # one of those who answered was erased, and is waited for in vain
        practice.run("UPDATE report SET next_try_at = now()")
        practice.work()
    assert practice.reports(ReportStatus.due) == []
    compiled = practice.reports(ReportStatus.compiled, kind=ReportKind.goal_report)
    assert {report.evaluation_id for report in compiled if report.evaluation_id} == set(course.rounds)
    assert len(practice.reports(ReportStatus.compiled, kind=ReportKind.client_report)) == 1


def test_reports_that_were_made_are_not_made_again(course: Course) -> None:
    practice = course.practice
    practice.work()
    before = [(report.id, report.version, report.compiled_at) for report in practice.reports()]

    comes(practice, begin(practice))
    practice.work()

    assert [(report.id, report.version, report.compiled_at) for report in practice.reports()] == before


def test_what_came_is_no_longer_awaited_when_the_inbox_forgets_it(course: Course) -> None:
    from services.reporting import periodic

    practice = course.practice
    comes(practice, begin(practice))
    periodic.plan_reports(practice.engine)
    practice.run("DELETE FROM inbox")

    with transaction(practice.engine) as db:
        assert rebuild.count_awaited(db) == 0


def test_a_client_report_that_only_seemed_due_waits_for_the_end_of_every_round(nothing_told: Practice) -> None:
    """A round that opened before the end is heard of after it."""
    practice = nothing_told
    course = practice.course(Form.group, people=2)
    course.agree({"title": "Vastuut"})
    practice.holds_back = True
    late = course.open_round(Phase.mid)
    opened = practice.told[-1]
    practice.holds_back = False
    course.round(Phase.final, [1], [1])
    course.close()
    seemed_due = practice.reports(kind=ReportKind.client_report)
    practice.hear(opened)
    practice.work()
    waiting = practice.reports(kind=ReportKind.client_report)
    course.close_round(late)
    practice.run("UPDATE report SET next_try_at = now()")
    practice.work()

    assert [report.status for report in seemed_due + waiting] == [ReportStatus.due, ReportStatus.due]
    assert [report.status for report in practice.reports(kind=ReportKind.client_report)] == [ReportStatus.compiled]


# -- what is held of one person, and how long -------------------------------------------------------------


def export(practice: Practice, person: UUID, who: Any = None, expected: int = 200) -> Json:
    answer = (who or practice.maija).get(f"/api/v1/participants/{person}/export")
    assert answer.status_code == expected, answer.text
    body: Json = answer.json()
    return body


def test_a_participant_is_given_everything_that_is_held_of_them(course: Course) -> None:
    practice, person = course.practice, course.people[0]
    practice.work()
    (draft,) = practice.reports(kind=ReportKind.client_report)
    said = {"participant_id": str(person), "approved": True, "comment": "Sopii minulle."}
    assert practice.maija.post(f"/api/v1/reports/{draft.id}/reviews", json=said).status_code in (200, 201, 204)

    held = export(practice, person)

    assert [(answer["phase"], answer["goals"]) for answer in held["answers"]] == [
        ("start", {"Vastuut, selvemmin": -1, "Palaute": 0}),
        ("mid", {"Vastuut, selvemmin": 1}),
        ("final", {"Vastuut, selvemmin": 2}),
    ]
    assert [answer["benefits"] for answer in held["answers"]] == [{"Työn sujuvuus": 2}, {}, {"Työn sujuvuus": 4}]
    assert [meeting["attendance"] for meeting in held["meetings"]] == ["present"]
    assert [(review["report_id"], review["comment"]) for review in held["reviews"]] == [
        (str(draft.id), "Sopii minulle.")
    ]
    with transaction(practice.engine) as db:
        noted = db.execute(text("SELECT action, subject FROM audit_entry ORDER BY id DESC LIMIT 1")).one()
    assert tuple(noted) == ("participant.exported", f"participant/{person}")
    for_admin = export(practice, person, practice.admin)
    assert for_admin == held | {"answers": [], "reviews": [], "withheld": KEPT_FROM_ADMIN}


def test_others_are_not_given_it_and_nobody_is_after_an_erasure(course: Course) -> None:
    from services.web.security.tokens import Role

    practice, person = course.practice, course.people[0]
    erased = next(event for event in practice.told if isinstance(event, catalogue.ParticipantErased))

    assert export(practice, person, practice.admin)["process_code"] == course.fields["code"]
    export(practice, person, practice.as_(Role.supervisor, uuid4()), expected=404)
    export(practice, person, practice.client, expected=403)
    export(practice, person, practice.visitor(), expected=401)
    export(practice, erased.participant_id, practice.admin, expected=404)
    export(practice, uuid4(), practice.admin, expected=404)
