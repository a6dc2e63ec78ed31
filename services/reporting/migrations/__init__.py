"""The history of the reporting service's database, and the tables that it ends in."""

from services.events import inbox, outbox
from services.reporting.models import Table
from services.web.protocol import idempotency
from services.web.security import access

METADATA = [Table.metadata, inbox.metadata, outbox.metadata, idempotency.metadata, access.metadata]
