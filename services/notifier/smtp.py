"""How one message is handed to a mail server. Each way to fail says what is known about the message then.

Until the server has answered 354 it can't have the message; after that only its last reply tells. RFC 5321 §4.5.3.2
gives it ten minutes for that reply: who gives up earlier sends messages twice.
"""

import ipaddress
import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

COMMAND_SECONDS = 30.0
FINAL_REPLY_SECONDS = 600.0
STARTTLS = ("required", "offered", "off")
WE_ARE_REFUSED = (421, 530, 534, 535, 538)
"""The server closes, or wants us to log in (better): no fault of the message's."""

Reply = tuple[int, bytes]


class WrongAddress(ValueError):
    """The address of the mail server can't be used."""


class Unreachable(Exception):
    """There is no talking to the server, or the connection broke off early: it does not have the message."""


class Deferred(Exception):
    """The server does not take this message now."""


class Refused(Exception):
    """The server will never take this message."""


class Unknown(Exception):
    """The connection broke off when the server may already have had the message."""


@dataclass(frozen=True)
class MailServer:
    """``smtp://user:password@host:587?starttls=required`` or ``smtps://…``; STARTTLS is used where it is offered."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    implicit_tls: bool = False
    starttls: str = "offered"

    @classmethod
    def at(cls, url: str) -> "MailServer":
        try:
            parts = urlsplit(url)
            port, options = parts.port, dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        except ValueError as error:
            raise WrongAddress("is no address of a mail server") from error
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise WrongAddress("must begin with smtp:// or smtps:// and name a host")
        starttls = options.pop("starttls", "offered")
        if options or starttls not in STARTTLS:
            raise WrongAddress("knows no other option than starttls=required, offered or off")
        tls = parts.scheme == "smtps"
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port or (465 if tls else 25), user, password, tls, starttls)

    @property
    def is_this_machine(self) -> bool:
        with suppress(ValueError):
            return ipaddress.ip_address(self.host).is_loopback
        return self.host == "localhost"


def connect(server: MailServer, greeting: str) -> smtplib.SMTP:
    """Greet the server, encrypted where it is possible, and log in. Raises Unreachable."""
    try:
        connection = _open(server, greeting)
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        raise Unreachable(_what("CONNECT", error)) from error
    try:
        _secure(connection, server)
        if server.user:
            connection.login(server.user, server.password)
    except (OSError, smtplib.SMTPException) as error:
        connection.close()
        raise Unreachable(_what("LOGIN" if server.user else "STARTTLS", error)) from error
    return connection


def _open(server: MailServer, greeting: str) -> smtplib.SMTP:
    if server.implicit_tls:
        return smtplib.SMTP_SSL(
            server.host, server.port, greeting, timeout=COMMAND_SECONDS, context=ssl.create_default_context()
        )
    return smtplib.SMTP(server.host, server.port, greeting, timeout=COMMAND_SECONDS)


def _secure(connection: smtplib.SMTP, server: MailServer) -> None:
    connection.ehlo_or_helo_if_needed()
    if server.implicit_tls:
        return
    if server.starttls == "required" or (server.starttls == "offered" and connection.has_extn("starttls")):
        connection.starttls(context=ssl.create_default_context())
        connection.ehlo()
    elif server.user and server.starttls == "offered" and not server.is_this_machine:
        raise smtplib.SMTPNotSupportedError("no password goes over an open line")


class Envelope(NamedTuple):
    """The addresses that the server goes by."""

    sender: str
    recipient: str


def hand_over(
    connection: smtplib.SMTP,
    envelope: Envelope,
    message: bytes,
    *,
    checkpoint: Callable[[], None],
    meanwhile: Callable[[], None],
) -> str:
    """Give the server one message; what it answered.

    `checkpoint` is called when it is ready for it, before it gets any of it; `meanwhile`, which must not fail, when it
    has all of it and makes up its mind.

    Raises Unreachable, Deferred or Refused when it does not have the message, Unknown when nobody can tell.
    """
    try:
        to = _on_the_wire(envelope.recipient)
        _expect(connection.mail(_on_the_wire(envelope.sender), _options(connection, to, message)), "MAIL")
        _expect(connection.rcpt(to), "RCPT")
        _expect(connection.docmd("DATA"), "DATA", positive=3)
    except (UnicodeError, smtplib.SMTPNotSupportedError, ValueError) as error:
        raise Refused(_what("ADDRESS", error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(_what("ENVELOPE", error)) from error
    checkpoint()
    reply = _give(connection, message, meanwhile)
    _expect_delivery(reply)
    return _reply("BODY", reply)


def _give(connection: smtplib.SMTP, message: bytes, meanwhile: Callable[[], None]) -> Reply:
    try:
        _patience(connection, FINAL_REPLY_SECONDS)
        connection.send(_dotted(message))
        meanwhile()
        reply = connection.getreply()
        _patience(connection, COMMAND_SECONDS)
    except (OSError, smtplib.SMTPException) as error:
        raise Unknown(_what("BODY", error)) from error
    return reply


def _patience(connection: smtplib.SMTP, seconds: float) -> None:
    if connection.sock is not None:
        connection.sock.settimeout(seconds)


def forget(connection: smtplib.SMTP) -> bool:
    """Make ready for the next message after one that was not taken; says whether the connection still works."""
    try:
        return connection.rset()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def close(connection: smtplib.SMTP) -> None:
    """Say goodbye where somebody still listens."""
    with suppress(OSError, smtplib.SMTPException):
        _patience(connection, 1)
        connection.quit()
    connection.close()


def _on_the_wire(address: str) -> str:
    """Domains travel as ASCII; only a name before the @ may need SMTPUTF8."""
    local, _, domain = address.rpartition("@")
    return address if address.isascii() or not local.isascii() else f"{local}@{domain.encode('idna').decode()}"


def _options(connection: smtplib.SMTP, recipient: str, message: bytes) -> list[str]:
    options = [f"SIZE={len(message)}"] if connection.has_extn("size") else []
    if not message.isascii() and connection.has_extn("8bitmime"):
        options.append("BODY=8BITMIME")
    if not recipient.isascii():
        options.append("SMTPUTF8")
        if not connection.has_extn("smtputf8"):
            raise smtplib.SMTPNotSupportedError("the server does not know such addresses")
    return options


def _dotted(message: bytes) -> bytes:
    ended = message if message.endswith(b"\r\n") else message + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", ended) + b".\r\n"


def _expect(reply: Reply, stage: str, positive: int = 2) -> None:
    code, _ = reply
    if code // 100 == positive:
        return
    if code in WE_ARE_REFUSED or code // 100 not in (4, 5):
        raise Unreachable(_reply(stage, reply))
    raise (Deferred if code // 100 == 4 else Refused)(_reply(stage, reply))


def _expect_delivery(reply: Reply) -> None:
    """The reply to the whole message: any clear no means that the server does not have it."""
    code, _ = reply
    if code // 100 == 2:
        return
    if code // 100 not in (4, 5):
        raise Unknown(_reply("BODY", reply))
    raise (Deferred if code // 100 == 4 else Refused)(_reply("BODY", reply))


def _reply(stage: str, reply: Reply) -> str:
    """Stage and codes; the words of a reply may repeat the address."""
    code, words = reply
    enhanced = re.match(rb"[245]\.\d{1,3}\.\d{1,3}\b", words)
    return f"{stage} {code}" + (f" {enhanced[0].decode()}" if enhanced else "")


def _what(stage: str, error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        return _reply(stage, (error.smtp_code, words if isinstance(words, bytes) else words.encode()))
    return f"{stage} {type(error).__name__}"
