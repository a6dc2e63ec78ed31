"""What is confidential rests sealed, also what rested in the clear before and what an older key had sealed."""

import json
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text
from sqlmodel import SQLModel

from services.core import database
from services.core.database import transaction
from services.core.encryption import CannotDecrypt
from services.core.sealing import carrying, reseal_batch, sealing_of
from services.core.secrets import fresh_keys
from services.notifier import models as notifier
from services.reporting import models as reporting
from tests.databases import DatabaseServer
from tests.integration.conftest import everything

OLD, NEW = (fresh_keys()["REPORTING_KEY"] for _ in range(2))
MARK = "Kivikasassa asuu kärppä"
ID = UUID(int=7)

ROWS: dict[str, tuple[str, dict[str, object]]] = {
    "reporting": (
        "INSERT INTO summary VALUES (:id, 1, :id, :id, now(), :actions);"
        "INSERT INTO agreed_goals VALUES (:id, 1, now(), :worded, :worded);"
        "INSERT INTO answer (answer_id, version, evaluation_id, process_id, phase, goals, benefits, answered_at,"
        " wording_version) VALUES (:id, 1, :id, :id, 'mid', :goals, '{}', now(), 1);"
        "INSERT INTO report (id, kind, subject_id, occasion, edition, supervisor_id, first, last, status, document,"
        " pdf, words, version) VALUES (:id, 'goal_report', :id, 'x', 1, :id, now(), now(), 'compiled', :document, :pdf,"
        " ARRAY[:mark], 1)",
        {
            "actions": json.dumps([{"text": MARK}]),
            "worded": json.dumps([{"title": MARK}]),
            "goals": json.dumps({MARK: 2}),
            "document": json.dumps({"a": MARK}),
            "pdf": f"%PDF {MARK}".encode(),
        },
    ),
    "notifier": (
        "INSERT INTO summary (summary_id, version, session_id, process_id, published_at, sends_letter, links,"
        " link_expires_at, content) VALUES (:id, 1, :id, :id, now(), true, '{}', now(), :content);"
        "INSERT INTO report (report_id, version, kind, supervisor_id, period_label, figures, html, pdf)"
        " VALUES (:id, 1, 'goal_report', :id, 'x', :figures, :html, :pdf)",
        {
            "content": json.dumps({"themes": [MARK]}),
            "figures": json.dumps({"a": MARK}),
            "html": f"<p>{MARK}</p>",
            "pdf": f"%PDF {MARK}".encode(),
        },
    ),
}
TABLES: dict[str, tuple[type[SQLModel], ...]] = {
    "reporting": (reporting.Summary, reporting.AgreedGoals, reporting.Answer, reporting.Report),
    "notifier": (notifier.Summary, notifier.Report),
}


@pytest.fixture(params=["reporting", "notifier"])
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def by(service: str, postgres_server: DatabaseServer) -> Iterator[Callable[[str], Engine]]:
    """``by(keys)`` is an engine of the service that has these keys; in its database is what version 0.1 wrote."""
    with postgres_server.migrated(service) as url:
        statements, values = ROWS[service]
        with transaction(database.engine(url, pool_size=1)) as db:
            for statement in statements.split(";"):
                named = {name: value for name, value in values.items() if f":{name}" in statement}
                marked = {"mark": MARK} if ":mark" in statement else {}
                db.execute(text(statement), {"id": ID, **named, **marked})
        yield lambda keys: carrying(database.engine(url, pool_size=1), sealing_of(service, keys, {}))


def read(engine: Engine, service: str) -> list[dict[str, object]]:
    with transaction(engine) as db:
        return [row.model_dump() for table in TABLES[service] for row in db.scalars(select(table))]


def is_found(engine: Engine) -> bool:
    """As it is, or as PostgreSQL shows bytes and JSON its letters beyond ASCII."""
    held = everything(engine)
    return any(form in held for form in (MARK, MARK.encode().hex(), json.dumps(MARK).strip('"')))


def test_what_rested_in_the_clear_is_read_and_then_sealed(service: str, by: Callable[[str], Engine]) -> None:
    engine = by(OLD)
    before = read(engine, service)
    assert is_found(engine)
    assert MARK in str(before)

    while reseal_batch(engine, TABLES[service]):
        pass

    assert not is_found(engine)
    assert read(engine, service) == before
    with pytest.raises(CannotDecrypt):
        read(by(NEW), service)


def test_while_a_key_is_replaced_all_is_sealed_anew_and_then_the_old_one_may_go(
    service: str, by: Callable[[str], Engine]
) -> None:
    before = read(by(OLD), service)
    for keys in (OLD, f"{NEW},{OLD}"):
        reseal_batch(by(keys), TABLES[service])

    assert read(by(NEW), service) == before
    sealed = everything(by(NEW))
    reseal_batch(by(NEW), TABLES[service])
    assert everything(by(NEW)) == sealed


def test_what_was_sealed_for_one_column_opens_in_no_other(postgres_server: DatabaseServer) -> None:
    with postgres_server.migrated("notifier") as url:
        engine = carrying(database.engine(url, pool_size=1), sealing_of("notifier", OLD, {}))
        report = notifier.Report(
            report_id=ID, version=1, kind="goal_report", supervisor_id=ID, period_label="x", figures={}, html=MARK
        )
        with transaction(engine) as db:
            db.add(report)
            db.flush()
            db.execute(text("UPDATE report SET figures = to_jsonb(html)"))
            db.expunge_all()
            with pytest.raises(CannotDecrypt):
                db.scalars(select(notifier.Report)).all()
