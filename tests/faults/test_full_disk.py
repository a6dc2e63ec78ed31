"""A disk that is full, a database that is read-only or locked: nothing is half done, and all goes on afterwards."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
import redis

from services.local.up import DATABASES
from tests.faults.conftest import Compare
from tests.faults.house import House
from tests.faults.load import Crowd
from tests.faults.servers import BreakablePostgres, BreakableRedis
from tests.integration.practice import eventually

SPARE = 6 * 1024 * 1024
MAY_MOUNT = os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0
needs_a_small_disk = pytest.mark.skipif(
    not MAY_MOUNT and not os.environ.get("CI"), reason="needs root, to mount a small disk"
)


def refused(house: House) -> httpx.Response | None:
    """The answer to one more client, once it is a 503."""
    number = secrets.token_hex(4)
    contact = {"first_name": "Tiina", "last_name": "Tilaaja", "email": f"tiina.{number}@example.fi"}
    wish = {"kind": "organisation", "name": "Täysi Oy " + "ä" * 150, "contact": contact, "payer_type": "business"}
    answer = house.practice.booking.post("/api/v1/clients", json=wish)
    assert answer.status_code in (201, 503), answer.text
    return answer if answer.status_code == 503 else None


def is_a_problem_that_says_when_to_come_back(answer: httpx.Response) -> bool:
    said = answer.headers["content-type"], answer.json()["status"], int(answer.headers["retry-after"]) > 0
    return said == ("application/problem+json", 503, True)


# -- full -------------------------------------------------------------------------------------------------


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
def test_a_full_disk_is_a_503_that_leaves_nothing_half_done_and_all_goes_on_when_there_is_space(
    house: House, crowd: Crowd, heal: Compare
) -> None:
    with small_disk(house.postgres, house.postgres.folder / "data" / "base") as disk:
        crowd.start()
        crowd.wait_for(10)
        with filled(disk):
            for _ in range(20):
                answer = eventually(lambda: refused(house), what="a full disk")
                assert is_a_problem_that_says_when_to_come_back(answer)
        crowd.wait_for(20)
        heal(crowd)


@needs_a_small_disk
def test_while_the_disk_of_redis_is_full_people_go_on_booking(house: House, crowd: Crowd, heal: Compare) -> None:
    """It refuses whatever changes something then: posting, and taking what was posted."""
    with small_disk(house.redis, house.redis.folder / "data") as disk:
        crowd.start()
        crowd.wait_for(10)
        with filled(disk):
            eventually(partial(refuses_to_write, house.redis), what="a full disk")
            crowd.wait_for(40)
        heal(crowd)


def refuses_to_write(server: BreakableRedis) -> bool:
    with server.client() as client:
        try:
            client.set("more", "x" * 10_000)
        except redis.ResponseError as refused:
            return str(refused).startswith("MISCONF")
    return False


# -- read-only and locked ---------------------------------------------------------------------------------


@contextmanager
def read_only(house: House) -> Iterator[None]:
    """As a stand-by server is, or one that an administrator has closed."""
    for database in DATABASES.values():
        set_read_only(house, database, "on")
    try:
        yield
    finally:
        for database in DATABASES.values():
            set_read_only(house, database, "off")


def set_read_only(house: House, database: str, value: str) -> None:
    with house.postgres.connect() as connection:
        connection.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = {value}".encode())
    house.postgres.cut_connections(database)


def test_read_only_databases_are_a_503_and_all_goes_on_afterwards(house: House, crowd: Crowd, heal: Compare) -> None:
    crowd.start()
    crowd.wait_for(10)
    with read_only(house):
        for _ in range(20):
            answer = eventually(lambda: refused(house), what="a read-only database")
            assert is_a_problem_that_says_when_to_come_back(answer)
    crowd.wait_for(20)
    heal(crowd)


def test_a_table_that_stays_locked_is_a_503_within_seconds_and_all_goes_on_afterwards(
    house: House, crowd: Crowd, heal: Compare
) -> None:
    crowd.start()
    crowd.wait_for(10)
    with house.postgres.connect(DATABASES["booking"]) as connection, connection.transaction():
        connection.execute("LOCK TABLE client, session, outbox IN ACCESS EXCLUSIVE MODE")
        answer = eventually(lambda: refused(house), what="a lock that is waited for")
        assert is_a_problem_that_says_when_to_come_back(answer)
        assert answer.elapsed.total_seconds() < 12
    crowd.wait_for(20)
    heal(crowd)
