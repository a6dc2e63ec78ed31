"""A fresh proof: what would hand the practice to whoever sits at an open browser asks first who that is.

A login proves it, for ten minutes. Somebody who has been logged in for longer is led to a page that asks for it again,
and back; a form that was sent meanwhile waits on its page, as after a login that has expired.
"""

from datetime import datetime, timedelta

from starlette.requests import Request

from services.web.i18n.language import Text
from services.web.security.visitors import LoginExpired, Visitor, path_here

PROOF_LIFETIME = timedelta(minutes=10)


class ProofNeeded(LoginExpired):
    """It has been a while since you showed who you are; nothing of what you wrote is lost."""

    finnish = "Tähän tarvitaan tuore vahvistus siitä, että olet sinä."
    advice = Text(fi="Vahvista ja lähetä lomake sitten.", en="Prove who you are, and send the form then.")
    asks_proof = True


def is_fresh(visitor: Visitor, now: datetime) -> bool:
    return now.timestamp() < visitor.proved_at + PROOF_LIFETIME.total_seconds()


def path_to_come_back_to(request: Request, *, is_file: bool) -> str:
    """The page itself; for a file the page above it, which has the link to it."""
    return f"{request.url.path.rpartition('/')[0]}?tehty=vahvistettu" if is_file else path_here(request)
