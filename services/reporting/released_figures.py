"""The people behind every number that a client was given, remembered so that no later number betrays any of them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import String, cast, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from services.database import Database
from services.events.catalogue import Phase
from services.reporting.disclosure import Asked, Figure
from services.reporting.models import ReleasedFigure, Report

ONE_AT_A_TIME = 7_391_004


def lock(db: Database) -> None:
    """Let nobody else release anything before this transaction has ended: two reports must know of each other."""
    db.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))


def about(db: Database, questions: Collection[str], people: Iterable[str]) -> list[Figure]:
    """What was released about any of these questions, as far as it can be compared with these people's answers."""
    any_of_them = cast(list(questions), ARRAY(String))
    query = select(ReleasedFigure).where(col(ReleasedFigure.questions).op("&&")(any_of_them))
    return connected([_figure(row) for row in db.scalars(query)], people)


def connected(figures: Sequence[Figure], people: Iterable[str]) -> list[Figure]:
    """The figures about these people, and about those who are in a figure with one of them, and so on."""
    known, left, found = set(people), list(figures), list[Figure]()
    while near := [figure for figure in left if not known.isdisjoint(figure.people)]:
        found += near
        left = [figure for figure in left if figure not in near]
        known.update(*(figure.people for figure in near))
    return found


def remember(db: Database, report: Report, figures: Iterable[Figure]) -> None:
    db.add_all(
        ReleasedFigure(
            report_id=report.id,
            questions=sorted({asked.question for asked in figure.asked}),
            asked=[_plain(asked) for asked in figure.asked],
            people=sorted(figure.people),
        )
        for figure in figures
    )


def forget(db: Database, process_id: UUID, person: str) -> None:
    """Put a number that means nobody in the place of somebody who asked to be forgotten: the figures stay known."""
    db.execute(
        text("""UPDATE released_figure SET people = array_replace(people, :person, :nobody)
                FROM report WHERE report.id = report_id AND process_id = :process_id AND :person = ANY (people)"""),
        {"person": person, "nobody": str(uuid4()), "process_id": process_id},
    )


def _plain(asked: Asked) -> dict[str, str]:
    return {"question": asked.question, "phase": asked.phase.value, "on": asked.on.isoformat()}


def _figure(row: ReleasedFigure) -> Figure:
    asked = (Asked(one["question"], Phase(one["phase"]), date.fromisoformat(one["on"])) for one in row.asked)
    return Figure(tuple(asked), frozenset(row.people))
