"""The documents that are made from the code: event schemas, AsyncAPI, OpenAPI, and the gateway's configuration."""

import importlib
import json
import os
from pathlib import Path
from typing import Any

import yaml

from services.core.addresses import FACES
from services.core.secrets import fresh_keys
from services.events import contract
from services.operations.gateway_file import caddyfile
from services.operations.whole_openapi import merged

ROOT = Path(__file__).parents[2]

# Enough for an application to be built; nothing here is ever called.
ENVIRONMENT = {
    "REDIS_URL": "redis://127.0.0.1",
    "PUBLIC_URL": "http://127.0.0.1:8000",
    "SMTP_URL": "smtp://127.0.0.1",
    "MAIL_FROM": "tyonohjaus@example.fi",
    **{f"{service.upper()}_DATABASE_URL": "postgresql://127.0.0.1/tyonohjaus" for service in FACES},
}


def contract_files() -> dict[str, str]:
    """The text of each document, by its place in the project."""
    os.environ.update(ENVIRONMENT | fresh_keys())
    os.environ.pop("DEMO_CLOCK_FILE", None)
    documents = {service: _openapi(service) for service in FACES}
    asyncapi = yaml.safe_dump(contract.asyncapi(), sort_keys=False, allow_unicode=True)
    return {
        **{f"docs/openapi/{service}.json": _json(document) for service, document in documents.items()},
        "services/web/openapi.json": _json(merged(documents)),
        "docs/asyncapi.yaml": asyncapi,
        "deploy/Caddyfile": caddyfile(),
    }


def write_contract_files() -> list[str]:
    """Write all documents; returns the changes of events that were refused, because a v1 keeps its promise."""
    for place, text in contract_files().items():
        path = ROOT / place
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return contract.write_schemas()


def _openapi(service: str) -> dict[str, Any]:
    create_app = importlib.import_module(f"services.{service}.app").create_app
    settings = importlib.import_module(f"services.{service}.settings").Settings()
    document: dict[str, Any] = create_app(settings).openapi()
    return document


def _json(document: object) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
