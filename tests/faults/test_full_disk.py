"""Disks that are full: nothing is half done, and all goes on when there is space."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import redis

from tests.faults.conftest import Compare
from tests.faults.installation import House
from tests.faults.load import Crowd, is_a_problem_that_says_when_to_come_back, refused
from tests.faults.servers import BreakablePostgres, BreakableRedis
from tests.support.practice import eventually

SPARE = 6 * 1024 * 1024
MAY_MOUNT = os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0
needs_a_small_disk = pytest.mark.skipif(
    not MAY_MOUNT and not os.environ.get("CI"), reason="needs root, to mount a small disk"
)


@contextmanager
def small_disk(server: BreakablePostgres | BreakableRedis, folder: Path) -> Iterator[Path]:
    """This folder of a server's lies on a disk of its own, with a little space to spare."""
    kept = folder.with_name(f"{folder.name}.kept")
    server.stop()
    folder.rename(kept)
    folder.mkdir(mode=0o700)
    size = sum(path.stat().st_blocks * 512 for path in kept.rglob("*")) + SPARE
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        move(kept, folder)
        server.start()
        yield folder
    finally:
        server.stop()
        move(folder, kept)
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()
        kept.rename(folder)
        server.start()


def move(source: Path, target: Path) -> None:
    """Everything in a folder, with its owners and rights."""
    subprocess.run(["cp", "--archive", f"{source}/.", target], check=True)
    for path in source.iterdir():
        shutil.rmtree(path)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    filler = disk / "filler"
    try:
        with filler.open("wb", buffering=0) as file:
            for piece in (2**20, 2**12):
                write_while_there_is_space(file.write, b"x" * piece)
        yield
    finally:
        filler.unlink()


def write_while_there_is_space(write: Callable[[bytes], object], piece: bytes) -> None:
    try:
        while True:
            write(piece)
    except OSError:
        return


@needs_a_small_disk
def test_full_disks_are_a_503_that_leaves_nothing_half_done_and_all_goes_on_when_there_is_space(
    installation: House, crowd: Crowd, heal: Compare
) -> None:
    """A Redis that writes down what passes through it, as another operator's may, refuses whatever changes something
    then, posting and taking what was posted; no booking needs it."""
    base, posted = installation.postgres.folder / "data" / "base", installation.redis.folder / "data"
    with small_disk(installation.postgres, base) as disk, small_disk(installation.redis, posted) as disk_of_redis:
        with installation.redis.client() as client:
            client.config_set("appendonly", "yes")
        crowd.start()
        crowd.wait_for(10)
        with filled(disk_of_redis):
            eventually(partial(refuses_to_write, installation.redis), what="a full disk of Redis")
            crowd.wait_for(20)
        with filled(disk):
            for _ in range(20):
                answer = eventually(lambda: refused(installation), what="a full disk")
                assert is_a_problem_that_says_when_to_come_back(answer)
        crowd.wait_for(10)
        heal(crowd)


def refuses_to_write(server: BreakableRedis) -> bool:
    with server.client() as client:
        try:
            client.set("more", "x" * 10_000)
        except redis.ResponseError as refused:
            return str(refused).startswith("MISCONF")
    return False
