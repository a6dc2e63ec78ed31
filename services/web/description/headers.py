"""The headers that come with a request or an answer, each described once."""

from typing import Any

Json = dict[str, Any]

LANGUAGE: Json = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The language of problems and messages: Finnish (`fi`) or English (`en`). Default: Finnish.",
    "example": "en",
}


def _header(description: str, example: str | int, kind: str = "string") -> Json:
    return {"description": description, "schema": {"type": kind}, "example": example}


HEADERS: Json = {
    "ETag": _header("The version of what is answered, in quotes; send it in `If-Match` to change it.", '"3"'),
    "Location": _header(
        "Where what was made can be read, relative to the installation.",
        "/api/v1/sessions/0192f7c0-6a5e-7cc3-98c4-dc0c0c07398f",
    ),
    "Retry-After": _header("Ask again after this many seconds.", 2, "integer"),
    "RateLimit-Limit": _header("How many requests may be made in the present window.", 600, "integer"),
    "RateLimit-Remaining": _header("How many of them are left.", 598, "integer"),
    "RateLimit-Reset": _header("In how many seconds the window ends.", 42, "integer"),
    "Content-Language": _header("The language of the title and the detail.", "en"),
    "WWW-Authenticate": _header("What to authenticate with, and why it was refused.", "Bearer"),
}

SENT_WITH_ALL = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


def reference(name: str) -> Json:
    return {"$ref": f"#/components/headers/{name}"}


def answered_headers(status: str, response: Json, schemas: Json) -> list[str]:
    """The headers of an answer by its status and, for the ETag, by whether what it shows has a version."""
    if status.startswith("2"):
        return [*(["Location"] if status == "201" else []), *(["ETag"] if _has_version(response, schemas) else [])]
    by_status = {"401": ["WWW-Authenticate"], "412": ["ETag"], "429": ["Retry-After"], "503": ["Retry-After"]}
    return ["Content-Language", *by_status.get(status, ())]


def _has_version(response: Json, schemas: Json) -> bool:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    shown = [schema, *schema.get("anyOf", ())]
    names = [one.get("$ref", "").rpartition("/")[2] for one in shown]
    return any("version" in schemas.get(name, {}).get("properties", {}) for name in names)
