"""Rules for letters about sessions: a pure function of the newest state, of what each recipient knows, and of the time.

Nothing is remembered from event to event. Whatever happened in between, and in whatever order events arrived, the
same state wants the same letters; those that exist already and are no longer wanted are withdrawn.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from services.finnish.workdays import at_wall_clock, local, working_day_on_or_before
from services.notifier.kinds import LetterKind
from services.notifier.models import AccessNotice, Participant, Process, Session
from services.notifier.planning import rules_evaluation, rules_intakes
from services.notifier.planning.rules_evaluation import EvaluationState, ReportState, SummaryState
from services.notifier.planning.wanted import (
    SETTLING_TIME,
    KnownMeeting,
    LetterKey,
    MentionedVersion,
    WantedLetter,
    has_moved,
    mentioned_version,
    newest_versions,
    still_valid_letter,
)

REMINDERS_AT = time(9)
WEEK_DAYS = 7
LATEST_REMINDER = timedelta(minutes=15)


@dataclass(frozen=True)
class ProcessState:
    """A process with every known version of its sessions."""

    process: Process
    participants: Sequence[Participant]
    history: Sequence[Session]
    known: Mapping[tuple[UUID, UUID], KnownMeeting]
    #: the reminders that each participant does not want
    declined: Mapping[UUID, frozenset[LetterKind]]
    #: letters that wait to be sent
    written: frozenset[LetterKey]


PlanningState = ProcessState | rules_intakes.IntakeState | AccessNotice | EvaluationState | SummaryState | ReportState


def wanted_letters(state: PlanningState, now: datetime) -> set[WantedLetter]:
    """The letters that should exist, those that were sent and still hold included."""
    match state:
        case ProcessState():
            return set(_of_process(state, now))
        case rules_intakes.IntakeState():
            return set(rules_intakes.letters_of_intake(state))
        case AccessNotice():
            return {rules_intakes.letter_of_notice(state)}
        case EvaluationState():
            return set(rules_evaluation.letters_of_evaluation(state, now))
        case SummaryState():
            return set(rules_evaluation.letters_of_summary(state))
        case ReportState():
            return set(rules_evaluation.letters_of_report(state))


# -- a process --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Meetings:
    """The meetings of a process in their newest state, how they came about, and what of them is in which mailbox."""

    now: datetime
    newest: Sequence[Session]
    booked_as: Mapping[UUID, Session]
    arrived: Mapping[UUID, int]
    in_mailbox: Mapping[tuple[UUID, str], int]
    """The highest SEQUENCE that a mailbox was sent, whoever had it then."""

    @classmethod
    def of(cls, state: ProcessState, now: datetime) -> "_Meetings":
        history, members = state.history, defaultdict(set)
        for session in history:
            members[session.batch_id].add(session.session_id)
        return cls(
            now,
            sorted(newest_versions(history, lambda meeting: meeting.session_id), key=lambda meeting: meeting.starts_at),
            {session.session_id: session for session in history if session.version == 1},
            {batch: len(sessions) for batch, sessions in members.items()},
            _in_mailboxes(state),
        )

    def are_all_here(self, change: Session) -> bool:
        """Whether every session that the same action changed has arrived."""
        return self.arrived[change.batch_id] >= change.batch_size

    def mentioned(
        self, members: Iterable[Session], participant: Participant, known: "KnownSessions"
    ) -> tuple[MentionedVersion, ...]:
        """As a letter to this participant mentions them."""
        return tuple(
            mentioned_version(
                meeting.session_id,
                meeting,
                known.get(meeting.session_id),
                participant.first_sequence,
                self.in_mailbox.get((meeting.session_id, participant.email.lower()), -1),
            )
            for meeting in members
        )


def _in_mailboxes(state: ProcessState) -> Mapping[tuple[UUID, str], int]:
    mailboxes = {person.participant_id: person.email.lower() for person in state.participants}
    highest: defaultdict[tuple[UUID, str], int] = defaultdict(lambda: -1)
    for (meeting_id, participant_id), known in state.known.items():
        place = meeting_id, mailboxes.get(participant_id, "")
        highest[place] = max(highest[place], known.sequence)
    return highest


def _of_process(state: ProcessState, now: datetime) -> Iterator[WantedLetter]:
    meetings = _Meetings.of(state, now)
    steps = {meeting.session_id: reminder_steps(meeting, state.process.reminder_days) for meeting in meetings.newest}
    for participant in state.participants:
        known = {
            meeting.session_id: state.known[meeting.session_id, participant.participant_id]
            for meeting in meetings.newest
            if (meeting.session_id, participant.participant_id) in state.known
        }
        if not participant.email:
            continue
        if not participant.active:
            yield from _departure(state.process, meetings, participant, known)
            continue
        yield from _appointments(state.process, meetings, participant, known)
        for meeting in meetings.newest:
            if meeting.status == "booked":
                yield from _reminders(state, meeting, participant, steps[meeting.session_id], now)
            elif meeting.status == "held":
                yield from rules_evaluation.feedback_letters_of_session(meeting, participant)


KnownSessions = Mapping[UUID, KnownMeeting]


def _appointments(
    process: Process, meetings: _Meetings, participant: Participant, known: KnownSessions
) -> Iterator[WantedLetter]:
    unknown, cancelled = [], []
    for meeting in meetings.newest:
        last_known = known.get(meeting.session_id)
        is_ahead = meeting.starts_at > meetings.now
        is_booked = meeting.status == "booked"
        if last_known is None or (is_booked and (last_known.is_over or last_known.went_elsewhere)):
            if is_booked and is_ahead:
                unknown.append(meeting)
        elif meeting.status == "cancelled" and (not last_known.is_over or (last_known.went_elsewhere and is_ahead)):
            cancelled.append(meeting)
        elif (
            has_moved(meeting, last_known.meeting)
            and max(meeting.starts_at, last_known.meeting.starts_at) > meetings.now
        ):
            yield _reschedule(meetings, meeting, participant, last_known)
        else:
            yield still_valid_letter(last_known)
    yield from _confirmations(process, meetings, unknown, participant, known)
    yield from _cancellations(meetings, cancelled, participant, known)


def _confirmations(
    process: Process, meetings: _Meetings, unknown: Sequence[Session], participant: Participant, known: KnownSessions
) -> Iterator[WantedLetter]:
    """One letter for what one action booked; one for all that was booked before the participant had this address."""
    known_here = {meeting_id: last for meeting_id, last in known.items() if not last.went_elsewhere}

    def group(meeting: Session) -> UUID | None:
        booked = meetings.booked_as.get(meeting.session_id)
        known_elsewhere = meeting.session_id in known and meeting.session_id not in known_here
        if known_elsewhere or _joined_after(participant, meeting):
            return process.process_id
        return booked.batch_id if booked and meetings.are_all_here(booked) else None

    for subject, members in _grouped(unknown, group, meetings.newest, known_here):
        moment = max(_known_since(meeting, participant, known) for meeting in members)
        yield WantedLetter(
            LetterKind.booking_confirmation,
            subject,
            moment,
            participant.participant_id,
            due_at=max(moment, *map(_settled_at, members)),
            not_after=max(meeting.starts_at for meeting in members),
            mentions=meetings.mentioned(members, participant, known),
        )


def _joined_after(participant: Participant, meeting: Session) -> bool:
    return participant.joined_at is not None and meeting.booked_at < participant.joined_at


def _known_since(meeting: Session, participant: Participant, known: KnownSessions) -> datetime:
    """When there was first something to announce: it was booked or changed, or the participant joined (again)."""
    moments = [meeting.changed_at]
    if _joined_after(participant, meeting) and participant.joined_at:
        moments.append(participant.joined_at)
    if meeting.session_id in known:
        moments.append(participant.seen_at)
    return max(moments)


def _settled_at(meeting: Session) -> datetime:
    return meeting.changed_at + SETTLING_TIME if meeting.version > 1 else meeting.changed_at


def _reschedule(
    meetings: _Meetings, meeting: Session, participant: Participant, last_known: KnownMeeting
) -> WantedLetter:
    return WantedLetter(
        LetterKind.reschedule,
        meeting.session_id,
        meeting.changed_at,
        participant.participant_id,
        due_at=meeting.changed_at + SETTLING_TIME,
        not_after=max(meeting.starts_at, last_known.meeting.starts_at),
        mentions=meetings.mentioned([meeting], participant, {meeting.session_id: last_known}),
    )


def _cancellations(
    meetings: _Meetings, cancelled: Sequence[Session], participant: Participant, known: KnownSessions
) -> Iterator[WantedLetter]:
    over = {meeting_id: last for meeting_id, last in known.items() if last.is_over and not last.went_elsewhere}

    def group(meeting: Session) -> UUID | None:
        return meeting.batch_id if meetings.are_all_here(meeting) else None

    for subject, members in _grouped(cancelled, group, meetings.newest, over):
        moment = max(_cancelled_at(meeting, participant, known) for meeting in members)
        due_at = max(meeting.undo_until or moment for meeting in members)
        recipient, mentions = participant.participant_id, meetings.mentioned(members, participant, known)
        yield WantedLetter(LetterKind.cancellation, subject, moment, recipient, due_at=due_at, mentions=mentions)


def _cancelled_at(meeting: Session, participant: Participant, known: KnownSessions) -> datetime:
    """When there was something to tell: it was called off, or the participant has had another address since then."""
    last = known[meeting.session_id]
    return max(meeting.changed_at, participant.seen_at) if last.is_over else meeting.changed_at


def _departure(
    process: Process, meetings: _Meetings, participant: Participant, known: KnownSessions
) -> Iterator[WantedLetter]:
    """Who left gets one letter, with the coming sessions cancelled in their calendar."""
    coming = []
    for meeting in meetings.newest:
        last_known = known.get(meeting.session_id)
        if last_known and last_known.is_over:
            yield still_valid_letter(last_known)
        elif last_known and max(meeting.starts_at, last_known.meeting.starts_at) > meetings.now:
            coming.append(meeting)
    if coming:
        yield WantedLetter(
            LetterKind.departure,
            process.process_id,
            participant.seen_at,
            participant.participant_id,
            due_at=participant.seen_at,
            not_after=max(max(meeting.starts_at, known[meeting.session_id].meeting.starts_at) for meeting in coming),
            mentions=meetings.mentioned(coming, participant, known),
        )


GroupOf = Callable[[Session], UUID | None]


def _grouped(
    members: Sequence[Session], group_of: GroupOf, everybody: Sequence[Session], known: KnownSessions
) -> Iterator[tuple[UUID, list[Session]]]:
    """The subject of each letter and the sessions it mentions; what has no group yet has to wait.

    A group shares a letter only once: later changes have letters of their own.
    """
    groups = defaultdict(list)
    for meeting in members:
        if (group := group_of(meeting)) is not None:
            groups[group].append(meeting)
    known_groups = {group_of(meeting) for meeting in everybody if meeting.session_id in known}
    for group, together in groups.items():
        if len(together) == 1 or group in known_groups:
            yield from ((meeting.session_id, [meeting]) for meeting in together)
        else:
            yield group, together


def reminder_steps(meeting: Session, days_before: Iterable[int]) -> list[tuple[LetterKind, datetime]]:
    """When the meeting is to be reminded of, the earliest first. Steps that fall on one day are one, the later one."""
    day = local(meeting.starts_at).date()
    steps = {
        at_wall_clock(working_day_on_or_before(day - timedelta(days=days)), REMINDERS_AT): _reminder_kind(days)
        for days in sorted(set(days_before), reverse=True)
    }
    return sorted(((kind, due_at) for due_at, kind in steps.items()), key=lambda step: step[1])


def _reminder_kind(days: int) -> LetterKind:
    return LetterKind.reminder_week if days >= WEEK_DAYS else LetterKind.reminder_day


def _reminders(
    state: ProcessState,
    meeting: Session,
    participant: Participant,
    steps: Sequence[tuple[LetterKind, datetime]],
    now: datetime,
) -> Iterator[WantedLetter]:
    """A step already past when first planned is left out; one that is already waiting is sent while useful."""
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
            mentions=(mentioned_version(meeting.session_id, meeting, None),),
        )
        if due_at < end and (due_at > now or letter.key in state.written):
            yield letter
