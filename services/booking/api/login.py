"""POST /api/v1/logins: requests a login link by letter."""

from fastapi import APIRouter, Depends, Response

from services.booking.security.login_requests import LoginCreate, accept_login_request
from services.web.security.rate_limits import limited
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/api/v1", route_class=TransactionalRoute, tags=["logins"])


@router.post("/logins", status_code=202, response_class=Response, dependencies=[Depends(limited("logins"))])
def create_login_request(db: Db, now: Now, wanted: LoginCreate) -> Response:
    """The same response for every address; only those with an account get a link."""
    accept_login_request(db, wanted.email, now)
    return Response(status_code=202)
