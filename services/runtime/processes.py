"""Child processes that never outlive us: started, watched, started again when they die, and stopped in good order.

Our own programs are forked where what they need is imported already (`services.runtime.fork`), all others executed.
Each child leads a session of its own, so that Ctrl-C reaches only us and what a child leaves behind can be found.
On Linux the kernel ends a child when its parent is killed, however suddenly (prctl(2), PR_SET_PDEATHSIG); the signal
follows the thread that started the child, so children are started by the main thread.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from services.core.errors import OperatorError
from services.runtime.fork import Fork, fork, is_preloaded, run_main


class Account(NamedTuple):
    user: int
    group: int


PR_SET_PDEATHSIG = 1
CHECK_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 30.0
HEALTHY_SECONDS = 60.0
"""A child that ran this long before it died starts again without a pause."""

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, kw_only=True)
class Program:
    name: str
    arguments: Sequence[str | Path]
    #: one of ours, whose ``main`` runs with these arguments, as by ``python -m``
    module: str = ""
    #: the same without reading a command line, for a fork: parsing one costs each 7 MB
    main: Callable[[], object] | None = None
    environment: Mapping[str, str] | None = None
    folder: Path | None = None
    account: Account | None = None
    input: str = ""
    ending: signal.Signals = signal.SIGTERM
    #: what the kernel sends when we are killed
    orphaned: signal.Signals = signal.SIGKILL
    patience_seconds: float = 10.0
    log: Path | None = None


Process = subprocess.Popen[bytes] | Fork


@dataclass
class Child:
    program: Program
    process: Process
    started: float
    failures: int = 0
    due: float | None = field(default=None)
    """When to start it again, on the monotonic clock; None while it runs or is done."""


class StartFailed(OperatorError):
    """A program ended while it was starting."""


class StartTimedOut(OperatorError):
    """A program did not become ready in time."""


class StopRequested(BaseException):
    """Someone pressed Ctrl-C or sent SIGTERM."""


DeathNotice = Callable[[Child, float], None]
"""Told of each child that ended, and after how many seconds it starts again."""


def start(program: Program) -> Child:
    try:
        with _output(program) as output:
            process = _fork(program, output) if program.module and is_preloaded() else _execute(program, output)
    except OSError as error:
        raise StartFailed(f"{program.name} can't be started: {error}.") from error
    return Child(program, process, time.monotonic())


def wait_until(ready: Callable[[], bool], children: Sequence[Child], *, what: str, seconds: float) -> None:
    """Wait for ``ready``; a child that ends meanwhile is a dead start."""
    deadline = time.monotonic() + seconds
    while not ready():
        for child in children:
            if has_ended(child):
                raise StartFailed(f"{child.program.name} ended at its start: {last_log_line(child)}")
        if time.monotonic() > deadline:
            raise StartTimedOut(f"{what} is not ready after {seconds:.0f} seconds.")
        time.sleep(0.05)


def run(*programs: Program, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Run programs that end by themselves; one that fails is a dead start. `meanwhile` is called between two looks."""
    children = [start(program) for program in programs]
    try:
        while not all(map(has_ended, children)):
            meanwhile()
            time.sleep(0.05)
    finally:
        stop(children)
    for child in children:
        if child.process.returncode != 0:
            raise StartFailed(f"{child.program.name} failed: {last_log_line(child)}")


def supervise_all(children: Sequence[Child], notice: DeathNotice, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Start again whatever dies, until StopRequested interrupts; `meanwhile` is called between two looks."""
    launcher = _launcher()
    while launcher in (None, os.getppid()):
        meanwhile()
        for child in children:
            supervise(child, notice)
        _reap_orphans(children)
        time.sleep(CHECK_SECONDS)
    raise StopRequested("the launcher is gone")


def supervise(child: Child, notice: DeathNotice) -> None:
    """Look after one child: bury it when it died, start it again when its pause is over."""
    now = time.monotonic()
    if child.due is None and child.process.returncode is None and has_ended(child):
        _reap(child)
        child.failures = 0 if now - child.started > HEALTHY_SECONDS else child.failures + 1
        notice(child, _pause(child, now))
    elif child.due is not None and now >= child.due:
        try:
            again = start(child.program)
        except StartFailed:
            child.failures += 1
            notice(child, _pause(child, now))
        else:
            child.process, child.started, child.due = again.process, again.started, None


def stop(children: Sequence[Child]) -> None:
    """Ask all to end, then end what has not within its patience, with everything that it started."""
    for child in children:
        child.due = None
        if child.process.returncode is None and not has_ended(child):
            child.process.send_signal(child.program.ending)
    asked = time.monotonic()
    for child in children:
        while child.process.returncode is None and not has_ended(child):
            if time.monotonic() > asked + child.program.patience_seconds:
                break
            time.sleep(0.02)
        _reap(child)


def has_ended(child: Child) -> bool:
    """Whether it has ended, without burying it: until then nobody else can get its number."""
    if child.process.returncode is not None:
        return True
    return os.waitid(os.P_PID, child.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def last_log_line(child: Child) -> str:
    """The last line of its log, and where the rest is."""
    log = child.program.log
    if log is None or not log.exists():
        return "it said nothing."
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 4000))
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines()]
    said = next((line for line in reversed(lines) if line), "it said nothing")
    return f"{said[:300]} (see {log})"


@contextmanager
def stop_signals() -> Iterator[None]:
    """Inside, SIGTERM, SIGINT and a closed terminal raise StopRequested, once."""
    signals = [signal.SIGTERM, signal.SIGINT]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        signals.append(signal.SIGHUP)

    def ask(number: int, _frame: FrameType | None) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise StopRequested(signal.Signals(number).name)

    before = [signal.signal(each, ask) for each in signals]
    try:
        yield
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)


def _pause(child: Child, now: float) -> float:
    """Say when to start it again, later after each failure."""
    pause: float = min(0.25 * 2**child.failures, LONGEST_PAUSE_SECONDS)
    child.due = now + pause
    return pause


def _fork(program: Program, output: int | None) -> Fork:
    parent = os.getpid()

    def begin() -> None:
        os.setsid()
        _tie_to_parent(parent, program.orphaned)
        if program.folder:
            os.chdir(program.folder)
        if program.environment is not None:
            os.environ.clear()
            os.environ.update(program.environment)
        try:
            run_main(program.module, [str(argument) for argument in program.arguments], program.main)
        except OperatorError as trouble:
            raise SystemExit(f"tyonohjaus: {trouble}") from None

    return fork(begin, output)


def _execute(program: Program, output: int | None) -> subprocess.Popen[bytes]:
    parent, account = os.getpid(), program.account
    process = subprocess.Popen(
        [*((sys.executable, "-m", program.module) if program.module else ()), *program.arguments],
        env=program.environment,
        cwd=program.folder,
        stdin=subprocess.PIPE if program.input else subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        start_new_session=True,
        user=account.user if account else None,
        group=account.group if account else None,
        extra_groups=[] if account else None,
        preexec_fn=lambda: _tie_to_parent(parent, program.orphaned),  # noqa: PLW1509
    )
    if process.stdin:
        with suppress(BrokenPipeError), process.stdin as pipe:  # it died; that is seen in its time
            pipe.write(program.input.encode())
    return process


def _launcher() -> int | None:
    """Our parent, when it is ``uv run``: it waits for us, and passes on signals but not its own sudden death."""
    try:
        name = Path(f"/proc/{os.getppid()}/comm").read_text().strip()
    except OSError:
        return None
    return os.getppid() if name == "uv" else None


def _reap(child: Child) -> None:
    """Kill what is left of its group while its number is still its own, then let it go."""
    if child.process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):  # macOS, when only the dead leader is left
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()


def _reap_orphans(children: Sequence[Child]) -> None:
    """As the first process of a container we inherit orphans: let them go."""
    if os.getpid() != 1:
        return
    ours = {child.process.pid for child in children}
    while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and ended.si_pid not in ours:
        os.waitpid(ended.si_pid, 0)


def _tie_to_parent(parent: int, orphaned: signal.Signals) -> None:
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, orphaned)
    if os.getppid() != parent:  # it died before the line above
        os.kill(os.getpid(), orphaned)


@contextmanager
def _output(program: Program) -> Iterator[int | None]:
    if program.log is None:
        yield None
        return
    descriptor = os.open(program.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
