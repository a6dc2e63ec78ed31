"""Calendar invitations: one file for one meeting, with which mail programs enter, move and remove it (RFC 5545, 5546).

An entry is known by its UID for ever; of two files about it, the one with the higher SEQUENCE holds.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from icalendar import Calendar, Event, vCalAddress

from services.notifier.contexts import one_line
from services.notifier.mailboxes import Mailbox
from services.workdays import local

PRODUCT = "-//tyonohjaus//kalenterikutsu//FI"
SUMMARY = "Työnohjaus"
"""Neutral on purpose: colleagues may see one another's calendars."""


class Method(StrEnum):
    """What the recipient's calendar shall do with the entry: put it in or move it, or take it out."""

    request = "REQUEST"
    cancel = "CANCEL"


STATUS = {Method.request: "CONFIRMED", Method.cancel: "CANCELLED"}


@dataclass(frozen=True)
class Entry:
    """A meeting as it stands in a calendar."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    location: str | None = None
    join_url: str | None = None


@dataclass(frozen=True)
class CalendarFile:
    method: Method
    name: str
    text: str


def entry_uid(meeting_id: UUID, installation: str) -> str:
    """Stable for the meeting, and different in another installation."""
    return f"{meeting_id}@{installation}"


def invitation(method: Method, entry: Entry, *, organizer: Mailbox, attendee: Mailbox, stamp: datetime) -> CalendarFile:
    """The file for this one recipient. `stamp` is when the entry was told to be so."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method.value)
    calendar.add_component(_event(method, entry, organizer, attendee, stamp))
    return CalendarFile(method, _file_name(entry), calendar.to_ical().decode())


def _event(method: Method, entry: Entry, organizer: Mailbox, attendee: Mailbox, stamp: datetime) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", stamp.astimezone(UTC))
    # In UTC, because a local time can't name the second half past three of the autumn night.
    event.add("dtstart", entry.starts_at.astimezone(UTC))
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("summary", SUMMARY)
    event.add("status", STATUS[method])
    event.add("transp", "OPAQUE")
    event.add("organizer", _person(organizer))
    event.add("attendee", _attendee(attendee))
    _add_place(event, entry)
    return event


def _add_place(event: Event, entry: Entry) -> None:
    place = one_line(entry.join_url or entry.location or "")
    if place:
        event.add("location", place)
    if entry.join_url:
        event.add("description", f"Etäyhteys: {place}")


def _person(mailbox: Mailbox) -> vCalAddress:
    person = vCalAddress(f"mailto:{mailbox.address}")
    if mailbox.name:
        person.params["CN"] = mailbox.name
    return person


def _attendee(mailbox: Mailbox) -> vCalAddress:
    """Nobody waits for the calendar's answer: the time is agreed, and changes are made through the letter's link."""
    person = _person(mailbox)
    person.params |= {
        "CUTYPE": "INDIVIDUAL",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "NEEDS-ACTION",
        "RSVP": "FALSE",
    }
    return person


def _file_name(entry: Entry) -> str:
    return f"tyonohjaus-{local(entry.starts_at):%Y-%m-%d-%H%M}.ics"
