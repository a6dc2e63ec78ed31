"""POST /oauth/token: OAuth 2 client credentials (RFC 6749 §4.4) against a token that all services verify."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, ClassVar, Literal

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from services.booking.security import credentials
from services.web.errors.problems import Problem, documented
from services.web.i18n.language import Text
from services.web.security import tokens
from services.web.security.rate_limits import sender
from services.web.transactions import Db, LockingRoute

basic = HTTPBasic(realm="tyonohjaus", auto_error=False)


class InvalidTokenRequest(Problem):
    """This is not a request for a token."""

    status = 400
    media_type = "application/json"
    finnish = "Tämä ei ole tunnistepyyntö."
    advice = Text(
        fi="Lähetä lomakkeella grant_type=client_credentials ja tunnukset joko lomakkeella tai HTTP Basicilla.",
        en="Send the form grant_type=client_credentials, and the credentials either in it or by HTTP Basic.",
    )
    holds: ClassVar = {
        "error": (str, "What OAuth clients read (RFC 6749 §5.2)."),
        "error_description": (str, "The title in English."),
    }
    error: ClassVar[str] = "invalid_request"
    """What OAuth clients read (RFC 6749 §5.2)."""

    def __init__(self) -> None:
        headers = basic.make_authenticate_headers() if self.status == 401 else {}
        super().__init__(headers=headers, error=self.error, error_description=self.title("en"))


class UnsupportedGrantType(InvalidTokenRequest):
    """The only grant_type is client_credentials."""

    finnish = "Ainoa grant_type on client_credentials."
    error = "unsupported_grant_type"


class InvalidClient(InvalidTokenRequest):
    """These credentials are not known."""

    status = 401
    finnish = "Näitä tunnuksia ei tunneta."
    advice = Text(fi="Tarkista client_id ja client_secret.", en="Check client_id and client_secret.")
    error = "invalid_client"


class TokenRoute(LockingRoute):
    """Says by RFC 6749 §5.2, too, what FastAPI refuses before the endpoint is reached."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as refused:
                is_other_grant = any(error["type"] == "literal_error" for error in refused.errors())
                raise (UnsupportedGrantType if is_other_grant else InvalidTokenRequest) from refused
            except HTTPException as refused:
                raise (InvalidClient if refused.status_code == 401 else InvalidTokenRequest) from refused

        return answer


router = APIRouter(route_class=TokenRoute, tags=["tokens"])


class Token(BaseModel):
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 -- no password, the kind of the token
    expires_in: int


@router.post(
    "/oauth/token",
    responses=documented(InvalidTokenRequest, UnsupportedGrantType, InvalidClient),
    openapi_extra={"security": [{}]},  # or without HTTP Basic, by the form
)
def issue_token(
    request: Request,
    response: Response,
    db: Db,
    by_header: Annotated[HTTPBasicCredentials | None, Depends(basic)],
    grant_type: Annotated[Literal["client_credentials"], Form()],
    client_id: Annotated[str, Form(max_length=200)] = "",
    client_secret: Annotated[str, Form(max_length=200)] = "",
) -> Token:
    """Exchange credentials, in the form or by HTTP Basic, for a token of one hour."""
    if by_header and client_secret:
        raise InvalidTokenRequest
    settings, gate = request.app.state.settings, request.app.state.gate
    given = (by_header.username, by_header.password) if by_header else (client_id, client_secret)
    principal = credentials.authenticate_credential(db, settings, *given)
    if principal is None:
        gate.enter("failures", f"{given[0]} {sender(request)}")  # nobody's mistakes refuse another's good credentials
        raise InvalidClient
    response.headers["Pragma"] = "no-cache"
    signed = tokens.sign(settings.token_signing_key, principal)
    return Token(access_token=signed, expires_in=int(tokens.LIFETIME.total_seconds()))
