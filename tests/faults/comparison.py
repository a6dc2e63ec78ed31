"""What people were promised against what became of it: letters, databases, and the marks that events leave.

Which letters a meeting must have is worked out here from the ledger alone, by the rules that people are told.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from itertools import pairwise
from typing import Any

from icalendar import Calendar

from tests.faults.installation import House
from tests.faults.load import Ledger, Meeting, State

SETTLING_SECONDS = 120
"""A change rests so long before a letter tells of it; what is changed again meanwhile is told once."""
SLACK_SECONDS = 20
"""Between the commit of a change and the moment at which others have heard of it."""


@dataclass(frozen=True)
class Told:
    """What one letter says of one meeting, as a calendar program reads it."""

    sequence: int
    method: str
    starts_at: datetime
    ends_at: datetime


Place = tuple[str, str]
"""A recipient's address, and the meeting's id."""


def faults_found(installation: House, ledger: Ledger) -> list[str]:
    """Everything that is not as promised; nothing when all is well."""
    messages = list(installation.smtp.messages)
    earlier, later = messages[: ledger.letters_before], messages[ledger.letters_before :]
    uncertain = uncertain_letters(installation)
    return [
        *ledger.wrong,
        *lost_bookings(installation, ledger),
        *wrong_letters(ledger, letters_by_place(later), uncertain, installation.heard_at),
        *repeated_messages(earlier, later),
        *overlaps(installation),
        *wrong_effects(installation, ledger),
        *unlisted(installation),
    ]


# -- letters ----------------------------------------------------------------------------------------------


def letters_by_place(messages: Iterable[EmailMessage]) -> dict[Place, list[Told]]:
    """What each recipient was told of each meeting, in the order in which it came."""
    told: dict[Place, list[Told]] = defaultdict(list)
    for message in messages:
        address = message["To"].addresses[0].addr_spec
        for part in message.walk():
            if part.get_content_type() == "text/calendar" and part.get_content_disposition() != "attachment":
                meeting_id, says = read(part.get_content())
                told[address, meeting_id].append(says)
    return told


def read(invitation: str) -> tuple[str, Told]:
    calendar: Any = Calendar.from_ical(invitation)
    (entry,) = calendar.walk("VEVENT")
    meeting_id = str(entry["UID"]).partition("@")[0]
    # SEQUENCE begins with 0 and versions with 1; both rise with every change.
    return meeting_id, Told(int(entry["SEQUENCE"]) + 1, str(calendar["METHOD"]), entry.start, entry.end)


def wrong_letters(
    ledger: Ledger, told: Mapping[Place, Sequence[Told]], uncertain: Mapping[Place, set[int]], heard_at: float
) -> Iterator[str]:
    for meeting in ledger.meetings.values():
        for address in meeting.addresses:
            place = address, meeting.id
            for wrong in wrong_of_one(meeting, told.get(place, []), uncertain.get(place, set()), heard_at):
                yield f"{address}, meeting {meeting.id}: {wrong}"


def wrong_of_one(meeting: Meeting, told: Sequence[Told], uncertain: set[int], heard_at: float) -> Iterator[str]:
    """Whether a recipient got exactly the letters of this meeting; only those of unknown fate may be missing."""
    sequences = [letter.sequence for letter in told]
    if any(later <= earlier for earlier, later in pairwise(sequences)):
        yield f"letters came as {sequences}"
    states = {state.version: state for state in meeting.states}
    for letter in told:
        if letter.sequence not in states or not says(letter, states[letter.sequence]):
            yield f"{letter} tells nothing that was so"
    known = sorted({*sequences, *uncertain})
    needed, possible = expected(meeting, known[0] if known else None, heard_at)
    if not needed <= set(known) <= possible:
        yield f"versions {known} were told, not {sorted(needed)} of {[(s.version, s.status) for s in meeting.states]}"


def expected(meeting: Meeting, first: int | None, heard_at: float) -> tuple[set[int], set[int]]:
    """The versions that must be told, and those that may be, to somebody who was told `first` first.

    Who was told nothing before the meeting was called off is told nothing at all. A change between the first letter
    and the newest state is told only if it rested before the next change was heard of.
    """
    states = [state for state in meeting.states if state.status != "held"]
    newest = states[-1]
    rested = {
        state.version
        for state, following in pairwise(states)
        if max(following.promised_at, heard_at) - state.asked_at > SETTLING_SECONDS - SLACK_SECONDS
    }
    if first is None:
        needed = set() if newest.status == "cancelled" else {newest.version}
        return needed, needed
    beginning = {first} & {states[0].version, newest.version, *rested}
    first_state = next((state for state in states if state.version == first), newest)
    needed = beginning | ({newest.version} if differs(newest, first_state) else set())
    between = {version for version in rested if version > first}
    return needed, needed | between | ({newest.version} if between else set())


def differs(one: State, other: State) -> bool:
    return (one.status, one.starts_at, one.ends_at) != (other.status, other.starts_at, other.ends_at)


def says(letter: Told, state: State) -> bool:
    method = "CANCEL" if state.status == "cancelled" else "REQUEST"
    return (letter.method, letter.starts_at, letter.ends_at) == (method, state.starts_at, state.ends_at)


def repeated_messages(earlier: Iterable[EmailMessage], messages: Iterable[EmailMessage]) -> Iterator[str]:
    """Messages that have come again, now or earlier."""
    seen = {str(message["Message-ID"]) for message in earlier}
    for message in messages:
        message_id = str(message["Message-ID"])
        if message_id in seen:
            yield f"message {message_id} came again"
        seen.add(message_id)


UNCERTAIN = """
    SELECT p.email, m.meeting_id::text, m.sequence + 1 FROM letter l
    JOIN mention m ON m.letter_id = l.id JOIN participant p ON p.participant_id = l.recipient_id
    WHERE l.status = 'uncertain'
"""


def uncertain_letters(installation: House) -> dict[Place, set[int]]:
    """What is told by letters of which nobody knows whether the server took them."""
    told: dict[Place, set[int]] = defaultdict(set)
    for address, meeting_id, sequence in installation.rows("notifier", UNCERTAIN):
        told[address, meeting_id].add(sequence)
    return told


def unlisted(installation: House) -> Iterator[str]:
    """Letters of unknown fate are listed for people and counted for machines."""
    letters = {str(row[0]) for row in installation.rows("notifier", "SELECT id FROM letter WHERE status = 'uncertain'")}
    listed = {message["id"] for message in installation.practice.messages(status="uncertain")}
    counted = f'tyonohjaus_letters{{status="uncertain"}} {float(len(letters))}'
    if listed != letters or counted not in installation.practice.notifier.get("/metrics").text.splitlines():
        yield f"{len(letters)} letters are uncertain, {len(listed)} are listed, and the metric is not {counted}"


# -- the databases ----------------------------------------------------------------------------------------


SESSIONS = "SELECT id::text, version, status, starts_at, ends_at FROM session"
OVERLAPS = """
    SELECT one.id, other.id FROM session one JOIN session other
      ON one.supervisor_id = other.supervisor_id AND one.id < other.id
      AND tstzrange(one.starts_at, one.ends_at) && tstzrange(other.starts_at, other.ends_at)
    WHERE one.status <> 'cancelled' AND other.status <> 'cancelled'
"""
PARKED = "SELECT subscriber, aggregate FROM outbox_delivery WHERE confirmed_at IS NULL"
DELIVERED = "SELECT event_id FROM outbox_delivery WHERE subscriber = %s"


def lost_bookings(installation: House, ledger: Ledger) -> Iterator[str]:
    """Every meeting is as its last answer said, and no supervisor has one that nobody was promised."""
    found = {row[0]: row[1:] for row in installation.rows("booking", SESSIONS)}
    for meeting in ledger.meetings.values():
        promised = meeting.now.version, meeting.now.status, meeting.now.starts_at, meeting.now.ends_at
        if found.get(meeting.id) != promised:
            yield f"meeting {meeting.id} is {found.get(meeting.id)}, not {promised}"
    owners = {meeting.supervisor_id for meeting in ledger.meetings.values()}
    booked = installation.rows(
        "booking", "SELECT id::text FROM session WHERE supervisor_id::text = ANY(%s)", list(owners)
    )
    for (meeting_id,) in booked:
        if meeting_id not in ledger.meetings:
            yield f"meeting {meeting_id} was promised to nobody"


def overlaps(installation: House) -> Iterator[str]:
    for one, other in installation.rows("booking", OVERLAPS):
        yield f"meetings {one} and {other} overlap"


def wrong_effects(installation: House, ledger: Ledger) -> Iterator[str]:
    """Every event has taken effect in every reader, and the notifier has heard of every state that was promised."""
    for publisher, readers in {"booking": ("notifier", "reporting"), "reporting": ("notifier",)}.items():
        for subscriber, aggregate in installation.rows(publisher, PARKED):
            yield f"{publisher}'s {aggregate} has not reached {subscriber}"
        for reader in readers:
            told = set(installation.rows(publisher, DELIVERED, reader))
            heard = set(installation.rows(reader, "SELECT event_id FROM inbox"))
            if missing := told - heard:
                yield f"{len(missing)} events of {publisher} have not been heard by {reader}"
    heard_of = set(installation.rows("notifier", "SELECT session_id::text, version FROM session"))
    promised = {(meeting.id, state.version) for meeting in ledger.meetings.values() for state in meeting.states}
    if missing := promised - heard_of:
        yield f"the notifier has never heard of {missing}"
    newest = dict(installation.rows("reporting", "SELECT session_id::text, version FROM session"))
    for meeting in ledger.meetings.values():
        if newest.get(meeting.id) != meeting.now.version:
            yield f"reporting knows version {newest.get(meeting.id)} of meeting {meeting.id}"
