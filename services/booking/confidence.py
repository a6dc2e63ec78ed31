"""Who may see what was said in confidence. For everybody else, clients above all, it is not there."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from services.booking.safe import Safe, safe
from services.web.problems import NotFound
from services.web.tokens import Principal, Reader, Role


def confided_to(*roles: Role) -> Callable[[Principal], Awaitable[Principal]]:
    async def allowed(principal: Reader) -> Principal:
        if principal.role not in roles:
            raise NotFound
        return principal

    return allowed


Insider = Annotated[Principal, Depends(confided_to(Role.admin, Role.supervisor))]
"""Somebody who runs the practice."""

Confidant = Annotated[Principal, Depends(confided_to(Role.supervisor))]
"""The supervisor alone: not even the firm's admin reads what was promised to nobody else."""


async def _safe(request: Request) -> Safe:
    return safe(request.app.state.settings.notes_key)


Sealed = Annotated[Safe, Depends(_safe)]
