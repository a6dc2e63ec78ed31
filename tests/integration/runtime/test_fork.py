"""Programs of ours are forked from a process that has imported them, and are then as if they had been executed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.start import alive, command_line

PARENT = """
import os, random, signal, sys, threading, time
from pathlib import Path
from services.core.database import new_id
from services.runtime.processes import Program, StopRequested, run, start, stop, stop_signals, wait_until
from services.runtime.processes import has_ended, supervise_all
from services.runtime.fork import preload

sys.path.insert(0, os.fspath(Path.cwd()))

def program(*arguments, name="child", **options):
    return Program(name=name, module="program", arguments=arguments, log=Path(name + ".log"), **options)

preload("program")
"""
"""The beginning of one that forks `program`, a module that the test writes."""


@pytest.fixture
def parent(tmp_path: Path) -> Callable[..., "subprocess.Popen[str]"]:
    """``parent(program, code)`` forks that program in a folder of its own, as its code says."""

    def begin(program: str, code: str) -> "subprocess.Popen[str]":
        (tmp_path / "program.py").write_text(program)
        here = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
        return subprocess.Popen(
            [sys.executable, "-c", PARENT + code], cwd=tmp_path, env=here, stdout=subprocess.PIPE, text=True
        )

    return begin


def said(process: "subprocess.Popen[str]") -> list[str]:
    """The words that it said until its good end."""
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return output.split()


def words(log: Path, count: int) -> list[str]:
    """What children wrote into their log, when it is so many words."""
    deadline = time.monotonic() + 30
    while not log.exists() or len(log.read_text().split()) < count:
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return log.read_text().split()


SHOWN = """
import os, signal, sys
imported_by = os.getpid()

def main():
    print(sys.argv[1], os.environ["A"], "HOME" in os.environ, os.getcwd(), sys.stdin.read() == "")
    print(os.getsid(0) == os.getpid(), imported_by == os.getppid())
    print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, signal.pthread_sigmask(signal.SIG_BLOCK, []) == set())
    files = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
    print({os.path.basename(os.readlink(file)) for file in files if os.path.exists(file)} == {"null", "child.log"})
    print(open("/proc/self/cmdline").read().rstrip(chr(0)).partition(" ")[2].replace(" ", "_"))
"""


def test_a_forked_child_has_its_own_session_log_environment_and_signals_and_nothing_of_its_parents(
    tmp_path: Path, parent: Callable[..., "subprocess.Popen[str]"]
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    code = """
with stop_signals(), open("lock", "w") as lock:
    run(program("hello", environment={"A": "b"}, folder=Path("there").absolute()))
    print(os.environ["HOME"] != "", os.path.exists("/proc/self/fd/%d" % lock.fileno()))
"""
    assert said(parent(SHOWN, code)) == ["True", "True"]
    log = (tmp_path / "child.log").read_text().split()
    assert log == ["hello", "b", "False", str(there), "True", *["True"] * 5, "-m_program_hello"]
    assert (tmp_path / "child.log").stat().st_mode & 0o777 == 0o600


ENDINGS = """
import os, sys, time, threading

def main():
    how = sys.argv[1]
    if how == "refused":
        sys.exit("the port is taken")
    if how == "code":
        sys.exit(7)
    if how == "broken":
        raise ValueError("broken")
    if how == "thread":
        threading.Thread(target=lambda: (time.sleep(0.2), print("done"))).start()
"""


def test_a_forked_child_ends_as_an_executed_one_and_never_in_its_parents_place(
    tmp_path: Path, parent: Callable[..., "subprocess.Popen[str]"]
) -> None:
    code = """
import atexit
atexit.register(print, "parent's-end")
try:
    for how in ("fine", "refused", "code", "broken", "thread"):
        child = start(program(how, name=how))
        wait_until(lambda: has_ended(child), [], what=how, seconds=20)
        stop([child])
        print(child.process.returncode)
finally:
    print("finally")
"""
    assert said(parent(ENDINGS, code)) == ["0", "1", "7", "1", "0", "finally", "parent's-end"]
    logs = {log.stem: log.read_text() for log in tmp_path.glob("*.log")}
    assert (logs["fine"], logs["refused"], logs["code"]) == ("", "the port is taken\n", "")
    assert logs["broken"].endswith("ValueError: broken\n")
    assert logs["thread"] == "done\n"


SLEEPER = """
import os, sys, time
from pathlib import Path
from services.runtime.processes import Program, start

def main():
    print(os.getpid(), flush=True)
    if sys.argv[1:]:
        start(Program(name="grandchild", module="program", arguments=[]))
    time.sleep(600)
"""


def test_a_killed_parent_leaves_neither_forked_children_nor_theirs(
    tmp_path: Path, parent: Callable[..., "subprocess.Popen[str]"]
) -> None:
    process = parent(SLEEPER, 'supervise_all([start(program("with a child"))], lambda *_: None)')
    family = {int(word) for word in words(tmp_path / "child.log", 2)}
    assert alive(family) == family
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 10
    while alive(family):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_forked_child_that_was_killed_starts_again_though_its_code_is_gone(
    tmp_path: Path, parent: Callable[..., "subprocess.Popen[str]"]
) -> None:
    code = "supervise_all([start(program())], lambda child, pause: print(child.process.returncode, pause, flush=True))"
    process = parent(SLEEPER, code)
    (tmp_path / "child.log").exists()
    [first] = words(tmp_path / "child.log", 1)
    (tmp_path / "program.py").unlink()
    os.kill(int(first), signal.SIGKILL)
    _, second = words(tmp_path / "child.log", 2)
    assert alive({int(first), int(second)}) == {int(second)}
    assert "program" in command_line(int(second))
    process.terminate()
    assert process.communicate()[0].split() == ["-9", "0.5"]


def test_a_signal_right_after_the_fork_ends_the_child_and_asks_nobody_else(
    parent: Callable[..., "subprocess.Popen[str]"],
) -> None:
    code = """
with stop_signals():
    children = [start(program()) for _ in range(20)]
    for child in children:
        child.process.send_signal(signal.SIGTERM)
    print({child.process.wait() for child in children} == {-signal.SIGTERM})
"""
    assert said(parent(SLEEPER, code)) == ["True"]


DRAWN = """
import random, secrets, tempfile
from services.core.database import new_id

def main():
    drawn = new_id(), random.random(), secrets.token_hex(), next(tempfile._get_candidate_names())
    print(" ".join(map(str, drawn)) + chr(10), end="")  # in one piece, for others write into the same log
"""


def test_no_two_forked_children_draw_the_same(tmp_path: Path, parent: Callable[..., "subprocess.Popen[str]"]) -> None:
    code = """
import program as drawn
drawn.main()
run(*[program() for _ in range(5)])
"""
    mine = said(parent(DRAWN, code))
    drawn = [*mine, *(tmp_path / "child.log").read_text().split()]
    assert len(drawn) == len(set(drawn)) == 6 * 4


def test_a_process_with_threads_is_not_forked(parent: Callable[..., "subprocess.Popen[str]"]) -> None:
    code = """
threading.Thread(target=time.sleep, args=[1]).start()
try:
    start(program())
except RuntimeError as refused:
    print(refused)
"""
    assert "threads" in said(parent(SLEEPER, code))
