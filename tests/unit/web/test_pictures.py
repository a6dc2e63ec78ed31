"""Pictures that people give: drawn anew, or refused with the reason."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from services.web.errors.validation import WrongValue
from services.web.protocol.pictures import LARGEST_LOGO, LOGO_BOX, PHOTO_SIDE, logo_of, photo_of

OPENING = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">'


def svg(inside: str) -> bytes:
    return f"{OPENING}{inside}</svg>".encode()


def encoded(size: tuple[int, int], encoding: str = "PNG", mode: str = "RGB", **options: object) -> bytes:
    out = BytesIO()
    Image.new(mode, size, "teal").save(out, encoding, **options)
    return out.getvalue()


def png_that_says(width: int, height: int) -> bytes:
    """A few bytes that would unfold to as many pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


LAUGHS = (
    '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    '<svg xmlns="http://www.w3.org/2000/svg"><text>&b;</text></svg>'
)
OUTSIDE = '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>'

HOSTILE = {
    "a script": svg("<script>alert(1)</script>"),
    "a script in a CDATA": svg("<script><![CDATA[alert(1)]]></script>"),
    "a page within": svg('<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>'),
    "an event": svg('<rect onload="alert(1)"/>'),
    "an event in capitals": svg('<rect ONCLICK="alert(1)"/>'),
    "an event of the root": OPENING.replace(">", ' onload="alert(1)">').encode() + b"</svg>",
    "a link that runs": svg('<a xlink:href="javascript:alert(1)"><rect/></a>'),
    "a picture from elsewhere": svg('<image href="https://example.fi/a.png"/>'),
    "a fill from elsewhere": svg('<rect fill="url(https://example.fi/a.svg#b)"/>'),
    "a fill from elsewhere, quoted": svg("<rect fill=\"url( 'https://example.fi/a.svg#b')\"/>"),
    "a gradient from elsewhere": svg('<linearGradient xlink:href="https://example.fi/a.svg#b"/>'),
    "a style from elsewhere": svg("<style>@import 'https://example.fi/a.css';</style>"),
    "a style that hides it": svg("<style>rect{fill:u\\72l(//example.fi)}</style>"),
    "an animation": svg('<rect><set attributeName="href" to="javascript:alert(1)"/></rect>'),
    "shapes that multiply": svg('<use href="#a"/>'),
    "too many shapes": svg("<g/>" * 5000),
    "shapes in shapes in shapes": svg("<g>" * 1500 + "</g>" * 1500),
    "billion laughs": LAUGHS.encode(),
    "a file of the server": OUTSIDE.encode(),
    "no SVG": b"<html><script>alert(1)</script></html>",
    "broken XML": b"<svg",
    "a PNG of a billion pixels": png_that_says(32_000, 32_000),
    "a PNG of 60 million pixels": png_that_says(10_000, 6_000),
    "a PNG that ends too early": encoded((400, 400))[:60],
    "a GIF": encoded((40, 40), "GIF", "P"),
    "a TIFF": encoded((40, 40), "TIFF"),
    "a PDF": b"%PDF-1.7\n" + b"0" * 500,
    "a dot": encoded((1, 1)),
    "nothing": b"",
}


@pytest.mark.parametrize("file", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_mere_picture_is_refused_with_the_reason(file: bytes) -> None:
    with pytest.raises(WrongValue):
        logo_of(file)


@pytest.mark.parametrize("file", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", *HOSTILE.values()])
def test_a_photo_is_a_photo(file: bytes) -> None:
    with pytest.raises(WrongValue):
        photo_of(file)


def test_a_drawing_is_written_anew_without_what_is_not_drawn() -> None:
    drawn = logo_of(
        b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x"><!-- <script>alert(1)</script> -->'
        b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" '
        b'inkscape:version="1"><metadata>A. Person</metadata><inkscape:grid/><style>.a{fill:url(#b)}</style>'
        b'<path class="a" d="M0 0h9v9z"/></svg>'
    )

    assert (drawn.media_type, drawn.extension) == ("image/svg+xml", "svg")
    assert b'class="a" d="M0 0h9v9z"' in drawn.content
    assert not any(word in drawn.content for word in (b"script", b"Person", b"inkscape", b"DOCTYPE"))


def test_a_picture_with_a_page_behind_it_is_only_the_picture() -> None:
    drawn = logo_of(encoded((600, 300)) + b"<script>alert(1)</script>")

    assert drawn.media_type == "image/png"
    assert b"<script" not in drawn.content
    assert Image.open(BytesIO(drawn.content)).size == (320, 160)


def test_a_noisy_logo_gets_fewer_colours_until_it_is_light() -> None:
    out = BytesIO()
    Image.effect_noise((900, 300), 90).convert("RGB").save(out, "PNG")

    drawn = logo_of(out.getvalue())

    assert len(drawn.content) <= LARGEST_LOGO
    assert Image.open(BytesIO(drawn.content)).width <= LOGO_BOX[0]


def test_a_photo_is_a_square_that_does_not_say_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Kotona, Mannerheimintie 1"
    exif[0x0112] = 6  # turned
    drawn = photo_of(encoded((1200, 800), "JPEG", exif=exif))

    assert b"Mannerheim" not in drawn.content
    picture = Image.open(BytesIO(drawn.content))
    assert picture.size == (PHOTO_SIDE, PHOTO_SIDE)
    assert not picture.getexif()


def test_a_photo_without_a_ground_stands_on_white() -> None:
    out = BytesIO()
    Image.new("RGBA", (100, 100), (0, 0, 0, 0)).save(out, "PNG")

    assert Image.open(BytesIO(photo_of(out.getvalue()).content)).getpixel((50, 50)) == (255, 255, 255)
