"""The secrets of personal links: made from an id that may travel, known by a digest that may rest in a table.

The id names the key: its first four bytes are the key's id, its version is 8 (RFC 9562 §5.8). The newest key makes
new links, and each link that was sent is made again by its own.
"""

import base64
import hashlib
import hmac
import re
import secrets
from functools import cache
from typing import NamedTuple
from uuid import UUID, uuid5

from services.core.encryption import ID_LENGTH, key_id, keys_for
from services.web.errors.problems import Problem
from services.web.i18n.language import Text

FORM = re.compile(r"[A-Za-z0-9_-]{43}")
PURPOSE, PURPOSE_OF_CODES = "tyonohjaus: links", "tyonohjaus: device codes"
VERSION = 8


class LinkExpired(Problem):
    """This link is no longer valid."""

    status = 410
    finnish = "Tämä linkki ei ole enää voimassa."
    advice = Text("Pyydä tarvittaessa uusi linkki työnohjaajalta.", "Ask the supervisor for a new one if you need it.")


class LinkKeys(NamedTuple):
    """The keys of links by their ids, the newest first, and the one that makes those whose ids name none."""

    by_id: dict[bytes, bytes]
    unnamed: bytes

    @property
    def newest_id(self) -> bytes:
        return next(iter(self.by_id))


def link_key(shared_keys: str, older_link_key: str) -> str:
    """What the functions of links are given: the keys that two services share, and LINK_KEY of before, if any."""
    return f"{shared_keys} {older_link_key}"


@cache
def _keys(link_key: str) -> LinkKeys:
    shared, _, older = link_key.partition(" ")
    keys = keys_for(shared, PURPOSE)
    return LinkKeys({key_id(key): key for key in keys}, older.encode() or keys[-1])


def new_link(link_key: str) -> UUID:
    """The id of a new link, to be made by the newest key."""
    return _naming(_keys(link_key).newest_id, secrets.token_bytes(16))


def stable_link(link_key: str, subject: UUID, name: str) -> UUID:
    """The same id for the same subject and name, until there is a newer key."""
    return stable_links(link_key, subject, name)[0]


def stable_links(link_key: str, subject: UUID, name: str) -> list[UUID]:
    """Every id that letters may have been given, the newest first; the last, up to version 0.1, names no key."""
    same = uuid5(subject, name)
    return [*(_naming(key, same.bytes) for key in _keys(link_key).by_id), same]


def _naming(key: bytes, content: bytes) -> UUID:
    raw = bytearray(key + content[ID_LENGTH:])
    raw[6], raw[8] = VERSION << 4 | raw[6] & 0x0F, 0x80 | raw[8] & 0x3F
    return UUID(bytes=bytes(raw))


def secret(link_key: str, link_id: UUID) -> str:
    """The last part of the link's address. Whoever holds the link's key can make it, nobody else."""
    made = hmac.digest(_key_of(_keys(link_key), link_id), link_id.bytes, "sha256")
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def _key_of(keys: LinkKeys, link_id: UUID) -> bytes:
    return keys.by_id.get(link_id.bytes[:ID_LENGTH], keys.unnamed) if link_id.version == VERSION else keys.unnamed


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def is_wellformed(secret: str) -> bool:
    return FORM.fullmatch(secret) is not None


def personal_link(link_id: UUID, address_id: UUID | None) -> UUID:
    """The id of a link for one address of a person: for another address it is another link. None is their first."""
    if address_id is None:
        return link_id
    moved = uuid5(address_id, str(link_id))
    return _naming(link_id.bytes[:ID_LENGTH], moved.bytes) if link_id.version == VERSION else moved


@cache
def _code_keys(link_key: str) -> LinkKeys:
    shared, *_ = link_key.split(" ")
    keys = keys_for(shared, PURPOSE_OF_CODES)
    return LinkKeys(dict(zip(_keys(link_key).by_id, keys, strict=True)), keys[0])


def device_code(link_key: str, code_id: UUID) -> str:
    """The six digits that confirm a browser. Their id is that of a link, and names the key in the same way."""
    made = hmac.digest(_key_of(_code_keys(link_key), code_id), code_id.bytes, "sha256")
    return f"{int.from_bytes(made) % 1_000_000:06}"


def settings_link(participant_id: UUID, page_link: UUID | None) -> UUID:
    """The id of the link to somebody's message settings, on which booking and the notifier agree without a word.

    It names the key of the link to their page, if that names one; see `older_settings_link`.
    """
    link = older_settings_link(participant_id)
    return _naming(page_link.bytes[:ID_LENGTH], link.bytes) if page_link and page_link.version == VERSION else link


def older_settings_link(participant_id: UUID) -> UUID:
    """The id up to version 0.2, which names no key. It is in letters that were sent."""
    return uuid5(participant_id, "viestiasetukset")
