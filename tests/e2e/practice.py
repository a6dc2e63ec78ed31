"""A practice in containers as its people meet it: its HTTP faces, and the mailbox on the SMTP side."""

import re
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from typing import Any, TypeVar

import httpx

from services.core.addresses import FACES
from tests.e2e.containers import Containers

Json = dict[str, Any]
T = TypeVar("T")

PATIENCE = 180.0
"""Seconds: containers start while three other workers have the machine."""

AUTHORITY = "/data/caddy/pki/authorities/local/root.crt"
EVERY_DAY = [{"weekday": day, "start": "00:00", "end": "23:59"} for day in range(1, 8)]


class Practice:
    """The administrator's view, with a token in hand; :attr:`containers` is the machine below."""

    def __init__(self, containers: Containers, environment: dict[str, str]) -> None:
        self.containers = containers
        self.environment = environment
        self.address = environment["PUBLIC_URL"]
        trust = self._trust()
        self.booking, self.notifier, self.reporting = (
            httpx.Client(base_url=f"{self.address}{FACES[service]}", verify=trust, timeout=30)
            for service in ("booking", "notifier", "reporting")
        )
        self.mailpit = httpx.Client(base_url=f"http://127.0.0.1:{environment['MAILPIT_PORT']}", timeout=30)
        self._log_in()
        self._numbers = count(1)

    def _trust(self) -> ssl.SSLContext:
        """In the authority that the gateway makes itself for a name that is not on the internet."""

        def made() -> str | None:
            return self.containers.attempt("exec", "-T", "gateway", "cat", AUTHORITY).stdout or None

        return ssl.create_default_context(cadata=eventually(made, self.containers.last_words, PATIENCE))

    def _log_in(self) -> None:
        who = {key: self.environment[f"ADMIN_{key.upper()}"] for key in ("client_id", "client_secret")}
        answer = self.booking.post("/oauth/token", data={"grant_type": "client_credentials", **who})
        assert answer.status_code == 200, answer.text
        for application in (self.booking, self.notifier, self.reporting):
            application.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def post(self, path: str, body: Json) -> Json:
        answer = self.booking.post(path, json=body)
        assert answer.status_code == 201, f"{path}: {answer.status_code} {answer.text}"
        return dict(answer.json())

    def open_process(self, participants: int) -> Json:
        """A new process with people of its own, and a supervisor who works every day."""
        number = next(self._numbers)
        supervisor = self.post("/api/v1/supervisors", {"name": "Sirpa Väisänen", "email": f"sirpa-{number}@example.fi"})
        availability = {"weekly": EVERY_DAY, "minimum_notice_hours": 0, "horizon_days": 365, "holidays": None}
        answer = self.booking.put(f"/api/v1/supervisors/{supervisor['id']}/availability", json=availability)
        assert answer.status_code in (200, 201), answer.text
        contact = {"first_name": "Tiina", "last_name": "Tilaaja", "email": f"tiina-{number}@example.fi"}
        client = self.post(
            "/api/v1/clients",
            {"kind": "organisation", "name": "Esimerkkikunta", "contact": contact, "payer_type": "business"},
        )
        people = [
            {"first_name": "Olli", "last_name": f"Ohjattava {each}", "email": f"olli-{number}-{each}@example.fi"}
            for each in range(participants)
        ]
        process = {
            "client_id": client["id"],
            "supervisor_id": supervisor["id"],
            "form": "team",
            "title": "Tiimin työnohjaus",
            "planned_sessions": 12,
            "session_minutes": 75,
            "participants": people,
        }
        opened = self.post("/api/v1/processes", process)
        return opened | {"people": [person["email"] for person in people], "supervisor": supervisor}

    def book(self, process: Json, days: int = 10) -> Json:
        starts_at = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=days)
        session = {"process_id": process["id"], "starts_at": starts_at.isoformat(), "mode": "onsite"}
        return self.post("/api/v1/sessions", session | {"location": "Esimerkkikatu 1, Helsinki"})

    def letters(self, to: str) -> list[EmailMessage]:
        """What arrived for one address, as it came over SMTP."""
        caught = self.mailpit.get("/api/v1/messages", params={"limit": 1000}).json()["messages"]
        theirs = [each["ID"] for each in caught if to in [person["Address"] for person in each["To"]]]
        raw = [self.mailpit.get(f"/api/v1/message/{letter}/raw").content for letter in theirs]
        return [message_from_bytes(each, policy=policy.default) for each in raw]

    def login_link(self, email: str) -> str:
        def found() -> re.Match[str] | None:
            texts = [letter.get_body(("plain",)).get_content() for letter in self.letters(email)]  # type: ignore[union-attr]
            return next(filter(None, (re.search(r"https://\S+/kirjaudu/\S+", text) for text in texts)), None)

        return eventually(found, self.containers.last_words, PATIENCE)[0]

    def told(self, process: Json, letters: int = 1) -> dict[str, list[EmailMessage]]:
        """The letters of each participant, once everyone has got as many."""

        def complete() -> dict[str, list[EmailMessage]] | None:
            caught = {person: self.letters(person) for person in process["people"]}
            return caught if all(len(theirs) >= letters for theirs in caught.values()) else None

        return eventually(complete, self.containers.last_words, PATIENCE)

    def sent(self, process: Json) -> int:
        """How many letters have gone, once none is on its way any more."""

        def at_rest() -> list[Json] | None:
            known = self.messages(process)
            return known if all(each["status"] != "sending" for each in known) else None

        known = eventually(at_rest, self.containers.last_words, PATIENCE)
        return sum(each["status"] == "sent" for each in known)

    def messages(self, process: Json) -> list[Json]:
        """What the notifier knows of a process's letters."""
        answer = self.notifier.get("/api/v1/messages", params={"process_id": process["id"], "limit": 200})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])


def eventually(look: Callable[[], T | None], why_not: Callable[[], str], seconds: float) -> T:
    """The first thing that `look` finds, looking again and again until the deadline."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"nothing within {seconds} s: {why_not()}"
        time.sleep(0.2)
    return found
