"""Random diaries: whatever several people book, move, call off or let pass, a simple model and the database agree.

Some steps are several calls at the same moment. Then nobody can say who wins, but the winners never overlap, and every
loser wanted what somebody had or got. What is tried next never depends on it: a step for which there is nothing yet
does nothing, so that every run is the same story.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from services.booking.sessions import intakes
from services.booking.settings import Settings
from services.core.database import Database
from tests.integration.booking.security.test_permissions import Make, with_credentials
from tests.integration.booking.sessions.test_no_double_booking import server
from tests.integration.conftest import Face, Json, created
from tests.support.diary import at, day_ahead, keep_hours

__all__ = ["server"]

PAUSE = timedelta(minutes=15)
TALK = timedelta(minutes=45)
WEEKS = 3
CLOCKS = [f"{hour:02}:{minute}" for hour in range(8, 12) for minute in ("00", "30")]
TIMES = st.tuples(st.integers(0, WEEKS - 1), st.sampled_from(CLOCKS))
PICK = st.integers(0, 99)
ACTORS = st.sampled_from(["supervisor", "client"])

Time = tuple[int, str]
Call = tuple[str, str, str, Json | None]
"""Who asks, with which method, of which address, with which body."""

OVERLAPS = """
    WITH taken AS (
        SELECT id, supervisor_id, tstzrange(starts_at, ends_at + :pause) AS span FROM session WHERE status = 'booked'
        UNION ALL
        SELECT id, supervisor_id, tstzrange(starts_at, ends_at + :pause) FROM intake
        WHERE status = 'confirmed' OR (status = 'held' AND expires_at > :now))
    SELECT count(*) FROM taken one JOIN taken other USING (supervisor_id)
    WHERE one.id < other.id AND one.span && other.span
"""
VERSIONS_THAT_JUMP = """
    SELECT aggregate FROM outbox WHERE aggregate LIKE 'session/%' OR aggregate LIKE 'intake/%'
    GROUP BY aggregate HAVING count(*) <> max(version) OR count(DISTINCT version) <> max(version)
"""


@dataclass
class Entry:
    """A meeting or a first talk, as the model knows it."""

    start: datetime
    length: timedelta
    status: str
    version: int = 1
    expires_at: datetime | None = None
    series: str | None = None

    def takes_time(self, now: datetime) -> bool:
        return self.status in ("booked", "confirmed") or (self.status == "held" and self.is_waiting(now))

    def is_waiting(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at > now

    def meets(self, start: datetime, length: timedelta) -> bool:
        return self.start < start + length + PAUSE and start < self.start + self.length + PAUSE


@dataclass
class Practice:
    """What all examples share: one service, three who work with it, and a clock that only goes forwards."""

    booking: Face
    server: str
    move_clock: Callable[[timedelta], None]
    a_supervisor: Make
    a_client: Make
    a_process: Make
    offset: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def pass_time(self, time: timedelta) -> None:
        self.offset += time
        self.move_clock(self.offset)


class Diary(RuleBasedStateMachine):
    """One supervisor with two processes of one client, and strangers who ask for first talks."""

    practice: Practice

    @initialize()
    def open(self) -> None:
        practice = self.practice
        self.monday: date = day_ahead(21, weekday=1)
        supervisor, client = practice.a_supervisor(), practice.a_client()
        self.supervisor = supervisor["id"]
        keep_hours(
            practice.booking.admin,
            self.supervisor,
            buffer_after_minutes=15,
            slot_step_minutes=30,
            minimum_notice_hours=0,
            holidays=None,
        )
        parties = {"supervisor_id": self.supervisor, "client_id": client["id"]}
        self.processes = [
            (practice.a_process(**parties)["id"], timedelta(minutes=60)),
            (practice.a_process(form="pair", participants=2, **parties)["id"], timedelta(minutes=120)),
        ]
        paths = {"supervisor": f"supervisors/{self.supervisor}", "client": f"clients/{client['id']}"}
        self.apis = {
            who: httpx.Client(
                base_url=practice.server,
                timeout=60,
                headers=with_credentials(practice.booking, f"/api/v1/{path}").headers,
            )
            for who, path in paths.items()
        } | {"stranger": httpx.Client(base_url=practice.server, timeout=60)}
        self.meetings: dict[str, Entry] = {}
        self.talks: dict[str, Entry] = {}
        self.absences: dict[str, tuple[datetime, datetime]] = {}

    def teardown(self) -> None:
        for api in getattr(self, "apis", {}).values():
            api.close()

    # -- what may happen ----------------------------------------------------------------------------------

    @rule(who=ACTORS, process=st.integers(0, 1), time=TIMES)
    def book(self, who: str, process: int, time: Time) -> None:
        call = self.booking(who, process, time)
        expected = self.expected(who, self.instant(time), self.processes[process][1])

        self.enter(call, self.ask(call), expected, self.processes[process][1])

    @rule(who=ACTORS, process=st.integers(0, 1), clock=st.sampled_from(CLOCKS), count=st.integers(2, WEEKS))
    def book_series(self, who: str, process: int, clock: str, count: int) -> None:
        process_id, length = self.processes[process]
        times = [self.instant((week, clock)) for week in range(count)]
        wanted = {"first_starts_at": times[0].isoformat(), "every_weeks": 1, "count": count, "mode": "onsite"}
        free = all(self.expected(who, time, length) == 201 for time in times)

        answer = self.ask((who, "POST", f"/api/v1/processes/{process_id}/series", wanted))

        assert answer.status_code == (201 if free else 409), answer.text
        if free:
            series = answer.json()["series_id"]
            for session in answer.json()["sessions"]:
                self.meetings[session["id"]] = Entry(read(session["starts_at"]), length, "booked", series=series)

    @rule(who=ACTORS, pick=PICK, time=TIMES)
    def move(self, who: str, pick: int, time: Time) -> None:
        if not self.meetings:
            return
        session_id, meeting = self.picked(self.meetings, pick)
        start = self.instant(time)
        stays = start == meeting.start
        free = stays or self.expected(who, start, meeting.length, aside=meeting) == 201
        expected = 200 if meeting.status == "booked" and free else 409

        answer = self.ask((who, "PATCH", f"/api/v1/sessions/{session_id}", {"starts_at": start.isoformat()}), meeting)

        assert answer.status_code == expected, answer.text
        if expected == 200:
            self.moved(meeting, start)

    @rule(who=ACTORS, pick=PICK)
    def change_what_was_not_seen(self, who: str, pick: int) -> None:
        if not self.meetings:
            return
        session_id, meeting = self.picked(self.meetings, pick)
        older = Entry(meeting.start, meeting.length, meeting.status, meeting.version + 1)

        answer = self.ask((who, "PATCH", f"/api/v1/sessions/{session_id}", {"location": "Muualla"}), older)

        assert answer.status_code == 412

    @rule(who=ACTORS, pick=PICK, following=st.booleans())
    def call_off(self, who: str, pick: int, following: bool) -> None:
        if not self.meetings:
            return
        session_id, meeting = self.picked(self.meetings, pick)
        answer = self.ask((who, "POST", f"/api/v1/sessions/{session_id}/cancel", {"following": following}))

        assert answer.status_code == 200, answer.text
        given_up = {session_id} if meeting.status == "booked" else set()
        if following and meeting.series:
            given_up |= {
                one
                for one, other in self.meetings.items()
                if other.series == meeting.series and other.start > meeting.start and other.status == "booked"
            }
        assert set(answer.json()["cancelled"]) == given_up
        for one in given_up:
            self.change(self.meetings[one], "cancelled")

    @rule(time=TIMES)
    def ask_for_a_talk(self, time: Time) -> None:
        call = self.talk(time)
        expected = self.expected("stranger", self.instant(time), TALK)

        self.enter(call, self.ask(call), 202 if expected == 201 else expected, TALK)

    @rule(pick=PICK)
    def confirm_a_talk(self, pick: int) -> None:
        if not self.talks:
            return
        talk_id, talk = self.picked(self.talks, pick)
        answer = self.ask(("supervisor", "POST", f"/api/v1/intakes/{talk_id}/confirm", None))

        if talk.status == "held" and talk.is_waiting(self.practice.now()):
            assert answer.status_code == 200, answer.text
            self.change(talk, "confirmed")
        else:
            assert answer.status_code == {"confirmed": 200, "cancelled": 409}.get(talk.status, 410), answer.text

    @rule(pick=PICK)
    def call_a_talk_off(self, pick: int) -> None:
        if not self.talks:
            return
        talk_id, talk = self.picked(self.talks, pick)
        answer = self.ask(("supervisor", "POST", f"/api/v1/intakes/{talk_id}/cancel", None))

        assert answer.status_code == 200, answer.text
        if talk.status in ("held", "confirmed"):
            self.change(talk, "cancelled")

    @rule(time=TIMES, hours=st.integers(1, 3))
    def be_absent(self, time: Time, hours: int) -> None:
        start = self.instant(time)
        end = start + timedelta(hours=hours)
        wanted = {"starts_at": start.isoformat(), "ends_at": end.isoformat()}
        answer = self.ask(("supervisor", "POST", f"/api/v1/supervisors/{self.supervisor}/absences", wanted))

        self.absences[created(answer)["id"]] = (start, end)

    @rule(pick=PICK)
    def be_there_after_all(self, pick: int) -> None:
        if not self.absences:
            return
        absence_id, _ = self.picked(self.absences, pick)
        path = f"/api/v1/supervisors/{self.supervisor}/absences/{absence_id}"

        assert self.ask(("supervisor", "DELETE", path, None)).status_code == 204
        del self.absences[absence_id]

    @rule(noticed=st.booleans())
    def let_holds_expire(self, noticed: bool) -> None:
        """Their time is free at once; the tick says so later."""
        self.practice.pass_time(timedelta(minutes=31))
        if noticed:
            intakes.expire_unconfirmed_intakes(self.practice.booking.engine)
            for talk in self.talks.values():
                if talk.status == "held":
                    self.change(talk, "expired")

    @rule(times=st.lists(TIMES, min_size=3, max_size=6), pick=PICK)
    def all_want_something_at_once(self, times: list[Time], pick: int) -> None:
        """Bookings by both, a talk, and moves of one meeting away and back."""
        calls: list[tuple[Call, timedelta]] = []
        for index, time in enumerate(times):
            process, who = index % 2, ("supervisor", "client")[index // 2 % 2]
            calls.append((self.booking(who, process, time), self.processes[process][1]))
        calls.append((self.talk(times[0]), TALK))
        movable = {one: entry for one, entry in self.meetings.items() if entry.status == "booked"}
        mover = self.picked(movable, pick) if movable else None
        if mover:
            wanted = {"starts_at": self.instant(times[-1]).isoformat()}
            calls.append((("supervisor", "PATCH", f"/api/v1/sessions/{mover[0]}", wanted), mover[1].length))
        before = [(one.start, one.length) for one in self.taking_time()]

        with ThreadPoolExecutor(len(calls)) as crowd:
            answers = list(crowd.map(self.ask, [call for call, _ in calls]))

        losers = []
        for (call, length), answer in zip(calls, answers, strict=True):
            assert answer.status_code in (200, 201, 202, 409), (call, answer.text)
            if answer.status_code == 409:
                losers.append((call, length, answer.json()))
            elif call[1] == "PATCH" and mover:
                self.moved(mover[1], read(answer.json()["starts_at"]))
            else:
                self.enter(call, answer, answer.status_code, length)
        after = [(one.start, one.length) for one in self.taking_time()]
        for call, length, problem in losers:
            start = read((call[3] or {})["starts_at"])
            met = any(Entry(*one, "booked").meets(start, length) for one in [*before, *after])
            assert met or self.is_absent(start, length), (call, problem)

    # -- what always holds --------------------------------------------------------------------------------

    @invariant()
    def model_and_database_agree(self) -> None:
        if not hasattr(self, "talks"):
            return
        with Database(self.practice.booking.engine) as db:
            known = {"supervisor": self.supervisor, "pause": PAUSE, "now": self.practice.now()}
            assert db.scalar(text(OVERLAPS), known) == 0
            assert db.scalars(text(VERSIONS_THAT_JUMP)).all() == []
            for table, entries in (("session", self.meetings), ("intake", self.talks)):
                query = f"SELECT id, starts_at, status, version FROM {table} WHERE supervisor_id = :supervisor"  # noqa: S608
                rows = {str(row.id): (row.starts_at, row.status, row.version) for row in db.execute(text(query), known)}
                assert rows == {one: (entry.start, entry.status, entry.version) for one, entry in entries.items()}
            query = """SELECT owner_id FROM occupied_time
                       WHERE supervisor_id = :supervisor AND (expires_at IS NULL OR expires_at > :now)"""
            occupying = {str(owner) for owner in db.scalars(text(query), known)}
        now = self.practice.now()
        assert occupying == {one for one, entry in (self.meetings | self.talks).items() if entry.takes_time(now)}

    # -- the model ----------------------------------------------------------------------------------------

    def instant(self, time: Time) -> datetime:
        week, clock = time
        return read(at(self.monday + timedelta(weeks=week), clock))

    def taking_time(self) -> list[Entry]:
        now = self.practice.now()
        return [one for one in (self.meetings | self.talks).values() if one.takes_time(now)]

    def is_absent(self, start: datetime, length: timedelta) -> bool:
        return any(start < end and begin < start + length for begin, end in self.absences.values())

    def expected(self, who: str, start: datetime, length: timedelta, aside: Entry | None = None) -> int:
        """How it ends when somebody wants this time: all are bound by what is taken, only guests by absences."""
        taken = any(one.meets(start, length) for one in self.taking_time() if one is not aside)
        return 409 if taken or (who != "supervisor" and self.is_absent(start, length)) else 201

    def booking(self, who: str, process: int, time: Time) -> Call:
        wanted = {
            "process_id": self.processes[process][0],
            "starts_at": self.instant(time).isoformat(),
            "mode": "onsite",
        }
        return who, "POST", "/api/v1/sessions", wanted

    def talk(self, time: Time) -> Call:
        person = {"supervisor_id": self.supervisor, "name": "Ulla", "email": "ulla@example.fi"}
        return "stranger", "POST", "/api/v1/intakes", person | {"starts_at": self.instant(time).isoformat()}

    def enter(self, call: Call, answer: httpx.Response, expected: int, length: timedelta) -> None:
        assert answer.status_code == expected, (call, answer.text)
        told = answer.json()
        if expected == 201:
            self.meetings[told["id"]] = Entry(read(told["starts_at"]), length, "booked")
        elif expected == 202:
            expires_at = read(told["expires_at"])
            self.talks[told["id"]] = Entry(read(told["starts_at"]), length, "held", expires_at=expires_at)

    def moved(self, meeting: Entry, start: datetime) -> None:
        if start != meeting.start:
            meeting.start = start
            meeting.version += 1

    def change(self, entry: Entry, status: str) -> None:
        entry.status = status
        entry.version += 1

    def picked(self, entries: Any, pick: int) -> Any:
        return list(entries.items())[pick % len(entries)]

    def ask(self, call: Call, seen: Entry | None = None) -> httpx.Response:
        who, method, path, body = call
        match = f'"{seen.version}"' if seen else "*"
        return self.apis[who].request(method, path, json=body, headers={"If-Match": match})


def read(instant: str) -> datetime:
    return datetime.fromisoformat(instant)


HOLDS = ("holds_per_supervisor", "holds_per_network", "holds_per_mailbox", "talks_per_mailbox", "talks_per_network")


@pytest.fixture
def booking_settings(booking_settings: Settings) -> Settings:
    return booking_settings.model_copy(update={"intake_rate": "1000000/second", **dict.fromkeys(HOLDS, 1000)})


def test_no_story_leads_a_diary_astray(
    booking: Face, server: str, clock: Callable[[timedelta], None], a_supervisor: Make, a_client: Make, a_process: Make
) -> None:
    practice = Practice(booking, server, clock, a_supervisor, a_client, a_process)
    clock(timedelta(0))
    diary = type("OurDiary", (Diary,), {"practice": practice})

    run_state_machine_as_test(
        diary,
        settings=settings(
            max_examples=10,
            phases=[Phase.generate],  # a race can't be told again in fewer words
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
