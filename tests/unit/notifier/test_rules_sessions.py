"""Which letters should exist, as stories: what happened, at this Helsinki time → these letters, due then.

A letter is written "2.11. 12.00 booking_confirmation Aino: a" – when it is due, its kind, its reader, its meetings.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from services.events.catalogue import Actor, Form, Mode
from services.finnish.workdays import HELSINKI, local
from services.notifier.kinds import LetterKind
from services.notifier.models import AccessNotice, Intake, Participant, Process, Session
from services.notifier.planning.rules_intakes import IntakeState
from services.notifier.planning.rules_sessions import ProcessState, wanted_letters
from services.notifier.planning.wanted import KINDS_MAKING_KNOWN, KnownMeeting, LetterKey, WantedLetter, not_at_night

SPACE = UUID(int=1)


def helsinki(text: str) -> datetime:
    return datetime.strptime(text, "%d.%m.%Y %H.%M").replace(tzinfo=HELSINKI).astimezone(UTC)


def identity(name: str) -> UUID:
    return uuid5(SPACE, name)


def on_paper(instant: datetime) -> str:
    wall = local(instant)
    seconds = f".{wall.second:02}" if wall.second else ""
    return f"{wall.day}.{wall.month}. {wall.hour}.{wall.minute:02}{seconds}"


@dataclass
class World:
    """A process whose events have come in, and the letters that have left so far."""

    now: datetime = field(default_factory=lambda: helsinki("2.11.2026 12.00"))
    reminder_days: tuple[int, ...] = (7, 1)
    participants: dict[str, Participant] = field(default_factory=dict)
    history: list[Session] = field(default_factory=list)
    told: dict[tuple[UUID, UUID], KnownMeeting] = field(default_factory=dict)
    declined: dict[UUID, frozenset[LetterKind]] = field(default_factory=dict)
    sent: list[WantedLetter] = field(default_factory=list)
    written: frozenset[LetterKey] = frozenset()

    def at(self, time: str) -> "World":
        self.now = helsinki(time)
        return self

    def later(self, **step: float) -> "World":
        self.now += timedelta(**step)
        return self

    def joins(self, name: str, email: str = "", first_sequence: int = 0) -> "World":
        self.participants[name] = Participant(
            participant_id=identity(name),
            version=1,
            process_id=SPACE,
            first_name=name,
            email=email or f"{name}@example.fi",
            active=True,
            joined_at=self.now,
            first_sequence=first_sequence,
            seen_at=self.now,
        )
        return self

    def leaves(self, name: str) -> "World":
        self.participants[name] = self.participants[name].model_copy(update={"active": False, "seen_at": self.now})
        return self

    def is_reached_elsewhere(self, name: str) -> "World":
        """Somebody corrects the address to which everything has gone so far."""
        person = self.participants[name]
        self.participants[name] = person.model_copy(update={"email": f"{name}@new.example", "seen_at": self.now})
        for (meeting, reader), told in self.told.items():
            if reader == person.participant_id:
                self.told[meeting, reader] = replace(told, went_elsewhere=True)
        return self

    def is_erased(self, name: str) -> "World":
        self.participants[name] = self.participants[name].model_copy(update={"active": False, "email": ""})
        return self

    def declines(self, name: str, *kinds: LetterKind) -> "World":
        self.declined[identity(name)] = frozenset(kinds)
        return self

    def books(self, **times: str) -> "World":
        """The meetings of one action, by their names."""
        batch = uuid5(SPACE, f"batch {self.now} {times}")
        return self._happens(*(self._session(name, time, batch, len(times)) for name, time in times.items()))

    def moves(self, name: str, to: str) -> "World":
        meeting = self._newest(name)
        start = helsinki(to)
        return self._change(name, starts_at=start, ends_at=start + (meeting.ends_at - meeting.starts_at))

    def changes(self, name: str, **fields: object) -> "World":
        return self._change(name, **fields)

    def cancels(self, *names: str) -> "World":
        batch = uuid5(SPACE, f"cancel {self.now} {names}")
        for name in names:
            self._change(name, status="cancelled", batch_id=batch, batch_size=len(names))
        return self

    def holds(self, name: str) -> "World":
        return self._change(name, status="held")

    def forgets(self, *names: str) -> "World":
        """As if the events of these meetings had not come yet."""
        self.history = [row for row in self.history if row.session_id not in map(identity, names)]
        return self

    def hears(self, history: list[Session]) -> "World":
        self.history = history
        return self

    def posts(self) -> "World":
        """Everything that is due leaves, and what is not due stays written."""
        for letter in wanted_letters(self.state, self.now):
            if letter.due_at <= self.now and letter.key not in [sent.key for sent in self.sent]:
                self._deliver(letter)
        self.written = frozenset(letter.key for letter in self._open())
        return self

    def letters(self) -> list[str]:
        """What waits to be sent."""
        return sorted(self.describe(letter) for letter in self._open())

    def describe(self, letter: WantedLetter) -> str:
        names = {identity(name): name for name in [*self.participants, *"abcdefghijkl"]}
        about = " ".join(sorted(names[mention.meeting_id] for mention in letter.mentions))
        return f"{on_paper(letter.due_at)} {letter.kind} {names[letter.recipient]}: {about}"

    def wanted_of(self, kind: LetterKind) -> WantedLetter:
        (letter,) = (letter for letter in self._open() if letter.kind is kind)
        return letter

    @property
    def state(self) -> ProcessState:
        process = Process(
            process_id=SPACE,
            version=1,
            code="T-1",
            title="",
            form=Form.group,
            status="active",
            supervisor_id=SPACE,
            client_id=SPACE,
            client_first_name="",
            client_last_name="",
            client_email="",
            planned_sessions=10,
            reminder_days=list(self.reminder_days),
            min_group_size=5,
        )
        people = list(self.participants.values())
        return ProcessState(process, people, self.history, self.told, self.declined, self.written)

    def _open(self) -> list[WantedLetter]:
        gone = {letter.key for letter in self.sent}
        return [letter for letter in wanted_letters(self.state, self.now) if letter.key not in gone]

    def _deliver(self, letter: WantedLetter) -> None:
        self.sent.append(letter)
        if letter.kind in KINDS_MAKING_KNOWN:
            versions = {(row.session_id, row.version): row for row in self.history}
            for mention in letter.mentions:
                meeting = versions[mention.meeting_id, mention.version]
                self.told[mention.meeting_id, letter.recipient] = KnownMeeting(letter.key, meeting, mention.sequence)

    def _session(self, name: str, time: str, batch: UUID, size: int) -> Session:
        start = helsinki(time)
        return Session(
            session_id=identity(name),
            version=1,
            sequence=0,
            process_id=SPACE,
            supervisor_id=SPACE,
            number=1,
            status="booked",
            starts_at=start,
            ends_at=start + timedelta(minutes=75),
            mode=Mode.onsite,
            location="Esimerkkikatu 1",
            booked_at=self.now,
            changed_at=self.now,
            changed_by=Actor.client,
            batch_id=batch,
            batch_size=size,
            free_until=start - timedelta(days=1),
            late_fee_percent=100,
            waives_force_majeure=True,
        )

    def _newest(self, name: str) -> Session:
        return max((row for row in self.history if row.session_id == identity(name)), key=lambda row: row.version)

    def _change(self, name: str, **fields: object) -> "World":
        old = self._newest(name)
        alone = {"batch_id": uuid5(SPACE, f"{name} {self.now}"), "batch_size": 1}
        new = {**alone, "version": old.version + 1, "sequence": old.version, "changed_at": self.now, **fields}
        return self._happens(old.model_copy(update=new))

    def _happens(self, *rows: Session) -> "World":
        self.history.extend(rows)
        return self


@pytest.fixture
def world() -> World:
    """2 November 2026, a Monday; Aino takes part."""
    return World().joins("Aino").later(hours=1)


# -- booking ----------------------------------------------------------------------------------------------


def test_a_booking_is_confirmed_at_once_and_reminded_of_a_week_and_a_day_before(world: World) -> None:
    world.books(a="9.12.2026 14.00")

    assert world.letters() == [
        "2.11. 13.00 booking_confirmation Aino: a",
        "2.12. 9.00 reminder_week Aino: a",
        "8.12. 9.00 reminder_day Aino: a",
    ]


def test_every_participant_has_letters_of_their_own(world: World) -> None:
    world.joins("Veikko").later(minutes=1).books(a="9.12.2026 14.00")

    assert len(world.letters()) == 6
    assert {letter.split(":")[0].split()[-1] for letter in world.letters()} == {"Aino", "Veikko"}


def test_a_series_is_confirmed_in_one_letter_when_all_of_it_has_been_heard_of(world: World) -> None:
    world.books(a="9.12.2026 14.00", b="16.12.2026 14.00", c="13.1.2027 14.00")
    everything = world.history

    confirmations = []
    for known in range(len(everything) + 1):
        world.hears(everything[:known])
        confirmations.append([letter for letter in world.letters() if "confirmation" in letter])

    assert confirmations == [[], [], [], ["2.11. 13.00 booking_confirmation Aino: a b c"]]


def test_meetings_booked_one_by_one_are_confirmed_one_by_one(world: World) -> None:
    world.books(a="9.12.2026 14.00").later(seconds=1).books(b="10.12.2026 14.00")

    assert [letter for letter in world.letters() if "confirmation" in letter] == [
        "2.11. 13.00 booking_confirmation Aino: a",
        "2.11. 13.00.01 booking_confirmation Aino: b",
    ]


def test_a_meeting_that_is_over_when_it_is_heard_of_is_not_confirmed(world: World) -> None:
    world.books(a="9.12.2026 14.00").at("9.12.2026 15.00")

    assert world.letters() == []


def test_before_its_booking_has_been_heard_of_a_later_version_waits(world: World) -> None:
    world.books(a="9.12.2026 14.00").later(seconds=5).moves("a", "10.12.2026 14.00")
    booked, moved = world.history

    assert [letter for letter in world.hears([moved]).letters() if "confirmation" in letter] == []
    assert [letter for letter in world.hears([moved, booked]).letters() if "confirmation" in letter] == [
        "2.11. 13.02.05 booking_confirmation Aino: a"
    ]


# -- corrected addresses ----------------------------------------------------------------------------------


def test_what_was_told_elsewhere_is_confirmed_here_in_one_letter_once(world: World) -> None:
    world.books(a="9.12.2026 14.00", b="16.12.2026 14.00").posts().later(minutes=1).books(c="13.1.2027 14.00").posts()
    world.later(hours=1).is_reached_elsewhere("Aino")

    assert confirmations(world) == ["2.11. 14.01 booking_confirmation Aino: a b c"]
    assert {mention.sequence for mention in world.wanted_of(LetterKind.booking_confirmation).mentions} == {1}
    world.posts().later(hours=1)
    assert confirmations(world) == []


def test_a_move_that_nobody_heard_of_at_the_new_address_is_part_of_its_confirmation(world: World) -> None:
    world.books(a="9.12.2026 14.00", b="16.12.2026 14.00").posts().later(hours=1).is_reached_elsewhere("Aino")
    world.later(seconds=5).moves("a", "10.12.2026 14.00")

    assert confirmations(world) == ["2.11. 14.02.05 booking_confirmation Aino: a b"]
    assert not [letter for letter in world.letters() if "reschedule" in letter]


def test_what_is_called_off_before_the_new_address_was_told_of_it_is_called_off_there(world: World) -> None:
    world.books(a="9.12.2026 14.00").posts().later(hours=1).is_reached_elsewhere("Aino").later(seconds=5).cancels("a")

    assert world.letters() == ["2.11. 14.00.05 cancellation Aino: a"]


def confirmations(world: World) -> list[str]:
    return [letter for letter in world.letters() if "confirmation" in letter]


# -- changes ----------------------------------------------------------------------------------------------


def test_a_move_is_told_two_minutes_later_with_its_own_reminders(world: World) -> None:
    world.books(a="9.12.2026 14.00").posts().later(hours=1).moves("a", "16.12.2026 10.00")

    assert world.letters() == [
        "15.12. 9.00 reminder_day Aino: a",
        "2.11. 14.02 reschedule Aino: a",
        "9.12. 9.00 reminder_week Aino: a",
    ]


def test_five_moves_in_a_minute_end_with_one_letter_of_the_final_time(world: World) -> None:
    world.books(a="9.12.2026 14.00").posts()
    for day in (10, 11, 14, 15, 16):
        world.later(seconds=12).moves("a", f"{day}.12.2026 14.00")

    assert world.letters() == [
        "15.12. 9.00 reminder_day Aino: a",
        "2.11. 13.03 reschedule Aino: a",
        "9.12. 9.00 reminder_week Aino: a",
    ]
    (mention,) = world.wanted_of(LetterKind.reschedule).mentions
    assert (mention.previous_version, mention.version, mention.sequence) == (1, 6, 5)


def test_what_nobody_was_told_yet_is_confirmed_with_its_final_time_after_a_rest(world: World) -> None:
    world.books(a="9.12.2026 14.00").later(seconds=20).moves("a", "10.12.2026 14.00")

    assert world.letters()[0] == "2.11. 13.02.20 booking_confirmation Aino: a"
    assert all("reschedule" not in letter for letter in world.letters())


def test_a_meeting_moved_back_to_the_told_time_needs_no_letter(world: World) -> None:
    world.books(a="9.12.2026 14.00").posts()
    before = world.letters()
    world.later(seconds=10).moves("a", "10.12.2026 14.00").later(seconds=10).moves("a", "9.12.2026 14.00")

    assert world.letters() == before


def test_every_move_that_was_told_is_followed_by_a_letter_also_back_to_an_earlier_time(world: World) -> None:
    world.books(a="9.12.2026 14.00").posts()
    for day in (10, 9, 10):
        world.later(hours=1).moves("a", f"{day}.12.2026 14.00").later(minutes=2).posts()

    assert [letter.kind for letter in world.sent if letter.kind in KINDS_MAKING_KNOWN].count(LetterKind.reschedule) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"location": "Toinen katu 2"},
        {"mode": Mode.remote, "join_url": "https://video.example/1"},
        {"ends_at": helsinki("9.12.2026 16.00")},
    ],
)
def test_another_place_way_or_length_is_told_too(world: World, change: dict[str, object]) -> None:
    world.books(a="9.12.2026 14.00").posts().later(hours=1).changes("a", **change)

    assert "2.11. 14.02 reschedule Aino: a" in world.letters()


def test_a_link_that_an_onsite_meeting_does_not_use_is_no_news(world: World) -> None:
    world.books(a="9.12.2026 14.00").posts()
    before = world.letters()

    assert world.later(hours=1).changes("a", join_url="https://video.example/1").letters() == before


def test_one_of_a_series_is_moved_alone(world: World) -> None:
    world.books(a="9.12.2026 14.00", b="16.12.2026 14.00").posts().later(hours=1).moves("a", "10.12.2026 14.00")

    assert [letter for letter in world.letters() if "reminder" not in letter] == ["2.11. 14.02 reschedule Aino: a"]


def test_a_series_of_which_one_was_moved_before_anybody_was_told_is_still_one_letter(world: World) -> None:
    world.books(a="9.12.2026 14.00", b="16.12.2026 14.00").later(seconds=30).moves("a", "10.12.2026 14.00")

    assert [letter for letter in world.letters() if "reminder" not in letter] == [
        "2.11. 13.02.30 booking_confirmation Aino: a b"
    ]


# -- cancellation -----------------------------------------------------------------------------------------


def test_a_cancellation_is_told_at_once_and_ends_all_reminders(world: World) -> None:
    world.books(a="9.12.2026 14.00").posts().later(hours=1).cancels("a")

    assert world.letters() == ["2.11. 14.00 cancellation Aino: a"]


def test_what_can_be_taken_back_is_told_when_that_is_over_and_not_at_all_if_it_was(world: World) -> None:
    before = world.books(a="9.12.2026 14.00").posts().later(hours=1).letters()
    world.changes("a", status="cancelled", undo_until=world.now + timedelta(minutes=2))

    assert world.letters() == ["2.11. 14.02 cancellation Aino: a"]
    assert world.later(minutes=1).changes("a", status="booked", undo_until=None).letters() == before


def test_what_nobody_was_told_of_is_cancelled_without_a_letter(world: World) -> None:
    world.books(a="9.12.2026 14.00").later(seconds=1).cancels("a")

    assert world.letters() == []


def test_this_and_all_later_ones_are_cancelled_in_one_letter(world: World) -> None:
    world.books(a="9.12.2026 14.00", b="16.12.2026 14.00", c="13.1.2027 14.00").posts().later(hours=1)
    world.cancels("b", "c")
    everything = world.history

    assert [letter for letter in world.letters() if "cancel" in letter] == ["2.11. 14.00 cancellation Aino: b c"]
    assert [letter for letter in world.hears(everything[:-1]).letters() if "cancel" in letter] == []


def test_a_move_that_nobody_heard_of_is_not_told_when_the_meeting_is_cancelled(world: World) -> None:
    world.books(a="9.12.2026 14.00").posts().later(hours=1).moves("a", "10.12.2026 14.00").later(seconds=5)

    assert world.cancels("a").letters() == ["2.11. 14.00.05 cancellation Aino: a"]


def test_the_calendar_entry_goes_with_a_higher_sequence(world: World) -> None:
    world.books(a="9.12.2026 14.00").posts().later(hours=1).moves("a", "10.12.2026 14.00").later(minutes=3).posts()
    world.cancels("a")

    (mention,) = world.wanted_of(LetterKind.cancellation).mentions
    assert mention.sequence == 2


def test_what_was_sent_before_booking_counted_goes_on_from_its_version(world: World) -> None:
    world.books(a="9.12.2026 14.00")
    world.history = [row.model_copy(update={"sequence": None}) for row in world.history]
    assert world.wanted_of(LetterKind.booking_confirmation).mentions[0].sequence == 1

    world.posts().later(hours=1).moves("a", "10.12.2026 14.00")
    world.history[-1].sequence = 2  # what began with 1 is counted on

    assert world.wanted_of(LetterKind.reschedule).mentions[0].sequence == 2


# -- reminders --------------------------------------------------------------------------------------------

REMINDERS = [
    # booked, starts, days before → reminders
    ("2.11.2026 12.00", "9.12.2026 14.00", (7, 1), ["2.12. 9.00 reminder_week", "8.12. 9.00 reminder_day"]),
    # on Monday: the day before is a Sunday, so on Friday
    ("2.11.2026 12.00", "14.12.2026 14.00", (7, 1), ["7.12. 9.00 reminder_week", "11.12. 9.00 reminder_day"]),
    # Tuesday after itsenäisyyspäivä on Sunday; a week before is a Tuesday
    ("2.11.2026 12.00", "8.12.2026 14.00", (7, 1), ["1.12. 9.00 reminder_week", "7.12. 9.00 reminder_day"]),
    # after Christmas: jouluaatto, joulupäivä and tapaninpäivä are no working days
    ("2.11.2026 12.00", "28.12.2026 10.00", (7, 1), ["21.12. 9.00 reminder_week", "23.12. 9.00 reminder_day"]),
    # after Midsummer: juhannusaatto is no working day
    ("2.3.2026 12.00", "22.6.2026 10.00", (7, 1), ["15.6. 9.00 reminder_week", "18.6. 9.00 reminder_day"]),
    # the week's step was past when it was booked
    ("3.12.2026 12.00", "9.12.2026 14.00", (7, 1), ["8.12. 9.00 reminder_day"]),
    ("2.12.2026 9.00", "9.12.2026 14.00", (7, 1), ["8.12. 9.00 reminder_day"]),
    ("2.12.2026 8.59", "9.12.2026 14.00", (7, 1), ["2.12. 9.00 reminder_week", "8.12. 9.00 reminder_day"]),
    # both were
    ("8.12.2026 10.00", "9.12.2026 14.00", (7, 1), []),
    # the process has its own plan
    ("2.11.2026 12.00", "9.12.2026 14.00", (14, 2), ["25.11. 9.00 reminder_week", "7.12. 9.00 reminder_day"]),
    ("2.11.2026 12.00", "9.12.2026 14.00", (), []),
    # two steps on one Friday are one letter, the nearer one
    ("2.11.2026 12.00", "14.12.2026 14.00", (3, 2, 1), ["11.12. 9.00 reminder_day"]),
    # nine o'clock by the wall, whatever the clocks did between: 29 March and 25 October 2026
    ("2.3.2026 12.00", "30.3.2026 9.00", (7, 1), ["23.3. 9.00 reminder_week", "27.3. 9.00 reminder_day"]),
    ("1.10.2026 12.00", "27.10.2026 9.00", (7, 1), ["20.10. 9.00 reminder_week", "26.10. 9.00 reminder_day"]),
    # on the day itself, unless it is too late for that
    ("2.11.2026 12.00", "9.12.2026 14.00", (0,), ["9.12. 9.00 reminder_day"]),
    ("2.11.2026 12.00", "9.12.2026 9.15", (0,), []),
    ("2.11.2026 12.00", "9.12.2026 9.16", (0,), ["9.12. 9.00 reminder_day"]),
]  # fmt: skip


@pytest.mark.parametrize(("booked", "starts", "days", "expected"), REMINDERS)
def test_reminders_come_at_nine_on_a_working_day_and_never_for_a_step_that_was_past(
    booked: str, starts: str, days: tuple[int, ...], expected: list[str]
) -> None:
    world = World(reminder_days=days).at(booked).joins("Aino").books(a=starts)

    assert sorted(letter for letter in world.letters() if "reminder" in letter) == sorted(
        f"{letter} Aino: a" for letter in expected
    )


def test_reminders_lose_their_use_when_the_next_one_is_due_or_the_meeting_is_near(world: World) -> None:
    world.books(a="9.12.2026 14.00")

    assert world.wanted_of(LetterKind.reminder_week).not_after == helsinki("8.12.2026 9.00")
    assert world.wanted_of(LetterKind.reminder_day).not_after == helsinki("9.12.2026 13.45")


def test_a_reminder_that_could_not_be_sent_in_time_stays_wanted_while_it_waits(world: World) -> None:
    world.books(a="9.12.2026 14.00").posts().at("2.12.2026 9.30")

    assert "2.12. 9.00 reminder_week Aino: a" in world.letters()


def test_a_declined_reminder_is_left_out_and_the_other_lasts_longer(world: World) -> None:
    world.books(a="9.12.2026 14.00").declines("Aino", LetterKind.reminder_day)

    assert [letter for letter in world.letters() if "reminder" in letter] == ["2.12. 9.00 reminder_week Aino: a"]
    assert world.wanted_of(LetterKind.reminder_week).not_after == helsinki("9.12.2026 13.45")


def test_who_wants_reminders_again_does_not_get_those_of_the_past(world: World) -> None:
    world.books(a="9.12.2026 14.00").declines("Aino", LetterKind.reminder_week).posts().at("4.12.2026 12.00")

    assert world.declines("Aino").letters() == ["8.12. 9.00 reminder_day Aino: a"]


def test_a_move_within_the_day_keeps_its_reminders(world: World) -> None:
    world.books(a="9.12.2026 14.00").posts()
    before = {letter.key for letter in wanted_letters(world.state, world.now) if "reminder" in letter.kind}
    world.later(hours=1).moves("a", "9.12.2026 16.00")

    assert {letter.key for letter in wanted_letters(world.state, world.now) if "reminder" in letter.kind} == before


def test_a_meeting_that_was_held_is_not_reminded_of(world: World) -> None:
    world.books(a="9.12.2026 14.00").posts().later(hours=1).holds("a")

    assert world.letters() == []


# -- people come and go -----------------------------------------------------------------------------------


def test_who_joins_later_hears_of_all_coming_meetings_in_one_letter(world: World) -> None:
    world.books(a="9.11.2026 14.00", b="9.12.2026 14.00").later(hours=1).books(c="13.1.2027 14.00").posts()
    world.at("10.11.2026 12.00").joins("Veikko")

    assert [letter for letter in world.letters() if "Veikko" in letter and "reminder" not in letter] == [
        "10.11. 12.00 booking_confirmation Veikko: b c"
    ]


def test_what_is_booked_after_somebody_joined_is_confirmed_like_anything_else(world: World) -> None:
    world.books(a="9.12.2026 14.00").posts().later(days=1).joins("Veikko").posts().later(days=1)
    world.books(b="16.12.2026 14.00")

    assert [letter for letter in world.letters() if "confirmation" in letter] == [
        "4.11. 13.00 booking_confirmation Aino: b",
        "4.11. 13.00 booking_confirmation Veikko: b",
    ]


def test_an_older_meeting_heard_of_late_reaches_who_joined_later_in_a_letter_of_its_own(world: World) -> None:
    world.books(a="9.12.2026 14.00").later(hours=1).books(b="16.12.2026 14.00", c="13.1.2027 14.00")
    everything = world.history
    world.later(days=1).joins("Veikko").hears(everything[:1]).posts()

    assert [letter for letter in world.hears(everything).letters() if "confirmation Veikko" in letter] == [
        "3.11. 14.00 booking_confirmation Veikko: b",
        "3.11. 14.00 booking_confirmation Veikko: c",
    ]


def test_who_leaves_gets_the_coming_meetings_out_of_the_calendar_and_nothing_more(world: World) -> None:
    world.books(a="9.12.2026 14.00", b="16.12.2026 14.00").posts().later(hours=1).leaves("Aino")

    assert world.letters() == ["2.11. 14.00 departure Aino: a b"]
    assert [mention.sequence for mention in world.wanted_of(LetterKind.departure).mentions] == [1, 1]
    assert world.posts().later(days=1).moves("a", "10.12.2026 14.00").cancels("b").letters() == []


def test_who_leaves_before_having_been_told_anything_hears_nothing(world: World) -> None:
    assert world.books(a="9.12.2026 14.00").leaves("Aino").letters() == []


def test_who_comes_back_is_told_again_with_a_sequence_that_still_rises(world: World) -> None:
    world.books(a="9.12.2026 14.00").posts().later(hours=1).leaves("Aino").posts().later(hours=1).joins("Aino")

    assert "2.11. 15.00 booking_confirmation Aino: a" in world.letters()
    (mention,) = world.wanted_of(LetterKind.booking_confirmation).mentions
    assert mention.sequence == 2
    world.posts().later(hours=1).moves("a", "10.12.2026 14.00")
    assert world.wanted_of(LetterKind.reschedule).mentions[0].sequence == 3


@pytest.mark.parametrize(("is_erased", "first_sequence"), [(False, 0), (False, 2), (True, 2)])
def test_who_comes_back_as_somebody_new_is_told_above_what_the_same_mailbox_has(
    world: World, is_erased: bool, first_sequence: int
) -> None:
    world.books(a="9.12.2026 14.00").posts().later(hours=1).leaves("Aino").posts().later(hours=1)
    if is_erased:
        world.is_erased("Aino")
    world.joins("Paluu", "AINO@example.fi", first_sequence)

    (mention,) = world.wanted_of(LetterKind.booking_confirmation).mentions
    assert mention.sequence == 2
    world.posts().later(hours=1).moves("a", "10.12.2026 14.00")
    assert world.wanted_of(LetterKind.reschedule).mentions[0].sequence == 3
    world.later(hours=1).posts().later(hours=1).leaves("Paluu")
    assert world.wanted_of(LetterKind.departure).mentions[0].sequence == 4


def test_what_others_were_sent_counts_for_nobody_else(world: World) -> None:
    world.books(a="9.12.2026 14.00").posts().later(hours=1).leaves("Aino").posts().later(hours=1).joins("Veikko")

    assert world.wanted_of(LetterKind.booking_confirmation).mentions[0].sequence == 0


def test_nobody_writes_to_who_was_erased(world: World) -> None:
    assert world.books(a="9.12.2026 14.00").posts().is_erased("Aino").letters() == []


# -- the same state, the same letters ---------------------------------------------------------------------


def test_letters_that_were_sent_and_still_hold_stay_wanted(world: World) -> None:
    world.books(a="9.12.2026 14.00", b="16.12.2026 14.00").posts()
    (confirmation,) = world.sent

    assert confirmation.key in {letter.key for letter in wanted_letters(world.state, world.now)}
    world.later(hours=1).moves("a", "10.12.2026 14.00").cancels("b")
    assert confirmation.key not in {letter.key for letter in wanted_letters(world.state, world.now)}


def test_the_order_in_which_events_came_does_not_matter(world: World) -> None:
    world.books(a="9.12.2026 14.00", b="16.12.2026 14.00").later(seconds=9).moves("a", "10.12.2026 14.00")
    world.later(seconds=9).cancels("b")
    forwards = world.letters()

    assert world.hears(world.history[::-1]).letters() == forwards


# -- the night --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instant", "by"),
    [
        ("2.11.2026 19.59", "2.11.2026 19.59"),
        ("2.11.2026 20.00", "3.11.2026 8.00"),
        ("3.11.2026 7.59", "3.11.2026 8.00"),
        ("3.11.2026 8.00", "3.11.2026 8.00"),
        ("28.3.2026 23.00", "29.3.2026 8.00"),
        ("24.10.2026 23.00", "25.10.2026 8.00"),
    ],
)
def test_what_must_not_disturb_waits_for_the_morning(instant: str, by: str) -> None:
    assert not_at_night(helsinki(instant)) == helsinki(by)


# -- first talks and logins -------------------------------------------------------------------------------


def talk(version: int, status: str, *, starts: str = "9.12.2026 14.00", seen: str = "2.11.2026 12.00") -> Intake:
    start = helsinki(starts)
    return Intake(
        intake_id=identity("talk"),
        version=version,
        sequence=version - 1,
        supervisor_id=SPACE,
        status=status,
        starts_at=start,
        ends_at=start + timedelta(minutes=45),
        full_name="Aino Asiakas",
        email="aino@example.fi",
        mode=Mode.onsite,
        location="Esimerkkikatu 1",
        expires_at=helsinki("2.11.2026 12.30"),
        link=SPACE,
        free_of_charge=True,
        changed_by=Actor.client,
        seen_at=helsinki(seen),
    )


def told_of(row: Intake, kind: LetterKind = LetterKind.intake_confirmed) -> KnownMeeting:
    return KnownMeeting(LetterKey(kind, row.intake_id, row.seen_at, row.intake_id), row, row.version - 1)


HELD, EXPIRED = talk(1, "held"), talk(2, "expired")
CONFIRMED = talk(2, "confirmed", seen="2.11.2026 12.10")
CORRECTED = talk(3, "confirmed", seen="3.11.2026 9.00")
MOVED = talk(3, "confirmed", starts="10.12.2026 14.00", seen="3.11.2026 9.00")
OFF = talk(4, "cancelled", starts="10.12.2026 14.00", seen="4.11.2026 9.00")
UNDOABLE = talk(3, "cancelled", seen="4.11.2026 9.00")
UNDOABLE.undo_until = helsinki("4.11.2026 9.02")
RESTORED = talk(4, "confirmed", seen="4.11.2026 9.01")

TALKS = [
    ([HELD], None, ["2.11. 12.00 intake_confirm_link"]),
    ([HELD, EXPIRED], None, []),
    ([HELD, CONFIRMED], None, ["2.11. 12.10 intake_confirmed"]),
    ([CONFIRMED], None, ["2.11. 12.10 intake_confirmed"]),
    ([HELD, CONFIRMED, MOVED], None, ["3.11. 9.02 intake_confirmed"]),
    ([HELD, CONFIRMED, MOVED], told_of(CONFIRMED), ["3.11. 9.02 intake_moved"]),
    ([HELD, CONFIRMED, CORRECTED], replace(told_of(CONFIRMED), went_elsewhere=True), ["3.11. 9.02 intake_confirmed"]),
    ([HELD, CONFIRMED, MOVED, OFF], None, []),
    ([HELD, CONFIRMED, MOVED, OFF], told_of(CONFIRMED), ["4.11. 9.00 intake_cancelled"]),
    ([HELD, CONFIRMED, UNDOABLE], told_of(CONFIRMED), ["4.11. 9.02 intake_cancelled"]),
]


@pytest.mark.parametrize(("history", "told", "expected"), TALKS)
def test_a_first_talk_is_asked_for_confirmed_moved_and_called_off(
    history: list[Intake], told: KnownMeeting | None, expected: list[str]
) -> None:
    letters = wanted_letters(IntakeState(history, told), helsinki("4.11.2026 9.00"))

    assert [f"{on_paper(letter.due_at)} {letter.kind}" for letter in letters] == expected


@pytest.mark.parametrize("between", [MOVED, UNDOABLE], ids=["moved back", "cancellation taken back"])
def test_a_first_talk_that_is_again_as_was_told_needs_no_new_letter(between: Intake) -> None:
    told = told_of(CONFIRMED)

    assert {
        letter.key
        for letter in wanted_letters(IntakeState([HELD, CONFIRMED, between, RESTORED], told), RESTORED.seen_at)
    } == {told.letter}


def test_a_link_to_log_in_leaves_at_once_and_is_of_no_use_when_it_has_expired() -> None:
    seen, expires = helsinki("2.11.2026 23.00"), helsinki("2.11.2026 23.15")
    login = AccessNotice(
        notice_id=SPACE,
        kind=LetterKind.login_link,
        version=1,
        email="a@example.fi",
        full_name="A",
        link=SPACE,
        expires_at=expires,
        seen_at=seen,
    )

    (letter,) = wanted_letters(login, seen)

    assert (letter.kind, letter.due_at, letter.not_after) == (LetterKind.login_link, seen, expires)
