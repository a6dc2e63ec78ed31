"""From the commit to the mail server: how soon the first letter is there, and how fast ten thousand are."""

import os
import random
import smtplib
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
from celery import Celery
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from bench import heap
from bench.measuring import Effort, Measure, Spread, interleaved, percentile, ratio
from bench.report import Figure, Row, at_least, at_most
from bench.site import Site
from services.core import database
from services.core.database import transaction
from services.core.settings import load
from services.events import outbox
from services.events.catalogue import LoginRequested
from services.notifier.delivery import encryption, writer
from services.notifier.settings import Settings
from services.quickstart.ports import LOOPBACK

PATIENCE_SECONDS = 120
A_ROUND = 15
POSTMAN = "postman"
A_HEAP = 1500


class Arrival(NamedTuple):
    at: float
    recipient: str
    message_id: str


class Arrivals:
    """The letters that the mail server notes from now on, in the order in which they come."""

    def __init__(self, notes: Path) -> None:
        self._lines = notes.open()
        self._lines.seek(0, 2)

    def next(self) -> Arrival:
        deadline, line = time.monotonic() + PATIENCE_SECONDS, self._lines.readline()
        while not line.endswith("\n"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"No letter came within {PATIENCE_SECONDS} seconds.")
            time.sleep(0.0005)
            line += self._lines.readline()
        at, recipient, message_id, _ = line.split()
        return Arrival(float(at), recipient, message_id)


def rows(site: Site, effort: Effort) -> Iterator[Row | Figure]:
    urls = {service: site.database(service, service) for service in ("booking", "notifier")}
    told = site.environment(urls)
    arrivals = Arrivals(site.letters)
    with site.working("booking", told), site.working("notifier", told, concurrency=2):
        yield from at_once(site, urls["booking"], arrivals, effort)
    yield from _stages(urls)
    yield from drained(site, site.database("drained", "notifier"), arrivals, effort)


# -- one letter in an idle house --------------------------------------------------------------------------


def at_once(site: Site, booking: str, arrivals: Arrivals, effort: Effort) -> Iterator[Row | Figure]:
    engine, office = database.engine(booking, pool_size=1), Celery(broker=site.redis.url)
    waits: list[float] = []

    def ours() -> float:
        found = [_seconds_to_letter(engine, arrivals) for _ in range(A_ROUND)]
        waits.extend(found)
        return median(found)

    def theirs() -> float:
        return median(_seconds_to_mail(office, site, arrivals) for _ in range(A_ROUND))

    celery = site.python("postman", "celery", "--app=bench.postman", "worker", "--concurrency=1", "--loglevel=warning",
        environment=site.environment({}))  # fmt: skip
    with site.running(celery, lambda: True):
        for start in (ours, theirs):
            start()  # until all are awake
        waits.clear()
        found = interleaved(effort.rounds, {"ours": ours, "bare": theirs}, warm=False)
    yield Row(
        "commit of an event to its letter at the mail server, idle, median",
        "a bare Celery task that sends one mail",
        at_most(2, " ×"),
        ratio(found["ours"], found["bare"]),
        "the glance of the relay (25 ms), some forty statements in two databases",
    )
    late = Spread.of([percentile(waits, 99)])
    yield Row("the same, 99th percentile", "a limit", at_most(1, " s"), late, "as above")
    yield Figure("milliseconds from commit to letter, median", _milliseconds(found["ours"]))
    yield Figure("milliseconds of a bare Celery task that sends one mail, median", _milliseconds(found["bare"]))


def _stages(urls: Mapping[str, str]) -> Iterator[Figure]:
    """Where that time goes, by the clock of the databases."""
    with _connection(urls["booking"]) as booking, _connection(urls["notifier"]) as notifier:
        told = {str(login): moments for login, *moments in booking.execute(TOLD).fetchall()}
        sent = {str(login): moment for login, moment in notifier.execute(HANDED_OVER).fetchall()}
    moments = [(*told[login], sent[login]) for login in told.keys() & sent.keys()]
    for number, stage in enumerate(STAGES):
        took = median((each[number + 1] - each[number]).total_seconds() for each in moments)
        yield Figure(f"milliseconds of that {stage}", f"{1000 * took:.1f}")


STAGES = (
    "until the relay has posted the event",
    "until the notifier has written down what it was told and which letter is due, and booking that it was heard",
    "until the letter is claimed, written, and offered to the mail server",
)
TOLD = """
    SELECT split_part(aggregate, '/', 2), staged_at, posted_at, confirmed_at FROM outbox_delivery JOIN outbox
    USING (event_id, aggregate) WHERE aggregate LIKE 'login/%' AND confirmed_at IS NOT NULL
"""
HANDED_OVER = "SELECT subject_id, handed_over_at FROM letter WHERE handed_over_at IS NOT NULL"


def _milliseconds(figures: list[float]) -> str:
    return Spread.of([1000 * figure for figure in figures]).text()


def _seconds_to_letter(engine: Engine, arrivals: Arrivals) -> float:
    time.sleep(random.uniform(0.05, 0.35))
    event, now = _login(), datetime.now(UTC)
    with transaction(engine) as db:
        outbox.stage(db, "booking", now, [event])
    committed = time.time()
    return _arrived(arrivals, event.email) - committed


def _login() -> LoginRequested:
    return LoginRequested(
        version=1,
        login_id=uuid4(),
        full_name="Maija Meikäläinen",
        email=f"{uuid4().hex}@example.fi",
        link=uuid4(),
        expires_at=datetime.now(UTC) + timedelta(minutes=30),
    )


def _seconds_to_mail(office: Celery, site: Site, arrivals: Arrivals) -> float:
    time.sleep(random.uniform(0.05, 0.35))
    recipient, began = f"{uuid4().hex}@example.fi", time.time()
    office.send_task("bench.postman.send", (site.smtp_port, recipient, MAIL), queue=POSTMAN)
    return _arrived(arrivals, recipient) - began


def _arrived(arrivals: Arrivals, recipient: str) -> float:
    while (arrival := arrivals.next()).recipient != recipient:
        pass
    return arrival.at


MAIL = "Subject: Kirje\r\n\r\n" + 170 * ("Kirje, joka on pitempi kuin miltei mikaan meidan.".ljust(76) + "\r\n")


# -- a heap of letters ------------------------------------------------------------------------------------


def drained(site: Site, notifier: str, arrivals: Arrivals, effort: Effort) -> Iterator[Row | Figure]:
    count = effort.of(A_HEAP, least=100)
    heap.fill(notifier, heap.ALL, count)
    told = site.environment({"notifier": notifier})
    written = [_written_per_second(notifier, told, count) for _ in range(effort.rounds)]
    with ExitStack() as workers:
        workers.enter_context(site.working("notifier", told, concurrency=2))
        ours: Measure = partial(_drained_per_second, notifier, count, arrivals)
        ours()
        bare: Measure = partial(_bare_per_second, site, _messages(notifier, told), arrivals)
        one = interleaved(effort.rounds, {"ours": ours, "bare": bare})
        workers.enter_context(site.working("notifier", told, concurrency=2))
        two = interleaved(effort.rounds, {"ours": ours, "bare": bare})
    share, share_of_two = ratio(one["ours"], one["bare"]), ratio(two["ours"], two["bare"])
    yield Row(
        f"letters with an invitation, {count} due at once, one worker",
        "bare smtplib on one connection, the same bytes",
        at_least(0.5),
        share,
        "Python's time for writing a letter: bare smtplib sends what is written already",
    )
    yield Row(
        "the same, two workers, nothing twice",
        "one worker, each beside bare smtplib",
        at_least(1.7),
        Spread.of([pair / share.median for pair in (share_of_two.median, share_of_two.low, share_of_two.high)]),
        "both cores, which PostgreSQL and the mail server share",
    )
    yield Figure("letters written a second, nothing handed over", Spread.of(written).text())
    yield Figure("letters a second, one worker", Spread.of(one["ours"]).text())
    yield Figure("letters a second, two workers", Spread.of(two["ours"]).text())
    yield Figure("messages a second, bare smtplib", Spread.of(one["bare"] + two["bare"]).text())


def _written_per_second(notifier: str, told: Mapping[str, str], count: int) -> float:
    """Claimed and written in one process, with neither a mail server nor a commit for each."""
    heap.release(notifier)
    os.environ.update(told)
    engine, settings = database.engine(notifier, pool_size=1), load(Settings)
    began = time.perf_counter()
    while letters := writer.take_letters(engine, settings):
        while letters.next():
            pass
    engine.dispose()
    return count / (time.perf_counter() - began)


def _drained_per_second(notifier: str, count: int, arrivals: Arrivals) -> float:
    heap.release(notifier)
    return _rate(arrivals, count)


def _rate(arrivals: Arrivals, count: int) -> float:
    came = [arrivals.next() for _ in range(count)]
    if len({arrival.recipient for arrival in came}) < count:
        raise RuntimeError("A letter came twice.")
    return (count - 1) / (came[-1].at - came[0].at)


def _bare_per_second(site: Site, messages: dict[str, bytes], arrivals: Arrivals) -> float:
    with smtplib.SMTP(LOOPBACK, site.smtp_port) as server:
        for recipient, message in messages.items():
            server.sendmail("ajat@example.fi", [recipient], message)
    return _rate(arrivals, len(messages))


def _connection(url: str) -> "psycopg.Connection[tuple[Any, ...]]":
    return psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))


def _messages(notifier: str, told: Mapping[str, str]) -> dict[str, bytes]:
    """What was sent, by recipient: as it rests in the table, unsealed."""
    with _connection(notifier) as connection:
        rows: list[tuple[UUID, bytes]] = connection.execute(
            "SELECT id, message FROM letter WHERE message IS NOT NULL"
        ).fetchall()
    os.environ.update(told)
    settings = load(Settings)
    opened = (encryption.decrypt_letter(settings, letter_id, message) or b"" for letter_id, message in rows)
    return {address.decode(): message for address, _, message in (one.partition(b"\n") for one in opened)}
