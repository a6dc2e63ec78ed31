"""Runs the migrations of the reporting service; Alembic executes this file."""

from alembic import context
from sqlalchemy import create_engine, pool

from services.reporting.migrations import METADATA


def migrate() -> None:
    engine = create_engine(context.config.get_main_option("sqlalchemy.url", ""), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=METADATA, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


migrate()
