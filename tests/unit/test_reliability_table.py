"""The table of faults names tests that exist, so that no promise outlives its test."""

import re
from pathlib import Path

HERE = Path(__file__).parents[2]
NAMED = re.compile(r"`((?:tests/\w+/)?test_\w+\.py)::(test_\w+)`")


def test_every_test_that_the_table_names_exists() -> None:
    table = (HERE / "docs/reliability.md").read_text()
    named = NAMED.findall(table)

    assert len(named) == table.count("::test_")
    for file, test in named:
        path = HERE / (file if "/" in file else f"tests/faults/{file}")
        assert f"def {test}(" in path.read_text(), f"{file}::{test}"
