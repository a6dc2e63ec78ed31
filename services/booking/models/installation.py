"""The table of how an installation is set up."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Integer, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from services.booking.models.base import Table
from services.core.database import instant


class Setup(Table, table=True):
    """The walk by which an operator sets the practice up (käyttöönotto): one row, from when it begins.

    Most of its steps leave what they made; only what can't be seen from that is kept here.
    """

    id: int = Field(default=1, sa_column=Column(Integer, primary_key=True, autoincrement=False))
    began_at: datetime = instant()
    #: from then on the setup secret opens nothing
    ended_at: datetime | None = instant(nullable=True)
    #: from then on the admin's page no longer lists what is left to do
    dismissed_at: datetime | None = instant(nullable=True)
    skipped: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String), nullable=False))
    letter_sent_at: datetime | None = instant(nullable=True)
    letter_arrived_at: datetime | None = instant(nullable=True)

    __table_args__ = (CheckConstraint("id = 1", name="one_setup"),)
