"""The caught letters: one file each, and what can be read out of them, however broken or hostile they are."""

import os
import re
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value, parsedate_to_datetime
from functools import partial
from pathlib import Path

from pydantic import BaseModel

ENVELOPE_HEADER = "Delivered-To"
"""The first line of each file: whom the letter really went to, as delivering mail servers write it."""


class NoSuchLetter(LookupError):
    """There is no such letter."""


class LetterSummary(BaseModel):
    id: str
    to: str
    sender: str
    subject: str
    date: datetime
    received_at: datetime
    message_id: str


class Attachment(BaseModel):
    """A part of a letter that is neither its text nor its HTML, such as an invitation."""

    number: int
    name: str
    type: str
    size: int
    content_id: str | None = None
    method: str | None = None
    text: str | None = None


class CaughtLetter(LetterSummary):
    headers: dict[str, str]
    text: str | None
    html: str | None
    attachments: list[Attachment]


class MailStore:
    """All letters in a folder, newest first, with their summaries in memory."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        letters = sorted(folder.glob("*.eml"))
        self._summaries = {path.stem: letter_summary(path.stem, path.read_bytes()) for path in letters}

    def add(self, recipients: list[str], content: bytes) -> None:
        key = f"{time.time_ns():020}{secrets.token_hex(2)}"
        whole = f"{ENVELOPE_HEADER}: {', '.join(recipients)}\r\n".encode() + content
        draft = self._folder / f"{key}.draft"
        with draft.open("xb") as file:
            file.write(whole)
            os.fsync(file.fileno())
        draft.rename(self._path(key))
        self._summaries[key] = letter_summary(key, whole)

    def newest_first(self) -> list[LetterSummary]:
        return list(reversed(self._summaries.values()))

    def raw(self, key: str) -> bytes:
        """The letter as it came."""
        if key not in self._summaries:
            raise NoSuchLetter
        return self._path(key).read_bytes()

    def letter(self, key: str) -> CaughtLetter:
        return read_letter(key, self.raw(key))

    def attachment(self, key: str, number: int) -> tuple[Attachment, bytes]:
        for found, part in _attachments(message_from_bytes(self.raw(key))):
            if found.number == number:
                return found, _content(part)
        raise NoSuchLetter

    def clear(self) -> None:
        for key in list(self._summaries):
            self._path(key).unlink(missing_ok=True)
            del self._summaries[key]

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.eml"


def letter_summary(key: str, raw: bytes) -> LetterSummary:
    header = partial(_header, message_from_bytes(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"))
    received_at = datetime.fromtimestamp(int(key[:20]) / 1e9, UTC)
    return LetterSummary(
        id=key,
        to=header(ENVELOPE_HEADER),
        sender=header("From"),
        subject=header("Subject"),
        date=_date(header("Date")) or received_at,
        received_at=received_at,
        message_id=header("Message-ID"),
    )


def read_letter(key: str, raw: bytes) -> CaughtLetter:
    message = message_from_bytes(raw)
    return CaughtLetter(
        **letter_summary(key, raw).model_dump(),
        headers=_headers(message),
        text=_body(message, "text/plain"),
        html=_body(message, "text/html"),
        attachments=[attachment for attachment, _ in _attachments(message)],
    )


def _header(message: Message, name: str) -> str:
    """The first header of this name, decoded."""
    return next((decode(str(value)) for found, value in message.raw_items() if found.lower() == name.lower()), "")


def _headers(message: Message) -> dict[str, str]:
    """Each header decoded; one that comes several times has its values on lines of their own."""
    headers: dict[str, str] = {}
    for name, value in message.raw_items():
        decoded = decode(str(value))
        headers[name] = f"{headers[name]}\n{decoded}" if name in headers else decoded
    return headers


def decode(value: str) -> str:
    """A header as people read it (RFC 2047, RFC 6532); what can't be decoded stays as it is."""
    unfolded = re.sub(r"\r?\n[ \t]*", " ", _unescaped(value)).strip()
    if "=?" not in unfolded:
        return unfolded
    try:
        return "".join(_text(part, charset) for part, charset in decode_header(unfolded))
    except (HeaderParseError, ValueError):
        return unfolded


def _unescaped(value: str) -> str:
    """Bytes beyond ASCII, which the parser keeps as surrogates, are read as UTF-8."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _text(part: bytes | str, charset: str | None) -> str:
    if isinstance(part, str):
        return part
    if charset is None:
        return part.decode("raw-unicode-escape", "replace")
    try:
        return part.decode(charset, "replace")
    except LookupError:
        return part.decode("utf-8", "replace")


def _date(header: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _leaves(message: Message) -> Iterator[Message]:
    return (part for part in message.walk() if not part.is_multipart())


def _body_part(message: Message, kind: str) -> Message | None:
    shown = (part for part in _leaves(message) if part.get_content_disposition() != "attachment")
    return next((part for part in shown if part.get_content_type() == kind), None)


def _body(message: Message, kind: str) -> str | None:
    part = _body_part(message, kind)
    if part is None:
        return None
    return _text(_content(part), part.get_content_charset() or "utf-8").replace("\r\n", "\n")


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _attachments(message: Message) -> Iterator[tuple[Attachment, Message]]:
    bodies = [_body_part(message, kind) for kind in ("text/plain", "text/html")]
    others = [part for part in _leaves(message) if not any(part is body for body in bodies)]
    for number, part in enumerate(others):
        yield _attachment(number, part), part


def _attachment(number: int, part: Message) -> Attachment:
    content, kind = _content(part), part.get_content_type()
    method = part.get_param("method")
    name = decode(part.get_filename() or "") or f"{kind.replace('/', '.')}"
    return Attachment(
        number=number,
        name=re.sub(r"[^\w.,() -]", "_", name)[:100],
        type=kind,
        size=len(content),
        content_id=decode(part.get("Content-ID") or "").strip("<> ") or None,
        method=collapse_rfc2231_value(method) if method else None,
        text=_text(content, part.get_content_charset() or "utf-8") if part.get_content_maintype() == "text" else None,
    )
