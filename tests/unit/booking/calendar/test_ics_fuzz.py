"""Calendars as programs really write them, damaged in every way: no time becomes free that nobody is told of.

A thousand mutations of each are tried, or as many as `CALENDAR_MUTATIONS` says; the seed of one that went wrong names
it for ever.
"""

import os
import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from services.booking.calendar.ics.lines import CutOff, NotACalendar
from services.booking.calendar.ics_busy_times import Practice, Reading, busy_times
from services.booking.calendar.slots import Span
from services.finnish.workdays import HELSINKI

MUTATIONS, AT_ONCE = int(os.environ.get("CALENDAR_MUTATIONS", "1000")), 200
WINDOW = Span(datetime(2026, 9, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC))
PRACTICE = Practice(HELSINKI, "booking.test", ("maija@example.fi",))

GOOGLE = """BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:PUBLISH
X-WR-CALNAME:maija@example.fi
X-WR-TIMEZONE:Europe/Helsinki
BEGIN:VTIMEZONE
TZID:Europe/Helsinki
X-LIC-LOCATION:Europe/Helsinki
BEGIN:DAYLIGHT
TZOFFSETFROM:+0200
TZOFFSETTO:+0300
TZNAME:EEST
DTSTART:19700329T030000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0300
TZOFFSETTO:+0200
TZNAME:EET
DTSTART:19701025T040000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
DTSTART;TZID=Europe/Helsinki:20260907T090000
DTEND;TZID=Europe/Helsinki:20260907T101500
RRULE:FREQ=WEEKLY;WKST=MO;UNTIL=20261214T215959Z;BYDAY=MO,WE
EXDATE;TZID=Europe/Helsinki:20260914T090000
DTSTAMP:20260830T120000Z
UID:7kukuqrfedlm2f9t0vr42q3v7c@google.com
CREATED:20260101T080000Z
DESCRIPTION:Ryhmän tapaaminen\\, tuo muistiinpanot. Linkki: https://meet.exa
 mple.org/abc-defg-hij?authuser=0&hs=122 ja asialista.
LAST-MODIFIED:20260820T080000Z
LOCATION:Kirkkokatu 1\\, Helsinki
SEQUENCE:1
STATUS:CONFIRMED
SUMMARY:Ryhmä A
TRANSP:OPAQUE
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:This is an event reminder
TRIGGER:-P0DT0H30M0S
END:VALARM
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Europe/Helsinki:20260924T130000
DTEND;TZID=Europe/Helsinki:20260924T141500
DTSTAMP:20260830T120000Z
UID:7kukuqrfedlm2f9t0vr42q3v7c@google.com
RECURRENCE-ID;TZID=Europe/Helsinki:20260923T090000
SEQUENCE:2
STATUS:CONFIRMED
SUMMARY:Ryhmä A\\, siirretty
TRANSP:OPAQUE
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261012
DTEND;VALUE=DATE:20261017
DTSTAMP:20260830T120000Z
UID:loma2026@google.com
SEQUENCE:0
STATUS:CONFIRMED
SUMMARY:Syysloma
TRANSP:OPAQUE
END:VEVENT
BEGIN:VEVENT
DTSTART:20261105T120000Z
DTEND:20261105T130000Z
DTSTAMP:20260830T120000Z
ORGANIZER;CN=Maija:mailto:maija@example.fi
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=DECLINED;CN=Pekka;X-
 NUM-GUESTS=0:mailto:pekka@example.org
UID:pekka@google.com
SEQUENCE:0
STATUS:CONFIRMED
SUMMARY:Pekka
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
"""

EXCHANGE = """BEGIN:VCALENDAR
METHOD:PUBLISH
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
X-WR-CALNAME:Kalenteri
BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T040000
TZOFFSETFROM:+0300
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0300
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
DESCRIPTION:\\n
RRULE:FREQ=MONTHLY;COUNT=4;INTERVAL=1;BYDAY=2TU
UID:040000008200E00074C5B7101A82E00800000000B0D3C8F2A1F5D901000000000000000
 010000000D9A5E5F4C7B8A9408C2B1A0F3E4D5C6B
SUMMARY:Johtoryhmä
DTSTART;TZID=Customized Time Zone:20260908T080000
DTEND;TZID=Customized Time Zone:20260908T110000
CLASS:PUBLIC
PRIORITY:5
DTSTAMP:20260830T090000Z
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:0
LOCATION:Neuvotteluhuone
X-MICROSOFT-CDO-APPT-SEQUENCE:0
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY
X-MICROSOFT-CDO-ALLDAYEVENT:FALSE
X-MICROSOFT-DISALLOW-COUNTER:FALSE
END:VEVENT
BEGIN:VEVENT
UID:040000008200E00074C5B7101A82E00800000000B0D3C8F2A1F5D9020000000000000001
SUMMARY:Etäpäivä
DTSTART;VALUE=DATE:20260918
DTEND;VALUE=DATE:20260919
TRANSP:OPAQUE
STATUS:CONFIRMED
X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE
END:VEVENT
BEGIN:VEVENT
UID:040000008200E00074C5B7101A82E00800000000B0D3C8F2A1F5D9030000000000000001
SUMMARY:Päivystys
DTSTART;TZID=Customized Time Zone:20261024T200000
DTEND;TZID=Customized Time Zone:20261025T080000
TRANSP:OPAQUE
STATUS:CONFIRMED
X-MICROSOFT-CDO-BUSYSTATUS:OOF
END:VEVENT
END:VCALENDAR
"""

APPLE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Apple Inc.//macOS 15.1//EN
CALSCALE:GREGORIAN
X-WR-CALNAME:Oma
X-APPLE-CALENDAR-COLOR:#1BADF8
BEGIN:VEVENT
CREATED:20260801T101500Z
DTEND;TZID=Europe/Helsinki:20260910T173000
DTSTAMP:20260801T101500Z
DTSTART;TZID=Europe/Helsinki:20260910T160000
LAST-MODIFIED:20260801T101500Z
RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=10
RDATE;TZID=Europe/Helsinki:20260917T160000,20261001T160000
SEQUENCE:0
SUMMARY:Kuoro
UID:3B5E6F0A-8F6B-4E0C-9E0E-1F2D3C4B5A69
BEGIN:VALARM
X-WR-ALARMUID:0B1C2D3E
ACTION:DISPLAY
DESCRIPTION:Reminder
TRIGGER:-PT30M
REPEAT:2
DURATION:PT5M
END:VALARM
END:VEVENT
BEGIN:VEVENT
DTSTAMP:20260801T101500Z
DTSTART:20261120T063000Z
DURATION:PT1H45M
SUMMARY:Hammaslääkäri
UID:9C1D2E3F-0000-4E0C-9E0E-1F2D3C4B5A69
END:VEVENT
BEGIN:VEVENT
DTSTAMP:20260801T101500Z
DTSTART;VALUE=DATE:20261206
RRULE:FREQ=YEARLY
SUMMARY:Suvun juhla
UID:5A5A2E3F-0000-4E0C-9E0E-1F2D3C4B5A69
END:VEVENT
END:VCALENDAR
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Nextcloud calendar v5//EN
BEGIN:VEVENT
DTSTAMP:20260801T101500Z
DTSTART:20270111T090000
DTEND:20270111T120000
SUMMARY:Koulutus
UID:nextcloud-1
END:VEVENT
BEGIN:VFREEBUSY
DTSTAMP:20260801T101500Z
FREEBUSY;FBTYPE=BUSY:20270112T070000Z/20270112T080000Z,20270113T070000Z/PT2H
END:VFREEBUSY
END:VCALENDAR
"""

CALENDARS = {"google": GOOGLE, "exchange": EXCHANGE, "apple and nextcloud": APPLE}
JUNK = ["§", "x", ";", ",", '"', " ", "\0", ":", "=", "\t", "😀", "€", "{", "<br>"]
FRAME = ("BEGIN:", "END:")
STRAY = [
    *("END:VEVENT", "BEGIN:VEVENT", "END:VCALENDAR", "BEGIN:VALARM", "END:VALARM", "BEGIN:VTODO", "END:VTIMEZONE"),
    *("BEGIN:VCALENDAR", "BEGIN:X-OWN", "DTSTART:gestern", "DTEND:", "RRULE:", "RRULE:FREQ=NEVER", "EXDATE:,,", "UID:"),
    *("SEQUENCE:", "SEQUENCE:zwei", "RECURRENCE-ID:broken", "DURATION:1 hour", "RDATE:", "REFRESH-INTERVAL:1 hour"),
    *("TRIGGER:-P15M", "second line of a text", "Zoom: https://example.org/j/123?pwd=a:b", "", " ", "<!-- 0.3 s -->"),
    *("X-SOMETHING;A=B:C", "DTSTAMP:", "TZOFFSETTO:+3", "STATUS:", "TRANSP:", "COMMENT:\\", "DTEND:20180101T000000Z"),
]

Lines = list[str]
Mutation = Callable[[Lines, random.Random], Lines]


def place(lines: Lines, chance: random.Random, wanted: Callable[[str], bool] = bool) -> int:
    return chance.choice([number for number, line in enumerate(lines) if wanted(line)])


def with_junk(lines: Lines, chance: random.Random) -> Lines:
    """A letter that does not belong there, between two others or in place of one."""
    number = place(lines, chance)
    at, width, junk = chance.randrange(len(lines[number]) + 1), chance.randrange(2), chance.choice(JUNK)
    width = width if junk.strip() else 0  # nothing in place of a digit is another number, which nobody can see
    changed = lines[number][:at] + junk + lines[number][at + width :]
    return [*lines[:number], changed, *lines[number + 1 :]]


def with_a_stray_line(lines: Lines, chance: random.Random) -> Lines:
    number = chance.randrange(len(lines) + 1)
    return [*lines[:number], chance.choice(STRAY), *lines[number:]]


def broken_in_two(lines: Lines, chance: random.Random) -> Lines:
    number = place(lines, chance, lambda line: len(line) > 1)
    at = chance.randrange(1, len(lines[number]))
    return [*lines[:number], lines[number][:at], lines[number][at:], *lines[number + 1 :]]


def glued_to_the_next(lines: Lines, chance: random.Random) -> Lines:
    number = chance.randrange(len(lines) - 1)
    glue = chance.choice(["", " ", "\r\n "])
    return [*lines[:number], lines[number] + glue + lines[number + 1], *lines[number + 2 :]]


def without_a_value(lines: Lines, chance: random.Random) -> Lines:
    number = place(lines, chance, lambda line: ":" in line)
    return [*lines[:number], lines[number].partition(":")[0] + ":", *lines[number + 1 :]]


def without_a_frame(lines: Lines, chance: random.Random) -> Lines:
    number = place(lines, chance, lambda line: line.startswith(FRAME))
    return [*lines[:number], *lines[number + 1 :]]


def told_twice(lines: Lines, chance: random.Random) -> Lines:
    number, length = chance.randrange(len(lines)), chance.randrange(1, 12)
    return [*lines[: number + length], *lines[number:]]


def with_something_behind(lines: Lines, chance: random.Random) -> Lines:
    number = place(lines, chance, lambda line: ":" in line)
    return [
        *lines[:number],
        lines[number] + chance.choice([",", ";", " ", ",,", ";X=", "\0", ", "]),
        *lines[number + 1 :],
    ]


def in_another_case(lines: Lines, chance: random.Random) -> Lines:
    number = place(lines, chance)
    return [*lines[:number], lines[number].swapcase(), *lines[number + 1 :]]


def cut_off(lines: Lines, chance: random.Random) -> Lines:
    """In the middle of a calendar: behind one the file is whole."""
    return lines[: place(lines, chance, lambda line: line != "BEGIN:VCALENDAR")]


MUTATED: list[Mutation] = [
    *(with_junk, with_junk, with_junk, with_a_stray_line, with_a_stray_line, broken_in_two, broken_in_two),
    *(glued_to_the_next, without_a_value, without_a_frame, told_twice, with_something_behind, in_another_case, cut_off),
]


def file_of(lines: Lines) -> bytes:
    return "\r\n".join([*lines, ""]).encode()


def read(file: bytes) -> Reading | None:
    """Nothing, if the whole calendar is refused: that is told too, and the busy times before it stay."""
    try:
        return busy_times(file, WINDOW, PRACTICE)
    except (NotACalendar, CutOff):
        return None


def freed(whole: list[Span], damaged: list[Span]) -> list[Span]:
    return [one for one in whole if not any(span.start <= one.start and one.end <= span.end for span in damaged)]


@pytest.mark.parametrize("first", range(0, MUTATIONS, AT_ONCE))
@pytest.mark.parametrize("name", CALENDARS)
def test_no_damage_frees_a_time_that_nobody_is_told_of(name: str, first: int) -> None:
    lines = CALENDARS[name].splitlines()
    whole = busy_times(file_of(lines), WINDOW, PRACTICE)
    assert len(whole.busy) >= 5
    assert whole.doubts == []

    silent = []
    for seed in range(first, min(first + AT_ONCE, MUTATIONS)):
        chance = random.Random(f"{name} {seed}")
        mutation = chance.choice(MUTATED)
        damaged = mutation(lines, chance)
        reading = read(file_of(damaged))
        if reading and not reading.doubts and (lost := freed(whole.busy, reading.busy)):
            different = [line for line in damaged if line not in lines]
            silent.append((seed, mutation.__name__, different, lost[0]))

    assert silent == []


def test_most_damage_costs_nothing() -> None:
    """Not everything is told to be doubtful: who is told of trouble all the time no longer looks."""
    lines = GOOGLE.splitlines()
    whole = busy_times(file_of(lines), WINDOW, PRACTICE)
    readings = [read(file_of(with_junk(lines, random.Random(seed)))) for seed in range(AT_ONCE)]

    unharmed = [one for one in readings if one and not one.doubts and not freed(whole.busy, one.busy)]

    assert len(unharmed) > len(readings) / 2
