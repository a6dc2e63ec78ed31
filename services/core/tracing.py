"""The thread from a click to the letter: one W3C trace context, carried in events and written in every log line.

https://www.w3.org/TR/trace-context/
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str | None] = ContextVar("traceparent", default=None)
_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def traceparent() -> str | None:
    return _current.get()


def trace_id() -> str | None:
    current = _current.get()
    return current.split("-")[1] if current else None


@contextmanager
def trace(parent: str | None) -> Iterator[str]:
    """Go on with the caller's trace, or begin one where there is none or a malformed one."""
    known = parent if parent and _FORM.fullmatch(parent) else f"00-{secrets.token_hex(16)}-{'0' * 16}-01"
    version, trace, _, flags = known.split("-")
    token = _current.set(f"{version}-{trace}-{secrets.token_hex(8)}-{flags}")
    try:
        yield trace
    finally:
        _current.reset(token)
