"""The base class and the foreign keys of booking's tables."""

from typing import Any

from sqlalchemy import Column, ForeignKey
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """The base of this service's tables, with their own metadata."""


def foreign_key(target: str, *, primary: bool = False, index: bool = True) -> Any:
    return Field(sa_column=Column(ForeignKey(target), nullable=False, primary_key=primary, index=index))
