"""A POST that is sent again gets the same answer and does nothing new.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/. The answer is kept in the transaction
that did the work. It may hold a secret that is shown once, so it rests encrypted by the client's key, of which only
a digest is stored.
"""

import base64
import hashlib
import hmac
import json
import re
from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from cryptography.fernet import Fernet
from sqlalchemy import Column, DateTime, MetaData, String, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from starlette.requests import Request
from starlette.responses import Response

from services.database import Database
from services.web.database_trouble import LOCK_NOT_AVAILABLE, sqlstate
from services.web.language import Text
from services.web.problems import Problem
from services.web.validation import invalid

HEADER, FIELD = "Idempotency-Key", "kerta"
FORM = re.compile(r'"?([\x21\x23-\x7e]{1,255}?)"?')
KEPT_FOR = timedelta(hours=48)
PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "A POST that is sent again with the same key gets the same answer and does nothing new.",
}
"""How the API's description tells of the key."""

KEPT_HEADERS = ("content-type", "location", "etag")


class Kept(SQLModel, registry=registry()):
    """The table of this module, in a metadata of its own that each service's migrations include."""


metadata: MetaData = Kept.metadata


class KeptAnswer(Kept, table=True):
    """The answer to a POST, for the principal that sent it."""

    __tablename__ = "idempotency_key"
    principal: str = Field(primary_key=True)
    key_digest: str = Field(primary_key=True)
    fingerprint: str
    answer: str | None = Field(default=None, sa_column=Column(String))
    created_at: datetime = Field(
        sa_column=Column(DateTime(timezone=True), nullable=False, server_default=text("now()"), index=True)
    )


class KeyReused(Problem):
    """This Idempotency-Key was used for another request."""

    status = 422
    finnish = "Tätä Idempotency-Key-avainta käytettiin jo toiseen pyyntöön."
    advice = Text(fi="Käytä uudelle pyynnölle uutta avainta.", en="Use a new key for a new request.")


class RequestInFlight(Problem):
    """The first request with this Idempotency-Key is still being worked on."""

    status = 409
    finnish = "Ensimmäinen pyyntö tällä Idempotency-Key-avaimella on vielä kesken."
    advice = Text(fi="Kysy hetken kuluttua uudelleen.", en="Ask again in a moment.")

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "2"})


class Claim:
    """The right to answer one key of one principal; what it seals only the same key opens."""

    def __init__(self, principal: str, key: str, secret: str) -> None:
        self.principal = principal
        self.key_digest = hashlib.sha256(key.encode()).hexdigest()
        sealing = hmac.digest(secret.encode(), f"answer:{principal}:{key}".encode(), "sha256")
        self._seal = Fernet(base64.urlsafe_b64encode(sealing))

    def seal(self, response: Response) -> str:
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        kept = {"status": response.status_code, "headers": headers, "body": bytes(response.body).decode()}
        return self._seal.encrypt(json.dumps(kept).encode()).decode()

    def open(self, sealed: str) -> Response:
        kept = json.loads(self._seal.decrypt(sealed))
        return Response(kept["body"], kept["status"], {**kept["headers"], "Idempotency-Replayed": "true"})


def key_of(request: Request, body: bytes) -> str | None:
    """The key that a program sends as a header, and a form of ours in a hidden field: pressed twice, done once."""
    sent = request.headers.get(HEADER, _field_of(request, body))
    if sent is None or request.method != "POST":
        return None
    found = FORM.fullmatch(sent)
    if found is None:
        raise invalid(HEADER, "Avaimessa saa olla 1–255 näkyvää merkkiä.", "A key has 1–255 visible characters.")
    return found.group(1)


def _field_of(request: Request, body: bytes) -> str | None:
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return None
    try:
        typed = parse_qs(body.decode(), max_num_fields=1000)
    except ValueError:
        return None
    return typed[FIELD][0] if FIELD in typed else None


def fingerprint(method: str, address: str, body: bytes) -> str:
    """The same for a body that differs only in the order of its fields and its white space."""
    with suppress(ValueError, RecursionError):
        body = json.dumps(json.loads(body), sort_keys=True).encode()
    return hashlib.sha256(b"\n".join([method.encode(), address.encode(), body])).hexdigest()


def begin(db: Database, claim: Claim, print_of_request: str) -> Response | None:
    """Claim the key, or give the answer that was given before. A twin that is under way is waited for, not long."""
    try:
        claimed = db.execute(
            text("""INSERT INTO idempotency_key (principal, key_digest, fingerprint)
                    VALUES (:principal, :key_digest, :print) ON CONFLICT DO NOTHING RETURNING 1"""),
            {"principal": claim.principal, "key_digest": claim.key_digest, "print": print_of_request},
        ).first()
    except OperationalError as error:
        if sqlstate(error) == LOCK_NOT_AVAILABLE:
            raise RequestInFlight from error
        raise
    return None if claimed else _earlier_answer(db, claim, print_of_request)


def _earlier_answer(db: Database, claim: Claim, print_of_request: str) -> Response:
    kept = db.get_one(KeptAnswer, (claim.principal, claim.key_digest))
    if kept.fingerprint != print_of_request or kept.answer is None:
        raise KeyReused
    return claim.open(kept.answer)


def keep(db: Database, claim: Claim, response: Response) -> None:
    db.execute(
        text("UPDATE idempotency_key SET answer = :answer WHERE principal = :principal AND key_digest = :key_digest"),
        {"principal": claim.principal, "key_digest": claim.key_digest, "answer": claim.seal(response)},
    )


def prune(db: Database) -> None:
    db.execute(text("DELETE FROM idempotency_key WHERE created_at < now() - :kept"), {"kept": KEPT_FOR})
