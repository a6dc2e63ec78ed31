"""Who looks at reporting's pages."""

from typing import Annotated

from services.web.tokens import Role
from services.web.visiting import visiting
from services.web.visitors import Visitor

Reading = Annotated[Visitor, visiting("raportit", Role.supervisor, Role.client)]
"""A supervisor, or a client's contact; for an admin reports are nobody's business."""

Supervising = Annotated[Visitor, visiting("raportit", Role.supervisor)]
