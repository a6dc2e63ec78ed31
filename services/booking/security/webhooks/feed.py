"""The feed: what other programs may hear, one event after the other, by which webhooks and `GET /events` are fed.

Events commit in another order than that of their numbers, so that a reader who remembers a number could miss some. So
one process at a time gives each committed event its place in the feed, and what has a place is there to be read.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, literal, text
from sqlmodel import col, select

from services.booking.models.webhooks import FedEvent
from services.booking.security.webhooks.receivers import allowed_types
from services.core.database import Database, transaction
from services.events import webhooks
from services.events.outbox import KEPT_FOR
from services.web.errors.problems import Problem
from services.web.i18n.language import Text
from services.web.protocol.pagination import decode_cursor, encode_cursor
from services.web.security.tokens import Principal, Role

AT_ONCE = 200


class EventsForgotten(Problem):
    """Events that came after this cursor are no longer kept."""

    status = 410
    finnish = "Kohdistimen jälkeisiä tapahtumia ei enää säilytetä."
    advice = Text(
        fi="Hae tiedot luetteloista uudelleen ja aloita sitten tapahtumat alusta ilman kohdistinta.",
        en="Read the lists anew, then begin with the events again, without a cursor.",
    )


# -- events get their places ------------------------------------------------------------------------------


def feed_next(engine: Engine) -> bool:
    """Give places to some of the events that were committed; says whether more may wait."""
    with transaction(engine) as db:
        if not db.scalar(IS_ALONE):
            return False
        unread = db.execute(UNREAD, {"most": AT_ONCE}).all()
        told = [row for row in unread if row.envelope.get("type") in webhooks.BY_NAME]
        if told:
            db.execute(FEED, {"events": json.dumps([*map(_fed, told)])})
            db.execute(ADDRESS, {"events": [row.event_id for row in told], "of_clients": webhooks.types_for("client")})
        db.execute(READ, {"events": [row.event_id for row in unread]})
    return len(unread) == AT_ONCE


def _fed(row: Row[Any]) -> dict[str, Any]:
    data = webhooks.data_of(row.envelope)
    is_test = "webhook_id" in data
    return {
        "event_id": str(row.event_id),
        "type": row.envelope["type"],
        "occurred_at": row.envelope["time"],
        "supervisor_id": data.get("supervisor_id"),
        "process_id": data.get("process_id"),
        "webhook_id": data["webhook_id"] if is_test else None,
        "data": data,
    }


IS_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtext('webhook feed'))")
"""Its holder has committed before the next one gets it, so places become visible in their order."""

UNREAD = text("""
    SELECT event_id, envelope FROM webhook_queue JOIN outbox USING (event_id) ORDER BY position LIMIT :most
""")

FEED = text("""
    INSERT INTO webhook_event
      (event_id, position, type, occurred_at, fed_at, supervisor_id, client_id, webhook_id, data)
    SELECT e.event_id, e.place + greatest(
        (SELECT max(position) FROM webhook_event), CAST(extract(epoch FROM statement_timestamp()) * 1000000 AS bigint)),
      e.type, e.occurred_at, clock_timestamp(), coalesce(e.supervisor_id, p.supervisor_id),
      p.client_id, e.webhook_id, e.data
    FROM ROWS FROM (jsonb_to_recordset(CAST(:events AS jsonb)) AS (
        event_id uuid, type text, occurred_at timestamptz, supervisor_id uuid, process_id uuid, webhook_id uuid,
        data jsonb)) WITH ORDINALITY
      AS e (event_id, type, occurred_at, supervisor_id, process_id, webhook_id, data, place)
    LEFT JOIN process p ON p.id = e.process_id
    WHERE EXISTS (SELECT FROM webhook_queue q WHERE q.event_id = e.event_id)
    ORDER BY e.place
""")

ADDRESS = text("""
    INSERT INTO webhook_delivery (webhook_id, event_id, created_at, next_at, attempts)
    SELECT w.id, e.event_id, e.fed_at, e.fed_at, 0
    FROM webhook_event e JOIN webhook w ON w.ended_at IS NULL AND w.created_at <= e.occurred_at AND (
      w.id = e.webhook_id OR e.type = ANY (w.types) AND (
        w.role = 'admin'
        OR w.role = 'supervisor' AND w.party_id = e.supervisor_id
        OR w.role = 'client' AND w.party_id = e.client_id AND e.type = ANY (:of_clients)))
    WHERE e.event_id = ANY (:events)
    ORDER BY e.position
""")

READ = text("DELETE FROM webhook_queue WHERE event_id = ANY (:events)")

# -- and are read -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stretch:
    """Some events of the feed, and the cursor by which it goes on."""

    events: Sequence[FedEvent]
    cursor: str


def read_feed(db: Database, who: Principal, types: Sequence[str] | None, after: str | None, limit: int) -> Stretch:
    """What this principal may hear, from after the cursor on, the oldest first."""
    asked_at = datetime.now(UTC)
    position = _position(after, asked_at)
    wanted = allowed_types(who, types, "type")
    query = select(FedEvent).where(col(FedEvent.position) > position, col(FedEvent.type).in_(wanted), _heard_by(who))
    found = db.scalars(query.order_by(col(FedEvent.position)).limit(limit)).all()
    if len(found) == limit:
        return Stretch(found, _cursor(found[-1].position, found[-1].fed_at))
    return Stretch(found, _cursor(found[-1].position if found else position, asked_at))


def _heard_by(who: Principal) -> ColumnElement[bool]:
    match who.role:
        case Role.admin:
            return literal(True)
        case Role.supervisor:
            return col(FedEvent.supervisor_id) == who.party_id
        case Role.client:
            return col(FedEvent.client_id) == who.party_id


def _position(cursor: str | None, now: datetime) -> int:
    """Up to where a reader has come. What was fed after the time in the cursor must still be there."""
    if cursor is None:
        return 0
    position, complete_at = decode_cursor(cursor, (FedEvent.position, FedEvent.fed_at))
    if complete_at < now - KEPT_FOR + timedelta(hours=1):
        raise EventsForgotten
    return int(position)


def _cursor(position: int, complete_at: datetime) -> str:
    return encode_cursor([position, complete_at.isoformat()])
