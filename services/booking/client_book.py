"""The clients (tilaajat) of a practice as its supervisor leafs through them."""

from typing import NamedTuple

from sqlalchemy import and_, func, select
from sqlmodel import col

from services.booking import access
from services.booking.models import Client, Process
from services.database import Database
from services.web.tokens import Principal

ON_A_PAGE = 50


class Entry(NamedTuple):
    client: Client
    active: int
    closed: int


class Leaf(NamedTuple):
    """Some of the clients, and whether more come after them."""

    entries: list[Entry]
    has_more: bool


def look(db: Database, who: Principal, words: str, page: int) -> Leaf:
    """One page in the order of the alphabet, with how many processes each has that go on or have ended."""
    theirs = and_(col(Process.client_id) == Client.id, access.processes(who))
    query = (
        select(
            Client,
            func.count(col(Process.id)).filter(col(Process.status) == "active"),
            func.count(col(Process.id)).filter(col(Process.status) == "closed"),
        )
        .outerjoin(Process, theirs)
        .where(access.clients(who))
        .group_by(col(Client.id))
        .order_by(func.lower(col(Client.name)), col(Client.id))
    )
    for word in words.split():
        who_it_is = func.concat_ws(" ", *map(col, (Client.name, Client.first_name, Client.last_name, Client.email)))
        query = query.where(who_it_is.icontains(word, autoescape=True))
    rows = db.execute(query.offset((page - 1) * ON_A_PAGE).limit(ON_A_PAGE + 1)).all()
    return Leaf([Entry(*row) for row in rows[:ON_A_PAGE]], len(rows) > ON_A_PAGE)
