"""Dependencies of booking's routes: settings, who may read confidential data, its encryption, the practice's look."""

from typing import Annotated

from fastapi import Depends, Request

from services.booking.settings import Settings
from services.core.encryption import Encryption, encryption_of
from services.web.app_factory import app_settings
from services.web.errors.problems import NotFound
from services.web.security.tokens import Principal, Role, require
from services.web.transactions import Db, afterwards

Configured = Annotated[Settings, Depends(app_settings)]


StaffOrNotFound = Annotated[Principal, Depends(require(Role.admin, Role.supervisor, otherwise=NotFound))]
"""An admin or a supervisor; for others the resource is not found."""

SupervisorOrNotFound = Annotated[Principal, Depends(require(Role.supervisor, otherwise=NotFound))]
"""A supervisor; not even the admin, as participants were promised that nobody else reads it."""


async def _notes_encryption(request: Request) -> Encryption:
    return encryption_of(request.app.state.settings.notes_key)


NotesEncryption = Annotated[Encryption, Depends(_notes_encryption)]


async def _look_again(request: Request, db: Db) -> None:
    afterwards(db, request.app.state.practice.look_again)


changes_practice = Depends(_look_again)
"""Of a route: whoever changed the practice sees it with the very next page."""
