"""POST /oauth/token: OAuth 2 client credentials (RFC 6749 §4.4) against a token that all services verify."""

import base64
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel

from services.booking import credentials
from services.web import tokens
from services.web.language import Text
from services.web.limits import sender
from services.web.problems import Problem, documented
from services.web.transactions import Db, ReadingRoute

router = APIRouter(route_class=ReadingRoute, tags=["tokens"])


class InvalidClient(Problem):
    """These credentials are not known."""

    status = 401
    finnish = "Näitä tunnuksia ei tunneta."
    advice = Text(fi="Tarkista client_id ja client_secret.", en="Check client_id and client_secret.")

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": 'Basic realm="tyonohjaus"'}, error="invalid_client")


class Token(BaseModel):
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 -- no password, the kind of the token
    expires_in: int


@router.post("/oauth/token", responses=documented(InvalidClient))
def token(
    request: Request,
    db: Db,
    grant_type: Annotated[Literal["client_credentials"], Form()],
    client_id: Annotated[str, Form(max_length=200)] = "",
    client_secret: Annotated[str, Form(max_length=200)] = "",
) -> Token:
    """Exchange credentials, in the form or by HTTP Basic, for a token of one hour."""
    settings, gate = request.app.state.settings, request.app.state.gate
    gate.check("failures", sender(request))
    given = _basic(request.headers.get("authorization", "")) or (client_id, client_secret)
    principal = credentials.recognise(db, settings, *given)
    if principal is None:
        gate.enter("failures", sender(request))
        raise InvalidClient
    signed = tokens.sign(settings.token_signing_key, principal)
    return Token(access_token=signed, expires_in=int(tokens.LIFETIME.total_seconds()))


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None
    return client_id, secret
