"""The audit trail: every change and every confidential reading is in it, for ever, in ids only."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from services.booking.app import ROUTERS
from services.booking.dependencies import NotesEncryption
from services.booking.pages.admin import audit_labels as booking_labels
from services.booking.security import audit as booking_audit
from services.core.database import engine
from services.notifier import app as notifier_face
from services.notifier import audit as notifier_audit
from services.notifier.pages import audit_labels as notifier_labels
from services.reporting import app as reporting_face
from services.reporting import audit as reporting_audit
from services.reporting.pages import audit_labels as reporting_labels
from services.web.pages.audit_labels import COMMON, KINDS
from services.web.transactions import RecordedRoute
from tests.databases import DatabaseServer
from tests.integration.conftest import Browser, Face, everything
from tests.support.diary import Json, at, book, change, day_ahead, keep_hours

Make = Callable[..., Json]
AtDesk = Callable[[Json], Browser]

AUDITS = (booking_audit, reporting_audit, notifier_audit)
SERVICES = Path(__file__).parents[3] / "services"


def entries(engine: Engine) -> list[tuple[str, str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT actor, action, subject FROM audit_entry ORDER BY id"))
        return [(row[0], row[1], row[2]) for row in rows]


@pytest.fixture
def supervisor(a_supervisor: Make) -> Json:
    return a_supervisor()


@pytest.fixture
def maija(booking: Face, supervisor: Json) -> TestClient:
    """The API as the supervisor uses it."""
    given = booking.admin.post(f"/api/v1/supervisors/{supervisor['id']}/credentials").json()
    return booking.as_(given["client_id"], given["client_secret"])


def test_whatever_is_changed_is_noted_with_who_did_it_by_which_key(
    booking: Face, maija: TestClient, supervisor: Json, a_process: Make
) -> None:
    process = a_process(supervisor_id=supervisor["id"])
    keep_hours(maija, supervisor["id"])
    meeting = book(maija, process, at(day_ahead()))
    moved = change(maija, meeting, starts_at=at(day_ahead(), "13:00"))
    maija.post(f"/api/v1/sessions/{moved['id']}/cancel", json={})
    absence = {"starts_at": at(day_ahead(30), "09:00"), "ends_at": at(day_ahead(30), "15:00")}
    gone = maija.post(f"/api/v1/supervisors/{supervisor['id']}/absences", json=absence).json()
    maija.delete(f"/api/v1/supervisors/{supervisor['id']}/absences/{gone['id']}")

    who, where, session = f"supervisor/{supervisor['id']}", f"supervisor/{supervisor['id']}", f"session/{meeting['id']}"
    own = [entry for entry in entries(booking.engine) if entry[0] == who]
    assert own == [
        (who, "availability.added", where),
        (who, "session.added", session),
        (who, "session.changed", session),
        (who, "session.cancelled", session),
        (who, "absence.added", where),
        (who, "absence.removed", where),
    ]


def test_a_refused_request_leaves_no_entry(booking: Face, maija: TestClient, supervisor: Json, a_process: Make) -> None:
    process = a_process(supervisor_id=supervisor["id"])
    book(maija, process, at(day_ahead()))
    before = entries(booking.engine)

    book(maija, process, at(day_ahead()), expect=409)

    assert entries(booking.engine) == before


def test_a_series_notes_each_meeting_once(booking: Face, maija: TestClient, supervisor: Json, a_process: Make) -> None:
    process = a_process(supervisor_id=supervisor["id"])
    keep_hours(maija, supervisor["id"])
    wanted = {"first_starts_at": at(day_ahead()), "every_weeks": 1, "count": 3, "mode": "onsite"}
    made = maija.post(f"/api/v1/processes/{process['id']}/series", json=wanted)

    assert made.status_code == 201, made.text
    noted = [subject for _, action, subject in entries(booking.engine) if action == "session.added"]
    assert sorted(noted) == sorted(f"session/{one['id']}" for one in made.json()["sessions"])


def test_reading_in_confidence_is_noted(booking: Face, maija: TestClient, supervisor: Json, a_process: Make) -> None:
    process = a_process(supervisor_id=supervisor["id"])
    meeting = book(maija, process, at(day_ahead()))
    maija.put(f"/api/v1/sessions/{meeting['id']}/note", json={"text": "Salaista"})
    maija.put(f"/api/v1/sessions/{meeting['id']}/summary", json={"themes": ["Roolit"], "actions": []})
    for what in ("note", "summary", "feedback"):
        assert maija.get(f"/api/v1/sessions/{meeting['id']}/{what}").status_code == 200
    person = process["participants"][0]["id"]
    assert maija.get(f"/api/v1/participants/{person}/export").status_code == 200

    done = [action for actor, action, _ in entries(booking.engine) if actor == f"supervisor/{supervisor['id']}"]
    assert done[-4:] == ["note.read", "summary.read", "feedback.read", "participant.exported"]


def test_every_get_that_opens_what_is_sealed_is_recorded() -> None:
    sealed = get_args(NotesEncryption)[1].dependency

    def opens(dependant: Dependant) -> bool:
        return any(one.call is sealed or opens(one) for one in dependant.dependencies)

    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    opening = [route for route in routes if "GET" in (route.methods or ()) and opens(route.dependant)]
    assert opening
    assert all(isinstance(route, RecordedRoute) for route in opening)


def test_the_trail_holds_ids_only(booking: Face, a_process: Make) -> None:
    process = a_process()

    with booking.engine.connect() as connection:
        trail = str(connection.execute(text("SELECT t::text FROM audit_entry t")).scalars().all())
    assert process["participants"][0]["email"] in everything(booking.engine)
    assert "@" not in trail
    assert process["participants"][0]["last_name"] not in trail


@pytest.mark.parametrize("module", [reporting_face, notifier_face])
def test_every_way_to_read_a_report_or_a_letter_is_recorded(module: ModuleType) -> None:
    one = re.compile(r"\{(report_id|letter_id|message_id|participant_id|secret)\}")
    routes = [route for router in module.ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    reading = [route for route in routes if "GET" in (route.methods or ()) and one.search(route.path)]
    assert reading
    assert {route.path for route in reading if not isinstance(route, RecordedRoute)} <= TELLS_NO_CONTENT


TELLS_NO_CONTENT = {"/api/v1/messages/{message_id}", "/viestit/{letter_id}/uudelleen", "/viestiasetukset/{secret}"}
"""When a letter went and to whom, and what somebody has chosen to get."""


@pytest.fixture(params=["booking", "reporting", "notifier"])
def migrated(request: pytest.FixtureRequest, postgres_server: DatabaseServer) -> Iterator[Engine]:
    with postgres_server.migrated(request.param) as address:
        opened = engine(address)
        yield opened
        opened.dispose()


def test_in_no_database_can_the_trail_be_rewritten(migrated: Engine) -> None:
    with migrated.begin() as connection:
        connection.execute(text("INSERT INTO audit_entry (at, actor, action, subject) VALUES (now(), 'a', 'b', 'c')"))
    for attempt in ("UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
        with migrated.connect() as connection, pytest.raises(Exception, match="what was done stays written"):
            connection.execute(text(attempt))


def test_every_deed_has_words() -> None:
    by_rows = {
        f"{watched.noun}.{verb}"
        for service in AUDITS
        for watched in service.AUDITED_TABLES.values()
        for verb in ("added", "changed", "removed")
    }
    in_words = {
        action
        for file in SERVICES.rglob("*.py")
        for action in re.findall(r'note(?:_process)?\([^)]*?"([a-z]+\.[a-z]+)"', file.read_text())
    }
    assert len(in_words) > 20
    assert by_rows | in_words <= {*COMMON, *booking_labels.LABELS, *notifier_labels.LABELS, *reporting_labels.LABELS}
    assert {watched.subject for service in AUDITS for watched in service.AUDITED_TABLES.values()} <= set(KINDS)


# -- the pages of it --------------------------------------------------------------------------------------


def test_the_admin_finds_what_was_done_in_names_and_codes(
    booking: Face, as_admin: Browser, maija: TestClient, supervisor: Json, a_process: Make
) -> None:
    process = a_process(supervisor_id=supervisor["id"])
    meeting = book(maija, process, at(day_ahead()))

    page = as_admin.get("/yllapito/loki").text
    assert "varasi tapaamisen" in page
    assert f"{process['code']}, 1. tapaaminen" in page
    assert supervisor["name"] in page

    def count(**asked: Any) -> int:
        page: str = as_admin.get("/yllapito/loki", params=asked).text
        return page.count("varasi tapaamisen")

    assert count(kohde=process["code"]) == 1
    assert count(kohde=f"session/{meeting['id']}") == 1
    assert count(kohde="TO-1999-001") == 0
    assert count(kuka="client") == 0
    assert count(kuka=f"supervisor/{supervisor['id']}", alku="2020-01-01") == 1
    assert count(loppu="2020-01-01") == 0


def test_a_supervisor_sees_their_own_practice_alone(
    at_desk: AtDesk, maija: TestClient, supervisor: Json, a_supervisor: Make, a_process: Make
) -> None:
    process = a_process(supervisor_id=supervisor["id"])
    book(maija, process, at(day_ahead()))
    other = a_supervisor(name="Olli Outo")

    assert process["code"] in at_desk(supervisor).get("/tyo/asetukset/loki").text
    assert process["code"] not in at_desk(other).get("/tyo/asetukset/loki").text
    foreign = {"kohde": process["code"]}
    assert "varasi tapaamisen" not in at_desk(other).get("/tyo/asetukset/loki", params=foreign).text
    assert at_desk(other).get("/yllapito/loki").status_code == 404


def test_a_long_trail_comes_in_pages(as_admin: Browser, booking: Face) -> None:
    with booking.engine.begin() as connection:
        connection.execute(
            text("""INSERT INTO audit_entry (at, actor, action, subject)
                    SELECT now(), 'admin', 'process.changed', 'process/' || n FROM generate_series(1, 120) n""")
        )
    seen, address = 0, "/yllapito/loki"
    while address:
        page = as_admin.get(address).text
        seen += page.count("muutti prosessia")
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert seen == 120


@pytest.mark.parametrize(
    "asked",
    [{"kuka": "<script>"}, {"kohde": "'; DROP TABLE"}, {"kohde": "session/x"}, {"alku": "31.12."}, {"kuka": "%"}],
)
def test_odd_questions_find_nothing_and_break_nothing(as_admin: Browser, asked: Json) -> None:
    page = as_admin.get("/yllapito/loki", params=asked)

    assert page.status_code == 200
    assert "<script>" not in page.text


def test_the_login_itself_is_noted(booking: Face, as_admin: Browser) -> None:
    assert as_admin.get("/yllapito").status_code == 200
    assert [action for _, action, _ in entries(booking.engine)] == ["login.entered"]
