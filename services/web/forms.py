"""What was typed into the form of a page whose fields depend on what it asks."""

from typing import Annotated

from fastapi import Depends, Request


async def _typed(request: Request) -> dict[str, str]:
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


Typed = Annotated[dict[str, str], Depends(_typed)]
