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
    tags: dict[str, Json] = {}
    for service, document in documents.items():
        own = _with_names_apart(service, document, whole["components"])
        for kind, parts in own["components"].items():
            whole["components"].setdefault(kind, {}).update(parts)
        for path, operations in own["paths"].items():
            whole["paths"][f"{FACES[service]}{path}"] = operations
        tags.update({tag["name"]: tag for tag in own["tags"]})
    first = next(iter(documents.values()))
    top = {key: first[key] for key in ("openapi", "info", "servers")}
    top["info"] = top["info"] | {"title": "Työnohjaus"}
    return {**top, "tags": list(tags.values()), **whole}


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
        part = own["components"][kind].pop(name)
        own["components"][kind][_own_name(service, name)] = part | {"title": _own_name(service, name)}
    return own


def _own_name(service: str, name: str) -> str:
    return f"{service.capitalize()}{name}"
