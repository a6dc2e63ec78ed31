"""Privacy on the servers that a newcomer starts: one thread from click to mail server, and nothing after an erasure.

A group goes through what leaves traces: letters, a new address, attendance, answers, a summary, a report.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from redis import Redis
from sqlalchemy import Engine, text

from services.core.sealing import MARK
from services.events.bus import EventPoster
from services.notifier.delivery import encryption
from services.notifier.settings import Settings
from tests.integration.conftest import everything
from tests.support.diary import at, day_ahead
from tests.support.evaluation import a_goal
from tests.support.practice import Installation, Json, Practice, eventually, next_working_morning
from tests.support.queues import held_by

SERVICES = ("booking", "reporting", "notifier")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
OLD_ADDRESS, NEW_ADDRESS = "gunhild@ennen.example", "kivitasku@nyt.example"
WORDS = "Puhuin Gunhildina avoimesti"
"""What is hers alone: found anywhere after an erasure, it was not forgotten."""
HERS = ("Gunhild", "Kivitasku", OLD_ADDRESS, NEW_ADDRESS)
OTHERS = ("Aamu", "Bruno", "Cecil", "Ebba")
SUMMED_UP: Json = {
    "themes": ["Vuorolista"],
    "actions": [{"text": "Kiertävä puheenjohtajuus"}],
    "reflection": "Kivikasassa asuu kärppä",
}
GOAL, REASON, MESSAGE = "Vastuunjako", "Hammaslääkärissä keskiviikkona", "Kahvihuoneessa kuiskitaan"
CONFIDED = (
    *("Vuorolista", "Kiertävä puheenjohtajuus", "Kivikasassa asuu kärppä", "Hiljainen päiväkirja", WORDS),
    *(GOAL, REASON, MESSAGE),
)
SAID = ("Toukolankatu", *CONFIDED)


class Premises(NamedTuple):
    """Where everything rests."""

    folder: Path
    settings: Settings
    databases: dict[str, Engine]
    redis: Redis

    def logs(self) -> str:
        return "\n".join(file.read_text() for file in sorted((self.folder / "logs").glob("*.log")))

    def told(self, event: str, **fields: str) -> list[Json]:
        """The lines of this event in the logs of our processes."""
        lines = [json.loads(line) for line in self.logs().splitlines() if line.startswith("{") and line.endswith("}")]
        return [line for line in lines if line.get("event") == event and line.items() >= fields.items()]

    def letters(self) -> bytes:
        """The texts of all letters, opened."""
        with self.databases["notifier"].connect() as connection:
            rows = connection.execute(text("SELECT id, message FROM letter WHERE message IS NOT NULL")).all()
        return b"\n".join(encryption.decrypt_letter(self.settings, row.id, bytes(row.message)) or b"" for row in rows)


@pytest.fixture(scope="module")
def practice(installation: Installation) -> Practice:
    practice = installation.practice
    practice.advance_to(next_working_morning(practice.now()))  # at night not every letter leaves
    return practice


@pytest.fixture(scope="module")
def house(installation: Installation) -> Iterator[Premises]:
    known = installation.environment
    databases = {name: installation.engine(name) for name in SERVICES}
    with Redis.from_url(known["REDIS_URL"], decode_responses=True) as redis:
        settings = Settings(**{name.lower(): value for name, value in known.items()})  # type: ignore[arg-type]
        yield Premises(installation.folder, settings, databases, redis)


@pytest.fixture(scope="module")
def process(practice: Practice) -> Json:
    supervisor = practice.post("/api/v1/supervisors", {"name": "Sirpa Väisänen", "email": "sirpa@ohjaus.example"})
    contact = {"first_name": "Tiina", "last_name": "Tilaaja", "email": "tiina@tilaaja.example"}
    client = {"kind": "organisation", "name": "Tilaajakunta", "contact": contact, "payer_type": "business"}
    gunhild = {"first_name": "Gunhild", "last_name": "Kivitasku", "email": OLD_ADDRESS, "employer": "Tilaajakunta"}
    others = [
        {"first_name": name, "last_name": "Ohjattava", "email": f"{name.lower()}@muut.example"} for name in OTHERS
    ]
    wanted = {
        "client_id": practice.post("/api/v1/clients", client)["id"],
        "supervisor_id": supervisor["id"],
        "form": "group",
        "title": "Ryhmätyönohjaus",
        "planned_sessions": 6,
        "session_minutes": 120,
        "participants": [gunhild, *others],
    }
    return practice.post("/api/v1/processes", wanted)


@pytest.fixture(scope="module")
def booked(practice: Practice, process: Json) -> Json:
    """A meeting that was booked under the caller's trace, and its letters."""
    practice.settle()
    wanted = {
        "process_id": process["id"],
        "starts_at": at(day_ahead(3)),
        "mode": "onsite",
        "location": "Toukolankatu 1",
    }
    header = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    answer = practice.booking.post("/api/v1/sessions", json=wanted, headers=header)
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (201, TRACE)
    practice.next_letters(OLD_ADDRESS)
    return dict(answer.json())


@pytest.fixture(scope="module")
def story(practice: Practice, process: Json, booked: Json) -> Json:
    """All that leaves traces; the report's draft that the participants have seen."""
    gunhild = process["participants"][0]
    practice.patch(f"/api/v1/processes/{process['id']}/participants/{gunhild['id']}", {"email": NEW_ADDRESS})
    path = f"/api/v1/processes/{process['id']}"
    goals = practice.booking.put(f"{path}/goals", json=[a_goal(GOAL)], headers={"If-Match": "*"})
    assert goals.status_code == 200, goals.text
    call_off_with_a_reason(practice, process)
    ask_for_a_first_talk(practice, process)
    practice.advance_to(practice.now() + timedelta(days=12))
    came = {"present": [person["id"] for person in process["participants"]]}
    practice.post(f"/api/v1/sessions/{booked['id']}/attendance", came, expected=200)
    meeting = f"/api/v1/sessions/{booked['id']}"
    write_note(practice, process, booked)
    other = process["participants"][1]
    practice.patch(f"{path}/participants/{other['id']}", {"summary_in_letter": True})  # so that the text travels
    practice.put(f"{meeting}/summary", SUMMED_UP)
    practice.post(f"{meeting}/summary/publish", {}, expected=200)
    practice.next_letters(NEW_ADDRESS)
    answer_round(practice, process)
    practice.settle()
    report = practice.reporting.post(f"{path}/reports", json={"kind": "client_report"})
    assert report.status_code == 201, report.text
    said = {"participant_id": gunhild["id"], "approved": True, "comment": WORDS}
    seen = practice.reporting.post(f"/api/v1/reports/{report.json()['id']}/reviews", json=said)
    assert seen.status_code == 201, seen.text
    read_everything(practice, booked, report.json())
    return dict(report.json())


def write_note(practice: Practice, process: Json, meeting: Json) -> None:
    """The supervisor's own, which not even the admin reads."""
    given = practice.post(f"/api/v1/supervisors/{process['supervisor_id']}/credentials", {})
    speaks = {"Authorization": f"Bearer {practice.token(given['client_id'], given['client_secret'])}"}
    path = f"/api/v1/sessions/{meeting['id']}/note"
    written = practice.booking.put(path, json={"text": "Hiljainen päiväkirja"}, headers=speaks)
    assert written.status_code < 300, written.text
    assert "päiväkirja" in practice.booking.get(path, headers=speaks).text


def call_off_with_a_reason(practice: Practice, process: Json) -> None:
    wanted = {"process_id": process["id"], "starts_at": at(day_ahead(30)), "mode": "onsite"}
    meeting = practice.post("/api/v1/sessions", wanted)
    practice.post(f"/api/v1/sessions/{meeting['id']}/cancel", {"reason": REASON}, expected=200)


def ask_for_a_first_talk(practice: Practice, process: Json) -> None:
    supervisor = process["supervisor_id"]
    weekly = [{"weekday": day, "start": "08:00", "end": "16:00"} for day in range(1, 6)]
    practice.put(f"/api/v1/supervisors/{supervisor}/availability", {"weekly": weekly, "horizon_days": 730})
    wanted = {"supervisor_id": supervisor, "starts_at": at(day_ahead(40), "10:00"), "message": MESSAGE}
    practice.post("/api/v1/intakes", wanted | {"name": "Asta", "email": "asta@uusi.example"}, expected=202)


def answer_round(practice: Practice, process: Json) -> None:
    path = f"/api/v1/processes/{process['id']}"
    (round_,) = practice.booking.get(f"{path}/evaluations").json()["items"]
    (goal,) = practice.booking.get(f"{path}/goals").json()["goals"]
    for person in process["participants"]:
        wanted = {"participant_id": person["id"], "goals": {goal["id"]: 0}, "comment": WORDS}
        practice.post(f"/api/v1/evaluations/{round_['id']}/answers", wanted)


def read_everything(practice: Practice, meeting: Json, report: Json) -> None:
    assert practice.booking.get(f"/api/v1/sessions/{meeting['id']}/summary").status_code == 200
    assert practice.reporting.get(f"/api/v1/reports/{report['id']}").status_code == 200
    (message, *_) = practice.messages(status="sent")
    assert practice.notifier.get(f"/api/v1/messages/{message['id']}/preview").status_code == 200


# -- one thread -------------------------------------------------------------------------------------------


def test_one_trace_leads_from_the_request_to_the_answer_of_the_mail_server(house: Premises, booked: Json) -> None:
    def steps(event: str) -> list[Json]:
        return house.told(event, trace_id=TRACE)

    eventually(lambda: len(steps("letter.sent")) == 1 + len(OTHERS), what="a line about each letter")
    (answered,) = steps("request.answered")
    assert (answered["service"], answered["route"]) == ("api", "/api/v1/sessions")
    posted = {(line["service"], line["subscriber"]) for line in steps("event.posted")}
    assert posted == {("booking-relay", "notifier"), ("booking-relay", "reporting")}
    assert {line["service"] for line in steps("event.handled")} == {"notifier-worker", "reporting-worker"}
    sent = {(line["service"], line["reply"], line["kind"]) for line in steps("letter.sent")}
    assert sent == {("notifier-worker", "BODY 250", "booking_confirmation")}


def test_what_no_request_caused_has_a_trace_of_its_own(house: Premises, story: Json) -> None:
    def heard() -> set[str]:
        return {line["trace_id"] for line in house.told("event.handled", event_type="report.compiled.v1")}

    def made() -> set[str]:
        return {line["trace_id"] for line in house.told("report.made", status="compiled")}

    eventually(lambda: made() and made() <= heard(), what="the notifier hearing of a report")


# -- the trail --------------------------------------------------------------------------------------------


def test_after_all_that_no_trail_holds_a_word_of_anybody(house: Premises, process: Json, story: Json) -> None:
    secret = (*HERS, *OTHERS, *SAID, "Ohjattava", "Sirpa", "Tiina", "Tilaajakunta", "@")
    for name, database in house.databases.items():
        with database.connect() as connection:
            rows = connection.execute(text("SELECT t::text FROM audit_entry t")).scalars().all()
        assert rows, name
        assert [word for word in secret if word in str(rows)] == [], name


# -- at rest ----------------------------------------------------------------------------------------------


def test_nothing_of_a_summary_an_answer_or_an_action_is_readable_at_rest(
    practice: Practice, house: Premises, process: Json, story: Json
) -> None:
    """In a table, a queue, or a file of any server; only the mailbox holds letters as their recipients' do."""
    with house.databases["reporting"].connect() as connection:
        made = text("SELECT count(*) FROM report WHERE kind = 'goal_report' AND status = 'compiled'")
        eventually(lambda: connection.execute(made).scalar_one() > 0, what="a report that says what was agreed")
    practice.settle()
    assert CONFIDED[0].encode() in house.letters()

    places = {name: everything(database) for name, database in house.databases.items()}
    places |= {"logs": house.logs(), "queues": held_by(house.redis)}
    found = [(place, word) for place, held in places.items() for word in CONFIDED if holds(held, word)]
    assert found == []
    assert [
        (file, word) for file in files(house.folder) for word in CONFIDED if word.encode() in file.read_bytes()
    ] == []
    assert not list((house.folder / "redis").rglob("*.aof"))


def test_what_somebody_rated_rests_sealed_wherever_it_comes(house: Premises, story: Json) -> None:
    rests = {"booking": "SELECT ratings #>> '{}' FROM answer", "reporting": "SELECT goals #>> '{}' FROM answer"}
    for service, query in rests.items():
        with house.databases[service].connect() as connection:
            rated = connection.execute(text(query)).scalars().all()
        assert {one[: len(MARK)] for one in rated} == {MARK}, service
    with house.databases["booking"].connect() as connection:
        clear = text("SELECT envelope -> 'data' -> 'goals' FROM outbox WHERE envelope ->> 'type' LIKE '%.answered.v1'")
        assert connection.execute(clear).scalars().all() == [{}] * len(rated)


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and (folder / "mail") not in file.parents]


# -- erasure ----------------------------------------------------------------------------------------------


def exports(practice: Practice, person_id: str, headers: dict[str, str] | None = None) -> dict[str, tuple[int, str]]:
    """By the administrator, or by whom the headers name."""
    faces = {"booking": practice.booking, "reporting": practice.reporting, "notifier": practice.notifier}
    path = f"/api/v1/participants/{person_id}/export"
    answers = {name: application.get(path, headers=headers) for name, application in faces.items()}
    return {name: (answer.status_code, answer.text) for name, answer in answers.items()}


def test_a_participant_is_given_out_and_then_found_nowhere(
    practice: Practice, house: Premises, process: Json, story: Json
) -> None:
    person = process["participants"][0]["id"]
    given = exports(practice, person)
    assert {status for status, _ in given.values()} == {200}
    assert NEW_ADDRESS in given["booking"][1]
    assert WORDS not in given["booking"][1] + given["reporting"][1]
    supervised = exports(practice, person, practice.headers_of(process["supervisor_id"]))
    assert WORDS in supervised["booking"][1]
    assert WORDS in supervised["reporting"][1]
    assert NEW_ADDRESS in given["notifier"][1]
    assert NEW_ADDRESS.encode() in house.letters()

    assert practice.booking.delete(f"/api/v1/participants/{person}").status_code == 204
    eventually(lambda: {status for status, _ in exports(practice, person).values()} == {404}, what="the erasure")
    practice.settle()

    places = {name: everything(database) for name, database in house.databases.items()}
    places |= {"logs": house.logs(), "queues": held_by(house.redis), "letters": house.letters().decode()}
    assert places["logs"]
    found = [(place, word) for place, held in places.items() for word in HERS if holds(held, word)]
    assert found == []


def holds(held: str, word: str) -> bool:
    """As it is, or as PostgreSQL shows what it keeps as bytes."""
    return word.lower() in held.lower() or word.encode().hex() in held


def test_a_name_that_waits_in_a_queue_would_be_found(redis_url: str) -> None:
    """Also where Celery, which repeats in clear how a message begins, repeats it no more."""
    EventPoster(redis_url).post("anything", {"text": "x" * 10_000, "name": "Gunhild Kivitasku"}, to="nobody reads this")
    with Redis.from_url(redis_url, decode_responses=True) as server:
        assert "Gunhild Kivitasku" in held_by(server)
        server.delete("nobody reads this")


def test_bookkeeping_keeps_who_came_by_number_alone(
    practice: Practice, house: Premises, process: Json, story: Json
) -> None:
    person = UUID(process["participants"][0]["id"])
    query = text("SELECT count(*) FROM attendance WHERE participant_id = :person")
    with house.databases["booking"].connect() as connection:
        assert connection.execute(query, {"person": person}).scalar_one() == 1
