"""What a letter that should exist is: its key, when it is due, and what it tells of which meeting."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

from services.events.catalogue import Mode
from services.notifier.contexts import LetterKind
from services.notifier.models import Intake, Session
from services.workdays import at_wall_clock, local

SETTLING = timedelta(minutes=2)
"""How long a change rests before a letter tells of it, so that quick corrections become one letter."""
NIGHT_BEGINS, NIGHT_ENDS = time(20), time(8)

APPOINTMENTS = frozenset(
    {
        LetterKind.booking_confirmation,
        LetterKind.reschedule,
        LetterKind.cancellation,
        LetterKind.departure,
    }
)
REMINDERS = frozenset({LetterKind.reminder_week, LetterKind.reminder_day})
TALKS = frozenset({LetterKind.intake_confirmed, LetterKind.intake_moved, LetterKind.intake_cancelled})
ANSWERS = APPOINTMENTS | TALKS | {LetterKind.intake_confirm_link, LetterKind.login_link}
"""What answers somebody's own action. Everything else rests at night."""
TELLING = APPOINTMENTS | TALKS
"""What counts as having been told of a meeting; a reminder does not."""


class Key(NamedTuple):
    """What makes a letter the same letter."""

    kind: LetterKind
    subject: UUID
    time: datetime
    recipient: UUID


@dataclass(frozen=True)
class Tells:
    """The version of a meeting that a letter tells, the one that its recipient knew before, and its SEQUENCE."""

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
    tells: tuple[Tells, ...] = ()

    @property
    def key(self) -> Key:
        return Key(self.kind, self.subject, self.time, self.recipient)


@dataclass(frozen=True)
class Told:
    """What a recipient was told last of one meeting, and by which letter."""

    letter: Key
    meeting: Session | Intake
    sequence: int

    @property
    def is_over(self) -> bool:
        return self.meeting.status == "cancelled" or self.letter.kind is LetterKind.departure


def by_day(instant: datetime) -> datetime:
    """This instant, or when the night is over, the morning after it."""
    wall = local(instant)
    if wall.time() < NIGHT_ENDS:
        return at_wall_clock(wall.date(), NIGHT_ENDS)
    if wall.time() >= NIGHT_BEGINS:
        return at_wall_clock(wall.date() + timedelta(days=1), NIGHT_ENDS)
    return instant


def has_moved(meeting: Session | Intake, told: Session | Intake) -> bool:
    return meeting.status in ("booked", "confirmed") and _time_and_place(meeting) != _time_and_place(told)


def _time_and_place(meeting: Session | Intake) -> tuple[datetime, datetime, Mode, str | None]:
    place = meeting.join_url if meeting.mode == Mode.remote else meeting.location
    return meeting.starts_at, meeting.ends_at, meeting.mode, place


def still_true(told: Told) -> WantedLetter:
    return WantedLetter(*told.letter, due_at=told.letter.time)


def tell(meeting_id: UUID, version: int, told: Told | None) -> Tells:
    """SEQUENCE is the version; for who left or came back it rises where the version does not."""
    if told is None:
        return Tells(meeting_id, version, None, version)
    return Tells(meeting_id, version, told.meeting.version, max(version, told.sequence + 1))


V = TypeVar("V", Session, Intake)


def newest(history: Iterable[V], identity: Callable[[V], UUID]) -> list[V]:
    """The highest version of each."""
    last: dict[UUID, V] = {}
    for told in history:
        known = last.get(identity(told))
        if known is None or known.version < told.version:
            last[identity(told)] = told
    return list(last.values())
