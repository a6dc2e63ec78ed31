"""Rules for letters about evaluations, summaries and reports. Pure.

They answer nobody's own action, so they are due by day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from services.finnish.workdays import at_wall_clock, is_quiet_season, is_working_day, local
from services.notifier.kinds import LetterKind
from services.notifier.models import Evaluation, Participant, Process, Report, Session, Summary
from services.notifier.planning.wanted import LetterKey, WantedLetter, mentioned_version, not_at_night

EVALUATION_REMINDER_TIME = time(9)
EVALUATION_REMINDER_BEFORE = timedelta(days=3)
FEEDBACK_WITHIN = timedelta(days=7)
REPORTED_WITHIN = timedelta(days=14)


@dataclass(frozen=True)
class EvaluationState:
    evaluation: Evaluation
    process: Process
    participants: Sequence[Participant]
    answered: frozenset[UUID]
    #: letters that wait to be sent
    written: frozenset[LetterKey]


@dataclass(frozen=True)
class SummaryState:
    """Every known version of a summary."""

    history: Sequence[Summary]
    process: Process
    participants: Sequence[Participant]


@dataclass(frozen=True)
class ReportState:
    report: Report
    process: Process | None
    participants: Sequence[Participant]


def letters_of_evaluation(state: EvaluationState, now: datetime) -> Iterator[WantedLetter]:
    """Who has not answered is asked, and once more, as long as the round is open."""
    evaluation = state.evaluation
    if evaluation.status != "open":
        return
    again_at = evaluation_reminder_at(evaluation) if evaluation.remind else None
    for person in _reachable(state.participants, evaluation.answer_links):
        if person.participant_id in state.answered:
            continue
        asked_at = _asked_at(person, evaluation.opened_at, evaluation.due_at)
        yield _evaluation_letter(evaluation, LetterKind.evaluation_request, person, asked_at)
        if again_at:
            reminder = _evaluation_letter(evaluation, LetterKind.evaluation_reminder, person, again_at)
            if again_at > now or reminder.key in state.written:
                yield reminder


def _asked_at(person: Participant, first: datetime, until: datetime) -> datetime:
    """Who has got another address meanwhile is asked there once more."""
    again = person.readdressed_at
    return again if again and first < again < until else first


def _evaluation_letter(evaluation: Evaluation, kind: LetterKind, person: Participant, moment: datetime) -> WantedLetter:
    due_at, not_after = not_at_night(moment), evaluation.due_at
    return WantedLetter(kind, evaluation.evaluation_id, moment, person.participant_id, due_at, not_after)


def evaluation_reminder_at(evaluation: Evaluation) -> datetime | None:
    """Nine o'clock on the first working day of the last days; none when that is a quiet season or too soon."""
    last = local(evaluation.due_at).date()
    day = max(last - EVALUATION_REMINDER_BEFORE, local(evaluation.opened_at).date() + timedelta(days=2))
    while day <= last and (is_quiet_season(day) or not is_working_day(day)):
        day += timedelta(days=1)
    return at_wall_clock(day, EVALUATION_REMINDER_TIME) if day <= last else None


def feedback_letters_of_session(meeting: Session, person: Participant) -> Iterator[WantedLetter]:
    """Feedback is asked of who has a link for it: they were there, and the process wants it."""
    if person.address_accepted and str(person.participant_id) in (meeting.feedback_links or {}):
        until, asked_at = meeting.ends_at + FEEDBACK_WITHIN, meeting.changed_at
        if str(meeting.session_id) in (person.feedback_open or ()):
            asked_at = _asked_at(person, asked_at, until)
        yield WantedLetter(
            LetterKind.session_feedback,
            meeting.session_id,
            meeting.ends_at if asked_at == meeting.changed_at else asked_at,
            person.participant_id,
            due_at=not_at_night(asked_at),
            not_after=until,
            mentions=(mentioned_version(meeting.session_id, meeting, None),),
        )


def letters_of_summary(state: SummaryState) -> Iterator[WantedLetter]:
    """The newest version that sends a letter; a quiet correction changes only what the link shows."""
    published = [version for version in state.history if version.sends_letter]
    if not published:
        return
    summary = max(published, key=lambda version: version.version)
    for person in _reachable(state.participants, summary.links):
        yield WantedLetter(
            LetterKind.summary,
            summary.summary_id,
            summary.published_at,
            person.participant_id,
            due_at=not_at_night(summary.published_at),
            not_after=summary.link_expires_at,
        )


def letters_of_report(state: ReportState) -> Iterator[WantedLetter]:
    report = state.report
    if report.released_at and state.process:
        yield _report_letter(report, LetterKind.client_report, report.released_at, state.process.client_id)
    elif report.compiled_at and report.kind == "client_report":
        for person in _reachable(state.participants, report.review_links or {}):
            yield _report_letter(report, LetterKind.report_review, report.compiled_at, person.participant_id)
    elif report.compiled_at:
        yield _report_letter(report, LetterKind(report.kind), report.compiled_at, report.supervisor_id)


def _report_letter(report: Report, kind: LetterKind, moment: datetime, recipient: UUID) -> WantedLetter:
    return WantedLetter(kind, report.report_id, moment, recipient, not_at_night(moment), moment + REPORTED_WITHIN)


def _reachable(participants: Sequence[Participant], links: dict[str, str]) -> Iterator[Participant]:
    """Those who have a link, take part, and may be sent more than times."""
    return (
        person
        for person in participants
        if person.active and person.email and person.address_accepted and str(person.participant_id) in links
    )
