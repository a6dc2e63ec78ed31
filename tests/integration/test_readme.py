"""README's examples, typed in as they stand there."""

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.integration.practice import running_practice, without_story

README = Path(__file__).parents[2] / "README.md"
WRITTEN_FOR = datetime(2026, 10, 1, 9, tzinfo=UTC)
"""Some time before the meetings in the examples."""
STRICT = """
set -o errexit -o nounset -o pipefail
curl() { command curl --fail-with-body "$@"; }
"""

needs_curl = pytest.mark.skipif(not shutil.which("curl") and not os.environ.get("CI"), reason="needs curl")


def examples() -> str:
    _, _, section = README.read_text().partition("\n## The API by example\n")
    section, _, _ = section.partition("\n## ")
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", section, re.DOTALL | re.MULTILINE))


@needs_curl
def test_the_api_by_example_does_what_it_says(tmp_path: Path) -> None:
    folder = without_story(tmp_path / ".tyonohjaus")
    (folder / "clock").write_text(str(int((WRITTEN_FOR - datetime.now(UTC)).total_seconds())))
    with running_practice(folder, "--demo") as practice:
        typed = subprocess.run(
            ["bash", "-c", STRICT + examples()], cwd=tmp_path, capture_output=True, text=True, check=False
        )

        assert (typed.returncode, typed.stderr) == (0, ""), typed.stdout
        for name in ("aino", "bertta", "celia"):
            first, *_ = practice.next_letters(f"{name}@example.fi")
            assert first["subject"] == "Varausvahvistus: työnohjaus ma 6.9.2027 klo 14.00 ja 11 muuta aikaa"
