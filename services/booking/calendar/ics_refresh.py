"""Reads imported calendars again when their turn comes, several side by side: a slow server holds up no other."""

import atexit
import time
from collections import Counter
from uuid import UUID

from sqlalchemy import Engine

from services.booking.calendar import ics_import
from services.booking.calendar.ics_sandbox import CalendarReader
from services.booking.settings import Settings

SIDE_BY_SIDE = 4
OF_ONE_SERVER = 2
LOOKS_EVERY_SECONDS = 30


class CalendarRefresh:
    """The readings under way. It never waits for one."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._under_way: dict[UUID, CalendarReader] = {}
        self._next_look = 0.0
        atexit.register(self.stop)

    def go_on(self) -> bool:
        """Keep what was read by now, and begin with what is due. Never more work at once."""
        for import_id, reader in list(self._under_way.items()):
            if reader.is_done:
                ics_import.finish(self._engine, import_id, self._under_way.pop(import_id))
                self._next_look = 0.0
        while len(self._under_way) < SIDE_BY_SIDE and time.monotonic() >= self._next_look:
            begun = ics_import.begin(self._engine, self._settings, self._busy_servers())
            if begun is None:
                self._next_look = time.monotonic() + LOOKS_EVERY_SECONDS
                break
            self._under_way |= [begun]
        return False

    def _busy_servers(self) -> list[str]:
        counts = Counter(reader.server for reader in self._under_way.values())
        return [server for server, count in counts.items() if count >= OF_ONE_SERVER]

    def stop(self) -> None:
        for reader in self._under_way.values():
            reader.stop()
