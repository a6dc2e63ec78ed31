"""What `up` does before it forks leaves no thread and no connection behind, and each child logs in its own name."""

import json
import os
import subprocess
import sys
from pathlib import Path

from services.core.secrets import fresh_keys
from tests.conftest import FreshDatabase

REHEARSED = """
import os, threading
from services.core import logs
from services.quickstart.rehearsal import rehearse
from services.quickstart.up import PRELOADED, SERVICES
from services.runtime.fork import fork, preload

preload(*PRELOADED)
rehearse(SERVICES)
files = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
held = [os.readlink(file) for file in files if os.path.exists(file)]
print(threading.active_count(), *sorted(file for file in held if "socket:" in file))

def child():
    logs.configure("child")
    logs.logger("test").info("it.speaks")

print(fork(child, None).wait())
"""


def test_a_rehearsal_leaves_no_thread_and_no_connection_and_its_children_log_in_their_own_names(
    fresh_database: FreshDatabase, redis_url: str, tmp_path: Path
) -> None:
    services = ("booking", "reporting", "notifier")
    settings = {
        **{f"{service.upper()}_DATABASE_URL": fresh_database(service) for service in services},
        "PUBLIC_URL": "http://127.0.0.1",
        "REDIS_URL": redis_url,
        "SMTP_URL": "smtp://127.0.0.1:1",
        "MAIL_FROM": "tyonohjaus@example.org",
    }
    said = subprocess.run(
        [sys.executable, "-c", REHEARSED],
        env=os.environ | fresh_keys() | settings | {"PYTHONPATH": str(Path(__file__).parents[3])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == ["1", "0"]
    [line] = said.stderr.splitlines()
    assert (json.loads(line)["service"], json.loads(line)["event"]) == ("child", "it.speaks")
