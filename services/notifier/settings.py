"""The settings of the notifier: its sender address and mail server among them."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode

from services.core.email_address import InvalidAddress
from services.core.settings import DatabaseUrl, Keys, ServiceSettings, load
from services.notifier.composition.addresses import Mailbox
from services.notifier.delivery.smtp import InvalidServerUrl, MailServer
from services.web.security.links import link_key


def _server_address(url: str) -> str:
    try:
        MailServer.at(url)
    except InvalidServerUrl as wrong:
        raise PydanticCustomError("smtp_url", "{reason}", {"reason": str(wrong)}) from None
    return url


def _mailbox(sender: str) -> Mailbox:
    try:
        return Mailbox.parse(sender)
    except InvalidAddress as wrong:
        raise PydanticCustomError("mailbox", "{reason}", {"reason": str(wrong)}) from None


class Settings(ServiceSettings):
    """The environment of the notifier."""

    service = "notifier"

    notifier_database_url: DatabaseUrl
    notifier_key: Keys
    booking_notifier_key: Keys
    reporting_notifier_key: Keys
    smtp_url: Annotated[str, AfterValidator(_server_address), Field(repr=False)]
    mail_from: Annotated[Mailbox, NoDecode, BeforeValidator(_mailbox)]
    """The mailbox that sends, and that calendar entries name as their organizer. Its domain ends the ids of messages
    and is what we greet the mail server with."""

    @property
    def own_keys(self) -> str:
        return self.notifier_key

    @property
    def shared_keys(self) -> Mapping[str, str]:
        return {"booking": self.booking_notifier_key, "reporting": self.reporting_notifier_key}

    @property
    def link_key(self) -> str:
        """Of booking's links."""
        return link_key(self.booking_notifier_key, self.older_link_key)

    @property
    def report_link_key(self) -> str:
        """Of reporting's links."""
        return link_key(self.reporting_notifier_key, self.older_link_key)


@cache
def settings() -> Settings:
    return load(Settings)
