"""The history of the booking service's database, and the tables that it ends in."""

from services.booking.models.base import Table
from services.events import outbox
from services.web.protocol import idempotency
from services.web.security import access

METADATA = [Table.metadata, outbox.metadata, idempotency.metadata, access.metadata]
