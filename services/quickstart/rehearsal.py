"""What every process does first, done once by the one that forks them all, so that what it leaves in memory is shared.

Python looks up, compiles and caches much when something is done for the first time: megabytes for each process. No
thread and no connection is left behind.
"""

import os
from collections.abc import Sequence

from services.core import clock, database, logs
from services.events import bus
from services.runtime import server
from services.runtime.fork import freeze


def rehearse(services: Sequence[str]) -> None:
    """Answer a request, ask for the time, post a message and set logs up, with the settings in the environment."""
    for service in services:
        server.rehearse(service)
    engine = database.engine(os.environ[f"{services[0].upper()}_DATABASE_URL"], pool_size=1)
    with database.transaction(engine) as db:
        clock.now(db)
    engine.dispose()
    bus.EventPoster("memory://rehearsal").post(bus.HEARTBEAT, to="rehearsal")
    logs.configure("up")
    freeze()
