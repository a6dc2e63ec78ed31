"""A mail server in every kind of trouble under a load of bookings: each letter leaves once, or its doubt is shown."""

import asyncio
import random
import re
import signal
import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import cycle

from aiosmtpd.smtp import Envelope

from services.quickstart.ports import LOOPBACK
from tests.faults.conftest import Compare
from tests.faults.installation import OPEN_DELIVERIES, House, tell
from tests.faults.load import Case, Crowd, Meeting, Person, a_case, a_supervisor
from tests.faults.servers import last
from tests.support.practice import eventually
from tests.support.smtp_catcher import CUT

ANOTHER_WORKER = ("services.cli", "work", "notifier", "--concurrency", "2")


@contextmanager
def silence(port: int) -> Iterator[None]:
    """Somebody takes connections there and says nothing."""
    with socket.create_server((LOOPBACK, port), reuse_port=True):
        yield


def let_pauses_pass(installation: House) -> None:
    """After all has been heard: otherwise a change would have rested before the next one is known."""
    eventually(lambda: installation.count("booking", OPEN_DELIVERIES) == 0, what="the confirmation of every event")
    installation.practice.advance_to(installation.practice.now() + timedelta(minutes=70))


def count(installation: House, status: str) -> int:
    return installation.count("notifier", "SELECT count(*) FROM letter WHERE status = %s", status)


def book_alone(crowd: Crowd, case: Case) -> Meeting:
    """A meeting that nobody else will touch."""
    person = Person(crowd, random.Random(), 0)
    meeting = person.book(case, crowd.first_morning + timedelta(days=50))
    assert meeting, crowd.ledger.wrong
    return meeting


def letters_to(installation: House, address: str) -> list[str]:
    return [str(message["Subject"]) for message in installation.smtp.messages if address in str(message["To"])]


# -- refusing and away ------------------------------------------------------------------------------------


@dataclass
class Trouble:
    """A server that closes at one stage, or refuses some recipients, and remembers what it was given."""

    stage: str | None = None
    refusals: dict[str, str] = field(default_factory=dict)
    closed: Counter[str] = field(default_factory=Counter)
    contents: dict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))

    async def __call__(self, at: str, envelope: Envelope) -> str | None:
        if at == "BODY":
            content = bytes(envelope.original_content or b"")
            self.contents[message_id(content)].add(content)
        if at == self.stage:
            self.closed[at] += 1
            return "421 4.3.2 not now"
        if at == "RCPT":
            return next((reply for address, reply in self.refusals.items() if address in envelope.rcpt_tos), None)
        return None


def message_id(content: bytes) -> str:
    found = re.search(rb"(?im)^Message-ID:\s*(\S+)", content)
    assert found
    return found[1].decode()


def test_a_server_that_closes_refuses_or_falls_silent_gets_every_letter_later_once_and_with_the_same_bytes(
    installation: House, crowd: Crowd, heal: Compare
) -> None:
    failed, trouble = count(installation, "failed"), Trouble()
    busy, unknown = (a_case(installation, a_supervisor(installation), "pair", 2) for _ in range(2))
    installation.smtp.behaviour = trouble
    crowd.start()
    crowd.wait_for(5)
    for stage in ("MAIL", "RCPT", "DATA", "BODY"):
        close_at(installation, trouble, stage)
    refuse_one_of_each(installation, crowd, trouble, busy, unknown)
    be_away(installation, crowd)
    crowd.stop()
    let_pauses_pass(installation)

    heal(crowd)

    assert {len(tries) for tries in trouble.contents.values()} == {1}
    for address in (*busy.addresses, *unknown.addresses):
        assert len(letters_to(installation, address)) == 1
    assert count(installation, "failed") == failed + 1


def close_at(installation: House, trouble: Trouble, stage: str) -> None:
    """With 421, more than once; then letters are taken again."""
    trouble.stage = stage
    eventually(lambda: trouble.closed[stage] > 1, what="a second 421")
    trouble.stage, letters = None, len(installation.smtp.messages)
    eventually(lambda: len(installation.smtp.messages) > letters, what="a letter after the 421")


def refuse_one_of_each(installation: House, crowd: Crowd, trouble: Trouble, busy: Case, unknown: Case) -> None:
    """One recipient for a while and one for good: all others get their letters at once."""
    trouble.refusals = {busy.addresses[0]: "450 4.2.1 mailbox busy", unknown.addresses[0]: "550 5.1.1 no such mailbox"}
    book_alone(crowd, busy)
    meeting = book_alone(crowd, unknown)
    crowd.wait_for(10)
    for refused, other in (busy.addresses, unknown.addresses):
        eventually(partial(letters_to, installation, other), what="the letter to the other one")
        assert letters_to(installation, refused) == []
    failed = eventually(
        lambda: installation.practice.messages(status="failed", session_id=meeting.id), what="a letter that has failed"
    )
    counted = f'tyonohjaus_letters{{status="failed"}} {float(count(installation, "failed"))}'
    assert counted in installation.practice.notifier.get("/metrics").text.splitlines()
    known = "SELECT count(*) FROM refused_letter WHERE letter_id = %s"
    eventually(lambda: installation.count("booking", known, failed[0]["id"]), what="the supervisor's day to know of it")
    trouble.refusals = {}
    again = installation.practice.notifier.post(f"/api/v1/messages/{failed[0]['id']}/resend")
    assert again.status_code == 201, again.text


def be_away(installation: House, crowd: Crowd) -> None:
    """Silent, then refusing connections: it is left alone for longer and longer."""
    failing = "SELECT coalesce(max(failures), 0) FROM server_rest"
    with installation.smtp.away():
        with silence(installation.smtp.port):
            crowd.wait_for(10)
        began = time.monotonic()
        eventually(lambda: installation.count("notifier", failing) >= 4, 120, what="a fourth failure in a row")
        tried_for = time.monotonic() - began
        assert "tyonohjaus_mail_server_failures 0.0" not in installation.practice.notifier.get("/metrics").text
    assert tried_for > 2 + 4, "the pauses grow from 1 s on, however many letters wait"


# -- hanging and slow -------------------------------------------------------------------------------------


@dataclass
class Gate:
    """Where a sender waits with somebody's letter before the server lets it in."""

    address: str
    reached: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)


@dataclass
class Waits:
    """A server that lets senders wait: one long for its last reply, some before the body, others for ever."""

    installation: House
    slow_for: str
    gates: list[Gate] = field(default_factory=list)
    hang_at: set[str] = field(default_factory=set)
    hung: set[str] = field(default_factory=set)
    given_up_after: dict[str, float] = field(default_factory=dict)
    """Seconds, by the stage at which the server hung."""
    came: list[int] = field(default_factory=list)
    """How many letters had come when the slow one did, and when it was answered."""

    async def __call__(self, at: str, envelope: Envelope) -> str | None:
        to = envelope.rcpt_tos[0] if envelope.rcpt_tos else ""
        if at in self.hang_at - self.hung:
            await self._hang(at)
        for gate in self.gates:
            if (at, to) == ("DATA", gate.address):
                gate.reached.set()
                await asyncio.to_thread(gate.opened.wait, 25)
        if (at, to) == ("KEPT", self.slow_for):
            await self._answer_slowly()
        return None

    async def _hang(self, at: str) -> None:
        self.hung.add(at)
        began = time.monotonic()
        try:
            await asyncio.sleep(600)
        finally:  # the sender has hung up
            self.given_up_after[at] = time.monotonic() - began

    async def _answer_slowly(self) -> None:
        self.came.append(len(self.installation.smtp.messages))
        for second in range(90):
            await asyncio.sleep(1)
            if self.others_came() and second > 20:
                break
        self.came.append(len(self.installation.smtp.messages))

    def others_came(self) -> bool:
        return bool(self.came) and len(self.installation.smtp.messages) > self.came[0] + 3


def test_a_server_that_lets_senders_wait_gets_each_letter_once_the_others_meanwhile_and_nothing_outdated(
    installation: House, crowd: Crowd, heal: Compare
) -> None:
    """It takes half a minute for one letter and hangs at each stage before the body, while two meetings change."""
    uncertain = count(installation, "uncertain")
    slow, dropped, moved = (a_case(installation, a_supervisor(installation), "individual", 1) for _ in range(3))
    installation.smtp.behaviour = waits = Waits(installation, slow.addresses[0])
    with installation.beside(ANOTHER_WORKER, ANOTHER_WORKER, ANOTHER_WORKER):
        crowd.start(calls_a_second=3)  # so few that on a busy machine, too, each is heard of within seconds
        book_alone(crowd, slow)
        eventually(waits.others_came, 120, what="letters that another sender carries meanwhile")
        change_in_hand(crowd, waits, dropped, Person.call_off)
        change_in_hand(crowd, waits, moved, move_to_the_next_day)
        waits.hang_at = {"MAIL", "RCPT", "DATA"}
        eventually(lambda: waits.given_up_after.keys() == waits.hang_at, 240, what="the end of the patience")
        eventually(lambda: len(waits.came) == 2, 120, what="the slow answer")
        crowd.stop()
        let_pauses_pass(installation)
        heal(crowd)

    assert all(29 < seconds < 60 for seconds in waits.given_up_after.values()), waits.given_up_after
    assert count(installation, "uncertain") == uncertain
    assert [len(letters_to(installation, case.addresses[0])) for case in (slow, dropped, moved)] == [1, 0, 1]


def change_in_hand(crowd: Crowd, waits: Waits, case: Case, change: Callable[[Person, Meeting], None]) -> None:
    """A letter is in a sender's hand, and the server not ready for it yet, when its meeting changes."""
    waits.gates.append(gate := Gate(case.addresses[0]))
    meeting = book_alone(crowd, case)
    assert gate.reached.wait(60)
    change(Person(crowd, random.Random(), 0), meeting)
    heard = "SELECT count(*) FROM session WHERE session_id::text = %s AND version = 2"
    eventually(lambda: crowd.installation.count("notifier", heard, meeting.id), 20, what="the change")
    gate.opened.set()


def move_to_the_next_day(person: Person, meeting: Meeting) -> None:
    person.move(meeting, meeting.now.starts_at + timedelta(days=1))


# -- after the body ---------------------------------------------------------------------------------------


def test_a_server_that_cuts_the_line_after_taking_letters_while_workers_are_killed_gets_none_twice(
    installation: House, crowd: Crowd, heal: Compare
) -> None:
    """What nobody can know is uncertain: listed and counted (see the comparison), and never sent again by itself."""
    cut, before = Counter[str](), count(installation, "uncertain")
    fates = cycle([None] * 5 + ["KEPT"] + [None] * 5 + ["BODY"])
    fate: str | None = None

    async def cut_now_and_then(at: str, _envelope: Envelope) -> str | None:
        nonlocal fate
        if at == "BODY":
            fate = next(fates)
        if at == fate:
            cut[at] += 1
            return CUT
        return None

    installation.smtp.behaviour = cut_now_and_then
    with installation.beside(ANOTHER_WORKER):
        crowd.start(people=8, calls_a_second=15)  # so many that each kill meets somebody with an event in hand
        kills = kill_workers_every_few_seconds(installation)
        eventually(lambda: min(cut["KEPT"], cut["BODY"]) > 0, what="a cut at both stages")
        installation.smtp.behave()
        heal(crowd)

    assert sum(cut.values()) <= count(installation, "uncertain") - before <= sum(cut.values()) + kills


def kill_workers_every_few_seconds(installation: House) -> int:
    """A sender among them each time; how often."""
    chance, kills, due = random.Random(1), 0, time.monotonic()
    for _ in last(10):
        if time.monotonic() >= due:
            for process in installation.find(chance.choice(["consumer", "pool", "worker"]), "notifier"):
                kills += tell(process, signal.SIGKILL)
            due = time.monotonic() + chance.uniform(1, 3)
    return kills
