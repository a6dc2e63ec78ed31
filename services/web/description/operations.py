"""What an operation says of itself: a short id, who may call it, and the problems that its kind may end in."""

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.web.errors import problems
from services.web.protocol import etags, idempotency
from services.web.security import rate_limits
from services.web.security.tokens import Role, callers_of

GET = {"show": "get", "serve": "get"}
"""Verbs of ours that generated clients know by another word."""

EVERYBODY = tuple(Role)


def operation_id(route: APIRoute) -> str:
    """`show_session` is `getSession`: the name of the function, which is its own in all three services."""
    verb, *nouns = route.name.split("_")
    return GET.get(verb, verb) + "".join(noun.capitalize() for noun in nouns)


def dependants(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from dependants(inner)


def query_names(route: APIRoute) -> dict[str, bool]:
    """The query parameters of a route, and whether each may be given several times."""
    found = (field for each in dependants(route.dependant) for field in each.query_params)
    return {str(field.alias): _takes_several(field.field_info.annotation) for field in found}


def _takes_several(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(map(_takes_several, get_args(annotation)))


def callers(route: APIRoute) -> tuple[Role, ...]:
    """The roles that may call a route; none means that it is public."""
    found = [callers_of(each.call) for each in dependants(route.dependant) if each.call is not None]
    known = [roles for roles in found if roles is not None]
    return tuple(role for role in Role if all(role in roles for roles in known)) if known else ()


def said_of_callers(roles: tuple[Role, ...]) -> str:
    if not roles:
        return "Anybody may call it, without a token."
    if roles == EVERYBODY:
        return "Callers: admin, supervisor and client, each for what is theirs."
    return f"Callers: {' and '.join(roles)}."


def usual_problems(route: APIRoute, method: str, operation: dict[str, Any]) -> list[type[problems.Problem]]:
    """What no endpoint raises by itself, but its kind of request may end in."""
    parameters, roles = operation.get("parameters", []), callers(route)
    found: list[type[problems.Problem]] = [problems.Malformed] if "requestBody" in operation else []
    found += [problems.Unauthenticated] if roles else []
    found += [problems.Forbidden] if roles and (roles != EVERYBODY or method != "get") else []
    found += [problems.NotFound] if "{" in route.path else []
    found += [problems.TooLarge] if "requestBody" in operation else []
    found += [problems.Conflict] if method != "get" else []
    if etags.if_match in {each.call for each in dependants(route.dependant)}:
        found += [etags.PreconditionFailed, etags.PreconditionRequired]
    if method == "post":
        found += [idempotency.RequestInFlight, idempotency.AlreadyShown, idempotency.KeyReused]
    if parameters or "requestBody" in operation:
        found.append(problems.InvalidRequest)
    return [*found, rate_limits.TooManyRequests, problems.Unexpected, problems.Unavailable]
