"""A query parameter that we do not know is a mistake, as a field is, and so is one that is given twice."""

from collections import Counter

from fastapi import Request
from fastapi.routing import APIRoute

from services.web.description.operations import query_names
from services.web.errors.problems import InvalidRequest
from services.web.errors.validation import field_error
from services.web.i18n.language import Text

UNKNOWN = Text("Tätä parametria ei ole.", "There is no such parameter.")
REPEATED = Text("Tämän voi antaa vain kerran.", "This can be given only once.")
TAKES_ANY = ".ics"
"""Calendar programs add parameters of their own to the address of a feed."""


async def refuse_unknown_query(request: Request) -> None:
    """For every route of the API; pages are opened with whatever a mail program adds to their address."""
    if not request.query_params:
        return
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or not route.path.startswith("/api/") or route.path.endswith(TAKES_ANY):
        return
    known, given = query_names(route), Counter(name for name, _ in request.query_params.multi_items())
    wrong = [field_error(name, UNKNOWN) for name in given if name not in known]
    wrong += [field_error(name, REPEATED) for name, times in given.items() if times > 1 and not known.get(name, True)]
    if wrong:
        raise InvalidRequest(wrong)
