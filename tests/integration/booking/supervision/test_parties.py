"""Supervisors and clients, and what every list and answer of the API has in common."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.booking.app import create_app
from services.booking.periodic import prune_expired
from services.booking.settings import Settings
from tests.integration.conftest import Face, Json

Make = Callable[..., Json]


def told(booking: Face, aggregate: str) -> list[Json]:
    with booking.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT envelope FROM outbox WHERE aggregate = :aggregate ORDER BY version"), {"aggregate": aggregate}
        )
        return [envelope["data"] for envelope in rows.scalars()]


def test_a_supervisor_is_told_as_letters_show_them(booking: Face, a_supervisor: Make) -> None:
    supervisor = a_supervisor(title="työnohjaaja STOry", phone="040 123 4567")
    path = f"/api/v1/supervisors/{supervisor['id']}"

    changed = booking.admin.patch(path, json={"title": None, "name": "Maija Uusi"}, headers={"If-Match": '"1"'})

    assert (changed.json()["title"], changed.json()["phone"]) == (None, "040 123 4567")
    first, second = told(booking, f"supervisor/{supervisor['id']}")
    assert (first["full_name"], first["title"], first["version"]) == ("Maija Meikäläinen", "työnohjaaja STOry", 1)
    assert (second["full_name"], second["title"], second["version"]) == ("Maija Uusi", None, 2)


@pytest.mark.parametrize(
    "change", [{"name": None}, {"email": None}, {"timezone": "Helsinki"}, {"id": "x"}, {"name": ""}]
)
def test_what_has_to_be_there_can_not_be_taken_away(booking_api: TestClient, a_supervisor: Make, change: Json) -> None:
    path = f"/api/v1/supervisors/{a_supervisor()['id']}"

    answer = booking_api.patch(path, json=change, headers={"If-Match": "*"})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(change)


def test_a_list_comes_in_pages_in_the_order_of_entering(booking_api: TestClient, a_client: Make) -> None:
    entered = [a_client(name=f"Asiakas {number}")["id"] for number in range(5)]

    listed, cursor = [], ""
    while cursor is not None:
        page = booking_api.get("/api/v1/clients", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        assert len(page["items"]) <= 2
        listed += [client["id"] for client in page["items"]]
        cursor = page["next_cursor"]

    assert listed == entered


def test_who_works_on_holidays_is_taken_at_their_word_the_first_time(
    booking_api: TestClient, a_supervisor: Make
) -> None:
    path = f"/api/v1/supervisors/{a_supervisor()['id']}/availability"

    booking_api.put(path, json={"weekly": [], "holidays": None})

    assert booking_api.get(path).json()["holidays"] is None


def test_a_problem_speaks_the_readers_language_and_explains_itself(booking_api: TestClient) -> None:
    wanted = {"name": "", "email": "x", "colour": "red"}
    english = booking_api.post("/api/v1/supervisors", json=wanted, headers={"Accept-Language": "en"})
    finnish = booking_api.post("/api/v1/supervisors", json=wanted)

    assert english.json()["title"] == "Something in the request is missing or wrong."
    assert finnish.json()["title"] == "Pyynnössä on puutteita tai virheitä."
    assert {error["field"]: error["detail"] for error in finnish.json()["errors"]} == {
        "name": "Tässä pitää olla vähintään 1 merkkiä.",
        "email": "Tämä ei ole sähköpostiosoite.",
        "colour": "Tätä kenttää ei ole.",
    }
    address = english.json()["type"].removeprefix("https://booking.test")
    assert booking_api.get(address).json()["title"] == "Pyynnössä on puutteita tai virheitä."


def test_a_secret_that_is_shown_once_rests_nowhere(booking: Face, a_client: Make) -> None:
    path, key = f"/api/v1/clients/{a_client()['id']}/credentials", {"Idempotency-Key": "credentials-1"}

    issued = booking.admin.post(path, headers=key)
    again = booking.admin.post(path, headers=key)

    secret = issued.json()["client_secret"]
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "already-shown")
    assert secret not in again.text
    assert len(booking.admin.get(path).json()["items"]) == 1
    with booking.engine.connect() as connection:
        rests = str([connection.execute(text(f"SELECT * FROM {table}")).all() for table in TABLES_OF_SECRETS])  # noqa: S608
    assert secret not in rests


TABLES_OF_SECRETS = ("credential", "idempotency_key", "audit_entry")


def test_answers_carry_what_keeps_browsers_and_caches_out(booking_api: TestClient, a_supervisor: Make) -> None:
    answer = booking_api.get(f"/api/v1/supervisors/{a_supervisor()['id']}")

    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert int(answer.headers["RateLimit-Remaining"]) > 1000
    assert "Server" not in answer.headers


def test_the_callers_trace_goes_on_in_the_events(booking: Face) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    wanted = {"name": "Maija", "email": "maija@example.fi"}

    answer = booking.admin.post(
        "/api/v1/supervisors", json=wanted, headers={"traceparent": f"00-{trace}-{'1' * 16}-01"}
    )

    assert answer.headers["X-Request-Id"] == trace
    with booking.engine.connect() as connection:
        assert trace in connection.execute(text("SELECT envelope->>'traceparent' FROM outbox")).scalar_one()


def test_what_waits_too_long_turns_readiness_red_and_shows(booking: Face, a_supervisor: Make) -> None:
    a_supervisor()
    assert booking.admin.get("/readyz").json() == {"ready": True, "reasons": []}

    with booking.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET staged_at = now() - interval '10 minutes'"))

    answer = booking.admin.get("/readyz")
    assert answer.status_code == 503
    assert "events for notifier have waited 600 s" in answer.json()["reasons"]
    figures = booking.admin.get("/metrics").text
    assert 'tyonohjaus_deliveries_open{subscriber="notifier"} 1.0' in figures
    assert 'tyonohjaus_requests_total{method="POST",route="/api/v1/supervisors",status="201"} 1.0' in figures


def test_figures_name_routes_and_nobody(booking: Face, a_process: Make) -> None:
    process = a_process()
    booking.admin.get(f"/api/v1/processes/{process['id']}")
    booking.admin.get("/osallistuja/" + "s" * 43)

    figures = booking.admin.get("/metrics").text

    assert 'route="/api/v1/processes/{process_id}"' in figures
    assert process["id"] not in figures
    assert "sss" not in figures


def test_the_clock_of_a_demo_moves_forward_and_exists_nowhere_else(
    booking: Face, booking_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert booking.anonymous().post("/demo/clock", json={"advance_seconds": 1}).status_code == 404

    monkeypatch.setenv("DEMO_CLOCK_FILE", str(tmp_path / "clock"))
    demo = Face(create_app(booking_settings), booking.admin, booking_settings).anonymous()
    for wrong in (-1, "x", 10**12, None):
        assert demo.post("/demo/clock", json={"advance_seconds": wrong}).status_code == 422
    first = demo.post("/demo/clock", json={"advance_seconds": 86_400}).json()["now"]
    assert demo.post("/demo/clock", json={"advance_seconds": 86_400}).json()["now"] > first
    assert int((tmp_path / "clock").read_text()) == 172800


def test_what_has_been_kept_long_enough_goes(booking: Face) -> None:
    with booking.engine.begin() as connection:
        connection.execute(
            text("""
                INSERT INTO idempotency_key (principal, key_digest, fingerprint, created_at) VALUES
                  ('a', 'old', '', now() - interval '49 hours'), ('a', 'new', '', now() - interval '47 hours');
                INSERT INTO link (digest, purpose, subject_id, expires_at) VALUES
                  ('old', 'login', gen_random_uuid(), now() - interval '31 days'),
                  ('new', 'login', gen_random_uuid(), now() - interval '29 days');
            """)
        )

    prune_expired(booking.engine)

    with booking.engine.connect() as connection:
        left = connection.execute(text("SELECT key_digest FROM idempotency_key UNION ALL SELECT digest FROM link"))
        assert list(left.scalars()) == ["new", "new"]
