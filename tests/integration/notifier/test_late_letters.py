"""A letter that does not leave is seen to be late, whoever has it in hand and whatever becomes of them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.core.database import transaction
from services.notifier.delivery import queue, writer
from services.notifier.models import LetterStatus
from tests.databases import DatabaseServer
from tests.support.letter_office import Office, open_office
from tests.support.smtp_catcher import SmtpCatcher

HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def office(
    postgres_server: DatabaseServer, redis_url: str, smtp_catcher: SmtpCatcher, tmp_path: Path
) -> Iterator[Office]:
    with open_office(postgres_server, redis_url, smtp_catcher, tmp_path) as office:
        office.opens("Aino")
        office.hear(*office.booked(office.on(30)))
        yield office


def lateness(office: Office) -> timedelta:
    with transaction(office.engine) as db:
        return queue.letter_lateness(db, office.now())


def die_in_hand(office: Office) -> None:
    """A sender claims what is due and is never heard of again."""
    writer.take_letters(office.engine, office.settings)


def recover(office: Office) -> None:
    office.let_leases_pass()
    with transaction(office.engine) as db:
        queue.recover_stale_letters(db, office.now())


def test_a_letter_on_which_every_sender_dies_is_late_at_every_look(office: Office) -> None:
    office.advance(minutes=30)
    looks = []
    for _ in range(8):  # from the sixth on the letter is suspected, and waits for longer and longer
        die_in_hand(office)
        looks.append(lateness(office))
        recover(office)
        looks.append(lateness(office))

    assert min(looks) >= HALF_AN_HOUR
    (letter,) = office.rows(kind="booking_confirmation")
    assert (letter.status, letter.trouble) == (LetterStatus.planned, queue.DIED)


def test_a_letter_that_cannot_be_written_is_late(office: Office) -> None:
    office.run("UPDATE session SET mode = 'by pigeon'")
    for _ in range(3):
        office.advance(minutes=10)
        office.send_all()

    assert lateness(office) >= HALF_AN_HOUR
    (letter,) = office.rows(kind="booking_confirmation")
    assert (letter.status, letter.trouble) == (LetterStatus.planned, "WRITING ValidationError")


def test_a_letter_that_its_own_server_puts_off_is_late_only_when_nobody_tries_again_in_time(office: Office) -> None:
    office.catcher.refuse("RCPT", "450 mailbox busy")
    for _ in range(4):
        office.send_all()
        office.let_pauses_pass()
    office.send_all()
    office.advance(minutes=50)
    assert lateness(office) == timedelta(0)

    office.advance(minutes=40)
    assert HALF_AN_HOUR <= lateness(office) < timedelta(minutes=31)
    die_in_hand(office)
    assert HALF_AN_HOUR <= lateness(office) < timedelta(minutes=31)
    recover(office)
    assert lateness(office) > timedelta(minutes=89)


def test_a_letter_that_has_left_is_not_late(office: Office) -> None:
    office.send_all()
    office.advance(minutes=30)

    assert lateness(office) == timedelta(0)
