"""A program that receives webhooks: it answers as it is told, or hangs, and keeps what came."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event

    def verified(self, secret: str) -> Any:
        """The event, if the official library believes that it is ours and of now."""
        return Webhook(secret).verify(self.body, dict(self.headers))


@dataclass
class Receiver:
    url: str = ""
    status: int = 204
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    #: what came while it hung
    hung: list[Received] = field(default_factory=list)
    #: cleared, every request hangs until it is set again
    answers: threading.Event = field(default_factory=threading.Event)

    def named(self, *types: str) -> list[Received]:
        return [one for one in (*self.hung, *self.received) if one.event["type"] in types]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.answers.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            came = receiver.received if receiver.answers.is_set() else receiver.hung
            came.append(Received(self.path, headers, body))
            receiver.answers.wait(60)
            self.send_response(receiver.status)
            for name, value in receiver.answer_headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        yield receiver
        receiver.answers.set()
        server.shutdown()
