"""What the reporting service must be told before it starts."""

from functools import cache

from services.settings import DatabaseUrl, ServiceSettings, load


class Settings(ServiceSettings):
    """The environment of the reporting service."""

    reporting_database_url: DatabaseUrl


@cache
def settings() -> Settings:
    return load(Settings)
