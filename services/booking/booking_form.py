"""A booking as it is typed into a form: one meeting or a series, with the conflicts of a series solved one by one.

The fields: `starts_at` is a free time that was chosen, else `day` and `clock` say when; `every_weeks` is empty for a
single meeting; `instead.N` says what becomes of occurrence N of a series, another time or LEFT_OUT.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from services.booking import availability, meetings, scheduling, series
from services.booking.availability import Clock, Practice
from services.booking.models import Process, Session
from services.booking.offers import WHY_NOT, Slot, SlotTaken
from services.booking.scheduling import SessionWish
from services.booking.series import Clash, SeriesConflicts, SeriesWish
from services.booking.shapes import Day, Wish
from services.booking.supervision import LENGTHS
from services.database import Database
from services.events.catalogue import Actor
from services.web import forms
from services.web.etags import PreconditionFailed
from services.web.forms import Refused, filled_in
from services.web.translation import word
from services.web.validation import invalid
from services.workdays import HELSINKI, at_wall_clock, exists, local

PLACE = ("minutes", "mode", "location", "join_url")
RHYTHM = ("every_weeks", "count")
INSTEAD, LEFT_OUT, BY_CLOCK = "instead.", "pois", "kello"


@dataclass(frozen=True)
class Attempt:
    """What was typed, and why it can't be had."""

    typed: Mapping[str, str]
    refused: Refused | None = None

    @property
    def status(self) -> int:
        return forms.status_of(self.refused)

    @property
    def wrong(self) -> dict[str, str]:
        if isinstance(self.refused, SlotTaken):
            return {"starts_at": word(TAKEN)}
        if isinstance(self.refused, PreconditionFailed):
            return {"": word(CHANGED_MEANWHILE)}
        return {_FIELDS.get(name, name): reason for name, reason in forms.reasons(self.refused).items()}

    @property
    def nearest(self) -> Sequence[Slot]:
        """The free times instead of one that is taken."""
        return cast(Sequence[Slot], self.refused.members["alternatives"]) if isinstance(self.refused, SlotTaken) else ()

    def version(self, current: str) -> str:
        return forms.version_seen(current, self.typed, self.refused)


class TypedTime(Wish):
    """A time by the clock on the supervisor's wall."""

    day: Day
    clock: Clock


@dataclass(frozen=True)
class Occurrence:
    """One meeting of a series that is being planned: its time, none if it is left out, and why it can't be had."""

    index: int
    starts_at: datetime | None
    clash: Clash | None

    @property
    def name(self) -> str:
        """The field that says what becomes of it."""
        return f"{INSTEAD}{self.index}"

    @property
    def reason(self) -> str:
        return WHY_NOT[self.clash.reason].fi if self.clash else ""


_FIELDS = {"first_starts_at": "starts_at"}
TAKEN = "Aika on jo varattu."
CHANGED_MEANWHILE = "Tapaaminen on muuttunut sen jälkeen, kun avasit tämän sivun. Tarkista tiedot ja jatka, jos haluat."


def wish_of(typed: Mapping[str, str], process_id: UUID, zone: ZoneInfo = HELSINKI) -> SessionWish | SeriesWish:
    """What the form asks for. Raises ValidationError or InvalidRequest, which `reasons` of services.web.forms tells."""
    start, place = start_of(typed, zone), filled_in(typed, PLACE)
    if not typed.get("every_weeks", "").strip():
        return SessionWish.model_validate({"process_id": process_id, "starts_at": start, **place})
    rhythm = filled_in(typed, RHYTHM)
    return SeriesWish.model_validate({"first_starts_at": start, "instead": _solved(typed), **rhythm, **place})


def start_of(typed: Mapping[str, str], zone: ZoneInfo = HELSINKI) -> datetime | str:
    """The free time that was chosen, or the one that was typed."""
    chosen = typed.get("starts_at", "").strip()
    has_typed_clock = bool(typed.get("clock", "").strip())
    if chosen and chosen != BY_CLOCK:
        if has_typed_clock:
            raise invalid("clock", "Valitse vapaa aika tai kirjoita kellonaika, ei molempia.", "Choose one of the two.")
        return chosen
    if not chosen and not has_typed_clock:
        raise invalid("starts_at", "Valitse aika.", "Choose a time.")
    wanted = TypedTime.model_validate(_as_clock(filled_in(typed, TypedTime.model_fields)))
    if not exists(wanted.day, wanted.clock, zone):
        raise invalid(
            "clock", "Tätä kellonaikaa ei ole: kellot siirtyvät silloin kesäaikaan.", "The clocks leap over this time."
        )
    return at_wall_clock(wanted.day, wanted.clock, zone)


def _as_clock(typed: dict[str, str]) -> dict[str, str]:
    """People write 9.30 where the machine wants 09:30."""
    if "clock" in typed:
        typed["clock"] = typed["clock"].strip().replace(".", ":").zfill(len("09:30"))
    return typed


def _solved(typed: Mapping[str, str]) -> list[dict[str, str | None]]:
    said = {name.removeprefix(INSTEAD): value for name, value in typed.items() if name.startswith(INSTEAD) and value}
    return [{"index": index, "starts_at": None if value == LEFT_OUT else value} for index, value in said.items()]


def planned(
    process: Process, practice: Practice, typed: Mapping[str, str], conflicts: SeriesConflicts
) -> list[Occurrence]:
    """Every occurrence of the typed series as it stands now, with those that can't be had."""
    wish = wish_of(typed, process.id)
    if not isinstance(wish, SeriesWish):
        raise TypeError("only a series has conflicts")
    spans = series.occurrences(wish, meetings.length_of(process, wish.minutes), practice)
    clashes = {clash.index: clash for clash in conflicts.clashes}
    return [
        Occurrence(index, spans[index].start if index in spans else None, clashes.get(index))
        for index in range(wish.count)
    ]


def day_of(typed: Mapping[str, str]) -> date | None:
    """The day that was chosen, if it is one at all."""
    try:
        chosen = typed.get("starts_at", "")
        if chosen and chosen != BY_CLOCK:
            return local(datetime.fromisoformat(chosen)).date()
        return date.fromisoformat(typed.get("day", ""))
    except (ValueError, OverflowError):
        return None


def minutes_of(typed: Mapping[str, str], process: Process) -> int:
    """The length that was chosen, or the one agreed for the process."""
    minutes = typed.get("minutes", "")
    return int(minutes) if minutes in map(str, LENGTHS[process.form]) else process.session_minutes


def book(db: Database, process: Process, wish: SessionWish | SeriesWish, by: Actor, now: datetime) -> Sequence[Session]:
    """Book what the form asks for in a process, whose row the caller has locked."""
    if isinstance(wish, SeriesWish):
        return series.book_series(db, process, wish, by, now)
    return [scheduling.book(db, process, availability.load(db, process.supervisor_id), wish, by, now)]
