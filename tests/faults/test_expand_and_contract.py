"""A deploy changes a database under code that still runs: each step of its history only adds, so old code lives on.

The code of a revision is known by its tables: what it reads is every column, what it writes is a row with the columns
that had to be given then. After every later step it must still read and write so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from psycopg import sql

from services.core.schema.migrate import _configuration as configuration
from tests.conftest import FreshDatabase

SERVICES = ("booking", "notifier", "reporting")

CONTRACTS = {
    ("booking", "0003"): {"participant can't be written"},
    ("booking", "0004"): {"outbox: one_event_a_version is gone", "outbox: one_event_a_telling is new"},
    ("notifier", "0002"): {"report can't be written"},
    ("reporting", "0003"): {
        "outbox: one_event_a_version is gone",
        "outbox: one_event_a_telling is new",
        "report_schedule can't be written",
    },
}
"""The steps that took something away or asked for more. All are older than the first installation; a later one belongs
here only when the code that it would break runs nowhere any more."""

VALUES: dict[str, str] = {
    "uuid": "gen_random_uuid()",
    "integer": "1",
    "smallint": "1",
    "bigint": "1",
    "boolean": "false",
    "character varying": "left(gen_random_uuid()::text, 8)",
    "timestamp with time zone": "now()",
    "time without time zone": "'09:00'",
    "date": "current_date",
    "jsonb": "'{}'",
    "ARRAY": "'{}'",
    "bytea": "'x'",
    "tstzrange": "tstzrange(now(), now() + interval '1 hour')",
    "double precision": "1",
    "numeric": "1",
}
"""What old code writes into a column of this type …"""

CHOSEN: dict[str, str] = {
    "ends_at": "now() + interval '1 hour'",
    "end": "'16:00'",
    "due_at": "now() + interval '1 day'",
    "intake.status": "'held'",
    "session.status": "'booked'",
    "report.status": "'due'",
    "report.kind": "'goal_report'",
    "min_group_size": "5",
    "day": "current_date + (random() * 10000)::int",
    "server_rest.id": "1",
    "practice.id": "1",
    "setup.id": "1",
    "webhook.role": "'admin'",
    "evaluation.phase": "'mid'",
    "evaluation.status": "'open'",
    "goal_wording.baseline": "-2",
    "goal_wording.levels": "'{a,b,c,d,e}'",
    "summary.edition": "0",
    "attendance_intention.intention": "'coming'",
    "attendance_intention.source": "'page'",
    "change_wish.kind": "'move'",
}
"""… or, where only some values make sense, into the column of this name."""


@dataclass(frozen=True)
class Shape:
    """A table as one revision made it: the type of each column, those that must be given, and its unique indexes."""

    columns: dict[str, str]
    required: tuple[str, ...]
    unique: frozenset[str]


Shapes = dict[str, Shape]


def revisions(service: str) -> list[str]:
    scripts = ScriptDirectory.from_config(configuration(service, "postgresql://"))
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


def shapes(database: psycopg.Connection[Any]) -> Shapes:
    return dict(_shapes(database))


def _shapes(database: psycopg.Connection[Any]) -> Iterator[tuple[str, Shape]]:
    for (table,) in database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
        columns = database.execute(
            """SELECT column_name, data_type, is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'
               FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s""",
            [table],
        ).fetchall()
        unique = database.execute(
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = indexrelid WHERE indisunique AND indrelid = %s"
            "::regclass",
            [f'public."{table}"'],
        ).fetchall()
        if table != "alembic_version":
            yield (
                table,
                Shape(
                    {name: kind for name, kind, _ in columns},
                    tuple(name for name, _, required in columns if required),
                    frozenset(name for (name,) in unique),
                ),
            )


def breaches(database: psycopg.Connection[Any], old: Shapes, new: Shapes) -> set[str]:
    """What code that knows the old shapes trips over in the database as it is now."""
    found = set()
    for table, shape in old.items():
        if table not in new:
            found.add(f"{table} is gone")
            continue
        now = new[table]
        changed = {name for name, kind in shape.columns.items() if now.columns.get(name) != kind}
        found |= {f"{table}.{name} is gone or changed" for name in changed}
        found |= {f"{table}: {name} is gone" for name in shape.unique - now.unique}
        found |= {f"{table}: {name} is new" for name in now.unique - shape.unique}
        if not can_write(database, table, shape):
            found.add(f"{table} can't be written")
    return found


def can_write(database: psycopg.Connection[Any], table: str, shape: Shape) -> bool:
    """Add a row as the code of that shape does; its neighbours are left out of it."""
    names = [name for name in shape.columns if name in shape.required or f"{table}.{name}" in CHOSEN]
    values = [CHOSEN.get(f"{table}.{name}") or CHOSEN.get(name) or VALUES[shape.columns[name]] for name in names]
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names)), sql.SQL(", ".join(values))
    )
    try:
        with database.transaction():
            database.execute("SET LOCAL session_replication_role = replica")
            database.execute(statement)
    except psycopg.Error as refused:
        print(table, refused)  # noqa: T201 -- shown when a test fails
        return False
    return True


def counts(database: psycopg.Connection[Any], tables: Shapes) -> dict[str, int]:
    counted = {}
    for table in tables:
        row = database.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
        counted[table] = int(row[0]) if row else 0
    return counted


@pytest.mark.parametrize("service", SERVICES)
def test_what_the_first_code_wrote_survives_every_step_and_each_step_lets_the_code_before_it_go_on(
    service: str, fresh_database: FreshDatabase
) -> None:
    url = fresh_database(service)
    steps = revisions(service)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as database:
        command.upgrade(configuration(service, url), steps[0])
        old = shapes(database)
        assert [table for table, shape in old.items() if not can_write(database, table, shape)] == [], steps[0]
        for _, step in pairwise(steps):
            written = counts(database, old)
            command.upgrade(configuration(service, url), step)
            new = shapes(database)
            fresh = {table: shape for table, shape in new.items() if table not in old}
            assert [table for table, shape in fresh.items() if not can_write(database, table, shape)] == []
            assert counts(database, old) == written, step
            assert breaches(database, old, new) == CONTRACTS.get((service, step), set()), step
            old = new


def test_taking_away_renaming_or_requiring_is_seen(fresh_database: FreshDatabase) -> None:
    url = fresh_database("notifier")
    command.upgrade(configuration("notifier", url), "head")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as database:
        before = shapes(database)
        for statement in (
            "ALTER TABLE login DROP COLUMN email",
            "ALTER TABLE answer RENAME TO reply",
            "ALTER TABLE preference ADD COLUMN since timestamptz NOT NULL",
            "ALTER TABLE agenda_day ADD COLUMN note text",
            "ALTER TABLE supervisor ALTER COLUMN full_name TYPE text",
            "CREATE UNIQUE INDEX one_name ON process (title)",
        ):
            database.execute(statement)

        assert breaches(database, before, shapes(database)) == {
            "login.email is gone or changed",
            "login can't be written",
            "answer is gone",
            "preference can't be written",
            "supervisor.full_name is gone or changed",
            "process: one_name is new",
        }
