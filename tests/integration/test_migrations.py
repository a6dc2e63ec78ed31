"""The history of each database ends in what the tables of its service say."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine

from services.booking.migrations import METADATA


def differences(url: str, metadata: list[MetaData]) -> list[object]:
    with create_engine(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
        found: list[object] = compare_metadata(context, metadata)  # type: ignore[arg-type]  # a list is fine since 1.x
        return found


def test_bookings_migrations_make_what_its_models_describe(booking_database: str) -> None:
    assert differences(booking_database, METADATA) == []
