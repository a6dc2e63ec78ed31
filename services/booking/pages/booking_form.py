"""The form that books one session or a series, with the conflicts of a series solved one by one.

The fields: `starts_at` is a chosen free time, else `day` and `clock` are typed; `every_weeks` is empty for a single
session; `instead.N` replaces occurrence N of a series: another time, or LEFT_OUT.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, cast
from uuid import UUID

from starlette.responses import Response

from services.booking.calendar import availability
from services.booking.calendar.offers import REFUSAL_TEXTS, Slot, SlotTaken
from services.booking.models.people import Process
from services.booking.models.sessions import Session
from services.booking.pages.site import pages
from services.booking.sessions import booking, series, sessions
from services.booking.sessions.booking import SessionCreate
from services.booking.sessions.series import SeriesClash, SeriesConflicts, SeriesCreate
from services.booking.sessions.sessions import MoreThanAgreed
from services.booking.supervision.processes import SESSION_LENGTHS
from services.core.database import Database
from services.events.catalogue import Actor
from services.finnish.workdays import at_wall_clock, exists, local
from services.web.errors.validation import invalid
from services.web.i18n.translation import word
from services.web.pages import forms
from services.web.pages.forms import Refused, filled_in
from services.web.protocol.etags import PreconditionFailed
from services.web.protocol.fields import Day, RequestBody
from services.web.security.visitors import Visitor

PLACE_FIELDS = ("minutes", "mode", "location", "join_url")
SERIES_FIELDS = ("every_weeks", "count")
INSTEAD, LEFT_OUT, BY_CLOCK, MEANT = "instead.", "pois", "kello", "enemman"


@dataclass(frozen=True)
class BookingAttempt:
    """What was typed, and why it was refused."""

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
        if self.exceeding:
            return {}
        return {_FIELDS.get(name, name): reason for name, reason in forms.reasons(self.refused).items()}

    @property
    def exceeding(self) -> MoreThanAgreed | None:
        """That it would be more than was agreed, which is to be pressed once more."""
        return self.refused if isinstance(self.refused, MoreThanAgreed) else None

    @property
    def nearest(self) -> Sequence[Slot]:
        """The free times nearest to one that is taken."""
        return cast(Sequence[Slot], self.refused.members["alternatives"]) if isinstance(self.refused, SlotTaken) else ()

    def version(self, current: str) -> str:
        return forms.version_seen(current, self.typed, self.refused)


class TypedTime(RequestBody):
    """A day and a time of day in Helsinki."""

    day: Day
    clock: Annotated[availability.TimeOfDay, forms.AsTyped]


@dataclass(frozen=True)
class Occurrence:
    """One session of a series to be booked: its time (none if left out) and its conflict, if any."""

    index: int
    starts_at: datetime | None
    clash: SeriesClash | None

    @property
    def name(self) -> str:
        """The name of its form field."""
        return f"{INSTEAD}{self.index}"

    @property
    def reason(self) -> str:
        return REFUSAL_TEXTS[self.clash.reason].fi if self.clash else ""


_FIELDS = {"first_starts_at": "starts_at"}
TAKEN = "Aika on jo varattu."
CHANGED_MEANWHILE = "Tapaaminen on muuttunut sen jälkeen, kun avasit tämän sivun. Tarkista tiedot ja jatka, jos haluat."


def parse_booking(typed: Mapping[str, str], process_id: UUID) -> SessionCreate | SeriesCreate:
    """Raises ValidationError or InvalidRequest; `forms.reasons` lists what is wrong."""
    start, place = parse_start(typed), filled_in(typed, PLACE_FIELDS)
    if not typed.get("every_weeks", "").strip():
        return SessionCreate.model_validate({"process_id": process_id, "starts_at": start, **place})
    rhythm = filled_in(typed, SERIES_FIELDS)
    return SeriesCreate.model_validate({"first_starts_at": start, "instead": _replacements(typed), **rhythm, **place})


def parse_start(typed: Mapping[str, str]) -> datetime | str:
    """The chosen free time, or the typed one."""
    chosen = typed.get("starts_at", "").strip()
    has_typed_clock = bool(typed.get("clock", "").strip())
    if chosen and chosen != BY_CLOCK:
        if has_typed_clock:
            raise invalid(
                "clock",
                "Valitse vapaa aika tai kirjoita kellonaika, ei molempia.",
                "Choose a free time or type one, not both.",
            )
        return chosen
    if not chosen and not has_typed_clock:
        raise invalid("starts_at", "Valitse aika.", "Choose a time.")
    wanted = TypedTime.model_validate(filled_in(typed, TypedTime.model_fields))
    if not exists(wanted.day, wanted.clock):
        raise invalid(
            "clock",
            "Tätä kellonaikaa ei ole: kellot siirtyvät silloin kesäaikaan.",
            "This time does not exist: the clocks move forward over it.",
        )
    return at_wall_clock(wanted.day, wanted.clock)


def _replacements(typed: Mapping[str, str]) -> list[dict[str, str | None]]:
    answers = {name.removeprefix(INSTEAD): value for name, value in typed.items() if name.startswith(INSTEAD) and value}
    return [{"index": index, "starts_at": None if value == LEFT_OUT else value} for index, value in answers.items()]


def planned_occurrences(
    process: Process, practice: availability.Practice, typed: Mapping[str, str], conflicts: SeriesConflicts
) -> list[Occurrence]:
    """Every occurrence of the typed series, with the conflicts."""
    wanted = parse_booking(typed, process.id)
    if not isinstance(wanted, SeriesCreate):
        raise TypeError("only a series has conflicts")
    spans = series.list_occurrences(wanted, sessions.session_length(process, wanted.minutes), practice)
    clashes = {clash.index: clash for clash in conflicts.clashes}
    starts = {index: span.start for index, span in spans.items()}
    return [Occurrence(index, starts.get(index), clashes.get(index)) for index in range(wanted.count)]


def chosen_day(typed: Mapping[str, str]) -> date | None:
    """The chosen day, or none if it is not a valid date."""
    try:
        chosen = typed.get("starts_at", "")
        if chosen and chosen != BY_CLOCK:
            return local(datetime.fromisoformat(chosen)).date()
        return date.fromisoformat(typed.get("day", ""))
    except (ValueError, OverflowError):
        return None


def chosen_minutes(typed: Mapping[str, str], process: Process) -> int:
    """The chosen length, or the one agreed for the process."""
    minutes = typed.get("minutes", "")
    return int(minutes) if minutes in map(str, SESSION_LENGTHS[process.form]) else process.session_minutes


def ensure_meant(
    db: Database, process: Process, wanted: SessionCreate | SeriesCreate, typed: Mapping[str, str]
) -> None:
    """More sessions than were agreed are booked only with a second press, which says so."""
    if MEANT not in typed:
        left_out = sum(value == LEFT_OUT for name, value in typed.items() if name.startswith(INSTEAD))
        more = wanted.count - left_out if isinstance(wanted, SeriesCreate) else 1
        sessions.ensure_within_plan(db, process, more)


def book_from_form(
    db: Database, process: Process, wanted: SessionCreate | SeriesCreate, by: Actor, now: datetime
) -> Sequence[Session]:
    """Book what the form asks for; the caller has locked the process."""
    if isinstance(wanted, SeriesCreate):
        return series.book_series(db, process, wanted, by, now)
    return [booking.book_session(db, process, availability.load_practice(db, process.supervisor_id), wanted, by, now)]


def show_series_conflicts(
    db: Database,
    visitor: Visitor,
    process: Process,
    typed: Mapping[str, str],
    conflicts: SeriesConflicts,
    *,
    action: str,
    tab: str,
) -> Response:
    """`action` is where the form is sent again, `tab` the current item of the navigation."""
    practice = availability.load_practice(db, process.supervisor_id)
    return pages.show(
        "series_conflicts.html",
        conflicts.status,
        visitor=visitor,
        process=process,
        plan=planned_occurrences(process, practice, typed, conflicts),
        typed=typed,
        action=action,
        tab=tab,
    )
