"""Whether the three services answer, and say that they are ready."""

import os
from collections.abc import Iterator

import httpx

from services.core.addresses import FACES
from services.operations.doctor.finding import Finding


def check() -> Iterator[Finding]:
    """Where each is reached from here, or else where people reach it."""
    everywhere = os.environ.get("PUBLIC_URL")
    for service, face in FACES.items():
        address = os.environ.get(f"{service.upper()}_URL") or (everywhere and f"{everywhere}{face}")
        if address:
            yield from check_application(service, address)


def check_application(service: str, address: str) -> Iterator[Finding]:
    try:
        answer = httpx.get(f"{address}/readyz", timeout=15)
        reasons = answer.json()["reasons"]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError) as error:
        yield Finding(
            f"{service} does not answer at {address} ({type(error).__name__}).",
            "See whether its API process runs, and why it ended: logs/api.log, or the log of its container.",
        )
        return
    if reasons:
        yield Finding(f"{service} is not ready: {'; '.join(reasons)}.", "What is said above about it has to be mended.")
