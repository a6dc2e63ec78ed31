"""Letters look the same inside a page whose policy allows no inline styles, and lead nobody away from it."""

import base64
import hashlib
import re

import pytest

from services.notifier.composition.rendering import render
from services.notifier.log.html_preview import frame_html
from tests.unit.notifier.letter_samples import SAMPLES
from tests.unit.notifier.letter_views import parsed


def looks(html: str) -> list[str]:
    """Of each element the declarations that its own style or the rule of its class gives it."""
    rules = dict(re.findall(r"\.(look-\d+) { (.*?) }\n", html))
    found = []
    for element in parsed(html).iter():
        given = [rules[name] for name in element.get("class", "").split() if name in rules]
        found.append(element.get("style", "") or "".join(given))
    return [look for look in found if look]


def words(html: str) -> list[str]:
    """What stands in the elements of the body, comments left out."""
    document = parsed(re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)).find("body")
    assert document is not None
    return "".join(document.itertext()).split()


@pytest.mark.parametrize("name", SAMPLES)
def test_every_letter_keeps_its_words_and_its_looks(name: str) -> None:
    html = render(*SAMPLES[name]).html
    frame = frame_html(html)

    assert looks(frame.html) == looks(html)
    assert words(frame.html) == words(html)
    assert not re.search(r"<[^>]* (?:style|href|on\w+)=", frame.html)


def test_the_policy_knows_each_stylesheet_by_its_digest() -> None:
    as_sent = render(*SAMPLES[next(iter(SAMPLES))]).html.replace("\n", "\r\n")
    frame = frame_html(as_sent)
    sheets = re.findall(r"<style[^>]*>(.*?)</style>", frame.html, re.DOTALL)

    digests = [base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode() for sheet in sheets]

    assert frame.style_sources == tuple(f"'sha256-{digest}'" for digest in digests)
    assert len(sheets) == 2
    assert "\r" not in frame.html


def test_no_style_closes_its_sheet() -> None:
    frame = frame_html('<html><head></head><body><p style="a</style><script>x</script>" href="/">hei</p></body></html>')

    assert "<script>" not in frame.html
    assert "href" not in frame.html
