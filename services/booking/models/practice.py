"""The tables of what the practice and its supervisors say of themselves in public."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from services.booking.models.base import Table, foreign_key
from services.core.database import instant
from services.web.pages.practice import PracticeColumns


class Practice(PracticeColumns, Table, table=True):
    """The practice that this installation belongs to: one row, written when its admin first changes anything."""

    introduction: str | None = None
    #: what is offered and for what price, one a line
    offer: str | None = None
    #: what the page on privacy says besides what it says for all
    privacy_additions: str | None = None
    logo: bytes | None = None
    logo_type: str | None = None
    updated_at: datetime = instant()

    __table_args__ = (CheckConstraint("id = 1", name="one_practice"),)


class PublicPage(Table, table=True):
    """What a supervisor publishes of themselves on their own page, besides name and title."""

    __tablename__ = "public_page"
    supervisor_id: UUID = foreign_key("supervisor.id", primary=True, index=False)
    version: int = 1
    introduction: str | None = None
    photo: bytes | None = None
    photo_path: str | None = Field(default=None, index=True)
    updated_at: datetime = instant()


class Slug(Table, table=True):
    """A name of a supervisor's page in its address. The one chosen last counts; the others lead on to it."""

    slug: str = Field(primary_key=True)
    supervisor_id: UUID = foreign_key("supervisor.id")
    chosen_at: datetime = instant()
