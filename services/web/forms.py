"""What was typed into the forms of pages, as it was typed, so that it can be shown again with what is wrong.

A page that takes a form does four things: it reads `Typed`, builds a wish from what was `filled_in`, and on a
ValidationError shows itself again with what was typed and `reasons_by_field`; else it leads on with a redirect.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated

from fastapi import Depends, Request

ONCE = "kerta"


async def _typed(request: Request) -> dict[str, str]:
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str) and name != ONCE}


Typed = Annotated[dict[str, str], Depends(_typed)]


def filled_in(typed: Mapping[str, str], fields: Iterable[str]) -> dict[str, str]:
    """Of these fields those that are not empty: an empty field of a form means that nothing is said."""
    return {field: typed[field] for field in fields if typed.get(field, "").strip()}
