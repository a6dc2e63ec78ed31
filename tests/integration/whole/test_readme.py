"""README's examples, typed in as they stand there."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.practice import Installation

README = Path(__file__).parents[3] / "README.md"
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
def test_the_api_by_example_does_what_it_says(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / ".tyonohjaus").symlink_to(installation.folder)
    typed = subprocess.run(
        ["bash", "-c", STRICT + examples()], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (typed.returncode, typed.stderr) == (0, ""), typed.stdout
    for name in ("aino", "bertta", "celia"):
        first, *_ = installation.practice.next_letters(f"{name}@example.fi")
        assert first["subject"] == "Varausvahvistus: työnohjaus ma 6.9.2027 klo 14.00 ja 11 muuta aikaa"
