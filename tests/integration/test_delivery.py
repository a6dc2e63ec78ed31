"""Events reach every reader and take effect once, whatever Redis and the workers do in between."""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis
from sqlalchemy import Engine, text

from services import database
from services.database import transaction
from services.events import bus, inbox, outbox, relay
from services.events.catalogue import LoginRequested, ParticipantErased
from services.events.relay import glance, ping_readers, relay_batch
from tests.conftest import DatabaseServer

NOW = datetime(2026, 12, 7, 12, 0, tzinfo=UTC)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


class Practice:
    """A publisher and one reader, each with its own database, and the relay between them in the test's hand."""

    def __init__(self, publisher: Engine, reader: Engine, redis_url: str) -> None:
        self.publisher, self.reader, self.redis_url = publisher, reader, redis_url
        self.office = bus.PostOffice(redis_url)
        self.log = tempfile.TemporaryFile("a+b")  # noqa: SIM115
        with transaction(publisher) as db:
            outbox.metadata.create_all(db.connection())
        with transaction(reader) as db:
            inbox.metadata.create_all(db.connection())
            db.execute(text("CREATE TABLE effect (id bigserial, aggregate text, version int)"))

    def stage(self, login_id: UUID, version: int, name: str = "Maija Meikäläinen") -> None:
        event = LoginRequested(
            version=version, login_id=login_id, email="maija@example.fi", full_name=name, link=uuid4(), expires_at=NOW
        )
        with transaction(self.publisher) as db:
            outbox.stage(db, "booking", NOW, [event])

    def relay(self) -> bool:
        return relay_batch(self.publisher, self.office)

    def effects(self) -> list[tuple[str, int]]:
        with transaction(self.reader) as db:
            return [tuple(row) for row in db.execute(text("SELECT aggregate, version FROM effect ORDER BY id"))]

    def deliveries(self) -> list[dict[str, Any]]:
        with transaction(self.publisher) as db:
            rows = db.execute(text("SELECT * FROM outbox_delivery ORDER BY aggregate, version")).mappings()
            return [dict(row) for row in rows]

    def logged(self) -> str:
        return os.pread(self.log.fileno(), 10_000_000, 0).decode()

    def all_confirmed(self) -> bool:
        return all(row["confirmed_at"] for row in self.deliveries())

    def was_refused(self, times: int) -> bool:
        (row,) = self.deliveries()
        return bool(row["attempts"] == times and row["last_error"] == "PoisonError")

    def let_the_pause_pass(self) -> None:
        """Make every delivery due again, and the reader due to be asked whether it is there."""
        with transaction(self.publisher) as db:
            db.execute(text("UPDATE outbox_delivery SET next_at = now()"))
            db.execute(text("UPDATE pulse SET asked_at = NULL"))

    def see_the_reader_at_work(self) -> None:
        before = self.pulse()
        ping_readers(self.publisher, self.office, "booking")
        until(lambda: self.pulse() != before)

    def last_ping(self) -> list[datetime]:
        """When it was asked, and until when everything was heard."""
        with redis.Redis.from_url(self.redis_url) as client:
            message = json.loads(client.lindex("notifier", 0))
        _, _, *moments = json.loads(base64.b64decode(message["body"]))[0]
        return [datetime.fromisoformat(moment) for moment in moments]

    def pulse(self) -> datetime | None:
        with transaction(self.publisher) as db:
            return db.execute(text("SELECT answered_at FROM pulse WHERE subscriber = 'notifier'")).scalar()

    @contextmanager
    def worker(self, queue: str, code: str = "tests.integration.delivery_worker") -> Iterator[subprocess.Popen[bytes]]:
        url = (self.publisher if queue == "booking" else self.reader).url.render_as_string(hide_password=False)
        process = subprocess.Popen(
            f"{sys.executable} -m celery --app={code}:app worker "
            f"--queues={queue} --hostname={queue}@%h --concurrency=1 --loglevel=error".split(),
            env=os.environ | {"TEST_QUEUE": queue, "TEST_DATABASE_URL": url, "REDIS_URL": self.redis_url},
            cwd=Path(__file__).parents[2],
            stderr=self.log,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


def new_practice(server: DatabaseServer, redis_url: str) -> Practice:
    urls = [server.create_database(f"{prefix}_{uuid4().hex}") for prefix in ("publisher", "reader")]
    return Practice(database.engine(urls[0]), database.engine(urls[1]), redis_url)


@pytest.fixture
def practice(postgres_server: DatabaseServer, empty_redis: str) -> Practice:
    another_number = empty_redis.rstrip("/").removesuffix("/0") + "/1"  # where the workers of this module do not look
    return new_practice(postgres_server, another_number)


@pytest.fixture(scope="module")
def workers(postgres_server: DatabaseServer, redis_url: str) -> Iterator[Practice]:
    practice = new_practice(postgres_server, redis_url)
    with practice.worker("notifier"), practice.worker("booking"):
        yield practice


@pytest.fixture
def both_at_work(workers: Practice, empty_redis: str) -> Practice:
    for engine, tables in ((workers.publisher, "outbox, outbox_delivery, pulse"), (workers.reader, "inbox, effect")):
        with transaction(engine) as db:
            db.execute(text(f"TRUNCATE {tables}"))
    workers.see_the_reader_at_work()
    return workers


def test_an_event_is_handled_once_and_its_delivery_is_closed_by_the_reader(both_at_work: Practice) -> None:
    login = uuid4()
    both_at_work.stage(login, 1)

    both_at_work.relay()
    until(both_at_work.all_confirmed)

    assert both_at_work.effects() == [(f"login/{login}", 1)]


def test_an_event_whose_transaction_is_rolled_back_was_never_there(practice: Practice) -> None:
    event = LoginRequested(
        version=1, login_id=uuid4(), email="a@example.fi", full_name="A", link=uuid4(), expires_at=NOW
    )

    def stage_and_fail() -> None:
        with transaction(practice.publisher) as db:
            outbox.stage(db, "booking", NOW, [event])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stage_and_fail()

    assert practice.deliveries() == []


def test_a_flushed_redis_loses_nothing(both_at_work: Practice) -> None:
    login = uuid4()
    both_at_work.stage(login, 1)
    with transaction(both_at_work.publisher) as db:  # as if it had been posted, and Redis emptied right after
        db.execute(text("UPDATE outbox_delivery SET posted_at = clock_timestamp(), attempts = 1"))
    with redis.Redis.from_url(both_at_work.redis_url) as client:
        client.flushall()

    both_at_work.let_the_pause_pass()
    both_at_work.see_the_reader_at_work()
    both_at_work.relay()
    until(both_at_work.all_confirmed)

    assert both_at_work.effects() == [(f"login/{login}", 1)]


def test_nothing_is_posted_again_to_a_reader_that_is_not_at_work(practice: Practice) -> None:
    practice.stage(uuid4(), 1)
    practice.relay()

    for _ in range(outbox.PARKED_AFTER + 2):
        practice.let_the_pause_pass()
        practice.relay()

    with redis.Redis.from_url(practice.redis_url) as client:
        assert client.llen("notifier") == 1
    assert [row["attempts"] for row in practice.deliveries()] == [1]


def test_a_reader_that_was_away_for_hours_finds_everything(practice: Practice) -> None:
    logins = [uuid4() for _ in range(20)]
    for login in logins:
        practice.stage(login, 1)
    practice.relay()
    with transaction(practice.publisher) as db:
        db.execute(text("UPDATE outbox_delivery SET posted_at = posted_at - :hours"), {"hours": timedelta(hours=9)})

    with practice.worker("notifier"), practice.worker("booking"):
        until(practice.all_confirmed)

    assert sorted(practice.effects()) == sorted((f"login/{login}", 1) for login in logins)


def test_versions_of_one_aggregate_come_in_their_order(both_at_work: Practice) -> None:
    login = uuid4()
    for version in (1, 2, 3):
        both_at_work.stage(login, version)

    def relayed() -> bool:
        both_at_work.relay()
        return both_at_work.all_confirmed()

    both_at_work.relay()
    assert [row["attempts"] for row in both_at_work.deliveries()] == [1, 0, 0]
    until(relayed)

    assert both_at_work.effects() == [(f"login/{login}", version) for version in (1, 2, 3)]


def test_the_same_message_three_times_takes_effect_once_and_is_confirmed_again(both_at_work: Practice) -> None:
    login = uuid4()
    both_at_work.stage(login, 1)
    for _ in range(3):
        with transaction(both_at_work.publisher) as db:
            db.execute(text("UPDATE outbox_delivery SET posted_at = NULL, confirmed_at = NULL, next_at = now()"))
        both_at_work.relay()
        until(both_at_work.all_confirmed)

    assert both_at_work.effects() == [(f"login/{login}", 1)]


def test_an_event_that_cannot_be_handled_is_parked_in_sight_and_holds_up_nothing_else(both_at_work: Practice) -> None:
    poison, healthy = uuid4(), uuid4()
    both_at_work.stage(poison, 1, name="poison")

    for attempt in range(1, outbox.PARKED_AFTER + 1):
        both_at_work.relay()
        until(partial(both_at_work.was_refused, attempt))
        both_at_work.let_the_pause_pass()
        both_at_work.see_the_reader_at_work()
    both_at_work.relay()
    both_at_work.stage(healthy, 1)
    both_at_work.relay()
    until(lambda: both_at_work.effects() == [(f"login/{healthy}", 1)])

    parked = [row for row in both_at_work.deliveries() if row["parked_at"]]
    assert [row["aggregate"] for row in parked] == [f"login/{poison}"]
    with transaction(both_at_work.publisher) as db:
        assert outbox.unpark(db) == 1


def test_what_a_worker_logs_of_trouble_names_nobody(both_at_work: Practice) -> None:
    both_at_work.stage(uuid4(), 1, name="poison")

    both_at_work.relay()
    until(partial(both_at_work.was_refused, 1))

    refused = [line for line in both_at_work.logged().splitlines() if "event.refused" in line]
    assert json.loads(refused[-1])["service"] == "notifier-worker"
    assert "PoisonError" in refused[-1]
    assert "maija@example.fi" not in both_at_work.logged()


def test_an_event_that_kills_its_process_is_parked_too_and_the_worker_goes_on(both_at_work: Practice) -> None:
    with transaction(both_at_work.publisher) as db:
        erased = ParticipantErased(version=1, participant_id=uuid4(), process_id=uuid4())
        outbox.stage(db, "booking", NOW, [erased])
        db.execute(text("DELETE FROM outbox_delivery WHERE subscriber = 'reporting'"))
    login = uuid4()

    for _ in range(outbox.PARKED_AFTER):
        both_at_work.relay()
        both_at_work.let_the_pause_pass()
        both_at_work.see_the_reader_at_work()
    both_at_work.relay()
    both_at_work.stage(login, 1)
    both_at_work.relay()

    until(lambda: both_at_work.effects() == [(f"login/{login}", 1)])
    (deadly,) = [row for row in both_at_work.deliveries() if row["aggregate"] == erased.aggregate]
    assert (deadly["attempts"], deadly["parked_at"] is not None) == (outbox.PARKED_AFTER, True)


def test_what_was_told_just_now_is_posted_at_a_glance_and_what_waits_longer_is_not(practice: Practice) -> None:
    """A glance comes forty times a second: what can't be posted yet must not make it look at everything."""
    office, (waiting, fresh) = bus.PostOffice(practice.redis_url), (uuid4(), uuid4())
    practice.stage(waiting, 1)
    with transaction(practice.publisher) as db:
        db.execute(text("UPDATE outbox_delivery SET next_at = now() - interval '2 s'"))

    glance(practice.publisher, office)
    assert [row["posted_at"] for row in practice.deliveries()] == [None]
    practice.stage(fresh, 1)
    glance(practice.publisher, office)

    assert all(row["posted_at"] for row in practice.deliveries())


def test_a_reader_is_asked_by_one_of_two_relays(practice: Practice) -> None:
    ping_readers(practice.publisher, practice.office, "booking")
    ping_readers(practice.publisher, practice.office, "booking")

    with redis.Redis.from_url(practice.redis_url) as client:
        assert client.llen("notifier") == 1


def test_a_ping_says_until_when_everything_was_heard(practice: Practice) -> None:
    """What is parked would else hold up late reminders for ever, and so would what waits behind it."""
    practice.stage(stuck := uuid4(), 1)
    practice.stage(stuck, 2)
    ping_readers(practice.publisher, practice.office, "booking")
    assert practice.last_ping()[-1] == NOW

    practice.let_the_pause_pass()
    with transaction(practice.publisher) as db:
        db.execute(text("UPDATE outbox_delivery SET parked_at = now() WHERE version = 1"))
    ping_readers(practice.publisher, practice.office, "booking")
    asked_at, heard_until = practice.last_ping()
    assert abs(heard_until - asked_at) < timedelta(seconds=5)


def test_the_shorter_ping_of_an_older_relay_is_answered_too(both_at_work: Practice) -> None:
    asked_at = datetime.now(UTC)

    both_at_work.office.post(bus.PING, "booking", "notifier", asked_at.isoformat(), to="notifier")

    until(lambda: both_at_work.pulse() == asked_at)


def test_a_redis_that_is_away_leaves_the_delivery_open(practice: Practice) -> None:
    practice.stage(uuid4(), 1)
    nowhere = bus.PostOffice("redis://127.0.0.1:1/0")

    with pytest.raises(Exception, match="Connection refused"):
        relay_batch(practice.publisher, nowhere)

    assert [(row["attempts"], row["posted_at"]) for row in practice.deliveries()] == [(0, None)]


def test_confirmed_events_are_forgotten_after_a_month_and_open_ones_never(practice: Practice) -> None:
    old, still_open = uuid4(), uuid4()
    practice.stage(old, 1)
    practice.stage(still_open, 1)
    with transaction(practice.publisher) as db:
        db.execute(text("UPDATE outbox SET staged_at = now() - interval '40 days'"))
        db.execute(
            text("UPDATE outbox_delivery SET confirmed_at = now() - interval '40 days' WHERE aggregate = :old"),
            {"old": f"login/{old}"},
        )
        outbox.prune(db)

    assert [row["aggregate"] for row in practice.deliveries()] == [f"login/{still_open}"]


def test_what_was_told_long_ago_goes_in_turns(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "PRUNED_AT_ONCE", 2)
    for _ in range(3):
        practice.stage(uuid4(), 1)
    with transaction(practice.publisher) as db:
        db.execute(text("UPDATE outbox SET staged_at = now() - interval '40 days'"))
        db.execute(text("UPDATE outbox_delivery SET confirmed_at = now() - interval '40 days'"))

    left = []
    for _ in range(2):
        relay.prune(practice.publisher)
        left.append(len(practice.deliveries()))

    assert left == [1, 0]
    assert relay.prune(practice.publisher) is False


def test_what_was_received_long_ago_goes_in_turns(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "PRUNED_AT_ONCE", 2)
    with transaction(practice.reader) as db:
        db.execute(text("INSERT INTO inbox (event_id) VALUES (gen_random_uuid())"))
        old = "INSERT INTO inbox SELECT gen_random_uuid(), now() - interval '100 days' FROM generate_series(1, 3)"
        db.execute(text(old))

        assert [inbox.prune(db), inbox.prune(db)] == [True, False]
        assert db.scalar(text("SELECT count(*) FROM inbox")) == 1
