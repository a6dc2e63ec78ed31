"""What booking ended, reporting and the notifier don't listen to either: neither a token nor the cookie of a page."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.events.catalogue import AccessEnded, Event, SupervisorChanged
from services.web.security.tokens import Principal, Role, sign
from tests.databases import DatabaseServer
from tests.support import letter_office, reporting_practice
from tests.support.letter_office import open_office
from tests.support.logins import login_cookies
from tests.support.practice import eventually
from tests.support.reporting_practice import open_practice
from tests.support.smtp_catcher import SmtpCatcher


class Service(NamedTuple):
    app: FastAPI
    hear: Callable[[Event], None]
    signing_key: str
    pages: str
    api: str

    def program(self, who: Principal) -> TestClient:
        return TestClient(self.app, headers={"Authorization": f"Bearer {sign(self.signing_key, who)}"})

    def browser(self, who: Principal) -> TestClient:
        cookies = login_cookies(self.signing_key, who)
        return TestClient(self.app, base_url="https://practice.example", cookies=cookies, follow_redirects=False)


@pytest.fixture(params=["reporting", "notifier"])
def service(
    request: pytest.FixtureRequest,
    postgres_server: DatabaseServer,
    redis_url: str,
    smtp_catcher: SmtpCatcher,
    tmp_path: Path,
) -> Iterator[Service]:
    if request.param == "reporting":
        with open_practice(postgres_server, redis_url, tmp_path) as practice:
            key = reporting_practice.KEYS["TOKEN_SIGNING_KEY"]
            yield Service(practice.api, practice.hear, key, "/raportit", "/api/v1/reports")
    else:
        with open_office(postgres_server, redis_url, smtp_catcher, tmp_path) as office:
            key = letter_office.KEYS["TOKEN_SIGNING_KEY"]
            yield Service(office.app, office.hear, key, "/viestit", "/api/v1/messages")


def ended(**whose: object) -> AccessEnded:
    return AccessEnded.model_validate({"version": 1, "ending_id": uuid4(), "ended_at": datetime.now(UTC)} | whose)


def test_of_what_was_ended_nothing_is_listened_to_within_seconds(service: Service) -> None:
    gone, stays = (Principal(Role.supervisor, uuid4(), f"supervisor-{name}") for name in "ab")
    assert service.program(gone).get(service.api).status_code == 200
    assert service.browser(gone).get(service.pages).status_code == 200

    service.hear(ended(credential=gone.credential))

    eventually(lambda: service.program(gone).get(service.api).status_code == 401, 5, "the refusal of a token")
    assert service.browser(gone).get(service.pages).status_code == 303
    assert service.program(stays).get(service.api).status_code == 200
    assert service.browser(stays).get(service.pages).status_code == 200


def test_a_party_is_heard_again_by_what_it_was_given_afterwards_alone(service: Service) -> None:
    who = Principal(Role.supervisor, uuid4(), "supervisor-c")
    before, logged_in = service.program(who), service.browser(who)

    service.hear(ended(party_id=who.party_id, ended_at=datetime.now(UTC) + timedelta(milliseconds=1)))

    eventually(lambda: before.get(service.api).status_code == 401, 5, "the refusal of a token")
    assert logged_in.get(service.pages).status_code == 303
    assert service.program(who).get(service.api).status_code == 200
    assert service.browser(who).get(service.pages).status_code == 200


def test_a_deactivated_supervisor_is_not_listened_to_whenever_their_token_was_given(service: Service) -> None:
    who = Principal(Role.supervisor, uuid4(), "supervisor-d")
    known = {"supervisor_id": who.party_id, "full_name": "Maija", "email": "m@example.fi", "calendar_link": uuid4()}

    def listens(active: bool) -> bool:
        status: int = service.program(who).get(service.api).status_code
        return status == (200 if active else 401)

    for version, active in ((1, True), (2, False)):
        service.hear(SupervisorChanged.model_validate(known | {"version": version, "active": active}))
        eventually(partial(listens, active), 5, "what follows from it")

    assert service.browser(who).get(service.pages).status_code == 303
