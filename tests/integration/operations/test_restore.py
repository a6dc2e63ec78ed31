"""A notifier from a backup hears what it missed; what may have left by then is in doubt, what comes later is not."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from services.cli import instant
from services.core import database
from services.core.database import transaction
from services.core.errors import OperatorError
from services.events import outbox
from services.events.catalogue import Event, LoginRequested
from tests.databases import DatabaseServer
from tests.support.letter_office import Office, open_office
from tests.support.smtp_catcher import SmtpCatcher

SOURCES = ("BOOKING_DATABASE_URL", "REPORTING_DATABASE_URL")


@pytest.fixture
def office(
    postgres_server: DatabaseServer, redis_url: str, smtp_catcher: SmtpCatcher, tmp_path: Path
) -> Iterator[Office]:
    with open_office(postgres_server, redis_url, smtp_catcher, tmp_path) as office:
        yield office


@pytest.fixture
def publishers(postgres_server: DatabaseServer) -> dict[str, str]:
    """Booking and reporting, as far as they remember what they told."""
    urls = {name: postgres_server.create_database(f"publisher_{uuid4().hex[:8]}") for name in SOURCES}
    for url in urls.values():
        with transaction(database.engine(url, pool_size=1)) as db:
            outbox.metadata.create_all(db.connection())
    return urls


def told(office: Office, publishers: dict[str, str], *events: Event) -> None:
    with transaction(database.engine(publishers["BOOKING_DATABASE_URL"], pool_size=1)) as db:
        for event in events:
            outbox.stage(db, "booking", office.now(), [event])


def a_login(office: Office) -> LoginRequested:
    return LoginRequested(
        version=1,
        login_id=uuid4(),
        email="maija@example.fi",
        full_name="Maija Meikäläinen",
        link=uuid4(),
        expires_at=office.now() + timedelta(minutes=30),
    )


def test_what_may_have_left_is_in_doubt_and_reminders_leave_as_ever(office: Office, publishers: dict[str, str]) -> None:
    from services.operations.restore_notifier import restore_notifier

    (booked,) = office.booked(office.on(30))
    people = (office.supervisor(), office.process(), office.participant("Aino"))
    told(office, publishers, *people, booked, a_login(office))

    restored = restore_notifier(publishers, None)
    office.send_all()

    assert restored == (5, 2)
    assert office.received() == []
    assert {row.status for row in office.rows(kind="booking_confirmation")} == {"uncertain"}
    assert {row.status for row in office.rows(kind="login_link")} == {"uncertain"}
    assert restore_notifier(publishers, None) == (0, 2)
    office.advance_to(booked.starts_at - timedelta(days=1, hours=5))
    office.send_all()
    assert [str(letter["Subject"])[:9] for letter in office.received("Aino")] == ["Muistutus"]


def test_what_was_not_due_when_the_system_was_lost_leaves_afterwards(
    office: Office, publishers: dict[str, str]
) -> None:
    from services.operations.restore_notifier import restore_notifier

    lost_at = office.now()
    office.advance(hours=1)
    (booked,) = office.booked(office.on(30))
    told(office, publishers, office.supervisor(), office.process(), office.participant("Aino"), booked)
    office.advance(hours=1)

    assert restore_notifier(publishers, lost_at) == (4, 0)
    office.send_all()

    assert [str(letter["Subject"])[:9] for letter in office.received("Aino")] == ["Varausvah"]


def test_the_agenda_of_the_day_is_not_written_again(office: Office, publishers: dict[str, str]) -> None:
    from services.notifier.composition import agenda
    from services.operations.restore_notifier import restore_notifier

    told(office, publishers, office.supervisor(), office.process(), office.participant("Aino"))
    told(office, publishers, *office.booked(office.now() + timedelta(hours=4)))

    restore_notifier(publishers, None)
    with transaction(office.engine) as db:
        agenda.write_agendas(db, office.now())

    assert office.rows(kind="daily_agenda") == []


def test_it_is_said_what_is_missing_or_impossible(office: Office, publishers: dict[str, str]) -> None:
    from services.operations.restore_notifier import restore_notifier

    with pytest.raises(OperatorError, match="REPORTING_DATABASE_URL not set"):
        restore_notifier({"BOOKING_DATABASE_URL": publishers["BOOKING_DATABASE_URL"]}, None)
    with pytest.raises(OperatorError, match="is in the future"):
        restore_notifier(publishers, office.now() + timedelta(hours=1))
    with pytest.raises(Exception, match="no moment with an offset"):
        instant("2026-11-28T14:05")
