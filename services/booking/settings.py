"""The settings of the booking service, from the environment."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from services.core.settings import DatabaseUrl, Keys, Secret, ServiceSettings, SigningKey, load, not_weak
from services.web.errors.validation import WrongValue
from services.web.protocol.fields import deliverable
from services.web.security.links import link_key
from services.web.security.tokens import matches


def who_logs_in(address: str) -> str:
    """The address as the form for logging in reads it, or nobody's."""
    try:
        return deliverable(address) if address else ""
    except WrongValue as wrong:
        raise PydanticCustomError("email", "is no e-mail address that people can log in with") from wrong


AdminAddress = Annotated[str, AfterValidator(who_logs_in)]
MaybeSecret = Annotated[str, AfterValidator(lambda secret: secret and not_weak(secret)), Field(repr=False)]


class Settings(ServiceSettings):
    """The environment of the booking service."""

    service = "booking"

    booking_database_url: DatabaseUrl
    token_signing_key: SigningKey
    admin_client_id: str = Field(min_length=1, max_length=100)
    admin_client_secret: Secret
    notes_key: Keys
    booking_notifier_key: Keys
    booking_reporting_key: Keys
    admin_email: AdminAddress = ""
    """The address that may log in to the admin's pages; without one nobody can."""
    setup_secret: MaybeSecret = ""
    """What opens an installation in which nobody works yet; without one nobody is led through setting it up."""
    mail_from: str = ""
    """Whom letters come from, as the notifier is told it: only to say what the records of its domain are."""
    code_rate: str = "60/hour"
    """How many codes for browsers one network may ask for and try: a whole team sits behind one address."""
    failure_rate: str = "20/minute"
    intake_rate: str = "60/hour"
    login_rate: str = "30/hour"
    login_letter_rate: str = "5/hour"
    """How many unused login links a mailbox is sent."""
    request_rate: str = "5/day"
    """How many processes a client may ask for of supervisors who do not know it."""
    change_rate: str = "20/day"
    """How often one person's times or address may be changed: by their links, and by programs."""
    holds_per_supervisor: int = Field(default=10, ge=1)
    """How many first talks may wait to be confirmed: with one supervisor, from one network, for one mailbox."""
    holds_per_network: int = Field(default=5, ge=1)
    holds_per_mailbox: int = Field(default=4, ge=1)
    talks_per_mailbox: int = Field(default=2, ge=1)
    """How many first talks may lie ahead with one supervisor: for one mailbox, from one network."""
    talks_per_network: int = Field(default=6, ge=1)
    unconfirmed_letters_an_hour: int = Field(default=5, ge=1)
    """How many letters strangers can have sent to a mailbox that never confirmed anything."""
    unconfirmed_letters_a_day: int = Field(default=10, ge=1)
    calendars_may_be_private: bool = False
    """Whether supervisors may import calendars from hosts of the private network."""
    webhooks_may_be_private: bool = False
    """Whether webhooks may go to hosts of the private network, and without TLS."""

    @property
    def own_keys(self) -> str:
        return self.notes_key

    @property
    def shared_keys(self) -> Mapping[str, str]:
        return {"notifier": self.booking_notifier_key, "reporting": self.booking_reporting_key}

    @property
    def link_key(self) -> str:
        """Of the links that booking makes and the notifier writes into letters."""
        return link_key(self.booking_notifier_key, self.older_link_key)

    def rates(self) -> dict[str, str]:
        """The strict rate limits by name."""
        return {
            "changes": self.change_rate,
            "codes": self.code_rate,
            "failures": self.failure_rate,
            "intakes": self.intake_rate,
            "logins": self.login_rate,
            "requests": self.request_rate,
        }

    @model_validator(mode="after")
    def keys_belong_together(self) -> Self:
        if not matches(self.token_signing_key, self.token_verify_key):
            raise PydanticCustomError("other_key", "TOKEN_VERIFY_KEY does not belong to TOKEN_SIGNING_KEY")
        return self


@cache
def settings() -> Settings:
    return load(Settings)
