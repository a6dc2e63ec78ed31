"""The documents in docs/ say what the code does."""

import subprocess
import sys

PRINTED = """
from services.documents import DOCS, generated
for place, text in generated().items():
    if (DOCS / place).read_text(encoding="utf-8") != text:
        print(place)
"""


def test_the_documents_are_the_ones_that_the_code_makes() -> None:
    """In a process of its own, because the environment of a service is read once."""
    made = subprocess.run([sys.executable, "-c", PRINTED], capture_output=True, text=True, check=False)

    assert (made.returncode, made.stdout) == (0, ""), f"run `tyonohjaus documents`: {made.stdout}{made.stderr}"
