"""What took place in a process within a period, and what waits for its supervisor, from its dossier."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from services.events.catalogue import ActionItem
from services.reporting.documents import Action, Attendance, Awaiting, Chore, Meeting, Sessions
from services.reporting.dossiers import Dossier
from services.reporting.models import Session
from services.reporting.periods import Period
from services.workdays import local

SUMMARY_WANTED_FOR = timedelta(days=31)
"""A meeting longer ago than this no longer waits for its summary."""


def happened(dossier: Dossier, period: Period) -> bool:
    """Whether there is anything to report: that a meeting was agreed for later is not."""
    return any(period.covers(instant) for instant in _instants(dossier))


def _instants(dossier: Dossier) -> Iterable[datetime]:
    process = dossier.process
    yield process.opened_at
    yield from (session.starts_at for session in dossier.sessions)
    yield from (session.changed_at for session in dossier.sessions if session.status == "cancelled")
    yield from (round_.opened_at for round_ in dossier.rounds)
    yield from (answer.answered_at for answer in dossier.answers)
    yield from (summary.published_at for summary in dossier.summaries)
    maybe = (process.closed_at, dossier.agreed_at, *(round_.closed_at for round_ in dossier.rounds))
    yield from (instant for instant in maybe if instant is not None)


# -- meetings ---------------------------------------------------------------------------------------------


def sessions(dossier: Dossier, period: Period) -> Sessions:
    within = [session.status for session in dossier.sessions if period.covers(session.starts_at)]
    held = [session for session in dossier.sessions if session.status == "held"]
    return Sessions(
        held=within.count("held"),
        cancelled=within.count("cancelled"),
        held_in_all=sum(session.starts_at < period.ends_at for session in held),
        planned_in_all=dossier.process.planned_sessions,
    )


def held_within(dossier: Dossier, period: Period) -> list[Session]:
    return [each for each in dossier.sessions if each.status == "held" and period.covers(each.starts_at)]


def attendance(dossier: Dossier, period: Period) -> Attendance:
    held = held_within(dossier, period)
    return Attendance(
        present=sum(len(session.present) for session in held),
        excused=sum(len(session.excused) for session in held),
        no_shows=sum(len(session.no_show) for session in held),
    )


def meetings(dossier: Dossier, period: Period) -> tuple[Meeting, ...]:
    return tuple(_meeting(session) for session in dossier.sessions if period.covers(session.starts_at))


def _meeting(session: Session) -> Meeting:
    told = {"number": session.number, "starts_at": session.starts_at, "status": session.status}
    if session.status == "held":
        present = len(session.present)
        told |= {"present": present, "expected": present + len(session.excused) + len(session.no_show)}
    return Meeting.model_validate(told)


def next_session(dossier: Dossier, now: datetime) -> datetime | None:
    ahead = (each.starts_at for each in dossier.sessions if each.status == "booked" and each.starts_at > now)
    return next(ahead, None)


# -- what is left to do -----------------------------------------------------------------------------------


def open_actions(dossier: Dossier) -> tuple[Action, ...]:
    """What was agreed and is not done, the first due first."""
    days = {session.session_id: local(session.starts_at).date() for session in dossier.sessions}
    found = [
        Action(text=item.text, due=item.due_date, agreed_on=days.get(summary.session_id, _day(summary.published_at)))
        for summary in dossier.summaries
        for item in map(ActionItem.model_validate, summary.actions)
        if not item.done
    ]
    return tuple(sorted(found, key=lambda action: (action.due or date.max, action.agreed_on)))


def awaiting(dossier: Dossier, now: datetime) -> tuple[Awaiting, ...]:
    """What the supervisor is waited for, the most pressing first."""
    meetings, rest = (*_attendance(dossier, now), *_summaries(dossier, now)), _arrangements(dossier, now)
    chores = (*meetings, *_rounds(dossier), *_draft(dossier), *rest)
    rank = list(Chore).index
    return tuple(sorted(chores, key=lambda one: (rank(one.chore), one.on or date.max)))


def _attendance(dossier: Dossier, now: datetime) -> Iterable[Awaiting]:
    for session in dossier.sessions:
        if session.status == "booked" and session.ends_at < now:
            yield Awaiting(chore=Chore.attendance, on=_day(session.starts_at))


def _summaries(dossier: Dossier, now: datetime) -> Iterable[Awaiting]:
    written = {summary.session_id for summary in dossier.summaries}
    for session in dossier.sessions:
        recently = now - SUMMARY_WANTED_FOR < session.ends_at < now
        if session.status == "held" and recently and session.session_id not in written:
            yield Awaiting(chore=Chore.summary, on=_day(session.starts_at))


def _rounds(dossier: Dossier) -> Iterable[Awaiting]:
    for round_ in dossier.rounds:
        if round_.closed_at is None:
            done = dossier.answered(round_)
            yield Awaiting(chore=Chore.round, phase=round_.phase, done=done, of=round_.invited)


def _draft(dossier: Dossier) -> Iterable[Awaiting]:
    if dossier.draft and dossier.draft.seen < dossier.draft.of:
        yield Awaiting(chore=Chore.review, done=dossier.draft.seen, of=dossier.draft.of)
    elif dossier.draft:
        yield Awaiting(chore=Chore.release)


def _arrangements(dossier: Dossier, now: datetime) -> Iterable[Awaiting]:
    process = dossier.process
    if process.status == "closed":
        return
    if not dossier.goals:
        yield Awaiting(chore=Chore.goals)
    live = sum(session.status != "cancelled" for session in dossier.sessions)
    if live < process.planned_sessions and next_session(dossier, now) is None:
        yield Awaiting(chore=Chore.next_session)


def _day(instant: datetime) -> date:
    return local(instant).date()
