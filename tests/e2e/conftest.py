"""The practice in containers, from the compose file that users get: built, started and removed by pytest-docker."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pytest_docker.plugin import Services

from services.quickstart.ports import free_port
from tests.e2e.containers import Containers
from tests.e2e.practice import Practice
from tests.support.chromium import running_chromium

COMPOSE_FILE = Path(__file__).parents[2] / "docker-compose.yml"
PORTS = ("HTTP_PORT", "HTTPS_PORT", "MAILPIT_PORT")
OWN_NAME = "localhost"
"""For which the gateway makes a certificate itself, as it fetches one for a name on the internet."""


@pytest.fixture(scope="module")
def docker_compose_file() -> str:
    return str(COMPOSE_FILE)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `.env` of an operator who followed the documentation, on ports that are free here."""
    secrets = subprocess.run(
        [sys.executable, "-m", "services.cli", "secrets"], capture_output=True, text=True, check=True
    )
    ports = {name: free_port() for name in PORTS}
    more = {
        **ports,
        "DOMAIN": OWN_NAME,
        "PUBLIC_URL": f"https://{OWN_NAME}:{ports['HTTPS_PORT']}",
        "ADMIN_EMAIL": "yllapito@example.fi",
        "TYONOHJAUS_VERSION": "e2e",
    }
    path = tmp_path_factory.mktemp("e2e") / "env"
    path.write_text(secrets.stdout + "".join(f"{name}={value}\n" for name, value in more.items()))
    return path


@pytest.fixture(scope="module")
def docker_compose_command(environment: Path) -> str:
    command = f"docker compose --progress quiet --env-file {environment}"
    if missing := what_is_missing(command):
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop(missing)
    return command


def what_is_missing(command: str) -> str | None:
    if shutil.which("docker") is None:
        return "Docker is not installed"
    if not succeeds("docker compose version"):
        return "Docker has no Compose plugin"
    if not succeeds("docker info"):
        return "the Docker engine does not answer"
    if not all(map(is_at_hand, images_of_servers(command))):
        return "the base images can't be pulled; .ci/base-images builds stand-ins for them"
    return None


def images_of_servers(command: str) -> list[str]:
    ask = f"{command} -f {COMPOSE_FILE} config --images postgres redis mailpit gateway"
    return subprocess.run(ask.split(), capture_output=True, text=True, check=True).stdout.split()


def is_at_hand(image: str) -> bool:
    return succeeds(f"docker image inspect {image}") or succeeds(f"docker pull --quiet {image}")


def succeeds(command: str) -> bool:
    return subprocess.run(command.split(), capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def docker_setup() -> list[str]:
    """Nothing: `containers` starts them, where what a failed start left behind is cleaned up too."""
    return []


@pytest.fixture(scope="module")
def docker_cleanup() -> list[str]:
    return ["down --volumes --timeout 5"]


@pytest.fixture(scope="module")
def containers(
    docker_compose_command: str, docker_compose_file: str, docker_compose_project_name: str, docker_services: Services
) -> Containers:
    containers = Containers(
        (*docker_compose_command.split(), "-f", docker_compose_file, "-p", docker_compose_project_name)
    )
    containers.compose("build", "--quiet")
    containers.compose("up", "--detach", "--wait", "--wait-timeout", "180")
    return containers


@pytest.fixture(scope="module")
def practice(containers: Containers, environment: Path) -> Practice:
    return Practice(containers, dict(line.split("=", 1) for line in environment.read_text().splitlines()))


@pytest.fixture
def page() -> Iterator[Page]:
    """Of a browser that does not know the gateway's own authority, and goes on all the same."""
    with running_chromium() as browser, browser.new_context(ignore_https_errors=True, locale="fi-FI") as context:
        yield context.new_page()
