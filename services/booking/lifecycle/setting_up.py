"""How far an operator has come with setting the practice up: five steps, each of which can be skipped or taken later.

A step is done when what it makes is there, however it was made; so whoever closes the browser goes on where they were.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator
from sqlmodel import col, select

from services.booking.calendar.availability import AvailabilityCreate, ClosingTime, TimeOfDay, WeeklyHoursCreate
from services.booking.models.calendar import WeeklyHours
from services.booking.models.installation import Setup
from services.booking.models.people import Client, Supervisor
from services.booking.models.practice import Practice
from services.booking.models.security import Link
from services.booking.security import audit, links, setup
from services.booking.security.accounts import ADMIN_PARTY_ID
from services.booking.security.links import LinkPurpose
from services.booking.security.setup import end_setup
from services.booking.settings import Settings
from services.core.database import Database, new_id
from services.events.catalogue import TestLetterRequested
from services.events.outbox import stage
from services.web.errors.validation import WrongValue
from services.web.protocol.fields import EmailAddress, RequestBody
from services.web.security.links import digest

TEST_LETTER_LIFETIME = timedelta(days=2)


class Step(StrEnum):
    """The steps in their order; the value is the end of the step's address."""

    practice = "toiminimi"
    supervisor = "tyonohjaaja"
    hours = "tyoajat"
    mail = "posti"
    client = "tilaaja"


@dataclass(frozen=True)
class Progress:
    """What is done, and what was put off."""

    setup: Setup | None
    done: frozenset[Step]

    @property
    def skipped(self) -> frozenset[Step]:
        return frozenset(step for step in Step if self.setup and step in self.setup.skipped) - self.done

    @property
    def next(self) -> Step | None:
        return next((step for step in Step if step not in self.done | self.skipped), None)

    @property
    def is_listed(self) -> bool:
        """On the admin's page, until all is done or they don't want to see it."""
        return bool(self.setup and not self.setup.dismissed_at and self.done != frozenset(Step))


class SameHours(RequestBody):
    """The same working hours on each of some days."""

    days: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(max_length=7)]
    start: TimeOfDay
    end: ClosingTime

    @model_validator(mode="after")
    def has_a_day(self) -> "SameHours":
        if not self.days:
            raise WrongValue("Valitse ainakin yksi päivä.", "Choose at least one day.")
        return self

    def availability(self) -> AvailabilityCreate:
        hours = [WeeklyHoursCreate(weekday=day, start=self.start, end=self.end) for day in sorted(set(self.days))]
        return AvailabilityCreate(weekly=hours)


class TestLetterCreate(RequestBody):
    email: EmailAddress


def read_progress(db: Database) -> Progress:
    row = setup.find_setup(db)
    practice = db.get(Practice, 1)
    facts = {
        Step.practice: practice is not None and practice.version > 1,
        Step.supervisor: setup.has_supervisor(db),
        Step.hours: db.scalar(select(WeeklyHours.id).limit(1)) is not None,
        Step.mail: bool(row and row.letter_arrived_at),
        Step.client: db.scalar(select(Client.id).limit(1)) is not None,
    }
    return Progress(row, frozenset(step for step, is_done in facts.items() if is_done))


def first_supervisor(db: Database, *, lock: bool = False) -> Supervisor | None:
    """Whose practice is set up."""
    query = select(Supervisor).order_by(col(Supervisor.created_at), col(Supervisor.id)).limit(1)
    return db.scalars(query.with_for_update() if lock else query).first()


def skip_step(db: Database, step: Step, now: datetime) -> None:
    row = setup.find_setup(db, lock=True)
    if row and step not in row.skipped:
        row.skipped = [*row.skipped, step.value]
        db.flush()
    note_progress(db, now)


def note_progress(db: Database, now: datetime) -> None:
    """The walk ends with its last step, and with it the setup secret."""
    db.flush()
    row = setup.find_setup(db, lock=True)
    if row and row.ended_at is None and read_progress(db).next is None:
        _end(db, row, now)


def dismiss_setup(db: Database, now: datetime) -> None:
    """What is left is not wanted: nothing of it is shown any more."""
    row = setup.find_setup(db, lock=True)
    if row:
        row.dismissed_at = row.dismissed_at or now
        if row.ended_at is None:
            _end(db, row, now)


def _end(db: Database, row: Setup, now: datetime) -> None:
    end_setup(row, now)
    audit.note(db, now, "setup.ended", f"admin/{ADMIN_PARTY_ID}")


def send_test_letter(db: Database, settings: Settings, email: str, now: datetime) -> None:
    """By the way of every letter. Its button says that it arrived, which no mail server can."""
    expires_at = now + TEST_LETTER_LIFETIME
    link = links.issue_link(db, settings.link_key, LinkPurpose.test_letter, ADMIN_PARTY_ID, expires_at)
    letter = TestLetterRequested(
        version=1, notice_id=new_id(), email=email, full_name="Ylläpito", link=link, expires_at=expires_at
    )
    stage(db, "booking", now, [letter])
    if row := setup.find_setup(db, lock=True):
        row.letter_sent_at = now


def confirm_test_letter(db: Database, secret: str, now: datetime) -> None:
    """Pressed twice it says no more than once."""
    links.find_link(db, LinkPurpose.test_letter, secret, now)
    link = db.get_one(Link, digest(secret), with_for_update=True, populate_existing=True)
    link.used_at = link.used_at or now
    if row := setup.find_setup(db, lock=True):
        row.letter_arrived_at = row.letter_arrived_at or now
    note_progress(db, now)
