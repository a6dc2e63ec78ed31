"""What was typed into the forms of pages, as it was typed, so that it can be shown again with what is wrong.

A page that takes a form does four things: it reads `Typed`, builds a wish from what was `filled_in`, and when this is
refused shows itself again with what was typed and `reasons`; else it leads on with a redirect. A form that changes
something carries in the hidden field `versio` which version it was filled in for.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated

from fastapi import Depends, Request
from pydantic import ValidationError

from services.web.etags import IfMatch
from services.web.problems import Problem
from services.web.validation import reasons_by_field

ONCE, VERSION = "kerta", "versio"


async def _typed(request: Request) -> dict[str, str]:
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str) and name != ONCE}


Typed = Annotated[dict[str, str], Depends(_typed)]


def filled_in(typed: Mapping[str, str], fields: Iterable[str]) -> dict[str, str]:
    """Of these fields those that are not empty: an empty field of a form means that nothing is said."""
    return {field: typed[field] for field in fields if typed.get(field, "").strip()}


def reasons(refused: ValidationError | Problem) -> dict[str, str]:
    """What is wrong, in Finnish, by the name of its field; what is about none of them has no name."""
    if isinstance(refused, ValidationError):
        return reasons_by_field(refused)
    errors = refused.members.get("errors")
    if isinstance(errors, list) and errors:
        return {error["field"]: error["detail"].fi for error in errors}
    return {"": " ".join(filter(None, [_sentence(refused.finnish), refused.detail and refused.detail.fi]))}


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def seen_version(typed: Mapping[str, str]) -> IfMatch:
    """The version that the form was filled in for; a change of any other is refused with PreconditionFailed."""
    return IfMatch(typed.get(VERSION) or None)
