"""How many statements the work behind letters and reports takes, whatever lies there already."""

from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path

import pytest

from bench.statements import counted
from services.events.catalogue import Phase
from services.finnish.workdays import at_wall_clock
from services.notifier.delivery import queue
from services.notifier.models import LetterStatus
from services.reporting.workflow import build
from tests.databases import DatabaseServer
from tests.support.letter_office import Office, open_office
from tests.support.reporting_practice import BEGINS, Practice, open_practice
from tests.support.smtp_catcher import SmtpCatcher


@pytest.fixture
def office(
    postgres_server: DatabaseServer, redis_url: str, smtp_catcher: SmtpCatcher, tmp_path: Path
) -> Iterator[Office]:
    with open_office(postgres_server, redis_url, smtp_catcher, tmp_path) as office:
        yield office


@pytest.fixture
def practice(postgres_server: DatabaseServer, redis_url: str, tmp_path: Path) -> Iterator[Practice]:
    with open_practice(postgres_server, redis_url, tmp_path) as practice:
        yield practice


@pytest.mark.parametrize("meetings_before", [1, 12])
def test_to_hear_of_a_meeting_and_plan_its_letters_takes_at_most_twenty(office: Office, meetings_before: int) -> None:
    from services.notifier import worker

    office.opens("Aino", "Bertta", "Celia")
    office.hear(*office.booked(*(office.on(30 + 7 * week) for week in range(meetings_before))))
    booked = office.booked(office.on(200))

    with counted(worker.engine()) as statements:
        office.hear(*booked)

    assert "booking_confirmation" in office.kinds(LetterStatus.planned)
    assert len(statements) <= 20, statements


def test_each_letter_of_a_batch_takes_one(office: Office) -> None:
    office.opens(*(f"Nimi{number}" for number in range(12)))
    office.hear(*office.booked(office.on(30)))

    with counted(office.engine) as statements:
        office.send_all()

    assert len(office.received()) == 12
    checkpoints = [statement for statement in statements if "handed_over_at = clock_timestamp()" in statement]
    assert len(checkpoints) == 12
    assert len(statements) - len(checkpoints) <= 30, statements


def test_to_see_that_nothing_is_due_takes_two(office: Office) -> None:
    office.opens("Aino")
    office.hear(*office.booked(office.on(60)))
    office.send_all()

    with counted(office.engine) as statements:
        assert queue.has_due_letters(office.engine) is False

    assert len(statements) <= 2, statements


@pytest.mark.parametrize("meetings", [1, 10])
def test_a_goal_report_takes_at_most_twenty_five(practice: Practice, meetings: int) -> None:
    practice.advance_to(BEGINS)
    practice.supervisor()
    course = practice.course(people=5)
    course.agree({"title": "Vastuut"}, {"title": "Palaute"})
    for number in range(meetings):
        course.hold(at_wall_clock(BEGINS + timedelta(days=number), time(9)))
    course.round(Phase.start, *[[-1, 0]] * 5)
    practice.let_quiet_come()

    with counted(practice.engine) as statements:
        assert build.make_next_report(practice.engine, practice.settings)

    assert len(statements) <= 25, statements
