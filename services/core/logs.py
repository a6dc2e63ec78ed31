"""Structured logs: one JSON object a line, an event name and ids, never a name, an address or a text."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from services.core.tracing import trace_id

WITHOUT_LOCALS = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)


def _types_and_places(exc_info: structlog.typing.ExcInfo) -> list[dict[str, Any]]:
    """What failed and where. An error's own words are left out: they may repeat what people wrote."""
    stacks = WITHOUT_LOCALS(exc_info)
    return [{**stack, "exc_value": "", "exc_notes": [], "syntax_error": None} for stack in stacks]


def _with_trace(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    current = trace_id()
    return entry if current is None else {**entry, "trace_id": current}


def configure(service: str) -> None:
    """Write our own lines and those of every library as JSON to standard error, in the name of this service.

    A forked process whose parent did so only takes its own name: a change of levels would write to every logger.
    """
    structlog.contextvars.bind_contextvars(service=service)
    if not any(isinstance(each, _Handler) and each.stream is sys.stderr for each in logging.getLogger().handlers):
        _configure()


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, among the handlers that others may have set."""


def _configure() -> None:
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_trace,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = _Handler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.ExceptionRenderer(_types_and_places),
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for chatty in ("uvicorn.access", "httpx", "kombu", "mail.log", "celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound
