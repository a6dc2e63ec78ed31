"""One mailbox goes in and one comes out, whatever its name: as Python reads it and by the RFCs' own grammar."""

import re
from base64 import b64decode
from email import message_from_bytes, policy
from email.utils import getaddresses
from quopri import decodestring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.composition.address_headers import address_header
from services.notifier.composition.addresses import Mailbox
from services.notifier.composition.mime import build_mime
from tests.unit.notifier.letter_views import letter
from tests.unit.notifier.test_mime import headers

ADDRESS = "anna.virtanen@example.org"
FIELDS = {"From": "sender", "To": "recipient", "Reply-To": "reply_to"}

# RFC 5322 §3.2 and §3.4, RFC 2047 §2 and §5 (3), each as narrow as a writer should be.
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
ENCODED = r"=\?utf-8\?(?:q\?[A-Za-z0-9!*+/=_-]*|b\?[A-Za-z0-9+/=]*)\?="
WORD = re.compile(rf"(?P<encoded>{ENCODED})|(?P<quoted>{QUOTED})|(?P<atom>{ATOM})")


def in_a_letter(field: str, name: str) -> list[bytes]:
    """The lines of one header of a whole letter."""
    head = build_mime(letter("login_link"), headers(**{FIELDS[field]: Mailbox(ADDRESS, name)})).partition(b"\r\n\r\n")[
        0
    ]
    lines = re.split(rb"\r\n(?![ \t])", head)
    (header,) = [line for line in lines if line.startswith(field.encode() + b": ")]
    return header.split(b"\r\n")


def written(field: str, name: str) -> list[bytes]:
    return address_header(field, Mailbox(ADDRESS, name)).removesuffix("\r\n").encode().split(b"\r\n")


def read_by_the_rules(lines: list[bytes]) -> tuple[str, str]:
    """The name and the address of a header with one mailbox; anything else in it is an error."""
    value = b"".join(lines).decode("ascii").partition(": ")[2]
    match = re.fullmatch(r"(?:(.*) )?<([^<>\s,;\"]+)>|([^<>\s,;\"]+)", value)
    assert match, value
    name, place, words = match[1] or "", 0, []
    while place < len(name):
        word = WORD.match(name, place)
        assert word, f"{name!r} from {place}"
        words.append(word)
        place = word.end()
        assert place == len(name) or name[place] == " ", f"{name!r} at {place}"
        place += 1
    return _said(words), match[2] or match[3]


def _said(words: list[re.Match[str]]) -> str:
    kinds = {word.lastgroup for word in words}
    assert kinds in (set(), {"encoded"}, {"atom"}) or (kinds == {"quoted"} and len(words) == 1)
    if kinds == {"encoded"}:
        return "".join(_decoded(word[0]) for word in words)
    if kinds == {"quoted"}:
        return re.sub(r"\\(.)", r"\1", words[0][0][1:-1])
    assert not any("=?" in word[0] for word in words)
    return " ".join(word[0] for word in words)


def _decoded(word: str) -> str:
    assert len(word) <= 75
    _, _, encoding, text, _ = word.split("?")
    raw = b64decode(text, validate=True) if encoding == "b" else decodestring(text.replace("_", "=20"))
    return raw.decode("utf-8")  # each word by itself: no character is torn apart


def check(lines: list[bytes], field: str, typed: str) -> None:
    name = Mailbox(ADDRESS, typed).name

    assert read_by_the_rules(lines) == (name, ADDRESS)
    assert all(len(line) <= 78 and line.strip() for line in lines)
    header = b"\r\n".join(lines)
    read = message_from_bytes(header + b"\r\n\r\n", policy=policy.default)[field]
    assert not read.defects
    (address,) = read.addresses
    assert address.addr_spec == ADDRESS
    ((_, found),) = getaddresses([re.sub(r"\r\n(?=[ \t])", "", header.decode()).partition(": ")[2]])
    assert found == ADDRESS


PIECES = [
    "Pohjois-Savon hyvinvointialue, sosiaalipalvelut, ",
    "Anna ",
    "a",
    "ä",
    "😀",
    ", ",
    '"',
    "\\",
    "<x@example.com>, ",
    "x@example.com; ",
    "(hei) ",
    "a  b ",
    "=?utf-8?q?=2C?= ",
    "Ryhmä: a, b; ",
    "\u202eannA\u00a0",
    "ä, <x@example.com> ",
]


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("field", FIELDS)
def test_a_name_of_any_length_stays_one_name_beside_one_address(field: str, piece: str) -> None:
    whole = piece * (240 // len(piece))
    for length in (*range(1, 90), *range(90, 240, 7)):
        for name in (whole[:length], f"Anna {whole}"[:length]):
            check(written(field, name), field, name)


SIGNS = st.sampled_from(' ,;:<>@()[]"\\.=?_-aZ9äÖ€😀\u00a0\r\n\t\x00')


@settings(deadline=None)
@given(st.sampled_from(list(FIELDS)), st.text(SIGNS, max_size=200))
def test_no_name_brings_an_address_of_its_own(field: str, typed: str) -> None:
    check(in_a_letter(field, typed), field, typed)


def test_names_that_can_be_read_as_they_are_stay_so() -> None:
    assert written("To", "Anna Virtanen") == [b"To: Anna Virtanen <anna.virtanen@example.org>"]
    assert written("To", "Oy, Ab") == [b'To: "Oy, Ab" <anna.virtanen@example.org>']
    assert written("To", "") == [b"To: anna.virtanen@example.org"]
