"""How Finnish writes days, times, numbers and lists; every instant is shown on the wall clock of Helsinki.

Spaces that must not break are U+00A0; `subject` turns them into plain ones for the headers of a letter.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import phonenumbers
from phonenumbers import CountryCodeSource, NumberParseException, PhoneNumber, PhoneNumberFormat

from services.finnish.workdays import local

NBSP, EN_DASH, MINUS, QUOTE = "\u00a0", "\u2013", "\u2212", "\u201d"
FINLAND = "FI"

# By hand: Unicode's locale data has the essive of every weekday except Sunday.
WEEKDAYS = ("maanantai", "tiistai", "keskiviikko", "torstai", "perjantai", "lauantai", "sunnuntai")
ON_WEEKDAYS = tuple(f"{weekday}na" for weekday in WEEKDAYS)
SHORT_WEEKDAYS = ("ma", "ti", "ke", "to", "pe", "la", "su")
MONTHS = (
    "tammikuu", "helmikuu", "maaliskuu", "huhtikuu", "toukokuu", "kesäkuu",
    "heinäkuu", "elokuu", "syyskuu", "lokakuu", "marraskuu", "joulukuu",
)  # fmt: skip


# -- days -------------------------------------------------------------------------------------------------


def numeric_date(day: date) -> str:
    """7.12.2026"""
    day = _local_day(day)
    return f"{day.day}.{day.month}.{day.year}"


def on_day(day: date) -> str:
    """maanantaina 7.12.2026, for running text"""
    return f"{ON_WEEKDAYS[_local_day(day).weekday()]} {numeric_date(day)}"


def day_label(day: date) -> str:
    """maanantai 7.12.2026, for use after a label and a colon"""
    return f"{WEEKDAYS[_local_day(day).weekday()]} {numeric_date(day)}"


def day_short(day: date) -> str:
    """ma 7.12.2026"""
    return f"{_short_weekday(day)}{NBSP}{numeric_date(day)}"


def day_brief(day: date) -> str:
    """ma 7.12., where there is no doubt of the year"""
    return f"{_short_weekday(day)}{NBSP}{_day_and_month(day)}"


def date_range(first: date, last: date) -> str:
    """7.–9.12.2026, 1.9.–30.11.2026, 7.12.2026–8.1.2027"""
    first, last = _local_day(first), _local_day(last)
    if first == last:
        return numeric_date(last)
    start = f"{first.day}."
    if (first.month, first.year) != (last.month, last.year):
        start += f"{first.month}."
    if first.year != last.year:
        start += f"{first.year}"
    return f"{start}{EN_DASH}{numeric_date(last)}"


def listed_dates(days: Sequence[date]) -> str:
    """12.1., 16.2. ja 23.3.2026: of days in one year the last one names it"""
    last_of_year = {day.year: day for day in days}
    return listed([numeric_date(day) if last_of_year[day.year] == day else _day_and_month(day) for day in days])


def month_label(day: date) -> str:
    """joulukuu 2026"""
    day = _local_day(day)
    return f"{MONTHS[day.month - 1]} {day.year}"


# -- times ------------------------------------------------------------------------------------------------


def clock(instant: datetime) -> str:
    """14.00; in the autumn night, when the same hour comes twice, it says which one is meant."""
    wall = local(instant)
    text = f"{wall.hour}.{wall.minute:02}"
    if wall.utcoffset() == wall.replace(fold=1 - wall.fold).utcoffset():
        return text
    return f"{text}{NBSP}({'talviaikaa' if wall.fold else 'kesäaikaa'})"


def at_clock(instant: datetime) -> str:
    """klo 14.00"""
    return f"klo{NBSP}{clock(instant)}"


def hours(start: time, end: time) -> str:
    """9.00–16.00 of any day; hours that end at midnight end at 24.00"""
    return f"{start:%-H.%M}{EN_DASH}{f'{end:%-H.%M}' if end > time.min else '24.00'}"


def clock_range(starts_at: datetime, ends_at: datetime) -> str:
    """14.00–15.00 of one day"""
    start, end = clock(starts_at), _closing_clock(ends_at)
    dash = f" {EN_DASH} " if NBSP in start + end else EN_DASH
    return f"{start}{dash}{end}"


def when(starts_at: datetime, ends_at: datetime) -> str:
    """maanantaina 7.12.2026 klo 14.00–15.00, for running text"""
    if not _within_a_day(starts_at, ends_at):
        return f"{moment(starts_at)} {EN_DASH} {moment(ends_at)}"
    return f"{on_day(starts_at)} klo{NBSP}{clock_range(starts_at, ends_at)}"


def when_label(starts_at: datetime, ends_at: datetime) -> str:
    """maanantai 7.12.2026 klo 14.00–15.00, for use after a label and a colon"""
    if not _within_a_day(starts_at, ends_at):
        return f"{moment_label(starts_at)} {EN_DASH} {moment_label(ends_at)}"
    return f"{day_label(starts_at)} klo{NBSP}{clock_range(starts_at, ends_at)}"


def when_short(starts_at: datetime) -> str:
    """ma 7.12.2026 klo 14.00"""
    return f"{day_short(starts_at)} {at_clock(starts_at)}"


def when_brief(starts_at: datetime) -> str:
    """ma 7.12. klo 14.00, where there is no doubt of the year"""
    return f"{day_brief(starts_at)} {at_clock(starts_at)}"


def moment(instant: datetime) -> str:
    """perjantaina 4.12.2026 klo 14.00, for running text: "viimeistään …" """
    return f"{on_day(instant)} {at_clock(instant)}"


def moment_label(instant: datetime) -> str:
    """perjantai 4.12.2026 klo 14.00, for use after a label and a colon"""
    return f"{day_label(instant)} {at_clock(instant)}"


def duration(minutes: int) -> str:
    """45 min, 60 min, 1 t 15 min, 2 t"""
    if minutes <= 60:
        return f"{minutes}{NBSP}min"
    hours, rest = divmod(minutes, 60)
    return f"{hours}{NBSP}t" + (f" {rest}{NBSP}min" if rest else "")


# -- numbers ----------------------------------------------------------------------------------------------


def number(value: float | Decimal, decimals: int = 0, *, signed: bool = False) -> str:
    """1 234,5 or −0,5; halves are rounded away from zero, as people round."""
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return sign + f"{abs(rounded):,f}".replace(",", NBSP).replace(".", ",")


def percent(value: float | Decimal, decimals: int = 0) -> str:
    """42 %"""
    return f"{number(value, decimals)}{NBSP}%"


def counted(count: int, one: str, many: str, none: str | None = None) -> str:
    """1 tapaaminen, 3 tapaamista; for nothing at all the phrase `none`, where there is one."""
    if count == 0 and none is not None:
        return none
    return f"{number(count)} {one if count == 1 else many}"


def session_count(count: int) -> str:
    """1 tapaaminen, 3 tapaamista, ei tapaamisia"""
    return counted(count, "tapaaminen", "tapaamista", "ei tapaamisia")


# -- words ------------------------------------------------------------------------------------------------


def listed(items: Sequence[str]) -> str:
    """a, b ja c"""
    return " ja ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def quoted(text: str) -> str:
    """”näin”, with the same mark on both sides"""
    return f"{QUOTE}{text}{QUOTE}"


def phone_number(typed: str) -> PhoneNumber | None:
    """The number in what was typed, a Finnish one where no country is named; none where there are other words too.

    A Finnish number has to be of an area or a network that there is. Of other countries only the length is known for
    sure: their plans change more often than the library is renewed.
    """
    if any(map(str.isalpha, typed)):
        return None
    try:
        number = phonenumbers.parse(typed, FINLAND, keep_raw_input=True)
    except NumberParseException:
        return None
    exists = phonenumbers.is_valid_number if _is_finnish(number) else phonenumbers.is_possible_number
    return number if exists(number) else None


def _is_finnish(number: PhoneNumber) -> bool:
    return number.country_code == phonenumbers.country_code_for_region(FINLAND)


def phone(typed: str) -> str:
    """040 123 4567, +358 40 123 4567, 09 123 4567; what is no number that exists stays as it was typed."""
    number = phone_number(typed)
    if number is None or not phonenumbers.is_valid_number(number):
        return " ".join(typed.split())
    is_national = number.country_code_source == CountryCodeSource.FROM_DEFAULT_COUNTRY
    style = PhoneNumberFormat.NATIONAL if is_national else PhoneNumberFormat.INTERNATIONAL
    written = phonenumbers.format_number(number, style)
    if not _is_finnish(number):
        return written
    *area, rest = written.split(" ")
    return " ".join([*area, *_groups(rest)])


def subject(text: str) -> str:
    """One line for a header: plain spaces only, the en dash stays."""
    return " ".join(text.split())


def _local_day(day: date) -> date:
    return local(day).date() if isinstance(day, datetime) else day


def _short_weekday(day: date) -> str:
    return SHORT_WEEKDAYS[_local_day(day).weekday()]


def _day_and_month(day: date) -> str:
    wall = _local_day(day)
    return f"{wall.day}.{wall.month}."


def _within_a_day(starts_at: datetime, ends_at: datetime) -> bool:
    last_minute = local(ends_at - timedelta(minutes=1))
    return _local_day(starts_at) == last_minute.date()


def _closing_clock(ends_at: datetime) -> str:
    return clock(ends_at) if (wall := local(ends_at)).hour or wall.minute else "24.00"


def _groups(digits: str) -> list[str]:
    """Groups of at most four, the shorter ones first: 123 4567, 123 456, 12 345."""
    count = -(-len(digits) // 4)
    cuts = [len(digits) * n // count for n in range(count + 1)] if count else []
    return [digits[start:end] for start, end in pairwise(cuts)]
