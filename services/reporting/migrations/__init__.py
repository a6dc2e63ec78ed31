"""The history of the reporting service's database, and the tables that it ends in."""

from services.events import inbox, outbox
from services.reporting.models import Table
from services.web import idempotency

METADATA = [Table.metadata, inbox.metadata, outbox.metadata, idempotency.metadata]
