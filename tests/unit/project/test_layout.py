"""The house stays one that a stranger finds their way in: no crowded folder, nothing loose, a true drawing."""

from collections import Counter
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[3]
SERVICES = HERE / "services"
MOST_ENTRIES = 16
EXEMPT = {"migrations", "versions", "templates", "schemas", "__pycache__"}
"""Folders whose entries are no rooms: one migration after the other, one template a page, one schema an event."""


def test_no_folder_is_crowded() -> None:
    entries = Counter(
        path.parent
        for path in SERVICES.rglob("*")
        if not EXEMPT & set(path.relative_to(SERVICES).parts) and path.name != "__init__.py"
    )

    assert {str(folder): count for folder, count in entries.items() if count > MOST_ENTRIES} == {}


def test_beside_the_command_there_are_only_rooms() -> None:
    assert [path.name for path in SERVICES.glob("*.py")] in (["__init__.py", "cli.py"], ["cli.py", "__init__.py"])


def test_the_drawing_shows_the_imports_as_they_are() -> None:
    loader = SourceFileLoader("rooms", str(HERE / ".ci/rooms"))
    rooms: Any = module_from_spec(spec_from_loader("rooms", loader))  # type: ignore[arg-type]
    loader.exec_module(rooms)
    page = (HERE / "docs/architecture.md").read_text(encoding="utf-8")

    assert rooms.drawn(page) == page, "run `uv run .ci/rooms`"
