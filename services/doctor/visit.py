"""A look at a whole installation: everything that is wrong, in plain words, each with what to do."""

import os
import shutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from services.doctor import configuration, databases, faces, mail_server, queues
from services.doctor.finding import Finding
from services.local import premises
from services.local.terminal import say

ENOUGH_BYTES = 2**30


def visit(data: Path | None) -> int:
    """Say what is wrong with what runs in a data folder, or else with what the environment names; how much it is."""
    count = 0
    for finding in examine(data):
        say(finding.wrong)
        say(f"    {finding.advice}")
        count += 1
    say({0: "Nothing is wrong.", 1: "One thing is wrong."}.get(count, f"{count} things are wrong."))
    return count


def examine(data: Path | None) -> Iterator[Finding]:
    if data is None:
        return examine_all()
    os.environ.update(premises.kept(data))
    if premises.is_running(data):
        return chain(check_disk(data), examine_all())
    return chain(check_disk(data), configuration.check_kept(), [at_rest(data)])


def examine_all() -> Iterator[Finding]:
    for part in (configuration, queues, mail_server, databases, faces):
        yield from part.check()


def check_disk(data: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(data).free
    if free < ENOUGH_BYTES:
        yield Finding(
            f"Only {free // 2**20} MB are free on the disk of {data}.",
            "Make room: when it is full, nothing more is accepted.",
        )


def at_rest(data: Path) -> Finding:
    return Finding(
        f"Nothing runs in {data}, or it is still starting.",
        f"Start it: tyonohjaus up --data {data}. If it ends at once, its last line and the files in logs say why.",
    )
