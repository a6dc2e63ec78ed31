"""What the booking service must be told before it starts."""

from functools import cache
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from services.booking.safe import keys_of
from services.settings import DatabaseUrl, Secret, ServiceSettings, SigningKey, load
from services.web.tokens import matches


def notes_keys(encoded: str) -> str:
    try:
        keys_of(encoded)
    except ValueError as error:
        raise PydanticCustomError("not_a_key", "is no list of base64 keys of 32 bytes") from error
    return encoded


NotesKey = Annotated[Secret, AfterValidator(notes_keys)]


class Settings(ServiceSettings):
    """The environment of the booking service."""

    booking_database_url: DatabaseUrl
    token_signing_key: SigningKey
    admin_client_id: str = Field(min_length=1, max_length=100)
    admin_client_secret: Secret
    notes_key: NotesKey
    admin_email: str = ""
    """Whoever has this address may log in to the admin's pages; without one they are for nobody."""
    failure_rate: str = "20/minute"
    intake_rate: str = "60/hour"
    login_rate: str = "30/hour"
    login_letter_rate: str = "5/hour"
    calendars_may_be_private: bool = False
    """Whether a supervisor may import calendars from hosts of one's own network."""

    def rates(self) -> dict[str, str]:
        """The strict limits, by the names under which they are counted."""
        return {
            "failures": self.failure_rate,
            "intakes": self.intake_rate,
            "logins": self.login_rate,
            "login-letters": self.login_letter_rate,
        }

    @model_validator(mode="after")
    def keys_belong_together(self) -> "Settings":
        if not matches(self.token_signing_key, self.token_verify_key):
            raise PydanticCustomError("other_key", "TOKEN_VERIFY_KEY does not belong to TOKEN_SIGNING_KEY")
        return self


@cache
def settings() -> Settings:
    return load(Settings)
