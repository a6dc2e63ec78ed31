"""The notifier as its tests meet it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import DatabaseServer
from tests.support.letter_office import Office, open_office
from tests.support.smtp_catcher import SmtpCatcher


@pytest.fixture
def office(
    postgres_server: DatabaseServer, redis_url: str, smtp_catcher: SmtpCatcher, tmp_path: Path
) -> Iterator[Office]:
    with open_office(postgres_server, redis_url, smtp_catcher, tmp_path) as office:
        yield office
