"""Calendar invitations: one file for one meeting, with which mail programs enter, move and remove it (RFC 5546)."""

from dataclasses import dataclass
from enum import StrEnum

from icalendar import Event, vCalAddress

from services.core.calendar_entry import CalendarEntry, Status, calendar, event
from services.finnish.workdays import local
from services.notifier.composition.addresses import Mailbox


class CalendarMethod(StrEnum):
    """What the recipient's calendar shall do with the entry: put it in or move it, or take it out."""

    request = "REQUEST"
    cancel = "CANCEL"


ENTRY_STATUS = {CalendarMethod.request: Status.confirmed, CalendarMethod.cancel: Status.cancelled}


@dataclass(frozen=True)
class CalendarFile:
    method: CalendarMethod
    name: str
    text: str


def build_invitation(
    method: CalendarMethod, entry: CalendarEntry, *, organizer: Mailbox, attendee: Mailbox
) -> CalendarFile:
    """The file for this one recipient."""
    file = calendar()
    file.add("method", method.value)
    file.add_component(_event(entry, organizer, attendee))
    return CalendarFile(method, f"tyonohjaus-{local(entry.starts_at):%Y-%m-%d-%H%M}.ics", file.to_ical().decode())


def _event(entry: CalendarEntry, organizer: Mailbox, attendee: Mailbox) -> Event:
    invited = event(entry)
    invited.add("organizer", _person(organizer))
    invited.add("attendee", _attendee(attendee))
    return invited


def _person(mailbox: Mailbox) -> vCalAddress:
    person = vCalAddress(f"mailto:{mailbox.address}")
    if mailbox.name:
        person.params["CN"] = mailbox.name
    return person


def _attendee(mailbox: Mailbox) -> vCalAddress:
    """Nobody waits for the calendar's answer: the time is agreed, and changes are made through the letter's link."""
    person = _person(mailbox)
    person.params |= {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "FALSE"}
    return person
