"""The numbers of a process's sessions, which follow time whatever is booked, moved or cancelled.

An event says which number its session had then. Others have changed theirs since, without an event of their own.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol
from uuid import UUID


class KnownSession(Protocol):
    """The newest state of a session."""

    session_id: UUID
    number: int
    status: str
    starts_at: datetime


def numbers_in_time(sessions: Iterable[KnownSession]) -> dict[UUID, int]:
    """Of the sessions of one process, in its newest state each; a cancelled one keeps the number that it had.

    Those that are kept no longer were all before the first that was held.
    """
    known = list(sessions)
    standing = sorted(
        (one for one in known if one.status != "cancelled"), key=lambda one: (one.starts_at, one.session_id)
    )
    before = standing[0].number - 1 if standing and standing[0].status == "held" else 0
    numbers = {one.session_id: one.number for one in known}
    return numbers | {one.session_id: place for place, one in enumerate(standing, before + 1)}
