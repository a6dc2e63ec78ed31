"""Whether the three services answer, and say that they are ready."""

import os
from collections.abc import Iterator

import httpx

from services.doctor.finding import Finding

ADDRESSES = {
    "booking": ("BOOKING_URL", "PUBLIC_URL"),
    "reporting": ("REPORTING_URL", "REPORTING_PUBLIC_URL"),
    "notifier": ("NOTIFIER_URL", "NOTIFIER_PUBLIC_URL"),
}
"""Where each is reached from here, or else where people reach it."""


def check() -> Iterator[Finding]:
    for service, names in ADDRESSES.items():
        if address := next((os.environ[name] for name in names if os.environ.get(name)), None):
            yield from check_one(service, address)


def check_one(service: str, address: str) -> Iterator[Finding]:
    try:
        answer = httpx.get(f"{address}/readyz", timeout=15)
        reasons = answer.json()["reasons"]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError) as error:
        yield Finding(
            f"{service} does not answer at {address} ({type(error).__name__}).",
            f"See whether its API process runs, and why it ended: logs/{service}-api.log, or the log of its container.",
        )
        return
    if reasons:
        yield Finding(f"{service} is not ready: {'; '.join(reasons)}.", "What is said above about it has to be mended.")
