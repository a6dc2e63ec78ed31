"""When the events of one UID are: what repeats, what was left out and what was moved (RFC 5545 §3.8.4.4, §3.8.5)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from services.booking.calendar.ics.entries import Entry, Lengths, inside
from services.booking.calendar.ics.values import DAY, Moment, instant, later
from services.booking.calendar.slots import Span

MOST = 20_000
"""Whoever has more events of one series in two years has no time between them."""
WITHIN_A_DAY = frozenset({"HOURLY", "MINUTELY", "SECONDLY"})
WITHIN_A_DAY_PARTS = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})


class TooMany(Exception):
    """The events of a series can't be told one by one."""


def busy(entries: Sequence[Entry], window: Span) -> Iterator[Span]:
    """What the entries of one UID take of the window, in any order."""
    whole = _newest([entry for entry in entries if not entry.replaces])
    replacing = [
        entry
        for same in _by_what_they_replace(entries)
        for entry in _newest(same)
        if not any(_has_left_out(one, entry) for one in whole)
    ]
    for entry in replacing:
        if not entry.is_free:
            yield from _repeated(replace(entry, rules=() if whole else entry.rules), [], window)
    for entry in whole:
        if not entry.is_free:
            yield from _repeated(entry, replacing, window)


def _by_what_they_replace(entries: Iterable[Entry]) -> Iterable[list[Entry]]:
    versions: dict[Moment, list[Entry]] = {}
    for entry in entries:
        if entry.replaces:
            versions.setdefault(entry.replaces, []).append(entry)
    return versions.values()


def _has_left_out(whole: Entry, replacing: Entry) -> bool:
    """Whether a newer version has done without what was moved before."""
    is_newer = None not in (whole.sequence, replacing.sequence) and (whole.sequence or 0) > (replacing.sequence or 0)
    return is_newer and replacing.replaces in whole.left_out


def _newest(entries: Sequence[Entry]) -> list[Entry]:
    """Those with the highest SEQUENCE; where it does not differ or can't be read it decides nothing, and all hold."""
    highest = max((entry.sequence for entry in entries if entry.sequence is not None), default=0)
    return [entry for entry in entries if entry.sequence in (highest, None)]


def _repeated(entry: Entry, replacing: Sequence[Entry], window: Span) -> Iterator[Span]:
    """The entry with all that follows from it, but for what was left out or stands in an entry of its own."""
    zone = entry.start.zone
    missing, moves = _Missing.of(entry, replacing), _moves(replacing)
    for number, (wall, lengths) in enumerate(_times(entry, moves, window)):
        if number == MOST:
            yield Span(max(instant(wall, zone), window.start), min(_end(entry), window.end))
            raise TooMany
        if wall.date() in missing.days or instant(wall, zone) in missing.instants:
            continue
        move = _last_before(instant(wall, zone), moves)
        if move is None:
            yield from inside(window, Moment(wall, zone), lengths)
        elif not move.is_free:
            yield from inside(window, Moment(later(wall, _shift(move)), zone), move.lengths)


def _times(entry: Entry, moves: Sequence[Entry], window: Span) -> Iterator[tuple[datetime, Lengths]]:
    """Where the events begin on the wall, as far as they can reach into the window."""
    start, zone = entry.start, entry.start.zone
    periods = [*(lengths for _, lengths in entry.dates), *(move.lengths for move in moves), entry.lengths]
    longest = max((length.nominal + length.exact for lengths in periods for length in lengths), default=DAY)
    margin = DAY + max((abs(_shift(move)) for move in moves), default=timedelta(0))
    first = later(window.start.astimezone(zone).replace(tzinfo=None), -longest - margin)
    last = later(window.end.astimezone(zone).replace(tzinfo=None), margin)
    # Some programs call a series off by letting it end before it begins.
    if not entry.rules or any(rule.last(start) >= start.wall for rule in entry.rules):
        yield start.wall, entry.lengths
    for rule in entry.rules:
        yield from ((wall, entry.lengths) for wall in rule.times(start, first, last) if wall != start.wall)
    for moment, lengths in entry.dates:
        yield moment.on_clocks_of(zone) if lengths else _like(start, moment), lengths or entry.lengths


def _like(start: Moment, moment: Moment) -> datetime:
    """A further moment on the clocks of its series; a mere day has the series' time."""
    if moment.is_day and not start.is_day:
        return datetime.combine(moment.wall, start.wall.time())
    return moment.on_clocks_of(start.zone)


def _end(entry: Entry) -> datetime:
    return max(instant(rule.last(entry.start), entry.start.zone) for rule in entry.rules)


@dataclass(frozen=True)
class _Missing:
    days: frozenset[date]
    instants: frozenset[datetime]

    @classmethod
    def of(cls, entry: Entry, replacing: Sequence[Entry]) -> "_Missing":
        """A day names the one event on it. Where there are several, nobody knows which, and all of them hold."""
        moments = [*entry.left_out, *(other.replaces for other in replacing if other.replaces)]
        several = bool(entry.dates) or any(
            rule.frequency in WITHIN_A_DAY or WITHIN_A_DAY_PARTS & rule.choice.keys() for rule in entry.rules
        )
        days = [one for one in moments if entry.start.is_day or (one.is_day and not several)]
        return cls(
            frozenset(one.on_clocks_of(entry.start.zone).date() for one in days),
            frozenset(one.instant for one in moments if not one.is_day),
        )


def _moves(replacing: Iterable[Entry]) -> list[Entry]:
    return sorted((entry for entry in replacing if entry.replaces_following), key=_replaced_at)


def _replaced_at(move: Entry) -> datetime:
    return move.replaces.instant if move.replaces else datetime.min.replace(tzinfo=UTC)


def _last_before(at: datetime, moves: Iterable[Entry]) -> Entry | None:
    return next((move for move in reversed(list(moves)) if _replaced_at(move) < at), None)


def _shift(move: Entry) -> timedelta:
    return move.start.wall - move.replaces.on_clocks_of(move.start.zone) if move.replaces else timedelta(0)
