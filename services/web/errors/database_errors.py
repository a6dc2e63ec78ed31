"""What PostgreSQL refuses, and what that means for the one who asked."""

from collections.abc import Mapping

import psycopg
from sqlalchemy import exc

from services.web.errors.problems import Conflict, InvalidRequest, Problem, Unavailable

LOST_A_RACE = ("40001", "40P01")
LOCK_NOT_AVAILABLE = "55P03"
TRANSIENT = ("08", "25006", "53", "55P03", "57", "58", "40")
CLASHES = ("23505", "23503", "23P01")
BAD_VALUES = ("22", "23")

Constraints = Mapping[str, type[Problem]]


def sqlstate(error: exc.SQLAlchemyError) -> str | None:
    """The five characters of PostgreSQL's error code; none when there is no server to answer."""
    original = getattr(error, "orig", None)
    return original.sqlstate if isinstance(original, psycopg.Error) else None


def constraint(error: exc.SQLAlchemyError) -> str | None:
    original = getattr(error, "orig", None)
    return original.diag.constraint_name if isinstance(original, psycopg.Error) else None


def lost_a_race(error: exc.SQLAlchemyError) -> bool:
    """Whether the same transaction may well succeed when it is tried again at once."""
    return sqlstate(error) in LOST_A_RACE


def problem_of(error: exc.SQLAlchemyError, constraints: Constraints) -> Problem | None:
    """The problem to answer with, or none when the fault is in our own statement."""
    if isinstance(error, exc.TimeoutError):  # no connection became free
        return Unavailable()
    if not isinstance(error, exc.DBAPIError):
        return None
    state, name = sqlstate(error), constraint(error)
    if name is not None and name in constraints:
        return constraints[name]()
    if state is None:
        return _without_code(error)
    if state.startswith(TRANSIENT):
        return Unavailable()
    if state in CLASHES:
        return Conflict()
    return InvalidRequest() if state.startswith(BAD_VALUES) else None


def _without_code(error: exc.DBAPIError) -> Problem | None:
    """psycopg itself refuses a NUL character; a lost connection has no code either."""
    if isinstance(error, exc.DataError):
        return InvalidRequest()
    return Unavailable() if isinstance(error, exc.OperationalError | exc.InterfaceError) else None
