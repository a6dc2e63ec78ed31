"""What webhooks and the feed of events tell other programs, to whom, and how it is signed (Standard Webhooks 1.0).

Ids, times, numbers and states: what is not listed here is told to nobody, so that a name or a text in a new field of
an event goes nowhere.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from services.events import catalogue as c

MARK = "whsec_"
"""What a secret begins with."""
SECRET_BYTES = 32

ADMIN, SUPERVISOR, CLIENT = "admin", "supervisor", "client"
PRACTICE = frozenset({ADMIN, SUPERVISOR})
EVERYBODY = PRACTICE | {CLIENT}

Data = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """Which fields of an event are told, and the owners of which role may hear of it."""

    fields: tuple[str, ...]
    roles: frozenset[str] = EVERYBODY


SESSION = Told(
    (
        *("version", "session_id", "process_id", "supervisor_id", "series_id", "number", "status", "starts_at"),
        *("ends_at", "mode", "booked_at", "changed_at", "free_until", "cancelled_late", "undo_until"),
    )
)
PROCESS = Told(
    (
        *("version", "process_id", "supervisor_id", "client_id", "form", "status", "planned_sessions"),
        *("session_minutes", "opened_at", "closed_at"),
    )
)
ROUND = Told(("version", "evaluation_id", "process_id", "phase", "status", "opened_at", "due_at", "closed_at"))
INTAKE = Told(
    ("version", "intake_id", "supervisor_id", "status", "starts_at", "ends_at", "mode", "expires_at", "undo_until"),
    PRACTICE,
)
TESTED = Told(("version", "webhook_id", "tested_at"))

TOLD: Mapping[type[c.Event], Told] = MappingProxyType(
    {
        c.SessionBooked: SESSION,
        c.SessionRescheduled: SESSION,
        c.SessionCancelled: SESSION,
        c.SessionHeld: SESSION,
        c.ProcessRequested: Told(("version", "process_id", "supervisor_id", "answer_by")),
        c.ProcessOpened: PROCESS,
        c.ProcessChanged: PROCESS,
        c.ProcessClosed: PROCESS,
        c.ParticipantChanged: Told(("version", "participant_id", "process_id", "active", "joined_at")),
        c.ParticipantErased: Told(("version", "participant_id", "process_id")),
        c.EvaluationRequested: ROUND,
        c.EvaluationClosed: ROUND,
        c.SummaryPublished: Told(
            ("version", "summary_id", "session_id", "process_id", "edition", "published_at"), PRACTICE
        ),
        c.IntakeRequested: INTAKE,
        c.IntakeConfirmed: INTAKE,
        c.IntakeCancelled: INTAKE,
        c.WebhookTested: TESTED,
    }
)
BY_NAME = {event.name: told for event, told in TOLD.items()}
SUBSCRIBED = tuple(event.name for event in TOLD if event is not c.WebhookTested)
"""What can be asked for. A test goes to the one receiver that it was asked for, whatever else that gets."""


def types_for(role: str) -> list[str]:
    """The types of events that an owner of this role may hear of."""
    return [name for name in SUBSCRIBED if role in BY_NAME[name].roles]


def data_of(envelope: Mapping[str, Any]) -> Data:
    """What of an event is told, from its envelope as it is staged."""
    said = dict(envelope["data"])
    if "client" in said:
        said["client_id"] = said["client"]["client_id"]
    return {name: said.get(name) for name in BY_NAME[envelope["type"]].fields}


def body(event_id: UUID, event_type: str, occurred_at: datetime, data: Data) -> bytes:
    """The body of a request, the same at every try."""
    said = {"id": str(event_id), "type": event_type, "timestamp": _moment(occurred_at), "data": data}
    return json.dumps(said, separators=(",", ":")).encode()


def _moment(occurred_at: datetime) -> str:
    return occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def new_secret() -> str:
    return MARK + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(keys: Sequence[str], event_id: UUID, timestamp: int, content: bytes) -> str:
    """By each of the secrets: during a change of secrets there are two."""
    signed = b".".join([str(event_id).encode(), str(timestamp).encode(), content])
    return " ".join(f"v1,{base64.b64encode(hmac.digest(_key(each), signed, 'sha256')).decode()}" for each in keys)


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(MARK))
