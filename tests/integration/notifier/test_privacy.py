"""What the notifier holds of a participant and gives to nobody but them, and what it forgets by itself."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from services.core.database import transaction
from services.core.secrets import fresh_keys
from services.events import catalogue
from services.events.catalogue import Phase
from services.notifier import privacy
from services.notifier.app import create_app
from services.notifier.kinds import LetterKind
from services.notifier.models import Report, Summary
from services.web.security.tokens import Principal, Role, sign
from tests.support.letter_office import Office

KEYS = fresh_keys()

Json = dict[str, object]


@pytest.fixture
def api(office: Office) -> FastAPI:
    return create_app(office.settings.model_copy(update={"token_verify_key": KEYS["TOKEN_VERIFY_KEY"]}))


def speaking(api: FastAPI, role: Role, party: UUID | None = None) -> TestClient:
    token = sign(KEYS["TOKEN_SIGNING_KEY"], Principal(role, party, f"test-{role}"))
    return TestClient(api, headers={"Authorization": f"Bearer {token}"})


def evaluation(office: Office) -> catalogue.EvaluationRequested:
    fields = {
        "version": 1,
        "evaluation_id": UUID(int=5),
        "process_id": office.process_id,
        "phase": Phase.start,
        "status": "open",
        "opened_at": office.now(),
        "due_at": office.now() + timedelta(days=14),
        "invited": [person.id for person in office.people],
        "answer_links": {person.id: uuid4() for person in office.people},
    }
    return catalogue.EvaluationRequested.model_validate(fields)


def answered(office: Office, person: UUID) -> catalogue.EvaluationAnswered:
    fields = {
        "version": 1,
        "answer_id": uuid4(),
        "evaluation_id": UUID(int=5),
        "process_id": office.process_id,
        "phase": Phase.start,
        "participant_id": person,
        "goals": {},
        "answered_at": office.now(),
    }
    return catalogue.EvaluationAnswered.model_validate(fields)


@pytest.fixture
def aino(office: Office) -> UUID:
    """A participant who has been written to and has answered, beside another."""
    office.opens("Aino", "Bertta")
    office.hear(*office.booked(office.on(30)), evaluation(office))
    aino = office.people[0].id
    office.hear(answered(office, aino))
    office.send_all()
    return aino


# -- what is held -----------------------------------------------------------------------------------------


def export(client: TestClient, person: UUID, expected: int = 200) -> Json:
    answer = client.get(f"/api/v1/participants/{person}/export")
    assert answer.status_code == expected, answer.text
    body: Json = answer.json()
    return body


def test_a_participant_is_given_everything_that_is_held_of_them(office: Office, api: FastAPI, aino: UUID) -> None:
    held = export(speaking(api, Role.supervisor, office.supervisor_id), aino)

    assert (held["first_name"], held["email"], held["process_code"]) == ("Aino", "aino@example.fi", "P-0001")
    assert held["reminders"] == {"reminder_week": True, "reminder_day": True}
    assert held["answered_evaluations"] == [str(UUID(int=5))]
    letters = held["letters"]
    assert isinstance(letters, list)
    assert len(letters) == len(office.rows(recipient_id=aino))
    confirmation = next(letter for letter in letters if letter["kind"] == "booking_confirmation")
    assert (confirmation["status"], confirmation["content"]["subject"][:16]) == ("sent", "Varausvahvistus:")
    assert "Bertta" not in str(held)
    with transaction(office.engine) as db:
        noted = db.execute(text("SELECT action, subject FROM audit_entry")).one()
    assert tuple(noted) == ("participant.exported", f"participant/{aino}")


def test_others_are_not_given_it_and_nobody_is_after_an_erasure(office: Office, api: FastAPI, aino: UUID) -> None:
    admin = speaking(api, Role.admin)

    assert export(admin, aino)["email"] == "aino@example.fi"
    export(speaking(api, Role.supervisor, uuid4()), aino, expected=404)
    export(speaking(api, Role.client, uuid4()), aino, expected=403)
    export(TestClient(api), aino, expected=401)
    export(admin, uuid4(), expected=404)

    version = office.version(aino)
    told = {"version": version, "participant_id": aino, "process_id": office.process_id}
    office.hear(catalogue.ParticipantErased.model_validate(told))
    export(admin, aino, expected=404)
    assert export(admin, office.people[1].id)["first_name"] == "Bertta"


@pytest.mark.parametrize("alone", [True, False])
def test_what_was_summed_up_with_and_reported_of_somebody_who_was_alone_goes_with_them(
    office: Office, alone: bool
) -> None:
    office.opens("Aino")
    office.hear(*office.booked(office.on(30)), summary(office), report(office))
    office.send_all()
    aino = office.people[0].id

    erased = {"version": office.version(aino), "participant_id": aino, "process_id": office.process_id, "alone": alone}
    office.hear(catalogue.ParticipantErased.model_validate(erased))

    (letter,) = office.rows(kind=LetterKind.goal_report)
    assert (letter.message is None) is alone
    with transaction(office.engine) as db:
        assert [one.content is None for one in db.scalars(select(Summary))] == [alone]
        assert len(db.scalars(select(Report)).all()) == (0 if alone else 1)


def summary(office: Office) -> catalogue.SummaryPublished:
    return catalogue.SummaryPublished(
        version=1,
        summary_id=uuid4(),
        session_id=next(iter(office.sessions)),
        process_id=office.process_id,
        published_at=office.now(),
        sends_letter=False,
        links={},
        link_expires_at=office.now(),
        text=catalogue.SummaryText(themes=("Vuorolista",)),
    )


def report(office: Office) -> catalogue.ReportCompiled:
    figures = {"held": 1, "planned": 10, "goals_met": 0, "goals_scored": 0, "answered": 0, "invited": 1}
    return catalogue.ReportCompiled(
        version=1,
        report_id=uuid4(),
        kind="goal_report",
        process_id=office.process_id,
        supervisor_id=office.supervisor_id,
        period_label="helmikuu 2041",
        figures=figures,
        html="<p>Vuorolista</p>",
        compiled_at=office.now(),
        supervisor_link=uuid4(),
    )


def test_weeks_later_an_erasure_still_finds_what_a_former_mailbox_was_told(office: Office, aino: UUID) -> None:
    mailbox = {"version": 1, "email": "aino@ennen.example", "full_name": "Aino", "participant_id": aino}
    office.hear(catalogue.AddressChanged(**mailbox, notice_id=uuid4(), changed_at=office.now()))
    office.send_all()
    with transaction(office.engine) as db:
        privacy.prune_notifier(db, office.settings, office.now() + timedelta(days=20))

    erased = {"version": 99, "participant_id": aino, "process_id": office.process_id, "first_name": "", "last_name": ""}
    office.hear(catalogue.ParticipantErased.model_validate(erased))

    (told,) = office.rows(kind="address_changed")
    assert told.message is None


# -- how long ---------------------------------------------------------------------------------------------


def left(office: Office, days: int) -> dict[str, int]:
    """What is left so many days after the beginning, of which the meeting is on the 30th."""
    with transaction(office.engine) as db:
        privacy.prune_notifier(db, office.settings, office.now() + timedelta(days=days))
    queries = {
        "texts": "letter WHERE message IS NOT NULL",
        "letters": "letter WHERE kind = 'evaluation_request'",
        "confirmations": "letter WHERE kind = 'booking_confirmation'",
        "meetings": "session",
        "talks": "intake",
    }
    with transaction(office.engine) as db:
        return {name: db.scalars(text(f"SELECT count(*) FROM {query}")).one() for name, query in queries.items()}  # noqa: S608


def test_each_kind_goes_in_its_time(office: Office, aino: UUID) -> None:
    office.hear(office.intake(catalogue.IntakeRequested))
    first = left(office, days=29)
    assert min(first.values()) > 0

    month = left(office, days=32)
    assert month == first | {"texts": 0, "talks": 0}
    assert left(office, days=360) == month
    year = left(office, days=368)
    assert year == month | {"letters": 0}
    assert left(office, days=700) == year | {"confirmations": 0}
    assert left(office, days=800)["meetings"] == 0


def test_a_turn_takes_only_so_many_and_says_that_there_are_more(
    office: Office, aino: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privacy, "BATCH_SIZE", 1)
    texts = left(office, days=29)["texts"]

    assert left(office, days=32)["texts"] == texts - 1
    turns = 1
    with transaction(office.engine) as db:
        while privacy.prune_notifier(db, office.settings, office.now() + timedelta(days=32)):
            turns += 1
    assert turns == texts
    assert left(office, days=32)["texts"] == 0


def test_what_went_is_in_the_trail_by_ids_of_its_practice_and_not_before(office: Office, aino: UUID) -> None:
    office.hear(office.intake(catalogue.IntakeRequested))
    noted = []
    for days in (29, 32, 368, 800):
        left(office, days)
        noted.append(forgotten(office))

    practice = office.supervisor_id
    assert noted[0] == {}
    assert noted[1] == {
        ("message.emptied", f"supervisor/{practice}"): practice,
        ("intake.forgotten", f"intake/{UUID(int=7)}"): None,
    }
    assert noted[2][("message.forgotten", f"supervisor/{practice}")] == practice
    assert ("session.forgotten", f"process/{office.process_id}") not in noted[2]
    assert noted[3][("session.forgotten", f"process/{office.process_id}")] == practice


def forgotten(office: Office) -> dict[tuple[str, str], UUID | None]:
    """What the trail says of it, and whose practice it was in."""
    with transaction(office.engine) as db:
        rows = db.execute(text("SELECT action, subject, practice_id FROM audit_entry WHERE actor = 'retention'"))
        return {(row.action, row.subject): row.practice_id for row in rows}


def test_a_talk_that_was_confirmed_is_kept_as_long_as_other_contacts(office: Office) -> None:
    office.hear(office.supervisor(), office.intake(catalogue.IntakeRequested), office.intake(catalogue.IntakeConfirmed))

    assert left(office, days=700)["talks"] > 0
    assert left(office, days=800)["talks"] == 0


def test_how_long_is_the_operators_to_say(office: Office, aino: UUID) -> None:
    shorter = office.settings.model_copy(update={"contacts_kept_months": 2})
    with transaction(office.engine) as db:
        privacy.prune_notifier(db, shorter, office.now() + timedelta(days=110))
        assert db.scalars(text("SELECT count(*) FROM session")).one() == 0
