"""The Celery consumer of a service: `celery worker` without the 12 MB that its command line imports.

Run as ``python -m services.runtime.consumer SERVICE CONCURRENCY WORKER``; the last tells all consumers apart.
"""

import importlib
import sys

from celery.utils.nodenames import default_nodename, host_format

from services.events.bus import heartbeat_queue


def main() -> None:
    service, concurrency, worker = sys.argv[1:]
    consumer = importlib.import_module(f"services.{service}.worker").app.Worker(
        hostname=host_format(default_nodename(f"{worker}@%h")),
        queues=[service, heartbeat_queue(service, worker)],
        concurrency=int(concurrency),
        without_mingle=True,  # it asks other workers by remote control, which nobody answers
        heartbeat_interval=30,  # Celery's own, to its workers; nobody here waits for it
        loglevel="WARNING",
        quiet=True,
    )
    consumer.start()
    sys.exit(consumer.exitcode)


if __name__ == "__main__":
    main()
