"""The clients (tilaajat) of a practice as its supervisor leafs through them."""

from typing import NamedTuple

from sqlalchemy import Label, Subquery, func, select
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
    ordered = _processes_of_each(who)
    query = (
        select(Client, func.coalesce(ordered.c.active, 0), func.coalesce(ordered.c.closed, 0))
        .outerjoin(ordered, ordered.c.client_id == col(Client.id))
        .where(access.clients(who))
        .order_by(func.lower(col(Client.name)), col(Client.id))
    )
    for word in words.split():
        who_it_is = func.concat_ws(" ", *map(col, (Client.name, Client.first_name, Client.last_name, Client.email)))
        query = query.where(who_it_is.icontains(word, autoescape=True))
    rows = db.execute(query.offset((page - 1) * ON_A_PAGE).limit(ON_A_PAGE + 1)).all()
    return Leaf([Entry(*row) for row in rows[:ON_A_PAGE]], len(rows) > ON_A_PAGE)


def _processes_of_each(who: Principal) -> Subquery:
    def those(status: str) -> Label[int]:
        return func.count().filter(col(Process.status) == status).label(status)

    query = select(col(Process.client_id), those("active"), those("closed")).where(access.processes(who))
    return query.group_by(col(Process.client_id)).subquery()
