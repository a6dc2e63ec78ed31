"""What a letter of news tells: each thing in the state that it is in now, or nothing of it any more."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from services.core.database import Database
from services.events import catalogue
from services.finnish.vocabulary import EVALUATIONS
from services.notifier.composition.contexts import NewsItem
from services.notifier.log import labels
from services.notifier.models import (
    Evaluation,
    Intake,
    Intention,
    Letter,
    LetterStatus,
    News,
    NewsKind,
    Process,
    Session,
)

HEADLINES = {
    NewsKind.booked: "uusi tapaaminen",
    NewsKind.moved: "tapaaminen on siirretty",
    NewsKind.cancelled: "tapaaminen on peruttu",
    NewsKind.not_coming: "yksi osallistuja ei pääse",
}
TALKS = {"confirmed": "kartoittava keskustelu on varattu", "cancelled": "kartoittava keskustelu on peruttu"}


def load_news(db: Database, site: str, supervisor_id: UUID, told_at: datetime) -> tuple[NewsItem, ...]:
    """In the order in which it came about; of what was changed or taken back since nothing is said."""
    own = (col(News.supervisor_id) == supervisor_id, col(News.told_at) == told_at)
    told = db.scalars(select(News).where(*own).order_by(col(News.id))).all()
    codes = {
        process.process_id: process.code
        for process in db.scalars(select(Process).where(col(Process.process_id).in_({one.process_id for one in told})))
    }
    return tuple(
        NewsItem(process_code=codes.get(one.process_id) if one.process_id else None, **item)
        for one in told
        for item in _items(db, site, one)
    )


def _items(db: Database, site: str, one: News) -> Iterator[dict[str, object]]:
    match one.kind:
        case NewsKind.booked | NewsKind.moved | NewsKind.cancelled | NewsKind.not_coming:
            yield from _of_session(db, site, one)
        case NewsKind.first_talk:
            talk = _newest(db.scalars(select(Intake).where(col(Intake.intake_id) == one.about_id)).all())
            if talk and talk.version == one.version and talk.status in TALKS:
                url = f"{site}/tyo/kartoitukset/{one.about_id}"
                yield {"headline": TALKS[talk.status], "starts_at": talk.starts_at, "url": url}
        case NewsKind.refused:
            letter = db.get(Letter, one.about_id)
            if letter and letter.status == LetterStatus.failed:
                name = labels.KINDS[letter.kind].lower()
                yield {"headline": f"viesti ei lähtenyt ({name})", "url": f"{site}/viestit/{letter.id}"}
        case NewsKind.all_answered:
            round_ = db.get(Evaluation, one.about_id)
            if round_:
                url = f"{site}/tyo/prosessit/{round_.process_id}/arvioinnit/{one.about_id}"
                phase = EVALUATIONS[catalogue.Phase(round_.phase)].illative
                yield {"headline": f"{phase} ovat vastanneet kaikki", "url": url}


def _of_session(db: Database, site: str, one: News) -> Iterator[dict[str, object]]:
    session = _newest(db.scalars(select(Session).where(col(Session.session_id) == one.about_id)).all())
    if session is None:
        return
    if one.kind is NewsKind.not_coming:
        said = db.get(Intention, (one.about_id, one.person_id))
        is_true = said is not None and said.version == one.version and said.starts_at == session.starts_at
        is_true = is_true and session.status == "booked"
    else:
        is_true = session.version == one.version
    if is_true:
        url = f"{site}/tyo/tapaamiset/{one.about_id}"
        yield {"headline": HEADLINES[one.kind], "starts_at": session.starts_at, "url": url}


V = TypeVar("V", Session, Intake)


def _newest(versions: Sequence[V]) -> V | None:
    return max(versions, key=lambda one: one.version, default=None)
