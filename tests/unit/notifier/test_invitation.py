"""What calendars get: approved files for a new, a moved and a cancelled meeting, read again by another parser."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from services.core.calendar_entry import CalendarEntry, entry_uid
from services.finnish.workdays import at_wall_clock
from services.notifier.composition.addresses import Mailbox
from services.notifier.composition.contexts import one_line
from services.notifier.composition.invitation import ENTRY_STATUS, CalendarFile, CalendarMethod, build_invitation

APPROVED = Path(__file__).parent / "calendar_files"
MEETING = UUID("01940f3c-27f6-7e00-8000-0000000000a1")
ORGANIZER = Mailbox("posti@tyonohjaus.example", "Maija Meikäläinen")
ANNA = Mailbox("anna.virtanen@example.org", "Anna Virtanen")
STAMP = datetime(2026, 11, 16, 10, 0, tzinfo=UTC)
STARTS_AT = at_wall_clock(date(2026, 12, 7), time(14))


def file_for(
    method: CalendarMethod,
    sequence: int = 0,
    starts_at: datetime = STARTS_AT,
    attendee: Mailbox = ANNA,
    stamp: datetime = STAMP,
    **places: str,
) -> CalendarFile:
    uid, ends_at = entry_uid(MEETING, "tyonohjaus.example"), starts_at + timedelta(minutes=60)
    entry = CalendarEntry(uid, sequence, ENTRY_STATUS[method], starts_at, ends_at, stamp, **places)
    return build_invitation(method, entry, organizer=ORGANIZER, attendee=attendee)


HELSINKI = "Esimerkkikatu 1 A 2, 00100 Helsinki; soita summeria ”Työnohjaus”, niin tulen avaamaan sisäpihan oven"
WEDNESDAY = at_wall_clock(date(2026, 12, 9), time(9))
FILES = {
    "create": file_for(CalendarMethod.request, location=HELSINKI),
    "move": file_for(
        CalendarMethod.request,
        1,
        WEDNESDAY,
        stamp=STAMP + timedelta(days=1),
        join_url="https://etayhteys.example/tila/481-220",
    ),
    "cancel": file_for(CalendarMethod.cancel, 2, WEDNESDAY, stamp=STAMP + timedelta(days=2), location=HELSINKI),
}
every_file = pytest.mark.parametrize("name", FILES)


def read(file: CalendarFile) -> Any:
    """The only event of the file, by a parser that is not the library that wrote it."""
    calendar = vobject.readOne(file.text)
    assert len(calendar.vevent_list) == 1
    return calendar.vevent


@every_file
def test_the_file_is_the_approved_one(name: str) -> None:
    assert FILES[name].text.encode() == (APPROVED / f"{name}.ics").read_bytes()


@every_file
def test_the_method_stands_once_before_the_event(name: str) -> None:
    head = FILES[name].text.partition("BEGIN:VEVENT")[0]

    assert head.count(f"METHOD:{FILES[name].method}\r\n") == 1
    assert FILES[name].text.count("METHOD:") == 1


@every_file
def test_lines_end_with_crlf_and_hold_75_octets_of_whole_letters(name: str) -> None:
    lines = FILES[name].text.encode().split(b"\r\n")

    assert lines.pop() == b""
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines)
    assert [line.decode() for line in lines]


def test_the_entry_keeps_its_uid_while_its_sequence_rises() -> None:
    create, move, cancel = (read(FILES[name]) for name in ("create", "move", "cancel"))

    assert create.uid.value == move.uid.value == cancel.uid.value == f"{MEETING}@tyonohjaus.example"
    assert [int(event.sequence.value) for event in (create, move, cancel)] == [0, 1, 2]
    assert create.dtstamp.value < move.dtstamp.value < cancel.dtstamp.value


def test_the_uid_differs_between_installations() -> None:
    assert entry_uid(MEETING, "a.example") != entry_uid(MEETING, "b.example")


@every_file
def test_calendars_read_what_we_meant(name: str) -> None:
    event = read(FILES[name])

    assert event.summary.value == "Työnohjaus"
    assert event.status.value == ("CANCELLED" if name == "cancel" else "CONFIRMED")
    assert event.transp.value == ("TRANSPARENT" if name == "cancel" else "OPAQUE")
    assert event.dtstart.value == (STARTS_AT if name == "create" else WEDNESDAY)
    assert event.dtend.value - event.dtstart.value == timedelta(hours=1)
    assert event.organizer.value == "mailto:posti@tyonohjaus.example"
    assert event.organizer.params["CN"] == ["Maija Meikäläinen"]
    assert [attendee.value for attendee in event.attendee_list] == ["mailto:anna.virtanen@example.org"]
    assert event.attendee.params["RSVP"] == ["FALSE"]


def test_the_place_is_the_address_or_the_link() -> None:
    online = read(FILES["move"])

    assert read(FILES["create"]).location.value == HELSINKI
    assert online.location.value == "https://etayhteys.example/tila/481-220"
    assert online.description.value == "Etäyhteys: https://etayhteys.example/tila/481-220"
    assert "location" not in read(file_for(CalendarMethod.request)).contents


def test_both_half_past_threes_of_the_autumn_night_stay_two_times() -> None:
    night = date(2026, 10, 25)
    first, second = (at_wall_clock(night, time(3, 30, fold=fold)) for fold in (0, 1))

    for starts_at in (first, second):
        assert read(file_for(CalendarMethod.request, starts_at=starts_at)).dtstart.value == starts_at
    assert second - first == timedelta(hours=1)


def test_the_file_is_named_after_the_wall_clock() -> None:
    assert FILES["move"].name == "tyonohjaus-2026-12-09-0900.ics"


@pytest.mark.parametrize(
    "typed",
    [
        "Anna\r\nATTENDEE:mailto:kaikki@example.org",
        'Virtanen, "Anna"; \\n',
        "😀" * 60,
        "\u202eannA",
        "END:VEVENT\nEND:VCALENDAR",
    ],
)
def test_whatever_people_type_stays_a_value(typed: str) -> None:
    event = read(
        file_for(CalendarMethod.request, location=one_line(typed), attendee=Mailbox("anna@example.org", typed))
    )

    assert [attendee.value for attendee in event.attendee_list] == ["mailto:anna@example.org"]
    assert event.location.value == one_line(typed)
    assert set(event.contents) == {
        "uid", "sequence", "dtstamp", "dtstart", "dtend", "summary", "status", "transp", "organizer", "attendee",
        "location",
    }  # fmt: skip


@given(
    place=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=200),
    starts_at=st.datetimes(
        min_value=datetime(2020, 1, 1),  # noqa: DTZ001
        max_value=datetime(2040, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
)
def test_every_place_and_time_survives(place: str, starts_at: datetime) -> None:
    starts_at = starts_at.replace(microsecond=0)
    file = file_for(CalendarMethod.request, starts_at=starts_at, location=one_line(place))
    event = read(file)

    assert event.dtstart.value == starts_at
    assert all(len(line) <= 75 for line in file.text.encode().split(b"\r\n"))
    if one_line(place):
        assert event.location.value == one_line(place)


if __name__ == "__main__":
    APPROVED.mkdir(exist_ok=True)
    for name, file in FILES.items():
        (APPROVED / f"{name}.ics").write_bytes(file.text.encode())
