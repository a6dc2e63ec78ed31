"""Where else the booking of a first talk may be shown: on the sites that its supervisor named, and on no other.

A site is named by its origin (RFC 6454), which is all that a browser compares. It has to be served by HTTPS, as nobody
else may write into a page between it and its reader; only who tries us out by plain HTTP may name a plain site.
"""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

import idna
from pydantic import AfterValidator, Field

from services.booking.models.people import Supervisor
from services.booking.settings import Settings
from services.booking.supervision import events
from services.core.database import Database
from services.events.outbox import stage
from services.web.errors.validation import WrongValue, invalid
from services.web.protocol.etags import IfMatch, etag
from services.web.protocol.fields import RequestBody

PLAIN = "http"


def origin(typed: str) -> str:
    """The origin of an address, in the letters that a browser sends, and nothing that could end a directive."""
    try:
        parts = urlsplit(typed.strip())
        host, port = idna.encode(parts.hostname or "", uts46=True).decode(), parts.port
        is_origin = parts.scheme in ("https", PLAIN) and parts.path in ("", "/") and not (parts.query or parts.fragment)
    except (ValueError, UnicodeError):
        is_origin = False
    if not is_origin or "@" in parts.netloc:
        raise WrongValue(
            "Anna sivuston osoite ilman polkua, esimerkiksi https://www.example.fi.",
            "Give the address of the site without a path, such as https://www.example.fi.",
        )
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}"


Origin = Annotated[str, AfterValidator(origin), Field(max_length=300)]


class EmbeddingUpdate(RequestBody):
    sites: tuple[Origin, ...] = Field(max_length=10)


def change_sites(
    db: Database, settings: Settings, supervisor: Supervisor, wanted: EmbeddingUpdate, match: IfMatch, now: datetime
) -> None:
    """The caller holds the lock on the supervisor's row."""
    match.check(etag(supervisor.version))
    is_tried_out = settings.public_url.startswith(f"{PLAIN}:")
    if not is_tried_out and any(site.startswith(f"{PLAIN}:") for site in wanted.sites):
        raise invalid("sites", "Sivuston osoitteen alussa on oltava https://.", "A site has to begin with https://.")
    supervisor.embedding_sites = list(dict.fromkeys(wanted.sites))
    supervisor.version += 1
    stage(db, "booking", now, [events.supervisor_changed(supervisor)])
