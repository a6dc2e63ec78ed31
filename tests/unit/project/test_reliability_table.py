"""The table of faults names tests that exist, so that no promise outlives its test."""

import re
from pathlib import Path

HERE = Path(__file__).parents[3]
NAMED = re.compile(r"`((?:tests/[\w/]+/)?test_\w+\.py)::(test_\w+)`")


def test_every_test_that_the_table_names_exists() -> None:
    table = (HERE / "docs/reliability.md").read_text()
    named = NAMED.findall(table)

    assert len(named) == table.count("::test_")
    for file, test in named:
        path = HERE / (file if "/" in file else f"tests/faults/{file}")
        assert f"def {test}(" in path.read_text(), f"{file}::{test}"


def test_every_file_of_tests_that_the_table_of_security_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", (HERE / "docs/security.md").read_text())

    assert len(named) > 20
    assert [file for file in named if not (HERE / file).is_file()] == []
