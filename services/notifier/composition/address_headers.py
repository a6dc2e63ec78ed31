"""A header with one mailbox as it travels: From, To, Reply-To (RFC 5322 §3.4, RFC 2047 §5).

Older Pythons leave the quotes out where they fold a long name (gh-80222): its commas then part addresses that nobody
wrote to, and the name may bring addresses of its own. Some names they can't read at all. So a name is written here:
plain, quoted in one line, or encoded.
"""

import re
from email.header import Header
from email.headerregistry import Address
from functools import lru_cache

from services.notifier.composition.addresses import Mailbox

LINE = 78
"""Characters that a line should not exceed (RFC 5322 §2.1.1)."""
ENCODED_LINE = 76
"""Characters of a line with an encoded word (RFC 2047 §2)."""
ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


@lru_cache(maxsize=256)
def address_header(field: str, mailbox: Mailbox) -> str:
    """The same few senders write most letters."""
    address = Address(username=mailbox.user, domain=mailbox.domain).addr_spec
    if not mailbox.name:
        return f"{field}: {address}\r\n"
    named = f"{field}: {_phrase(field, mailbox.name)}"
    fits = len(named) - (named.rfind("\n") + 1) + len(f" <{address}>") <= LINE
    return f"{named} <{address}>\r\n" if fits else f"{named}\r\n <{address}>\r\n"


def _phrase(field: str, name: str) -> str:
    """What looks like an encoded word is encoded itself, or readers would decode it."""
    quoted = name if ATOMS.fullmatch(name) else '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    if name.isascii() and "=?" not in name and len(f"{field}: {quoted}") <= LINE:
        return quoted
    return Header(name, "utf-8", ENCODED_LINE, field).encode(linesep="\r\n")
