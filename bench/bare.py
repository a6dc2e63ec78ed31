"""The least that a booking could be: FastAPI and SQLModel as their manuals write it, one row a request, no check."""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI
from sqlalchemy import Column, DateTime, text
from sqlmodel import Field, Session, SQLModel, create_engine

engine = create_engine(os.environ["BARE_DATABASE_URL"])


class Wish(SQLModel):
    process_id: UUID
    starts_at: datetime
    mode: str


class Meeting(SQLModel, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    process_id: UUID
    starts_at: datetime = Field(sa_column=Column(DateTime(timezone=True)))
    mode: str


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


api = FastAPI()


@api.get("/readyz")
def ready() -> str:
    SQLModel.metadata.create_all(engine)
    return "ok"


@api.post("/meetings-of-eight-statements", status_code=201)
def add_after_six_more(wanted: Wish, session: Annotated[Session, Depends(get_session)]) -> Meeting:
    """As many statements as a booking has, with nothing in them: what is left of the rate is what they cost alone."""
    for _ in range(6):
        session.execute(NOTHING).all()
    return add(wanted, session)


NOTHING = text("SELECT 1")


@api.post("/meetings", status_code=201)
def add(wanted: Wish, session: Annotated[Session, Depends(get_session)]) -> Meeting:
    meeting = Meeting.model_validate(wanted)
    session.add(meeting)
    session.commit()
    session.refresh(meeting)
    return meeting
