"""A POST that is sent again gets the same answer and does nothing new.

A program that sends something else with the same key made a mistake and is told so. A person who went back, corrected
a form and sent it again made none: for a form, another content is another request.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/. The answer is kept in the transaction
that did the work, for the credential or the browser that sent the request and for nobody else. It rests encrypted by
the client's key, of which only a digest is stored, and holds no secret: neither a cookie nor what is shown only once.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy import Column, DateTime, MetaData, String, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from starlette.requests import Request
from starlette.responses import Response

from services.core.database import Database
from services.core.encryption import keys_for
from services.core.settings import ServiceSettings
from services.web.errors.database_errors import LOCK_NOT_AVAILABLE, sqlstate
from services.web.errors.problems import Problem
from services.web.errors.validation import invalid
from services.web.i18n.language import Text
from services.web.security.login_cookie import secret_of
from services.web.security.tokens import principal_of

HEADER, FIELD = "Idempotency-Key", "kerta"
FORM = re.compile(r'"?([\x21\x23-\x7e]{1,255}?)"?')
KEPT_FOR = timedelta(hours=48)
PURPOSE = "tyonohjaus: kept answers"
PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "A POST that is sent again with the same key gets the same answer and does nothing new.",
}
"""How the API's description tells of the key."""

KEPT_HEADERS = ("content-type", "location", "etag")
WITHHELD = ""
"""Stands for an answer that showed a secret."""
SHOWN_ONCE = "shown_once"

ANYONE = "anyone"
PROOFS = frozenset({"istunto", "laite", "varaus"})
"""The cookies by which we tell a browser from all others, without the prefix that they have over HTTPS."""


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
    finnish = "Sama pyyntö on vielä kesken."
    advice = Text(fi="Lähetä se hetken kuluttua uudelleen.", en="Send it again in a moment.")

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "2"})


class AlreadyShown(Problem):
    """This request has been carried out, and its answer held a secret that is shown only once."""

    status = 409
    finnish = "Tämä pyyntö on jo tehty, ja salaisuus näytettiin sen vastauksessa."
    advice = Text(
        fi="Salaisuutta ei näytetä toista kertaa. Jos se jäi saamatta, tee uusi ja poista tämä käytöstä.",
        en="The secret is not shown again. If you did not get it, make another and put this one out of use.",
    )


class Claim:
    """The right to answer one key of one principal; what it seals only the same key opens."""

    def __init__(self, principal: str, key: str, secrets: Sequence[bytes], *, is_of_form: bool = False) -> None:
        self.principal, self.is_of_form = principal, is_of_form
        self.key_digest = hashlib.sha256(key.encode()).hexdigest()
        sealing = [hmac.digest(secret, f"answer:{principal}:{key}".encode(), "sha256") for secret in secrets]
        self._seal = MultiFernet([Fernet(base64.urlsafe_b64encode(each)) for each in sealing])
        self._print_key = sealing[
            -1
        ]  # the oldest, so that a repetition is known also after a new one was put before it

    def fingerprint(self, method: str, address: str, body: bytes) -> str:
        """The same for a body that differs only in the order of its fields and its white space.

        Nobody tells the body by it, however few there may be, but who has the key.
        """
        with suppress(ValueError, RecursionError):
            body = json.dumps(json.loads(body), sort_keys=True).encode()
        return hmac.digest(self._print_key, b"\n".join([method.encode(), address.encode(), body]), "sha256").hex()

    def seal(self, response: Response) -> str:
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        kept = {"status": response.status_code, "headers": headers, "body": bytes(response.body).decode()}
        return self._seal.encrypt(json.dumps(kept).encode()).decode()

    def open(self, sealed: str) -> Response:
        kept = json.loads(self._seal.decrypt(sealed))
        return Response(kept["body"], kept["status"], {**kept["headers"], "Idempotency-Replayed": "true"})


def caller(request: Request) -> str:
    """Whose keys these are: a credential's, or a browser's by its cookies. The endpoint judges what they are worth."""
    with suppress(Problem):
        if principal := principal_of(request):
            return principal.credential
    cookies = {name.removeprefix("__Host-"): value for name, value in request.cookies.items()}
    proofs = {name: value for name, value in cookies.items() if name in PROOFS}
    if login := proofs.get("istunto"):  # written anew now and then, and the same login all the same
        proofs["istunto"] = secret_of(request.app.state.settings.token_verify_key, login)
    known = "".join(f"{name}={value}\n" for name, value in sorted(proofs.items()))
    return f"browser-{hashlib.sha256(known.encode()).hexdigest()}" if known else ANYONE


def claim_of(request: Request, body: bytes, secrets: Sequence[bytes]) -> Claim | None:
    """By the key that a program sends as a header, and a form of ours in a hidden field: pressed twice, done once."""
    header = request.headers.get(HEADER)
    sent = _field_of(request, body) if header is None else header
    if sent is None or request.method != "POST":
        return None
    found = FORM.fullmatch(sent)
    if found is None:
        raise invalid(HEADER, "Avaimessa saa olla 1–255 näkyvää merkkiä.", "A key has 1–255 visible characters.")
    return Claim(caller(request), found.group(1), secrets, is_of_form=header is None)


def answer_keys(settings: ServiceSettings) -> list[bytes]:
    """The first seals, all open. Up to version 0.1 it was LINK_KEY."""
    older = [settings.older_link_key.encode()] if settings.older_link_key else []
    return [*keys_for(settings.own_keys, PURPOSE), *older]


def _field_of(request: Request, body: bytes) -> str | None:
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return None
    try:
        typed = parse_qs(body.decode(), max_num_fields=1000)
    except ValueError:
        return None
    return typed[FIELD][0] if FIELD in typed else None


CLAIM = """INSERT INTO idempotency_key (principal, key_digest, fingerprint)
           VALUES (:principal, :key_digest, :print) ON CONFLICT {} RETURNING 1"""
CLAIM_OF_PROGRAM = text(CLAIM.format("DO NOTHING"))
CLAIM_OF_FORM = text(
    CLAIM.format("""(principal, key_digest) DO UPDATE SET fingerprint = excluded.fingerprint, answer = NULL
                    WHERE idempotency_key.fingerprint <> excluded.fingerprint""")
)
"""A key of a form is about what was sent with it last, so that what was changed to and fro is done each time."""


def claim_key(db: Database, claim: Claim, print_of_request: str) -> Response | None:
    """Claim the key, or give the answer that was given before. A twin that is under way is waited for, not long."""
    try:
        claimed = db.execute(
            CLAIM_OF_FORM if claim.is_of_form else CLAIM_OF_PROGRAM,
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
    if kept.answer == WITHHELD:
        raise AlreadyShown
    return claim.open(kept.answer)


def withhold_answer(db: Database) -> None:
    """The answer to this request will show a secret: whoever sends it again is told that it was shown."""
    db.info[SHOWN_ONCE] = True


def keep_answer(db: Database, claim: Claim, response: Response) -> None:
    answer = WITHHELD if SHOWN_ONCE in db.info else claim.seal(response)
    db.execute(
        text("UPDATE idempotency_key SET answer = :answer WHERE principal = :principal AND key_digest = :key_digest"),
        {"principal": claim.principal, "key_digest": claim.key_digest, "answer": answer},
    )


def prune_answers(db: Database) -> None:
    db.execute(text("DELETE FROM idempotency_key WHERE created_at < now() - :kept"), {"kept": KEPT_FOR})
