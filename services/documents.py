"""The documents that are made from the code: event schemas, the AsyncAPI document, one OpenAPI document a service."""

import importlib
import json
import os
from pathlib import Path

import yaml

from services.events import contract
from services.keyring import fresh_keys

DOCS = Path(__file__).parents[1] / "docs"
ADDRESSES = {"booking": 8000, "reporting": 8001, "notifier": 8002}

# Enough for a face to be built; nothing here is ever called.
ENVIRONMENT = {
    "REDIS_URL": "redis://127.0.0.1",
    "PUBLIC_URL": "http://127.0.0.1:8000",
    "REPORTING_PUBLIC_URL": "http://127.0.0.1:8001",
    "NOTIFIER_PUBLIC_URL": "http://127.0.0.1:8002",
    "SMTP_URL": "smtp://127.0.0.1",
    "MAIL_FROM": "tyonohjaus@example.fi",
    **{f"{service.upper()}_DATABASE_URL": "postgresql://127.0.0.1/tyonohjaus" for service in ADDRESSES},
}


def generated() -> dict[str, str]:
    """The text of each document, by its place under docs/."""
    os.environ.update(ENVIRONMENT | fresh_keys())
    os.environ.pop("DEMO_CLOCK_FILE", None)
    documents = {f"openapi/{service}.json": _openapi(service) for service in ADDRESSES}
    return documents | {"asyncapi.yaml": yaml.safe_dump(contract.asyncapi(), sort_keys=False, allow_unicode=True)}


def write() -> list[str]:
    """Write all documents; returns the changes of events that were refused, because a v1 keeps its promise."""
    for place, text in generated().items():
        path = DOCS / place
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return contract.write_schemas()


def _openapi(service: str) -> str:
    face = importlib.import_module(f"services.{service}.face").face
    settings = importlib.import_module(f"services.{service}.settings").Settings()
    return json.dumps(face(settings).openapi(), indent=1, ensure_ascii=False) + "\n"
