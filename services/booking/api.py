"""The application that a server starts: ``uvicorn services.booking.api:api``."""

from services import log
from services.booking.face import face
from services.booking.settings import settings

log.configure("booking-api")
api = face(settings())
