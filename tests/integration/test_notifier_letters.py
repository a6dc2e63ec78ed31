"""From an event to a letter in somebody's mailbox, on a real database, a real Redis and a real SMTP server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.notifier.models import Status
from tests.conftest import DatabaseServer
from tests.integration.notifier_office import Office, open_office
from tests.smtp_catcher import SmtpCatcher


@pytest.fixture
def office(
    postgres_server: DatabaseServer, redis_url: str, smtp_catcher: SmtpCatcher, tmp_path: Path
) -> Iterator[Office]:
    with open_office(postgres_server, redis_url, smtp_catcher, tmp_path) as office:
        yield office


def test_a_booking_becomes_a_letter_with_an_invitation(office: Office) -> None:
    office.opens("Aino", "Veikko")
    office.hear(*office.booked(office.on(30)))

    office.send_all()

    (letter,) = office.received("Aino")
    assert str(letter["Subject"]).startswith("Varausvahvistus: työnohjaus ke")
    assert [part.get_content_type() for part in letter.walk()].count("text/calendar") == 1
    assert len(office.received("Veikko")) == 1
    assert sorted(office.kinds(Status.planned)) == ["reminder_day"] * 2 + ["reminder_week"] * 2
