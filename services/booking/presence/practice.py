"""What the practice says of itself: its name and look, what it offers, and what its page on privacy adds."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select

from services.booking.models.practice import Practice
from services.booking.presence import events
from services.core import design
from services.core.database import Database
from services.events.outbox import stage
from services.web.errors.validation import WrongValue
from services.web.pages.rendering import digest_of
from services.web.protocol.etags import IfMatch, etag
from services.web.protocol.fields import Line, Lines, RequestBody, optional
from services.web.protocol.pictures import Picture, accepted, logo_of


def readable_accent(typed: str) -> str:
    """A colour in which links and buttons can be read; in the dark a lighter shade of it is made by itself."""
    colour = typed.lower()
    if not design.COLOUR.fullmatch(colour):
        raise WrongValue("Anna väri muodossa #1f5d55.", "Give the colour as #1f5d55.")
    if not design.stands_out(colour, design.LIGHT):
        nearest = design.nearest_accent(colour, design.LIGHT)
        raise WrongValue(
            f"Väri ei erotu vaaleasta taustasta (kontrasti on alle 4,5 : 1). Lähin sävy, joka erottuu, on {nearest}.",
            f"It does not stand out from light paper (contrast below 4.5:1). The nearest that does is {nearest}.",
        )
    return colour


Accent = Annotated[str, AfterValidator(readable_accent)]


class PracticeUpdate(RequestBody):
    name: Line = optional()
    accent: Accent = optional()
    introduction: Lines | None = None
    offer: Lines | None = None
    privacy_additions: Lines | None = None


class PracticeReplace(PracticeUpdate):
    """All of it: what is left out is emptied."""

    name: Line
    accent: Accent = design.LIGHT.accent


def practice_of(db: Database) -> Practice:
    """The practice of this installation; as long as nobody has named it, the usual one."""
    return db.get(Practice, 1) or Practice()


def offered(practice: Practice) -> list[tuple[str, str]]:
    """What is offered and its price, line by line: what stands behind the last colon of a line is the price."""
    lines = (line.strip() for line in (practice.offer or "").splitlines())
    pairs = (line.rpartition(": ") if ": " in line else (line, "", "") for line in lines if line)
    return [(what.strip(), price.strip()) for what, _, price in pairs]


def picture_path(picture: Picture) -> str:
    """Another picture has another address, so each may be kept for ever."""
    return f"/kuvat/{digest_of(picture.content)}.{picture.extension}"


def lock_practice(db: Database, now: datetime) -> Practice:
    """The practice's row, which is made where it is missing, for whoever changes it."""
    db.execute(insert(Practice).values(Practice(updated_at=now).model_dump()).on_conflict_do_nothing())
    return db.scalars(select(Practice).with_for_update()).one()


def change_practice(db: Database, practice: Practice, wanted: PracticeUpdate, match: IfMatch, now: datetime) -> None:
    """The caller holds the lock on the practice's row. What is left out stays as it is."""
    match.check(etag(practice.version))
    _write(db, practice, wanted.model_dump(exclude_unset=True), now)


def change_logo(db: Database, practice: Practice, file: bytes | None, now: datetime) -> None:
    """Another logo, or none. The caller holds the lock on the practice's row."""
    logo = accepted("logo", logo_of, file) if file is not None else None
    path = picture_path(logo) if logo else None
    kept = {"logo": logo.content, "logo_type": logo.media_type} if logo else {"logo": None, "logo_type": None}
    _write(db, practice, {**kept, "logo_path": path}, now)


def _write(db: Database, practice: Practice, columns: dict[str, Any], now: datetime) -> None:
    practice.sqlmodel_update(columns)
    practice.version, practice.updated_at = practice.version + 1, now
    stage(db, "booking", now, [events.practice_changed(practice)])
