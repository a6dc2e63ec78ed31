"""Letters that did not reach somebody: the notifier tells which, and the supervisor corrects the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func

from services.booking.models.people import Client, Participant, RefusedLetter
from services.booking.models.sessions import Intake
from services.core.database import Database
from services.events.refused_letters import Refusal


@dataclass(frozen=True)
class UnreachedRecipient:
    """Whom letters did not reach, how many, and when last; one of the three, or the supervisor."""

    refused_at: datetime
    letters: int
    participant: Participant | None
    client: Client | None
    intake: Intake | None


def keep_refusals(db: Database, refusals: Sequence[Refusal]) -> None:
    """In the place of those that were told before; another worker may be about it too."""
    told = sorted(refusals, key=lambda refusal: refusal.letter_id)
    db.execute(delete(RefusedLetter).where(col(RefusedLetter.letter_id).not_in([one.letter_id for one in told])))
    if told:
        new = insert(RefusedLetter)
        newer = new.on_conflict_do_update(
            index_elements=["letter_id"],
            set_={"refused_at": new.excluded.refused_at},
            where=col(RefusedLetter.refused_at) != new.excluded.refused_at,
        )
        db.execute(newer, [one.model_dump() for one in told])


def list_unreached(db: Database, supervisor_id: UUID, now: datetime, limit: int) -> list[UnreachedRecipient]:
    """Those whose address can still be corrected, the longest unreached first."""
    refused = select(col(RefusedLetter.recipient_id), func.max(RefusedLetter.refused_at).label("at"), func.count())
    refused = refused.where(col(RefusedLetter.supervisor_id) == supervisor_id)
    recipient = refused.group_by(col(RefusedLetter.recipient_id)).subquery()
    query = (
        select(recipient.c.at, recipient.c.count, Participant, Client, Intake)
        .outerjoin(Participant, col(Participant.id) == recipient.c.recipient_id)
        .outerjoin(Client, col(Client.id) == recipient.c.recipient_id)
        .outerjoin(Intake, col(Intake.id) == recipient.c.recipient_id)
        .where(
            or_(
                and_(col(Participant.id).is_not(None), col(Participant.left_at).is_(None)),
                col(Client.id).is_not(None),
                and_(col(Intake.status).in_(("held", "confirmed")), col(Intake.starts_at) > now),
                recipient.c.recipient_id == supervisor_id,
            )
        )
        .order_by(recipient.c.at, recipient.c.recipient_id)
    )
    return [UnreachedRecipient(*row) for row in db.execute(query.limit(limit))]
