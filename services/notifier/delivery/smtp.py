"""How one message is handed to a mail server. Each way to fail says what is known about the message then.

Until the server has answered 354 it can't have the message; after that only its last reply tells. RFC 5321 §4.5.3.2
gives it ten minutes for that reply: who gives up earlier sends messages twice.
"""

import ipaddress
import re
import smtplib
import ssl
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from services.core.email_address import ascii_host

COMMAND_SECONDS = 30.0
FINAL_REPLY_SECONDS = 600.0
NUL = "\0"
STARTTLS = ("required", "offered", "off")
SENDER_REFUSED = (421, 530, 534, 535, 538)
"""The server closes, or wants us to log in (better): no fault of the message's."""

SmtpReply = tuple[int, bytes]


class InvalidServerUrl(ValueError):
    """The address of the mail server can't be used."""


class ServerUnreachable(Exception):
    """There is no talking to the server, or the connection broke off early: it does not have the message."""


class LetterDeferred(Exception):
    """The server does not take this message now."""


class LetterRefused(Exception):
    """The server will never take this message."""


class DeliveryUnknown(Exception):
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
            host = ascii_host(parts.hostname or "")
            user, password = (unquote(part or "", errors="strict") for part in (parts.username, parts.password))
        except UnicodeDecodeError as error:
            raise InvalidServerUrl("has a user or password that is not in UTF-8 (ä is %C3%A4)") from error
        except ValueError as error:
            raise InvalidServerUrl("is no address of a mail server") from error
        if parts.scheme not in ("smtp", "smtps") or not host:
            raise InvalidServerUrl("must begin with smtp:// or smtps:// and name a host")
        starttls = options.pop("starttls", "offered")
        if options or starttls not in STARTTLS:
            raise InvalidServerUrl("knows no other option than starttls=required, offered or off")
        tls = parts.scheme == "smtps"
        return cls(host, port or (465 if tls else 25), user, password, tls, starttls)

    @property
    def is_this_machine(self) -> bool:
        with suppress(ValueError):
            return ipaddress.ip_address(self.host).is_loopback
        return self.host == "localhost"


def connect_to_server(server: MailServer, greeting: str) -> smtplib.SMTP:
    """Greet the server, encrypted where it is possible, and log in. Raises Unreachable."""
    try:
        connection = _open(server, greeting)
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        raise ServerUnreachable(_error_text("CONNECT", error)) from error
    try:
        _secure(connection, server)
        if server.user:
            _log_in(connection, server.user, server.password)
    except (OSError, smtplib.SMTPException) as error:
        connection.close()
        raise ServerUnreachable(_error_text("LOGIN" if server.user else "STARTTLS", error)) from error
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


def _log_in(connection: smtplib.SMTP, user: str, password: str) -> None:
    """smtplib knows more ways, but none for letters beyond ASCII, which travel in UTF-8 (RFC 4616, RFC 4954)."""
    if (user + password).isascii():
        connection.login(user, password)
        return
    offered = connection.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in offered:
        reply = connection.docmd("AUTH", f"PLAIN {_base64(f'{NUL}{user}{NUL}{password}')}")
    elif "LOGIN" in offered:
        connection.docmd("AUTH", f"LOGIN {_base64(user)}")
        reply = connection.docmd(_base64(password))
    else:
        raise smtplib.SMTPNotSupportedError("no way to log in with such a user or password")
    if reply[0] != 235:
        raise smtplib.SMTPAuthenticationError(*reply)


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


class Envelope(NamedTuple):
    """The addresses that the server goes by."""

    sender: str
    recipient: str


def deliver_message(
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
        raise LetterRefused(_error_text("ADDRESS", error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise ServerUnreachable(_error_text("ENVELOPE", error)) from error
    checkpoint()
    reply = _send_body(connection, message, meanwhile)
    _expect_delivery(reply)
    return _reply_text("BODY", reply)


def _send_body(connection: smtplib.SMTP, message: bytes, meanwhile: Callable[[], None]) -> SmtpReply:
    try:
        _set_timeout(connection, FINAL_REPLY_SECONDS)
        connection.send(_dotted(message))
        meanwhile()
        reply = connection.getreply()
        _set_timeout(connection, COMMAND_SECONDS)
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryUnknown(_error_text("BODY", error)) from error
    return reply


def _set_timeout(connection: smtplib.SMTP, seconds: float) -> None:
    if connection.sock is not None:
        connection.sock.settimeout(seconds)


def reset_connection(connection: smtplib.SMTP) -> bool:
    """Make ready for the next message after one that was not taken; says whether the connection still works."""
    try:
        return connection.rset()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def close_connection(connection: smtplib.SMTP) -> None:
    """Say goodbye where somebody still listens."""
    with suppress(OSError, smtplib.SMTPException):
        _set_timeout(connection, 1)
        connection.quit()
    connection.close()


def _on_the_wire(address: str) -> str:
    """Domains travel as ASCII; only a name before the @ may need SMTPUTF8."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{ascii_host(domain)}" if local.isascii() else address


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


def _expect(reply: SmtpReply, stage: str, positive: int = 2) -> None:
    code, _ = reply
    if code // 100 == positive:
        return
    if code in SENDER_REFUSED or code // 100 not in (4, 5):
        raise ServerUnreachable(_reply_text(stage, reply))
    raise (LetterDeferred if code // 100 == 4 else LetterRefused)(_reply_text(stage, reply))


def _expect_delivery(reply: SmtpReply) -> None:
    """The reply to the whole message: any clear no means that the server does not have it."""
    code, _ = reply
    if code // 100 == 2:
        return
    if code // 100 not in (4, 5):
        raise DeliveryUnknown(_reply_text("BODY", reply))
    raise (LetterDeferred if code // 100 == 4 else LetterRefused)(_reply_text("BODY", reply))


def _reply_text(stage: str, reply: SmtpReply) -> str:
    """Stage and codes; the words of a reply may repeat the address."""
    code, words = reply
    enhanced = re.match(rb"[245]\.\d{1,3}\.\d{1,3}\b", words)
    return f"{stage} {code}" + (f" {enhanced[0].decode()}" if enhanced else "")


def _error_text(stage: str, error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        return _reply_text(stage, (error.smtp_code, words if isinstance(words, bytes) else words.encode()))
    return f"{stage} {type(error).__name__}"
