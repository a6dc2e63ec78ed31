"""Redis as the fast way to wake somebody: the Celery apps of those who post and of those who work.

PostgreSQL is the truth; whatever is lost here is posted again by the relay.
"""

import gc
import logging
import signal
from collections.abc import Sequence
from datetime import datetime

from celery import Celery, current_task
from celery.signals import celeryd_after_setup, setup_logging, task_postrun, task_prerun
from kombu.exceptions import OperationalError

from services.core.logs import configure, logger
from services.events.catalogue import Envelope
from services.events.signatures import HEADER, OF_NOBODY, Signatures

log = logger(__name__)

CONFIRMED = "events.confirmed"
REFUSED = "events.refused"
PING = "events.ping"
ANSWERED = "events.answered"
HEARTBEAT = "events.heartbeat"
HUNG_SECONDS = 1800
"""Longer than any work of ours; a process that is at one task for so long is ended."""

COMMON = {
    "task_serializer": "json",
    "accept_content": ["json"],
    "timezone": "UTC",
    "result_backend": None,
    "task_ignore_result": True,
}


def worker_app(service: str, redis_url: str, include: list[str]) -> Celery:
    """The app whose workers consume the queue named like the service, and log as all our processes do.

    No remote control: its commands are not signed, and whoever can write to Redis could stop workers by them. So gossip
    has to stay on: with both off, or with a `socket_timeout`, a worker is deaf for ever after Redis was away
    (celery 5.7). `acks_late` without `reject_on_worker_lost`, which would loop on poison.
    """
    app = Celery(service, broker=redis_url, include=include)
    app.conf.update(
        COMMON,
        task_acks_late=True,
        task_reject_on_worker_lost=False,
        task_default_queue=service,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_soft_shutdown_timeout=20,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={"visibility_timeout": 3600},
    )
    # Before the pool forks. Left to Celery, a traceback would show every local variable: names, addresses, texts.
    setup_logging.connect(lambda **_: configure(f"{service}-worker"), weak=False, dispatch_uid=f"logs of {service}")
    logging.getLogger("celery.worker.consumer.consumer").addFilter(without_contents)
    celeryd_after_setup.connect(_freeze, weak=False, dispatch_uid="what was imported stays shared")
    task_prerun.connect(_set_alarm, weak=False, dispatch_uid="alarm of a task that hangs")
    task_postrun.connect(_take_alarm_back, weak=False, dispatch_uid="no alarm between tasks")
    return app


def _freeze(**_: object) -> None:
    """Before the pool forks: what was imported stays in memory once. Each process would look through it for garbage
    some day, and looking alone writes to it: 15 MB of its own for each process.
    """
    gc.collect()
    gc.freeze()


def _set_alarm(**_: object) -> None:
    """The kernel ends this process if it hangs. Celery's `task_time_limit` would keep half a kilobyte of every task
    in the consumer until that time is over, also when the task is long done: 40 MB where 40 a second come.
    """
    signal.alarm(HUNG_SECONDS)


def _take_alarm_back(**_: object) -> None:
    signal.alarm(0)


def without_contents(record: logging.LogRecord) -> bool:
    """Let Celery say that it can't handle a message, not what is in it: names, addresses, texts."""
    first_words, _, contents = str(record.msg).partition("message body")
    if contents:
        record.msg, record.args = first_words.partition(" %s")[0].partition("\n")[0], ()
    return True


def posting_app(redis_url: str) -> Celery:
    """The app that only posts. It gives up at once: the outbox is the retry."""
    app = Celery("post", broker=redis_url)
    app.conf.update(
        COMMON,
        task_publish_retry=False,
        broker_transport_options={
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "max_retries": 1,
            "interval_start": 0,
            "interval_max": 0.2,
        },
    )
    return app


class EventPoster:
    """Posts messages into the queues of services. Raises OperationalError when Redis does not take one.

    What goes to another service is signed. What a service calls to itself only wakes it, and is not.
    """

    def __init__(self, redis_url: str, signatures: Signatures = OF_NOBODY) -> None:
        self._app, self.signatures = posting_app(redis_url), signatures

    def post(self, task: str, *arguments: object, to: str, expires: float | None = None) -> None:
        headers = {HEADER: self.signatures.sign(to, task, arguments)} if self.signatures.knows(to) else None
        self._app.send_task(task, arguments, queue=to, expires=expires, headers=headers)

    def post_events(self, envelopes: Sequence[dict[str, object]], to: str) -> None:
        """Events of one type, in one message."""
        self.post(str(envelopes[0]["type"]), *envelopes, to=to)

    def try_to_post(self, task: str, *arguments: object, to: str, expires: float | None = None) -> bool:
        """Post what may be lost, because somebody asks again later; says whether it went."""
        try:
            self.post(task, *arguments, to=to, expires=expires)
        except OperationalError:
            log.warning("post.failed", task=task, queue=to)
            return False
        return True

    def confirm(self, envelope: Envelope, subscriber: str) -> None:
        self.try_to_post(CONFIRMED, str(envelope.id), subscriber, to=publisher_of(envelope))

    def refuse(self, envelope: Envelope, subscriber: str, error: str) -> None:
        """Only those who know us are told: who else would claim to have posted it."""
        if self.signatures.knows(publisher := publisher_of(envelope)):
            self.try_to_post(REFUSED, str(envelope.id), subscriber, error, to=publisher)


def is_from(sender: str, known: Signatures, *arguments: object) -> bool:
    """Whether the message that is handled at this moment was signed by this service."""
    signature = str((current_task.request.headers or {}).get(HEADER, ""))
    return known.is_from(sender, signature, current_task.name, arguments)


def publisher_of(envelope: Envelope) -> str:
    return envelope.source.rsplit("/", 1)[-1]


def ping(poster: EventPoster, publisher: str, subscriber: str, asked_at: datetime, heard_until: datetime) -> None:
    poster.post(PING, publisher, subscriber, asked_at.isoformat(), heard_until.isoformat(), to=subscriber)


def heartbeat_queue(service: str, worker: str) -> str:
    """The private queue by which one worker process shows that it still consumes."""
    return f"{service}.heartbeat.{worker}"
