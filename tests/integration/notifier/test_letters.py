"""From an event to a letter in somebody's mailbox, on a real database, a real Redis and a real SMTP server."""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from typing import Literal
from uuid import UUID, uuid4

import pytest
import vobject
from sqlalchemy import text
from sqlalchemy.event import listen, remove

from services.events import catalogue
from services.events.catalogue import ActionItem, Actor, Client, Form, Phase, SummaryText
from services.events.subscriptions import SUBSCRIPTIONS
from services.finnish.workdays import at_wall_clock, local
from services.notifier.models import LetterStatus
from services.web.security.tokens import Role
from tests.integration.notifier.test_api import speaking
from tests.support.letter_office import Office, Person


def entries(letter: EmailMessage) -> list[tuple[str, str, int, datetime]]:
    """Method, UID, SEQUENCE and start of every calendar entry, read by a parser that did not write them."""
    parts = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    found = []
    for part in parts:
        calendar = vobject.readOne(part.get_content().replace("\r\n", "\n"))
        event = calendar.vevent
        assert part.get_param("method") == calendar.method.value
        found.append((calendar.method.value, event.uid.value, int(event.sequence.value), event.dtstart.value))
    return found


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\u00a0", " ")


def html_of(letter: EmailMessage) -> str:
    body = letter.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def intentions_of(office: Office) -> int:
    with office.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM intention")).scalar_one())


def subjects(letters: list[EmailMessage]) -> list[str]:
    return [str(letter["Subject"]).split(":")[0] for letter in letters]


def test_every_event_that_is_subscribed_to_has_a_handler(office: Office) -> None:
    from services.notifier import worker

    worker.app.loader.import_default_modules()

    assert {event.name for event in SUBSCRIPTIONS["notifier"]} <= set(worker.app.tasks)


# -- booking ----------------------------------------------------------------------------------------------


def test_a_booking_becomes_a_letter_with_an_invitation(office: Office) -> None:
    office.opens("Aino", "Veikko")
    (booked,) = office.booked(office.on(30))
    office.hear(booked)

    office.send_all()

    (letter,) = office.received("Aino")
    assert str(letter["Subject"]).startswith("Varausvahvistus: työnohjaus ke")
    assert str(letter["Reply-To"]) == "Maija Meikäläinen <maija@example.fi>"
    assert str(letter["From"]) == "Maija Meikäläinen <tyonohjaus@practice.example>"
    assert entries(letter) == [("REQUEST", f"{booked.session_id}@practice.example", 1, booked.starts_at)]
    assert "https://practice.example/osallistuja/" in text_of(letter)
    assert "List-Unsubscribe" not in letter
    assert len(office.received("Veikko")) == 1
    assert sorted(office.kinds(LetterStatus.planned)) == ["reminder_day"] * 2 + ["reminder_week"] * 2


def test_a_letter_says_whose_it_is_from_the_practices_own_address(office: Office) -> None:
    for version, name in ((3, "Työnohjaus Havu"), (2, "Entinen nimi")):
        office.hear(catalogue.PracticeChanged(version=version, practice_name=name, accent="#7a3b69"))
    office.opens("Aino")
    office.hear(*office.booked(office.on(30)))

    office.send_all()

    (letter,) = office.received("Aino")
    assert "jonka lähettäjä on Työnohjaus Havu." in text_of(letter)
    assert "Työnohjaus Havu</p>" in html_of(letter)
    assert "#7a3b69" in html_of(letter)
    assert str(letter["From"]) == "Maija Meikäläinen <tyonohjaus@practice.example>"


def test_a_series_is_one_letter_whatever_the_order_of_its_events_and_however_often_they_come(office: Office) -> None:
    chance = random.Random(11)
    office.opens("Aino")
    series = office.booked(*(office.on(30 + 21 * n) for n in range(12)))
    shuffled = series * 3
    chance.shuffle(shuffled)

    for event in shuffled:
        office.hear(event)
        office.send_all()

    (letter,) = office.received("Aino")
    assert [entry[3] for entry in entries(letter)] == [event.starts_at for event in series]
    assert office.kinds(LetterStatus.planned).count("reminder_day") == 12


def test_a_series_in_one_message_is_planned_once_and_told_as_if_its_parts_came_alone(office: Office) -> None:
    office.opens("Aino", "Veikko")
    times = [office.on(30 + 7 * week) for week in range(10)]
    with counted(office) as alone:
        office.hear(*office.booked(*times))
    letters = sorted((row.kind, row.recipient_id) for row in office.rows())
    office.run("TRUNCATE session, letter, mention")

    with counted(office) as together:
        office.hear_deed(*office.booked(*times))

    assert sorted((row.kind, row.recipient_id) for row in office.rows()) == letters
    looks = [sum("FROM letter" in statement for statement in statements) for statements in (alone, together)]
    assert looks[0] == 10 * looks[1]


@contextmanager
def counted(office: Office) -> Iterator[list[str]]:
    """The statements that the worker's handlers make meanwhile."""
    from services.notifier import worker

    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    listen(worker.engine(), "before_cursor_execute", note)
    try:
        yield statements
    finally:
        remove(worker.engine(), "before_cursor_execute", note)


def test_parts_that_come_in_the_wrong_order_wait_for_one_another(office: Office) -> None:
    supervisor, process, aino = office.supervisor(), office.process(), office.participant("Aino")
    (booked,) = office.booked(office.on(30))

    for event in (booked, aino, process):
        office.hear(event)
        assert office.rows() == []
    office.hear(supervisor)
    office.send_all()

    assert subjects(office.received()) == ["Varausvahvistus"]


def test_who_joins_later_gets_the_coming_meetings_in_one_letter(office: Office) -> None:
    office.opens("Aino")
    office.hear(*office.booked(office.on(30)), *office.booked(office.on(60)))
    office.send_all()
    office.advance(days=1)
    office.hear(office.participant("Veikko"))
    office.send_all()

    (letter,) = office.received("Veikko")
    assert len(entries(letter)) == 2
    assert len(office.received("Aino")) == 2


# -- changes ----------------------------------------------------------------------------------------------


def test_reminders_are_worded_by_what_their_reader_said_of_this_time(office: Office) -> None:
    office.opens("Aino", "Eero", form="group")
    (booked,) = office.booked(office.on(30))
    office.hear(booked)
    office.send_all()
    said = office.said(booked, "Aino", catalogue.Intention.not_coming)
    office.hear(said, said)
    office.advance_to(office.rows(kind="reminder_week")[0].due_at)
    office.send_all()

    assert "Ilmoitit, ettet pääse siihen." in text_of(office.received("Aino")[-1])
    assert "Ilmoitit" not in text_of(office.received("Eero")[-1])

    office.hear(office.moved(booked.session_id, office.on(45)))
    office.advance_to(office.rows(kind="reminder_day", status="planned")[0].due_at)
    office.send_all()
    assert "Ilmoitit" not in text_of(office.received("Aino")[-1])


def test_what_was_said_is_forgotten_with_who_said_it_also_when_it_comes_late(office: Office) -> None:
    office.opens("Aino", "Eero", form="group")
    (booked,) = office.booked(office.on(30))
    office.hear(booked, office.said(booked, "Aino", catalogue.Intention.not_coming))
    assert intentions_of(office) == 1

    office.hear(office.erased("Aino"))
    office.hear(office.said(booked, "Aino", catalogue.Intention.coming))

    assert intentions_of(office) == 0


def test_five_moves_in_a_minute_end_with_one_letter_and_one_rising_sequence(office: Office) -> None:
    office.opens("Aino")
    (booked,) = office.booked(office.on(30))
    office.hear(booked)
    office.send_all()

    for weeks in range(1, 6):
        office.advance(seconds=10)
        office.hear(office.moved(booked.session_id, office.on(30 + 7 * weeks)))
        office.send_all()
    assert len(office.received()) == 1
    office.advance(minutes=2)
    office.send_all()

    _, moved = office.received()
    assert entries(moved) == [("REQUEST", f"{booked.session_id}@practice.example", 6, office.on(30 + 35))]
    assert sorted(office.kinds(LetterStatus.planned)) == ["reminder_day", "reminder_week"]
    assert {local(row.due_at).date() for row in office.rows(kind="reminder_day", status="planned")} == {
        local(office.on(30 + 35)).date() - timedelta(days=1)
    }


def test_a_move_tells_the_time_that_its_reader_was_told_before(office: Office) -> None:
    office.opens("Aino")
    first, never_told, last = office.on(30), office.on(37), office.on(44)
    (booked,) = office.booked(first)
    office.hear(booked)
    office.send_all()
    office.hear(office.moved(booked.session_id, never_told))
    office.advance(seconds=30)
    office.hear(office.moved(booked.session_id, last))
    office.advance(minutes=2)
    office.send_all()

    told = text_of(office.received()[1])
    assert f"{local(last).day}.{local(last).month}." in told
    assert f"Aiempi aika: keskiviikko {local(first).day}.{local(first).month}." in told
    assert f"{local(never_told).day}.{local(never_told).month}." not in told


def test_a_move_before_the_confirmation_has_left_gives_one_confirmation_of_the_final_time(office: Office) -> None:
    office.opens("Aino")
    (booked,) = office.booked(office.on(30))
    office.hear(booked)
    office.advance(seconds=20)
    office.hear(office.moved(booked.session_id, office.on(37)))
    office.send_all()
    assert office.received() == []

    office.advance(minutes=2)
    office.send_all()

    (letter,) = office.received()
    assert entries(letter)[0][2:] == (2, office.on(37))


def test_a_move_back_is_no_letter_and_its_reminders_are_as_before(office: Office) -> None:
    office.opens("Aino")
    (booked,) = office.booked(office.on(30))
    office.hear(booked)
    office.send_all()
    office.hear(office.moved(booked.session_id, office.on(60)))
    office.advance(seconds=10)
    office.hear(office.moved(booked.session_id, booked.starts_at))
    office.advance(minutes=5)
    office.send_all()

    assert len(office.received()) == 1
    assert sorted(office.kinds(LetterStatus.planned)) == ["reminder_day", "reminder_week"]
    assert "reschedule" in office.kinds(LetterStatus.cancelled)


def test_another_place_is_told_with_the_entry_anew(office: Office) -> None:
    office.opens("Aino")
    (booked,) = office.booked(office.on(30))
    office.hear(booked)
    office.send_all()
    office.hear(office.moved(booked.session_id, booked.starts_at, mode="remote", join_url="https://video.example/1"))
    office.advance(minutes=2)
    office.send_all()

    letter = office.received()[1]
    assert entries(letter)[0][2:] == (2, booked.starts_at)
    assert "https://video.example/1" in text_of(letter)


def test_a_cancellation_takes_the_entry_out_and_ends_the_reminders(office: Office) -> None:
    office.opens("Aino")
    first, second = office.booked(office.on(30), office.on(60))
    office.hear(first, second)
    office.send_all()
    office.hear(*office.cancelled(first.session_id, changed_by=Actor.supervisor))
    office.send_all()

    letter = office.received()[1]
    assert entries(letter) == [("CANCEL", f"{first.session_id}@practice.example", 2, first.starts_at)]
    assert "Pahoittelen muutosta" in text_of(letter)
    assert "Seuraava sovittu tapaaminen: keskiviikko" in text_of(letter)
    assert "Uudesta ajasta sovitaan yhdessä" in text_of(letter)
    assert sorted(office.kinds(LetterStatus.planned)) == ["reminder_day", "reminder_week"]


@pytest.mark.parametrize(("status", "offers"), [("active", True), ("closed", False)])
def test_whoever_meets_alone_is_led_to_a_new_time_while_the_process_goes_on(
    office: Office, status: str, offers: bool
) -> None:
    office.opens("Aino", form=Form.individual)
    (booked,) = office.booked(office.on(30))
    office.hear(booked)
    office.send_all()
    if status == "closed":
        office.hear(office.process(form=Form.individual, status=status, closed_at=office.now()))
    office.hear(*office.cancelled(booked.session_id))
    office.send_all()

    told = text_of(office.received()[1])
    found = re.search(r"Voit varata uuden ajan tästä:\s+https?://\S+/osallistuja/[\w-]{43}/uusi\s", told)
    assert bool(found) is offers
    assert "Uudesta ajasta" not in told


def test_this_and_all_following_are_cancelled_in_one_letter(office: Office) -> None:
    office.opens("Aino")
    series = office.booked(*(office.on(30 + 21 * n) for n in range(4)))
    office.hear(*series)
    office.send_all()
    for event in office.cancelled(*(booked.session_id for booked in series[1:])):
        office.hear(event)
        office.send_all()

    letters = office.received()
    assert subjects(letters) == ["Varausvahvistus", "Peruttu"]
    assert {entry[0] for entry in entries(letters[1])} == {"CANCEL"}
    assert len(entries(letters[1])) == 3


def test_what_nobody_heard_of_is_cancelled_in_silence(office: Office) -> None:
    office.opens("Aino")
    (booked,) = office.booked(office.on(30))
    office.hear(booked, *office.cancelled(booked.session_id))
    office.send_all()

    assert office.received() == []
    assert set(office.kinds()) == set(office.kinds(LetterStatus.cancelled))


# -- reminders --------------------------------------------------------------------------------------------


def test_reminders_arrive_at_nine_seven_days_and_one_day_before(office: Office) -> None:
    office.opens("Aino")
    (booked,) = office.booked(office.on(30))
    office.hear(booked)
    office.send_all()
    day = local(booked.starts_at).date()

    for days, subject in ((7, "Muistutus: työnohjaus ke"), (1, "Muistutus: työnohjaus huomenna klo 14.00")):
        nine = at_wall_clock(day - timedelta(days=days), time(9))
        before = len(office.received())
        office.advance_to(nine - timedelta(minutes=1))
        office.send_all()
        assert len(office.received()) == before
        office.advance_to(nine)
        office.send_all()
        letter = office.received()[-1]
        assert len(office.received()) == before + 1
        assert str(letter["Subject"]).startswith(subject)
        assert str(letter["List-Unsubscribe"]).startswith("<https://practice.example/viestiasetukset/")
        assert entries(letter) == []


def test_a_reminder_that_could_not_leave_in_time_is_skipped(office: Office) -> None:
    office.opens("Aino")
    (booked,) = office.booked(office.on(30))
    office.hear(booked)
    office.send_all()
    office.advance_to(booked.starts_at - timedelta(minutes=10))
    office.send_all()

    assert len(office.received()) == 1
    assert sorted(office.kinds(LetterStatus.skipped)) == ["reminder_day", "reminder_week"]


def test_a_late_reminder_does_not_leave_by_night(office: Office) -> None:
    office.opens("Aino")
    (booked,) = office.booked(office.on(30))
    office.hear(booked)
    office.send_all()
    evening_before = local(booked.starts_at).date() - timedelta(days=1)
    office.advance_to(at_wall_clock(evening_before, time(21)))
    office.send_all()
    assert len(office.received()) == 1

    office.advance_to(at_wall_clock(evening_before + timedelta(days=1), time(8)))
    office.send_all()
    assert str(office.received()[-1]["Subject"]).startswith("Muistutus: työnohjaus ke")


# -- people -----------------------------------------------------------------------------------------------


def test_who_leaves_gets_the_meetings_out_of_the_calendar_and_nothing_more(office: Office) -> None:
    office.opens("Aino", "Veikko")
    (booked,) = office.booked(office.on(30))
    office.hear(booked)
    office.send_all()
    office.hear(office.participant("Aino", active=False))
    office.send_all()
    office.hear(office.moved(booked.session_id, office.on(60)))
    office.advance(minutes=2)
    office.send_all()

    letters = office.received("Aino")
    assert subjects(letters) == ["Varausvahvistus", "Osallistumisesi työnohjaukseen on päättynyt"]
    assert entries(letters[1])[0][:3] == ("CANCEL", f"{booked.session_id}@practice.example", 2)
    assert subjects(office.received("Veikko")) == ["Varausvahvistus", "Uusi aika"]


def test_nothing_of_a_person_who_was_erased_is_left(office: Office) -> None:
    office.opens("Aino")
    office.hear(*office.booked(office.on(30)))
    office.send_all()
    aino = office.people[0]
    erased = catalogue.ParticipantErased(
        version=office.version(aino.id), participant_id=aino.id, process_id=office.process_id
    )
    late = office.participant("Aino", version=1)

    office.hear(erased, late)
    office.advance(days=60)
    office.send_all()

    assert len(office.received()) == 1
    assert [row.message for row in office.rows()] == [None] * 3
    with office.engine.connect() as connection:
        for table in ("participant", "preference", "letter", "mention", "inbox"):
            rows = connection.exec_driver_sql(f"SELECT to_jsonb(t)::text FROM {table} t").scalars().all()  # noqa: S608
            assert not [row for row in rows if "aino" in row.lower() or "ohjattava" in row.lower()], table


def test_a_corrected_address_gets_what_had_failed(office: Office) -> None:
    office.opens("Aino")
    office.catcher.refuse("RCPT", "550 5.1.1 no such user")
    office.hear(*office.booked(office.on(30)))
    office.send_all()
    assert [row.trouble for row in office.rows(status="failed")] == ["RCPT 550 5.1.1"]

    office.catcher.behave()
    office.people[0].address = "aino.oikea@example.fi"
    office.hear(office.participant("Aino"))
    office.send_all()

    (letter,) = office.received()
    assert str(letter["To"]) == "aino.oikea@example.fi"


def test_a_name_that_changed_before_the_letter_left_is_the_new_one(office: Office) -> None:
    office.opens("Aino")
    office.catcher.refuse("RCPT", "450 later")
    office.hear(*office.booked(office.on(30)))
    office.send_all()
    (first,) = [row.message_id for row in office.rows(kind="booking_confirmation")]

    office.catcher.behave()
    office.hear(office.participant("Aino", first_name="Inka"))
    office.let_pauses_pass()
    office.send_all()

    (letter,) = office.received()
    assert text_of(letter).startswith("Hei Inka,")
    assert str(letter["Message-ID"]) != first


def test_who_leaves_and_comes_back_as_somebody_new_gets_invitations_that_their_calendar_takes(office: Office) -> None:
    office.opens("Aino", "Veikko")
    (booked,) = office.booked(office.on(30))
    office.hear(booked)
    office.send_all()
    office.hear(office.participant("Aino", active=False))
    office.send_all()
    office.people.append(Person(uuid4(), "Paluu", "aino@example.fi"))
    office.hear(office.participant("Paluu"))
    office.send_all()
    office.hear(office.moved(booked.session_id, office.on(37)))
    office.advance(minutes=3)
    office.send_all()

    told = [entry[:3] for letter in office.received("Aino") for entry in entries(letter)]
    assert len({uid for _, uid, _ in told}) == 1
    assert [method for method, _, _ in told] == ["REQUEST", "CANCEL", "REQUEST", "REQUEST"]
    sequences = [sequence for _, _, sequence in told]
    assert sequences == sorted(set(sequences)), "each above the one before"


# -- first talks and logins -------------------------------------------------------------------------------


def test_a_first_talk_from_the_link_to_the_cancellation(office: Office) -> None:
    office.opens()
    told = []

    def hear(event: catalogue.Event) -> None:
        office.hear(event)
        office.advance(minutes=2)
        office.send_all()
        told.append(str(office.received("Asta")[-1]["Subject"]))

    hear(office.intake(catalogue.IntakeRequested))
    hear(office.intake(catalogue.IntakeConfirmed))
    hear(office.intake(catalogue.IntakeConfirmed, starts_at=office.on(17), ends_at=office.on(17, 15)))
    hear(office.intake(catalogue.IntakeCancelled, starts_at=office.on(17), ends_at=office.on(17, 15)))

    letters = office.received("Asta")
    assert len(letters) == 4
    assert "https://practice.example/kartoitus/" in text_of(letters[0])
    assert [entry[0] for letter in letters for entry in entries(letter)] == ["REQUEST", "REQUEST", "CANCEL"]
    sequences = [entry[2] for letter in letters for entry in entries(letter)]
    assert sequences == sorted(set(sequences))


@pytest.mark.parametrize(
    ("because", "said"),
    [("failing", "ei ole hyväksynyt viiteen päivään"), ("gone", "ettei se ota enää tapahtumia vastaan")],
)
def test_the_owner_of_a_webhook_that_ended_is_told_by_day(
    office: Office, because: Literal["failing", "gone"], said: str
) -> None:
    office.advance_to(office.on(1, hour=21))
    mailbox = {"notice_id": uuid4(), "email": "kaisa@example.fi", "full_name": "Kaisa Ohjaaja"}
    fields = mailbox | {"version": 1, "because": because, "host": "ohjelma.example", "ended_at": office.now()}
    office.hear(catalogue.WebhookEnded.model_validate(fields))
    office.send_all()
    assert office.received() == []

    office.advance(hours=12)
    office.send_all()

    (letter,) = office.received()
    told = " ".join(text_of(letter).split())
    assert letter["Subject"] == "Webhook kytkettiin pois käytöstä"
    assert all(words in told for words in (said, "ohjelma.example", "https://practice.example/webhookit"))


def asked_for(office: Office) -> catalogue.ProcessRequested:
    fields = {"version": 1, "process_id": office.process_id, "supervisor_id": office.supervisor_id}
    return catalogue.ProcessRequested.model_validate(fields | {"answer_by": office.now() + timedelta(days=7)})


def test_a_supervisor_is_asked_for_a_process_by_day(office: Office) -> None:
    office.advance_to(at_wall_clock(local(office.now()).date(), time(23)))
    office.hear(office.supervisor(), asked_for(office))
    office.send_all()
    assert office.received() == []

    office.advance(hours=10)
    office.send_all()
    (letter,) = [letter for letter in office.received("Maija") if "pyyntö" in str(letter["Subject"])]
    assert f"https://practice.example/tyo/pyynnot/{office.process_id}" in text_of(letter)


def test_nobody_is_asked_for_what_they_have_agreed_to(office: Office) -> None:
    office.advance_to(at_wall_clock(local(office.now()).date(), time(23)))
    office.hear(office.supervisor(), asked_for(office))
    office.opens("Aino")
    office.advance(hours=10)
    office.send_all()

    assert [(row.kind, row.status) for row in office.rows()] == [("process_request", "cancelled")]


def test_what_somebody_typed_stands_in_no_header_and_not_in_what_an_unconfirmed_address_gets(office: Office) -> None:
    typed = "Voitit rahaa"
    person = {"first_name": typed, "last_name": typed}
    client = Client(client_id=uuid4(), kind="person", name=typed, email="tiina@example.fi", **person)
    office.participant("Aino")
    office.hear(office.supervisor(), office.process(client=client), office.participant("Aino", **person))
    (booked,) = office.booked(office.on(30), location=typed)
    office.hear(booked)
    office.send_all()
    office.hear(office.moved(booked.session_id, office.on(37)))
    office.advance(minutes=3)
    office.send_all()
    office.hear(*office.cancelled(booked.session_id))
    for kind in (catalogue.IntakeRequested, catalogue.IntakeConfirmed, catalogue.IntakeCancelled):
        office.hear(office.intake(kind, full_name=typed, location=None))
        office.send_all()
    released = {"released_at": office.now(), "client_link": uuid4()}
    office.hear(report(office, catalogue.ReportReleased, "client_report", **released))
    office.advance(days=1)
    office.send_all()

    letters = office.received()
    assert {str(letter["To"]) for letter in letters} >= {"aino@example.fi", "asta@example.fi", "tiina@example.fi"}
    assert len(letters) >= 7
    assert not [letter["Subject"] for letter in letters if typed in str(letter.items())]
    (link,) = [letter for letter in office.received("Asta") if "Vahvista" in str(letter["Subject"])]
    assert typed.split(maxsplit=1)[0] not in text_of(link) + html_of(link)


def test_a_hold_that_expires_before_its_letter_left_gets_none(office: Office) -> None:
    office.opens()
    office.hear(office.intake(catalogue.IntakeRequested))
    office.advance(minutes=31)
    office.send_all()

    assert office.received() == []
    assert office.kinds(LetterStatus.skipped) == ["intake_confirm_link"]


def test_a_link_to_log_in_leaves_at_once_also_by_night(office: Office) -> None:
    office.advance_to(at_wall_clock(local(office.now()).date(), time(23)))
    office.hear(
        catalogue.LoginRequested(
            version=1,
            login_id=uuid4(),
            email="tiina@example.fi",
            full_name="Tiina Tilaaja",
            link=uuid4(),
            expires_at=office.now() + timedelta(minutes=15),
        )
    )
    office.send_all()

    (letter,) = office.received()
    assert "https://practice.example/kirjaudu/" in text_of(letter)


# -- evaluation, summaries, reports -----------------------------------------------------------------------


def evaluation(
    office: Office, kind: type[catalogue.EvaluationEvent], evaluation_id: UUID, opened_at: datetime
) -> catalogue.EvaluationEvent:
    people = [person.id for person in office.people]
    return kind(
        version=office.version(evaluation_id),
        evaluation_id=evaluation_id,
        process_id=office.process_id,
        phase=Phase.mid,
        status="open" if kind is catalogue.EvaluationRequested else "closed",
        opened_at=opened_at,
        due_at=opened_at + timedelta(days=14),
        invited=tuple(people),
        answer_links={person: uuid4() for person in people},
    )


def answered(office: Office, evaluation_id: UUID, person: int = 0) -> catalogue.EvaluationAnswered:
    """By the first participant, or another one."""
    return catalogue.EvaluationAnswered(
        version=1,
        answer_id=uuid4(),
        evaluation_id=evaluation_id,
        process_id=office.process_id,
        phase=Phase.mid,
        participant_id=office.people[person].id,
        goals={},
        answered_at=office.now(),
    )


def test_a_round_asks_everybody_and_reminds_once_who_has_not_answered(office: Office) -> None:
    office.opens("Aino", "Veikko")
    round_id, opened_at = uuid4(), office.now()
    office.hear(evaluation(office, catalogue.EvaluationRequested, round_id, opened_at))
    office.send_all()
    office.hear(answered(office, round_id))
    for _ in range(14):
        office.advance(days=1)
        office.send_all()

    assert len(office.received("Aino")) == 1
    assert len(office.received("Veikko")) == 2
    assert "https://practice.example/arviointi/" in text_of(office.received("Veikko")[1])


def test_a_round_that_closes_asks_nobody_any_more(office: Office) -> None:
    office.opens("Aino")
    round_id, opened_at = uuid4(), office.now()
    office.hear(evaluation(office, catalogue.EvaluationRequested, round_id, opened_at))
    office.send_all()
    office.hear(evaluation(office, catalogue.EvaluationClosed, round_id, opened_at))
    office.advance(days=13)
    office.send_all()

    assert len(office.received("Aino")) == 1
    assert office.kinds(LetterStatus.cancelled) == ["evaluation_reminder"]


def test_a_summary_is_a_link_and_its_text_only_for_who_wants_it(office: Office) -> None:
    office.hear(office.supervisor(), office.process())
    office.hear(office.participant("Aino"), office.participant("Veikko", summary_in_letter=True))
    (booked,) = office.booked(office.on(1))
    office.hear(booked)
    office.send_all()
    office.advance_to(booked.starts_at + timedelta(hours=2))
    office.hear(
        catalogue.SummaryPublished(
            version=1,
            summary_id=uuid4(),
            session_id=booked.session_id,
            process_id=office.process_id,
            published_at=office.now(),
            sends_letter=True,
            links={person.id: uuid4() for person in office.people},
            link_expires_at=office.now() + timedelta(days=90),
            actions=(ActionItem(text="Kirjataan pelisäännöt"),),
            text=SummaryText(themes=("Työn rajat",)),
        )
    )
    office.send_all()

    assert "Työn rajat" not in text_of(office.received("Aino")[-1])
    assert "https://practice.example/yhteenveto/" in text_of(office.received("Aino")[-1])
    assert "Työn rajat" in text_of(office.received("Veikko")[-1])
    assert "Kirjataan pelisäännöt" in text_of(office.received("Veikko")[-1])
    reads = {Role.admin: False, Role.supervisor: True}
    for role, is_read in reads.items():
        who = speaking(office.app, role, office.supervisor_id if role is Role.supervisor else None)
        shown = [who.get(f"/api/v1/messages/{row.id}/preview").text for row in office.rows(kind="summary")]
        assert any("Työn rajat" in one or "Kirjataan" in one for one in shown) is is_read


def report(office: Office, kind: type[catalogue.ReportEvent], name: str, **fields: object) -> catalogue.ReportEvent:
    common = {
        "version": office.version(name),
        "report_id": UUID(int=len(name)),
        "kind": name,
        "process_id": None if name == "overview_report" else office.process_id,
        "supervisor_id": office.supervisor_id,
        "period_label": "1.9.–30.11.2026",
        "figures": {"held": 5, "planned": 10, "participants": 5, "answered": 5, "processes": 3, "flags": "a\nb"},
        "pdf_base64": "JVBERi0=",
    }
    return kind.model_validate(common | fields)


def test_a_deactivated_supervisor_gets_no_report_and_participants_their_reminders(office: Office) -> None:
    office.opens("Aino")
    (booked,) = office.booked(office.on(30))
    office.hear(booked)
    own = {"compiled_at": office.now(), "supervisor_link": uuid4(), "html": "<p>Luvut</p>"}

    office.hear(office.supervisor(active=False), report(office, catalogue.ReportCompiled, "goal_report", **own))
    office.send_all()
    office.advance_to(booked.starts_at - timedelta(days=1))
    office.send_all()

    assert office.received("Maija") == []
    assert office.kinds(LetterStatus.cancelled) == ["goal_report"]
    assert "reminder_day" in office.kinds(LetterStatus.sent)


def test_reports_go_to_the_supervisor_to_their_reviewers_and_at_last_to_the_client(office: Office) -> None:
    office.opens("Aino")
    compiled = {"compiled_at": office.now()}
    own = {"supervisor_link": uuid4(), "html": '<div class="report"><p>Kaikki luvut</p></div>'}
    office.hear(report(office, catalogue.ReportCompiled, "goal_report", **compiled, **own))
    office.hear(report(office, catalogue.ReportCompiled, "overview_report", **compiled, **own))
    links = {office.people[0].id: uuid4()}
    office.hear(report(office, catalogue.ReportCompiled, "client_report", **compiled, review_links=links))
    office.send_all()
    released = {"released_at": office.now(), "client_link": uuid4()}
    office.hear(report(office, catalogue.ReportReleased, "client_report", **released))
    office.send_all()

    for letter in office.received("Maija"):
        (attached,) = letter.iter_attachments()
        assert attached.get_content_type() == "application/pdf"
        assert "https://practice.example/raportti/" in text_of(letter)
        assert "Kaikki luvut" in html_of(letter)
    assert len(office.received("Maija")) == 2
    for kind in ("goal_report", "overview_report"):
        (row,) = office.rows(kind=kind)
        own_shown, of_admin = (
            speaking(office.app, role, party).get(f"/api/v1/messages/{row.id}/preview").json()
            for role, party in ((Role.supervisor, office.supervisor_id), (Role.admin, None))
        )
        assert "Kaikki luvut" in own_shown["html"]
        assert ("luvut" not in str(of_admin), of_admin["attachments"]) == (True, [])
    assert "https://practice.example/raportti/" in text_of(office.received("Aino")[0])
    assert str(office.received("Tiina")[0]["Subject"]) == "Työnohjauksen loppuraportti: Ryhmätyönohjaus"
