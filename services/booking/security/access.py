"""Ends access in all three services: what was given before, a token or a browser's login, is worth nothing any more.

On real time, as tokens are.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from services.booking.security.webhooks.ending import end_with_access
from services.core.database import Database, new_id
from services.events.catalogue import AccessEnded
from services.events.outbox import stage
from services.web.security.access import remember_ended


def end_access(db: Database, credentials: Sequence[str] = (), party_id: UUID | None = None) -> None:
    """Of these credentials and browsers for good; of a party, of all that it was given until now.

    Webhooks end with what they were made by.
    """
    now = datetime.now(UTC)
    ended = [AccessEnded(version=1, ending_id=new_id(), credential=one, ended_at=now) for one in credentials]
    if party_id:
        ended.append(AccessEnded(version=1, ending_id=new_id(), party_id=party_id, ended_at=now))
    for event in ended:
        remember_ended(db, event)
    end_with_access(db, credentials, party_id)
    stage(db, "booking", now, ended)
