"""The pages of reporting's audit trail."""

from services.reporting.models import AuditEntry
from services.reporting.pages import pages
from services.reporting.trail_names import names, subjects
from services.web import trail_pages
from services.web.tokens import Role
from services.web.trail_pages import Source
from services.web.visiting import visiting

router = trail_pages.router(
    Source("reporting", AuditEntry, names, subjects),
    pages,
    administering=visiting("raportit", Role.admin),
    supervising=visiting("raportit", Role.supervisor),
)
