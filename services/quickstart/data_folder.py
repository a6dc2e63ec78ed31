"""The folder of one installation: locked while it runs, with its secrets, its logs and the file that tells others."""

import fcntl
import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from services.core.errors import OperatorError
from services.core.secrets import fresh_keys
from services.quickstart.binaries import make_open_folder

ADDRESSES_FILE = "tyonohjaus.env"


class UnusableFolder(OperatorError):
    """The data folder can't be used."""


class AlreadyRunning(OperatorError):
    """Another start uses the same data folder."""


class NotRunning(OperatorError):
    """Nothing runs in this data folder."""


@contextmanager
def occupied(data: Path) -> Iterator[Path]:
    """Make the folder if need be and keep every other start out of it; the kernel lets go even if we are killed."""
    folder = data.absolute()
    try:
        make_open_folder(folder)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise UnusableFolder(f"{folder} can't be used: {error.strerror}.") from error
    with os.fdopen(lock):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"another start uses {folder}; stop it, or name another folder by --data.") from None
        yield folder


def keys(folder: Path) -> dict[str, str]:
    """The secrets of this installation, made at its first start and kept."""
    path = folder / "secrets.env"
    known = _read(path) if path.exists() else {}
    complete = fresh_keys() | known
    if complete != known:
        write_privately(path, complete)
    return complete


def is_running(data: Path) -> bool:
    """Whether everything in the folder has started; what a killed start left behind does not count."""
    if not (data / ADDRESSES_FILE).exists():
        return False
    with (data / "lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def kept(data: Path) -> dict[str, str]:
    """What the folder of an installation holds of it, whether it runs or not."""
    known: dict[str, str] = {}
    for name in ("secrets.env", ADDRESSES_FILE):
        try:
            known |= _read(data / name)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise UnusableFolder(f"{data / name} can't be read: {error.strerror}.") from error
    if not known:
        raise UnusableFolder(f"{data} holds no installation.")
    return known


def environment(data: Path) -> dict[str, str]:
    """What commands about an installation need to know of it while it runs."""
    folder = data.absolute()
    if not (folder / ADDRESSES_FILE).exists():
        raise NotRunning(f"nothing runs in {folder}; start `tyonohjaus up --data {data}` first.")
    return _read(folder / "secrets.env") | _read(folder / ADDRESSES_FILE)


def write_addresses(folder: Path, values: Mapping[str, str]) -> None:
    """Tell others, all at once and only when everything is ready."""
    write_privately(folder / ADDRESSES_FILE, values)


def remove_addresses(folder: Path) -> None:
    (folder / ADDRESSES_FILE).unlink(missing_ok=True)


def log_file(folder: Path, name: str) -> Path:
    """A new log for this run; that of the run before stays beside it."""
    log = folder / "logs" / f"{name}.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    with suppress(FileNotFoundError):
        log.rename(log.with_suffix(".before.log"))
    return log


def write_privately(path: Path, values: Mapping[str, str]) -> None:
    """One value a line, quoted as a shell wants it: people read these files with ``.``."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def _read(path: Path) -> dict[str, str]:
    pairs = (word.partition("=") for word in shlex.split(path.read_text()))
    return {name: value for name, _, value in pairs}
