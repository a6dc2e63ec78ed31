"""Draws the sample reports as pictures, to be looked at: `uv run python -m tests.web.report_pictures FOLDER [NAME …]`.

Of each report there is a picture of every page, and one of its page on the web: on a desk, on a telephone, and on a
telephone in the dark. `--readme` draws the one picture that stands in the README instead. Needs poppler and Chromium.
"""

import base64
import subprocess
import sys
import tempfile
from pathlib import Path

from markupsafe import Markup

from services.reporting.pages import link, site
from services.reporting.rendering import html, pdf
from services.reporting.rendering.render import build_sheet
from services.web.pages.rendering import stylesheet
from tests.support import sample_reports
from tests.web.letter_pictures import frame, photograph, table

README_PICTURE = Path(__file__).parents[2] / "docs/pictures/reports.png"
README_REPORTS = ("goal_report", "client_report")


def draw_pages(name: str, folder: Path, dots_per_inch: int = 100) -> list[Path]:
    """FOLDER/NAME-1.png and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.pdf"
    file.write_bytes(pdf.render_pdf(build_sheet(sample_reports.SAMPLES[name])))
    for old in folder.glob(f"{name}-*.png"):
        old.unlink()
    subprocess.run(["pdftoppm", "-r", str(dots_per_inch), "-png", str(file), str(folder / name)], check=True)
    return sorted(folder.glob(f"{name}-*.png"))


def web_page(name: str) -> str:
    """The page with its stylesheets in it, as a picture is taken without a server."""
    content = Markup(html.render_fragment(build_sheet(sample_reports.SAMPLES[name]), html.inline_svg, top=1))  # noqa: S704 -- escaped by Jinja2
    page = site.pages.show(
        "report_page.html",
        content=content,
        secret="x",
        question=None,
        typed={},
        wrong={},
        privacy_url="/",
        report_stylesheet=link.STYLESHEET,
    )
    shown = bytes(page.body).decode()
    return shown.replace("</head>", f"<style>{stylesheet()}{html.render_stylesheet()}</style></head>")


def draw_web_page(name: str, folder: Path, height: int = 1800) -> None:
    page = web_page(name)
    frames = frame(page, 760, height), frame(page, 375, height), frame(page, 375, height, scheme="dark")
    photograph(table(*frames), folder / f"{name}.web.png", 1580, height + 34)


def draw_for_readme() -> None:
    """First pages side by side, as they would lie on a desk."""
    with tempfile.TemporaryDirectory() as folder:
        sheets = [draw_pages(name, Path(folder))[0] for name in README_REPORTS]
        pictures = [base64.b64encode(page.read_bytes()).decode() for page in sheets]
    look = "border:1px solid #bbb;background:#fff"
    drawn = (f'<img src="data:image/png;base64,{picture}" width="600" style="{look}">' for picture in pictures)
    photograph(table(*drawn), README_PICTURE, 1252, 883)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--readme"]:
            draw_for_readme()
        case [folder, *names]:
            for name in names or sample_reports.SAMPLES:
                draw_pages(name, Path(folder))
                draw_web_page(name, Path(folder))
        case _:
            sys.exit(__doc__)
