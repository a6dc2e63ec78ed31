"""The pages of the notifier's audit trail."""

from services.notifier.models import AuditEntry
from services.notifier.pages import pages
from services.notifier.trail_names import names, subjects
from services.web import trail_pages
from services.web.tokens import Role
from services.web.trail_pages import Source
from services.web.visiting import visiting

router = trail_pages.router(
    Source("notifier", AuditEntry, names, subjects),
    pages,
    administering=visiting("viestit", Role.admin),
    supervising=visiting("viestit", Role.supervisor),
)
