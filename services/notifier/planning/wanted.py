"""A wanted letter: its key, when it is due, and which versions of sessions it mentions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

from services.events.catalogue import Mode
from services.finnish.workdays import at_wall_clock, local
from services.notifier.kinds import LetterKind
from services.notifier.models import Intake, Session

SETTLING_TIME = timedelta(minutes=2)
"""How long a change waits before its letter is sent, so that quick corrections become one letter."""
NIGHT_BEGINS, NIGHT_ENDS = time(20), time(8)

APPOINTMENT_KINDS = frozenset(
    {LetterKind.booking_confirmation, LetterKind.reschedule, LetterKind.cancellation, LetterKind.departure}
)
REMINDER_KINDS = frozenset({LetterKind.reminder_week, LetterKind.reminder_day})
INTAKE_KINDS = frozenset({LetterKind.intake_confirmed, LetterKind.intake_moved, LetterKind.intake_cancelled})
ACCESS_KINDS = frozenset(
    {
        LetterKind.login_link,
        LetterKind.device_code,
        LetterKind.address_stated,
        LetterKind.address_changed,
        LetterKind.passkey_added,
        LetterKind.passkey_removed,
        LetterKind.webhook_ended,
        LetterKind.test_letter,
    }
)
KINDS_SENT_AT_NIGHT = (
    APPOINTMENT_KINDS | INTAKE_KINDS | ACCESS_KINDS - {LetterKind.webhook_ended} | {LetterKind.intake_confirm_link}
)
"""Letters that answer somebody's own action; all others wait until morning."""
KINDS_MAKING_KNOWN = APPOINTMENT_KINDS | INTAKE_KINDS
"""Letters that make a meeting known to their recipient; a reminder does not."""


class LetterKey(NamedTuple):
    """What makes a letter the same letter."""

    kind: LetterKind
    subject: UUID
    time: datetime
    recipient: UUID


@dataclass(frozen=True)
class MentionedVersion:
    """The version of a meeting that a letter mentions, the one that its recipient knew before, and its SEQUENCE."""

    meeting_id: UUID
    version: int
    previous_version: int | None
    sequence: int


@dataclass(frozen=True)
class WantedLetter:
    kind: LetterKind
    subject: UUID
    time: datetime
    recipient: UUID
    due_at: datetime
    not_after: datetime | None = None
    mentions: tuple[MentionedVersion, ...] = ()

    @property
    def key(self) -> LetterKey:
        return LetterKey(self.kind, self.subject, self.time, self.recipient)


@dataclass(frozen=True)
class KnownMeeting:
    """The version of a meeting that a recipient knows, and from which letter."""

    letter: LetterKey
    meeting: Session | Intake
    sequence: int
    #: to an address that the recipient does not have any more
    went_elsewhere: bool = False

    @property
    def is_over(self) -> bool:
        return self.meeting.status == "cancelled" or self.letter.kind is LetterKind.departure


def not_at_night(instant: datetime) -> datetime:
    """This instant, or when the night is over, the morning after it."""
    wall = local(instant)
    if wall.time() < NIGHT_ENDS:
        return at_wall_clock(wall.date(), NIGHT_ENDS)
    if wall.time() >= NIGHT_BEGINS:
        return at_wall_clock(wall.date() + timedelta(days=1), NIGHT_ENDS)
    return instant


def has_moved(meeting: Session | Intake, known: Session | Intake) -> bool:
    return meeting.status in ("booked", "confirmed") and _time_and_place(meeting) != _time_and_place(known)


def _time_and_place(meeting: Session | Intake) -> tuple[datetime, datetime, Mode, str | None]:
    place = meeting.join_url if meeting.mode == Mode.remote else meeting.location
    return meeting.starts_at, meeting.ends_at, meeting.mode, place


def still_valid_letter(known: KnownMeeting) -> WantedLetter:
    return WantedLetter(*known.letter, due_at=known.letter.time)


def mentioned_version(
    meeting_id: UUID, meeting: Session | Intake, known: KnownMeeting | None, first: int = 0, in_mailbox: int = -1
) -> MentionedVersion:
    """SEQUENCE is counted by booking, for the feed too; for who left it rises where the meeting does not change.

    Calendars drop what is lower than what they have, so nothing goes to a mailbox that is not above all it was sent.
    `first` is where booking begins to count for somebody who came back.
    """
    # Booking has not always published it: what was sent before went by the version.
    sequence = first + (meeting.version if meeting.sequence is None else meeting.sequence)
    sequence = max(sequence, in_mailbox + 1, known.sequence + 1 if known else 0)
    return MentionedVersion(meeting_id, meeting.version, known.meeting.version if known else None, sequence)


V = TypeVar("V", Session, Intake)


def newest_versions(history: Iterable[V], identity: Callable[[V], UUID]) -> list[V]:
    """The highest version of each."""
    last: dict[UUID, V] = {}
    for version in history:
        known = last.get(identity(version))
        if known is None or known.version < version.version:
            last[identity(version)] = version
    return list(last.values())
