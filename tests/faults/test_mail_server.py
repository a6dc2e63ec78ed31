"""A mail server in every kind of trouble under a load of bookings: each letter leaves once, or its doubt is shown."""

import asyncio
import random
import re
import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest
from aiosmtpd.smtp import Envelope

from services.local.ports import LOOPBACK
from tests.faults.comparison import faults_found
from tests.faults.conftest import Compare
from tests.faults.house import OPEN_DELIVERIES, House
from tests.faults.load import Case, Crowd, Meeting, Person, a_case, a_supervisor
from tests.integration.practice import eventually
from tests.smtp_catcher import CUT

ANOTHER_WORKER = ("services.cli", "work", "notifier", "--concurrency", "2")


@contextmanager
def silence(port: int) -> Iterator[None]:
    """Somebody takes connections there and says nothing."""
    with socket.create_server((LOOPBACK, port), reuse_port=True):
        yield


def let_pauses_pass(house: House) -> None:
    """After all has been heard: otherwise a change would have rested before the next one is known."""
    eventually(lambda: house.count("booking", OPEN_DELIVERIES) == 0, what="the confirmation of every event")
    house.practice.advance_to(house.practice.now() + timedelta(minutes=70))


def count(house: House, status: str) -> int:
    return house.count("notifier", "SELECT count(*) FROM letter WHERE status = %s", status)


def book_alone(crowd: Crowd, case: Case) -> Meeting:
    """A meeting that nobody else will touch."""
    person = Person(crowd, random.Random(), 0)
    meeting = person.book(case, crowd.first_morning + timedelta(days=50))
    assert meeting, crowd.ledger.wrong
    return meeting


def letters_to(house: House, address: str) -> list[str]:
    return [str(message["Subject"]) for message in house.smtp.messages if address in str(message["To"])]


# -- away -------------------------------------------------------------------------------------------------


def test_a_server_that_says_nothing_and_then_refuses_is_left_alone_for_longer_and_longer(
    house: House, crowd: Crowd, heal: Compare
) -> None:
    failed, failing = count(house, "failed"), "SELECT coalesce(max(failures), 0) FROM server_rest"
    crowd.start()
    crowd.wait_for(10)
    with house.smtp.away():
        with silence(house.smtp.port):
            crowd.wait_for(20)
        began = time.monotonic()
        eventually(lambda: house.count("notifier", failing) >= 4, 120, what="a fourth failure in a row")
        tried_for = time.monotonic() - began
        assert "tyonohjaus_mail_server_failures 0.0" not in house.practice.notifier.get("/metrics").text

    heal(crowd)

    assert tried_for > 2 + 4, "the pauses grow from 1 s on, however many letters wait"
    assert count(house, "failed") == failed


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "BODY"])
def test_a_server_that_closes_with_421_gets_every_letter_later_with_the_same_bytes(
    house: House, crowd: Crowd, heal: Compare, stage: str
) -> None:
    contents: dict[str, set[bytes]] = defaultdict(set)
    refused = Counter[str]()
    closing = threading.Event()
    closing.set()

    async def close(at: str, envelope: Envelope) -> str | None:
        if at == "BODY":
            content = bytes(envelope.original_content or b"")
            contents[message_id(content)].add(content)
        if at == stage and closing.is_set():
            refused[at] += 1
            return "421 4.3.2 not now"
        return None

    house.smtp.behaviour = close
    crowd.start()
    crowd.wait_for(20)
    eventually(lambda: refused[stage] > 1, what="a second 421")
    closing.clear()
    crowd.stop()
    let_pauses_pass(house)

    heal(crowd)

    assert {len(tries) for tries in contents.values()} == {1}


def message_id(content: bytes) -> str:
    found = re.search(rb"(?im)^Message-ID:\s*(\S+)", content)
    assert found
    return found[1].decode()


# -- one recipient ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("reply", ["450 4.2.1 mailbox busy", "550 5.1.1 no such mailbox"])
def test_a_server_that_refuses_one_recipient_gets_the_letters_of_all_others_at_once(
    house: House, crowd: Crowd, heal: Compare, reply: str
) -> None:
    case = a_case(house, a_supervisor(house), "pair", 2)
    refused, other = case.addresses

    async def refuse_one(at: str, envelope: Envelope) -> str | None:
        return reply if at == "RCPT" and refused in envelope.rcpt_tos else None

    house.smtp.behaviour = refuse_one
    crowd.start()
    meeting = book_alone(crowd, case)
    crowd.wait_for(20)
    eventually(lambda: letters_to(house, other), what="the letter to the other one")
    assert letters_to(house, refused) == []

    if reply.startswith("550"):
        crowd.stop()
        house.drain()
        assert [fault for fault in faults_found(house, crowd.ledger) if meeting.id not in fault] == []
        (failed,) = house.practice.messages(status="failed", session_id=meeting.id)
        counted = f'tyonohjaus_letters{{status="failed"}} {float(count(house, "failed"))}'
        assert counted in house.practice.notifier.get("/metrics").text.splitlines()
        house.smtp.behave()
        again = house.practice.notifier.post(f"/api/v1/messages/{failed['id']}/resend")
        assert again.status_code == 201, again.text
    house.smtp.behave()
    crowd.stop()
    let_pauses_pass(house)

    heal(crowd)

    assert len(letters_to(house, refused)) == len(letters_to(house, other)) == 1


# -- hanging and slow -------------------------------------------------------------------------------------


def test_a_server_that_hangs_is_given_up_after_half_a_minute_and_gets_each_letter_once(
    house: House, crowd: Crowd, heal: Compare
) -> None:
    """At each stage before the body; what a silent end leaves behind is another test's (see the killed senders)."""
    uncertain, stages, hung = count(house, "uncertain"), {"MAIL", "RCPT", "DATA"}, set[str]()

    async def hang_once_at_each(at: str, _envelope: Envelope) -> str | None:
        if at in stages - hung:
            hung.add(at)
            await asyncio.sleep(600)
        return None

    house.smtp.behaviour = hang_once_at_each
    with house.beside(ANOTHER_WORKER):
        crowd.start(calls_a_second=5)
        eventually(lambda: hung == stages, 180, what="the third silence")
        letters = len(house.smtp.messages)
        eventually(lambda: len(house.smtp.messages) > letters, 90, what="the end of the patience")
        crowd.stop()
        let_pauses_pass(house)
        heal(crowd)

    assert count(house, "uncertain") == uncertain


def test_a_server_that_takes_half_a_minute_for_a_letter_gets_it_once_and_the_others_meanwhile(
    house: House, crowd: Crowd, heal: Compare, tmp_path: Path
) -> None:
    uncertain, came = count(house, "uncertain"), list[int]()
    log = tmp_path / "another worker"

    async def be_slow_once(at: str, _envelope: Envelope) -> str | None:
        if at == "KEPT" and not came:
            came.append(len(house.smtp.messages))
            for second in range(90):
                await asyncio.sleep(1)
                if len(house.smtp.messages) > came[0] + 3 and second > 20:
                    break
            came.append(len(house.smtp.messages))
        return None

    with house.beside(ANOTHER_WORKER, log=log):
        crowd.start(calls_a_second=5)
        eventually(lambda: log.exists() and "event.handled" in log.read_text(), 120, what="the work of another worker")
        house.smtp.behaviour = be_slow_once
        eventually(lambda: len(came) == 2, 120, what="the slow answer")
        heal(crowd)

    assert came[1] > came[0] + 3, "letters that another sender carried meanwhile"
    assert count(house, "uncertain") == uncertain


# -- after the body ---------------------------------------------------------------------------------------


def test_a_server_that_cuts_the_line_after_taking_letters_while_senders_are_killed_gets_none_twice(
    house: House, crowd: Crowd, heal: Compare
) -> None:
    """What nobody can know is uncertain: listed and counted (see the comparison), and never sent again by itself."""
    letters, cut, before = 0, Counter[str](), count(house, "uncertain")
    fates = cycle([None] * 5 + ["KEPT"] + [None] * 5 + ["BODY"])
    fate: str | None = None

    async def cut_now_and_then(at: str, _envelope: Envelope) -> str | None:
        nonlocal fate, letters
        if at == "BODY":
            fate, letters = next(fates), letters + 1
        if at == fate:
            cut[at] += 1
            return CUT
        return None

    def has_come_to(kills: int) -> bool:
        return letters > 8 * kills

    house.smtp.behaviour = cut_now_and_then
    with house.beside(ANOTHER_WORKER):
        crowd.start(calls_a_second=15)
        for kills in (1, 2, 3):
            eventually(partial(has_come_to, kills), what="more letters")
            house.signal("pool", "notifier")
        eventually(lambda: min(cut["KEPT"], cut["BODY"]) > 0, what="a cut at both stages")
        house.smtp.behave()
        heal(crowd)

    assert sum(cut.values()) <= count(house, "uncertain") - before <= sum(cut.values()) + 3


# -- changes on the way -----------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["cancel", "move"])
def test_a_letter_in_hand_whose_meeting_changes_before_the_server_is_ready_does_not_leave(
    house: House, crowd: Crowd, heal: Compare, tmp_path: Path, change: str
) -> None:
    case, log = a_case(house, a_supervisor(house), "individual", 1), tmp_path / "another worker"
    (address,) = case.addresses
    reached, released = threading.Event(), threading.Event()

    async def wait_before_the_body(at: str, envelope: Envelope) -> str | None:
        if at == "DATA" and address in envelope.rcpt_tos:
            reached.set()
            await asyncio.to_thread(released.wait, 25)
        return None

    with house.beside(ANOTHER_WORKER, log=log):
        crowd.start(calls_a_second=2)  # so few that on a busy machine, too, each is heard of within seconds
        eventually(lambda: log.exists() and "event.handled" in log.read_text(), 120, what="the work of another worker")
        house.smtp.behaviour = wait_before_the_body
        meeting = book_alone(crowd, case)
        assert reached.wait(60)
        person = Person(crowd, random.Random(), 0)
        if change == "cancel":
            person.call_off(meeting)
        else:
            person.move(meeting, meeting.now.starts_at + timedelta(days=1))
        heard = "SELECT count(*) FROM session WHERE session_id::text = %s AND version = 2"
        eventually(lambda: house.count("notifier", heard, meeting.id), 20, what="the change")
        released.set()
        heal(crowd)

    assert len(letters_to(house, address)) == (0 if change == "cancel" else 1)
