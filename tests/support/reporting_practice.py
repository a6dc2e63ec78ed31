"""Reporting as its tests meet it: what booking would tell goes in, reports come out, and the clock is in their hand."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, make_url, select, text
from sqlmodel import col

from services.core import clock
from services.core.database import transaction
from services.core.sealing import sealing_of
from services.core.secrets import fresh_keys
from services.events import catalogue, outbox
from services.events.catalogue import Actor, Batch, Envelope, Event, Form, Mode, Phase
from services.events.sealed_fields import open_event
from services.finnish.workdays import at_wall_clock
from services.reporting.app import create_app
from services.reporting.models import Report, ReportStatus
from services.reporting.settings import Settings
from services.reporting.workflow import build, schedule
from services.web.security.links import secret
from services.web.security.tokens import Principal, Role, sign
from tests.databases import DatabaseServer
from tests.support.apps import app_of
from tests.support.messages import hand_over

BEGINS = date(2041, 1, 7)

Levels = Mapping[UUID, int]
Json = dict[str, Any]


def five_levels(about: str) -> dict[str, str]:
    return {level: f"{about}: taso {level}" for level in ("-2", "-1", "0", "1", "2")}


@dataclass
class Course:
    """One process, and what has been told of it."""

    practice: "Practice"
    people: list[UUID]
    fields: Json
    id: UUID = field(default_factory=uuid4)
    goals: list[UUID] = field(default_factory=list)
    wordings: list[Json] = field(default_factory=list)
    sessions: dict[UUID, Json] = field(default_factory=dict)
    rounds: dict[UUID, Json] = field(default_factory=dict)

    def tell(self, kind: type[catalogue.ProcessEvent] = catalogue.ProcessChanged, **changes: Any) -> None:
        self.fields |= changes
        version = self.practice.version(self.id)
        known = {"process_id": self.id, "participant_ids": tuple(self.people), "version": version}
        self.practice.tell(kind.model_validate(self.fields | known))

    def close(self) -> None:
        self.tell(catalogue.ProcessClosed, status="closed", closed_at=self.practice.now())

    # -- meetings -----------------------------------------------------------------------------------------

    def book(self, starts_at: datetime) -> UUID:
        session_id = uuid4()
        self.sessions[session_id] = {
            "session_id": session_id,
            "process_id": self.id,
            "supervisor_id": self.fields["supervisor_id"],
            "number": len(self.sessions) + 1,
            "status": "booked",
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=120),
            "mode": Mode.onsite,
            "booked_at": self.practice.now(),
            "changed_by": Actor.supervisor,
            "free_until": starts_at,
            "late_fee_percent": 100,
            "waives_force_majeure": True,
        }
        self._tell_session(session_id, catalogue.SessionBooked)
        return session_id

    def cancel(self, session_id: UUID) -> None:
        self._tell_session(session_id, catalogue.SessionCancelled, status="cancelled")

    def hold(
        self,
        starts_at: datetime,
        present: Sequence[UUID] | None = None,
        excused: Sequence[UUID] = (),
        no_show: Sequence[UUID] = (),
    ) -> UUID:
        """A meeting that took place; all came, unless somebody is named."""
        session_id = self.book(starts_at)
        came = self.people if present is None else present
        who = {"present": tuple(came), "excused": tuple(excused), "no_show": tuple(no_show)}
        self._tell_session(session_id, catalogue.SessionHeld, status="held", **who)
        return session_id

    def _tell_session(self, session_id: UUID, kind: type[catalogue.SessionEvent], **changes: Any) -> None:
        self.sessions[session_id] |= changes | {"changed_at": self.practice.now()}
        told = {"version": self.practice.version(session_id), "batch": Batch(id=uuid4(), size=1)}
        self.practice.tell(kind.model_validate(self.sessions[session_id] | told))

    def summarise(self, session_id: UUID, *actions: tuple[str, date | None, bool]) -> None:
        told = catalogue.SummaryPublished(
            version=self.practice.version(f"summary of {session_id}"),
            summary_id=UUID(int=session_id.int ^ 1),
            session_id=session_id,
            process_id=self.id,
            published_at=self.practice.now(),
            sends_letter=False,
            links={},
            link_expires_at=self.practice.now(),
            actions=tuple(catalogue.ActionItem(text=what, due_date=due, done=done) for what, due, done in actions),
        )
        self.practice.tell(told)

    # -- goals and answers --------------------------------------------------------------------------------

    def agree(self, *goals: Json) -> list[UUID]:
        """Goals by title, importance and baseline; those of an earlier agreement are given up."""
        version = self.practice.version(f"goals of {self.id}")
        earlier, self.wordings = list(self.wordings), []
        for goal in goals:
            usual = {"goal_id": uuid4(), "levels": five_levels(goal["title"]), "importance": 1, "baseline": -1}
            self.wordings.append(usual | {"since": version} | goal)
        told = {"goals": self.wordings, "earlier": earlier, "agreed_at": self.practice.now()}
        event = catalogue.GoalsAgreed.model_validate(told | {"version": version, "process_id": self.id})
        self.practice.tell(event)
        self.goals = [goal.goal_id for goal in event.goals]
        return self.goals

    def open_round(self, phase: Phase, due_in: timedelta = timedelta(days=14)) -> UUID:
        round_id = uuid4()
        self.rounds[round_id] = {
            "evaluation_id": round_id,
            "process_id": self.id,
            "phase": phase,
            "status": "open",
            "opened_at": self.practice.now(),
            "due_at": self.practice.now() + due_in,
            "invited": tuple(self.people),
        }
        self._tell_round(round_id, catalogue.EvaluationRequested)
        return round_id

    def answer(
        self,
        round_id: UUID,
        person: UUID | None,
        levels: Sequence[int | None] = (),
        benefits: Mapping[str, int | None] | None = None,
        **changes: Any,
    ) -> None:
        """The levels are in the order of the goals; None rates nothing."""
        answer_id = UUID(int=round_id.int ^ (person.int if person else 1))
        event = catalogue.EvaluationAnswered(
            version=self.practice.version(answer_id),
            answer_id=answer_id,
            evaluation_id=round_id,
            process_id=self.id,
            phase=self.rounds[round_id]["phase"],
            participant_id=person,
            goals={goal: level for goal, level in zip(self.goals, levels, strict=False) if level is not None},
            benefits=dict(benefits or {}),
            answered_at=self.practice.now(),
            wording_version=self.practice.versions.get(f"goals of {self.id}", 1),
        )
        self.rounds[round_id].setdefault("heard", set()).add(person)
        self.practice.tell(event.model_copy(update=changes))

    def close_round(self, round_id: UUID) -> None:
        heard = self.rounds[round_id].get("heard", set()) - {None}
        self.rounds[round_id] |= {"status": "closed", "closed_at": self.practice.now(), "answered": len(heard)}
        self._tell_round(round_id, catalogue.EvaluationClosed)

    def _tell_round(self, round_id: UUID, kind: type[catalogue.EvaluationEvent]) -> None:
        told = {"version": self.practice.version(round_id)}
        self.practice.tell(kind.model_validate(self.rounds[round_id] | told))

    def round(self, phase: Phase, *answers: Sequence[int | None], **benefits: Sequence[int | None]) -> UUID:
        """A round in which the first people answer, one after the other, and which is closed then."""
        round_id = self.open_round(phase)
        for number, levels in enumerate(answers):
            said = {benefit: values[number] for benefit, values in benefits.items()}
            self.answer(round_id, self.people[number], levels, said)
        self.close_round(round_id)
        return round_id


@dataclass
class Practice:
    """A supervisor's practice, told to reporting event by event."""

    engine: Engine
    keys: Mapping[str, str]
    api: Any
    supervisor_id: UUID = field(default_factory=uuid4)
    client_id: UUID = field(default_factory=uuid4)
    versions: dict[str, int] = field(default_factory=dict)
    told: list[Event] = field(default_factory=list)
    holds_back: bool = False

    @property
    def settings(self) -> Settings:
        settings: Settings = self.api.state.settings
        return settings

    # -- time ---------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        with transaction(self.engine) as db:
            return clock.now(db)

    def advance_to(self, day: date, at: time = time(10)) -> datetime:
        """To a moment on the clocks of Helsinki."""
        moment = at_wall_clock(day, at)
        clock.advance(max(0, int((moment - self.now()).total_seconds()) + 1))
        return moment

    # -- what is told -------------------------------------------------------------------------------------

    def version(self, thing: object) -> int:
        self.versions[str(thing)] = self.versions.get(str(thing), 0) + 1
        return self.versions[str(thing)]

    def tell(self, event: Event) -> None:
        self.told.append(event)
        if not self.holds_back:
            self.hear(event)

    def hear(self, event: Event) -> None:
        """As a worker does, inbox included."""
        from services.reporting import worker

        worker.app.loader.import_default_modules()
        message = outbox.envelope("booking", event, self.now()).model_dump(mode="json")
        hand_over(worker.app, event.name, message, sender="booking", reader="reporting", shared_keys=SHARED)

    def supervisor(self, supervisor_id: UUID | None = None, **changes: Any) -> None:
        known = supervisor_id or self.supervisor_id
        fields = {
            "version": self.version(known),
            "supervisor_id": known,
            "full_name": "Maija Meikäläinen",
            "email": "maija@example.fi",
            "title": "työnohjaaja STOry",
            "calendar_link": uuid4(),
        }
        self.tell(catalogue.SupervisorChanged.model_validate(fields | changes))

    def course(self, form: Form = Form.group, people: int | Sequence[UUID] = 5, **changes: Any) -> Course:
        """A process that is opened now, with so many participants."""
        client = {"client_id": self.client_id, "kind": "organisation", "name": "Esimerkkilän kaupunki"}
        contact = {"first_name": "Tiina", "last_name": "Tilaaja", "email": "tiina@example.fi"}
        fields = {
            "code": f"TO-{len(self.versions):03}",
            "title": "Esihenkilöiden työnohjaus",
            "form": form,
            "status": "active",
            "supervisor_id": self.supervisor_id,
            "client": client | contact,
            "planned_sessions": 10,
            "session_minutes": 120,
            "reminder_days": (),
            "opened_at": self.now(),
        }
        members = [uuid4() for _ in range(people)] if isinstance(people, int) else list(people)
        course = Course(self, members, fields | changes)
        course.tell(catalogue.ProcessOpened)
        return course

    # -- what comes of it ---------------------------------------------------------------------------------

    def run(self, statement: str, **values: Any) -> Any:
        with transaction(self.engine) as db:
            return db.execute(text(statement), values)

    def let_quiet_come(self) -> None:
        """As if nothing had come in for a while."""
        self.run("UPDATE inbox SET received_at = received_at - interval '1 minute'")

    def work(self) -> int:
        """What tick and worker do; returns how many reports were looked at."""
        self.let_quiet_come()
        with transaction(self.engine) as db:
            schedule.plan_calendar(db, clock.now(db))
        made = 0
        while build.make_next_report(self.engine, self.settings):
            made += 1
        return made

    def reports(self, *statuses: ReportStatus, **where: Any) -> list[Report]:
        with transaction(self.engine) as db:
            conditions = [col(getattr(Report, name)) == value for name, value in where.items()]
            if statuses:
                conditions.append(col(Report.status).in_(statuses))
            return list(db.scalars(select(Report).where(*conditions).order_by(col(Report.id))))

    def staged(self, kind: type[catalogue.ReportEvent]) -> list[Any]:
        """The events that wait for the notifier, in their order, as it opens them."""
        notifier = sealing_of("notifier", KEYS["NOTIFIER_KEY"], {"reporting": KEYS["REPORTING_NOTIFIER_KEY"]})
        with transaction(self.engine) as db:
            rows = db.execute(text("SELECT envelope FROM outbox ORDER BY position")).scalars().all()
        told = [Envelope.model_validate(row) for row in rows if row["type"] == kind.name]
        return [open_event(notifier, "reporting", envelope) for envelope in told]

    # -- who asks -----------------------------------------------------------------------------------------

    def as_(self, role: Role, party_id: UUID | None = None) -> TestClient:
        token = sign(self.keys["TOKEN_SIGNING_KEY"], Principal(role, party_id, f"{role}-1"))
        return TestClient(self.api, headers={"Authorization": f"Bearer {token}"}, follow_redirects=False)

    @property
    def admin(self) -> TestClient:
        return self.as_(Role.admin)

    @property
    def maija(self) -> TestClient:
        return self.as_(Role.supervisor, self.supervisor_id)

    @property
    def client(self) -> TestClient:
        return self.as_(Role.client, self.client_id)

    def visitor(self) -> TestClient:
        return TestClient(self.api, "https://testserver", follow_redirects=False)

    def address(self, link_id: UUID) -> str:
        return f"/raportti/{secret(self.settings.link_key, link_id)}"


def environment_of(keys: Mapping[str, str], database_url: str, redis_url: str, clock_file: Path) -> dict[str, str]:
    return {
        **{name: keys[name] for name in SECRETS},
        "REPORTING_DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PUBLIC_URL": "https://practice.example",
        "DEMO_CLOCK_FILE": str(clock_file),
    }


KEYS = fresh_keys()
SHARED = KEYS["BOOKING_REPORTING_KEY"]
SECRETS = ("TOKEN_VERIFY_KEY", "REPORTING_KEY", "BOOKING_REPORTING_KEY", "REPORTING_NOTIFIER_KEY")


@contextmanager
def open_practice(server: DatabaseServer, redis_url: str, folder: Path) -> Iterator[Practice]:
    """A practice on a database of its own; this process's environment is its own as well."""
    with server.migrated("reporting") as url, pytest.MonkeyPatch.context() as patch:
        for name, value in environment_of(KEYS, url, redis_url, folder / "clock").items():
            patch.setenv(name, value)
        from services.reporting import settings, worker

        for remembered in (settings.settings, worker.poster):
            remembered.cache_clear()
        if worker.engine().url != make_url(url):
            worker.engine().dispose()
            worker.engine.cache_clear()
        app = app_of(create_app, settings.settings())
        practice = Practice(app.state.engine, KEYS, app)
        practice.advance_to(BEGINS)
        practice.supervisor()
        yield practice
