"""What took place in a process within a period, and its supervisor's to-do list."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from services.events.catalogue import ActionItem
from services.events.session_numbers import numbers_in_time
from services.finnish.workdays import local
from services.reporting.contents.documents import (
    ActionLine,
    AttendanceCounts,
    SessionCounts,
    SessionLine,
    ToDoItem,
    ToDoKind,
)
from services.reporting.models import Session
from services.reporting.periods import Period
from services.reporting.projections.process_data import ProcessData

SUMMARY_EXPECTED_WITHIN = timedelta(days=31)
"""A meeting longer ago than this no longer waits for its summary."""


def has_activity(data: ProcessData, period: Period) -> bool:
    """Whether there is anything to report. That a process was opened, or a meeting agreed for later, is not."""
    return any(period.covers(instant) for instant in _activity_times(data))


def _activity_times(data: ProcessData) -> Iterable[datetime]:
    process = data.process
    yield from (session.starts_at for session in data.sessions)
    yield from (session.changed_at for session in data.sessions if session.status == "cancelled")
    yield from (round_.opened_at for round_ in data.rounds)
    yield from (answer.answered_at for answer in data.answers)
    yield from (summary.published_at for summary in data.summaries)
    maybe = (process.closed_at, data.agreed_at, *(round_.closed_at for round_ in data.rounds))
    yield from (instant for instant in maybe if instant is not None)


def count_sessions(data: ProcessData, period: Period) -> SessionCounts:
    within = [session.status for session in data.sessions if period.covers(session.starts_at)]
    held = [session for session in data.sessions if session.status == "held"]
    return SessionCounts(
        held=within.count("held"),
        cancelled=within.count("cancelled"),
        held_in_all=sum(session.starts_at < period.ends_at for session in held),
        planned_in_all=data.process.planned_sessions,
    )


def held_sessions(data: ProcessData, period: Period) -> list[Session]:
    return [each for each in data.sessions if each.status == "held" and period.covers(each.starts_at)]


def seldom_seen(data: ProcessData) -> frozenset[str]:
    """Those who answered and were recorded present at fewer than half of the held meetings, or at none at all."""
    held = [set(session.present) for session in data.sessions if session.status == "held"]
    present = Counter(person for came in held for person in came)
    answered = ((answer.person, present[answer.participant_id]) for answer in data.answers if answer.participant_id)
    return frozenset(person for person, times in answered if person and 2 * times < max(len(held), 1))


def count_attendance(data: ProcessData, period: Period) -> AttendanceCounts:
    held = held_sessions(data, period)
    return AttendanceCounts(
        present=sum(len(session.present) for session in held),
        excused=sum(len(session.excused) for session in held),
        no_shows=sum(len(session.no_show) for session in held),
    )


def session_lines(data: ProcessData, period: Period) -> tuple[SessionLine, ...]:
    numbers = numbers_in_time(data.sessions)
    within = [session for session in data.sessions if period.covers(session.starts_at)]
    return tuple(_session_line(session, numbers[session.session_id]) for session in within)


def _session_line(session: Session, number: int) -> SessionLine:
    values = {"number": number, "starts_at": session.starts_at, "status": session.status}
    if session.status == "held":
        present = len(session.present)
        values |= {"present": present, "expected": present + len(session.excused) + len(session.no_show)}
    return SessionLine.model_validate(values)


def next_session_at(data: ProcessData, now: datetime) -> datetime | None:
    ahead = (each.starts_at for each in data.sessions if each.status == "booked" and each.starts_at > now)
    return next(ahead, None)


def list_open_actions(data: ProcessData) -> tuple[ActionLine, ...]:
    """What was agreed and is not done, the first due first."""
    days = {session.session_id: local(session.starts_at).date() for session in data.sessions}
    found = [
        ActionLine(
            text=item.text, due=item.due_date, agreed_on=days.get(summary.session_id, _day(summary.published_at))
        )
        for summary in data.summaries
        for item in map(ActionItem.model_validate, summary.actions)
        if not item.done
    ]
    return tuple(sorted(found, key=lambda action: (action.due or date.max, action.agreed_on)))


def list_to_do(data: ProcessData, now: datetime) -> tuple[ToDoItem, ...]:
    """What the supervisor has to do, the most urgent first."""
    meetings, rest = (*_attendance(data, now), *_summaries(data, now)), _arrangements(data, now)
    chores = (*meetings, *_rounds(data), *_draft(data), *rest)
    rank = list(ToDoKind).index
    return tuple(sorted(chores, key=lambda one: (rank(one.chore), one.on or date.max)))


def _attendance(data: ProcessData, now: datetime) -> Iterable[ToDoItem]:
    for session in data.sessions:
        if session.status == "booked" and session.ends_at < now:
            yield ToDoItem(chore=ToDoKind.attendance, on=_day(session.starts_at))


def _summaries(data: ProcessData, now: datetime) -> Iterable[ToDoItem]:
    written = {summary.session_id for summary in data.summaries}
    for session in data.sessions:
        recently = now - SUMMARY_EXPECTED_WITHIN < session.ends_at < now
        if session.status == "held" and recently and session.session_id not in written:
            yield ToDoItem(chore=ToDoKind.summary, on=_day(session.starts_at))


def _rounds(data: ProcessData) -> Iterable[ToDoItem]:
    for round_ in data.rounds:
        if round_.closed_at is None:
            done = data.answered(round_)
            yield ToDoItem(chore=ToDoKind.round, phase=round_.phase, done=done, of=round_.invited)


def _draft(data: ProcessData) -> Iterable[ToDoItem]:
    if data.draft and data.draft.seen < data.draft.of:
        yield ToDoItem(chore=ToDoKind.review, done=data.draft.seen, of=data.draft.of)
    elif data.draft:
        yield ToDoItem(chore=ToDoKind.release)


def _arrangements(data: ProcessData, now: datetime) -> Iterable[ToDoItem]:
    process = data.process
    if process.status == "closed":
        return
    if not data.goals:
        yield ToDoItem(chore=ToDoKind.goals)
    live = sum(session.status != "cancelled" for session in data.sessions)
    if live < process.planned_sessions and next_session_at(data, now) is None:
        yield ToDoItem(chore=ToDoKind.next_session)


def _day(instant: datetime) -> date:
    return local(instant).date()
