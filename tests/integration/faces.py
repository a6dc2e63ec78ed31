"""The face of any of the three services on a database of its own, for tests about what all of them share."""

from typing import Any

from fastapi import FastAPI

from services.booking.face import face as booking_face
from services.booking.settings import Settings as BookingSettings
from services.notifier.face import face as notifier_face
from services.notifier.settings import Settings as NotifierSettings
from services.reporting.face import face as reporting_face
from services.reporting.settings import Settings as ReportingSettings


def face_of(service: str, database: str, keys: dict[str, str]) -> FastAPI:
    told: dict[str, Any] = {
        "redis_url": "redis://127.0.0.1:1/0",
        "public_url": "https://booking.test",
        "reporting_public_url": "https://reporting.test",
        "notifier_public_url": "https://notifier.test",
        f"{service}_database_url": database,
        "smtp_url": "smtp://127.0.0.1:1",
        "mail_from": "a@example.fi",
        **{name.lower(): value for name, value in keys.items()},
    }
    match service:
        case "booking":
            return booking_face(BookingSettings(**told))
        case "reporting":
            return reporting_face(ReportingSettings(**told))
        case _:
            return notifier_face(NotifierSettings(**told))
