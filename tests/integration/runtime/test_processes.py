"""Children are started, watched and stopped, and none outlives its parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.runtime.processes import (
    Child,
    Program,
    StartFailed,
    StartTimedOut,
    StopRequested,
    has_ended,
    run,
    start,
    stop,
    stop_signals,
    supervise,
    wait_until,
)


def python(code: str, tmp_path: Path, **options: object) -> Program:
    return Program(
        name="child",
        arguments=[sys.executable, "-c", code],
        log=tmp_path / "child.log",
        **options,  # type: ignore[arg-type]
    )


def eventually(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def is_running(number: int) -> bool:
    """Whether it runs; one that nobody has buried yet does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def numbers(log: Path, count: int) -> list[int]:
    """The process numbers that children wrote into their log."""
    eventually(lambda: log.exists() and len(log.read_text().split()) >= count)
    return [int(word) for word in log.read_text().split()]


PARENT = """
import sys
from pathlib import Path
from services.runtime.processes import Program, start, supervise_all
child = Program(name="child", arguments=[sys.executable, "-c", sys.argv[2]], log=Path(sys.argv[1]))
supervise_all([start(child)], lambda *_: None)
"""
CHILD_WITH_CHILD = """
import os, sys, time
from pathlib import Path
from services.runtime.processes import Program, start
print(os.getpid(), flush=True)
code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
start(Program(name="grandchild", arguments=[sys.executable, "-c", code]))
time.sleep(600)
"""


def test_a_killed_parent_leaves_neither_children_nor_their_children(tmp_path: Path) -> None:
    log = tmp_path / "log"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(log), CHILD_WITH_CHILD])
    family = numbers(log, 2)
    assert all(map(is_running, family))
    parent.kill()
    parent.wait()
    eventually(lambda: not any(map(is_running, family)))


def test_a_parent_that_died_before_its_child_was_tied_takes_it_along() -> None:
    code = """
from services.runtime import processes
tie = processes._tie_to_parent
processes._tie_to_parent = lambda parent, orphaned: tie(parent + 1, orphaned)
print(processes.start(processes.Program(name="child", arguments=["/bin/sleep", "600"])).process.wait())
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=10, check=True)
    assert said.stdout.strip() == "-9"


def test_a_child_that_dies_is_started_again_after_a_growing_pause(tmp_path: Path) -> None:
    pauses: list[float] = []
    child = start(python("import os; print(os.getpid())", tmp_path))

    def three_deaths() -> bool:
        supervise(child, lambda _, pause: pauses.append(pause))
        return len(pauses) == 3

    eventually(three_deaths)
    stop([child])
    assert pauses == [0.5, 1.0, 2.0]
    assert len(set(numbers(tmp_path / "child.log", 3))) == 3


def test_what_a_dead_child_left_behind_is_ended_before_it_starts_again(tmp_path: Path) -> None:
    code = "import os, time\nif os.fork():\n os._exit(1)\nprint(os.getpid(), flush=True)\ntime.sleep(600)"
    child = start(python(code, tmp_path))
    [orphan] = numbers(tmp_path / "child.log", 1)
    assert is_running(orphan)
    eventually(lambda: has_ended(child))
    supervise(child, lambda *_: None)
    eventually(lambda: not is_running(orphan))
    stop([child])


def test_a_stubborn_child_is_killed_when_its_patience_is_over_and_the_others_end_clean(tmp_path: Path) -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
    )
    polite = (
        "import signal, time; signal.signal(signal.SIGTERM, lambda *_: exit(7)); print(1, flush=True); time.sleep(600)"
    )
    children = [
        start(Program(name=log, arguments=[sys.executable, "-c", code], log=tmp_path / log, patience_seconds=0.5))
        for code, log in [(stubborn, "stubborn"), (polite, "polite")]
    ]
    for log in ("stubborn", "polite"):
        numbers(tmp_path / log, 1)
    stop(children)
    assert [child.process.returncode for child in children] == [-signal.SIGKILL, 7]


def test_a_dead_start_says_its_last_words(tmp_path: Path) -> None:
    child = start(python("raise SystemExit('the port is taken')", tmp_path))
    with pytest.raises(StartFailed, match="the port is taken"):
        wait_until(lambda: False, [child], what="child", seconds=10)
    stop([child])


def test_a_program_that_is_missing_is_a_dead_start_and_is_tried_again_when_it_was_there_before(tmp_path: Path) -> None:
    there = tmp_path / "program"
    with pytest.raises(StartFailed, match="can't be started"):
        start(Program(name="child", arguments=[there]))

    there.write_text("#!/bin/sh\n")
    there.chmod(0o755)
    child = start(Program(name="child", arguments=[there], input="nobody reads this"))
    there.unlink()
    pauses: list[float] = []

    def two_failures() -> bool:
        supervise(child, lambda _, pause: pauses.append(pause))
        return len(pauses) == 2

    eventually(two_failures)
    assert pauses == [0.5, 1.0]


def test_a_slow_start_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(StartTimedOut, match="child is not ready"):
        wait_until(lambda: False, [], what="child", seconds=0)


def test_a_program_that_fails_is_a_dead_start_and_one_that_ends_well_is_none(tmp_path: Path) -> None:
    run(python("", tmp_path))
    with pytest.raises(StartFailed, match="no database"):
        run(python("raise SystemExit('no database')", tmp_path))


def test_a_child_gets_its_input_its_folder_and_only_its_environment(tmp_path: Path) -> None:
    code = "import os, sys; print(sys.stdin.read(), os.getcwd(), 'HOME' in os.environ, os.environ['A'])"
    run(python(code, tmp_path, input="hidden", folder=tmp_path, environment={"A": "b"}))
    assert (tmp_path / "child.log").read_text().split() == ["hidden", str(tmp_path), "False", "b"]
    assert (tmp_path / "child.log").stat().st_mode & 0o777 == 0o600


@contextmanager
def stopping_calmly(number: signal.Signals, stopped: list[bool]) -> Iterator[None]:
    try:
        yield
    finally:
        os.kill(os.getpid(), number)
        stopped.append(True)


@pytest.fixture
def attended_terminal() -> Iterator[None]:
    """As if the tests had not been started by nohup, after which a closed terminal would disturb nobody."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("attended_terminal")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_asks_to_stop_and_the_next_one_does_not_disturb(number: signal.Signals) -> None:
    before, stopped = signal.getsignal(number), list[bool]()
    with pytest.raises(StopRequested, match=number.name), stop_signals(), stopping_calmly(number, stopped):
        os.kill(os.getpid(), number)
    assert stopped == [True]
    assert signal.getsignal(number) is before


def test_stopping_twice_and_stopping_what_waits_for_its_next_start_is_no_trouble(tmp_path: Path) -> None:
    child: Child = start(python("", tmp_path))
    eventually(lambda: has_ended(child))
    supervise(child, lambda *_: None)
    assert child.due is not None
    stop([child])
    stop([child])
    assert child.due is None


def test_a_terminal_that_is_gone_is_no_trouble() -> None:
    code = (
        "from services.quickstart.terminal import print_line, print_step\n"
        "with print_step('a'): print_line('b')\nprint_line('c')"
    )
    reading, writing = os.pipe()
    os.close(reading)
    said = subprocess.run([sys.executable, "-c", code], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (said.returncode, said.stderr) == (0, b"")
