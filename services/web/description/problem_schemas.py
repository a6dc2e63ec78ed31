"""One component for each problem, and the list of those that an operation may end in."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field, create_model
from pydantic.json_schema import models_json_schema

from services.web.errors.problems import Problem, ProblemShape

Json = dict[str, Any]
OPEN = frozenset({403, 409, 410, 422})
"""Under these more problems may be added in time: programs read a code that they do not know by its status."""

REFERENCE = "#/components/schemas/{model}"


def component_name(problem: type[Problem]) -> str:
    return f"{problem.__name__}Problem"


def problem_components(named: Iterable[type[Problem]]) -> Json:
    """The schemas of these problems, and of what they hold."""
    models = [_model(problem) for problem in sorted(set(named), key=component_name)]
    _, schemas = models_json_schema(
        [(model, "serialization") for model in [ProblemShape, *models]], ref_template=REFERENCE
    )
    components: Json = schemas["$defs"]
    return components


def _model(problem: type[Problem]) -> Any:
    code = problem.slug()
    fixed: Json = {
        "type": (Literal[problem.address()], Field(description="Where the problem is explained.")),
        "status": (Literal[problem.status], Field(description="The HTTP status of the answer.")),
        "code": (Literal[code], Field(description="What a program looks at; it never changes.")),
    }
    own: Json = {name: (kind | None, Field(None, description=said)) for name, (kind, said) in problem.holds.items()}
    return _created(problem, fixed | own)


def _created(problem: type[Problem], fields: Json) -> Any:
    model = create_model(component_name(problem), __base__=ProblemShape, **fields)
    model.__doc__ = f"{problem.title('en')} {problem.advice.en}"
    model.model_config = {
        **ProblemShape.model_config,
        "title": component_name(problem),
        "json_schema_extra": {"examples": [_example(problem)]},
    }
    model.model_rebuild(force=True)
    return model


def _example(problem: type[Problem]) -> Json:
    return {
        "type": problem.address(),
        "title": problem.title("en"),
        "status": problem.status,
        "detail": problem.advice.en,
        "code": problem.slug(),
    }


def problem_responses(named: Iterable[type[Problem]]) -> Json:
    """The answers of an operation that may end in these problems, by status."""
    by_status: dict[int, list[type[Problem]]] = {}
    for problem in dict.fromkeys(named):
        by_status.setdefault(problem.status, []).append(problem)
    return {str(status): _response(same) for status, same in sorted(by_status.items())}


def _response(same: list[type[Problem]]) -> Json:
    said = " ".join(f"`{one.slug()}`: {one.title('en')}" for one in same)
    content: Json = {}
    for media_type in dict.fromkeys(one.media_type for one in same):
        names = {one.slug(): component_name(one) for one in same if one.media_type == media_type}
        references = {code: REFERENCE.format(model=name) for code, name in names.items()}
        content[media_type] = {"schema": _one_of(references) if same[0].status not in OPEN else _any_of(references)}
    return {"description": said, "content": content}


def _any_of(references: dict[str, str]) -> Json:
    named = [*references.values(), REFERENCE.format(model="Problem")]
    return {"anyOf": [{"$ref": reference} for reference in named]}


def _one_of(references: dict[str, str]) -> Json:
    if len(references) == 1:
        return {"$ref": next(iter(references.values()))}
    return {
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": "code", "mapping": references},
    }
