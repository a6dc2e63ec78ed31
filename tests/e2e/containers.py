"""How the tests speak to Docker Compose."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNITS = {"K": 2**-10, "M": 1, "G": 2**10}


@dataclass(frozen=True)
class Containers:
    """One running project of Docker Compose."""

    command: tuple[str, ...]

    def compose(self, *arguments: str) -> str:
        run = self.attempt(*arguments)
        assert run.returncode == 0, (
            f"docker compose {' '.join(arguments)}: {run.stdout}{run.stderr}\n{self.last_words()}"
        )
        return run.stdout

    def attempt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*self.command, *arguments], capture_output=True, text=True, check=False)

    def export(self, target: Path, *arguments: str) -> None:
        """What a command prints, byte for byte, as a file."""
        with target.open("wb") as file:
            subprocess.run([*self.command, *arguments], stdout=file, check=True)

    def feed(self, source: Path, *arguments: str) -> None:
        with source.open("rb") as file:
            subprocess.run([*self.command, *arguments], stdin=file, check=True)

    def mebibytes_used(self) -> list[float]:
        """By each container, as its control group counts it, without the files that the system keeps at hand."""
        command = ["stats", "--no-stream", "--format", "{{.MemUsage}}"]
        used = [line.partition(" / ")[0] for line in self.compose(*command).splitlines()]
        return [float(text.rstrip("KMGiB")) * UNITS[text[-3]] for text in used]

    def last_words(self) -> str:
        return self.attempt("logs", "--no-color", "--tail", "30").stdout

    def inspected(self) -> dict[str, dict[str, Any]]:
        """What Docker knows of each container, by the service that it belongs to."""
        ids = self.compose("ps", "--all", "--quiet").split()
        run = subprocess.run(["docker", "inspect", *ids], capture_output=True, text=True, check=True)
        return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in json.loads(run.stdout)}
