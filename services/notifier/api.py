"""The application that a server starts: ``uvicorn services.notifier.api:api``."""

from services import log
from services.notifier.face import face
from services.notifier.settings import settings

log.configure("notifier-api")
api = face(settings())
