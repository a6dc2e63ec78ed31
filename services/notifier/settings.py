"""What the notifier must be told before it starts: by whom and through which server it sends."""

from email.utils import parseaddr
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from services.notifier.smtp import MailServer, WrongAddress
from services.settings import DatabaseUrl, ServiceSettings, load


def _server_address(url: str) -> str:
    try:
        MailServer.at(url)
    except WrongAddress as wrong:
        raise PydanticCustomError("smtp_url", "{reason}", {"reason": str(wrong)}) from None
    return url


def _mailbox(sender: str) -> str:
    local, at, domain = parseaddr(sender)[1].rpartition("@")
    if not (local and at and domain and sender.isprintable()):
        raise PydanticCustomError("mailbox", "is no e-mail address")
    return sender


class Settings(ServiceSettings):
    """The environment of the notifier."""

    notifier_database_url: DatabaseUrl
    smtp_url: Annotated[str, AfterValidator(_server_address), Field(repr=False)]
    mail_from: Annotated[str, AfterValidator(_mailbox)]
    """The mailbox that sends, and that calendar entries name as their organizer."""

    @property
    def sender(self) -> str:
        """The bare address of the sending mailbox."""
        return parseaddr(self.mail_from)[1]

    @property
    def domain(self) -> str:
        """What message ids end with, and how we greet the mail server."""
        return self.sender.rpartition("@")[2]


@cache
def settings() -> Settings:
    return load(Settings)
