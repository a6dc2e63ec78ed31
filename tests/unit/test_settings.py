"""A service starts with all that it needs, or says in one line what is missing."""

import pytest

from services.booking.settings import Settings
from services.keyring import fresh_keys
from services.settings import load

KEYS = fresh_keys()
OF_ANOTHER_PAIR = pytest.param(
    "TOKEN_VERIFY_KEY",
    fresh_keys()["TOKEN_VERIFY_KEY"],
    "TOKEN_VERIFY_KEY does not belong to TOKEN_SIGNING_KEY",
    id="TOKEN_VERIFY_KEY of another pair",
)
ENVIRONMENT = {
    "REDIS_URL": "redis://:secret@localhost:6379/0",
    "BOOKING_DATABASE_URL": "postgresql://booking:geheim@localhost/booking",
    "PUBLIC_URL": "https://varaus.example.fi/",
    "REPORTING_PUBLIC_URL": "https://raportit.example.fi",
    "NOTIFIER_PUBLIC_URL": "https://viestit.example.fi",
    **KEYS,
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("DEMO_CLOCK_FILE", raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.usefixtures("environment")
def test_plain_addresses_are_accepted_and_secrets_are_not_shown() -> None:
    settings = load(Settings)

    assert settings.booking_database_url == "postgresql+psycopg://booking:geheim@localhost/booking"
    assert settings.public_url == "https://varaus.example.fi"
    for secret in ("geheim", "secret", KEYS["LINK_KEY"], KEYS["ADMIN_CLIENT_SECRET"], KEYS["TOKEN_SIGNING_KEY"]):
        assert secret not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LINK_KEY", None, "LINK_KEY is missing"),
        ("LINK_KEY", "short", "LINK_KEY is too weak"),
        ("ADMIN_CLIENT_SECRET", "a" * 64, "ADMIN_CLIENT_SECRET is too weak"),
        ("TOKEN_VERIFY_KEY", "not base64!", "TOKEN_VERIFY_KEY is not base64"),
        ("TOKEN_VERIFY_KEY", "AAAA", "TOKEN_VERIFY_KEY is no Ed25519 public key"),
        OF_ANOTHER_PAIR,
        ("PUBLIC_URL", "varaus.example.fi", "PUBLIC_URL"),
        ("REDIS_URL", "http://localhost", "REDIS_URL"),
        ("BOOKING_DATABASE_URL", "nonsense", "BOOKING_DATABASE_URL"),
    ],
)
def test_a_start_with_less_is_refused_in_one_line(
    environment: pytest.MonkeyPatch, name: str, value: str | None, said: str
) -> None:
    environment.delenv(name) if value is None else environment.setenv(name, value)

    with pytest.raises(SystemExit) as refused:
        load(Settings)

    line = str(refused.value)
    assert said in line
    assert "\n" not in line
    assert value is None or value not in line


def test_a_demo_may_be_careless(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DEMO_CLOCK_FILE", "clock")
    environment.setenv("ADMIN_CLIENT_SECRET", "demo")

    assert load(Settings).admin_client_secret == "demo"
