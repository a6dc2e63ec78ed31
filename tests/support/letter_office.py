"""The notifier as its tests meet it: real events in, real letters out, and the practice's clock in the test's hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, make_url, select, text
from sqlmodel import col

from services.core import clock, database
from services.core.database import transaction
from services.core.sealing import carrying, sealing_of
from services.core.secrets import fresh_keys
from services.events import catalogue, outbox
from services.events.catalogue import Actor, Batch, Client, Event, Form, Mode
from services.finnish.workdays import at_wall_clock, local
from services.notifier.app import create_app
from services.notifier.delivery import queue, sender
from services.notifier.models import Letter, LetterStatus
from services.notifier.settings import Settings
from tests.databases import DatabaseServer
from tests.support.apps import app_of
from tests.support.messages import hand_over
from tests.support.smtp_catcher import SmtpCatcher

FEE = {"late_fee_percent": 100, "waives_force_majeure": True}


@dataclass
class Person:
    id: UUID
    name: str
    address: str


@dataclass
class Office:
    """A supervisor with one process; every method tells the notifier what booking would tell it."""

    engine: Engine
    settings: Settings
    catcher: SmtpCatcher
    clock_file: Path
    supervisor_id: UUID = field(default_factory=uuid4)
    process_id: UUID = field(default_factory=uuid4)
    people: list[Person] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    sessions: dict[UUID, dict[str, Any]] = field(default_factory=dict)

    @property
    def app(self) -> FastAPI:
        """What answers HTTP, and sends no letters."""
        return app_of(create_app, self.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"}))

    # -- time -------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        with transaction(self.engine) as db:
            return clock.now(db)

    def advance_to(self, moment: datetime) -> None:
        clock.advance(max(0, int((moment - self.now()).total_seconds()) + 1))

    def advance(self, **step: float) -> None:
        clock.advance(int(timedelta(**step).total_seconds()))

    def on(self, days: int, hour: int = 14, minute: int = 0) -> datetime:
        """A time by the wall on a Wednesday, at least so many days from now."""
        day = local(self.now()).date() + timedelta(days=days)
        day += timedelta(days=(2 - day.weekday()) % 7)
        return at_wall_clock(day, time(hour, minute))

    def begin_in_september(self) -> None:
        """On a Monday morning of weeks without a holiday."""
        today = local(self.now()).date()
        first = date(today.year + (today.month >= 9), 9, 1)
        monday = first + timedelta(days=-first.weekday() % 7)
        self.advance_to(at_wall_clock(monday, time(10)))

    # -- what is told -------------------------------------------------------------------------------------

    def hear(self, *events: Event) -> None:
        """As a worker does, inbox included; but while the seat is taken, nothing leaves."""
        from services.notifier import worker

        worker.app.loader.import_default_modules()
        with queue.sender_slot(self.engine):
            for event in events:
                hand_over(worker.app, event.name, self._message(event), **FROM_BOOKING)

    def hear_deed(self, *events: Event) -> None:
        """All of one deed, in one message."""
        from services.notifier import worker

        worker.app.loader.import_default_modules()
        with queue.sender_slot(self.engine):
            hand_over(worker.app, events[0].name, *map(self._message, events), **FROM_BOOKING)

    def _message(self, event: Event) -> dict[str, Any]:
        return outbox.envelope("booking", event, self.now()).model_dump(mode="json")

    def has_heard(self, until: datetime) -> None:
        """Of everything that booking told up to then."""
        self.run(
            "INSERT INTO heard VALUES ('booking', :until) ON CONFLICT (publisher) DO UPDATE SET until = :until",
            until=until,
        )

    def version(self, thing: object) -> int:
        self.versions[str(thing)] = self.versions.get(str(thing), 0) + 1
        return self.versions[str(thing)]

    def supervisor(self, **changes: Any) -> catalogue.SupervisorChanged:
        fields = {
            "version": self.version(self.supervisor_id),
            "supervisor_id": self.supervisor_id,
            "full_name": "Maija Meikäläinen",
            "email": "maija@example.fi",
            "title": "työnohjaaja STOry",
            "phone": "+358401234567",
            "calendar_link": uuid4(),
        }
        return catalogue.SupervisorChanged.model_validate(fields | changes)

    def process(self, **changes: Any) -> catalogue.ProcessEvent:
        client = Client(
            client_id=uuid4(),
            kind="organisation",
            name="Esimerkkikunta",
            first_name="Tiina",
            last_name="Tilaaja",
            email="tiina@example.fi",
        )
        fields = {
            "version": self.version(self.process_id),
            "process_id": self.process_id,
            "code": "P-0001",
            "title": "Ryhmätyönohjaus",
            "form": Form.group,
            "status": "active",
            "supervisor_id": self.supervisor_id,
            "client": client,
            "participant_ids": tuple(person.id for person in self.people),
            "planned_sessions": 10,
            "session_minutes": 75,
            "reminder_days": (7, 1),
            "opened_at": self.now(),
        }
        kind = catalogue.ProcessOpened if self.versions[str(self.process_id)] == 1 else catalogue.ProcessChanged
        return kind.model_validate(fields | changes)

    def intake(self, kind: type[Any], **changes: Any) -> Any:
        """The one first talk of this office, as it is now."""
        starts_at = self.on(10)
        fields = {
            "version": self.version("intake"),
            "intake_id": UUID(int=7),
            "supervisor_id": self.supervisor_id,
            "status": {catalogue.IntakeRequested: "held", catalogue.IntakeConfirmed: "confirmed"}.get(
                kind, "cancelled"
            ),
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=45),
            "full_name": "Asta Asiakas",
            "email": "asta@example.fi",
            "location": "Esimerkkikatu 1",
            "expires_at": self.now() + timedelta(minutes=30),
            "link": UUID(int=8),
        }
        return kind.model_validate(fields | changes)

    def participant(self, name: str, **changes: Any) -> catalogue.ParticipantChanged:
        person = next((known for known in self.people if known.name == name), None)
        if person is None:
            person = Person(uuid4(), name, f"{name.lower()}@example.fi")
            self.people.append(person)
        fields = {
            "version": self.version(person.id),
            "participant_id": person.id,
            "process_id": self.process_id,
            "first_name": name,
            "last_name": "Ohjattava",
            "email": person.address,
            "page_link": person.id,
            "joined_at": self.now(),
        }
        return catalogue.ParticipantChanged.model_validate(fields | changes)

    def opens(self, *names: str, **process: Any) -> None:
        """The supervisor, the process and its participants are known."""
        people = [self.participant(name) for name in names]
        self.hear(self.supervisor(), self.process(**process), *people)

    def booked(self, *times: datetime, **fields: Any) -> list[catalogue.SessionBooked]:
        """What one action books."""
        batch = Batch(id=uuid4(), size=len(times))
        return [self._book(starts_at, batch, fields) for starts_at in times]

    def _book(self, starts_at: datetime, batch: Batch, fields: dict[str, Any]) -> catalogue.SessionBooked:
        session_id, now = uuid4(), self.now()
        self.sessions[session_id] = {
            "session_id": session_id,
            "process_id": self.process_id,
            "supervisor_id": self.supervisor_id,
            "number": len(self.sessions) + 1,
            "status": "booked",
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=75),
            "mode": Mode.onsite,
            "location": "Esimerkkikatu 1",
            "booked_at": now,
            "changed_at": now,
            "changed_by": Actor.supervisor,
            "free_until": starts_at - timedelta(days=2),
            **FEE,
            **fields,
        }
        booked: catalogue.SessionBooked = self._tell(catalogue.SessionBooked, session_id, batch)
        return booked

    def moved(self, session_id: UUID, to: datetime, **fields: Any) -> catalogue.SessionRescheduled:
        times = {"starts_at": to, "ends_at": to + timedelta(minutes=75)}
        self.sessions[session_id] |= times | {"changed_at": self.now()} | fields
        told: catalogue.SessionRescheduled = self._tell(
            catalogue.SessionRescheduled, session_id, Batch(id=uuid4(), size=1)
        )
        return told

    def cancelled(self, *session_ids: UUID, **fields: Any) -> list[catalogue.SessionCancelled]:
        batch = Batch(id=uuid4(), size=len(session_ids))
        for session_id in session_ids:
            self.sessions[session_id] |= {"status": "cancelled", "changed_at": self.now()} | fields
        return [self._tell(catalogue.SessionCancelled, session_id, batch) for session_id in session_ids]

    def held(self, session_id: UUID) -> catalogue.SessionHeld:
        """Everybody came, and is asked for feedback."""
        links = {person.id: uuid4() for person in self.people}
        self.sessions[session_id] |= {"status": "held", "changed_at": self.now(), "feedback_links": links}
        told: catalogue.SessionHeld = self._tell(catalogue.SessionHeld, session_id, Batch(id=uuid4(), size=1))
        return told

    def said(
        self, meeting: catalogue.SessionBooked, name: str, intention: catalogue.Intention
    ) -> catalogue.AttendanceIntended:
        person = next(known for known in self.people if known.name == name)
        return catalogue.AttendanceIntended(
            version=self.version((meeting.session_id, person.id)),
            session_id=meeting.session_id,
            process_id=self.process_id,
            participant_id=person.id,
            intention=intention,
            starts_at=meeting.starts_at,
        )

    def erased(self, name: str) -> catalogue.ParticipantErased:
        person = next(known for known in self.people if known.name == name)
        version = self.version(person.id)
        return catalogue.ParticipantErased(version=version, participant_id=person.id, process_id=self.process_id)

    def _tell(self, kind: type[Any], session_id: UUID, batch: Batch) -> Any:
        return kind.model_validate(
            self.sessions[session_id] | {"version": self.version(session_id), "batch": batch.model_dump()}
        )

    # -- what follows -------------------------------------------------------------------------------------

    def send(self) -> bool:
        """One round of a sender; says whether more is due."""
        return sender.send_due_letters(self.engine, self.settings)

    def send_all(self) -> None:
        while self.send():
            pass

    def rows(self, **where: Any) -> list[Letter]:
        with transaction(self.engine) as db:
            conditions = [col(getattr(Letter, name)) == value for name, value in where.items()]
            return list(db.scalars(select(Letter).where(*conditions).order_by(col(Letter.due_at), col(Letter.id))))

    def kinds(self, *statuses: LetterStatus) -> list[str]:
        return [row.kind for row in self.rows() if not statuses or row.status in statuses]

    def received(self, name: str | None = None) -> list[EmailMessage]:
        address = f"{name.lower()}@example.fi" if name else ""
        return [message for message in self.catcher.messages if address in str(message["To"])]

    def run(self, statement: str, **values: Any) -> None:
        with transaction(self.engine) as db:
            db.execute(text(statement), values)

    def let_pauses_pass(self) -> None:
        """As if every letter's pause and the server's rest were over."""
        self.run("UPDATE letter SET next_try_at = least(next_try_at, due_at) WHERE status = 'planned'")
        self.let_the_server_rest_pass()

    def let_the_server_rest_pass(self) -> None:
        self.run("UPDATE server_rest SET until = now() - interval '1 s'")

    def server_rest_seconds(self) -> int:
        with transaction(self.engine) as db:
            return round(db.scalar(text("SELECT extract(epoch FROM until - now()) FROM server_rest")) or 0)

    def let_leases_pass(self) -> None:
        self.run("UPDATE letter SET leased_until = now() - interval '1 s' WHERE leased_until IS NOT NULL")


KEYS = fresh_keys()
SHARED = KEYS["BOOKING_NOTIFIER_KEY"]
FROM_BOOKING = {"sender": "booking", "reader": "notifier", "shared_keys": SHARED}
SECRETS = ("TOKEN_VERIFY_KEY", "NOTIFIER_KEY", "BOOKING_NOTIFIER_KEY", "REPORTING_NOTIFIER_KEY")


def environment_of(database_url: str, redis_url: str, smtp_url: str, clock_file: Path) -> dict[str, str]:
    return {
        **{name: KEYS[name] for name in SECRETS},
        "NOTIFIER_DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SMTP_URL": smtp_url,
        "MAIL_FROM": "tyonohjaus@practice.example",
        "PUBLIC_URL": "https://practice.example",
        "DEMO_CLOCK_FILE": str(clock_file),
    }


@cache
def engine_of(url: str) -> Engine:
    """One for all tests with this database: what it has once compiled is not compiled again."""
    sealing = sealing_of("notifier", KEYS["NOTIFIER_KEY"], {"booking": SHARED})
    return carrying(database.engine(url, pool_size=4), sealing)


@contextmanager
def open_office(server: DatabaseServer, redis_url: str, catcher: SmtpCatcher, folder: Path) -> Iterator[Office]:
    """An office on a database of its own; this process's environment is its own as well."""
    with server.migrated("notifier") as url, pytest.MonkeyPatch.context() as patch:
        for name, value in environment_of(url, redis_url, catcher.url, folder / "clock").items():
            patch.setenv(name, value)
        from services.notifier import settings, worker

        for remembered in (settings.settings, worker.poster):
            remembered.cache_clear()
        if worker.engine().url != make_url(url):
            worker.engine().dispose()
            worker.engine.cache_clear()
        office = Office(engine_of(url), settings.settings(), catcher, folder / "clock")
        office.begin_in_september()
        office.has_heard(until=office.now() + timedelta(days=3650))
        yield office
