"""What a screen reader needs of a PDF, read from its tags: the parts of PDF/UA-1 that can be checked without Java."""

from collections.abc import Iterable, Iterator
from io import BytesIO

import pikepdf
from pikepdf import Dictionary, Name, Object, Pdf

_PAINTING = {"Tj", "TJ", "'", '"', "f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "Do", "sh", "INLINE IMAGE"}


def faults(made: bytes) -> list[str]:
    """Everything that is missing, in words; nothing for a good file."""
    with Pdf.open(BytesIO(made)) as pdf:
        elements = list(_elements(pdf.Root.get("/StructTreeRoot", Dictionary())))
        return [*_of_document(pdf), *_of_pages(pdf), *_of_tags(elements), *_of_fonts(pdf)]


def tags(made: bytes) -> list[str]:
    """The names of the tags in reading order."""
    with Pdf.open(BytesIO(made)) as pdf:
        return [_tag(element) for element in _elements(pdf.Root.StructTreeRoot)]


def alternatives(made: bytes) -> list[str]:
    """What is read aloud instead of each figure."""
    with Pdf.open(BytesIO(made)) as pdf:
        elements = _elements(pdf.Root.StructTreeRoot)
        return [str(element.get("/Alt", "")) for element in elements if _tag(element) == "Figure"]


def _of_document(pdf: Pdf) -> Iterator[str]:
    root = pdf.Root
    with pdf.open_metadata() as metadata:
        told = {key: str(metadata.get(key, "")) for key in ("dc:title", "pdfuaid:part", "pdfaid:part")}
    if not str(root.get("/Lang", "")).startswith("fi"):
        yield "the language is not Finnish"
    if not told["dc:title"]:
        yield "there is no title"
    if told["pdfuaid:part"] != "1" or told["pdfaid:part"] != "2":
        yield "the file does not say which standards it keeps"
    if not root.get("/ViewerPreferences", Dictionary()).get("/DisplayDocTitle", False):
        yield "the window shows the name of the file"
    if not root.get("/MarkInfo", Dictionary()).get("/Marked", False):
        yield "the file does not say that it is tagged"


def _of_pages(pdf: Pdf) -> Iterator[str]:
    for number, page in enumerate(pdf.pages, 1):
        if page.get("/Tabs") not in (None, Name.S) or ("/Annots" in page and page.get("/Tabs") != Name.S):
            yield f"page {number} has another tab order than its tags"
        depth = 0
        for instruction in pikepdf.parse_content_stream(page):
            operator = str(instruction.operator)
            depth += (operator in {"BDC", "BMC"}) - (operator == "EMC")
            if operator in _PAINTING and not depth:
                yield f"page {number} has paint that is neither tagged nor an artifact"


def _of_tags(elements: Iterable[Object]) -> Iterator[str]:
    level = 0
    for element in elements:
        tag = _tag(element)
        if tag == "Figure" and not str(element.get("/Alt", "")).strip():
            yield "a figure has no alternative text"
        if tag == "TH" and not _attribute(element, "/Scope"):
            yield "a table heading does not say what it heads"
        if tag[0] == "H" and tag[1:].isdigit():
            if int(tag[1:]) > level + 1:
                yield f"{tag} follows a heading of level {level}"
            level = int(tag[1:])
    if level == 0:
        yield "there is no heading"


def _of_fonts(pdf: Pdf) -> Iterator[str]:
    for thing in pdf.objects:
        described = isinstance(thing, Dictionary) and thing.get("/Type") == Name.FontDescriptor
        if described and not {"/FontFile", "/FontFile2", "/FontFile3"} & set(thing.keys()):
            yield f"{thing.FontName} is not embedded"


def _elements(node: Object) -> Iterator[Object]:
    for kid in _each(node.get("/K")):
        if isinstance(kid, Dictionary) and "/S" in kid:
            yield kid
            yield from _elements(kid)


def _tag(element: Object) -> str:
    return str(element.S).removeprefix("/")


def _attribute(element: Object, name: str) -> object:
    return next((owner.get(name) for owner in _each(element.get("/A")) if name in owner), None)


def _each(found: Object | None) -> Iterable[Object]:
    """PDF writes a list of one as the one."""
    if found is None:
        return ()
    return list(found) if isinstance(found, pikepdf.Array) else (found,)
