"""Calendar entries (RFC 5545): one meeting as people's calendars hold it, whether a letter, a feed or a page brings it.

An entry is known by its UID for ever; of two with the same one, the one with the higher SEQUENCE holds.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from icalendar import Calendar, Event

PRODUCT = "-//tyonohjaus//kalenteri//FI"
SUMMARY = "Työnohjaus"
"""Neutral on purpose: colleagues may see one another's calendars."""


class Status(StrEnum):
    tentative = "TENTATIVE"
    confirmed = "CONFIRMED"
    cancelled = "CANCELLED"


@dataclass(frozen=True)
class CalendarEntry:
    """A meeting as it stands in a calendar. `stamp` is when it came to be so."""

    uid: str
    sequence: int
    status: Status
    starts_at: datetime
    ends_at: datetime
    stamp: datetime
    summary: str = SUMMARY
    location: str | None = None
    join_url: str | None = None


def entry_uid(meeting_id: UUID, installation: str) -> str:
    """Stable for the meeting, and different in another installation."""
    return f"{meeting_id}@{installation}"


def calendar() -> Calendar:
    """A calendar without anything in it, and without a METHOD: that is for messages between people (RFC 5546)."""
    empty = Calendar()
    empty.add("version", "2.0")
    empty.add("prodid", PRODUCT)
    empty.add("calscale", "GREGORIAN")
    return empty


def event(entry: CalendarEntry) -> Event:
    built = Event()
    built.add("uid", entry.uid)
    built.add("sequence", entry.sequence)
    built.add("dtstamp", entry.stamp.astimezone(UTC))
    # In UTC, because a local time can't name the second half past three of the autumn night.
    built.add("dtstart", entry.starts_at.astimezone(UTC))
    built.add("dtend", entry.ends_at.astimezone(UTC))
    built.add("summary", entry.summary)
    built.add("status", entry.status.value)
    built.add("transp", "TRANSPARENT" if entry.status is Status.cancelled else "OPAQUE")
    place = entry.join_url or entry.location
    if place:
        built.add("location", place)
    if entry.join_url:
        built.add("description", f"Etäyhteys: {place}")
    return built


def single(entry: CalendarEntry) -> bytes:
    """A file with this entry alone, which calendar programs take into the calendar that is open."""
    file = calendar()
    file.add_component(event(entry))
    rendered: bytes = file.to_ical()
    return rendered
