"""The settings of the reporting service."""

from collections.abc import Mapping
from functools import cache

from services.core.settings import DatabaseUrl, Keys, ServiceSettings, load
from services.web.security.links import link_key


class Settings(ServiceSettings):
    """The environment of the reporting service."""

    service = "reporting"

    reporting_database_url: DatabaseUrl
    reporting_key: Keys
    booking_reporting_key: Keys
    reporting_notifier_key: Keys

    @property
    def own_keys(self) -> str:
        return self.reporting_key

    @property
    def shared_keys(self) -> Mapping[str, str]:
        return {"booking": self.booking_reporting_key, "notifier": self.reporting_notifier_key}

    @property
    def link_key(self) -> str:
        """Of the links that reporting makes and the notifier writes into letters."""
        return link_key(self.reporting_notifier_key, self.older_link_key)


@cache
def settings() -> Settings:
    return load(Settings)
