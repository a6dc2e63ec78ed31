"""What the three OpenAPI documents promise, tried by schemathesis: with rights and without, one call and many in a row.

Each run is the same, from a seed. Beside what it makes up it uses the ids of a small practice, so that its calls also
reach what they are about.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from services.booking.settings import Settings
from services.events.catalogue import Phase
from services.web.security.tokens import Principal, Role, sign
from tests.databases import DatabaseServer
from tests.integration.booking.security.test_permissions import Make, World, a_world
from tests.integration.conftest import Face
from tests.support.letter_office import KEYS, open_office
from tests.support.reporting_practice import open_practice
from tests.support.smtp_catcher import SmtpCatcher

SEED = 20260901
NO_LIMIT = "1000000/second"
LENIENT = "Incorrect type"
"""A number is understood as forms write it too, as text; then what was not refused is no broken promise."""

Ids = Mapping[str, str]


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise all but the first calls would be answered with 429."""
    monkeypatch.setenv("GENERAL_RATE", NO_LIMIT)


@pytest.fixture
def booking_settings(booking_settings: Settings) -> Settings:
    rates = ("general_rate", "failure_rate", "intake_rate", "login_rate", "login_letter_rate")
    return booking_settings.model_copy(update=dict.fromkeys(rates, NO_LIMIT))


@pytest.fixture
def world(booking: Face, a_supervisor: Make, a_client: Make, a_process: Make) -> World:
    return a_world(booking, a_supervisor, a_client, a_process)


def broken_promises(app: FastAPI, authorization: str, ids: Ids, *, thorough: bool) -> str:
    """What the machine finds, each kind once: any answer of 500, of an unknown kind, or in another shape."""
    config = {
        "seed": SEED,
        "headers": {"Authorization": authorization} if authorization else {},
        "continue-on-failure": True,
        "generation": {"deterministic": True, "max-examples": 5, "no-shrink": True, "database": "none"},
        "phases": {"coverage": {"enabled": thorough}, "examples": {"enabled": False}, "stateful": {"max-steps": 5}},
        # What two fields say together can be refused, which no schema tells.
        "checks": {
            "positive_data_acceptance": {"enabled": False},
            "missing_required_header": {"expected-statuses": ["400", "401", "403", "404", "406", "415", "422", "428"]},
        },
        "dictionaries": {name: {"values": [value]} for name, value in ids.items()} | {"any": {"values": ["*"]}},
        "parameters": {"header.If-Match": {"dictionary": "any", "probability": 0.8}}
        | {f"{place}.{name}": {"dictionary": name, "probability": 0.7} for name in ids for place in ("path", "body")},
    }
    schema = schemathesis.openapi.from_dict(app.openapi(), config=SchemathesisConfig.from_dict(config))
    schema.app = app  # what it describes alone: at the one address lies the document of all three
    found: dict[str, str] = {}
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            found |= dict(failures(event))
        elif isinstance(event, (events.NonFatalError, events.FatalError)):
            found[f"{type(event).__name__}"] = str(event)
    return "\n\n".join(f"{kind}: {told}" for kind, told in found.items())


def failures(scenario: events.ScenarioFinished) -> Iterator[tuple[str, str]]:
    for checks in scenario.recorder.checks.values():
        for check in checks:
            if check.failure_info and LENIENT not in check.failure_info.failure.message:
                failure = check.failure_info.failure
                yield f"{failure.operation}: {failure.title}", f"{failure.message}\n{check.failure_info.code_sample}"


def bearing(api: TestClient) -> str:
    return str(api.headers.get("Authorization", ""))


@pytest.mark.parametrize("who", ["admin", "supervisor", "client", "nobody"])
def test_booking_keeps_what_its_description_promises(world: World, who: str) -> None:
    speaking = {
        "admin": world.booking.admin,
        "supervisor": world.own_supervisor,
        "client": world.own_client,
        "nobody": world.booking.anonymous(),
    }

    found = broken_promises(world.booking.app, bearing(speaking[who]), world.ids, thorough=who == "admin")
    assert not found, found


@pytest.mark.parametrize("role", [*Role, None])
def test_reporting_keeps_what_its_description_promises(
    postgres_server: DatabaseServer, redis_url: str, tmp_path: Path, role: Role | None
) -> None:
    with open_practice(postgres_server, redis_url, tmp_path) as practice:
        course = practice.course()
        course.agree({"title": "Vastuut"})
        course.round(Phase.start, *[[-1]] * 5)
        wanted = {"kind": "client_report"}
        report = practice.maija.post(f"/api/v1/processes/{course.id}/reports", json=wanted).json()
        speaking = {
            Role.admin: practice.admin,
            Role.supervisor: practice.maija,
            Role.client: practice.client,
            None: practice.visitor(),
        }
        ids = {
            "process_id": str(course.id),
            "report_id": report["id"],
            "supervisor_id": str(practice.supervisor_id),
            "participant_id": str(course.people[0]),
        }

        found = broken_promises(practice.api, bearing(speaking[role]), ids, thorough=role is Role.supervisor)
        assert not found, found


@pytest.mark.parametrize("role", [*Role, None])
def test_notifier_keeps_what_its_description_promises(
    postgres_server: DatabaseServer, redis_url: str, smtp_catcher: SmtpCatcher, tmp_path: Path, role: Role | None
) -> None:
    with open_office(postgres_server, redis_url, smtp_catcher, tmp_path) as office:
        office.opens("Aino")
        office.hear(*office.booked(office.on(30)))
        office.send_all()
        parties = {Role.supervisor: office.supervisor_id, Role.client: office.process_id}
        token = sign(KEYS["TOKEN_SIGNING_KEY"], Principal(role, parties.get(role), f"{role}-1")) if role else ""
        ids = {
            "message_id": str(office.rows()[0].id),
            "participant_id": str(office.people[0].id),
            "process_id": str(office.process_id),
        }

        authorization = f"Bearer {token}" if role else ""
        found = broken_promises(office.app, authorization, ids, thorough=role is Role.supervisor)
        assert not found, found
