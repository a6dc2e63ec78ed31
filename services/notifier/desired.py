"""Which letters should exist: a pure function of the newest state, of what each recipient was told, and of the time.

Nothing is remembered from event to event. Whatever happened in between, and in whatever order it was heard of, the
same state wants the same letters; those that are written already and no longer wanted are withdrawn.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from services.notifier import desired_results, desired_talks
from services.notifier.contexts import LetterKind
from services.notifier.desired_results import EvaluationState, ReportState, SummaryState
from services.notifier.desired_talks import IntakeState
from services.notifier.models import Login, Participant, Process, Session
from services.notifier.wishes import SETTLING, Key, Tells, Told, WantedLetter, has_moved, newest, still_true, tell
from services.workdays import at_wall_clock, local, working_day_on_or_before

REMINDERS_AT = time(9)
WEEK = 7
LATEST_REMINDER = timedelta(minutes=15)


@dataclass(frozen=True)
class ProcessState:
    """A process with every version of its meetings that has been heard of."""

    process: Process
    participants: Sequence[Participant]
    history: Sequence[Session]
    told: Mapping[tuple[UUID, UUID], Told]
    #: the reminders that each participant does not want
    declined: Mapping[UUID, frozenset[LetterKind]]
    #: letters that wait to be sent
    written: frozenset[Key]


State = ProcessState | IntakeState | Login | EvaluationState | SummaryState | ReportState


def wanted(state: State, now: datetime) -> set[WantedLetter]:
    """The letters that should exist, those that were sent and still hold included."""
    match state:
        case ProcessState():
            return set(_of_process(state, now))
        case IntakeState():
            return set(desired_talks.of_intake(state))
        case Login():
            return {desired_talks.of_login(state)}
        case EvaluationState():
            return set(desired_results.of_evaluation(state, now))
        case SummaryState():
            return set(desired_results.of_summary(state))
        case ReportState():
            return set(desired_results.of_report(state))


# -- a process --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Meetings:
    """The meetings of a process in their newest state, and how they came about."""

    now: datetime
    newest: Sequence[Session]
    booked_as: Mapping[UUID, Session]
    arrived: Mapping[UUID, int]

    @classmethod
    def of(cls, history: Sequence[Session], now: datetime) -> "_Meetings":
        members = defaultdict(set)
        for told in history:
            members[told.batch_id].add(told.session_id)
        return cls(
            now,
            sorted(newest(history, lambda meeting: meeting.session_id), key=lambda meeting: meeting.starts_at),
            {told.session_id: told for told in history if told.version == 1},
            {batch: len(sessions) for batch, sessions in members.items()},
        )

    def are_all_here(self, change: Session) -> bool:
        """Whether every meeting that the same action changed has been heard of."""
        return self.arrived[change.batch_id] >= change.batch_size


def _of_process(state: ProcessState, now: datetime) -> Iterator[WantedLetter]:
    meetings = _Meetings.of(state.history, now)
    steps = {meeting.session_id: reminder_steps(meeting, state.process.reminder_days) for meeting in meetings.newest}
    for participant in state.participants:
        known = {
            meeting.session_id: state.told[meeting.session_id, participant.participant_id]
            for meeting in meetings.newest
            if (meeting.session_id, participant.participant_id) in state.told
        }
        if not participant.email:
            continue
        if not participant.active:
            yield from _farewell(state.process, meetings, participant, known)
            continue
        yield from _appointments(state.process, meetings, participant, known)
        for meeting in meetings.newest:
            if meeting.status == "booked":
                yield from _reminders(state, meeting, participant, steps[meeting.session_id], now)
            elif meeting.status == "held":
                yield from desired_results.of_meeting(meeting, participant)


Known = Mapping[UUID, Told]


def _appointments(
    process: Process, meetings: _Meetings, participant: Participant, known: Known
) -> Iterator[WantedLetter]:
    unheard, called_off = [], []
    for meeting in meetings.newest:
        told = known.get(meeting.session_id)
        if told is None or (told.is_over and meeting.status == "booked"):
            if meeting.status == "booked" and meeting.starts_at > meetings.now:
                unheard.append(meeting)
        elif meeting.status == "cancelled" and not told.is_over:
            called_off.append(meeting)
        elif has_moved(meeting, told.meeting) and max(meeting.starts_at, told.meeting.starts_at) > meetings.now:
            yield _reschedule(meeting, participant, told)
        else:
            yield still_true(told)
    yield from _confirmations(process, meetings, unheard, participant, known)
    yield from _cancellations(meetings, called_off, participant, known)


def _confirmations(
    process: Process, meetings: _Meetings, unheard: Sequence[Session], participant: Participant, known: Known
) -> Iterator[WantedLetter]:
    """One letter for what one action booked; one for all that was booked before the participant joined."""

    def group(meeting: Session) -> UUID | None:
        booked = meetings.booked_as.get(meeting.session_id)
        if _joined_after(participant, meeting):
            return process.process_id
        return booked.batch_id if booked and meetings.are_all_here(booked) else None

    for subject, members in _grouped(unheard, group, meetings.newest, known):
        moment = max(_heard_of(meeting, participant, known) for meeting in members)
        yield WantedLetter(
            LetterKind.booking_confirmation,
            subject,
            moment,
            participant.participant_id,
            due_at=max(moment, *map(_settled_at, members)),
            not_after=max(meeting.starts_at for meeting in members),
            tells=_tells(members, known),
        )


def _joined_after(participant: Participant, meeting: Session) -> bool:
    return participant.joined_at is not None and meeting.booked_at < participant.joined_at


def _heard_of(meeting: Session, participant: Participant, known: Known) -> datetime:
    """When there was first something to tell: it was booked or changed, or the participant came (again)."""
    moments = [meeting.changed_at]
    if _joined_after(participant, meeting) and participant.joined_at:
        moments.append(participant.joined_at)
    if meeting.session_id in known:
        moments.append(participant.seen_at)
    return max(moments)


def _settled_at(meeting: Session) -> datetime:
    return meeting.changed_at + SETTLING if meeting.version > 1 else meeting.changed_at


def _reschedule(meeting: Session, participant: Participant, told: Told) -> WantedLetter:
    return WantedLetter(
        LetterKind.reschedule,
        meeting.session_id,
        meeting.changed_at,
        participant.participant_id,
        due_at=meeting.changed_at + SETTLING,
        not_after=max(meeting.starts_at, told.meeting.starts_at),
        tells=_tells([meeting], {meeting.session_id: told}),
    )


def _cancellations(
    meetings: _Meetings, called_off: Sequence[Session], participant: Participant, known: Known
) -> Iterator[WantedLetter]:
    over = {meeting_id: told for meeting_id, told in known.items() if told.is_over}

    def group(meeting: Session) -> UUID | None:
        return meeting.batch_id if meetings.are_all_here(meeting) else None

    for subject, members in _grouped(called_off, group, meetings.newest, over):
        moment = max(meeting.changed_at for meeting in members)
        yield WantedLetter(
            LetterKind.cancellation,
            subject,
            moment,
            participant.participant_id,
            due_at=moment,
            tells=_tells(members, known),
        )


def _farewell(process: Process, meetings: _Meetings, participant: Participant, known: Known) -> Iterator[WantedLetter]:
    """Who left is told so once, and gets the coming meetings out of the calendar."""
    coming = []
    for meeting in meetings.newest:
        told = known.get(meeting.session_id)
        if told and told.is_over:
            yield still_true(told)
        elif told and max(meeting.starts_at, told.meeting.starts_at) > meetings.now:
            coming.append(meeting)
    if coming:
        yield WantedLetter(
            LetterKind.departure,
            process.process_id,
            participant.seen_at,
            participant.participant_id,
            due_at=participant.seen_at,
            not_after=max(max(meeting.starts_at, known[meeting.session_id].meeting.starts_at) for meeting in coming),
            tells=_tells(coming, known),
        )


Grouping = Callable[[Session], UUID | None]


def _grouped(
    members: Sequence[Session], group_of: Grouping, everybody: Sequence[Session], known: Known
) -> Iterator[tuple[UUID, list[Session]]]:
    """The subject of each letter and the meetings it tells of; what has no group yet is waited for.

    A group is told together only once: whatever is told of it later has letters of its own.
    """
    groups = defaultdict(list)
    for meeting in members:
        if (group := group_of(meeting)) is not None:
            groups[group].append(meeting)
    told_groups = {group_of(meeting) for meeting in everybody if meeting.session_id in known}
    for group, together in groups.items():
        if len(together) == 1 or group in told_groups:
            yield from ((meeting.session_id, [meeting]) for meeting in together)
        else:
            yield group, together


def _tells(members: Iterable[Session], known: Known) -> tuple[Tells, ...]:
    return tuple(tell(meeting.session_id, meeting.version, known.get(meeting.session_id)) for meeting in members)


def reminder_steps(meeting: Session, days_before: Iterable[int]) -> list[tuple[LetterKind, datetime]]:
    """When the meeting is to be reminded of, the earliest first. Steps that fall on one day are one, the later one."""
    day = local(meeting.starts_at).date()
    steps = {
        at_wall_clock(working_day_on_or_before(day - timedelta(days=days)), REMINDERS_AT): _reminder_kind(days)
        for days in sorted(set(days_before), reverse=True)
    }
    return sorted(((kind, due_at) for due_at, kind in steps.items()), key=lambda step: step[1])


def _reminder_kind(days: int) -> LetterKind:
    return LetterKind.reminder_week if days >= WEEK else LetterKind.reminder_day


def _reminders(
    state: ProcessState,
    meeting: Session,
    participant: Participant,
    steps: Sequence[tuple[LetterKind, datetime]],
    now: datetime,
) -> Iterator[WantedLetter]:
    """A step that was past when it was first thought of is left out; one that waits already is sent while of use."""
    declined = state.declined.get(participant.participant_id, frozenset())
    agreed = [step for step in steps if step[0] not in declined]
    latest = meeting.starts_at - LATEST_REMINDER
    for (kind, due_at), next_step in zip(agreed, [*(step[1] for step in agreed[1:]), latest], strict=False):
        end = min(next_step, latest)
        letter = WantedLetter(
            kind,
            meeting.session_id,
            due_at,
            participant.participant_id,
            due_at=due_at,
            not_after=end,
            tells=(Tells(meeting.session_id, meeting.version, None, meeting.version),),
        )
        if due_at < end and (due_at > now or letter.key in state.written):
            yield letter
