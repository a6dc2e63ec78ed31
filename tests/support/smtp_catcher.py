"""An SMTP server that keeps what it is given, and misbehaves on demand."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.quickstart.ports import free_port

Behaviour = Callable[[str, Envelope], Awaitable[str | None]]
"""What to reply at a stage in place of the usual; None for the usual, CUT to hang up without a word.

Stages: MAIL, RCPT, DATA (before the 354), BODY (it has come, not kept yet), KEPT (it is kept, not answered yet).
A reply that begins with 421 hangs up too. A behaviour may also wait for ever.
"""

CUT = ""


async def well_behaved(_stage: str, _envelope: Envelope) -> str | None:
    return None


class SmtpCatcher:
    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"smtp://127.0.0.1:{self.port}"
        self.messages: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.connections = 0
        self.behaviour: Behaviour = well_behaved
        self._arrived = threading.Condition()
        self._controller: Controller | None = None

    def open(self) -> None:
        """Listen, always on the same port."""
        self._controller = _Controller(_Handler(self), hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def close(self) -> None:
        """Refuse connections until the next ``open``."""
        if self._controller:
            self._controller.stop()
            self._controller = None

    @contextmanager
    def away(self) -> Iterator[None]:
        """Refuse connections inside, and listen again afterwards, whatever happened."""
        self.close()
        try:
            yield
        finally:
            self.open()

    def wait_for(self, count: int, seconds: float = 10) -> list[EmailMessage]:
        """The messages, as soon as there are ``count`` of them."""
        with self._arrived:
            arrived = self._arrived.wait_for(lambda: len(self.messages) >= count, seconds)
            assert arrived, f"{len(self.messages)} of {count} messages came within {seconds} s"
            return list(self.messages)

    def refuse(self, stage: str, reply: str) -> None:
        """Give this reply at every such stage from now on."""

        async def refusing(at: str, _envelope: Envelope) -> str | None:
            return reply if at == stage else None

        self.behaviour = refusing

    def hang(self, stage: str) -> None:
        """Never answer at this stage from now on."""

        async def hanging(at: str, _envelope: Envelope) -> str | None:
            if at == stage:
                await asyncio.Event().wait()
            return None

        self.behaviour = hanging

    def behave(self) -> None:
        self.behaviour = well_behaved

    def keep(self, envelope: Envelope) -> None:
        message = message_from_bytes(envelope.original_content or b"", _class=EmailMessage, policy=policy.default)
        with self._arrived:
            self.envelopes.append(envelope)
            self.messages.append(message)
            self._arrived.notify_all()


class _Smtp(SMTP):
    """Asks the behaviour before every reply; method names are those aiosmtpd looks for."""

    event_handler: "_Handler"

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        reply = await self.event_handler.catcher.behaviour("DATA", self.envelope or Envelope())
        if reply is None:
            await super().smtp_DATA(arg)
        else:
            await self.push(reply)

    async def push(self, status: str | bytes) -> None:
        text = status.decode() if isinstance(status, bytes) else status
        if text != CUT:
            await super().push(text)
        if self.transport and (text == CUT or text.startswith("421")):
            self.transport.close()


class _Handler:
    def __init__(self, catcher: SmtpCatcher) -> None:
        self.catcher = catcher

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, replies: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.catcher.connections += 1
        return replies

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.mail_from = address
        reply = await self.catcher.behaviour("MAIL", envelope)
        if reply is not None:
            envelope.mail_from = None
        return "250 OK" if reply is None else reply

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        reply = await self.catcher.behaviour("RCPT", envelope)
        if reply is not None:
            envelope.rcpt_tos.remove(address)
        return "250 OK" if reply is None else reply

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        reply = await self.catcher.behaviour("BODY", envelope)
        if reply is None:
            self.catcher.keep(envelope)
            reply = await self.catcher.behaviour("KEPT", envelope)
        return "250 OK" if reply is None else reply


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Smtp(self.handler, enable_SMTPUTF8=True, hostname="127.0.0.1")
