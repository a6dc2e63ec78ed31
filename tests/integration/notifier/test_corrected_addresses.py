"""Somebody's address is corrected: what had failed leaves, and what was told elsewhere is told here."""

import asyncio
from datetime import time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiosmtpd.smtp import Envelope

from services.core.database import transaction
from services.events import catalogue
from services.events.refused_letters import Refusal
from services.finnish.workdays import at_wall_clock, local
from services.notifier.composition import agenda
from services.notifier.log import listing
from services.notifier.models import Evaluation, LetterStatus
from services.web.security.links import device_code, personal_link, secret
from services.web.security.tokens import Role
from tests.integration.notifier.test_api import speaking
from tests.integration.notifier.test_letters import answered, entries, evaluation, report, subjects, text_of
from tests.support.letter_office import Office

NO_SUCH_USER = "550 5.1.1 no such user"


def correct(office: Office, name: str, address: str) -> None:
    office.hear(office.participant(name, email=address))


def letters_to(office: Office, address: str) -> list[str]:
    return subjects([letter for letter in office.received() if address in str(letter["To"])])


def test_letters_to_another_address_lead_by_links_of_its_own(office: Office) -> None:
    office.opens("Aino")
    office.hear(*office.booked(office.on(30)))
    office.send_all()
    (first,) = office.received("Aino")
    address = uuid4()

    office.hear(office.participant("Aino", email="aino.uusi@example.fi", address_id=address))
    office.send_all()

    (again,) = [letter for letter in office.received() if "aino.uusi" in str(letter["To"])]
    page = office.people[0].id
    of_before, own = (secret(office.settings.link_key, personal_link(page, each)) for each in (None, address))
    assert (of_before in text_of(first), of_before in text_of(again), own in text_of(again)) == (True, False, True)


def test_a_mailbox_is_told_at_once_of_codes_addresses_and_passkeys_and_nothing_else_of_anybody(office: Office) -> None:
    office.advance_to(at_wall_clock(local(office.now()).date(), time(23)))
    mailbox = {"version": 1, "email": "aino@example.fi", "full_name": "Aino Ohjattava"}
    until, code = office.now() + timedelta(minutes=10), uuid4()
    office.hear(
        catalogue.DeviceCodeRequested(**mailbox, notice_id=code, expires_at=until),
        catalogue.AddressStated(**mailbox, notice_id=uuid4(), link=uuid4(), expires_at=until),
        catalogue.AddressChanged(**mailbox, notice_id=uuid4(), changed_at=office.now()),
        catalogue.PasskeyAdded(**mailbox, notice_id=uuid4(), changed_at=office.now()),
        catalogue.PasskeyRemoved(**mailbox, notice_id=uuid4(), changed_at=office.now()),
    )
    office.send_all()

    told = {str(letter["Subject"]): text_of(letter) for letter in office.received()}
    spelt = device_code(office.settings.link_key, code)
    assert spelt in told["Koodi laitteen vahvistamiseen"]
    (sent,) = office.rows(kind="device_code")
    shown = speaking(office.app, Role.admin).get(f"/api/v1/messages/{sent.id}/preview").json()
    assert (spelt in str(shown), "Koodi: …" in shown["text"]) == (False, True)
    assert "https://practice.example/osoite/" in told["Vahvista uusi sähköpostiosoitteesi"]
    assert "Sähköpostiosoitteesi on vaihdettu" in told
    for subject in ("Tunnukseesi lisättiin pääsyavain", "Tunnuksestasi poistettiin pääsyavain"):
        assert "https://practice.example/kirjautuminen" in told[subject]
    assert not any(device_code(office.settings.link_key, code) in subject for subject in told)


def test_a_code_that_is_late_is_not_sent(office: Office) -> None:
    office.hear(
        catalogue.DeviceCodeRequested(
            version=1,
            notice_id=uuid4(),
            email="aino@example.fi",
            full_name="Aino",
            expires_at=office.now() + timedelta(minutes=10),
        )
    )
    office.advance(minutes=11)
    office.send_all()

    assert office.received() == []


# -- participants -----------------------------------------------------------------------------------------


def test_what_was_confirmed_elsewhere_is_confirmed_here_in_one_letter(office: Office) -> None:
    office.opens("Aino", "Veikko")
    office.hear(*office.booked(office.on(30), office.on(60)))
    (moved,) = office.booked(office.on(90))
    office.hear(moved)
    office.send_all()
    office.hear(office.moved(moved.session_id, office.on(97)))
    office.advance(minutes=3)
    office.send_all()
    before = [entry for letter in office.received("Aino") for entry in entries(letter)]

    correct(office, "Aino", "aino.oikea@example.fi")
    office.send_all()

    (again,) = [letter for letter in office.received() if "aino.oikea" in str(letter["To"])]
    assert subjects([again]) == ["Varausvahvistus"]
    assert [entry[0] for entry in entries(again)] == ["REQUEST"] * 3
    for uid in {entry[1] for entry in before}:
        sequences = [entry[2] for entry in [*before, *entries(again)] if entry[1] == uid]
        assert sequences == sorted(set(sequences))
    assert letters_to(office, "veikko@") == ["Varausvahvistus", "Varausvahvistus", "Uusi aika"]

    correct(office, "Aino", "aino.oikea@example.fi")
    office.advance(minutes=3)
    office.send_all()
    assert letters_to(office, "aino.oikea") == ["Varausvahvistus"]


def test_what_changes_after_a_correction_is_told_to_the_new_address_only(office: Office) -> None:
    office.opens("Aino")
    (booked,) = office.booked(office.on(30))
    office.hear(booked)
    office.send_all()
    correct(office, "Aino", "aino.oikea@example.fi")
    office.send_all()

    office.hear(office.moved(booked.session_id, office.on(60)))
    office.advance(minutes=3)
    office.send_all()
    office.hear(*office.cancelled(booked.session_id))
    office.send_all()

    assert letters_to(office, "aino.oikea") == ["Varausvahvistus", "Uusi aika", "Peruttu"]
    assert letters_to(office, "aino@") == ["Varausvahvistus"]


def test_what_was_called_off_elsewhere_is_called_off_here(office: Office) -> None:
    """Whoever was told of it at the right address before would come."""
    office.opens("Aino")
    (booked,) = office.booked(office.on(30))
    office.hear(booked)
    office.send_all()
    correct(office, "Aino", "mistyped@example.fi")
    office.send_all()
    office.hear(*office.cancelled(booked.session_id))
    office.send_all()

    correct(office, "Aino", "aino@example.fi")
    office.send_all()

    assert letters_to(office, "mistyped") == ["Varausvahvistus", "Peruttu"]
    assert letters_to(office, "aino@") == ["Varausvahvistus", "Peruttu"]


def test_what_is_past_is_not_told_again(office: Office) -> None:
    office.opens("Aino")
    held, cancelled = office.booked(office.on(2)), office.booked(office.on(9))
    office.hear(*held, *cancelled)
    office.send_all()
    office.hear(*office.cancelled(cancelled[0].session_id))
    office.send_all()
    office.advance(days=20)
    office.send_all()
    told = len(office.received())

    correct(office, "Aino", "aino.oikea@example.fi")
    office.send_all()

    assert len(office.received()) == told


@pytest.mark.parametrize(("reply", "taken"), [("550 5.1.1 no", 0), ("451 later", 0), (None, 1)])
def test_an_address_corrected_while_the_server_reads_the_letter_gets_it_too(
    office: Office, reply: str | None, taken: int
) -> None:
    office.opens("Aino")
    office.hear(*office.booked(office.on(30)))

    async def correct_meanwhile(stage: str, envelope: Envelope) -> str | None:
        if stage == "BODY" and envelope.rcpt_tos == ["aino@example.fi"]:
            await asyncio.to_thread(correct, office, "Aino", "aino.oikea@example.fi")
            return reply
        return None

    office.catcher.behaviour = correct_meanwhile
    office.send_all()
    office.let_pauses_pass()
    office.send_all()

    assert letters_to(office, "aino.oikea") == ["Varausvahvistus"]
    assert letters_to(office, "aino@") == ["Varausvahvistus"] * taken
    assert LetterStatus.failed not in {row.status for row in office.rows()}


def test_an_open_evaluation_is_asked_for_again_at_another_address_once(office: Office) -> None:
    office.opens("Aino", "Veikko")
    round_id, opened_at = uuid4(), office.now()
    office.hear(evaluation(office, catalogue.EvaluationRequested, round_id, opened_at))
    office.send_all()
    office.advance(hours=1)
    address = uuid4()

    for changes in ({}, {"first_name": "Aina"}):
        moved = {"email": "aino.oikea@example.fi", "address_id": address}
        office.hear(office.participant("Aino", **moved | changes))
        office.advance(minutes=3)
        office.send_all()

    assert letters_to(office, "aino.oikea") == ["Työnohjauksen väliarviointi"]
    assert letters_to(office, "veikko@") == ["Työnohjauksen väliarviointi"]
    (again,) = [letter for letter in office.received() if "aino.oikea" in str(letter["To"])]
    link = UUID(office_link(office, round_id))
    assert secret(office.settings.link_key, personal_link(link, address)) in text_of(again)
    for _ in range(13):
        office.advance(days=1)
        office.send_all()
    assert len(letters_to(office, "aino.oikea")) == 2  # the one reminder


def test_an_address_that_was_not_accepted_is_told_times_and_nothing_else(office: Office) -> None:
    office.opens("Aino", "Veikko")
    moved = {"email": "aino.tilaajan@example.fi", "address_id": uuid4()}
    office.hear(office.participant("Aino", **moved, address_accepted=False))
    office.hear(*office.booked(office.on(30)))
    office.hear(evaluation(office, catalogue.EvaluationRequested, uuid4(), office.now()))
    for _ in range(3):
        office.advance(days=1)
        office.send_all()
    assert letters_to(office, "aino.tilaajan") == ["Varausvahvistus"]
    assert "Työnohjauksen väliarviointi" in letters_to(office, "veikko@")

    office.hear(office.participant("Aino", **moved, address_accepted=True))
    office.advance(days=1)
    office.send_all()
    assert letters_to(office, "aino.tilaajan") == ["Varausvahvistus", "Työnohjauksen väliarviointi"]


def office_link(office: Office, round_id: UUID) -> str:
    with transaction(office.engine) as db:
        return db.get_one(Evaluation, round_id).answer_links[str(office.people[0].id)]


@pytest.mark.parametrize("state", ["answered", "closed"])
def test_an_evaluation_that_is_not_open_is_not_asked_for_again(office: Office, state: str) -> None:
    office.opens("Aino")
    round_id, opened_at = uuid4(), office.now()
    office.hear(evaluation(office, catalogue.EvaluationRequested, round_id, opened_at))
    office.send_all()
    office.hear(
        evaluation(office, catalogue.EvaluationClosed, round_id, opened_at)
        if state == "closed"
        else answered(office, round_id)
    )

    correct(office, "Aino", "aino.oikea@example.fi")
    office.send_all()

    assert letters_to(office, "aino.oikea") == []


@pytest.mark.parametrize(("is_open", "asked"), [(True, 1), (False, 0)])
def test_feedback_that_was_not_given_is_asked_for_again_at_another_address_once(
    office: Office, is_open: bool, asked: int
) -> None:
    office.opens("Aino")
    (booked,) = office.booked(office.on(1))
    office.hear(booked)
    office.send_all()
    office.advance_to(booked.ends_at + timedelta(minutes=5))
    office.hear(office.held(booked.session_id))
    office.send_all()
    assert len(letters_to(office, "aino@")) == 2
    office.advance(hours=1)

    feedback_open = (booked.session_id,) if is_open else ()
    for _ in range(2):
        office.hear(office.participant("Aino", email="aino.oikea@example.fi", feedback_open=feedback_open))
        office.send_all()

    assert [subject.split()[0] for subject in letters_to(office, "aino.oikea")] == ["Palaute"] * asked


# -- supervisors and clients ------------------------------------------------------------------------------


def test_a_corrected_supervisor_gets_the_reports_and_the_agenda_that_had_failed(office: Office) -> None:
    office.opens("Aino")
    office.hear(*office.booked(office.on(2, 15)))
    office.advance_to(at_wall_clock(local(office.on(2)).date(), time(8, 1)))
    office.catcher.refuse("RCPT", NO_SUCH_USER)
    compiled: dict[str, Any] = {"compiled_at": office.now(), "supervisor_link": uuid4()}
    for kind in ("goal_report", "overview_report"):
        office.hear(report(office, catalogue.ReportCompiled, kind, **compiled))
    with transaction(office.engine) as db:
        agenda.write_agendas(db, office.now())
    office.send_all()
    assert set(office.kinds(LetterStatus.failed)) >= {"goal_report", "overview_report", "daily_agenda"}

    office.catcher.behave()
    office.hear(office.supervisor(email="maija.oikea@example.fi"))
    office.send_all()

    assert sorted(subject.split()[0] for subject in subjects(office.received())) == [
        "Katsaus",
        "Päivän",
        "Tavoitearviointi",
    ]


def test_a_supervisor_who_changes_something_else_gets_nothing_again(office: Office) -> None:
    office.opens("Aino")
    office.catcher.refuse("RCPT", NO_SUCH_USER)
    compiled: dict[str, Any] = {"compiled_at": office.now(), "supervisor_link": uuid4()}
    office.hear(report(office, catalogue.ReportCompiled, "goal_report", **compiled))
    office.send_all()

    office.catcher.behave()
    office.hear(office.supervisor(phone="+358409999999"))
    office.send_all()

    assert office.received() == []
    assert office.kinds(LetterStatus.failed) == ["goal_report"]


def test_a_corrected_client_gets_the_report_that_had_failed_or_waits(office: Office) -> None:
    client = catalogue.Client(
        client_id=UUID(int=5), kind="organisation", name="Kunta", first_name="T", last_name="T", email="t@example.fi"
    )
    office.hear(office.supervisor(), office.process(client=client))
    for reply, address in ((NO_SUCH_USER, "tiina.oikea@example.fi"), ("451 later", "tiina.uusi@example.fi")):
        office.catcher.refuse("RCPT", reply)
        released: dict[str, Any] = {"released_at": office.now(), "client_link": uuid4()}
        office.hear(report(office, catalogue.ReportReleased, "client_report", **released))
        office.send_all()
        assert letters_to(office, address) == []

        office.catcher.behave()
        client = client.model_copy(update={"email": address})
        office.hear(office.process(client=client, status="closed"))
        office.let_pauses_pass()
        office.send_all()
        assert letters_to(office, address) == ["Työnohjauksen loppuraportti"]
        office.advance(hours=1)
    assert len(office.received()) == 2
    assert timedelta(0) < office.rows(kind="client_report")[-1].due_at - office.rows(kind="client_report")[0].due_at


def test_letters_about_reports_lead_by_links_of_the_present_address(office: Office) -> None:
    own, contacts, link = uuid4(), uuid4(), uuid4()
    contact = {"first_name": "T", "last_name": "T", "email": "t@example.fi", "address_id": contacts}
    client = catalogue.Client.model_validate(contact | {"client_id": uuid4(), "kind": "organisation", "name": "Kunta"})
    office.hear(office.supervisor(address_id=own), office.process(client=client))
    compiled: dict[str, Any] = {"compiled_at": office.now(), "supervisor_link": link}
    released: dict[str, Any] = {"released_at": office.now(), "client_link": link}
    office.hear(
        report(office, catalogue.ReportCompiled, "goal_report", **compiled),
        report(office, catalogue.ReportReleased, "client_report", **released),
    )
    office.send_all()

    texts = {str(letter["To"]): text_of(letter) for letter in office.received()}
    for (_, said), address in zip(sorted(texts.items()), (own, contacts), strict=True):
        assert f"/raportti/{secret(office.settings.report_link_key, personal_link(link, address))}" in said
        assert f"/raportti/{secret(office.settings.report_link_key, link)}" not in said


# -- what booking is told ---------------------------------------------------------------------------------


def test_booking_is_told_what_was_refused_and_when_until_it_is_corrected(office: Office) -> None:
    office.opens("Aino", "Veikko")
    office.hear(*office.booked(office.on(30)))
    office.catcher.refuse("RCPT", NO_SUCH_USER)
    office.advance(minutes=10)
    refused_at = office.now()
    office.send_all()
    aino, veikko = office.people

    told = refusals(office)
    assert {(one.supervisor_id, one.recipient_id) for one in told} == {
        (office.supervisor_id, aino.id),
        (office.supervisor_id, veikko.id),
    }
    assert all(refused_at <= one.refused_at <= office.now() for one in told)

    office.catcher.behave()
    correct(office, "Aino", "aino.oikea@example.fi")
    assert [one.recipient_id for one in refusals(office)] == [veikko.id]
    office.advance(days=31)
    assert refusals(office) == []


def refusals(office: Office) -> list[Refusal]:
    with transaction(office.engine) as db:
        return listing.list_refusals(db, office.now())


# -- first talks ------------------------------------------------------------------------------------------


def test_who_could_not_confirm_a_first_talk_can_at_the_corrected_address(office: Office) -> None:
    office.catcher.refuse("RCPT", NO_SUCH_USER)
    office.hear(office.supervisor(), office.intake(catalogue.IntakeRequested))
    office.send_all()
    assert office.kinds(LetterStatus.failed) == ["intake_confirm_link"]

    office.catcher.behave()
    office.hear(office.intake(catalogue.IntakeRequested, email="asta.oikea@example.fi", link=UUID(int=9)))
    office.send_all()

    assert letters_to(office, "asta.oikea") == ["Vahvista kartoittavan keskustelun aika"]
    assert office.kinds(LetterStatus.failed) == []


@pytest.mark.parametrize("refused", [True, False])
def test_a_confirmed_first_talk_is_confirmed_at_the_corrected_address_once(office: Office, refused: bool) -> None:
    office.hear(office.supervisor(), office.intake(catalogue.IntakeRequested))
    office.send_all()
    if refused:
        office.catcher.refuse("RCPT", NO_SUCH_USER)
    office.hear(office.intake(catalogue.IntakeConfirmed))
    office.send_all()

    office.catcher.behave()
    for _ in range(2):
        office.hear(office.intake(catalogue.IntakeConfirmed, email="asta.oikea@example.fi"))
        office.advance(minutes=3)
        office.send_all()

    assert len(letters_to(office, "asta@")) == (1 if refused else 2)
    assert len(letters_to(office, "asta.oikea")) == 1
    uids = {entry[:2] for letter in office.received() for entry in entries(letter)}
    assert len(uids) == 1
    assert office.kinds(LetterStatus.failed) == []
