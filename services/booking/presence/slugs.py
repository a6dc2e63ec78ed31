"""The names of supervisors' pages in their addresses: /t/maija-meikalainen."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.booking.models.practice import Slug
from services.core.database import Database
from services.web.errors.problems import Problem
from services.web.errors.validation import WrongValue
from services.web.i18n.language import Text

SHAPE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST = 60
NAMELESS = "tyonohjaaja"
RESERVED = frozenset(("admin", "api", "kaikki", "kirjaudu", "kuva", "kuvat", "oma", "tietosuoja", "tyo")) | frozenset(
    ("upota", "uusi", "varaa", "yllapito")
)
"""Words that an address of ours means, or might come to mean, something else by."""
SPELT = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss", "ð": "d", "þ": "th", "ł": "l", "đ": "d"})
"""Letters that are no other letter with a mark on it, as å, ä and ö are."""


class SlugTaken(Problem):
    """Somebody else's page has this address."""

    status = 409
    finnish = "Osoite on jo toisen työnohjaajan."
    advice = Text(fi="Valitse toinen osoite.", en="Choose another one.")


def slug_of_name(name: str) -> str:
    """As Finns write a name in an address: å and ä become a, ö becomes o, what parts words a hyphen."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(SPELT))
    spelt = "".join(sign for sign in plain if not unicodedata.combining(sign))
    slug = re.sub(r"[^a-z0-9]+", "-", spelt.replace("'", "").replace("’", ""))[:LONGEST].strip("-")
    return slug if slug and slug not in RESERVED else NAMELESS


def variants(slug: str) -> Iterator[str]:
    """The slug, and with a number behind it where somebody else has it."""
    yield slug
    yield from (f"{slug}-{number}" for number in count(2))


def well_chosen(typed: str) -> str:
    slug = typed.lower()
    if not SHAPE.fullmatch(slug) or not 2 <= len(slug) <= LONGEST:
        raise WrongValue(
            "Osoitteessa voi olla kirjaimia a–z, numeroita ja niiden välissä yhdysmerkkejä, yhteensä 2–60 merkkiä.",
            "It may have letters a–z, digits, and hyphens between them, 2–60 characters in all.",
        )
    if slug in RESERVED:
        raise WrongValue("Tämä sana on varattu muuhun. Valitse toinen.", "This word is reserved. Choose another.")
    return slug


ChosenSlug = Annotated[str, AfterValidator(well_chosen)]


def current_slug(db: Database, supervisor_id: UUID) -> str | None:
    query = select(Slug.slug).where(Slug.supervisor_id == supervisor_id)
    return db.scalars(query.order_by(col(Slug.chosen_at).desc(), col(Slug.slug)).limit(1)).first()


def give_slug(db: Database, supervisor_id: UUID, name: str, now: datetime) -> None:
    """Give a new supervisor the first free address of their name."""
    for slug in variants(slug_of_name(name)):
        if _take(db, slug, supervisor_id, now):
            return


def choose_slug(db: Database, supervisor_id: UUID, slug: str, now: datetime) -> None:
    """From now on the page lies there. Addresses of before lead on to it, and nobody else gets them."""
    if slug == current_slug(db, supervisor_id) or _take(db, slug, supervisor_id, now):
        return
    taken = db.get_one(Slug, slug)
    if taken.supervisor_id != supervisor_id:
        raise SlugTaken
    taken.chosen_at = now


def _take(db: Database, slug: str, supervisor_id: UUID, now: datetime) -> bool:
    row = insert(Slug).values(slug=slug, supervisor_id=supervisor_id, chosen_at=now).on_conflict_do_nothing()
    return db.execute(row.returning(col(Slug.slug))).first() is not None
