"""The notifier's real processes: events come from Redis, letters go to an SMTP server, and the tick keeps the time."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.events import bus, outbox
from services.events.catalogue import Event
from services.events.signatures import Signatures
from services.notifier.models import LetterStatus
from tests.databases import DatabaseServer
from tests.support.letter_office import Office, open_office
from tests.support.smtp_catcher import SmtpCatcher


def until(condition: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def office(
    postgres_server: DatabaseServer, empty_redis: str, smtp_catcher: SmtpCatcher, tmp_path: Path
) -> Iterator[Office]:
    """An office whose work is done by a worker of its own; its Redis is a room where nobody else looks."""
    own_room = empty_redis.rstrip("/").removesuffix("/0") + "/2"
    with open_office(postgres_server, own_room, smtp_catcher, tmp_path) as office:
        worker = subprocess.Popen(
            [sys.executable, "-m", "services.cli", "work", "notifier"], env=os.environ, cwd=Path(__file__).parents[3]
        )
        try:
            yield office
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.wait(60)
    assert worker.returncode == 0


def post(office: Office, *events: Event) -> None:
    """As a relay does."""
    shared = {"notifier": office.settings.booking_notifier_key}
    redis = bus.EventPoster(office.settings.redis_url, Signatures("booking", shared))
    for event in events:
        redis.post_events([outbox.envelope("booking", event, office.now()).model_dump(mode="json")], to="notifier")


def test_a_booking_is_a_letter_within_moments_and_its_reminder_comes_when_it_is_time(office: Office) -> None:
    post(office, office.supervisor(), office.process(), office.participant("Aino"))
    (booked,) = office.booked(office.on(30))
    post(office, booked)

    until(lambda: len(office.received("Aino")) == 1)
    until(lambda: "booking_confirmation" in office.kinds(LetterStatus.sent))
    office.advance_to(booked.starts_at - timedelta(days=7, hours=5))
    until(lambda: len(office.received("Aino")) == 2)
    office.advance_to(booked.starts_at - timedelta(days=1, hours=5))
    until(lambda: len(office.received("Aino")) == 3)

    assert [str(letter["Subject"])[:9] for letter in office.received("Aino")] == ["Varausvah", "Muistutus", "Muistutus"]


def test_a_mail_server_that_hangs_does_not_keep_events_from_being_heard(office: Office) -> None:
    post(office, office.supervisor(), office.process(), office.participant("Aino"))
    office.catcher.hang("MAIL")
    post(office, *office.booked(office.on(30)))
    until(lambda: office.catcher.connections > 0)

    for weeks in range(10):
        post(office, *office.booked(office.on(37 + 7 * weeks)))

    until(lambda: len(office.rows(kind="booking_confirmation")) == 11, seconds=20)
    assert office.received() == []
    office.catcher.close()
