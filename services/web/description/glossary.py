"""What each name of the API means, with an example: a name means one thing wherever it stands.

`glossary.toml` has them all. `Schema.field` there says what differs in one schema.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

Json = dict[str, Any]

ANSWERS = {
    "200": "Done; this is how it is now.",
    "201": "Made.",
    "202": "Taken; what follows is up to somebody else.",
    "204": "Done; there is nothing to show.",
}


@cache
def words() -> Json:
    return tomllib.loads(files("services.web.description").joinpath("glossary.toml").read_text(encoding="utf-8"))


def tag(name: str) -> str:
    return str(words()["tags"].get(name, ""))


def answer(status: str, operation_id: str) -> str:
    return "What was asked for." if operation_id.startswith(("get", "list")) else ANSWERS[status]


def explain(document: Json) -> None:
    """Describe, with an example, every field and parameter that does not do so itself."""
    for name, schema in document["components"]["schemas"].items():
        schema.setdefault("description", words()["schemas"].get(name) or _of_page(name))
        for field, said in schema.get("properties", {}).items():
            _explain(said, words()["fields"], f"{name}.{field}", field, "examples")
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _describe(operation)
            for parameter in operation.get("parameters", ()):
                places = words()["fields"] | words()["parameters"]
                _explain(parameter, places, f"{path}.{parameter['name']}", parameter["name"], "example")


def _describe(operation: Json) -> None:
    said = words()["operations"].get(operation["operationId"])
    if said:
        operation["description"] = f"{said}\n\n{operation['description']}"


def _of_page(name: str) -> str:
    return "One page of a list." if name.startswith("Page_") else ""


def _explain(said: Json, known: Json, own: str, name: str, key: str) -> None:
    meaning, *example = known.get(own) or known.get(name) or ("",)
    if meaning:
        said.setdefault("description", meaning)
    if "const" in said:
        said.setdefault("examples", [said["const"]])
    if example and "examples" not in said and "example" not in said:
        said[key] = example if key == "examples" else example[0]
