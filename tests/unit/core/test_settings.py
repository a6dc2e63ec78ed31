"""A service starts with all that it needs, or says in one line what is missing."""

import pytest

from services.booking.security.login_requests import LoginCreate
from services.booking.settings import Settings
from services.core.secrets import fresh_keys
from services.core.settings import ServiceSettings, load
from services.notifier.composition.addresses import Mailbox
from services.notifier.settings import Settings as NotifierSettings

KEYS = fresh_keys()
OF_ANOTHER_PAIR = pytest.param(
    "TOKEN_VERIFY_KEY",
    fresh_keys()["TOKEN_VERIFY_KEY"],
    "TOKEN_VERIFY_KEY does not belong to TOKEN_SIGNING_KEY",
    id="TOKEN_VERIFY_KEY of another pair",
)
ONE_OF_TWO_WRONG = pytest.param(
    "TOKEN_VERIFY_KEY",
    f"{KEYS['TOKEN_VERIFY_KEY']},AAAA",
    "TOKEN_VERIFY_KEY is no Ed25519 public key",
    id="TOKEN_VERIFY_KEY of which one is wrong",
)
ENVIRONMENT = {
    "REDIS_URL": "redis://:secret@localhost:6379/0",
    "BOOKING_DATABASE_URL": "postgresql://booking:geheim@localhost/booking",
    "PUBLIC_URL": "https://varaus.example.fi/",
    "NOTIFIER_DATABASE_URL": "postgresql://notifier@localhost/notifier",
    "SMTP_URL": "smtp://localhost",
    "MAIL_FROM": "ajat@example.fi",
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
    for secret in ("geheim", "secret", KEYS["NOTES_KEY"], KEYS["ADMIN_CLIENT_SECRET"], KEYS["TOKEN_SIGNING_KEY"]):
        assert secret not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BOOKING_NOTIFIER_KEY", None, "BOOKING_NOTIFIER_KEY is missing"),
        ("NOTES_KEY", "short", "NOTES_KEY is too weak"),
        ("NOTES_KEY", "long enough, varied, and yet no key", "NOTES_KEY is not a list of base64 keys of 32 bytes"),
        ONE_OF_TWO_WRONG,
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

    line = refusal_of(Settings)

    assert said in line
    assert value is None or value not in line


def refusal_of(settings: type[ServiceSettings]) -> str:
    with pytest.raises(SystemExit) as refused:
        load(settings)
    line = str(refused.value)
    assert "\n" not in line
    return line


def test_a_demo_may_be_careless(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DEMO_CLOCK_FILE", "clock")
    environment.setenv("ADMIN_CLIENT_SECRET", "demo")

    assert load(Settings).admin_client_secret == "demo"


# -- addresses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "mailbox"),
    [
        ("ajat@example.fi", Mailbox("ajat@example.fi")),
        ("tyonohjaus@localhost", Mailbox("tyonohjaus@localhost")),
        ("Maija Meikäläinen <ajat@TYÖNOHJAUS.fi>", Mailbox("ajat@xn--tynohjaus-17a.fi", "Maija Meikäläinen")),
        ('"Työ, ohjaus ja Oy" <ajat@straße.example>', Mailbox("ajat@xn--strae-oqa.example", "Työ, ohjaus ja Oy")),
    ],
)
def test_the_sender_is_kept_as_it_travels(environment: pytest.MonkeyPatch, written: str, mailbox: Mailbox) -> None:
    environment.setenv("MAIL_FROM", written)

    settings = load(NotifierSettings)

    assert settings.mail_from == mailbox
    assert settings.mail_from.domain == mailbox.address.partition("@")[2]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MAIL_FROM", "äjat@example.fi", "MAIL_FROM has letters before the @ that most mail servers refuse"),
        ("MAIL_FROM", "ajat", "MAIL_FROM is no e-mail address"),
        ("MAIL_FROM", "ajat@ex ample..fi", "MAIL_FROM is no"),
        ("MAIL_FROM", "ajat@ä..fi", "MAIL_FROM is no e-mail address: what stands after the @ is no host"),
        ("MAIL_FROM", "a@example.fi, b@example.fi", "MAIL_FROM is not one mailbox"),
        ("MAIL_FROM", "Työ, Oy <ajat@example.fi>", "MAIL_FROM is not one mailbox"),
        ("MAIL_FROM", "Oy\r\nBcc: x@example.fi <ajat@example.fi>", "MAIL_FROM is not one mailbox"),
        ("SMTP_URL", "smtp://u:%E4@example.fi", "SMTP_URL has a user or password that is not in UTF-8 (ä is %C3%A4)"),
        ("SMTP_URL", "smtp://ä..fi", "SMTP_URL is no address of a mail server"),
    ],
)
def test_an_address_that_letters_cannot_use_is_refused_in_one_line(
    environment: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    environment.setenv(name, value)

    line = refusal_of(NotifierSettings)

    assert said in line
    assert value not in line


@pytest.mark.parametrize("written", ["yllapito@työnohjaus.fi", "yllapito@xn--tynohjaus-17a.fi"])
def test_the_admin_is_known_by_the_address_that_the_form_for_logging_in_reads(
    environment: pytest.MonkeyPatch, written: str
) -> None:
    environment.setenv("ADMIN_EMAIL", written)

    assert load(Settings).admin_email == LoginCreate(email="yllapito@Työnohjaus.fi").email


@pytest.mark.parametrize("address", ["ylläpito@example.fi", "yllapito", "yllapito@localhost"])
def test_an_admin_who_could_never_log_in_is_refused(environment: pytest.MonkeyPatch, address: str) -> None:
    environment.setenv("ADMIN_EMAIL", address)

    assert "ADMIN_EMAIL is no e-mail address that people can log in with" in refusal_of(Settings)


def test_nobody_need_be_the_admin(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ADMIN_EMAIL", "")

    assert load(Settings).admin_email == ""
