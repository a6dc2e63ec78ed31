"""The secrets of personal links: made from an id that may travel, known by a digest that may rest in a table."""

import base64
import hashlib
import hmac
import re
from uuid import UUID, uuid5

FORM = re.compile(r"[A-Za-z0-9_-]{43}")


def secret(key: str, link_id: UUID) -> str:
    """The last part of the link's address. Whoever holds LINK_KEY can make it, nobody else."""
    return base64.urlsafe_b64encode(hmac.digest(key.encode(), link_id.bytes, "sha256")).rstrip(b"=").decode()


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def is_wellformed(secret: str) -> bool:
    return FORM.fullmatch(secret) is not None


def settings_link(participant_id: UUID) -> UUID:
    """The id of the link to somebody's message settings, on which booking and the notifier agree without a word."""
    return uuid5(participant_id, "viestiasetukset")
