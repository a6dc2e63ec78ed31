"""The scans of `.ci/run` find what they look for."""

import json
import subprocess
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

CI = Path(__file__).parents[3] / ".ci"


def test_a_key_in_a_file_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "settings.py"
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    planted.write_bytes(b'"""' + key + b'"""')

    scan = subprocess.run([CI / "secret-scan", planted], capture_output=True, text=True, check=False)

    assert scan.returncode != 0
    assert f"{planted}:1" in scan.stdout


@pytest.fixture(scope="module")
def advisories() -> ModuleType:
    loader = SourceFileLoader("advisories", str(CI / "advisories"))
    spec = spec_from_loader("advisories", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def told(*weaknesses: dict[str, Any]) -> str:
    packages = [{"name": "jinja2", "version": "3.1.2", "vulns": weaknesses}, {"name": "x", "skip_reason": "unknown"}]
    return json.dumps({"dependencies": packages})


def test_a_known_weakness_is_named_with_the_version_that_mends_it(advisories: ModuleType) -> None:
    weakness = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["3.1.3"]}

    found = ["jinja2 3.1.2: PYSEC-1, CVE-1 (mended in 3.1.3)"]
    assert advisories.judge(told(weakness)) == (found, 1, 1)
    assert advisories.judge(told()) == ([], 1, 1)


def test_a_weakness_that_was_accepted_may_stay(advisories: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(advisories.ACCEPTED, "CVE-1", "not reached by anything of ours")

    assert advisories.judge(told({"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": []})) == ([], 1, 1)
