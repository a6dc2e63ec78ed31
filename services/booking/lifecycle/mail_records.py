"""What the DNS says of a sending domain: who may send for it (SPF), by which key (DKIM), and what becomes of the rest.

RFC 7208, 6376 and 7489. What a stranger's name server answers is only shown, and little of it; when none answers in
time, that is said, too.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

import dns.exception
import dns.resolver
from dns.rdatatype import TXT

SECONDS = 1.5
MOST_ANSWERS, LONGEST = 20, 400
USUAL_SELECTORS = ("default", "dkim", "mail", "google", "selector1", "s1", "k1")


class Finding(StrEnum):
    """What can be said of a record."""

    good = "good"
    weak = "weak"
    """There, and without effect, or against its purpose."""
    missing = "missing"
    unknown = "unknown"


@dataclass(frozen=True)
class Record:
    """A record, where it is or would be, and its text as far as it is shown."""

    finding: Finding
    name: str
    text: str = ""


@dataclass(frozen=True)
class MailRecords:
    domain: str
    spf: Record
    dkim: Record
    dmarc: Record


def look_up(domain: str, selector: str = "", resolver: dns.resolver.Resolver | None = None) -> MailRecords:
    """All at once, in a few seconds at most."""
    names = [f"{one}._domainkey.{domain}" for one in ([selector] if selector else USUAL_SELECTORS)]
    with ThreadPoolExecutor(len(names) + 2) as pool:
        ends_at = time.monotonic() + SECONDS
        spf, dmarc, *keys = pool.map(lambda name: _texts(name, ends_at, resolver), (domain, f"_dmarc.{domain}", *names))
    return MailRecords(
        domain,
        _judge_spf(domain, spf),
        _judge_dkim(dict(zip(names, keys, strict=True)), is_named=bool(selector)),
        _judge_dmarc(f"_dmarc.{domain}", dmarc),
    )


def _texts(name: str, ends_at: float, resolver: dns.resolver.Resolver | None) -> list[str] | None:
    """The TXT records of a name; None when nobody said whether there are any."""
    try:
        asked = resolver or dns.resolver.Resolver()
        answer = asked.resolve(name, TXT, search=False, lifetime=max(0.1, ends_at - time.monotonic()))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError, ValueError):
        return None
    return [_shown(b"".join(record.strings)) for record in list(answer)[:MOST_ANSWERS]]


def _shown(text: bytes) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text.decode("utf-8", "replace")[:LONGEST])


def _judge_spf(name: str, texts: list[str] | None) -> Record:
    """Two such records are as good as none (RFC 7208 §4.5), and `+all` lets everybody send."""
    if texts is None:
        return Record(Finding.unknown, name)
    found = [text for text in texts if text.lower().split(" ")[0] == "v=spf1"]
    if not found:
        return Record(Finding.missing, name)
    terms = found[0].lower().split()
    is_weak = len(found) > 1 or (not {"-all", "~all"} & set(terms) and not any("redirect=" in term for term in terms))
    return Record(Finding.weak if is_weak else Finding.good, name, " | ".join(found)[:LONGEST])


def _judge_dkim(found: dict[str, list[str] | None], *, is_named: bool) -> Record:
    """Which selector a mail server signs by stands in its letters alone: without it, finding none says nothing."""
    for name, texts in found.items():
        for text in texts or ():
            tags = _tags(text)
            if "p" in tags and tags.get("v", "dkim1").lower() == "dkim1":
                return Record(Finding.good if tags["p"] else Finding.weak, name, text)
    first = next(iter(found))
    return Record(Finding.missing if is_named and found[first] is not None else Finding.unknown, first)


def _judge_dmarc(name: str, texts: list[str] | None) -> Record:
    if texts is None:
        return Record(Finding.unknown, name)
    found = [text for text in texts if _tags(text).get("v", "").lower() == "dmarc1"]
    if not found:
        return Record(Finding.missing, name)
    is_strict = _tags(found[0]).get("p", "").lower() in ("quarantine", "reject")
    return Record(Finding.good if is_strict and len(found) == 1 else Finding.weak, name, found[0])


def _tags(text: str) -> dict[str, str]:
    """``v=DKIM1; p=…`` (RFC 6376 §3.2)."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
