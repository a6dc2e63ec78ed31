"""What events told, kept so that neither their order nor a repetition of them matters."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.database import Database
from services.events.catalogue import Event
from services.reporting import models, released_figures
from services.reporting.models import Answer, Erased, Link, Review


def keep_newest(db: Database, row: models.Table) -> bool:
    """Put the row in the place of an older version; says whether it was newer than what is there."""
    table: sa.Table = type(row).__table__  # type: ignore[attr-defined]
    values = row.model_dump()
    key = [column.name for column in table.primary_key]
    statement = insert(table).values(values)
    newer = statement.on_conflict_do_update(
        index_elements=key,
        set_={name: statement.excluded[name] for name in values if name not in key},
        where=table.c.version < statement.excluded.version,
    )
    return db.execute(newer.returning(sa.text("1"))).first() is not None


def fields(event: Event, table: type[models.Table]) -> dict[str, Any]:
    """What the event and the table both know, under the same names."""
    told: dict[str, Any] = {}
    for name, value in event:
        if name in table.model_fields:
            told[name] = list(value) if isinstance(value, tuple) else value
    return told


def is_erased(db: Database, participant_id: UUID) -> bool:
    return db.get(Erased, participant_id) is not None


def erase(db: Database, process_id: UUID, participant_id: UUID) -> None:
    """Forget what a participant answered and said, now and when it should still come. Released figures stay."""
    db.execute(insert(Erased).values(participant_id=participant_id).on_conflict_do_nothing())
    theirs = sa.select(Answer).where(col(Answer.participant_id) == participant_id)
    for person in {str(participant_id), *(answer.person for answer in db.scalars(theirs) if answer.person)}:
        released_figures.forget(db, process_id, person)
    for table in (Answer, Review, Link):
        db.execute(sa.delete(table).where(col(table.participant_id) == participant_id))
