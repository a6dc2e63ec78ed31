"""What reporting forgets by itself, and when; its clock is moved."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from services.core.database import transaction
from services.events.catalogue import Form, ParticipantErased, Phase, ReportCompiled
from services.reporting.models import ReportKind, ReportStatus
from services.reporting.projections import retention
from tests.databases import DatabaseServer
from tests.support.reporting_practice import Course, Practice, open_practice


@pytest.fixture
def practice(postgres_server: DatabaseServer, redis_url: str, tmp_path: Path) -> Iterator[Practice]:
    with open_practice(postgres_server, redis_url, tmp_path) as practice:
        yield practice


@pytest.fixture
def course(practice: Practice) -> Course:
    """Ended on the 7th of January 2041, with a client report that was released; another goes on beside it."""
    course = practice.course(people=5, benefits=("workflow",))
    course.agree({"title": "Vastuut"})
    course.summarise(course.hold(practice.now()), ("Vuorotellaan", None, False))
    course.round(Phase.final, [1], [1], [1], [1], [1], workflow=[3, 4, 3, 4, 3])
    course.close()
    other = practice.course(people=2)
    other.agree({"title": "Muu"})
    other.summarise(other.hold(practice.now()), ("Muuta", None, False))
    other.round(Phase.start, [1], [0])
    practice.work()
    (draft,) = practice.reports(kind=ReportKind.client_report)
    for person in course.people:
        said = {"participant_id": str(person), "approved": True, "comment": "Sopii."}
        assert practice.maija.post(f"/api/v1/reports/{draft.id}/reviews", json=said).status_code < 300
    released = practice.maija.post(f"/api/v1/reports/{draft.id}/release")
    assert released.status_code < 300, released.text
    return course


@pytest.mark.parametrize("alone", [True, False])
def test_what_was_agreed_with_and_reported_of_somebody_who_was_alone_goes_with_them(
    practice: Practice, alone: bool
) -> None:
    course = practice.course(Form.individual, people=1)
    course.agree({"title": "Vastuut"})
    course.summarise(course.hold(practice.now()), ("Vuorotellaan", None, False))
    course.round(Phase.start, [0])
    practice.work()
    assert len(practice.reports(ReportStatus.compiled)) == len(practice.staged(ReportCompiled)) == 1

    erased = {"version": 2, "participant_id": course.people[0], "process_id": course.id, "alone": alone}
    practice.tell(ParticipantErased.model_validate(erased))

    (report,) = practice.reports()
    assert (report.document is None, report.pdf is None) == (alone, alone)
    assert len(practice.staged(ReportCompiled)) == (0 if alone else 1)
    with transaction(practice.engine) as db:
        assert db.scalar(text("SELECT count(*) FROM summary")) == (0 if alone else 1)


def left(practice: Practice, day: date) -> dict[str, int]:
    """What is left of the ended process on that day."""
    from services.reporting import periodic

    practice.advance_to(day)
    periodic.prune_expired(practice.engine)
    ended = "process_id IN (SELECT process_id FROM process WHERE status = 'closed')"
    queries = {
        "actions": f"summary WHERE {ended}",
        "answers": f"answer WHERE {ended}",
        "reviews": "review",
        "supervisors_reports": f"report WHERE pdf IS NOT NULL AND kind = 'goal_report' AND {ended}",
        "released": "report WHERE pdf IS NOT NULL AND status = 'released'",
        "figures": "released_figure",
        "others": "answer",
    }
    with transaction(practice.engine) as db:
        return {name: db.scalars(text(f"SELECT count(*) FROM {query}")).one() for name, query in queries.items()}  # noqa: S608


def test_each_kind_goes_in_its_time_and_what_a_client_has_stays(practice: Practice, course: Course) -> None:
    first = left(practice, date(2041, 7, 1))
    assert min(first.values()) > 0

    half_a_year = left(practice, date(2041, 7, 9))
    assert half_a_year == first | {"actions": 0}
    before_a_year = left(practice, date(2042, 1, 1))
    assert before_a_year == half_a_year

    a_year = left(practice, date(2042, 1, 9))
    assert a_year == half_a_year | {"answers": 0, "reviews": 0, "supervisors_reports": 0, "others": 2}
    assert left(practice, date(2043, 1, 15)) == a_year | {"figures": 0}


def test_a_turn_takes_only_so_many_and_says_that_there_are_more(
    practice: Practice, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.reporting import periodic as reporting_periodic

    monkeypatch.setattr(retention, "BATCH_SIZE", 1)
    first = left(practice, date(2042, 1, 1))
    assert left(practice, date(2042, 1, 9))["answers"] == first["answers"] - 1

    while reporting_periodic.prune_expired(practice.engine):
        pass
    assert left(practice, date(2042, 1, 9))["answers"] == 0


def test_what_went_is_in_the_trail_once_by_its_id_and_not_before(practice: Practice, course: Course) -> None:
    noted = []
    for day in (date(2041, 7, 1), date(2041, 7, 9), date(2042, 1, 9), date(2043, 1, 15), date(2043, 1, 16)):
        left(practice, day)
        noted.append(forgotten(practice))

    process = f"process/{course.id}"
    assert noted[0] == []
    assert noted[1] == [("action.forgotten", process)]
    actions = {action for action, _ in noted[2]}
    assert actions == {"action.forgotten", "answer.forgotten", "review.forgotten", "report.forgotten"}
    assert noted[2].count(("answer.forgotten", process)) == 1
    assert {action for action, _ in noted[3]} - actions == {"figure.forgotten"}
    assert noted[4] == noted[3]


def forgotten(practice: Practice) -> list[tuple[str, str]]:
    rows = practice.run("SELECT action, subject FROM audit_entry WHERE actor = 'retention' ORDER BY id")
    return [(row.action, row.subject) for row in rows]


def test_a_report_that_was_forgotten_is_neither_shown_nor_made_again(practice: Practice, course: Course) -> None:
    practice.advance_to(date(2041, 2, 2))
    practice.work()
    made = practice.reports(ReportStatus.compiled, kind=ReportKind.goal_report, process_id=course.id)
    left(practice, date(2042, 1, 9))

    assert len(made) == 2, "of the round and of the month"
    assert {practice.maija.get(f"/api/v1/reports/{report.id}").status_code for report in made} == {404}
    course.tell()
    practice.work()
    goal_reports = practice.reports(kind=ReportKind.goal_report, process_id=course.id)
    assert {report.id: report.status for report in goal_reports} == {report.id: ReportStatus.skipped for report in made}


def test_overviews_go_with_the_answers_that_they_tell_of(practice: Practice, course: Course) -> None:
    practice.advance_to(date(2041, 2, 2))
    practice.work()
    assert practice.reports(ReportStatus.compiled, kind=ReportKind.overview_report)

    left(practice, date(2042, 1, 20))
    kept = practice.reports(ReportStatus.compiled, kind=ReportKind.overview_report)
    left(practice, date(2042, 2, 2))

    assert kept
    assert practice.reports(ReportStatus.compiled, kind=ReportKind.overview_report) == []
