"""Letters leave once, whatever the mail server and the senders do: refuse, put off, hang, hang up, die."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from aiosmtpd.smtp import Envelope

from services.core.database import transaction
from services.events import outbox
from services.events.catalogue import EvaluationRequested, ParticipantErased, Phase
from services.notifier.delivery import queue, smtp, writer
from services.notifier.delivery import sender as delivery_sender
from services.notifier.delivery.smtp import InvalidServerUrl, MailServer
from services.notifier.models import LetterStatus
from tests.support.letter_office import SHARED, Office
from tests.support.messages import hand_over
from tests.support.smtp_catcher import CUT, SmtpCatcher
from tests.support.start import alive


def write(office: Office, *names: str) -> None:
    """A confirmation for each of these people waits to be sent."""
    office.opens(*names)
    office.hear(*office.booked(office.on(30)))


def statuses(office: Office) -> Counter[str]:
    return Counter(row.status for row in office.rows(kind="booking_confirmation"))


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


# -- a server that works ----------------------------------------------------------------------------------


def test_a_batch_goes_over_one_connection_and_each_letter_is_marked(office: Office) -> None:
    write(office, *(f"Nimi{n}" for n in range(12)))

    office.send_all()

    assert len(office.received()) == 12
    assert office.catcher.connections == 1
    assert {(row.status, row.attempts, row.trouble) for row in office.rows(kind="booking_confirmation")} == {
        ("sent", 1, None)
    }
    assert {row.message_id for row in office.rows(status="sent")} == {str(m["Message-ID"]) for m in office.received()}
    assert all(row.sent_at for row in office.rows(status="sent"))


def test_more_than_one_batch_is_sent_in_one_go(office: Office) -> None:
    write(office, *(f"Nimi{n}" for n in range(queue.BATCH_SIZE + 5)))

    office.send()

    assert len(office.received()) == queue.BATCH_SIZE + 5


# -- temporary and permanent refusals ---------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "BODY"])
def test_what_is_put_off_is_tried_again_with_the_same_bytes_after_growing_pauses(office: Office, stage: str) -> None:
    write(office, "Aino")
    office.catcher.refuse(stage, "451 4.7.1 come back later")
    pauses = []
    for _ in range(5):
        office.send_all()
        (row,) = office.rows(kind="booking_confirmation")
        pauses.append(round((row.next_try_at - office.now()).total_seconds() / 60))
        office.let_pauses_pass()
    assert pauses == [1, 5, 15, 60, 60]
    assert (row.status, row.trouble, row.attempts) == ("planned", f"{stage} 451 4.7.1", 5)

    office.catcher.behave()
    office.send_all()

    (letter,) = office.received()
    assert str(letter["Message-ID"]) == row.message_id
    assert statuses(office) == {"sent": 1}


def test_the_bytes_are_the_same_in_every_try(office: Office) -> None:
    write(office, "Aino")
    seen = []

    async def keep_and_refuse(stage: str, envelope: Envelope) -> str | None:
        if stage == "BODY":
            seen.append(envelope.content)
        return "451 not yet" if stage == "BODY" and len(seen) < 3 else None

    office.catcher.behaviour = keep_and_refuse
    for _ in range(3):
        office.advance(minutes=20)
        office.let_pauses_pass()
        office.send_all()

    assert len(seen) == 3
    assert len(set(seen)) == 1


def test_after_two_days_of_tries_a_letter_has_failed(office: Office) -> None:
    write(office, "Aino")
    office.run("UPDATE letter SET attempts = :tries", tries=len(queue.RETRY_PAUSES))
    office.catcher.refuse("RCPT", "450 mailbox busy")

    office.send_all()

    assert statuses(office) == {"failed": 1}
    assert timedelta(days=1, hours=23) < sum(queue.RETRY_PAUSES, timedelta()) < timedelta(days=2, hours=1)


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "BODY"])
def test_what_is_refused_for_good_has_failed_at_once_and_holds_up_nobody(office: Office, stage: str) -> None:
    write(office, "Aino", "Veikko", "Kaisa")

    async def refuse_veikko(at: str, envelope: Envelope) -> str | None:
        told = office.catcher.connections and (envelope.rcpt_tos or [""])[0]
        refused = at == stage and (told == "veikko@example.fi" or (stage == "MAIL" and not seen))
        seen.extend([at] if refused else [])
        return "550 5.1.1 no" if refused else None

    seen: list[str] = []
    office.catcher.behaviour = refuse_veikko
    office.send_all()

    assert statuses(office) == {"sent": 2, "failed": 1}
    assert [row.trouble for row in office.rows(status="failed")] == [f"{stage} 550 5.1.1"]
    assert office.catcher.connections == 1


def test_a_server_that_closes_after_each_letter_gets_the_next_on_a_new_connection(office: Office) -> None:
    write(office, "Aino", "Veikko", "Kaisa")
    taken: dict[int, int] = Counter()

    async def one_each(stage: str, _: Envelope) -> str | None:
        if stage == "MAIL" and taken[office.catcher.connections]:
            return "421 4.3.2 only one for each connection"
        taken[office.catcher.connections] += stage == "KEPT"
        return None

    office.catcher.behaviour = one_each
    office.send_all()

    assert statuses(office) == {"sent": 3}
    assert {row.attempts for row in office.rows(kind="booking_confirmation")} == {1}
    assert office.catcher.connections == 3


# -- a server that is away --------------------------------------------------------------------------------


def test_while_the_server_is_away_everything_waits_and_leaves_when_it_is_back(office: Office) -> None:
    write(office, "Aino", "Veikko")
    office.catcher.close()
    assert office.send() is False
    waiting = sorted((row.attempts, row.trouble) for row in office.rows(kind="booking_confirmation"))
    assert waiting == [(0, None), (1, "CONNECT ConnectionRefusedError")]

    office.let_the_server_rest_pass()
    office.send()
    assert {row.attempts for row in office.rows(kind="booking_confirmation")} == {1}
    office.catcher.open()
    office.let_the_server_rest_pass()
    assert office.send() is False, "both have had their try and wait for their pause"
    office.advance(minutes=1)
    office.send_all()

    assert statuses(office) == {"sent": 2}


def test_the_first_letter_that_the_server_takes_again_brings_all_others_along(office: Office) -> None:
    write(office, "Aino", "Veikko", "Kaisa")
    office.catcher.close()
    for _ in range(3):
        office.let_the_server_rest_pass()
        office.send()
    office.run("UPDATE letter SET next_try_at = next_try_at + interval '1 hour' WHERE status = 'planned'")
    office.catcher.open()
    office.let_the_server_rest_pass()

    office.hear(*office.booked(office.on(60)))
    office.send_all()

    assert statuses(office) == {"sent": 6}


def test_senders_leave_a_server_in_trouble_alone_for_longer_and_longer(office: Office) -> None:
    write(office, *(f"Nimi{n}" for n in range(9)))
    office.catcher.close()
    rests = []
    for _ in range(9):
        office.let_the_server_rest_pass()
        office.send()
        assert office.send() is False
        rests.append(office.server_rest_seconds())

    assert rests == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_overdue_letters_are_seen_when_the_server_is_away_but_not_when_one_mailbox_is_busy(office: Office) -> None:
    write(office, "Aino")
    office.catcher.refuse("RCPT", "450 mailbox busy")
    for _ in range(3):
        office.send_all()
        office.let_pauses_pass()
    office.send_all()
    office.advance(minutes=30)
    with transaction(office.engine) as db:
        assert queue.letter_lateness(db, office.now()) == timedelta(0)

    office.catcher.close()
    office.let_pauses_pass()
    office.send()
    with transaction(office.engine) as db:
        assert queue.letter_lateness(db, office.now()) > timedelta(minutes=29)


# -- a server that hangs ----------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_hangs_before_the_body_does_not_have_the_letter(
    office: Office, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "COMMAND_SECONDS", 0.2)
    write(office, "Aino")
    office.catcher.hang(stage)
    office.send()
    (row,) = office.rows(kind="booking_confirmation")
    assert (row.status, row.handed_over_at, row.awaits_server) == ("planned", None, True)

    office.catcher.behave()
    office.let_pauses_pass()
    office.send_all()

    assert len(office.received()) == 1


@pytest.mark.parametrize("reply", [None, CUT])
@pytest.mark.parametrize("stage", ["BODY", "KEPT"])
def test_when_nobody_can_know_whether_the_server_has_it_the_letter_is_uncertain_and_not_sent_again(
    office: Office, stage: str, reply: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "FINAL_REPLY_SECONDS", 0.2)
    write(office, "Aino")
    if reply is None:
        office.catcher.hang(stage)
    else:
        office.catcher.refuse(stage, reply)
    office.send()
    assert statuses(office) == {"uncertain": 1}

    office.catcher.behave()
    for _ in range(3):
        office.advance(days=1)
        office.let_pauses_pass()
        office.let_leases_pass()
        with transaction(office.engine) as db:
            queue.recover_stale_letters(db, office.now())
        office.send_all()

    assert len(office.received()) == (1 if stage == "KEPT" else 0) + len(
        office.rows(kind="reminder_day", status="sent")
    )
    assert statuses(office) == {"uncertain": 1}


def test_a_server_that_dies_after_every_body_makes_one_letter_uncertain_at_a_time(office: Office) -> None:
    write(office, *(f"Nimi{n}" for n in range(5)))
    office.catcher.refuse("BODY", CUT)

    office.send()

    assert statuses(office) == {"uncertain": 1, "planned": 4}


def test_a_slow_server_gets_its_time_for_the_last_reply(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "COMMAND_SECONDS", 0.3)
    write(office, "Aino")

    async def slow(stage: str, _: Envelope) -> str | None:
        if stage == "BODY":
            await asyncio.sleep(0.8)
        return None

    office.catcher.behaviour = slow
    office.send_all()

    assert statuses(office) == {"sent": 1}


# -- changes on the way -----------------------------------------------------------------------------------


def test_a_letter_that_is_withdrawn_while_the_server_gets_ready_for_it_does_not_go(office: Office) -> None:
    write(office, "Aino")
    (session_id,) = office.sessions

    async def cancel_meanwhile(stage: str, _: Envelope) -> str | None:
        if stage == "DATA":
            await asyncio.to_thread(office.hear, *office.cancelled(session_id))
        return None

    office.catcher.behaviour = cancel_meanwhile
    office.send_all()

    assert office.received() == []
    assert statuses(office) == {"cancelled": 1}


def test_a_move_while_a_letter_is_on_its_way_is_told_by_a_letter_of_its_own(office: Office) -> None:
    write(office, "Aino")
    (session_id,) = office.sessions

    async def move_meanwhile(stage: str, _: Envelope) -> str | None:
        if stage == "BODY" and office.sessions[session_id]["starts_at"] != office.on(60):
            await asyncio.to_thread(office.hear, office.moved(session_id, office.on(60)))
        return None

    office.catcher.behaviour = move_meanwhile
    office.send_all()
    office.advance(minutes=2)
    office.send_all()

    assert [str(letter["Subject"]).split(":")[0] for letter in office.received()] == ["Varausvahvistus", "Uusi aika"]


def test_what_the_server_does_not_take_after_all_has_not_been_told(office: Office) -> None:
    write(office, "Aino")
    (session_id,) = office.sessions

    async def move_and_refuse(stage: str, _: Envelope) -> str | None:
        if stage == "BODY":
            await asyncio.to_thread(office.hear, office.moved(session_id, office.on(60)))
            return "451 not now"
        return None

    office.catcher.behaviour = move_and_refuse
    office.send()
    office.catcher.behave()
    office.advance(minutes=3)
    office.let_pauses_pass()
    office.send_all()

    (letter,) = office.received()
    assert str(letter["Subject"]).startswith("Varausvahvistus")
    assert sorted(office.kinds(LetterStatus.cancelled)) == [
        "booking_confirmation",
        "reminder_day",
        "reminder_week",
        "reschedule",
    ]


# -- what is in hand and not written yet ------------------------------------------------------------------


def test_who_gets_a_new_address_while_a_sender_has_their_letter_gets_it_there(office: Office) -> None:
    office.opens("Aino")
    office.hear(evaluation_requested(office))
    with in_hand(office) as (round_, letters):
        office.hear(office.participant("Aino", email="aino.uusi@example.fi"))
        round_.carry(letters)
    assert office.received() == []

    office.send_all()

    assert [str(letter["To"]) for letter in office.received()] == ["aino.uusi@example.fi"]


def test_of_who_is_erased_while_a_sender_has_their_letter_nothing_leaves_and_nothing_stays(office: Office) -> None:
    write(office, "Aino")
    person = office.people[0]
    with in_hand(office) as (round_, letters):
        letters.prepare()
        office.hear(
            ParticipantErased(version=office.version(person.id), participant_id=person.id, process_id=office.process_id)
        )
        round_.carry(letters)
    office.send_all()

    assert office.received() == []
    assert {row.message for row in office.rows()} == {None}


def evaluation_requested(office: Office) -> EvaluationRequested:
    """Its letters tell of no meeting, so that nothing else renews them."""
    person, now = office.people[0].id, office.now()
    return EvaluationRequested(
        version=1,
        evaluation_id=uuid4(),
        process_id=office.process_id,
        phase=Phase.mid,
        status="open",
        opened_at=now,
        due_at=now + timedelta(days=14),
        invited=(person,),
        answer_links={person: uuid4()},
    )


@contextmanager
def in_hand(office: Office) -> Iterator[tuple[delivery_sender.SendingRun, writer.LetterWriter]]:
    """A sender that has claimed what is due and written nothing yet."""
    with office.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as ledger:
        round_ = delivery_sender.SendingRun(office.engine, office.settings, ledger)
        letters = writer.take_letters(office.engine, office.settings)
        assert letters is not None
        yield round_, letters
        round_.end()


def test_a_letter_leaves_with_the_event_that_asks_for_it(office: Office) -> None:
    """Nobody hears calls through Redis here."""
    office.opens("Aino")
    (booked,) = office.booked(office.on(30))
    message = outbox.envelope("booking", booked, office.now()).model_dump(mode="json")

    from services.notifier import worker

    hand_over(worker.app, booked.name, message, sender="booking", reader="notifier", shared_keys=SHARED)

    assert len(office.received("Aino")) == 1


def test_after_an_absence_no_reminder_leaves_before_all_changes_are_heard(office: Office) -> None:
    """Also not when one of them was lost on its way and comes once more."""
    office.opens("Aino")
    day = office.on(30, hour=0)
    meetings = [office.booked(day + timedelta(hours=hour)) for hour in (10, 13, 16)]
    for booked in meetings:
        office.hear(*booked)
    office.send_all()
    office.has_heard(until=office.now())
    office.advance_to(day - timedelta(hours=12))
    on_its_way, lost = [office.cancelled(booked.session_id)[0] for (booked,) in meetings[:2]]

    office.hear(on_its_way)
    office.send_all()
    assert subjects(office)[3:] == ["Peruttu"]
    office.hear(lost)
    office.has_heard(until=office.now())
    office.send_all()
    assert subjects(office)[4:] == ["Muistutus", "Peruttu"]


def subjects(office: Office) -> list[str]:
    """The first word of each letter's subject, in the order in which they left."""
    return [str(letter["Subject"]).partition(":")[0] for letter in office.received("Aino")]


# -- several senders, and dead ones -----------------------------------------------------------------------


def test_two_senders_at_once_send_each_letter_once(office: Office) -> None:
    write(office, *(f"Nimi{n}" for n in range(60)))
    begin = threading.Barrier(4)

    def carry() -> None:
        begin.wait()
        with office.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as ledger:
            round_ = delivery_sender.SendingRun(office.engine, office.settings, ledger)
            while letters := writer.take_letters(office.engine, office.settings):
                round_.carry(letters)
            round_.end()

    monkey = queue.BATCH_SIZE
    queue.BATCH_SIZE = 7
    try:
        senders = [threading.Thread(target=carry) for _ in range(3)]
        for sender in senders:
            sender.start()
        begin.wait()
        for sender in senders:
            sender.join()
    finally:
        queue.BATCH_SIZE = monkey

    assert statuses(office) == {"sent": 60}
    assert Counter(str(letter["To"]) for letter in office.received()).most_common(1)[0][1] == 1


def test_a_worker_sends_with_one_process_and_leaves_the_others_to_events(office: Office) -> None:
    write(office, "Aino")
    with queue.sender_slot(office.engine) as ledger:
        assert ledger is not None
        assert office.send() is False
        assert office.received() == []
    office.send_all()

    assert len(office.received()) == 1


SENDERS = """
import json, os, signal, sys, time
from services.core import database
from services.core.sealing import carrying
from services.notifier.delivery import sender
from services.notifier.settings import Settings

def send_for_ever():
    settings = Settings()
    engine = carrying(database.engine(settings.notifier_database_url, pool_size=3), settings.sealing)
    while True:
        sender.send_due_letters(engine, settings)
        time.sleep(0.01)

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for environment in sys.stdin:
    if not (child := os.fork()):
        os.environ |= json.loads(environment)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # it logs; only numbers go where they are read
        send_for_ever()
    print(child, flush=True)
"""
"""Forks a sender for each environment that it reads, so that only one of them all imports anything."""

Sender = Callable[[], AbstractContextManager[int]]


@pytest.fixture(scope="module")
def senders() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SENDERS]
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[3], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        yield parent


@pytest.fixture
def sender(senders: subprocess.Popen[str], office: Office) -> Sender:
    """Inside, a process of its own sends for this office; its number."""

    @contextmanager
    def sending() -> Iterator[int]:
        assert senders.stdin
        assert senders.stdout
        senders.stdin.write(json.dumps(dict(os.environ)) + "\n")
        senders.stdin.flush()
        process = int(senders.stdout.readline())
        try:
            yield process
        finally:
            kill(process)

    return sending


def kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    until(lambda: not alive({process}))


@pytest.mark.slow
@pytest.mark.parametrize(("stage", "arrives"), [("RCPT", 1), ("BODY", 0), ("KEPT", 1)])
def test_a_sender_that_is_killed_leaves_a_letter_to_others_or_uncertain(
    office: Office, sender: Sender, stage: str, arrives: int
) -> None:
    write(office, "Aino")
    reached = threading.Event()

    async def hang(at: str, _: Envelope) -> str | None:
        if at == stage:
            reached.set()
            await asyncio.sleep(60)
        return None

    office.catcher.behaviour = hang
    with sender() as process:
        assert reached.wait(60)
        kill(process)
    office.catcher.behave()
    office.let_leases_pass()
    with transaction(office.engine) as db:
        lost = queue.recover_stale_letters(db, office.now())
    office.send_all()

    assert len(lost) == (stage != "RCPT")
    assert statuses(office) == {"sent" if stage == "RCPT" else "uncertain": 1}
    assert len(office.received()) == arrives


def test_under_kills_of_the_sender_no_letter_leaves_twice_and_none_is_lost(office: Office, sender: Sender) -> None:
    write(office, *(f"Nimi{n}" for n in range(2 * queue.BATCH_SIZE)))  # so that no letter sees five senders die
    sent = 0
    for _ in range(6):
        with sender() as process:
            until(partial(has_sent_more, office, sent))
            kill(process)
        sent = len(office.received())
        office.let_leases_pass()
        with transaction(office.engine) as db:
            queue.recover_stale_letters(db, office.now())
    office.send_all()

    arrived = Counter(str(letter["Message-ID"]) for letter in office.received())
    assert set(arrived.values()) == {1}
    assert statuses(office)["planned"] == statuses(office)["sending"] == 0
    marked = {row.message_id for row in office.rows(status="sent")}
    uncertain = {row.message_id for row in office.rows(status="uncertain")}
    assert marked <= set(arrived) <= marked | uncertain
    assert len(uncertain) <= 6


def has_sent_more(office: Office, sent: int) -> bool:
    return len(office.received()) > sent + 4


# -- addresses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer("mail.example", 25)),
        ("smtp://127.0.0.1:1025", MailServer("127.0.0.1", 1025)),
        ("smtps://u%40x.fi:p%2Fw@mail.example", MailServer("mail.example", 465, "u@x.fi", "p/w", implicit_tls=True)),
        ("smtp://u:p@h:587?starttls=required", MailServer("h", 587, "u", "p", starttls="required")),
    ],
)
def test_any_mail_server_is_named_by_an_address(url: str, server: MailServer) -> None:
    assert MailServer.at(url) == server


@pytest.mark.parametrize(
    "url", ["http://mail.example", "smtp://", "smtp://h:port", "smtp://h?starttls=maybe", "smtp://h?tls=1", "mail"]
)
def test_an_address_that_names_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidServerUrl):
        MailServer.at(url)


def test_an_address_beyond_ascii_is_sent_where_the_server_knows_such_addresses(office: Office) -> None:
    office.opens()
    office.hear(office.participant("Aino"), office.participant("Väinö", email="väinö@työ.example"))
    office.hear(*office.booked(office.on(30)))
    office.send_all()

    assert statuses(office) == {"sent": 2}
    assert {envelope.rcpt_tos[0] for envelope in office.catcher.envelopes} == {"aino@example.fi", "väinö@työ.example"}


def test_no_password_goes_over_an_open_line(monkeypatch: pytest.MonkeyPatch, smtp_catcher: SmtpCatcher) -> None:
    monkeypatch.setattr(MailServer, "is_this_machine", False)
    server = MailServer.at(smtp_catcher.url.replace("smtp://", "smtp://user:password@"))

    with pytest.raises(smtp.ServerUnreachable, match="LOGIN SMTPNotSupportedError"):
        smtp.connect_to_server(server, "practice.example")
