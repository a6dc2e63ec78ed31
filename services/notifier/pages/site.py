"""The notifier's templates, who is logged in to its pages, and what they are asked."""

from typing import Annotated

from fastapi import Query

from services.web.pages.rendering import Pages
from services.web.pages.visiting import visiting
from services.web.security.tokens import Role
from services.web.security.visitors import Visitor

pages = Pages("services.notifier")

LoggedInStaff = Annotated[Visitor, visiting(Role.supervisor, Role.admin)]
LoggedInAdmin = Annotated[Visitor, visiting(Role.admin)]

DoneQuery = Annotated[str, Query(alias="tehty")]
