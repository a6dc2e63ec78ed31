"""Rounds of evaluation open when a process has come far enough, once each, and leave people alone when they rest."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking.evaluation.round_schedule import (
    PastRound,
    ProcessProgress,
    default_due_day,
    due_phase,
    end_of_due_day,
    six_months_after,
)
from services.events.catalogue import Phase
from services.finnish.workdays import HELSINKI, is_quiet_season, is_working_day, local

AUTUMN = datetime(2026, 9, 7, 9, tzinfo=UTC)


def weeks(count: int) -> datetime:
    return AUTUMN + timedelta(weeks=count)


START = PastRound(Phase.start, AUTUMN, held=1, planned=10)
MID = PastRound(Phase.mid, weeks(12), held=5, planned=10)
FINAL = PastRound(Phase.final, weeks(27), held=10, planned=10)


def course(
    held: int, *rounds: PastRound, planned: int = 10, closed: bool = False, goals: bool = True
) -> ProcessProgress:
    return ProcessProgress(planned, held, closed, has_goals=goals, chose_benefits=False, rounds=rounds)


@pytest.mark.parametrize(
    ("held", "rounds", "expected"),
    [
        (0, [], Phase.start),
        (1, [START], None),
        (4, [START], None),
        (5, [START], Phase.mid),
        (6, [START], Phase.mid),
        (5, [START._replace(is_open=True)], Phase.mid),
        (5, [START, MID._replace(is_open=True)], None),
        (9, [START, MID], None),
        (10, [START, MID], Phase.final),
        (10, [START], Phase.final),
        (10, [], Phase.final),
        (10, [START, MID, FINAL], None),
        (11, [START, MID, FINAL], None),
        (6, [PastRound(Phase.start, AUTUMN, held=6, planned=10)], None),
        (9, [START, MID, FINAL._replace(held=9)], None),
    ],
)
def test_rounds_open_at_the_start_half_way_and_at_the_end(
    held: int, rounds: list[PastRound], expected: Phase | None
) -> None:
    assert due_phase(course(held, *rounds), weeks(14)) is expected


@pytest.mark.parametrize(("planned", "half"), [(1, None), (2, 1), (3, 2), (4, 2), (5, 3), (8, 4), (11, 6)])
def test_half_way_is_when_at_least_half_of_the_planned_meetings_are_held(planned: int, half: int | None) -> None:
    start = START._replace(held=0)
    opened = [held for held in range(planned) if due_phase(course(held, start, planned=planned), weeks(1))]

    assert (opened[0] if opened else None) == half


def test_a_process_that_closes_early_is_evaluated_unless_nobody_ever_met() -> None:
    assert due_phase(course(3, START, closed=True), weeks(9)) is Phase.final
    assert due_phase(course(0, START, closed=True), weeks(9)) is None
    assert due_phase(course(3, START, FINAL._replace(held=3), closed=True), weeks(9)) is None


def test_an_extended_process_is_evaluated_again_at_its_new_end() -> None:
    rounds = [START, MID, FINAL]

    assert due_phase(course(14, *rounds, planned=15), weeks(40)) is None
    assert due_phase(course(15, *rounds, planned=15), weeks(40)) is Phase.final


def test_without_goals_or_chosen_benefits_nobody_is_asked() -> None:
    assert due_phase(course(10, goals=False), weeks(40)) is None


def test_chosen_benefits_are_asked_of_a_process_without_goals_but_not_at_its_start() -> None:
    benefits_only = ProcessProgress(planned=10, held=0, closed=False, has_goals=False, chose_benefits=True)

    assert due_phase(benefits_only, AUTUMN) is None
    assert due_phase(ProcessProgress(10, 5, closed=False, has_goals=False, chose_benefits=True), AUTUMN) is Phase.mid


@pytest.mark.parametrize(
    ("opened", "asked_again"),
    [
        (datetime(2026, 9, 7, 9, tzinfo=UTC), datetime(2027, 3, 7, 10, tzinfo=UTC)),  # winter time by then
        (datetime(2026, 8, 31, 9, tzinfo=UTC), datetime(2027, 2, 28, 10, tzinfo=UTC)),
        (datetime(2027, 8, 31, 9, tzinfo=UTC), datetime(2028, 2, 29, 10, tzinfo=UTC)),
    ],
)
def test_a_long_process_is_asked_every_six_months_by_the_calendar(opened: datetime, asked_again: datetime) -> None:
    long = course(4, START._replace(opened_at=opened), planned=40)

    assert six_months_after(opened) == asked_again
    assert due_phase(long, asked_again - timedelta(seconds=1)) is None
    assert due_phase(long, asked_again) is Phase.mid


def test_six_months_count_from_the_newest_round() -> None:
    mid = PastRound(Phase.mid, weeks(27), held=8, planned=40)

    assert due_phase(course(9, START, mid, planned=40), weeks(50)) is None
    assert due_phase(course(9, START, mid, planned=40), weeks(54)) is Phase.mid


@pytest.mark.parametrize(
    ("newest", "held"),
    [(START._replace(is_open=True), 4), (START, START.held)],
    ids=["while a round is open", "when nobody has met since"],
)
def test_six_months_alone_do_not_open_a_round(newest: PastRound, held: int) -> None:
    assert due_phase(course(held, newest, planned=40), weeks(40)) is None


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 12, 23, 12, tzinfo=UTC), Phase.mid),
        (datetime(2026, 12, 24, 12, tzinfo=UTC), None),
        (datetime(2027, 1, 6, 12, tzinfo=UTC), None),
        (datetime(2027, 1, 6, 22, tzinfo=UTC), Phase.mid),  # midnight in Helsinki
        (datetime(2027, 6, 30, 20, tzinfo=UTC), Phase.mid),
        (datetime(2027, 6, 30, 21, tzinfo=UTC), None),
        (datetime(2027, 8, 1, 9, tzinfo=UTC), Phase.mid),
    ],
)
def test_the_calendar_opens_no_round_at_christmas_or_in_july(now: datetime, expected: Phase | None) -> None:
    long = course(4, START._replace(opened_at=datetime(2026, 5, 1, 9, tzinfo=UTC)), planned=40)

    assert due_phase(long, now) is expected


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        (date(2026, 9, 7), date(2026, 9, 21)),  # two weeks
        (date(2026, 9, 5), date(2026, 9, 21)),  # a Saturday moves to Monday
        (date(2026, 12, 15), date(2027, 1, 12)),  # 8 days before Christmas, 6 after
        (date(2026, 12, 10), date(2027, 1, 7)),  # jouluaatto is no day to end on
        (date(2026, 6, 25), date(2026, 8, 10)),  # 5 days in June, 9 in August, a Sunday
        (date(2026, 4, 17), date(2026, 5, 4)),  # vappu is a Friday
    ],
)
def test_the_usual_time_to_answer_is_two_weeks_in_which_people_work(opened: date, due: date) -> None:
    assert default_due_day(datetime.combine(opened, time(14), HELSINKI)) == due


@given(st.integers(0, 16 * 365 * 24).map(lambda hours: AUTUMN + timedelta(hours=hours)))
def test_a_round_ends_on_a_working_day_with_fourteen_days_to_answer(opened: datetime) -> None:
    due, first = default_due_day(opened), local(opened).date()
    between: Sequence[date] = [first + timedelta(days=n + 1) for n in range((due - first).days)]

    assert is_working_day(due)
    assert not is_quiet_season(due)
    assert sum(not is_quiet_season(day) for day in between) >= 14


@pytest.mark.parametrize("due", [date(2026, 10, 25), date(2027, 3, 28), date(2026, 12, 7)])
def test_a_round_is_open_until_the_end_of_its_last_day_in_helsinki(due: date) -> None:
    assert local(end_of_due_day(due)).date() == due
    assert local(end_of_due_day(due) + timedelta(seconds=1)).date() == due + timedelta(days=1)
