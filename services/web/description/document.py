"""The OpenAPI document of a service, completed by what no endpoint says by itself."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from services.core.addresses import FACES
from services.web.description import glossary, operations, problem_schemas
from services.web.description.headers import HEADERS, LANGUAGE, SENT_WITH_ALL, answered_headers, reference
from services.web.errors.problems import NAMED, known_problems
from services.web.protocol import etags, idempotency

Json = dict[str, Any]

INFO = {
    "description": (
        "Book, move and evaluate the sessions of a Finnish työnohjaaja. One address answers for three services: "
        "booking at the root, reporting below `/reporting`, letters below `/notifier`; one token opens all.\n\n"
        "Instants are ISO 8601 with an offset and answered in UTC. Each list comes in pages: `items` and "
        "`next_cursor`. Every POST may carry an `Idempotency-Key`, every change of something with a `version` "
        "carries its ETag in `If-Match`. What goes wrong is told as problem details (RFC 9457), see `/docs/problems`."
    ),
    "contact": {"name": "The practice that runs this installation", "url": "/"},
}
BINARY: Json = {"type": "string", "format": "binary"}
FILES = {"application/pdf": BINARY, "text/csv": BINARY, "text/calendar": BINARY}
SECURITY = {
    "OAuth2": {
        "type": "oauth2",
        "description": "Client credentials from an admin, a supervisor or a client. A token lives for one hour.",
        "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}}},
    },
    "HTTPBasic": {
        "type": "http",
        "scheme": "basic",
        "description": "At the token endpoint alone: `client_id` and `client_secret`, instead of in the form.",
    },
}


def completed(app: FastAPI, document: Json) -> Json:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    named = set()
    for route, method, operation in _operations(app, document):
        raised = _complete(route, method, operation, schemas)
        named.update(raised)
    schemas.update(problem_schemas.problem_components(named))
    document["components"]["headers"] = HEADERS
    document["components"]["securitySchemes"] = SECURITY
    document["info"] |= INFO
    document["servers"] = [{"url": FACES[app.state.settings.service] or "/", "description": "This installation."}]
    used = {tag for _, _, operation in _operations(app, document) for tag in operation.get("tags", [])}
    document["tags"] = [{"name": tag, "description": glossary.tag(tag)} for tag in sorted(used)]
    glossary.explain(document)
    return document


def _operations(app: FastAPI, document: Json) -> Iterator[tuple[APIRoute, str, Json]]:
    for route in app.state.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in sorted(route.methods or ()):
                operation = document["paths"].get(route.path_format, {}).get(method.lower())
                if operation is not None:
                    yield route, method.lower(), operation


def _complete(route: APIRoute, method: str, operation: Json, schemas: Json) -> list[Any]:
    """Complete one operation in place; gives the problems that it may end in."""
    roles = operations.callers(route)
    if route.path.startswith("/api/"):
        operation["security"] = [{"OAuth2": []}] if roles else []
    said = operation.get("description", "").strip()
    callers = operations.said_of_callers(roles)
    operation["description"] = f"{said}\n\n{callers}" if said else callers
    _add_parameters(route, method, operation)
    raised = _problems(route, method, operation)
    for status, response in problem_schemas.problem_responses(raised).items():
        operation["responses"][status] = response
    for status, response in operation["responses"].items():
        _explain_answer(status, response, operation, schemas)
    return raised


def _add_parameters(route: APIRoute, method: str, operation: Json) -> None:
    parameters = operation.setdefault("parameters", [])
    if method == "post" and route.path.startswith("/api/"):
        parameters.append({**idempotency.PARAMETER})
    parameters.append({**LANGUAGE})
    needs_match = etags.if_match in {each.call for each in operations.dependants(route.dependant)}
    for parameter in parameters:
        if parameter["name"] == "If-Match" and needs_match and method == "patch":
            parameter["required"] = True


def _problems(route: APIRoute, method: str, operation: Json) -> list[Any]:
    known = known_problems()
    slugs = [slug for response in operation["responses"].values() for slug in response.pop(NAMED, ())]
    usual = operations.usual_problems(route, method, operation) if route.path.startswith("/api/") else []
    return list(dict.fromkeys([known[slug] for slug in slugs] + usual))


def _explain_answer(status: str, response: Json, operation: Json, schemas: Json) -> None:
    """A sentence for the answer instead of FastAPI's, and the headers that come with it."""
    for media_type, content in response.get("content", {}).items():
        if media_type in FILES:
            content["schema"] = FILES[media_type]
    if response["description"] == "Successful Response":
        response["description"] = glossary.answer(status, operation["operationId"])
    headers = answered_headers(status, response, schemas)
    response["headers"] = {name: reference(name) for name in (*headers, *SENT_WITH_ALL)}
