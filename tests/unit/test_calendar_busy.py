"""Busy times out of calendar files of all kinds, good, odd and hostile."""

from datetime import UTC, datetime

import pytest

from services.booking.calendar_busy import NotACalendar, TooManyAppointments, busy_times
from services.booking.slots import Span
from services.workdays import HELSINKI

WINDOW = Span(datetime(2026, 9, 1, tzinfo=UTC), datetime(2027, 9, 1, tzinfo=UTC))


def calendar(*events: str) -> bytes:
    """A calendar of events, each told by what is special about it."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//somebody//EN"]
    for number, event in enumerate(events):
        told = event.split("\n")
        uid = [] if any(line.startswith("UID:") for line in told) else [f"UID:{number}@example.org"]
        lines += ["BEGIN:VEVENT", *uid, "DTSTAMP:20260101T000000Z", *told, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def busy(file: bytes) -> list[str]:
    """The busy times by the clocks of Helsinki."""
    return [
        f"{span.start.astimezone(HELSINKI):%d.%m. %H.%M}–{span.end.astimezone(HELSINKI):%d.%m. %H.%M}"
        for span in busy_times(file, WINDOW, HELSINKI, own_domain="booking.test")
    ]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        pytest.param(
            "DTSTART:20260907T070000Z\nDTEND:20260907T080000Z",
            ["07.09. 10.00–07.09. 11.00"],
            id="in UTC",
        ),
        pytest.param(
            "DTSTART;TZID=America/New_York:20260907T100000\nDURATION:PT45M",
            ["07.09. 17.00–07.09. 17.45"],
            id="in a zone, with a duration",
        ),
        pytest.param(
            "DTSTART;TZID=Eastern Standard Time:20260907T100000\nDTEND;TZID=Eastern Standard Time:20260907T110000",
            ["07.09. 17.00–07.09. 18.00"],
            id="in a zone as Windows names it",
        ),
        pytest.param(
            "DTSTART:20260907T100000\nDTEND:20260907T110000",
            ["07.09. 10.00–07.09. 11.00"],
            id="floating: the supervisor's wall clock",
        ),
        pytest.param(
            "DTSTART;VALUE=DATE:20261025\nDTEND;VALUE=DATE:20261026",
            ["25.10. 00.00–26.10. 00.00"],
            id="all day, on the day of 25 hours",
        ),
        pytest.param("DTSTART;VALUE=DATE:20260907", ["07.09. 00.00–08.09. 00.00"], id="all day without an end"),
        pytest.param(
            "DTSTART;TZID=Europe/Helsinki:20261019T100000\nDTEND;TZID=Europe/Helsinki:20261019T110000\n"
            "RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;TZID=Europe/Helsinki:20261102T100000",
            ["19.10. 10.00–19.10. 11.00", "26.10. 10.00–26.10. 11.00"],
            id="weekly over the autumn night, but once not",
        ),
        pytest.param(
            "DTSTART:20200106T080000Z\nDTEND:20200106T090000Z\nRRULE:FREQ=YEARLY",
            ["06.01. 10.00–06.01. 11.00"],
            id="a rule that began long ago",
        ),
        pytest.param("DTSTART:20260907T070000Z\nDTEND:20260907T080000Z\nTRANSP:TRANSPARENT", [], id="shown as free"),
        pytest.param("DTSTART:20260907T070000Z\nDTEND:20260907T080000Z\nSTATUS:CANCELLED", [], id="called off"),
        pytest.param(
            "DTSTART:20260907T070000Z\nDTEND:20260907T080000Z\nX-MICROSOFT-CDO-BUSYSTATUS:FREE",
            [],
            id="free in Outlook",
        ),
        pytest.param("DTSTART:20260907T070000Z", [], id="a moment"),
        pytest.param("DTSTART:20250907T070000Z\nDTEND:20250907T080000Z", [], id="over and done"),
        pytest.param(
            "UID:0b1c@booking.test\nDTSTART:20260907T070000Z\nDTEND:20260907T080000Z", [], id="our own, come back"
        ),
        pytest.param(
            "DTSTART:20260901T200000Z\nDTEND:20260902T080000Z\nRRULE:FREQ=NONSENSE", [], id="a rule that is none"
        ),
    ],
)
def test_what_an_event_says_of_busy_times(event: str, expected: list[str]) -> None:
    assert busy(calendar(event)) == expected


def test_one_meeting_of_a_series_may_be_moved_or_called_off() -> None:
    series = "UID:s\nDTSTART:20260907T070000Z\nDTEND:20260907T080000Z\nRRULE:FREQ=WEEKLY;COUNT=3"
    moved = "UID:s\nRECURRENCE-ID:20260914T070000Z\nDTSTART:20260915T090000Z\nDTEND:20260915T100000Z"
    gone = "UID:s\nRECURRENCE-ID:20260921T070000Z\nDTSTART:20260921T070000Z\nDTEND:20260921T080000Z\nSTATUS:CANCELLED"

    assert busy(calendar(series, moved, gone)) == ["07.09. 10.00–07.09. 11.00", "15.09. 12.00–15.09. 13.00"]


def test_busy_times_that_meet_become_one() -> None:
    file = calendar(
        "DTSTART:20260907T070000Z\nDTEND:20260907T080000Z",
        "DTSTART:20260907T080000Z\nDTEND:20260907T090000Z",
        "DTSTART:20260907T073000Z\nDTEND:20260907T084500Z",
    )

    assert busy(file) == ["07.09. 10.00–07.09. 12.00"]


@pytest.mark.parametrize(
    "odd",
    [
        "DTSTART:gestern\nDTEND:20260908T080000Z",
        "SUMMARY:Ilman alkua",
        "DTSTART:20260907T070000Z\nDTSTART:20260907T080000Z",
        "DTSTART:20260907T070000Z\nDTEND:20260907T080000Z\nDTEND:20260907T090000Z",
        "DTSTART:20260907T070000Z\nSEQUENCE:zwei",
        "DTSTART:20260907T070000Z\nRRULE:FREQ=DAILY;INTERVAL=-1;COUNT=3",
        "DTSTART:20260907T070000Z\nDTEND:99991231T235959Z",
        "DTSTART:99991231T235959Z\nDURATION:P1D",
        "DTSTART;VALUE=TIME:070000",
        "DTSTART;VALUE=PERIOD:20260907T070000Z/PT1H",
        "DTSTART;TZID=../../etc/passwd:20260907T100000",
        "X-NOTHING:x\nEND:VEVENT\nBEGIN:VFREEBUSY\nFREEBUSY;FBTYPE=A,B:20260907T070000Z/PT1H\nEND:VFREEBUSY\nBEGIN:VEVENT",
    ],
)
def test_one_broken_event_does_not_hide_the_others(odd: str) -> None:
    file = calendar(odd, "DTSTART:20260908T070000Z\nDTEND:20260908T080000Z")

    assert busy(file) == ["08.09. 10.00–08.09. 11.00"]


def test_a_calendar_may_tell_only_that_somebody_is_busy() -> None:
    file = b"""BEGIN:VCALENDAR
BEGIN:VFREEBUSY
FREEBUSY;FBTYPE=BUSY:20260907T070000Z/20260907T080000Z,20260908T070000Z/PT1H
FREEBUSY;FBTYPE=FREE:20260909T070000Z/20260909T080000Z
END:VFREEBUSY
END:VCALENDAR
"""
    assert busy(file) == ["07.09. 10.00–07.09. 11.00", "08.09. 10.00–08.09. 11.00"]


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"<html>Kirjaudu</html>",
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n",
        b"\xff\xfe\x00",
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
    ],
)
def test_what_is_no_whole_calendar_is_refused(file: bytes) -> None:
    with pytest.raises(NotACalendar):
        busy(file)


def test_more_appointments_than_a_person_can_have_are_refused() -> None:
    with pytest.raises(TooManyAppointments):
        busy(calendar("DTSTART:20260907T070000Z\nDTEND:20260907T070001Z\nRRULE:FREQ=SECONDLY;COUNT=10001"))
