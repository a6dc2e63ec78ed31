"""The history of the notifier's database, and the tables that it ends in."""

from services.events import inbox
from services.notifier.models import Table
from services.web.protocol import idempotency
from services.web.security import access

METADATA = [Table.metadata, inbox.metadata, idempotency.metadata, access.metadata]
