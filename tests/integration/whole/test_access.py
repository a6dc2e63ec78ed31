"""Access that is ended ends at all three services within seconds; and whoever reaches Redis has nobody written to."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx

from services.events import outbox
from services.events.bus import EventPoster
from services.events.catalogue import LoginRequested
from tests.support.practice import Installation, Practice, eventually

PATHS = {"reporting": "/api/v1/reports", "notifier": "/api/v1/messages", "booking": "/api/v1/processes"}


def statuses(practice: Practice, token: str) -> Iterator[int]:
    """One service after the other, so that who waits for an end is not refused for too many failures."""
    services: dict[str, httpx.Client] = {name: getattr(practice, name) for name in PATHS}
    speaks = {"Authorization": f"Bearer {token}"}
    return (services[name].get(path, headers=speaks).status_code for name, path in PATHS.items())


def has_ended(practice: Practice, token: str) -> bool:
    return all(status == 401 for status in statuses(practice, token))


def test_tokens_of_a_revoked_credential_and_of_a_deactivated_supervisor_end_everywhere(
    installation: Installation,
) -> None:
    practice = installation.practice
    supervisor = practice.post("/api/v1/supervisors", {"name": "Poistuva Ohjaaja", "email": "poistuva@ohjaus.example"})
    path = f"/api/v1/supervisors/{supervisor['id']}"
    given = [practice.post(f"{path}/credentials", {}) for _ in range(2)]
    revoked, other = (practice.token(one["client_id"], one["client_secret"]) for one in given)
    assert {*statuses(practice, revoked), *statuses(practice, other)} == {200}

    assert practice.booking.delete(f"{path}/credentials/{given[0]['client_id']}").status_code == 204
    eventually(lambda: has_ended(practice, revoked), 15, "the end of a credential")
    assert set(statuses(practice, other)) == {200}

    practice.post(f"{path}/deactivate", {}, expected=200)
    eventually(lambda: has_ended(practice, other), 15, "the end of a supervisor's access")


def test_whoever_writes_into_redis_has_no_link_mailed(installation: Installation) -> None:
    """The link would be that of whose page the id belongs to."""
    now = datetime.now(UTC)
    forged = LoginRequested(
        version=1,
        login_id=uuid4(),
        email="kaappari@example.fi",
        full_name="Kaappari",
        link=uuid4(),
        expires_at=now + timedelta(hours=1),
    )
    message = outbox.envelope("booking", forged, now).model_dump(mode="json")

    EventPoster(installation.environment["REDIS_URL"]).post_events([message], to="notifier")

    log = installation.folder / "logs" / "notifier-worker.log"
    (line,) = eventually(
        lambda: [line for line in log.read_text().splitlines() if message["id"] in line], what="the event's arrival"
    )
    assert "event.unsigned" in line
    with installation.engine("notifier").connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM login WHERE full_name = 'Kaappari'").scalar() == 0
