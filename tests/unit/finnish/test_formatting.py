"""Every form of Finnish dates, times, numbers and lists; `␣` stands for the no-break space."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.finnish import formatting
from services.finnish.workdays import at_wall_clock, local

MONDAY = date(2026, 12, 7)


def shown(text: str) -> str:
    return text.replace("\u00a0", "␣")


def at(day: date, hour: int, minute: int = 0, fold: int = 0) -> datetime:
    return at_wall_clock(day, time(hour, minute, fold=fold))


START, END = at(MONDAY, 14), at(MONDAY, 15)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (formatting.numeric_date(MONDAY), "7.12.2026"),
        (formatting.on_day(MONDAY), "maanantaina 7.12.2026"),
        (formatting.day_label(MONDAY), "maanantai 7.12.2026"),
        (formatting.day_short(MONDAY), "ma␣7.12.2026"),
        (formatting.date_range(MONDAY, MONDAY), "7.12.2026"),
        (formatting.date_range(MONDAY, date(2026, 12, 9)), "7.–9.12.2026"),
        (formatting.date_range(date(2026, 9, 1), date(2026, 11, 30)), "1.9.–30.11.2026"),
        (formatting.date_range(MONDAY, date(2027, 1, 8)), "7.12.2026–8.1.2027"),
        (formatting.date_range(MONDAY, date(2027, 12, 7)), "7.12.2026–7.12.2027"),
        (formatting.clock(START), "14.00"),
        (formatting.clock(at(MONDAY, 9, 5)), "9.05"),
        (formatting.clock(at(MONDAY, 0)), "0.00"),
        (formatting.at_clock(START), "klo␣14.00"),
        (formatting.clock_range(START, END), "14.00–15.00"),
        (formatting.when(START, END), "maanantaina 7.12.2026 klo␣14.00–15.00"),
        (formatting.when_label(START, END), "maanantai 7.12.2026 klo␣14.00–15.00"),
        (formatting.when_short(START), "ma␣7.12.2026 klo␣14.00"),
        (formatting.when_brief(START), "ma␣7.12. klo␣14.00"),
        (formatting.listed_dates([date(2026, 12, 7)]), "7.12.2026"),
        (
            formatting.listed_dates([date(2026, 11, 2), date(2026, 12, 7), date(2027, 1, 4)]),
            "2.11., 7.12.2026 ja 4.1.2027",
        ),
        (formatting.moment(at(date(2026, 12, 4), 14)), "perjantaina 4.12.2026 klo␣14.00"),
        (formatting.moment_label(at(date(2026, 12, 4), 14)), "perjantai 4.12.2026 klo␣14.00"),
        (formatting.duration(45), "45␣min"),
        (formatting.duration(60), "60␣min"),
        (formatting.duration(75), "1␣t 15␣min"),
        (formatting.duration(90), "1␣t 30␣min"),
        (formatting.duration(120), "2␣t"),
        (formatting.number(1234.5, 1), "1␣234,5"),
        (formatting.number(1234567), "1␣234␣567"),
        (formatting.number(-1), "−1"),
        (formatting.number(-0.04, 1), "0,0"),
        (formatting.number(34.577, 1), "34,6"),
        (formatting.number(2.5), "3"),
        (formatting.number(17.626, 1, signed=True), "+17,6"),
        (formatting.number(-17.626, 1, signed=True), "−17,6"),
        (formatting.number(0, 1, signed=True), "0,0"),
        (formatting.percent(42), "42␣%"),
        (formatting.percent(12.5, 1), "12,5␣%"),
        (formatting.session_count(0), "ei tapaamisia"),
        (formatting.session_count(1), "1 tapaaminen"),
        (formatting.session_count(2), "2 tapaamista"),
        (formatting.session_count(21), "21 tapaamista"),
        (formatting.counted(0, "vastaus", "vastausta"), "0 vastausta"),
        (formatting.listed([]), ""),
        (formatting.listed(["a"]), "a"),
        (formatting.listed(["a", "b"]), "a ja b"),
        (formatting.listed(["a", "b", "c"]), "a, b ja c"),
        (formatting.quoted("näin"), "”näin”"),
    ],
)
def test_finnish_writes_it_this_way(written: str, expected: str) -> None:
    assert shown(written) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("0401234567", "040 123 4567"),
        ("+358401234567", "+358 40 123 4567"),
        ("+358 (0)40 123 4567", "+358 40 123 4567"),
        ("00358 9 1234567", "+358 9 123 4567"),
        ("(09) 123 4567", "09 123 4567"),
        ("050-123456", "050 123 456"),
        ("040/123 4567", "040 123 4567"),
        ("040\u00a0123\u00a04567", "040 123 4567"),
        ("09–123 4567", "09 123 4567"),
        ("04571234567", "045 7123 4567"),
        ("029 5350000", "029 535 0000"),
        ("0800 12345", "0800 12 345"),
        ("+46 8 123 456 78", "+46 8 123 456 78"),
        ("112", "112"),
        ("1234567", "1234567"),
        ("vaihde, kysy Maijaa", "vaihde, kysy Maijaa"),
        ("09 123 4567, kysy Maijaa", "09 123 4567, kysy Maijaa"),
        ("", ""),
    ],
)
def test_phone_numbers_stand_in_groups(typed: str, expected: str) -> None:
    assert formatting.phone(typed) == expected


@pytest.mark.parametrize(
    ("days", "running_text", "label", "short"),
    [
        (0, "maanantaina", "maanantai", "ma"),
        (1, "tiistaina", "tiistai", "ti"),
        (2, "keskiviikkona", "keskiviikko", "ke"),
        (3, "torstaina", "torstai", "to"),
        (4, "perjantaina", "perjantai", "pe"),
        (5, "lauantaina", "lauantai", "la"),
        (6, "sunnuntaina", "sunnuntai", "su"),
    ],
)
def test_each_weekday_has_its_three_forms(days: int, running_text: str, label: str, short: str) -> None:
    day = MONDAY + timedelta(days=days)

    assert formatting.on_day(day).split()[0] == running_text
    assert formatting.day_label(day).split()[0] == label
    assert formatting.day_short(day).split()[0] == short


def test_a_session_over_midnight_names_both_days() -> None:
    late, early = at(MONDAY, 22), at(date(2026, 12, 8), 1)

    assert shown(formatting.when(late, early)) == "maanantaina 7.12.2026 klo␣22.00 – tiistaina 8.12.2026 klo␣1.00"
    assert shown(formatting.when_label(late, early)) == "maanantai 7.12.2026 klo␣22.00 – tiistai 8.12.2026 klo␣1.00"


def test_a_session_until_midnight_ends_at_24() -> None:
    assert shown(formatting.when(at(MONDAY, 23), at(date(2026, 12, 8), 0))) == ("maanantaina 7.12.2026 klo␣23.00–24.00")


def test_the_day_is_the_day_in_helsinki() -> None:
    new_year = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)

    assert formatting.numeric_date(new_year) == "1.1.2027"
    assert formatting.on_day(new_year) == "perjantaina 1.1.2027"


def test_times_are_right_on_the_day_the_clocks_go_forward() -> None:
    before, after = datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)

    assert shown(formatting.when(before, after)) == "sunnuntaina 29.3.2026 klo␣2.30–4.30"
    assert shown(formatting.when_short(at(date(2026, 3, 29), 14))) == "su␣29.3.2026 klo␣14.00"


def test_the_hour_that_comes_twice_says_which_one_is_meant() -> None:
    night = date(2026, 10, 25)
    first, second = at(night, 3, 30), at(night, 3, 30, fold=1)

    assert shown(formatting.when(first, second)) == ("sunnuntaina 25.10.2026 klo␣3.30␣(kesäaikaa) – 3.30␣(talviaikaa)")
    assert shown(formatting.when(at(night, 14), at(night, 15))) == "sunnuntaina 25.10.2026 klo␣14.00–15.00"


def test_a_subject_has_plain_spaces_and_keeps_the_dash() -> None:
    assert formatting.subject(f"Peruttu: {formatting.when(START, END)}\r\n") == (
        "Peruttu: maanantaina 7.12.2026 klo 14.00–15.00"
    )


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_short_time_is_the_wall_clock_of_helsinki_without_leading_zeros(instant: datetime) -> None:
    wall = local(instant)
    weekday, day, klo, clock, *_ = formatting.when_short(instant).split()

    assert (weekday, klo) == (formatting.SHORT_WEEKDAYS[wall.weekday()], "klo")
    assert [int(part) for part in day.split(".")] == [wall.day, wall.month, wall.year]
    assert clock == f"{wall.hour}.{wall.minute:02}"
    assert not any(part.startswith("0") for part in day.split("."))
