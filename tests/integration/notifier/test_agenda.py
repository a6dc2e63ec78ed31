"""The supervisor's morning letter: once, at eight, when there is something to say, and without anybody's name."""

from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from services.core.database import transaction
from services.events import catalogue
from services.events.catalogue import Actor
from services.finnish.workdays import at_wall_clock, local
from services.notifier.composition import agenda
from tests.databases import DatabaseServer
from tests.support.letter_office import Office, open_office
from tests.support.smtp_catcher import SmtpCatcher


@pytest.fixture
def office(
    postgres_server: DatabaseServer, redis_url: str, smtp_catcher: SmtpCatcher, tmp_path: Path
) -> Iterator[Office]:
    with open_office(postgres_server, redis_url, smtp_catcher, tmp_path) as office:
        office.opens("Aino")
        yield office


def look(office: Office) -> list[str]:
    """What a tick and a sender make of this moment: the agendas that have arrived so far, as texts."""
    with transaction(office.engine) as db:
        agenda.write_agendas(db, office.now())
    office.send_all()
    agendas = [letter for letter in office.received("Maija") if "ohjelma" in str(letter["Subject"])]
    bodies = [letter.get_body(("plain",)) for letter in agendas]
    return [body.get_content().replace("\u00a0", " ") for body in bodies if body]


def go_to(office: Office, days: int, hour: int, minute: int = 0) -> None:
    day = local(office.now()).date() + timedelta(days=days)
    office.advance_to(at_wall_clock(day, time(hour, minute)))


def test_a_day_with_meetings_begins_with_an_agenda_of_them(office: Office) -> None:
    morning, afternoon = office.on(2, 9), office.on(2, 14)
    office.hear(*office.booked(afternoon), *office.booked(morning))
    office.hear(office.intake(catalogue.IntakeConfirmed, starts_at=office.on(2, 17), ends_at=office.on(2, 18)))
    go_to(office, 2, 7, 58)
    assert look(office) == []

    go_to(office, 0, 8)
    (text,) = look(office)

    assert "tänään keskiviikkona" in text
    assert text.index("9.00–10.15 P-0001") < text.index("14.00–15.15 P-0001")
    assert "17.00–18.00" in text
    assert "Aino" not in text
    assert str(office.received("Maija")[0]["Subject"]).endswith(": 3 tapaamista")


def test_it_comes_once_however_many_look(office: Office) -> None:
    office.hear(*office.booked(office.on(2, 9)))
    go_to(office, 2, 8)

    for _ in range(3):
        assert len(look(office)) == 1
        go_to(office, 0, 10)


def test_a_day_with_nothing_to_say_has_none(office: Office) -> None:
    office.hear(*office.booked(office.on(9, 9), changed_by=Actor.supervisor))
    for _ in range(3):
        go_to(office, 1, 8)
        assert look(office) == []


def test_who_was_down_all_morning_does_not_send_it_in_the_afternoon(office: Office) -> None:
    office.hear(*office.booked(office.on(2, 9)))
    go_to(office, 2, 12, 1)

    assert look(office) == []


def test_what_others_changed_since_the_last_working_day_is_told_on_working_days(office: Office) -> None:
    (booked,) = office.booked(office.on(16, 9), changed_by=Actor.supervisor)
    office.hear(booked)
    go_to(office, 4, 17)
    office.hear(office.moved(booked.session_id, office.on(16, 12), changed_by=Actor.client))
    go_to(office, 1, 8)
    assert look(office) == [], "a Saturday without meetings"

    go_to(office, 2, 8)
    (text,) = look(office)

    assert "P-0001: siirretty" in text
    go_to(office, 1, 8)
    assert len(look(office)) == 1


def test_a_summary_that_is_not_written_and_answers_that_are_missing_wait_in_it(office: Office) -> None:
    (booked,) = office.booked(office.on(2, 9), changed_by=Actor.supervisor)
    office.hear(booked)
    go_to(office, 2, 20)
    held = catalogue.SessionHeld.model_validate(
        office.sessions[booked.session_id]
        | {"version": office.version(booked.session_id), "status": "held", "batch": {"id": uuid4(), "size": 1}}
    )
    aino = office.people[0].id
    asked = catalogue.EvaluationRequested(
        version=1,
        evaluation_id=uuid4(),
        process_id=office.process_id,
        phase=catalogue.Phase.mid,
        status="open",
        opened_at=office.now(),
        due_at=office.now() + timedelta(days=14),
        invited=(aino,),
        answer_links={aino: uuid4()},
    )
    office.hear(held, asked)
    go_to(office, 1, 8)

    (text,) = look(office)

    assert "yhteenveto kirjoittamatta: P-0001" in text
    assert "väliarvioinnin vastauksia 0/1: P-0001" in text


def test_what_the_mail_server_refused_is_told_until_it_is_corrected(office: Office) -> None:
    office.catcher.refuse("RCPT", "550 5.1.1 no such user")
    office.hear(*office.booked(office.on(30), changed_by=Actor.supervisor))
    office.send_all()
    office.catcher.behave()
    go_to(office, 1, 8)

    (text,) = look(office)

    assert "– P-0001: varausvahvistus" in text
    assert "https://practice.example/viestit?tila=failed" in text
    assert "Aino" not in text

    office.hear(office.participant("Aino", email="aino.oikea@example.fi"))
    go_to(office, 1, 8)
    assert len(look(office)) == 1
