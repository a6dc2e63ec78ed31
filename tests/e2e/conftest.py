"""The practice in containers, from the compose file that users get: built, started and removed by pytest-docker."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_docker.plugin import Services

from services.local.ports import free_port
from tests.e2e.containers import Containers
from tests.e2e.practice import Practice

COMPOSE_FILE = Path(__file__).parents[2] / "docker-compose.yml"
PORTS = ("BOOKING_PORT", "NOTIFIER_PORT", "REPORTING_PORT", "MAILPIT_PORT")


@pytest.fixture(scope="module")
def docker_compose_file() -> str:
    return str(COMPOSE_FILE)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `.env` of an operator who followed the documentation, on ports that are free here."""
    secrets = subprocess.run(
        [sys.executable, "-m", "services.cli", "secrets"], capture_output=True, text=True, check=True
    )
    ports = "".join(f"{name}={free_port()}\n" for name in PORTS)
    path = tmp_path_factory.mktemp("e2e") / "env"
    path.write_text(f"{secrets.stdout}{ports}TYONOHJAUS_VERSION=e2e\n")
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
    ask = f"{command} -f {COMPOSE_FILE} config --images postgres redis mailpit"
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
    docker_compose_command: str,
    docker_compose_file: str,
    docker_compose_project_name: str,
    docker_services: Services,
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
