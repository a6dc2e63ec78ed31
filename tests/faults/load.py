"""People who book, move and call off meetings, as programs that use the API well do, and what they were promised."""

import random
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from queue import Empty, SimpleQueue

import httpx

from services.finnish.workdays import at_wall_clock
from tests.faults.installation import House
from tests.support.practice import Json, eventually

ANSWERED_SECONDS = 120
"""How long one call is repeated before the service counts as broken."""
FIRST_DAY = 60
"""In how many days the meetings lie: so far that no reminder is due."""


@dataclass(frozen=True)
class State:
    """A meeting as one answered call left it."""

    version: int
    status: str
    starts_at: datetime
    ends_at: datetime
    #: by House.moment: when it was first asked for, and when the answer was there
    asked_at: float
    promised_at: float


@dataclass
class Meeting:
    id: str
    supervisor_id: str
    addresses: tuple[str, ...]
    states: list[State]

    @property
    def now(self) -> State:
        return self.states[-1]


@dataclass
class Ledger:
    """Every answered call, by the meeting that it made or changed."""

    #: how many letters others had got before
    letters_before: int = 0
    meetings: dict[str, Meeting] = field(default_factory=dict)
    refused: int = 0
    wrong: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    """How long each answered call took, without its repetitions."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, meeting: Meeting) -> None:
        with self._lock:
            self.meetings[meeting.id] = meeting

    @property
    def states(self) -> int:
        with self._lock:
            return sum(len(meeting.states) for meeting in self.meetings.values())


@dataclass(frozen=True)
class Case:
    """A process with those who take part."""

    id: str
    supervisor_id: str
    participants: dict[str, str]

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(self.participants.values())


class Stopped(Exception):
    """The load is over and this call was never answered."""


@dataclass
class Crowd:
    """Each person has meetings of their own, on calendars that all share."""

    installation: House
    cases: list[Case]
    first_morning: datetime
    days: int
    ledger: Ledger = field(default_factory=Ledger)
    people: list[threading.Thread] = field(default_factory=list)
    to_be_held: SimpleQueue[tuple[Meeting, Case]] = field(default_factory=SimpleQueue)
    over: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(cls, installation: House, supervisors: int = 2, days: int = 40) -> "Crowd":
        """Of every supervisor one process for one person and one for a pair, with meetings on so many days."""
        practice = installation.practice
        cases = [
            case
            for supervisor in [a_supervisor(installation) for _ in range(supervisors)]
            for case in (a_case(installation, supervisor, "individual", 1), a_case(installation, supervisor, "pair", 2))
        ]
        day = (practice.now() + timedelta(days=FIRST_DAY)).date()
        crowd = cls(installation, cases, at_wall_clock(day, datetime.min.time().replace(hour=8)), days)
        crowd.ledger.letters_before = len(installation.smtp.messages)
        crowd._let_meetings_begin()
        return crowd

    def _let_meetings_begin(self) -> None:
        """One of each supervisor is booked, its letter read and its hour come: who was there can be written down."""
        person, now = Person(self, random.Random(), 0), self.installation.practice.now()
        begins = now.replace(microsecond=0) + timedelta(minutes=2)
        for case in {case.supervisor_id: case for case in self.cases if len(case.participants) == 1}.values():
            meeting = person.book(case, begins)
            assert meeting, self.ledger.wrong
            self.to_be_held.put((meeting, case))
        self.installation.drain()

    # -- the load -----------------------------------------------------------------------------------------

    def start(self, people: int = 4, calls_a_second: float = 4, seed: int | None = None) -> "Crowd":
        """So many people, with so many calls a second in all, until `stop`; others may follow them."""
        self.over.clear()
        chances = [random.Random(None if seed is None else seed + number) for number in range(people)]
        everybody = [Person(self, chance, people / calls_a_second) for chance in chances]
        self.people = [threading.Thread(target=person.live, daemon=True) for person in everybody]
        for thread in self.people:
            thread.start()
        return self

    def stop(self) -> None:
        """Nobody begins anything more; what was begun is answered."""
        self.over.set()
        for thread in self.people:
            thread.join(ANSWERED_SECONDS + 30)
            assert not thread.is_alive()

    def wait_for(self, calls: int, seconds: float = 120) -> None:
        """Until so many more calls have been answered."""
        wanted = self.ledger.states + calls
        eventually(lambda: self.ledger.states >= wanted or self.ledger.wrong, seconds, what=f"{calls} answers")


def a_supervisor(installation: House) -> str:
    number = secrets.token_hex(4)
    wanted = {"name": "Maija Meikäläinen", "email": f"maija.{number}@example.fi", "location": "Esimerkkikatu 1"}
    return str(installation.practice.post("/api/v1/supervisors", wanted)["id"])


def a_case(installation: House, supervisor: str, form: str, people: int) -> Case:
    number, practice = secrets.token_hex(4), installation.practice
    contact = {"first_name": "Tiina", "last_name": "Tilaaja", "email": f"tiina.{number}@example.fi"}
    client = practice.post(
        "/api/v1/clients",
        {"kind": "organisation", "name": "Esimerkki Oy", "contact": contact, "payer_type": "business"},
    )
    opened = practice.post(
        "/api/v1/processes",
        {
            "client_id": client["id"],
            "supervisor_id": supervisor,
            "form": form,
            "title": "Työnohjaus",
            "planned_sessions": 200,
            "session_minutes": 60 if form == "individual" else 120,
            "participants": [
                {"first_name": "Aino", "last_name": "Mäkelä", "email": f"aino.{each}.{number}@example.fi"}
                for each in range(people)
            ],
        },
    )
    return Case(opened["id"], supervisor, {each["id"]: each["email"] for each in opened["participants"]})


@dataclass
class Person:
    """Books, moves and calls off, one call after the other; an unanswered call is repeated until it is answered."""

    crowd: Crowd
    chance: random.Random
    pause_seconds: float
    mine: list[Meeting] = field(default_factory=list)

    def __post_init__(self) -> None:
        practice = self.crowd.installation.practice
        self.http = httpx.Client(
            base_url=practice.booking.base_url, headers=practice.booking.headers, timeout=15, trust_env=False
        )

    def live(self) -> None:
        try:
            while not self.crowd.over.wait(self.pause_seconds * self.chance.uniform(0.5, 1.5)):
                self._act()
        except Stopped:
            self.crowd.ledger.wrong.append("a call was not answered within its time")
        except Exception as error:
            self.crowd.ledger.wrong.append(f"{type(error).__name__}: {error}")

    def _act(self) -> None:
        booked = [meeting for meeting in self.mine if meeting.now.status == "booked"]
        what = self.chance.random()
        if what < 0.1 and (held := self._next_to_be_held()):
            self.hold(*held)
        elif not booked or what < 0.55:
            self.book(self.chance.choice(self.crowd.cases), self._some_time())
        elif what < 0.8:
            self.move(self.chance.choice(booked), self._some_time())
        else:
            self.call_off(self.chance.choice(booked))

    def _next_to_be_held(self) -> tuple[Meeting, Case] | None:
        try:
            return self.crowd.to_be_held.get_nowait()
        except Empty:
            return None

    def _some_time(self) -> datetime:
        day, hour = self.chance.randrange(self.crowd.days), self.chance.randrange(12)
        return self.crowd.first_morning + timedelta(days=day, hours=hour)

    # -- one call each ----------------------------------------------------------------------------------------

    def book(self, case: Case, starts_at: datetime) -> Meeting | None:
        wanted = {"process_id": case.id, "starts_at": starts_at.isoformat(), "mode": "onsite"}
        asked_at, told = self._moment(), self._post("/api/v1/sessions", wanted)
        if told is None:
            return None
        meeting = Meeting(told["id"], case.supervisor_id, case.addresses, [self._state(told, asked_at)])
        self.mine.append(meeting)
        self.crowd.ledger.enter(meeting)
        return meeting

    def move(self, meeting: Meeting, starts_at: datetime) -> None:
        if starts_at == meeting.now.starts_at:
            return
        self._note(meeting, self._moment(), self._patch(meeting, {"starts_at": starts_at.isoformat()}))

    def call_off(self, meeting: Meeting) -> None:
        self._note(meeting, self._moment(), self._post(f"/api/v1/sessions/{meeting.id}/cancel", {}))

    def hold(self, meeting: Meeting, case: Case) -> None:
        wanted = {"present": list(case.participants)}
        self._note(meeting, self._moment(), self._post(f"/api/v1/sessions/{meeting.id}/attendance", wanted))

    def _note(self, meeting: Meeting, asked_at: float, told: Json | None) -> None:
        if told is not None:
            meeting.states.append(self._state(told, asked_at))

    def _state(self, told: Json, asked_at: float) -> State:
        starts_at, ends_at = (datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at"))
        return State(told["version"], told["status"], starts_at, ends_at, asked_at, self._moment())

    def _moment(self) -> float:
        return self.crowd.installation.moment()

    def _post(self, path: str, wanted: Json) -> Json | None:
        """The same key each time: however often it is sent, it is done once."""
        headers = {"Idempotency-Key": f'"{secrets.token_hex(16)}"'}
        return self._answer(lambda: self.http.post(path, json=wanted, headers=headers), lambda answer: None)

    def _patch(self, meeting: Meeting, wanted: Json) -> Json | None:
        """The version each time: a repetition of what was done is refused, and the meeting looked at instead."""
        path, headers = f"/api/v1/sessions/{meeting.id}", {"If-Match": f'"{meeting.now.version}"'}

        def look(answer: httpx.Response) -> httpx.Response | None:
            if answer.status_code != httpx.codes.PRECONDITION_FAILED:
                return None
            return self._until_answered(lambda: self.http.get(path))

        return self._answer(lambda: self.http.patch(path, json=wanted, headers=headers), look)

    def _answer(
        self, call: Callable[[], httpx.Response], look: Callable[[httpx.Response], httpx.Response | None]
    ) -> Json | None:
        answer = self._until_answered(call)
        answer = look(answer) or answer
        if answer.is_success:
            return dict(answer.json())
        if answer.status_code == httpx.codes.CONFLICT:
            self.crowd.ledger.refused += 1
        else:
            self.crowd.ledger.wrong.append(f"{answer.request.url.path}: {answer.status_code} {answer.text[:300]}")
        return None

    def _until_answered(self, call: Callable[[], httpx.Response]) -> httpx.Response:
        deadline = time.monotonic() + ANSWERED_SECONDS
        for _ in count():
            if time.monotonic() > deadline:
                raise Stopped
            began = time.monotonic()
            try:
                answer = call()
            except httpx.TransportError:
                time.sleep(0.3)
                continue
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE and not is_in_flight(answer):
                self.crowd.ledger.waits.append(time.monotonic() - began)
                return answer
            time.sleep(0.3)
        raise AssertionError("the loop ends by an answer or by the deadline")


def is_in_flight(answer: httpx.Response) -> bool:
    return answer.status_code == httpx.codes.CONFLICT and answer.json()["type"].endswith("request-in-flight")


def refused(installation: House) -> httpx.Response | None:
    """The answer to one more client, once it is a 503."""
    number = secrets.token_hex(4)
    contact = {"first_name": "Tiina", "last_name": "Tilaaja", "email": f"tiina.{number}@example.fi"}
    wanted = {"kind": "organisation", "name": "Täysi Oy " + "ä" * 150, "contact": contact, "payer_type": "business"}
    answer = installation.practice.booking.post("/api/v1/clients", json=wanted)
    assert answer.status_code in (201, 503), answer.text
    return answer if answer.status_code == 503 else None


def is_a_problem_that_says_when_to_come_back(answer: httpx.Response) -> bool:
    said = answer.headers["content-type"], answer.json()["status"], int(answer.headers["retry-after"]) > 0
    return said == ("application/problem+json", 503, True)
