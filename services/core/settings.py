"""What an operator must say before a service starts, and the refusal to start with less."""

import base64
import binascii
import sys
from collections.abc import Mapping
from typing import Annotated, ClassVar, TypeVar
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AfterValidator, Field, HttpUrl, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.exc import ArgumentError

from services.core.clock import is_demo
from services.core.database import with_driver
from services.core.encryption import keys_of
from services.core.sealing import Sealing, sealing_of

MINIMUM_SECRET = 32
MINIMUM_VARIETY = 12


def not_weak(secret: str) -> str:
    """Refuse what a person could guess; a demo may be careless."""
    if not is_demo() and (len(secret) < MINIMUM_SECRET or len(set(secret)) < MINIMUM_VARIETY):
        raise PydanticCustomError("weak_secret", "is too weak")
    return secret


def address(url: str) -> str:
    """A public address without a slash at its end, so that paths can be put behind it."""
    return str(TypeAdapter(HttpUrl).validate_python(url)).rstrip("/")


def database(url: str) -> str:
    try:
        return with_driver(url)
    except ArgumentError as error:
        raise PydanticCustomError("not_a_database", "is no postgresql:// address") from error


def key_bytes(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PydanticCustomError("not_base64", "is not base64") from error


def verify_key(encoded: str) -> str:
    keys = [key_bytes(key) for key in encoded.split(",")]
    try:
        for key in keys:
            Ed25519PublicKey.from_public_bytes(key)
    except ValueError as error:
        raise PydanticCustomError("not_a_key", "is no Ed25519 public key") from error
    return encoded


def signing_key(encoded: str) -> str:
    keys = [key_bytes(key) for key in encoded.split(",")]
    try:
        for key in keys:
            Ed25519PrivateKey.from_private_bytes(key)
    except ValueError as error:
        raise PydanticCustomError("not_a_key", "is no Ed25519 private key") from error
    return encoded


def list_of_keys(encoded: str) -> str:
    try:
        keys_of(encoded)
    except ValueError as error:
        raise PydanticCustomError("not_a_key", "is not a list of base64 keys of 32 bytes") from error
    return encoded


Secret = Annotated[str, AfterValidator(not_weak), Field(repr=False)]
Address = Annotated[str, AfterValidator(address)]
DatabaseUrl = Annotated[str, AfterValidator(database), Field(repr=False)]
RedisUrl = Annotated[str, Field(repr=False, pattern=r"^(rediss?|sentinel)://")]
Months = Annotated[int, Field(ge=1, le=120)]
VerifyKey = Annotated[str, AfterValidator(verify_key)]
SigningKey = Annotated[str, AfterValidator(signing_key), Field(repr=False)]
Keys = Annotated[Secret, AfterValidator(list_of_keys)]
"""One key, or the new one and those before it, separated by commas."""


class ServiceSettings(BaseSettings):
    """What every service needs to know. There are no defaults for addresses and secrets."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
    service: ClassVar[str]

    redis_url: RedisUrl
    public_url: Address
    token_verify_key: VerifyKey
    older_link_key: str = Field(default="", validation_alias="link_key", repr=False)
    """LINK_KEY of an installation from before version 0.2: it makes nothing any more, but links that were sent are made
    from it again, and what it sealed is opened until it has been sealed anew."""
    trusted_proxies: int = Field(default=0, ge=0)
    """How many reverse proxies of ours stand in front; only as many entries of X-Forwarded-For are believed."""
    general_rate: str = "120000/minute"
    """How much one network may ask of one process."""
    notes_kept_months: Months = 6
    """Private notes, summaries, and why meetings were called off: from the end of the process."""
    answers_kept_months: Months = 12
    """What participants answered and said of meetings, and what only its supervisor reads of it."""
    contacts_kept_months: Months = 24
    """Names and addresses: from the end of the process, from when somebody left it, from a first talk."""
    letters_kept_months: Months = 12
    """That a letter was sent, to whom and when; its text goes after 30 days."""

    @property
    def installation(self) -> str:
        """What the ids of calendar entries end with, in letters and feeds alike; another installation's differ."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def own_keys(self) -> str:
        """What this service alone knows."""
        raise NotImplementedError

    @property
    def shared_keys(self) -> Mapping[str, str]:
        """What it shares with each other service, by that one's name."""
        raise NotImplementedError

    @property
    def sealing(self) -> Sealing:
        """What its engines carry."""
        return sealing_of(self.service, self.own_keys, self.shared_keys)


S = TypeVar("S", bound=ServiceSettings)


def load(settings: type[S]) -> S:
    """Read the environment, or end the process with one line that names each wrong variable and no value."""
    try:
        return settings()
    except ValidationError as refused:
        sys.exit(f"Can't start: {'; '.join(reasons(refused))}. `tyonohjaus secrets` prints a fresh set of secrets.")


def reasons(refused: ValidationError) -> list[str]:
    """What is wrong, with the name of each variable and no value."""
    return [f"{_variable(error['loc'])} {_reason(error)}" for error in refused.errors()]


def _variable(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in place).upper() or "The settings:"


def _reason(error: ErrorDetails) -> str:
    return "is missing" if error["type"] == "missing" else error["msg"].removeprefix("Value error, ")
