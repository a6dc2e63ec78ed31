"""What is said of a sending domain by its records, asked of a real name server, which may also be a hostile one."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest
from dns.rdataclass import IN
from dns.rdatatype import TXT

from services.booking.lifecycle.mail_records import LONGEST, SECONDS, Finding, MailRecords, look_up

DOMAIN = "ajat.example"
KEY = "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCB"


@contextmanager
def name_server(answer: Callable[[dns.message.Message], bytes | None]) -> Iterator[dns.resolver.Resolver]:
    """Answers each question with these bytes, or not at all."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                try:
                    asked, sender = listening.recvfrom(4096)
                except OSError:
                    return
                if asked == b"end":
                    return
                said = answer(dns.message.from_wire(asked))
                if said is not None:
                    listening.sendto(said, sender)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], listening.getsockname()[1]
        resolver.timeout = 1
        yield resolver
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
            ending.sendto(b"end", listening.getsockname())
        serving.join(5)


def zone(texts: Mapping[str, list[str]]) -> Callable[[dns.message.Message], bytes]:
    def answer(asked: dns.message.Message) -> bytes:
        question = asked.question[0]
        reply = dns.message.make_response(asked, recursion_available=True)
        name = question.name.to_text(omit_final_dot=True)
        if name not in texts:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        else:
            reply.answer.append(
                dns.rrset.from_text_list(question.name, 300, IN, TXT, [f'"{one}"' for one in texts[name]])
            )
        return reply.to_wire()

    return answer


def found(texts: Mapping[str, list[str]], selector: str = "") -> MailRecords:
    with name_server(zone(texts)) as resolver:
        return look_up(DOMAIN, selector, resolver)


@pytest.mark.parametrize(
    ("texts", "finding"),
    [
        (["v=spf1 include:posti.example -all"], Finding.good),
        (["something else", "v=spf1 mx ~all"], Finding.good),
        (["V=SPF1 MX -ALL"], Finding.good),
        (["v=spf1 redirect=_spf.posti.example"], Finding.good),
        (["v=spf1 mx +all"], Finding.weak),
        (["v=spf1 mx ?all"], Finding.weak),
        (["v=spf1 mx"], Finding.weak),
        (["v=spf1 mx -all", "v=spf1 a -all"], Finding.weak),
        (["v=spf10 mx -all"], Finding.missing),
        (["google-site-verification=x"], Finding.missing),
    ],
)
def test_spf_says_who_may_send(texts: list[str], finding: Finding) -> None:
    assert found({DOMAIN: texts}).spf.finding is finding


@pytest.mark.parametrize(
    ("names", "selector", "finding"),
    [
        ({"oma._domainkey": KEY}, "oma", Finding.good),
        ({"selector1._domainkey": KEY}, "", Finding.good),
        ({"oma._domainkey": "p=MIGf"}, "oma", Finding.good),
        ({"oma._domainkey": "v=DKIM1; p="}, "oma", Finding.weak),
        ({"oma._domainkey": KEY}, "toinen", Finding.missing),
        ({"oma._domainkey": KEY}, "", Finding.unknown),
    ],
)
def test_dkim_is_found_by_its_selector_or_a_usual_one(names: dict[str, str], selector: str, finding: Finding) -> None:
    assert found({f"{name}.{DOMAIN}": [text] for name, text in names.items()}, selector).dkim.finding is finding


@pytest.mark.parametrize(
    ("texts", "finding"),
    [
        (["v=DMARC1; p=reject; rua=mailto:posti@ajat.example"], Finding.good),
        (["v=DMARC1;p=quarantine"], Finding.good),
        (["v=DMARC1; p=none"], Finding.weak),
        (["v=DMARC1; p=reject", "v=DMARC1; p=none"], Finding.weak),
        (["p=reject"], Finding.missing),
    ],
)
def test_dmarc_says_what_becomes_of_forged_letters(texts: list[str], finding: Finding) -> None:
    assert found({f"_dmarc.{DOMAIN}": texts}).dmarc.finding is finding


def test_of_what_a_stranger_answers_only_a_little_that_can_be_read_is_shown() -> None:
    record = found({DOMAIN: ["v=spf1 \\027[31m<script>\\000 -all"]}).spf
    assert record.text.isprintable()
    long = found({DOMAIN: ["v=spf1 " + "a" * 240 + '" "' + "b" * 240]}).spf
    assert len(long.text) == LONGEST


def failing(asked: dns.message.Message) -> bytes:
    reply = dns.message.make_response(asked)
    reply.set_rcode(dns.rcode.SERVFAIL)
    return reply.to_wire()


@pytest.mark.parametrize(
    "answer",
    [lambda asked: None, lambda asked: asked.to_wire()[:2] + b"\xff" * 400, failing],
    ids=["silent", "noise", "failing"],
)
def test_who_can_not_be_asked_is_unknown_and_nobody_waits_for_long(
    answer: Callable[[dns.message.Message], bytes | None],
) -> None:
    began = time.monotonic()
    with name_server(answer) as resolver:
        records = look_up(DOMAIN, "", resolver)

    assert {records.spf.finding, records.dkim.finding, records.dmarc.finding} == {Finding.unknown}
    assert time.monotonic() - began < SECONDS * 2


@pytest.mark.parametrize("domain", ["a" * 64 + ".example", "..", "a." * 200, "ä.example"])
def test_what_is_no_name_is_asked_of_nobody(domain: str) -> None:
    with name_server(zone({})) as resolver:
        assert look_up(domain, "x", resolver).spf.finding in (Finding.unknown, Finding.missing)
