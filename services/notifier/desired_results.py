"""Which letters ask for evaluations and tell of summaries and reports. Pure.

They answer nobody's own action, so they are due by day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from services.notifier.contexts import LetterKind
from services.notifier.models import Evaluation, Participant, Process, Report, Session, Summary
from services.notifier.wishes import Key, WantedLetter, by_day, tell
from services.workdays import at_wall_clock, is_quiet_season, is_working_day, local

ASKED_AGAIN_AT = time(9)
ASKED_AGAIN_BEFORE = timedelta(days=3)
FEEDBACK_WITHIN = timedelta(days=7)
REPORTED_WITHIN = timedelta(days=14)


@dataclass(frozen=True)
class EvaluationState:
    evaluation: Evaluation
    process: Process
    participants: Sequence[Participant]
    answered: frozenset[UUID]
    #: letters that wait to be sent
    written: frozenset[Key]


@dataclass(frozen=True)
class SummaryState:
    """Every version of a summary that has been heard of."""

    history: Sequence[Summary]
    process: Process
    participants: Sequence[Participant]


@dataclass(frozen=True)
class ReportState:
    report: Report
    process: Process | None
    participants: Sequence[Participant]


def of_evaluation(state: EvaluationState, now: datetime) -> Iterator[WantedLetter]:
    """Who has not answered is asked, and once more, as long as the round is open."""
    evaluation = state.evaluation
    if evaluation.status != "open":
        return
    again_at = asked_again_at(evaluation) if evaluation.remind else None
    for person in _reached(state.participants, evaluation.answer_links):
        if person.participant_id in state.answered:
            continue
        yield _asked(evaluation, LetterKind.evaluation_request, person, evaluation.opened_at)
        if again_at:
            reminder = _asked(evaluation, LetterKind.evaluation_reminder, person, again_at)
            if again_at > now or reminder.key in state.written:
                yield reminder


def _asked(evaluation: Evaluation, kind: LetterKind, person: Participant, moment: datetime) -> WantedLetter:
    return WantedLetter(
        kind,
        evaluation.evaluation_id,
        moment,
        person.participant_id,
        due_at=by_day(moment),
        not_after=evaluation.due_at,
    )


def asked_again_at(evaluation: Evaluation) -> datetime | None:
    """Nine o'clock on the first working day of the last days; none when that is a quiet season or too soon."""
    last = local(evaluation.due_at).date()
    day = max(last - ASKED_AGAIN_BEFORE, local(evaluation.opened_at).date() + timedelta(days=2))
    while day <= last and (is_quiet_season(day) or not is_working_day(day)):
        day += timedelta(days=1)
    return at_wall_clock(day, ASKED_AGAIN_AT) if day <= last else None


def of_meeting(meeting: Session, person: Participant) -> Iterator[WantedLetter]:
    """Feedback is asked of who has a link for it: they were there, and the process wants it."""
    if str(person.participant_id) in (meeting.feedback_links or {}):
        yield WantedLetter(
            LetterKind.session_feedback,
            meeting.session_id,
            meeting.ends_at,
            person.participant_id,
            due_at=by_day(meeting.changed_at),
            not_after=meeting.ends_at + FEEDBACK_WITHIN,
            tells=(tell(meeting.session_id, meeting.version, None),),
        )


def of_summary(state: SummaryState) -> Iterator[WantedLetter]:
    """The newest version that is to be told of; a quiet correction changes what the link shows, and nothing else."""
    told = [version for version in state.history if version.sends_letter]
    if not told:
        return
    summary = max(told, key=lambda version: version.version)
    for person in _reached(state.participants, summary.links):
        yield WantedLetter(
            LetterKind.summary,
            summary.summary_id,
            summary.published_at,
            person.participant_id,
            due_at=by_day(summary.published_at),
            not_after=summary.link_expires_at,
        )


def of_report(state: ReportState) -> Iterator[WantedLetter]:
    report = state.report
    if report.released_at and state.process:
        yield _report(report, LetterKind.client_report, report.released_at, state.process.client_id)
    elif report.compiled_at and report.kind == "client_report":
        for person in _reached(state.participants, report.review_links or {}):
            yield _report(report, LetterKind.report_review, report.compiled_at, person.participant_id)
    elif report.compiled_at:
        yield _report(report, LetterKind(report.kind), report.compiled_at, report.supervisor_id)


def _report(report: Report, kind: LetterKind, moment: datetime, recipient: UUID) -> WantedLetter:
    return WantedLetter(kind, report.report_id, moment, recipient, by_day(moment), moment + REPORTED_WITHIN)


def _reached(participants: Sequence[Participant], links: dict[str, str]) -> Iterator[Participant]:
    """Those who have a link and take part."""
    return (person for person in participants if person.active and person.email and str(person.participant_id) in links)
