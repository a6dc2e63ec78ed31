"""A mail server that takes every letter, notes when it came, and keeps nothing: ``python -m bench.sink PORT FILE``.

A process of its own, so that taking a letter costs those whom we measure nothing but its bytes.
"""

import asyncio
import re
import sys
import time
from functools import partial
from pathlib import Path
from typing import TextIO

from aiosmtpd.smtp import SMTP, Envelope, Session

from services.quickstart.ports import LOOPBACK

MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


class Sink:
    """Writes ``time recipient message-id bytes`` for each letter."""

    def __init__(self, notes: TextIO) -> None:
        self._notes = notes

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        came_at, content = time.time(), bytes(envelope.original_content or b"")
        named = MESSAGE_ID.search(content)
        name = named[1].decode() if named else "-"
        self._notes.write(f"{came_at} {','.join(envelope.rcpt_tos)} {name} {len(content)}\n")
        return "250 OK"


async def serve(port: int, file: Path) -> None:
    with file.open("w", buffering=1) as notes:
        reception = partial(SMTP, Sink(notes), enable_SMTPUTF8=True, hostname=LOOPBACK)
        server = await asyncio.get_running_loop().create_server(reception, LOOPBACK, port)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
