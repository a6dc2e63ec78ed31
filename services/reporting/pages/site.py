"""Reporting's templates, who is logged in to its pages, and what they are asked."""

from typing import Annotated

from fastapi import Query

from services.web.pages.rendering import Pages
from services.web.pages.visiting import taking_out, visiting
from services.web.security.tokens import Role
from services.web.security.visitors import Visitor

pages = Pages("services.reporting")

LoggedInReader = Annotated[Visitor, visiting(Role.supervisor, Role.client)]
"""A supervisor, or a client's contact; an admin has no pages of reports."""

LoggedInSupervisor = Annotated[Visitor, visiting(Role.supervisor)]
SupervisorTakingOut = Annotated[Visitor, taking_out(Role.supervisor)]
"""A supervisor who has lately shown who they are, for files with the figures of their practice."""

LoggedInAdmin = Annotated[Visitor, visiting(Role.admin)]

DoneQuery = Annotated[str, Query(alias="tehty")]
