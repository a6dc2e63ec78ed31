"""Where a worker writes down that its consumer answered, and whether one did lately.

Imports next to nothing, so that a health check can be asked often.
"""

import time
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

FILE = "heartbeat"
HEALTHY_SECONDS = 180


def heartbeat_folder(service: str) -> "TemporaryDirectory[str]":
    return TemporaryDirectory(prefix=_prefix(service))


def is_healthy(service: str) -> bool:
    """Whether a consumer of this service on this machine answered lately."""
    answers = (path.stat().st_mtime for path in Path(gettempdir()).glob(f"{_prefix(service)}*/{FILE}"))
    return time.time() - max(answers, default=0.0) < HEALTHY_SECONDS


def _prefix(service: str) -> str:
    return f"tyonohjaus-{service}-"
