"""The description of the API says all there is to say: nothing without a meaning, and each name once."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.booking.security.test_permissions import Make
from tests.integration.conftest import Face

Json = dict[str, Any]
DOCUMENT: Json = json.loads(Path("services/web/openapi.json").read_text(encoding="utf-8"))
SCHEMAS: Json = DOCUMENT["components"]["schemas"]


def operations() -> Iterator[tuple[str, Json]]:
    for path, by_method in DOCUMENT["paths"].items():
        for method, operation in by_method.items():
            yield f"{method} {path}", operation


def test_operations_have_short_ids_of_their_own() -> None:
    ids = Counter(operation["operationId"] for _, operation in operations())

    assert [one for one, times in ids.items() if times > 1 or not re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", one)] == []


def test_schemas_have_titles_of_their_own() -> None:
    titles = Counter(schema["title"] for schema in SCHEMAS.values() if "title" in schema)

    assert [one for one, times in titles.items() if times > 1] == []


def test_every_operation_and_answer_says_what_it_is_and_who_may_call() -> None:
    silent = [place for place, one in operations() if one["description"].count("\n\n") < 1 or not one.get("tags")]
    silent += [
        f"{place} {status}"
        for place, one in operations()
        for status, answer in one["responses"].items()
        if not answer.get("description")
    ]
    assert silent == []


def test_every_field_and_parameter_says_what_it_is() -> None:
    silent = [name for name, schema in SCHEMAS.items() if not schema.get("description")]
    silent += [
        f"{name}.{field}"
        for name, schema in SCHEMAS.items()
        for field, said in schema.get("properties", {}).items()
        if not said.get("description")
    ]
    silent += [
        f"{place} {parameter['name']}"
        for place, one in operations()
        for parameter in one.get("parameters", ())
        if not parameter.get("description") or "example" not in parameter
    ]
    assert silent == []


def test_every_operation_of_the_api_lists_its_problems_by_name() -> None:
    for place, operation in operations():
        if "/api/v1/" in place:
            named = json.dumps(operation["responses"])
            assert "TooManyRequestsProblem" in named, place
            assert ("UnauthenticatedProblem" in named) is bool(operation["security"]), place


@pytest.mark.parametrize("query", ["colour=red", "status=active&status=closed"])
def test_a_parameter_that_is_not_known_or_given_twice_is_refused(booking: Face, query: str) -> None:
    answer = booking.admin.get(f"/api/v1/processes?{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert [error["field"] for error in answer.json()["errors"]] == [query.partition("=")[0]]


def test_the_type_of_every_problem_leads_to_its_explanation(booking: Face) -> None:
    refused = booking.admin.get("/api/v1/processes?colour=red").json()
    page = booking.anonymous().get(refused["type"], headers={"Accept": "text/html"})
    whole = booking.anonymous().get("/docs/problems").text

    assert page.status_code == 200
    assert "Something in the request is missing or wrong." in page.text
    assert all(code in whole for code in ("slot-taken", "not-seen-by-all", "message-not-kept"))


def test_the_etag_of_a_process_says_its_version_and_rises_with_its_people(booking: Face, a_process: Make) -> None:
    process = a_process()
    address = f"/api/v1/processes/{process['id']}"
    first = booking.admin.get(address)
    person = f"{address}/participants/{process['participants'][0]['id']}"
    assert booking.admin.patch(person, json={"last_name": "Uusi"}, headers={"If-Match": '"1"'}).status_code == 200
    later = booking.admin.get(address)

    assert (first.headers["ETag"], first.json()["version"]) == ('"1"', 1)
    assert (later.headers["ETag"], later.json()["version"]) == ('"2"', 2)
