"""One OpenAPI document of three: everything that lies behind the one address, with the paths by which it is reached."""

import json
import re
from collections.abc import Mapping
from typing import Any

from services.core.addresses import FACES

Json = dict[str, Any]
REFERENCE = re.compile(r'"#/components/(\w+)/([\w.-]+)"')


def merged(documents: Mapping[str, Json]) -> Json:
    """What services describe alike is described once; of what they only call alike, the service names its own."""
    whole: Json = {"paths": {}, "components": {}}
    operation_ids: set[str] = set()
    for service, document in documents.items():
        own = _with_names_apart(service, document, whole["components"])
        for kind, parts in own["components"].items():
            whole["components"].setdefault(kind, {}).update(parts)
        for path, operations in own["paths"].items():
            whole["paths"][f"{FACES[service]}{path}"] = operations
            for operation in operations.values():
                if operation["operationId"] in operation_ids:
                    operation["operationId"] = f"{service}_{operation['operationId']}"
                operation_ids.add(operation["operationId"])
    first = next(iter(documents.values()))
    return {"openapi": first["openapi"], "info": first["info"] | {"title": "Työnohjaus"}, **whole}


def _with_names_apart(service: str, document: Json, taken: Json) -> Json:
    clashing = {
        (kind, name)
        for kind, parts in document["components"].items()
        for name, part in parts.items()
        if taken.get(kind, {}).get(name, part) != part
    }

    def renamed(found: re.Match[str]) -> str:
        kind, name = found.groups()
        return f'"#/components/{kind}/{_own_name(service, name) if (kind, name) in clashing else name}"'

    own: Json = json.loads(REFERENCE.sub(renamed, json.dumps(document)))
    for kind, name in sorted(clashing):
        own["components"][kind][_own_name(service, name)] = own["components"][kind].pop(name)
    return own


def _own_name(service: str, name: str) -> str:
    return f"{service.capitalize()}{name}"
