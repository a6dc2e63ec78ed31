"""The people behind every figure released to a client, stored so that no later figure reveals one person's answer."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import String, cast, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from services.core.database import Database
from services.events.catalogue import Phase
from services.reporting.disclosure.rules import AskedQuestion, Figure
from services.reporting.models import ReleasedFigure, Report

RELEASE_LOCK = 7_391_004


def lock_releases(db: Database) -> None:
    """Let no other transaction release a report until this one ends: each must see the other's figures."""
    db.execute(select(func.pg_advisory_xact_lock(RELEASE_LOCK)))


def find_comparable_figures(db: Database, questions: Collection[str], people: Iterable[str]) -> list[Figure]:
    """What was released about any of these questions, as far as it can be compared with these people's answers."""
    any_of_them = cast(list(questions), ARRAY(String))
    query = select(ReleasedFigure).where(col(ReleasedFigure.questions).op("&&")(any_of_them))
    return connected_figures([_figure(row) for row in db.scalars(query)], people)


def connected_figures(figures: Sequence[Figure], people: Iterable[str]) -> list[Figure]:
    """The figures about these people, and about those who are in a figure with one of them, and so on."""
    known, left, found = set(people), list(figures), list[Figure]()
    while near := [figure for figure in left if not known.isdisjoint(figure.people)]:
        found += near
        left = [figure for figure in left if figure not in near]
        known.update(*(figure.people for figure in near))
    return found


def remember_figures(db: Database, report: Report, figures: Iterable[Figure]) -> None:
    db.add_all(
        ReleasedFigure(
            report_id=report.id,
            questions=sorted({asked.question for asked in figure.asked}),
            asked=[_asked_as_json(asked) for asked in figure.asked],
            people=sorted(figure.people),
        )
        for figure in figures
    )


def forget_person_in_figures(db: Database, process_id: UUID, person: str) -> None:
    """Replace an erased person by a random id, so that the figures can still be compared."""
    db.execute(
        text("""UPDATE released_figure SET people = array_replace(people, :person, :nobody)
                FROM report WHERE report.id = report_id AND process_id = :process_id AND :person = ANY (people)"""),
        {"person": person, "nobody": str(uuid4()), "process_id": process_id},
    )


def _asked_as_json(asked: AskedQuestion) -> dict[str, str]:
    return {"question": asked.question, "phase": asked.phase.value, "on": asked.on.isoformat()}


def _figure(row: ReleasedFigure) -> Figure:
    asked = (AskedQuestion(one["question"], Phase(one["phase"]), date.fromisoformat(one["on"])) for one in row.asked)
    return Figure(tuple(asked), frozenset(row.people))
