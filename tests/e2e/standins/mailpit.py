#!/usr/bin/env python3
"""Stands in for Mailpit: takes any letter over SMTP and shows it through the part of Mailpit's API that tests use."""

import json
import sys
import urllib.request
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

SMTP_PORT, HTTP_PORT = 1025, 8025


@dataclass
class Letter:
    raw: bytes
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    received_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat())

    @cached_property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    @cached_property
    def line(self) -> dict[str, object]:
        """The letter as the list shows it."""
        return line(self)


LETTERS: list[Letter] = []
"""Oldest first. Both servers touch it: look at a copy, for a list that grows under a loop shows a letter twice."""


def people(message: EmailMessage, header: str) -> list[dict[str, str]]:
    return [{"Name": name, "Address": address} for name, address in getaddresses(message.get_all(header, []))]


def body(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return str(part.get_content()) if part else ""


def line(letter: Letter) -> dict[str, object]:
    message = letter.message
    return {
        "ID": letter.id,
        "MessageID": str(message["Message-ID"] or "").strip("<>"),
        "From": next(iter(people(message, "From")), None),
        "To": people(message, "To"),
        "Subject": str(message["Subject"] or ""),
        "Created": letter.received_at,
        "Size": len(letter.raw),
        "Attachments": len(list(message.iter_attachments())) if message.is_multipart() else 0,
    }


def page(letter: Letter) -> dict[str, object]:
    """A letter as opened."""
    return letter.line | {"Text": body(letter.message, "plain"), "HTML": body(letter.message, "html")}


class Postman:
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        LETTERS.append(Letter(envelope.original_content or b""))
        return "250 OK"


class Server(ThreadingHTTPServer):
    request_queue_size = 128  # tests ask often


class Face(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path, _, _ = self.path.partition("?")
        match path.strip("/").split("/"):
            case ["livez"] | ["readyz"]:
                self.answer(b"ok", "text/plain")
            case ["api", "v1", "messages"]:
                letters = [letter.line for letter in reversed(list(LETTERS))]
                self.answer_json({"total": len(letters), "count": len(letters), "start": 0, "messages": letters})
            case ["api", "v1", "message", letter_id, *rest] if letter := found(letter_id):
                if rest == ["raw"]:
                    self.answer(letter.raw, "text/plain")
                else:
                    self.answer_json(page(letter))
            case _:
                self.send_error(HTTPStatus.NOT_FOUND)

    def do_DELETE(self) -> None:
        LETTERS.clear()
        self.answer(b"ok", "text/plain")

    def answer_json(self, content: object) -> None:
        self.answer(json.dumps(content).encode(), "application/json")

    def answer(self, content: bytes, media_type: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


def found(letter_id: str) -> Letter | None:
    return next((letter for letter in list(LETTERS) if letter.id == letter_id), None)


def main() -> None:
    if sys.argv[1:] == ["readyz"]:
        urllib.request.urlopen(f"http://127.0.0.1:{HTTP_PORT}/readyz", timeout=2)
        return
    Controller(Postman(), hostname="", port=SMTP_PORT).start()
    Server(("", HTTP_PORT), Face).serve_forever()


if __name__ == "__main__":
    main()
