"""What was typed into the forms of pages, as it was typed, so that it can be shown again with what is wrong.

A page that takes a form does four things: it reads `Typed`, builds a wish from what was `filled_in`, and when this is
refused shows itself again with what was typed and `reasons`; else it leads on with a redirect. A form that changes
something carries in the hidden field `versio` which version it was filled in for.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BeforeValidator, ValidationError
from starlette.datastructures import UploadFile

from services.web.errors.problems import Problem
from services.web.errors.validation import reasons_by_field
from services.web.protocol.etags import IfMatch, PreconditionFailed

ONCE, VERSION, FILE = "kerta", "versio", "tiedosto"
TICKED = "1"
MORE, LESS = "lisaa", "poista"
"""The buttons that ask for one more row, and for one row less, whose number is their value."""
OK, INVALID = 200, 422
CLOCK = re.compile(r"(?P<hour>\d{1,2})([.:](?P<minute>\d\d))?")

Fields = dict[str, str]
Refused = ValidationError | Problem


async def _typed(request: Request) -> dict[str, str]:
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str) and name != ONCE}


Typed = Annotated[dict[str, str], Depends(_typed)]


async def _file(request: Request) -> bytes:
    file = (await request.form()).get(FILE)
    return await file.read() if isinstance(file, UploadFile) else b""


TypedFile = Annotated[bytes, Depends(_file)]
"""What was chosen in the form's one field for a file; nothing, where nothing was."""

AsTyped = BeforeValidator(lambda value: clock(value) if isinstance(value, str) else value)
"""For a time of day."""

EmptyAsNone = BeforeValidator(lambda value: value or None)
"""For a select, whose first option sends an empty value."""


def filled_in(typed: Mapping[str, str], fields: Iterable[str]) -> dict[str, str]:
    """Of these fields those that are not empty: an empty field of a form means that nothing is said."""
    return {field: typed[field] for field in fields if typed.get(field, "").strip()}


def clock(typed: str) -> str:
    """A time of day as people type it, 9, 9.30 or 9:30, as the API takes it; what is none stays as it is."""
    found = CLOCK.fullmatch(typed.strip())
    return f"{found['hour']:0>2}:{found['minute'] or '00'}" if found else typed


def nested(typed: Mapping[str, str], fields: Iterable[str]) -> dict[str, Any]:
    """What was filled in for these fields, as the wish that it makes.

    ``contact.email`` is a part of ``contact``, and the parts ``people.0``, ``people.1`` … make the list ``people``.
    """
    wanted, tree = set(fields), dict[str, Any]()
    for name, value in typed.items():
        first, *parts = name.split(".")
        if first in wanted and value.strip():
            _plant(tree, [first, *parts], value)
    return {name: _as_lists(branch) for name, branch in tree.items()}


def _plant(tree: dict[str, Any], path: list[str], value: str) -> None:
    """Names that contradict each other come from no form of ours; the first one counts."""
    *branches, leaf = path
    for part in branches:
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            return
    tree.setdefault(leaf, value)


def _as_lists(branch: Any) -> Any:
    if not isinstance(branch, dict):
        return branch
    grown = {name: _as_lists(inner) for name, inner in branch.items()}
    if not all(name.isdecimal() for name in grown):
        return grown
    return [grown[name] for name in sorted(grown, key=lambda name: (len(name), name))]


def rows(typed: Mapping[str, str], name: str, fields: Iterable[str]) -> list[dict[str, str]]:
    """The rows of a list in which anything was typed, in their order: ``people.0.email`` is of the first."""
    numbers = {parts[1] for field in typed if (parts := field.split("."))[0] == name and len(parts) == 3}
    ordered = sorted(filter(str.isdecimal, numbers), key=lambda number: (len(number), number))
    read = [{field: typed.get(f"{name}.{number}.{field}", "") for field in fields} for number in ordered]
    return [row for row in read if any(value.strip() for value in row.values())]


def without_row(typed: Mapping[str, str], name: str) -> Fields:
    """What was typed but for the row that is to go, if any."""
    gone = f"{name}.{typed.get(LESS)}."
    return {field: value for field, value in typed.items() if not field.startswith(gone)}


def ticked(typed: Mapping[str, str], name: str) -> list[str]:
    """Which boxes of a group are ticked: ``days.7`` is the box ``7`` of ``days``."""
    return [field.removeprefix(f"{name}.") for field in typed if field.startswith(f"{name}.")]


def reasons(refused: Refused | None) -> dict[str, str]:
    """What is wrong, in Finnish, by the name of its field; what is about none of them has no name.

    A form that came too late is not wrong: its page says what has changed since, see `overtaken`.
    """
    if refused is None or isinstance(refused, PreconditionFailed):
        return {}
    if isinstance(refused, ValidationError):
        return reasons_by_field(refused)
    errors = refused.members.get("errors")
    if isinstance(errors, list) and errors:
        return {error["field"]: error["detail"].fi for error in errors}
    return {"": f"{refused.finnish} {refused.detail.fi}"}


def status_of(refused: Refused | None) -> int:
    """The status of a page that shows its form again; from 400 on nothing of what was done is kept."""
    if refused is None:
        return OK
    return INVALID if isinstance(refused, ValidationError) else refused.status


# -- two people, one form ---------------------------------------------------------------------------------


def version_field(typed: Mapping[str, str]) -> IfMatch:
    """The version that the form was filled in for; a change of any other is refused with PreconditionFailed."""
    return IfMatch(typed.get(VERSION) or None)


def version_seen(current: str, typed: Mapping[str, str], refused: Refused | None = None) -> str:
    """The version that a form shown again is about: the one its reader began with, until they have seen a newer one."""
    return current if isinstance(refused, PreconditionFailed) else typed.get(VERSION) or current


def outdated(refused: Refused | None, typed: Mapping[str, str], saved: Mapping[str, str]) -> dict[str, str] | None:
    """When somebody else was quicker: what is saved now in the fields in which something else was typed."""
    if not isinstance(refused, PreconditionFailed):
        return None
    names = [name for name in (*saved, *typed) if name in saved or typed.get(name) == TICKED]
    return {name: saved.get(name, "") for name in dict.fromkeys(names) if saved.get(name, "") != typed.get(name, "")}
