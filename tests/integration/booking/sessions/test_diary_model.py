"""Random diaries: whatever several people book, move, call off or let pass, a simple model and the database agree.

Some steps are several calls at the same moment. Then nobody can say who wins, but the winners never overlap, and every
loser wanted what somebody had or got. A step for which there is nothing yet does nothing.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import httpx
import pytest
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


class Diary:
    """One supervisor with two processes of one client, and strangers who ask for first talks."""

    def __init__(
        self,
        booking: Face,
        server: str,
        move_clock: Callable[[timedelta], None],
        a_supervisor: Make,
        a_client: Make,
        a_process: Make,
    ) -> None:
        self.engine = booking.engine
        self.move_clock = move_clock
        self.offset = timedelta(0)
        self.pass_time(timedelta(0))
        self.monday = day_ahead(21, weekday=1)
        supervisor, client = a_supervisor(), a_client()
        self.supervisor = supervisor["id"]
        keep_hours(
            booking.admin,
            self.supervisor,
            buffer_after_minutes=15,
            slot_step_minutes=30,
            minimum_notice_hours=0,
            holidays=None,
        )
        parties = {"supervisor_id": self.supervisor, "client_id": client["id"]}
        self.processes = [
            (a_process(**parties)["id"], timedelta(minutes=60)),
            (a_process(form="pair", participants=2, **parties)["id"], timedelta(minutes=120)),
        ]
        paths = {"supervisor": f"supervisors/{self.supervisor}", "client": f"clients/{client['id']}"}
        self.apis = {
            who: httpx.Client(base_url=server, timeout=60, headers=with_credentials(booking, f"/api/v1/{path}").headers)
            for who, path in paths.items()
        } | {"stranger": httpx.Client(base_url=server, timeout=60)}
        self.meetings: dict[str, Entry] = {}
        self.talks: dict[str, Entry] = {}
        self.absences: dict[str, tuple[datetime, datetime]] = {}

    def close(self) -> None:
        for api in self.apis.values():
            api.close()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def pass_time(self, time: timedelta) -> None:
        self.offset += time
        self.move_clock(self.offset)

    # -- what may happen ----------------------------------------------------------------------------------

    def book(self, random: Random) -> None:
        who, process, time = some_actor(random), random.randrange(2), some_time(random)
        call = self.booking(who, process, time)
        expected = self.expected(who, self.instant(time), self.processes[process][1])

        self.enter(call, self.ask(call), expected, self.processes[process][1])

    def book_series(self, random: Random) -> None:
        who, clock, count = some_actor(random), random.choice(CLOCKS), random.randint(2, WEEKS)
        process_id, length = random.choice(self.processes)
        times = [self.instant((week, clock)) for week in range(count)]
        wanted = {"first_starts_at": times[0].isoformat(), "every_weeks": 1, "count": count, "mode": "onsite"}
        free = all(self.expected(who, time, length) == 201 for time in times)

        answer = self.ask((who, "POST", f"/api/v1/processes/{process_id}/series", wanted))

        assert answer.status_code == (201 if free else 409), answer.text
        if free:
            series = answer.json()["series_id"]
            for session in answer.json()["sessions"]:
                self.meetings[session["id"]] = Entry(read(session["starts_at"]), length, "booked", series=series)

    def move(self, random: Random) -> None:
        if not self.meetings:
            return
        who, (session_id, meeting) = some_actor(random), some_entry(random, self.meetings)
        start = self.instant(some_time(random))
        stays = start == meeting.start
        free = stays or self.expected(who, start, meeting.length, aside=meeting) == 201
        expected = 200 if meeting.status == "booked" and free else 409

        answer = self.ask((who, "PATCH", f"/api/v1/sessions/{session_id}", {"starts_at": start.isoformat()}), meeting)

        assert answer.status_code == expected, answer.text
        if expected == 200:
            self.moved(meeting, start)

    def change_what_was_not_seen(self, random: Random) -> None:
        if not self.meetings:
            return
        who, (session_id, meeting) = some_actor(random), some_entry(random, self.meetings)
        older = Entry(meeting.start, meeting.length, meeting.status, meeting.version + 1)

        answer = self.ask((who, "PATCH", f"/api/v1/sessions/{session_id}", {"location": "Muualla"}), older)

        assert answer.status_code == 412

    def call_off(self, random: Random) -> None:
        if not self.meetings:
            return
        who, (session_id, meeting) = some_actor(random), some_entry(random, self.meetings)
        following = random.random() < 0.5
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

    def ask_for_a_talk(self, random: Random) -> None:
        time = some_time(random)
        call = self.talk(time)
        expected = self.expected("stranger", self.instant(time), TALK)

        self.enter(call, self.ask(call), 202 if expected == 201 else expected, TALK)

    def confirm_a_talk(self, random: Random) -> None:
        if not self.talks:
            return
        talk_id, talk = some_entry(random, self.talks)
        answer = self.ask(("supervisor", "POST", f"/api/v1/intakes/{talk_id}/confirm", None))

        if talk.status == "held" and talk.is_waiting(self.now()):
            assert answer.status_code == 200, answer.text
            self.change(talk, "confirmed")
        else:
            assert answer.status_code == {"confirmed": 200, "cancelled": 409}.get(talk.status, 410), answer.text

    def call_a_talk_off(self, random: Random) -> None:
        if not self.talks:
            return
        talk_id, talk = some_entry(random, self.talks)
        answer = self.ask(("supervisor", "POST", f"/api/v1/intakes/{talk_id}/cancel", None))

        assert answer.status_code == 200, answer.text
        if talk.status in ("held", "confirmed"):
            self.change(talk, "cancelled")

    def be_absent(self, random: Random) -> None:
        start = self.instant(some_time(random))
        end = start + timedelta(hours=random.randint(1, 3))
        wanted = {"starts_at": start.isoformat(), "ends_at": end.isoformat()}
        answer = self.ask(("supervisor", "POST", f"/api/v1/supervisors/{self.supervisor}/absences", wanted))

        self.absences[created(answer)["id"]] = (start, end)

    def be_there_after_all(self, random: Random) -> None:
        if not self.absences:
            return
        absence_id = random.choice(list(self.absences))
        path = f"/api/v1/supervisors/{self.supervisor}/absences/{absence_id}"

        assert self.ask(("supervisor", "DELETE", path, None)).status_code == 204
        del self.absences[absence_id]

    def let_holds_expire(self, random: Random) -> None:
        """Their time is free at once; the tick says so later."""
        self.pass_time(timedelta(minutes=31))
        if random.random() < 0.5:
            intakes.expire_unconfirmed_intakes(self.engine)
            for talk in self.talks.values():
                if talk.status == "held":
                    self.change(talk, "expired")

    def want_something_all_at_once(self, random: Random) -> None:
        """Bookings by both, a talk, and a move of one meeting."""
        times = [some_time(random) for _ in range(random.randint(3, 6))]
        calls: list[tuple[Call, timedelta]] = []
        for index, time in enumerate(times):
            process, who = index % 2, ("supervisor", "client")[index // 2 % 2]
            calls.append((self.booking(who, process, time), self.processes[process][1]))
        calls.append((self.talk(times[0]), TALK))
        movable = {one: entry for one, entry in self.meetings.items() if entry.status == "booked"}
        mover = some_entry(random, movable) if movable else None
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

    def model_and_database_agree(self) -> None:
        with Database(self.engine) as db:
            known = {"supervisor": self.supervisor, "pause": PAUSE, "now": self.now()}
            assert db.scalar(text(OVERLAPS), known) == 0
            assert db.scalars(text(VERSIONS_THAT_JUMP)).all() == []
            for table, entries in (("session", self.meetings), ("intake", self.talks)):
                query = f"SELECT id, starts_at, status, version FROM {table} WHERE supervisor_id = :supervisor"  # noqa: S608
                rows = {str(row.id): (row.starts_at, row.status, row.version) for row in db.execute(text(query), known)}
                assert rows == {one: (entry.start, entry.status, entry.version) for one, entry in entries.items()}
            query = """SELECT owner_id FROM occupied_time
                       WHERE supervisor_id = :supervisor AND (expires_at IS NULL OR expires_at > :now)"""
            occupying = {str(owner) for owner in db.scalars(text(query), known)}
        now = self.now()
        assert occupying == {one for one, entry in (self.meetings | self.talks).items() if entry.takes_time(now)}

    # -- the model ----------------------------------------------------------------------------------------

    def instant(self, time: Time) -> datetime:
        week, clock = time
        return read(at(self.monday + timedelta(weeks=week), clock))

    def taking_time(self) -> list[Entry]:
        now = self.now()
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

    def ask(self, call: Call, seen: Entry | None = None) -> httpx.Response:
        who, method, path, body = call
        match = f'"{seen.version}"' if seen else "*"
        return self.apis[who].request(method, path, json=body, headers={"If-Match": match})

    STEPS = (
        book,
        book_series,
        move,
        change_what_was_not_seen,
        call_off,
        ask_for_a_talk,
        confirm_a_talk,
        call_a_talk_off,
        be_absent,
        be_there_after_all,
        let_holds_expire,
        want_something_all_at_once,
    )


def some_actor(random: Random) -> str:
    return random.choice(["supervisor", "client"])


def some_time(random: Random) -> Time:
    return random.randrange(WEEKS), random.choice(CLOCKS)


def some_entry(random: Random, entries: dict[str, Entry]) -> tuple[str, Entry]:
    return random.choice(list(entries.items()))


def read(instant: str) -> datetime:
    return datetime.fromisoformat(instant)


HOLDS = ("holds_per_supervisor", "holds_per_network", "holds_per_mailbox", "talks_per_mailbox", "talks_per_network")


@pytest.fixture
def booking_settings(booking_settings: Settings) -> Settings:
    return booking_settings.model_copy(update={"intake_rate": "1000000/second", **dict.fromkeys(HOLDS, 1000)})


@pytest.fixture
def diary(
    booking: Face, server: str, clock: Callable[[timedelta], None], a_supervisor: Make, a_client: Make, a_process: Make
) -> Iterator[Diary]:
    diary = Diary(booking, server, clock, a_supervisor, a_client, a_process)
    yield diary
    diary.close()


@pytest.mark.parametrize("seed", range(10))
def test_no_story_leads_a_diary_astray(diary: Diary, seed: int) -> None:
    random = Random(seed)
    for _ in range(25):
        step = random.choice(Diary.STEPS)
        step(diary, random)
        diary.model_and_database_agree()
