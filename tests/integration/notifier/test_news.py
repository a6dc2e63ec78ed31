"""What the supervisor hears at once: what others did, once it can't be taken back, and once."""

from datetime import timedelta
from uuid import uuid4

import pytest

from services.core.database import transaction
from services.events import catalogue
from services.events.catalogue import Actor
from services.notifier.models import NewsKind, Telling
from services.notifier.planning import news
from tests.integration.notifier.test_letters import answered, evaluation, text_of
from tests.support.letter_office import Office

CLIENT = {"changed_by": Actor.client}


def told(office: Office) -> list[str]:
    """The subjects of the news that have reached the supervisor."""
    office.advance(minutes=4)
    office.send_all()
    return [str(letter["Subject"]) for letter in office.received("maija") if "ohjelma" not in str(letter["Subject"])]


def test_what_a_client_booked_is_told_and_what_the_supervisor_did_is_not(office: Office) -> None:
    office.opens("Aino")
    office.hear(*office.booked(office.on(30), **CLIENT), *office.booked(office.on(31)))

    (subject,) = told(office)

    assert "uusi tapaaminen" in subject
    (letter,) = office.received("maija")
    assert "/tyo/tapaamiset/" in text_of(letter)
    assert "Aino" not in str(letter)
    assert told(office) == [subject], "once"


def test_what_comes_at_once_is_one_letter_and_what_changed_since_is_told_as_it_is(office: Office) -> None:
    office.opens("Aino")
    first, second = office.booked(office.on(30), office.on(31), **CLIENT)
    office.hear(first, second)
    office.hear(office.moved(first.session_id, office.on(32), **CLIENT))

    (subject,) = told(office)

    assert str(subject).replace("\u00a0", " ") == "Uutta työnohjauksissasi: 2 asiaa"
    text = text_of(office.received("maija")[0])
    assert text.count("uusi tapaaminen") == 1
    assert "tapaaminen on siirretty" in text


def test_a_cancellation_waits_for_its_undo_and_is_told_only_within_a_week(office: Office) -> None:
    office.opens("Aino")
    soon, far = office.booked(office.now() + timedelta(days=3), office.on(30))
    office.hear(soon, far)
    told(office)
    undo = office.now() + timedelta(minutes=2)
    events = office.cancelled(soon.session_id, **CLIENT, undo_until=undo)
    office.hear(*events, *office.cancelled(far.session_id, **CLIENT))
    office.advance(minutes=1)
    office.send_all()
    assert office.received("maija") == []

    (subject,) = told(office)
    assert "tapaaminen on peruttu" in subject


def test_what_was_taken_back_is_not_told(office: Office) -> None:
    office.opens("Aino")
    (session,) = office.booked(office.now() + timedelta(days=3))
    office.hear(session)
    undo = office.now() + timedelta(minutes=2)
    office.hear(*office.cancelled(session.session_id, **CLIENT, undo_until=undo))
    office.advance(minutes=1)
    office.hear(office.moved(session.session_id, session.starts_at, **CLIENT))

    assert told(office) == []


def test_everybodys_answer_and_a_refused_letter_are_told(office: Office) -> None:
    office.opens("Aino", "Veikko")
    round_id = uuid4()
    office.hear(evaluation(office, catalogue.EvaluationRequested, round_id, office.now()))
    office.hear(answered(office, round_id))
    assert told(office) == []

    office.hear(answered(office, round_id, person=1))
    office.hear(answered(office, round_id, person=1))

    (subject,) = told(office)
    assert "ovat vastanneet kaikki" in subject


@pytest.mark.parametrize(("telling", "letters"), [(Telling.hourly, 1), (Telling.never, 0)])
def test_each_kind_can_be_gathered_or_switched_off(office: Office, telling: Telling, letters: int) -> None:
    office.opens("Aino")
    with transaction(office.engine) as db:
        news.choose(db, office.supervisor_id, [(NewsKind.booked, telling)])
    for day in (30, 31):
        office.hear(*office.booked(office.on(day), **CLIENT))
        office.advance(minutes=5)
        office.send_all()
    assert office.received("maija") == []
    assert office.kinds().count("news") == letters

    office.advance(minutes=61)
    office.send_all()

    assert len(office.received("maija")) == letters


def test_what_is_heard_of_late_is_no_news(office: Office) -> None:
    """As everything is after a rebuild."""
    office.opens("Aino")
    events = office.booked(office.on(30), **CLIENT)
    office.advance(hours=13)
    office.hear(*events)

    assert "news" not in office.kinds()
