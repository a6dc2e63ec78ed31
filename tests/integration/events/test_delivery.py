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

from services.core import database
from services.core.database import transaction
from services.core.sealing import carrying, sealing_of
from services.core.secrets import fresh_keys
from services.events import bus, inbox, outbox, relay
from services.events.catalogue import (
    ActionItem,
    Actor,
    Batch,
    IntakeRequested,
    LoginRequested,
    Mode,
    ParticipantErased,
    SessionBooked,
    SummaryPublished,
)
from services.events.relay import await_new, ping_readers, post_unsigned_again, relay_batch, relay_next
from services.events.signatures import OF_NOBODY, Signatures
from tests.databases import DatabaseServer
from tests.integration.conftest import everything
from tests.support.queues import held_by

pytestmark = pytest.mark.slow

SHARED = fresh_keys()["BOOKING_NOTIFIER_KEY"]
READERS = {"notifier": SHARED, "reporting": SHARED}
MARK = "Kivikasassa asuu kärppä"
NOW = datetime(2026, 12, 7, 12, 0, tzinfo=UTC)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def a_login(login_id: UUID, version: int, name: str = "Maija Meikäläinen") -> LoginRequested:
    return LoginRequested(
        version=version, login_id=login_id, email="maija@example.fi", full_name=name, link=uuid4(), expires_at=NOW
    )


class Practice:
    """A publisher and one reader, each with its own database, and the relay between them in the test's hand."""

    def __init__(self, publisher: Engine, reader: Engine, redis_url: str) -> None:
        self.publisher, self.reader, self.redis_url = publisher, reader, redis_url
        self.office = bus.EventPoster(redis_url, Signatures("booking", READERS))
        self.log = tempfile.TemporaryFile("a+b")  # noqa: SIM115
        with transaction(publisher) as db:
            outbox.metadata.create_all(db.connection())
        with transaction(reader) as db:
            inbox.metadata.create_all(db.connection())
            db.execute(text("CREATE TABLE effect (id bigserial, aggregate text, version int)"))

    def stage(self, login_id: UUID, version: int, name: str = "Maija Meikäläinen") -> None:
        with transaction(self.publisher) as db:
            outbox.stage(db, "booking", NOW, [a_login(login_id, version, name)])

    def stage_talks(self, supervisor_id: UUID, count: int) -> None:
        talk = IntakeRequested(
            version=1,
            intake_id=uuid4(),
            supervisor_id=supervisor_id,
            status="held",
            starts_at=NOW,
            ends_at=NOW,
            full_name="Maija Meikäläinen",
            email="maija@example.fi",
            expires_at=NOW,
            link=uuid4(),
        )
        with transaction(self.publisher) as db:
            outbox.stage(db, "booking", NOW, [talk.model_copy(update={"intake_id": uuid4()}) for _ in range(count)])

    def stage_series(self, *locations: str) -> list[str]:
        """So many sessions, booked by one deed; what they are about."""
        batch, process, supervisor = Batch(id=uuid4(), size=len(locations)), uuid4(), uuid4()
        booked = [
            SessionBooked(
                version=1,
                session_id=uuid4(),
                process_id=process,
                supervisor_id=supervisor,
                number=number,
                status="booked",
                starts_at=NOW,
                ends_at=NOW,
                mode=Mode.onsite,
                location=location,
                booked_at=NOW,
                changed_at=NOW,
                changed_by=Actor.client,
                batch=batch,
                free_until=NOW,
                late_fee_percent=50,
                waives_force_majeure=True,
            )
            for number, location in enumerate(locations, 1)
        ]
        with transaction(self.publisher) as db:
            outbox.stage(db, "booking", NOW, booked)
            db.execute(text("DELETE FROM outbox_delivery WHERE subscriber = 'reporting'"))
        return [event.aggregate for event in booked]

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

    def heard_until(self) -> datetime | None:
        with transaction(self.reader) as db:
            return db.execute(text("SELECT until FROM heard WHERE publisher = 'booking'")).scalar()

    @contextmanager
    def worker(self, queue: str, code: str = "tests.support.delivery_worker") -> Iterator[subprocess.Popen[bytes]]:
        url = (self.publisher if queue == "booking" else self.reader).url.render_as_string(hide_password=False)
        process = subprocess.Popen(
            f"{sys.executable} -m celery --app={code}:app worker "
            f"--queues={queue} --hostname={queue}@%h --concurrency=1 --loglevel=error".split(),
            env=os.environ
            | {"TEST_QUEUE": queue, "TEST_DATABASE_URL": url, "REDIS_URL": self.redis_url}
            | {"BOOKING_NOTIFIER_KEY": SHARED},
            cwd=Path(__file__).parents[3],
            stderr=self.log,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


def new_practice(server: DatabaseServer, redis_url: str) -> Practice:
    urls = [server.create_database(f"{prefix}_{uuid4().hex}") for prefix in ("publisher", "reader")]
    publisher = carrying(database.engine(urls[0]), sealing_of("booking", SHARED, READERS))
    return Practice(publisher, database.engine(urls[1]), redis_url)


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
    for engine, tables in (
        (workers.publisher, "outbox, outbox_delivery, pulse"),
        (workers.reader, "inbox, effect, heard"),
    ):
        with transaction(engine) as db:
            db.execute(text(f"TRUNCATE {tables}"))
    workers.see_the_reader_at_work()
    with transaction(workers.reader) as db:
        db.execute(text("TRUNCATE heard"))
    return workers


def test_an_event_is_handled_once_and_its_delivery_is_closed_by_the_reader(both_at_work: Practice) -> None:
    login = uuid4()
    both_at_work.stage(login, 1)

    both_at_work.relay()
    until(both_at_work.all_confirmed)

    assert both_at_work.effects() == [(f"login/{login}", 1)]


def test_an_event_whose_transaction_is_rolled_back_was_never_there(practice: Practice) -> None:
    def stage_and_fail() -> None:
        with transaction(practice.publisher) as db:
            outbox.stage(db, "booking", NOW, [a_login(uuid4(), 1)])
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


def test_a_long_series_of_one_supervisor_holds_up_nobody_else(practice: Practice) -> None:
    practice.stage_talks(uuid4(), 150)
    practice.stage_talks(uuid4(), 2)

    practice.relay()

    with redis.Redis.from_url(practice.redis_url) as client:
        assert client.llen("notifier") == outbox.UNDER_WAY + 2
    assert practice.relay() is False  # the series goes on when the first of it are done
    with transaction(practice.publisher) as db:
        db.execute(text("UPDATE outbox_delivery SET confirmed_at = now() WHERE posted_at IS NOT NULL"))
    practice.relay()
    with redis.Redis.from_url(practice.redis_url) as client:
        assert client.llen("notifier") == 2 * outbox.UNDER_WAY + 2


def test_behind_a_backlog_that_nobody_takes_others_have_their_turn(practice: Practice) -> None:
    login = uuid4()
    practice.stage_talks(uuid4(), 2 * outbox.LOOKED_AT)
    practice.stage(login, 1)

    for _ in range(2):
        practice.relay()

    (posted,) = [row["posted_at"] for row in practice.deliveries() if row["aggregate"] == f"login/{login}"]
    assert posted


def test_what_is_refused_or_never_answered_makes_room_for_the_next(practice: Practice) -> None:
    practice.stage_talks(uuid4(), 3 * outbox.UNDER_WAY)
    practice.relay()
    for change in ("last_error = 'KeyError'", "posted_at = posted_at - interval '11 s'"):
        with transaction(practice.publisher) as db:
            db.execute(text(f"UPDATE outbox_delivery SET {change} WHERE posted_at > now() - interval '10 s'"))  # noqa: S608
        practice.relay()

    assert all(row["posted_at"] for row in practice.deliveries())


def test_nobody_has_answered_in_the_future_whatever_a_forged_ping_said(practice: Practice) -> None:
    with transaction(practice.publisher) as db:
        outbox.answered(db, "notifier", datetime.now(UTC) + timedelta(days=365))
        outbox.answered(db, "notifier", datetime.now(UTC) + timedelta(days=365))

    answered_at = practice.pulse()
    assert answered_at
    assert answered_at <= datetime.now(UTC)


# -- what one deed caused -----------------------------------------------------------------------------------


def test_a_series_is_one_message_once_and_what_is_posted_again_goes_alone(practice: Practice) -> None:
    practice.stage_series(*["Kirkkokatu 1"] * 5)
    practice.stage_series(*["Kirkkokatu 1"] * 3)
    practice.stage(uuid4(), 1)

    practice.relay()
    assert waiting(practice) == 3
    practice.let_the_pause_pass()
    with transaction(practice.publisher) as db:
        db.execute(text("INSERT INTO pulse (subscriber, answered_at) VALUES ('notifier', now() + interval '1 min')"))
    practice.relay()

    assert waiting(practice) == 3 + 9


def waiting(practice: Practice) -> int:
    with redis.Redis.from_url(practice.redis_url) as client:
        return int(client.llen("notifier"))


def test_of_a_series_each_takes_effect_once_however_often_it_comes(both_at_work: Practice) -> None:
    series = both_at_work.stage_series(*["Kirkkokatu 1"] * 5)
    for _ in range(2):
        with transaction(both_at_work.publisher) as db:
            db.execute(
                text("UPDATE outbox_delivery SET attempts = 0, posted_at = NULL, confirmed_at = NULL, next_at = now()")
            )
        both_at_work.relay()
        until(both_at_work.all_confirmed)

    assert both_at_work.effects() == [(session, 1) for session in series]


def test_an_event_of_a_series_that_cannot_be_handled_holds_up_none_of_the_others(both_at_work: Practice) -> None:
    series = both_at_work.stage_series("Kirkkokatu 1", "poison", "Kirkkokatu 1")

    both_at_work.relay()
    until(lambda: [bool(row["confirmed_at"] or row["last_error"]) for row in both_at_work.deliveries()] == [True] * 3)

    assert both_at_work.effects() == [(series[0], 1), (series[2], 1)]
    assert [row["aggregate"] for row in both_at_work.deliveries() if row["last_error"]] == [series[1]]


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


@pytest.mark.parametrize("signatures", [OF_NOBODY, Signatures("booking", {"notifier": fresh_keys()["NOTIFIER_KEY"]})])
def test_what_somebody_else_put_into_redis_is_not_handled(both_at_work: Practice, signatures: Signatures) -> None:
    """A letter with a working link to another person's page was to be had by one such message."""
    known = uuid4()
    forged = outbox.envelope("booking", a_login(uuid4(), 1), NOW).model_dump(mode="json")

    bus.EventPoster(both_at_work.redis_url, signatures).post_events([forged], to="notifier")
    both_at_work.stage(known, 1)
    both_at_work.relay()
    until(both_at_work.all_confirmed)

    assert both_at_work.effects() == [(f"login/{known}", 1)]
    (line,) = [line for line in both_at_work.logged().splitlines() if str(forged["id"]) in line]
    assert json.loads(line)["event"] == "event.unsigned"


def test_a_signed_event_that_was_changed_on_its_way_is_not_handled(practice: Practice) -> None:
    practice.stage(uuid4(), 1)
    practice.relay()
    with redis.Redis.from_url(practice.redis_url) as client:
        message = json.loads(client.lindex("notifier", 0))
        body = base64.b64decode(message["body"]).replace(b"maija@", b"mallo@")
        client.lset("notifier", 0, json.dumps(message | {"body": base64.b64encode(body).decode()}))

    with practice.worker("notifier"), practice.worker("booking"):
        until(lambda: practice.deliveries()[0]["last_error"] == outbox.UNSIGNED)

    assert practice.effects() == []


def test_what_a_relay_of_before_posted_unsigned_is_posted_again_at_once_after_an_upgrade(
    both_at_work: Practice,
) -> None:
    login = uuid4()
    both_at_work.stage(login, 1)
    relay_batch(both_at_work.publisher, bus.EventPoster(both_at_work.redis_url))
    until(lambda: both_at_work.deliveries()[0]["last_error"] == outbox.UNSIGNED)

    post_unsigned_again(both_at_work.publisher)
    both_at_work.relay()
    until(both_at_work.all_confirmed)

    assert both_at_work.effects() == [(f"login/{login}", 1)]


def test_nobody_else_confirms_what_a_reader_has_not_heard(both_at_work: Practice) -> None:
    both_at_work.stage(uuid4(), 1)
    (delivery,) = both_at_work.deliveries()

    bus.EventPoster(both_at_work.redis_url).post(bus.CONFIRMED, str(delivery["event_id"]), "notifier", to="booking")
    until(lambda: "answer.unsigned" in both_at_work.logged())

    assert not both_at_work.all_confirmed()


def test_what_was_agreed_is_readable_neither_in_the_outbox_nor_in_redis_and_by_its_reader_alone(
    practice: Practice,
) -> None:
    stage_summary(practice, MARK)
    practice.relay()

    assert MARK not in everything(practice.publisher)
    with redis.Redis.from_url(practice.redis_url, decode_responses=True) as client:
        assert client.llen("notifier") == 1
        assert MARK not in held_by(client)
    with practice.worker("notifier"), practice.worker("booking"):
        until(lambda: practice.effects() == [(MARK, 1)])


def test_what_older_code_staged_in_the_clear_is_sealed_in_the_outbox(practice: Practice) -> None:
    stage_summary(practice, MARK)
    with transaction(practice.publisher) as db:
        clear = a_summary(MARK).model_dump_json()
        data = "jsonb_build_object('data', CAST(:clear AS jsonb))"
        db.execute(text(f"UPDATE outbox SET envelope = (envelope - 'sealed') || {data}"), {"clear": clear})  # noqa: S608
    assert MARK in everything(practice.publisher)

    assert relay.seal_staged(practice.publisher) is False
    assert MARK not in everything(practice.publisher)
    practice.relay()
    with practice.worker("notifier"), practice.worker("booking"):
        until(lambda: practice.effects() == [(MARK, 1)])


def a_summary(action: str) -> SummaryPublished:
    return SummaryPublished(
        version=1,
        summary_id=uuid4(),
        session_id=uuid4(),
        process_id=uuid4(),
        published_at=NOW,
        sends_letter=True,
        links={},
        link_expires_at=NOW,
        actions=(ActionItem(text=action),),
    )


def stage_summary(practice: Practice, action: str) -> None:
    with transaction(practice.publisher) as db:
        outbox.stage(db, "booking", NOW, [a_summary(action)])
        db.execute(text("DELETE FROM outbox_delivery WHERE subscriber = 'reporting'"))


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


def test_a_relay_waits_for_what_is_told_just_now_and_not_for_what_waits_longer(practice: Practice) -> None:
    """What can't be posted yet must not make it look at everything again and again."""
    practice.stage(uuid4(), 1)
    with transaction(practice.publisher) as db:
        db.execute(text("UPDATE outbox_delivery SET next_at = now() - interval '2 s'"))
        db.execute(text("UPDATE outbox SET staged_at = now() - interval '2 min'"))
    quiet = 2.5

    assert awaited(practice) >= quiet
    practice.stage(uuid4(), 1)
    assert awaited(practice) < quiet
    relay_next(practice.publisher, bus.EventPoster(practice.redis_url))

    assert all(row["posted_at"] for row in practice.deliveries())


def awaited(practice: Practice) -> float:
    """For how many seconds a relay waits now."""
    began = time.monotonic()
    await_new(practice.publisher)
    return time.monotonic() - began


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


def test_only_a_signed_ping_says_until_when_everything_was_heard(both_at_work: Practice) -> None:
    forger, true, false = bus.EventPoster(both_at_work.redis_url), NOW, NOW + timedelta(days=1)

    for poster, moment in ((forger, false), (both_at_work.office, true)):
        poster.post(bus.PING, "booking", "notifier", NOW.isoformat(), moment.isoformat(), to="notifier")

    until(lambda: both_at_work.heard_until() is not None)
    assert both_at_work.heard_until() == true


def test_a_redis_that_is_away_leaves_the_delivery_open(practice: Practice) -> None:
    practice.stage(uuid4(), 1)
    nowhere = bus.EventPoster("redis://127.0.0.1:1/0")

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
        outbox.prune_outbox(db)

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
        relay.prune_batch(practice.publisher)
        left.append(len(practice.deliveries()))

    assert left == [1, 0]
    assert relay.prune_batch(practice.publisher) is False


def test_what_was_received_long_ago_goes_in_turns(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "PRUNED_AT_ONCE", 2)
    with transaction(practice.reader) as db:
        db.execute(text("INSERT INTO inbox (event_id) VALUES (gen_random_uuid())"))
        old = "INSERT INTO inbox SELECT gen_random_uuid(), now() - interval '100 days' FROM generate_series(1, 3)"
        db.execute(text(old))

        assert [inbox.prune_inbox(db), inbox.prune_inbox(db)] == [True, False]
        assert db.scalar(text("SELECT count(*) FROM inbox")) == 1
