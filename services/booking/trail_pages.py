"""The pages of booking's audit trail."""

from services.booking.models import AuditEntry
from services.booking.pages import pages
from services.booking.trail_names import names, subjects
from services.booking.visiting import only
from services.web import trail_pages
from services.web.tokens import Role
from services.web.trail_pages import Source

router = trail_pages.router(
    Source("booking", AuditEntry, names, subjects),
    pages,
    administering=only(Role.admin),
    supervising=only(Role.supervisor),
)
