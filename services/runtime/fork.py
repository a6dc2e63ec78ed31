"""Our own programs as forks of a process that has imported them: one import for all, in memory once.

Whoever forks has one thread, and its children use nothing that it has opened: each opens its own connections. What is
imported is frozen, so that no child's garbage collection writes to it (decision 20).
"""

import atexit
import ctypes
import gc
import importlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.orm import configure_mappers

if sys.platform == "linux":
    import setproctitle

STDIN, STDOUT, STDERR = range(3)

_preloaded = False


@dataclass
class Fork:
    """A forked child; what `subprocess.Popen` says of one that it started."""

    pid: int
    returncode: int | None = None

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self) -> int:
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode


def preload(*modules: str) -> None:
    """Import what children will need; from now on they can be forked. Elsewhere than on Linux they are not."""
    global _preloaded  # noqa: PLW0603 -- a process forks or does not
    if sys.platform != "linux":  # on macOS a fork must not touch the system's own libraries
        return
    gc.disable()  # it would find nothing: what is imported stays
    for module in modules:
        importlib.import_module(module)
    configure_mappers()  # else each child would do it
    setproctitle.getproctitle()  # it finds out where the title lies as long as nobody has emptied the environment
    gc.enable()
    freeze()
    _preloaded = True


def freeze() -> None:
    """What is in memory now is there to stay: no child looks through it for garbage, for looking alone writes to it."""
    gc.collect()
    with suppress(AttributeError):  # another libc than GNU's
        ctypes.CDLL(None).malloc_trim(0)  # what compiling modules needed for a moment
    gc.freeze()


def is_preloaded() -> bool:
    return _preloaded


def fork(run: Callable[[], object], output: int | None) -> Fork:
    """A child that runs this and ends, with no open file but the standard ones, of which it may have another output."""
    if threading.active_count() > 1:
        raise RuntimeError("A process with threads can't be forked safely.")
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # A signal that comes before the child has let go of its parent's handlers waits until then.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    if pid := os.fork():
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        return Fork(pid)
    code = 1
    try:
        _forget_parent(output)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        code = _exit_code(run)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def run_main(module: str, arguments: Sequence[str], main: Callable[[], object] | None = None) -> None:
    """What ``python -m`` does with a module that ends in a call of its ``main``, also in what `ps` shows."""
    setproctitle.setproctitle(" ".join((sys.executable, "-m", module, *arguments)))
    sys.argv = [module, *arguments]
    (main or importlib.import_module(module).main)()


def _forget_parent(output: int | None) -> None:
    """Its handlers of signals, what it wanted to do at its end, and its open files.

    Their numbers stay taken, for what the parent left in memory may still close what it holds to be its own.
    """
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    atexit._clear()
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, STDIN)
    if output is not None:
        os.dup2(output, STDOUT)
        os.dup2(output, STDERR)
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 -- no paths are needed here
        if (held := int(name)) not in (STDIN, STDOUT, STDERR, nothing):
            os.dup2(nothing, held, inheritable=False)


def _exit_code(run: Callable[[], object]) -> int:
    """Run it to its end, as the interpreter would."""
    try:
        run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if end.code is not None and not isinstance(end.code, int):
            sys.stderr.write(f"{end.code}\n")
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as multiprocessing does it
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code & 0xFF
