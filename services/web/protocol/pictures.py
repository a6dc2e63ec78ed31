"""The pictures that people may give us: drawn anew, so that nothing of what they hold beside the picture is kept.

PNG and JPEG are decoded and encoded again. Of an SVG only shapes, colours and text are let through, and what could run,
load or grow is refused with its name: an SVG is a program as well as a picture.
"""

import re
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple
from xml.etree.ElementTree import Element, ParseError, register_namespace, tostring

from services.web.errors.validation import WrongValue, invalid

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_FILE = 8_000_000
MOST_PIXELS = 40_000_000
LARGEST_LOGO = 40_000
"""Bytes. A logo travels in an event and is loaded by every page."""
LOGO_BOX, PHOTO_SIDE = (480, 160), 640
SMALLEST_SIDE = 16

SVG_NAMESPACE, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
SHAPES = frozenset(("svg", "g", "defs", "title", "desc", "text", "tspan", "style", "clipPath", "mask")) | frozenset(
    ("path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "linearGradient", "radialGradient", "stop")
)
NOT_DRAWN = frozenset({"metadata"})
LOADS = re.compile(r"url\s*\((?!\s*['\"]?#)|@|\\|javascript:|data:|expression", re.IGNORECASE)
"""In a style or an attribute: what leads out of the drawing, or hides that it does."""
MOST_ELEMENTS, DEEPEST = 2_000, 40


class Picture(NamedTuple):
    content: bytes
    media_type: str

    @property
    def extension(self) -> str:
        return {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg"}[self.media_type]


def accepted(field: str, draw: Callable[[bytes], Picture], file: bytes) -> Picture:
    """What was drawn of a file that came in this field, or the problem that says why not."""
    try:
        return draw(file)
    except WrongValue as wrong:
        told = wrong.context or {}
        raise invalid(field, told["fi"], told["en"]) from wrong


def logo_of(file: bytes) -> Picture:
    """A small logo, whichever of the three formats it came in."""
    if _looks_like_xml(file):
        return Picture(_safe_svg(file), "image/svg+xml")
    image = _opened(file)
    image.thumbnail(LOGO_BOX)
    for colours in (None, 256, 64, 16):
        drawn = image.quantize(colours) if colours else image
        if len(content := _encoded(drawn, "PNG", optimize=True)) <= LARGEST_LOGO:
            return Picture(content, "image/png")
    raise _too_heavy()


def photo_of(file: bytes) -> Picture:
    """A square photo, cut out of the middle, without what a camera writes into it: place, time, device."""
    from PIL import ImageOps  # noqa: PLC0415 -- only who draws needs it

    square = ImageOps.fit(_on_white(ImageOps.exif_transpose(_opened(file))), (PHOTO_SIDE, PHOTO_SIDE))
    return Picture(_encoded(square, "JPEG", quality=82, progressive=True, optimize=True), "image/jpeg")


def _opened(file: bytes) -> "Image":
    """Decoded, after its size was read: a file of some bytes may unfold to gigabytes."""
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415

    if len(file) > LARGEST_FILE:
        raise WrongValue("Kuva on yli 8 megatavua.", "The picture has over 8 megabytes.")
    try:
        image = Image.open(BytesIO(file), formats=["PNG", "JPEG"])
        if image.width * image.height > MOST_PIXELS:
            raise WrongValue("Kuvassa on yli 40 miljoonaa pistettä.", "The picture has over 40 million pixels.")
        if min(image.size) < SMALLEST_SIDE:
            raise WrongValue("Kuva on liian pieni.", "The picture is too small.")
        image.draft("RGB", (4 * PHOTO_SIDE, 4 * PHOTO_SIDE))
        return image.convert("RGBA") if image.format == "PNG" else image.convert("RGB")
    except UnidentifiedImageError as error:
        raise WrongValue("Tämä ei ole PNG- eikä JPEG-kuva.", "This is neither a PNG nor a JPEG picture.") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise WrongValue("Kuvaa ei saatu luettua.", "The picture could not be read.") from error


def _on_white(image: "Image") -> "Image":
    from PIL import Image  # noqa: PLC0415

    if image.mode != "RGBA":
        return image
    ground = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(ground, image).convert("RGB")


def _encoded(image: "Image", encoding: str, **options: object) -> bytes:
    """Only the picture: no comment, profile or tag of the file it came from."""
    clean, out = image.copy(), BytesIO()
    clean.info = {name: value for name, value in clean.info.items() if name == "transparency"}
    clean.save(out, encoding, **options)
    return out.getvalue()


def _too_heavy() -> WrongValue:
    return WrongValue("Logo on yli 40 kilotavua. Yksinkertaista sitä.", "The logo has over 40 kB. Simplify it.")


# -- SVG --------------------------------------------------------------------------------------------------


def _looks_like_xml(file: bytes) -> bool:
    return file[:100].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _safe_svg(file: bytes) -> bytes:
    """Written anew from what was understood of it, so that nothing is left that another reader takes otherwise."""
    from defusedxml import DefusedXmlException  # noqa: PLC0415
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415

    if len(file) > 10 * LARGEST_LOGO:
        raise _too_heavy()
    try:
        root: Element = fromstring(file)
    except DefusedXmlException as error:
        raise _refused("ENTITY") from error
    except (ParseError, ValueError, LookupError) as error:
        raise WrongValue("SVG-kuvaa ei saatu luettua.", "The SVG could not be read.") from error
    if root.tag != f"{{{SVG_NAMESPACE}}}svg":
        raise WrongValue("Tämä ei ole SVG-kuva.", "This is not an SVG.")
    if sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        raise _too_heavy()
    _clean(root, DEEPEST)
    register_namespace("", SVG_NAMESPACE)
    register_namespace("xlink", XLINK)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    if len(written) > LARGEST_LOGO:
        raise _too_heavy()
    return written


def _clean(element: Element, depth: int) -> None:
    """Take out what only drawing programs read; refuse what does more than draw."""
    if not depth:
        raise _too_heavy()
    for child in list(element):
        namespace, name = _split(str(child.tag))
        if namespace != SVG_NAMESPACE or name in NOT_DRAWN:
            element.remove(child)
        elif name not in SHAPES:
            raise _refused(name)
        else:
            _clean(child, depth - 1)
    if LOADS.search(element.text or "") and _split(str(element.tag))[1] == "style":
        raise _refused("style")
    for attribute, value in list(element.attrib.items()):
        namespace, name = _split(attribute)
        if name.lower().startswith("on") or LOADS.search(value) or (name == "href" and not value.startswith("#")):
            raise _refused(name)
        if namespace not in ("", XLINK):
            del element.attrib[attribute]


def _split(tag: str) -> tuple[str, str]:
    namespace, _, name = tag.rpartition("}")
    return namespace.removeprefix("{"), name


def _refused(what: str) -> WrongValue:
    return WrongValue(
        f"SVG-kuvassa on muutakin kuin piirros ({what[:40]}). Tallenna se pelkkinä muotoina tai PNG-kuvana.",
        f"The SVG holds more than a drawing ({what[:40]}). Save it as plain shapes, or as PNG.",
    )
