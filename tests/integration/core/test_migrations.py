"""The history of each database ends in what the tables of its service say."""

from types import ModuleType

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine

from services.booking import migrations as booking
from services.core.schema.migrate import migrate
from services.notifier import migrations as notifier
from services.reporting import migrations as reporting
from tests.conftest import FreshDatabase


def differences(url: str, metadata: list[MetaData]) -> list[object]:
    with create_engine(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
        found: list[object] = compare_metadata(context, metadata)  # type: ignore[arg-type]  # a list is fine since 1.x
        return found


@pytest.mark.parametrize("service", [booking, notifier, reporting])
def test_migrations_make_what_the_models_describe(service: ModuleType, fresh_database: FreshDatabase) -> None:
    name = service.__name__.split(".")[1]
    url = fresh_database(name)
    migrate(name, url)
    assert differences(url, service.METADATA) == []
