"""A look at a whole installation: everything that is wrong, in plain words, each with what to do."""

import os
import shutil
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from types import ModuleType

from services.operations.doctor import applications, configuration, databases, mail_server, queues
from services.operations.doctor.finding import Finding
from services.quickstart import data_folder
from services.quickstart.terminal import print_line

ENOUGH_BYTES = 2**30
PARTS = (configuration, queues, mail_server, databases, applications)


def examine_installation(data: Path | None) -> int:
    """Say what is wrong with what runs in a data folder, or else with what the environment names; how much it is."""
    count = 0
    for finding in examine(data):
        print_line(finding.wrong)
        print_line(f"    {finding.advice}")
        count += 1
    print_line({0: "Nothing is wrong.", 1: "One thing is wrong."}.get(count, f"{count} things are wrong."))
    return count


def examine(data: Path | None) -> Iterator[Finding]:
    if data is None:
        return examine_all()
    os.environ.update(data_folder.kept(data))
    if data_folder.is_running(data):
        return chain(check_disk(data), examine_all())
    return chain(check_disk(data), configuration.check_kept(), [at_rest(data)])


def examine_all(parts: Iterable[ModuleType] = PARTS) -> Iterator[Finding]:
    for part in parts:
        try:
            yield from part.check()
        except Exception as error:  # the other parts are worth a look all the same
            yield Finding(
                f"The look at {part.__name__.rpartition('.')[2].replace('_', ' ')} broke off ({type(error).__name__}).",
                "That is a fault of this program: please report it. What else is said here holds.",
            )


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
