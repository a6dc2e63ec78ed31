"""Draws the sample letters as pictures, to be looked at: `uv run python -m tests.web.letter_pictures FOLDER [NAME …]`.

Every picture shows one letter three times: on a desk, on a telephone, and on a telephone in the dark.
`--readme` draws the one picture that stands in the README instead. Needs Chromium.
"""

import html
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from services.notifier.composition.rendering import render
from tests.unit.notifier.letter_samples import SAMPLES

README_PICTURE = Path(__file__).parents[2] / "docs/pictures/letter.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def frame(letter: str, width: int, height: int, scheme: str = "light") -> str:
    return (
        f'<iframe srcdoc="{html.escape(letter)}" width="{width}" height="{height}"'
        f' style="border:1px solid #bbb;background:#fff;color-scheme:{scheme}"></iframe>'
    )


def table(*frames: str) -> str:
    """A page that shows letters side by side; a phone's width is a frame's width, not the window's."""
    return (
        '<!doctype html><meta charset="utf-8"><body style="margin:16px;background:#cfcfcb">'
        f'<div style="display:flex;gap:16px;align-items:flex-start">{"".join(frames)}</div>'
    )


def photograph(page: str, picture: Path, width: int, height: int) -> None:
    browser = next(path for name in BROWSERS if (path := shutil.which(name)))
    picture.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(page)
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        options += [f"--user-data-dir={folder}/profile", f"--window-size={width},{height}"]
        subprocess.run([browser, *options, f"--screenshot={picture}", source.as_uri()], check=True, capture_output=True)


def draw(name: str, folder: Path, height: int = 1100) -> None:
    letter = render(*SAMPLES[name]).html
    page = table(frame(letter, 760, height), frame(letter, 375, height), frame(letter, 375, height, scheme="dark"))
    photograph(page, folder / f"{name}.png", 1580, height + 34)


def draw_for_readme() -> None:
    letter = render(*SAMPLES["booking_confirmation"]).html
    page = table(frame(letter, 700, 1120), frame(letter, 375, 1120, scheme="dark"))
    photograph(page, README_PICTURE, 1127, 1154)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--readme"]:
            draw_for_readme()
        case [folder, *names]:
            for name in names or SAMPLES:
                draw(name, Path(folder))
        case _:
            sys.exit(__doc__)
