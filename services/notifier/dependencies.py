"""FastAPI dependencies of the notifier's routes."""

from typing import Annotated

from fastapi import Depends

from services.notifier.settings import Settings
from services.web.app_factory import app_settings

Configured = Annotated[Settings, Depends(app_settings)]
