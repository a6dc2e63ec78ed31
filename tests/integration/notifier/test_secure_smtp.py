"""Letters travel encrypted and with a password wherever the server's address says so."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.notifier.delivery import smtp
from services.notifier.delivery.smtp import MailServer, ServerUnreachable
from services.quickstart.ports import free_port

LETTER = b"Subject: koe\r\n\r\nHei\r\n"


class Catcher(Sink):
    def __init__(self) -> None:
        super().__init__()
        self.caught: list[tuple[bool, bool]] = []

    async def handle_DATA(self, _server: SMTP, session: object, _envelope: object) -> str:  # noqa: N802
        self.caught.append((getattr(session, "ssl", None) is not None, bool(getattr(session, "authenticated", False))))
        return "250 OK"


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's certificate for 127.0.0.1, and a machine that trusts it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = signed.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "server.pem").write_bytes(pem + private)
    (tmp_path / "trusted.pem").write_bytes(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server.pem")
    return context


def check(_server: SMTP, _session: object, _envelope: object, _mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"posti", b"sala/sana"), handled=False)


@contextmanager
def listening(
    make: Callable[..., SMTP] = SMTP, context: ssl.SSLContext | None = None, **options: object
) -> Iterator[tuple[int, Catcher]]:
    catcher, port = Catcher(), free_port()

    class Server(Controller):
        def factory(self) -> SMTP:
            return make(self.handler, hostname="mail", **options)

    controller = Server(catcher, hostname="127.0.0.1", port=port, ssl_context=context)
    controller.start()
    try:
        yield port, catcher
    finally:
        controller.stop()


def send(url: str) -> None:
    connection = smtp.connect_to_server(MailServer.at(url), "example.fi")
    try:
        envelope = smtp.Envelope("from@example.fi", "to@example.fi")
        smtp.deliver_message(connection, envelope, LETTER, checkpoint=lambda: None, meanwhile=lambda: None)
    finally:
        smtp.close_connection(connection)


def test_an_offered_starttls_is_used_and_the_password_goes_over_it(certificate: ssl.SSLContext) -> None:
    with listening(tls_context=certificate, authenticator=check, auth_require_tls=True) as (port, catcher):
        send(f"smtp://posti:sala%2Fsana@127.0.0.1:{port}")

    assert catcher.caught == [(True, True)]


def test_smtps_is_encrypted_from_the_first_byte(certificate: ssl.SSLContext) -> None:
    with listening(context=certificate, authenticator=check, auth_require_tls=False) as (port, catcher):
        send(f"smtps://posti:sala%2Fsana@127.0.0.1:{port}")

    assert [authenticated for _, authenticated in catcher.caught] == [True]


def test_a_certificate_that_nobody_vouches_for_is_refused(
    certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "nobody.pem").write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nobody.pem"))
    with listening(tls_context=certificate) as (port, catcher), pytest.raises(ServerUnreachable, match="STARTTLS"):
        send(f"smtp://127.0.0.1:{port}")

    assert catcher.caught == []


@pytest.mark.parametrize("excluded", [["LOGIN"], ["PLAIN"]])
def test_a_password_beyond_ascii_goes_in_utf_8(certificate: ssl.SSLContext, excluded: list[str]) -> None:
    def check_finnish(*asked: Any) -> AuthResult:
        data: LoginPassword = asked[-1]
        right = (data.login, data.password) == ("pösti".encode(), "sälä/€ana".encode())
        return AuthResult(success=right, handled=False)

    server = partial(SMTP, authenticator=check_finnish, auth_exclude_mechanism=excluded)
    with listening(server, tls_context=certificate) as (port, catcher):
        send(f"smtp://pösti:s%C3%A4l%C3%A4%2F€ana@127.0.0.1:{port}")
        with pytest.raises(ServerUnreachable, match="LOGIN 535"):
            send(f"smtp://pösti:väärä@127.0.0.1:{port}")

    assert catcher.caught == [(True, True)]


def test_a_wrong_password_is_trouble_of_the_server_and_no_letter_is_lost(certificate: ssl.SSLContext) -> None:
    with (
        listening(tls_context=certificate, authenticator=check, auth_require_tls=True) as (port, catcher),
        pytest.raises(ServerUnreachable, match="LOGIN 535"),
    ):
        send(f"smtp://posti:wrong@127.0.0.1:{port}")

    assert catcher.caught == []
