"""Busy times out of calendar files of all kinds, good, odd and hostile."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.booking.calendar.ics.entries import Why
from services.booking.calendar.ics.lines import CutOff, NotACalendar
from services.booking.calendar.ics_busy_times import Practice, Reading, busy_times
from services.booking.calendar.slots import Span
from services.finnish.workdays import HELSINKI

FOREIGN = Path(__file__).parent / "calendar_files" / "foreign"
WINDOW = Span(datetime(2026, 9, 1, tzinfo=UTC), datetime(2027, 9, 1, tzinfo=UTC))


def calendar(*events: str, head: str = "") -> bytes:
    """A calendar of events, each told by what is special about it."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//somebody//EN", *head.split("\n")]
    for number, event in enumerate(events):
        told = event.split("\n")
        uid = [] if any(line.startswith("UID:") for line in told) else [f"UID:{number}@example.org"]
        lines += ["BEGIN:VEVENT", *uid, "DTSTAMP:20260101T000000Z", *told, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def read(file: bytes, addresses: tuple[str, ...] = (), *, declined_are_busy: bool = False) -> Reading:
    return busy_times(file, WINDOW, Practice(HELSINKI, "booking.test", addresses, declined_are_busy))


def by_the_clock(spans: list[Span]) -> list[str]:
    """The busy times by the clocks of Helsinki."""
    return [
        f"{span.start.astimezone(HELSINKI):%d.%m. %H.%M}–{span.end.astimezone(HELSINKI):%d.%m. %H.%M}" for span in spans
    ]


def busy(file: bytes) -> list[str]:
    return by_the_clock(read(file).busy)


def doubts(file: bytes) -> list[tuple[str, Why]]:
    """When the entries are that could not be read as they were meant, by the clocks of Helsinki, and why."""
    return [(f"{at.astimezone(HELSINKI):%d.%m. %H.%M}" if at else "", why) for at, why in read(file).doubts]


MONDAY, TUESDAY = "07.09. 10.00–07.09. 11.00", "08.09. 10.00–08.09. 11.00"
EACH_MONDAY = ["19.10. 10.00–19.10. 11.00", "26.10. 10.00–26.10. 11.00", "02.11. 10.00–02.11. 11.00"]
RIGHT = {
    "until-as-a-day": EACH_MONDAY,
    "bad-trigger-of-an-alarm": [MONDAY, TUESDAY],
    "todo-with-an-odd-date": [TUESDAY],
    "zone-without-a-name": [MONDAY, TUESDAY],
    "line-break-in-the-description": [MONDAY, TUESDAY],
    "bad-refresh-interval": [TUESDAY],
    "unused-zone-without-a-start": [TUESDAY],
    "comment-behind-the-end": [TUESDAY],
    "offset-of-three-digits": ["07.09. 17.00–07.09. 18.00", TUESDAY],
    "one-uid-for-all": [MONDAY, TUESDAY],
    "empty-uids": [MONDAY, TUESDAY],
    "exdate-with-a-trailing-comma": [EACH_MONDAY[0], EACH_MONDAY[2]],
    "empty-exdate": EACH_MONDAY,
    "blank-in-a-rule": EACH_MONDAY,
    "empty-part-of-a-rule": EACH_MONDAY,
    "broken-recurrence-id": [*EACH_MONDAY[:2], "27.10. 10.00–27.10. 11.00", EACH_MONDAY[2]],
    "all-day-until-its-own-start": ["07.09. 00.00–08.09. 00.00"],
    "colon-in-the-name-of-a-zone": [MONDAY, TUESDAY],
    "zone-beside-utc": [MONDAY],
    "zone-in-lower-case": ["07.09. 17.00–07.09. 18.00"],
    "floating-in-the-calendars-zone": ["07.09. 17.00–07.09. 18.00"],
    "utc-as-microsoft-names-it": [MONDAY],
    "working-elsewhere": [],
    "declined": [],
    "end-twice": [MONDAY],
    "empty-sequence": [MONDAY],
    "second-60": [MONDAY],
    "uid-twice": [MONDAY],
    "two-calendars-with-zones-of-one-name": [MONDAY, "07.09. 17.00–07.09. 18.00"],
    "exact-hours-over-the-autumn-night": ["24.10. 12.00–25.10. 11.00"],
    "all-day-until-midnight-in-utc": ["19.10. 00.00–20.10. 00.00", "26.10. 00.00–27.10. 00.00"],
    "series-and-change-in-two-calendars": [EACH_MONDAY[0], "27.10. 10.00–27.10. 11.00", EACH_MONDAY[2]],
    "free-every-ten-minutes": ["07.12. 09.00–07.12. 10.00"],
    "free-every-second": [MONDAY],
    "ended-series": [],
}
"""What programs have written, damage and dialects, and the times that they meant."""


@pytest.mark.parametrize("name", RIGHT)
def test_what_programs_write_is_read_as_they_mean_it(name: str) -> None:
    reading = read((FOREIGN / f"{name}.ics").read_bytes())

    assert by_the_clock(reading.busy) == RIGHT[name]
    assert reading.doubts == []


def test_every_week_of_many_series_is_read() -> None:
    reading = read((FOREIGN / "sixty-series.ics").read_bytes())

    # sixty half hours a week, on five days, from eight to sixteen: many fall together
    assert len(reading.busy) > 52 * 35
    assert reading.busy[-1].end > datetime(2027, 8, 27, tzinfo=UTC)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        pytest.param("DTSTART:20260907T070000Z\nDTEND:20260907T080000Z", [MONDAY], id="in UTC"),
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
            "DTSTART;TZID=/citadel.org/20210210_1/America/New_York:20260907T100000\nDURATION:PT1H",
            ["07.09. 17.00–07.09. 18.00"],
            id="in a zone behind the name of its maker",
        ),
        pytest.param(
            'DTSTART;TZID="UTC-04:00":20260907T100000\nDTEND;TZID=UTC-04:00:20260907T110000',
            ["07.09. 17.00–07.09. 18.00"],
            id="in an offset that stands for a zone",
        ),
        pytest.param(
            "DTSTART:2026-09-07T10:00:00+03:00\nDTEND:2026-09-07T08:00:00Z",
            [MONDAY],
            id="with dashes, colons and an offset",
        ),
        pytest.param(
            "DTSTART:20260907T100000\nDTEND:20260907T110000", [MONDAY], id="floating: the supervisor's wall clock"
        ),
        pytest.param(
            "DTSTART;VALUE=DATE:20261025\nDTEND;VALUE=DATE:20261026",
            ["25.10. 00.00–26.10. 00.00"],
            id="all day, on the day of 25 hours",
        ),
        pytest.param("DTSTART;VALUE=DATE:20260907", ["07.09. 00.00–08.09. 00.00"], id="all day without an end"),
        pytest.param("DTSTART:20260907\nDURATION:P2D", ["07.09. 00.00–09.09. 00.00"], id="all day, not called a date"),
        pytest.param(
            "DTSTART;VALUE=DATE:20260907T000000\nDTEND;VALUE=DATE:20260908T000000",
            ["07.09. 00.00–08.09. 00.00"],
            id="all day, with a midnight",
        ),
        pytest.param(
            "DTSTART:20260907T200000\nDTEND;VALUE=DATE:20260907",
            ["07.09. 20.00–08.09. 00.00"],
            id="until the end of its day",
        ),
        pytest.param(
            "DTSTART;TZID=Europe/Helsinki:20261019T100000\nDTEND;TZID=Europe/Helsinki:20261019T110000\n"
            "RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;TZID=Europe/Helsinki:20261102T100000",
            EACH_MONDAY[:2],
            id="weekly over the autumn night, but once not",
        ),
        pytest.param(
            "DTSTART;TZID=Europe/Helsinki:20261019T100000\nDURATION:PT1H\n"
            "RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;VALUE=DATE:20261102",
            EACH_MONDAY[:2],
            id="weekly, but not on a day",
        ),
        pytest.param(
            "DTSTART;TZID=Europe/Helsinki:20261019T100000\nDURATION:PT1H\nRDATE;VALUE=DATE:20261026\n"
            "RDATE;VALUE=PERIOD:20261102T080000Z/PT1H",
            EACH_MONDAY,
            id="on a further day, and in a further period",
        ),
        pytest.param(
            "DTSTART;TZID=Europe/Helsinki:20261024T220000\nDTEND;TZID=Europe/Helsinki:20261025T080000",
            ["24.10. 22.00–25.10. 08.00"],
            id="a night of eleven hours",
        ),
        pytest.param(
            "DTSTART;TZID=Europe/Helsinki:20261024T120000\nDURATION:P1D",
            ["24.10. 12.00–25.10. 12.00"],
            id="a day by the wall's clock",
        ),
        pytest.param(
            "DTSTART:20200106T080000Z\nDTEND:20200106T090000Z\nRRULE:FREQ=YEARLY",
            ["06.01. 10.00–06.01. 11.00"],
            id="a rule that began long ago",
        ),
        pytest.param(
            "DTSTART:20010101T070000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;INTERVAL=7;COUNT=1341",
            ["07.09. 10.00–07.09. 11.00"],
            id="the last of many",
        ),
        pytest.param(
            "DTSTART;VALUE=DATE:20260831\nRRULE:RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD;COUNT=3",
            ["30.09. 00.00–01.10. 00.00", "31.10. 00.00–01.11. 00.00"],
            id="on the last day of months",
        ),
        pytest.param(
            "DTSTART;VALUE=DATE:20260831\nRRULE:RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD;COUNT=3",
            ["01.10. 00.00–02.10. 00.00", "31.10. 00.00–01.11. 00.00"],
            id="on the day after months that are short",
        ),
        pytest.param(
            "DTSTART:20261019T080000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;UNTIL=20261018T000000Z",
            [],
            id="called off by an end before the start",
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
    ],
)
def test_what_an_event_says_of_busy_times(event: str, expected: list[str]) -> None:
    assert busy(calendar(event)) == expected
    assert doubts(calendar(event)) == []


def takes_all(some: list[Span], others: list[Span]) -> bool:
    return all(any(one.start <= other.start and other.end <= one.end for one in some) for other in others)


def test_busy_times_that_meet_become_one() -> None:
    file = calendar(
        "DTSTART:20260907T070000Z\nDTEND:20260907T080000Z",
        "DTSTART:20260907T080000Z\nDTEND:20260907T090000Z",
        "DTSTART:20260907T073000Z\nDTEND:20260907T084500Z",
    )

    assert busy(file) == ["07.09. 10.00–07.09. 12.00"]


# -- series and what was changed in them ------------------------------------------------------------------

SERIES = "UID:s\nDTSTART:20260907T070000Z\nDTEND:20260907T080000Z\nRRULE:FREQ=WEEKLY;COUNT=3"


def test_one_meeting_of_a_series_may_be_moved_or_called_off() -> None:
    moved = "UID:s\nRECURRENCE-ID:20260914T070000Z\nDTSTART:20260915T090000Z\nDTEND:20260915T100000Z"
    gone = "UID:s\nRECURRENCE-ID:20260921T070000Z\nDTSTART:20260921T070000Z\nDTEND:20260921T080000Z\nSTATUS:CANCELLED"

    assert busy(calendar(SERIES, moved, gone)) == [MONDAY, "15.09. 12.00–15.09. 13.00"]


def test_what_is_moved_may_be_named_by_its_day() -> None:
    moved = "UID:s\nRECURRENCE-ID;VALUE=DATE:20260914\nDTSTART:20260915T090000Z\nDTEND:20260915T100000Z"

    assert busy(calendar(SERIES, moved)) == [MONDAY, "15.09. 12.00–15.09. 13.00", "21.09. 10.00–21.09. 11.00"]


def test_what_follows_may_be_moved_along() -> None:
    moved = "UID:s\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260914T070000Z\nDTSTART:20260914T090000Z\nDURATION:PT2H"

    assert busy(calendar(SERIES, moved)) == [MONDAY, "14.09. 12.00–14.09. 14.00", "21.09. 12.00–21.09. 14.00"]


def test_the_higher_sequence_holds_and_equal_ones_hold_together() -> None:
    early, late = (f"UID:s\nDTSTART:20260907T0{hour}0000Z\nDURATION:PT1H" for hour in (7, 9))

    assert busy(calendar(f"{early}\nSEQUENCE:2", f"{late}\nSEQUENCE:10")) == ["07.09. 12.00–07.09. 13.00"]
    assert busy(calendar(f"{early}\nSEQUENCE:2", f"{late}\nSEQUENCE:2")) == [MONDAY, "07.09. 12.00–07.09. 13.00"]


def test_a_newer_version_that_calls_off_leaves_nothing_of_the_older() -> None:
    newer = "UID:s\nDTSTART:20260907T070000Z\nDURATION:PT1H\nSEQUENCE:1\nSTATUS:CANCELLED"

    assert busy(calendar(f"{SERIES}\nSEQUENCE:0", newer)) == []


def test_a_change_that_a_newer_version_left_out_is_over() -> None:
    moved = "UID:s\nRECURRENCE-ID:20260914T070000Z\nDTSTART:20260915T090000Z\nDURATION:PT1H\nSEQUENCE:1"

    newer = f"{SERIES}\nEXDATE:20260914T070000Z\nSEQUENCE:2"
    assert busy(calendar(newer, moved)) == [MONDAY, "21.09. 10.00–21.09. 11.00"]


# -- what is damaged --------------------------------------------------------------------------------------

GONE_BY = "19.10. 10.00–20.10. 00.00"
"""From a start whose end nobody knows to the end of the day."""


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        ("DTEND:gestern", [GONE_BY]),
        ("DTEND:", [GONE_BY]),
        ("DURATION:1 hour", [GONE_BY]),
        ("DTEND:20181019T080000Z", [GONE_BY]),
        ("DTEND:20261019T060000Z", ["19.10. 09.00–19.10. 10.00"]),
        ("DURATION:PT1H\nRRULE:FREQ=NONSENSE", EACH_MONDAY[:1]),
        ("DURATION:PT1H\nRRULE:", EACH_MONDAY[:1]),
        ("DURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3;BYDAY=MO,XX", EACH_MONDAY),
        ("DURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3;BXDAY=MO,TU", EACH_MONDAY),
        ("DURATION:PT1H\nRRULE:RSCALE=CHINESE;FREQ=YEARLY", EACH_MONDAY[:1]),
        ("DURATION:PT1H\nRRULE FREQ=WEEKLY", EACH_MONDAY[:1]),
        ("DURATION:PT1H\nRDATE:20261026T080000Z,2026", EACH_MONDAY[:2]),
        ("DURATIXN:PT1H", []),
        ("DTEND;TZXD=Europe/Helsinki:20261019T110000", EACH_MONDAY[:1]),
        ("DURATION:PT1H\nRRULE:FREQ=MONTHLY;SKIP=BACKWARD;BYMONTHDAY=19,31;COUNT=1", EACH_MONDAY[:1]),
    ],
)
def test_what_can_be_read_of_an_event_is_taken_and_the_rest_told(odd: str, expected: list[str]) -> None:
    file = calendar(
        f"DTSTART;TZID=Europe/Helsinki:20261019T100000\n{odd}", "DTSTART:20260907T070000Z\nDTEND:20260907T080000Z"
    )

    assert busy(file) == [MONDAY, *expected]
    assert doubts(file) == [("19.10. 10.00", Why.damaged)]


@pytest.mark.parametrize(
    "odd",
    [
        "RRULE:FREQ=WEEKLY;COUNT=3;UNTIL=;;INTERVAL=",
        "RRULE:FREQ=WEEKLY;UNTIL=20261102T080000Z;INTERVAL=-1",
        "RRULE:FREQ=WEEKLY;UNTIL=20261102T080000\nEXDATE:gestern,,",
        "RRULE:freq=weekly;count=3;wkst=",
        "RRULE:COUNT=3 ; FREQ=WEEKLY\nSEQUENCE:zwei\nTRANSP:\nSTATUS:\nDTSTAMP:gestern",
        "RRULE:FREQ=WEEKLY;COUNT=3\nSUMMARY:a\nnext line of it\nhttps://example.org/?a=b;c:d\nX-Y:\nATTENDEE:\nORGANIZER:",
        "RRULE:FREQ=WEEKLY;COUNT=3\nX-APPLE-TRAVEL-DURATION;VALUE=DURATION:PT30M\nX-OWN-DTSTART:20260101T000000Z",
        "RRULE:FREQ=WEEKLY;COUNT=3\nTRIGGER;VALUE=DURATION:-PT15M\nDESCRIPTION:a\nhttps://x.org/?bypass=1&P2P=yes\n",
        "RRULE:FREQ=WEEKLY;COUNT=3\nBEGIN:VALARM\nTRIGGER:-P15M\nDURATION:sometimes\nEND:VALARM",
        "RRULE:FREQ=WEEKLY;COUNT=3\nBEGIN:VALARM\nTRIGGER;VALUE=DATE-TIME:20260101\nEND:VALARM\nEND:VALARM",
    ],
)
def test_what_takes_no_time_away_is_passed_over(odd: str) -> None:
    file = calendar(f"DTSTART;TZID=Europe/Helsinki:20261019T100000\nDURATION:PT1H\n{odd}")

    assert busy(file) == EACH_MONDAY
    assert doubts(file) == []


@pytest.mark.parametrize(
    "odd",
    [
        "DTSTART:gestern\nDTEND:20260908T080000Z",
        "SUMMARY:Ilman alkua",
        "DTSTART;VALUE=TIME:070000",
        "DTSTART:00000000T000000Z",
        "DTSTART:20260231T070000Z\nDURATION:PT1H",
        "DTSTART§20260907T070000Z",
    ],
)
def test_an_event_without_a_start_is_told_and_hides_no_other(odd: str) -> None:
    file = calendar(odd, "DTSTART:20260908T070000Z\nDTEND:20260908T080000Z")

    assert busy(file) == [TUESDAY]
    assert doubts(file) == [("", Why.damaged)]


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        ("DTSTART:20260907T070000Z\nDTSTART:20260907T090000Z\nDURATION:PT1H", [MONDAY, "07.09. 12.00–07.09. 13.00"]),
        ("DTSTART:20260907T070000Z\nDTEND:20260907T080000Z\nDTEND:20260907T090000Z", ["07.09. 10.00–07.09. 12.00"]),
        ("DTSTART:20260907T070000Z\nDTEND:20260907T073000Z\nDURATION:PT1H", [MONDAY]),
        ("DTSTART:20260907T070000Z\nDURATION:PT1H\nSTATUS:CANCELLED\nSTATUS:CONFIRMED", [MONDAY]),
        ("DTSTART:20270831T070000Z\nDTEND:99991231T235959Z", ["31.08. 10.00–01.09. 03.00"]),
        ("DTSTART:00010101T000000\nDTEND:20260902T000000Z", ["01.09. 03.00–02.09. 03.00"]),
    ],
)
def test_of_two_that_differ_both_hold(odd: str, expected: list[str]) -> None:
    assert busy(calendar(odd)) == expected


@pytest.mark.parametrize(
    ("whole", "damaged"),
    [
        ("BEGIN:VEVENT\r\nUID:0", "BEGIN:VEVENX\r\nUID:0"),
        ("BEGIN:VEVENT\r\nUID:0", "UID:0"),
        ("END:VEVENT\r\nBEGIN:VEVENT\r\nUID:1", "BEGIN:VEVENT\r\nUID:1"),
        ("END:VEVENT\r\nBEGIN:VEVENT\r\nUID:1", "END:VEVENT\r\nBEGIN VEVENT\r\nUID:1"),
        ("END:VEVENT\r\nBEGIN:VEVENT\r\nUID:1", "UID:1"),
        ("BEGIN:VALARM", "BEGIN:VALAXM"),
        ("END:VALARM", "END:VALAXM"),
        ("BEGIN:VCALENDAR\r\n", "BEGIN:VCALENDXR\r\n"),
        ("PRODID", "BEGIN:VTODO\r\nDTSTART:20260909T070000Z\r\nPRODID"),
        ("PRODID", "END:VEVENT\r\nEND:VTIMEZONE\r\nPRODID"),
        ("\r\n", "\r"),
        ("\r\n", "\n\n"),
        ("DTSTART:20", "DTSTART\r\n :20"),
        ("DTSTART:20260907", "DTSTART:2026\r\n\t0907"),
        ("END:VCALENDAR", "END:VCALENDAR<br>"),
        ("BEGIN:VCALENDAR", "﻿BEGIN:VCALENDAR"),
    ],
)
def test_a_damaged_frame_loses_no_event(whole: str, damaged: str) -> None:
    alarm = "BEGIN:VALARM\nTRIGGER:-PT15M\nEND:VALARM"
    file = calendar(
        f"DTSTART:20260907T070000Z\n{alarm}\nDTEND:20260907T080000Z", "DTSTART:20260908T070000Z\nDTEND:20260908T080000Z"
    )
    broken = file.decode().replace(whole, damaged)

    assert broken != file.decode()
    assert takes_all(read(broken.encode()).busy, read(file).busy)


@pytest.mark.parametrize(
    ("file", "trouble"),
    [
        (b"", NotACalendar),
        (b"<html>Kirjaudu</html>", NotACalendar),
        (b"\xff\xfe\x00", NotACalendar),
        (b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", NotACalendar),
        (b"END:VCALENDAR\r\n", NotACalendar),
        (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", CutOff),
        (calendar("DTSTART:20260907T070000Z").removesuffix(b"END:VCALENDAR\r\n"), CutOff),
        (calendar("DTSTART:20260907T070000Z") + b"BEGIN:VCALENDAR\r\n", CutOff),
    ],
)
def test_what_is_no_whole_calendar_is_refused(file: bytes, trouble: type[Exception]) -> None:
    with pytest.raises(trouble):
        busy(file)


# -- zones ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "Europe", "(UTC+02:00) Helsinki", "UTC+99"])
def test_an_unknown_zone_is_told_and_the_likeliest_taken(zone: str) -> None:
    file = calendar(f"DTSTART;TZID={zone}:20260907T100000\nDURATION:PT1H")

    assert busy(file) == [MONDAY]
    assert doubts(file) == [("07.09. 10.00", Why.unknown_zone)]


def test_floating_times_in_an_unknown_zone_of_the_calendar_are_told() -> None:
    file = calendar("DTSTART:20260907T100000\nDURATION:PT1H", head="X-WR-TIMEZONE:Mars/Olympus")

    assert doubts(file) == [("07.09. 10.00", Why.unknown_zone)]


DEFINED = (FOREIGN / "offset-of-three-digits.ics").read_text()


@pytest.mark.parametrize(
    ("whole", "damaged"),
    [
        ("TZOFFSETTO:-500", "TZOFFSETTO:-5x0"),
        ("BEGIN:DAYLIGHT\n", ""),
        ("RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU", "RRULE:FREQ=SECONDLY"),
        ("RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU", "RRXLE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU"),
        ("DTSTART:16010101T020000", "DTSTART:16010101"),
    ],
)
def test_a_zone_whose_description_is_damaged_is_an_unknown_one(whole: str, damaged: str) -> None:
    broken = DEFINED.replace(whole, damaged, 1)

    assert broken != DEFINED
    assert doubts(broken.encode()) == [("07.09. 10.00", Why.unknown_zone)]


def test_a_zone_as_lotus_notes_describes_it_changes_its_offset_with_the_season() -> None:
    zone = "\n".join(
        [
            *("BEGIN:VTIMEZONE", "TZID:Western/Central Europe"),
            *("BEGIN:STANDARD", "DTSTART:19501029T020000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100"),
            *("RRULE:FREQ=YEARLY;BYMINUTE=0;BYHOUR=2;BYDAY=-1SU;BYMONTH=10", "END:STANDARD"),
            *("BEGIN:DAYLIGHT", "DTSTART:19500326T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200"),
            *("RRULE:FREQ=YEARLY;BYMINUTE=0;BYHOUR=2;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE"),
        ]
    )
    event = 'DTSTART;TZID="Western/Central Europe":20261019T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3'

    assert busy(calendar(event, head=zone)) == EACH_MONDAY


# -- what does not take time ------------------------------------------------------------------------------

INVITED = "DTSTART:20260907T070000Z\nDURATION:PT1H\nORGANIZER:mailto:boss@example.org\n"
NO, YES = (f"ATTENDEE;CN=Sirpa;PARTSTAT={answer}:mailto:" for answer in ("DECLINED", "ACCEPTED"))


@pytest.mark.parametrize(
    ("event", "addresses", "expected"),
    [
        pytest.param(f"{INVITED}{NO}sirpa@example.fi", (), [], id="the only guest"),
        pytest.param(f"{INVITED}{NO}Sirpa@Example.fi\n{YES}b@example.org", ("sirpa@example.fi",), [], id="one of some"),
        pytest.param(f"{INVITED}{YES}sirpa@example.fi\n{NO}b@x.org", ("sirpa@example.fi",), [MONDAY], id="another"),
        pytest.param(f"{INVITED}{NO}b@x.org", ("boss@example.org",), [MONDAY], id="the guest of the owner"),
        pytest.param(f"{INVITED}{NO}a@x.org\n{NO}b@x.org", (), [MONDAY], id="guests of somebody unknown"),
        pytest.param(f"{INVITED}{YES}boss@example.org\n{NO}b@x.org", (), [], id="of two the one that does not invite"),
    ],
)
def test_what_the_owner_of_the_calendar_declined_takes_no_time(
    event: str, addresses: tuple[str, ...], expected: list[str]
) -> None:
    assert by_the_clock(read(calendar(event), addresses).busy) == expected
    assert by_the_clock(read(calendar(event), addresses, declined_are_busy=True).busy) == [MONDAY]


def test_whoever_the_calendar_names_most_often_is_its_owner() -> None:
    others = (f"DTSTART:2026090{day}T070000Z\nORGANIZER:mailto:own@example.org\n{YES}b@x.org" for day in (1, 2, 3))

    assert busy(calendar(f"{INVITED}{NO}b@x.org".replace("boss@", "own@"), *others)) == []
    alone = (f"DTSTART:2026090{day}T070000Z\nORGANIZER:mailto:own@example.org\n{YES}c@x.org" for day in (1, 2, 3))
    assert busy(calendar(f"{INVITED}{NO}b@x.org".replace("boss@", "own@"), *alone)) == [MONDAY]


def test_a_calendar_may_tell_only_that_somebody_is_busy() -> None:
    file = b"""BEGIN:VCALENDAR
BEGIN:VFREEBUSY
FREEBUSY;FBTYPE=BUSY:20260907T070000Z/20260907T080000Z,20260908T070000Z/PT1H
FREEBUSY;FBTYPE=FREE:20260909T070000Z/20260909T080000Z
FREEBUSY;FBTYPE=A,B:20260910T070000Z/20260910T080000Z
FREEBUSY:20260911T070000Z/gestern,,
END:VFREEBUSY
END:VCALENDAR
"""
    assert busy(file) == [MONDAY, TUESDAY, "10.09. 10.00–10.09. 11.00"]
    assert doubts(file) == [("", Why.damaged)]


# -- much -------------------------------------------------------------------------------------------------


def test_a_series_in_which_nobody_finds_a_gap_takes_its_whole_time() -> None:
    file = calendar("DTSTART:20260907T070000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY;UNTIL=20261001T000000Z")

    reading = read(file)

    assert by_the_clock(reading.busy) == ["07.09. 10.00–01.10. 03.00"]
    assert [doubt.why for doubt in reading.doubts] == [Why.too_many]


def test_a_rule_whose_day_never_comes_is_given_up_and_told() -> None:
    file = calendar(
        "DTSTART:20260907T070000Z\nDURATION:PT1H\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "DTSTART:20260908T070000Z\nDURATION:PT1H",
    )

    reading = read(file)

    assert by_the_clock(reading.busy) == [MONDAY, TUESDAY]
    assert [doubt.why for doubt in reading.doubts] == [Why.too_many]


def test_of_very_many_busy_times_only_gaps_without_room_for_a_meeting_are_closed() -> None:
    rule = "DTSTART:20260901T000000Z\nDURATION:PT10M\nRRULE:FREQ=MINUTELY;INTERVAL=30;BYHOUR="
    file = calendar(*(rule + ",".join(map(str, hours)) for hours in (range(8), range(8, 16))))

    reading = read(file)

    assert by_the_clock(reading.busy[:2]) == ["01.09. 03.00–01.09. 18.40", "02.09. 03.00–02.09. 18.40"]
    assert reading.doubts == []


# -- what looks free to who reads too quickly ----------------------------------------------------------------

OWNER = "maija@example.fi"
AT_TEN = "DTSTART:20260907T070000Z\nDURATION:PT1H"


@pytest.mark.parametrize("damaged", ["", "zwei", "2.0", "9" * 5000])
def test_a_sequence_that_cannot_be_read_decides_nothing(damaged: str) -> None:
    later = "UID:s\nDTSTART:20260908T070000Z\nDURATION:PT1H"

    assert busy(calendar(f"UID:s\n{AT_TEN}\nSEQUENCE:2", f"{later}\nSEQUENCE:{damaged}")) == [MONDAY, TUESDAY]


@pytest.mark.parametrize(
    "attendees",
    [
        f'ATTENDEE;PARTSTAT=ACCEPTED:mailto:{OWNER}\nATTENDEE;PARTSTAT=DECLINED;SENT-BY="mailto:{OWNER}":mailto:a@b.fi',
        f'ATTENDEE;CN="x;PARTSTAT=DECLINED;y":mailto:{OWNER}',
        f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{OWNER}\nATTENDEE;PARTSTAT=DECLINED:mailto:{OWNER}",
    ],
)
def test_only_the_owner_declines_and_only_by_the_answer_itself(attendees: str) -> None:
    file = calendar(f"{AT_TEN}\nORGANIZER:mailto:kutsuja@example.fi\n{attendees}")

    assert by_the_clock(read(file, (OWNER,)).busy) == [MONDAY]


def test_a_parameter_in_quotes_declares_nothing_free() -> None:
    free_busy = 'BEGIN:VFREEBUSY\nFREEBUSY;X=";FBTYPE=FREE;":20260907T070000Z/PT1H\nEND:VFREEBUSY'

    assert busy(calendar(head=free_busy)) == [MONDAY]


@pytest.mark.parametrize("end", ["DTEND:20260907T000000", "DTEND:20260906T210000Z", "DURATION:P0D", "DURATION:PT0S"])
def test_a_day_of_no_length_is_the_day(end: str) -> None:
    assert busy(calendar(f"DTSTART;VALUE=DATE:20260907\n{end}")) == ["07.09. 00.00–08.09. 00.00"]


def test_a_day_that_names_one_of_several_takes_none_of_them_away() -> None:
    series = f"UID:s\n{AT_TEN}\nRRULE:FREQ=DAILY;BYHOUR=7,12;COUNT=2"
    moved = "UID:s\nRECURRENCE-ID;VALUE=DATE:20260907\nDTSTART:20260908T070000Z\nDURATION:PT1H"

    assert busy(calendar(series, moved)) == [MONDAY, "07.09. 15.00–07.09. 16.00", TUESDAY]
