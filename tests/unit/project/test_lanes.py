"""The gate's two lanes: which test is in which, and that together they are all of them."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import SLOW, TOGETHER

HERE = Path(__file__).parents[3]


@pytest.fixture
def process() -> int:
    with subprocess.Popen(["true"]) as started:
        return started.pid


def is_slow(request: pytest.FixtureRequest) -> bool:
    return request.node.get_closest_marker("slow") is not None


def test_what_starts_a_process_is_slow(request: pytest.FixtureRequest) -> None:
    with subprocess.Popen(["true"]):
        assert is_slow(request)


@pytest.mark.usefixtures("process")
def test_what_has_a_fixture_that_starts_a_process_is_slow(request: pytest.FixtureRequest) -> None:
    assert is_slow(request)


def test_what_starts_no_process_is_not(request: pytest.FixtureRequest) -> None:
    assert not is_slow(request)


def test_the_gate_runs_the_readmes_command_in_two_halves() -> None:
    assert "uv run pytest -n auto\n" in (HERE / "README.md").read_text()
    gate = (HERE / ".ci/run").read_text()
    halves = re.findall(r"^phase \"tests, \w+ lane\" tests (.+)$", gate, re.MULTILINE)
    assert 'uv run pytest -n auto -m "$1" ' in gate
    assert halves == ['"not slow"', "slow"]


@pytest.mark.parametrize("place", [*SLOW, *(place for places in TOGETHER.values() for place in places)])
def test_every_place_that_conftest_names_is_there(place: str) -> None:
    assert (HERE / place).exists()
