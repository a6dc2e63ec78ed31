"""Measure everything and write docs/performance.md: ``uv run bench/``.

Figures of one machine at one hour say little, so each is a ratio of things that were measured in turn, round by round.
"""

import importlib
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from bench.measuring import Effort
from bench.report import Figure, Row, describe, write
from bench.site import opened

NOUNS = ("booking", "slots", "series", "peers", "growth", "letters", "waiting", "results", "memory")
"""What is measured, in this order: modules of this folder, each with `rows(site, effort)`."""

DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"


def main(
    only: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(NOUNS)}; may be repeated.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Few rounds and small loads, to see that it runs.")] = False,
) -> None:
    """Only a whole run is written down; a quick or a partial one is printed."""
    began = time.monotonic()
    found = list(measured(only or list(NOUNS), Effort.quick() if quick else Effort.full()))
    text = describe(found, seconds=time.monotonic() - began)
    print(text)
    if not (quick or only):
        write(DOCUMENT, text)


def measured(nouns: list[str], effort: Effort) -> Iterator[Row | Figure]:
    with TemporaryDirectory(prefix="tyonohjaus-bench-") as folder, opened(Path(folder)) as site:
        for noun in nouns:
            began = time.monotonic()
            for one in importlib.import_module(f"bench.{noun}").rows(site, effort):
                print(one, flush=True)
                yield one
            print(f"-- {noun}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
