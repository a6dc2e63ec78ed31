"""Every form of Finnish dates, times, numbers and lists; `␣` stands for the no-break space."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import finnish
from services.workdays import at_wall_clock, local

MONDAY = date(2026, 12, 7)


def shown(text: str) -> str:
    return text.replace("\u00a0", "␣")


def at(day: date, hour: int, minute: int = 0, fold: int = 0) -> datetime:
    return at_wall_clock(day, time(hour, minute, fold=fold))


START, END = at(MONDAY, 14), at(MONDAY, 15)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (finnish.numeric_date(MONDAY), "7.12.2026"),
        (finnish.long_date(MONDAY), "7.␣joulukuuta 2026"),
        (finnish.long_date(date(2026, 1, 31)), "31.␣tammikuuta 2026"),
        (finnish.on_day(MONDAY), "maanantaina 7.12.2026"),
        (finnish.day_label(MONDAY), "maanantai 7.12.2026"),
        (finnish.day_short(MONDAY), "ma␣7.12.2026"),
        (finnish.date_range(MONDAY, MONDAY), "7.12.2026"),
        (finnish.date_range(MONDAY, date(2026, 12, 9)), "7.–9.12.2026"),
        (finnish.date_range(date(2026, 9, 1), date(2026, 11, 30)), "1.9.–30.11.2026"),
        (finnish.date_range(MONDAY, date(2027, 1, 8)), "7.12.2026–8.1.2027"),
        (finnish.date_range(MONDAY, date(2027, 12, 7)), "7.12.2026–7.12.2027"),
        (finnish.weekday_range(date(2026, 12, 21), date(2026, 12, 27)), "ma␣21.12. – su␣27.12."),
        (finnish.clock(START), "14.00"),
        (finnish.clock(at(MONDAY, 9, 5)), "9.05"),
        (finnish.clock(at(MONDAY, 0)), "0.00"),
        (finnish.at_clock(START), "klo␣14.00"),
        (finnish.clock_range(START, END), "14.00–15.00"),
        (finnish.when(START, END), "maanantaina 7.12.2026 klo␣14.00–15.00"),
        (finnish.when_label(START, END), "maanantai 7.12.2026 klo␣14.00–15.00"),
        (finnish.when_short(START), "ma␣7.12.2026 klo␣14.00"),
        (finnish.when_brief(START), "ma␣7.12. klo␣14.00"),
        (finnish.listed_dates([date(2026, 12, 7)]), "7.12.2026"),
        (
            finnish.listed_dates([date(2026, 11, 2), date(2026, 12, 7), date(2027, 1, 4)]),
            "2.11., 7.12.2026 ja 4.1.2027",
        ),
        (finnish.moment(at(date(2026, 12, 4), 14)), "perjantaina 4.12.2026 klo␣14.00"),
        (finnish.moment_label(at(date(2026, 12, 4), 14)), "perjantai 4.12.2026 klo␣14.00"),
        (finnish.duration(45), "45␣min"),
        (finnish.duration(60), "60␣min"),
        (finnish.duration(75), "1␣t 15␣min"),
        (finnish.duration(90), "1␣t 30␣min"),
        (finnish.duration(120), "2␣t"),
        (finnish.number(1234.5, 1), "1␣234,5"),
        (finnish.number(1234567), "1␣234␣567"),
        (finnish.number(-1), "−1"),
        (finnish.number(-0.04, 1), "0,0"),
        (finnish.number(34.577, 1), "34,6"),
        (finnish.number(2.5), "3"),
        (finnish.number(17.626, 1, signed=True), "+17,6"),
        (finnish.number(-17.626, 1, signed=True), "−17,6"),
        (finnish.number(0, 1, signed=True), "0,0"),
        (finnish.percent(42), "42␣%"),
        (finnish.percent(12.5, 1), "12,5␣%"),
        (finnish.euros(Decimal("1234.5")), "1␣234,50␣€"),
        (finnish.session_count(0), "ei tapaamisia"),
        (finnish.session_count(1), "1 tapaaminen"),
        (finnish.session_count(2), "2 tapaamista"),
        (finnish.session_count(21), "21 tapaamista"),
        (finnish.counted(0, "vastaus", "vastausta"), "0 vastausta"),
        (finnish.listed([]), ""),
        (finnish.listed(["a"]), "a"),
        (finnish.listed(["a", "b"]), "a ja b"),
        (finnish.listed(["a", "b", "c"]), "a, b ja c"),
        (finnish.quoted("näin"), "”näin”"),
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
        ("04571234567", "0457 123 4567"),
        ("029 5350000", "029 535 0000"),
        ("0800 12345", "0800 12 345"),
        ("+46 8 123 456 78", "+46 8 123 456 78"),
        ("112", "112"),
        ("vaihde, kysy Maijaa", "vaihde, kysy Maijaa"),
        ("", ""),
    ],
)
def test_phone_numbers_stand_in_groups(typed: str, expected: str) -> None:
    assert finnish.phone(typed) == expected


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

    assert finnish.on_day(day).split()[0] == running_text
    assert finnish.day_label(day).split()[0] == label
    assert finnish.day_short(day).split()[0] == short


def test_each_month_has_its_partitive() -> None:
    months = [finnish.long_date(date(2026, month, 1)).split()[1] for month in range(1, 13)]

    assert months == [
        "tammikuuta", "helmikuuta", "maaliskuuta", "huhtikuuta", "toukokuuta", "kesäkuuta",
        "heinäkuuta", "elokuuta", "syyskuuta", "lokakuuta", "marraskuuta", "joulukuuta",
    ]  # fmt: skip


def test_a_session_over_midnight_names_both_days() -> None:
    late, early = at(MONDAY, 22), at(date(2026, 12, 8), 1)

    assert shown(finnish.when(late, early)) == "maanantaina 7.12.2026 klo␣22.00 – tiistaina 8.12.2026 klo␣1.00"
    assert shown(finnish.when_label(late, early)) == "maanantai 7.12.2026 klo␣22.00 – tiistai 8.12.2026 klo␣1.00"


def test_a_session_until_midnight_ends_at_24() -> None:
    assert shown(finnish.when(at(MONDAY, 23), at(date(2026, 12, 8), 0))) == ("maanantaina 7.12.2026 klo␣23.00–24.00")


def test_the_day_is_the_day_in_helsinki() -> None:
    new_year = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)

    assert finnish.numeric_date(new_year) == "1.1.2027"
    assert finnish.on_day(new_year) == "perjantaina 1.1.2027"


def test_times_are_right_on_the_day_the_clocks_go_forward() -> None:
    before, after = datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)

    assert shown(finnish.when(before, after)) == "sunnuntaina 29.3.2026 klo␣2.30–4.30"
    assert shown(finnish.when_short(at(date(2026, 3, 29), 14))) == "su␣29.3.2026 klo␣14.00"


def test_the_hour_that_comes_twice_says_which_one_is_meant() -> None:
    night = date(2026, 10, 25)
    first, second = at(night, 3, 30), at(night, 3, 30, fold=1)

    assert shown(finnish.when(first, second)) == ("sunnuntaina 25.10.2026 klo␣3.30␣(kesäaikaa) – 3.30␣(talviaikaa)")
    assert shown(finnish.when(at(night, 14), at(night, 15))) == "sunnuntaina 25.10.2026 klo␣14.00–15.00"


def test_a_subject_has_plain_spaces_and_keeps_the_dash() -> None:
    assert finnish.subject(f"Peruttu: {finnish.when(START, END)}\r\n") == (
        "Peruttu: maanantaina 7.12.2026 klo 14.00–15.00"
    )


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_short_time_is_the_wall_clock_of_helsinki_without_leading_zeros(instant: datetime) -> None:
    wall = local(instant)
    weekday, day, klo, clock, *_ = finnish.when_short(instant).split()

    assert (weekday, klo) == (finnish.SHORT_WEEKDAYS[wall.weekday()], "klo")
    assert [int(part) for part in day.split(".")] == [wall.day, wall.month, wall.year]
    assert clock == f"{wall.hour}.{wall.minute:02}"
    assert not any(part.startswith("0") for part in day.split("."))
