"""What booking forgets by itself: each kind in its time, not a day sooner, and nothing that it must keep."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.booking.periodic import prune_expired
from services.booking.privacy import retention
from services.core.clock import months_before
from services.core.database import transaction
from services.core.settings import ServiceSettings
from services.web.security.links import secret
from tests.integration.booking.security.test_permissions import with_credentials
from tests.integration.conftest import Face, created
from tests.support.diary import at, book, day_ahead, keep_hours
from tests.support.evaluation import Clock, a_goal, agree, answer, attend, people, rounds, told

Json = dict[str, Any]
Make = Callable[..., Json]
Months = Callable[[int], None]

CLOSED = timedelta(days=60)


@pytest.fixture
def process(booking: Face, a_process: Make, clock: Clock) -> Json:
    """An ended process in which everything was written that can be written, and an open one beside it."""
    process = a_process(form="pair", participants=2, session_feedback=True)
    agree(booking.admin, process, a_goal())
    for person in people(process):
        goal = booking.admin.get(f"/api/v1/processes/{process['id']}/goals").json()["goals"][0]["id"]
        answer(
            booking.admin, rounds(booking.admin, process)[0], participant_id=person, goals={goal: 0}, comment="Hyvä."
        )
    held, called_off = (book(booking.admin, process, at(day_ahead(days))) for days in (14, 28))
    off = booking.admin.post(f"/api/v1/sessions/{called_off['id']}/cancel", json={"reason": "Olen kipeä"})
    assert off.status_code == 200, off.text
    clock(CLOSED)
    attend(booking, process, held)
    path = f"/api/v1/sessions/{held['id']}"
    key = booking.admin.post(f"/api/v1/supervisors/{process['supervisor_id']}/credentials").json()
    supervisor = booking.as_(key["client_id"], key["client_secret"])
    note = supervisor.put(f"{path}/note", json={"text": "Oma muistiinpano"}, headers={"If-Match": "*"})
    assert note.status_code == 200, note.text
    summary = {"themes": ["Palaute"], "actions": []}
    assert booking.admin.put(f"{path}/summary", json=summary, headers={"If-Match": "*"}).status_code == 200
    assert booking.admin.post(f"{path}/summary/publish", json={}).status_code == 200
    link = told(booking, "session.held.v1")[-1]["feedback_links"][people(process)[0]]
    page = f"/palaute/{secret(booking.settings.link_key, UUID(link))}"
    said = booking.anonymous().post(page, data={"useful": "9", "openness": "8", "progress": "7", "takeaway": "Kiitos"})
    assert said.status_code < 400, said.text
    closed = booking.admin.post(f"/api/v1/processes/{process['id']}/close")
    assert closed.status_code == 200, closed.text
    return process


@pytest.fixture
def months_later(clock: Clock) -> Months:
    """``months_later(6)`` is half a year, and an hour, after the end of the process."""

    def move(months: int) -> None:
        clock(CLOSED + timedelta(days=months * 365 / 12 + 2))

    return move


def forget(booking: Face) -> None:
    while retention.forget_batch(booking.engine, booking.settings):
        pass


def rows(booking: Face, query: str) -> int:
    with transaction(booking.engine) as db:
        return int(db.scalars(text(query)).one())


def counts(booking: Face, *tables: str) -> list[int]:
    return [rows(booking, f"SELECT count(*) FROM {table}") for table in tables]  # noqa: S608


NOTES = ("private_note", "summary", "summary_edition", "summary_reader", "session WHERE cancel_reason IS NOT NULL")
ANSWERS = ("answer", "feedback")
PEOPLE = ("participant WHERE email <> ''", "client WHERE email <> ''")


def test_notes_summaries_and_reasons_go_half_a_year_after_the_end(
    booking: Face, process: Json, months_later: Months
) -> None:
    months_later(5)
    forget(booking)
    before = counts(booking, *NOTES)
    months_later(6)
    forget(booking)

    assert before == [1, 1, 1, 2, 1]
    assert counts(booking, *NOTES) == [0, 0, 0, 0, 0]
    assert rows(booking, "SELECT count(*) FROM link WHERE purpose = 'summary'") == 0
    assert min(counts(booking, *ANSWERS, *PEOPLE)) > 0


def test_answers_and_feedback_go_a_year_after_the_end(booking: Face, process: Json, months_later: Months) -> None:
    months_later(11)
    forget(booking)
    before = counts(booking, *ANSWERS)
    months_later(12)
    forget(booking)

    assert before == [2, 2]
    assert counts(booking, *ANSWERS) == [0, 0]
    assert min(counts(booking, *PEOPLE)) > 0
    assert rows(booking, "SELECT count(*) FROM invitation") > 0, "that somebody was asked stays"


def test_people_go_two_years_after_the_end_and_every_service_is_told(
    booking: Face, process: Json, months_later: Months
) -> None:
    of_client = with_credentials(booking, f"/api/v1/clients/{process['client_id']}")
    created(of_client.post("/api/v1/webhooks", json={"url": "https://ohjelma.example/"}))
    months_later(23)
    forget(booking)
    before = counts(booking, *PEOPLE)
    months_later(24)
    forget(booking)

    assert before == [2, 1]
    assert counts(booking, *PEOPLE) == [0, 0]
    assert {gone["participant_id"] for gone in told(booking, "participant.erased.v1")} == set(people(process))
    newest = max(told(booking, "process.changed.v1"), key=lambda one: int(one["version"]))
    assert (newest["client"]["email"], newest["client"]["name"]) == ("", "Esimerkki Oy")
    assert (newest["status"], newest["participant_ids"]) == ("closed", [])
    assert rows(booking, "SELECT count(*) FROM webhook") == 0
    assert booking.admin.get(f"/api/v1/participants/{people(process)[0]}/export").status_code == 404
    assert booking.admin.get(f"/api/v1/clients/{process['client_id']}").status_code == 200
    assert rows(booking, "SELECT count(*) FROM attendance") == 2, "who came is known by number for the invoice"


def test_nothing_of_a_process_that_goes_on_is_forgotten(booking: Face, a_process: Make, clock: Clock) -> None:
    process = a_process(form="pair", participants=2)
    agree(booking.admin, process, a_goal())
    answer(
        booking.admin, rounds(booking.admin, process)[0], participant_id=people(process)[0], benefits={"workflow": 3}
    )
    clock(timedelta(days=5 * 365))
    forget(booking)

    assert counts(booking, "answer", *PEOPLE) == [1, 2, 1]


def test_who_left_long_ago_is_forgotten_though_the_others_go_on(booking: Face, a_process: Make, clock: Clock) -> None:
    process = a_process(form="group", participants=3)
    left, *rest = people(process)
    gone = booking.admin.delete(f"/api/v1/processes/{process['id']}/participants/{left}")
    assert gone.status_code == 204
    clock(timedelta(days=740))
    forget(booking)

    shown = booking.admin.get(f"/api/v1/processes/{process['id']}").json()
    assert [person["id"] for person in shown["participants"]] == rest
    assert rows(booking, "SELECT count(*) FROM participant WHERE email = ''") == 1


def test_first_talks_are_forgotten_sooner_when_nobody_confirmed_them(
    booking: Face, a_supervisor: Make, clock: Clock
) -> None:
    supervisor = a_supervisor()
    keep_hours(booking.admin, supervisor["id"])
    for days in (14, 21):
        wanted = {"supervisor_id": supervisor["id"], "starts_at": at(day_ahead(days)), "name": "A", "email": "a@a.fi"}
        talk = booking.anonymous().post("/api/v1/intakes", json=wanted)
        assert talk.status_code == 202, talk.text
    with transaction(booking.engine) as db:
        db.execute(text("UPDATE intake SET status = 'confirmed', confirmed_at = now() WHERE id = :id"), talk.json())

    left = []
    for days in (29, 32, 700, 760):
        clock(timedelta(days=days))
        forget(booking)
        left.append(rows(booking, "SELECT count(*) FROM intake"))

    assert left == [2, 1, 1, 0]


def test_each_thing_forgotten_is_noted_by_its_id_alone(booking: Face, process: Json, months_later: Months) -> None:
    months_later(24)
    forget(booking)
    with transaction(booking.engine) as db:
        noted = db.execute(text("SELECT action, subject FROM audit_entry WHERE actor = 'retention'")).all()

    assert {action for action, _ in noted} == {
        "note.forgotten",
        "summary.forgotten",
        "cancel-reason.forgotten",
        "answer.forgotten",
        "feedback.forgotten",
        "participant.forgotten",
        "client.forgotten",
    }
    assert all(len(subject.split("/")[1]) == 36 for _, subject in noted)


def test_a_turn_takes_only_so_many_and_says_that_there_are_more(
    booking: Face, process: Json, months_later: Months, monkeypatch: pytest.MonkeyPatch
) -> None:
    months_later(12)
    monkeypatch.setattr(retention, "BATCH_SIZE", 1)

    assert retention.forget_batch(booking.engine, booking.settings)
    assert counts(booking, "answer") == [1]


def test_how_long_is_the_operators_to_say_and_the_page_says_it(
    booking: Face, process: Json, months_later: Months
) -> None:
    shorter = booking.settings.model_copy(update={"answers_kept_months": 3})
    months_later(4)
    while retention.forget_batch(booking.engine, shorter):
        pass
    assert counts(booking, *ANSWERS) == [0, 0]

    booking.app.state.settings = shorter
    page = " ".join(booking.anonymous().get("/tietosuoja").text.split())
    assert "3 kuukautta työnohjauksen päättymisestä" in page
    for name in ("notes_kept_months", "contacts_kept_months", "letters_kept_months"):
        assert f"{getattr(shorter, name)} kuukautta" in page


def test_links_and_logins_that_ended_are_dropped(booking: Face, process: Json, clock: Clock) -> None:
    with transaction(booking.engine) as db:
        db.execute(
            text("""INSERT INTO browser_session VALUES ('d', 'admin', :id, now(), now() + interval '1 day')"""),
            {"id": process["id"]},
        )
    clock(timedelta(days=12 * 365))
    prune_expired(booking.engine)

    assert counts(booking, "link", "browser_session") == [0, 0]


def test_months_are_those_of_the_calendar() -> None:
    def before(year: int, month: int, day: int, months: int) -> str:
        return months_before(datetime(year, month, day, 12, tzinfo=UTC), months).date().isoformat()

    assert before(2026, 8, 31, 6) == "2026-02-28"
    assert before(2028, 8, 31, 6) == "2028-02-29"
    assert before(2026, 1, 15, 1) == "2025-12-15"
    assert before(2026, 12, 1, 12) == "2025-12-01"
    assert before(2026, 3, 1, 24) == "2024-03-01"


def test_every_service_is_told_by_the_same_variables() -> None:
    named = {name for name in ServiceSettings.model_fields if name.endswith("_kept_months")}
    assert named == {"notes_kept_months", "answers_kept_months", "contacts_kept_months", "letters_kept_months"}
