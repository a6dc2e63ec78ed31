"""The history of the booking service's database, and the tables that it ends in."""

from services.booking.models import Table
from services.events import outbox
from services.web import idempotency

METADATA = [Table.metadata, outbox.metadata, idempotency.metadata]
