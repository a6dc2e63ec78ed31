"""The application that a server starts: ``uvicorn services.reporting.api:api``."""

from services import log
from services.reporting.face import face
from services.reporting.settings import settings

log.configure("reporting-api")
api = face(settings())
