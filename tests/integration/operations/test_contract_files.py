"""The documents and the configuration that are made from the code say what it does."""

import subprocess
import sys

PRINTED = """
from services.operations.contract_files import ROOT, contract_files
for place, text in contract_files().items():
    if (ROOT / place).read_text(encoding="utf-8") != text:
        print(place)
"""


def test_the_documents_are_the_ones_that_the_code_makes() -> None:
    """In a process of its own, because the environment of a service is read once."""
    made = subprocess.run([sys.executable, "-c", PRINTED], capture_output=True, text=True, check=False)

    assert (made.returncode, made.stdout) == (0, ""), f"run `tyonohjaus documents`: {made.stdout}{made.stderr}"
