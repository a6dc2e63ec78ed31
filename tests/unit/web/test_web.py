"""The pure parts of what all HTTP faces do alike."""

import asyncio
import base64
import hmac
import importlib
import json
import os
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from sqlmodel import col
from starlette.requests import Request
from starlette.responses import Response

from services.booking.models.people import Client
from services.booking.pages.site import pages
from services.core.database import new_id
from services.core.secrets import fresh_keys
from services.core.tracing import trace, trace_id
from services.web.errors import problems
from services.web.errors.problems import InvalidRequest, Problem, Unauthenticated
from services.web.errors.validation import REASONS, field_error, invalid_request
from services.web.i18n.language import Text, preferred
from services.web.protocol import etags, pagination
from services.web.protocol.etags import IfMatch, PreconditionFailed, PreconditionRequired
from services.web.protocol.idempotency import Claim, claim_of
from services.web.security import tokens
from services.web.security.rate_limits import RateLimiter, TooManyRequests, address_of, network_of
from services.web.security.tokens import Principal, Role


def request(method: str = "GET", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    settings = SimpleNamespace(public_url="https://practice.example")
    app = SimpleNamespace(state=SimpleNamespace(settings=settings))
    return Request({"type": "http", "method": method, "headers": raw, "client": ("192.0.2.9", 1), "app": app})


# -- language -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "fi"),
        ("", "fi"),
        ("sv-FI, de", "fi"),
        ("en", "en"),
        ("en-GB,fi;q=0.5", "en"),
        ("en;q=0.4, fi-FI;q=0.9", "fi"),
        ("fi, en", "fi"),
        ("en, fi", "en"),
        ("fi;q=0, en;q=0.1", "en"),
        ("en;q=nonsense", "fi"),
        (";;q=,,=", "fi"),
    ],
)
def test_the_better_liked_of_our_languages_is_spoken(header: str | None, language: str) -> None:
    assert preferred(header) == language


# -- problems -----------------------------------------------------------------------------------------------


class ColdCoffee(Problem):
    """The coffee is cold."""

    status = 409
    finnish = "Kahvi on kylmää."
    advice = Text("Keitä uutta.", "Make some more.")


def test_a_problem_is_told_in_both_languages_with_its_members() -> None:
    cold = ColdCoffee(cups=[{"reason": Text("juomatta", "not drunk"), "id": UUID(int=1)}])

    assert problems.body_of(cold, "fi") == {
        "type": "/docs/problems/cold-coffee",
        "title": "Kahvi on kylmää.",
        "status": 409,
        "detail": "Keitä uutta.",
        "code": "cold-coffee",
        "cups": [{"reason": "juomatta", "id": "00000000-0000-0000-0000-000000000001"}],
    }
    assert problems.body_of(cold, "en")["title"] == "The coffee is cold."


def test_every_problem_is_named_and_told_in_finnish() -> None:
    for slug, problem in problems.known_problems().items():
        assert slug == slug.lower(), problem
        assert problem.finnish != Problem.finnish, problem
        assert problem.title("en").endswith("."), problem
        assert 400 <= problem.status < 600, problem


def test_every_problem_of_the_services_says_what_to_do() -> None:
    """Whoever raises one need not say it, so that no answer leaves its reader without a next step."""
    for app in ("booking", "notifier", "reporting"):
        importlib.import_module(f"services.{app}.app")

    known = problems.known_problems()
    assert {slug for slug, problem in known.items() if not says_what_to_do(problem)} == set()


def says_what_to_do(problem: type[Problem]) -> bool:
    advice = getattr(problem, "advice", None)
    if advice is None:
        return False
    told = [(advice.to(language), problem.title(language)) for language in ("fi", "en")]
    return all(said.endswith(".") and said != title for said, title in told)


def test_a_page_shows_what_the_operator_is_to_be_told() -> None:
    with trace(None):
        page = bytes(pages.show_problem(request(), problems.Unexpected(), "fi").body).decode()

        assert "Kerro ylläpidolle" in page
        assert str(trace_id()) in page


class Body(BaseModel):
    name: str = Field(min_length=2, max_length=3)
    number: int = Field(ge=1, le=9)
    kind: Role
    at: datetime
    many: list[int] = Field(min_length=1)


@pytest.mark.parametrize(
    ("wanted", "field", "finnish", "english"),
    [
        ({"name": "a"}, "name", "Tässä pitää olla vähintään 2 merkkiä.", "This must have at least 2 characters."),
        ({"name": 7}, "name", "Tämän pitää olla tekstiä.", "This must be text."),
        ({"number": 10}, "number", "Tämä saa olla enintään 9.", "This may be at most 9."),
        ({"number": "x"}, "number", "Tämän pitää olla kokonaisluku.", "This must be a whole number."),
        ({"at": "eilen"}, "at", "Tämä ei ole ajankohta (ISO 8601).", "This is not a time (ISO 8601)."),
        ({"many": []}, "many", "Tässä pitää olla vähintään 1 kohtaa.", "This must have at least 1 items."),
        ({"many": [1, "x"]}, "many.1", "Tämän pitää olla kokonaisluku.", "This must be a whole number."),
    ],
)
def test_what_is_wrong_with_a_field_is_told_without_repeating_it(
    wanted: dict[str, Any], field: str, finnish: str, english: str
) -> None:
    good = {"name": "abc", "number": 1, "kind": "admin", "at": "2026-09-01T09:00:00Z", "many": [1]}
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Body).validate_python(good | wanted)

    problem = invalid_request([dict(error, loc=("body", *error["loc"])) for error in refused.value.errors()])

    assert problem.members["errors"] == [{"field": field, "detail": Text(finnish, english)}]


def test_only_a_refusal_that_names_something_says_to_mend_what_is_named() -> None:
    named, unnamed = InvalidRequest(errors=[field_error("name", Text("Puuttuu.", "Missing."))]), InvalidRequest()

    assert "mainitut" in named.detail.fi
    assert "mainitut" not in unnamed.detail.fi
    assert "named" not in unnamed.detail.en
    assert "errors" not in unnamed.members


def test_every_reason_can_be_said_with_what_pydantic_knows() -> None:
    known = dict.fromkeys(("min_length", "max_length", "gt", "ge", "lt", "le", "expected"), "1")
    for reason in REASONS.values():
        assert all("{" not in text.format(**known) for text in reason)


# -- tokens -------------------------------------------------------------------------------------------------

KEYS = fresh_keys()
CLIENT = Principal(Role.client, uuid4(), "client-1")


def claims(**changes: object) -> dict[str, Any]:
    now = datetime.now(UTC)
    usual = {"sub": "c", "aud": tokens.AUDIENCE, "iat": now, "exp": now + timedelta(hours=1), "role": "admin"}
    merged = usual | {"party": None} | changes
    return {name: value for name, value in merged.items() if value is not ...}


def signed(**changes: object) -> str:
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(KEYS["TOKEN_SIGNING_KEY"]))
    return jwt.encode(claims(**changes), key, "EdDSA")


def verify_key_as_pem() -> bytes:
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(KEYS["TOKEN_VERIFY_KEY"]))
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def hashed_with(public: bytes) -> str:
    """What passes where the algorithm is the token's to choose: the key that everybody may know, taken for a secret."""
    signed_part = f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{signed().split('.')[1]}"
    return f"{signed_part}.{unpadded(hmac.digest(public, signed_part.encode(), 'sha256'))}"


def with_own_key() -> str:
    """What passes where the key is the token's to bring."""
    mine = Ed25519PrivateKey.generate()
    public = unpadded(mine.public_key().public_bytes_raw())
    return jwt.encode(claims(), mine, "EdDSA", headers={"jwk": {"kty": "OKP", "crv": "Ed25519", "x": public}})


def encoded(part: dict[str, str]) -> str:
    return unpadded(json.dumps(part).encode())


def unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def test_a_token_says_who_it_was_given_to() -> None:
    assert tokens.verify(KEYS["TOKEN_VERIFY_KEY"], tokens.sign(KEYS["TOKEN_SIGNING_KEY"], CLIENT)) == CLIENT


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x.y.z",
        "ä",
        signed(exp=datetime.now(UTC) - timedelta(minutes=1)),
        signed(nbf=datetime.now(UTC) + timedelta(hours=1)),
        signed(iat=datetime.now(UTC) + timedelta(hours=1)),
        signed(aud="somebody else"),
        signed(aud=...),
        signed(exp=...),
        signed(sub=...),
        signed(role="owner"),
        signed(role=...),
        signed(role="client", party=None),
        signed(role="admin", party=str(uuid4())),
        signed(party="not an id", role="client"),
        jwt.encode(claims(), "", "none"),
        jwt.encode(claims(), KEYS["TOKEN_VERIFY_KEY"] * 2, "HS256"),
        hashed_with(base64.b64decode(KEYS["TOKEN_VERIFY_KEY"])),
        hashed_with(KEYS["TOKEN_VERIFY_KEY"].encode()),
        hashed_with(verify_key_as_pem()),
        hashed_with(b""),
        jwt.encode(claims(), ec.generate_private_key(ec.SECP256R1()), "ES256"),
        jwt.encode(claims(), Ed448PrivateKey.generate(), "EdDSA"),
        with_own_key(),
        signed() + ".",
        signed().rpartition(".")[0] + ".",
        jwt.encode(claims(), Ed25519PrivateKey.generate(), "EdDSA"),
        signed()[:-3] + "AAA",
    ],
)
def test_a_token_that_is_not_ours_or_not_now_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        tokens.verify(KEYS["TOKEN_VERIFY_KEY"], token)
    assert refused.value.headers["WWW-Authenticate"].startswith("Bearer")


def test_while_a_key_is_replaced_tokens_of_both_are_good_also_those_that_name_none() -> None:
    fresh = fresh_keys()
    before, now = (keys["TOKEN_SIGNING_KEY"] for keys in (KEYS, fresh))
    both = f"{fresh['TOKEN_VERIFY_KEY']},{KEYS['TOKEN_VERIFY_KEY']}"

    for token in (tokens.sign(before, CLIENT), tokens.sign(f"{now},{before}", CLIENT)):
        assert tokens.verify(both, token) == CLIENT
    assert tokens.verify(both, signed()).role is Role.admin
    with pytest.raises(Unauthenticated):
        tokens.verify(fresh["TOKEN_VERIFY_KEY"], tokens.sign(before, CLIENT))


def test_a_token_that_was_good_before_is_refused_when_its_hour_is_over() -> None:
    token = signed(exp=datetime.now(UTC) - tokens.LEEWAY + timedelta(seconds=2))

    def is_good() -> bool:
        with suppress(Unauthenticated):
            return bool(tokens.verify(KEYS["TOKEN_VERIFY_KEY"], token))
        return False

    assert is_good()
    deadline = time.monotonic() + 10
    while is_good():
        assert time.monotonic() < deadline


# -- ids ---------------------------------------------------------------------------------------------------


def test_ids_made_later_sort_later() -> None:
    ids = [new_id() for _ in range(5000)]

    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {(one.version, one.variant) for one in ids} == {(7, "specified in RFC 4122")}
    assert abs((ids[0].int >> 80) / 1000 - datetime.now(UTC).timestamp()) < 60


def test_forked_processes_make_ids_of_their_own() -> None:
    new_id()
    reader, writer = os.pipe()
    children = [_write_id(writer) for _ in range(2)]

    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    assert len({os.read(reader, 16), os.read(reader, 16), new_id().bytes}) == 3


def _write_id(pipe: int) -> int:
    child = os.fork()
    if child == 0:
        os.write(pipe, new_id().bytes)
        os._exit(0)
    return child


# -- paging -------------------------------------------------------------------------------------------------

ORDER = (col(Client.created_at), col(Client.id))


def test_a_cursor_comes_back_as_the_place_it_was_made_of() -> None:
    place = [datetime(2026, 10, 25, 1, 30, tzinfo=UTC), uuid4()]

    assert pagination.decode_cursor(pagination.encode_cursor(place), ORDER) == place


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", "null", '["2026-09-01T00:00:00Z"]', '["x", "y"]', "[1, 2]", '["2026-09-01", "x"]', "[" * 3000],
)
def test_a_made_up_cursor_is_refused(content: str) -> None:
    for cursor in (base64.urlsafe_b64encode(content.encode()).decode(), content):
        with pytest.raises(InvalidRequest) as refused:
            pagination.decode_cursor(cursor, ORDER)
        errors: Any = refused.value.members["errors"]
        assert errors[0]["field"] == "cursor"


def test_a_cursor_with_a_naive_time_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        pagination.decode_cursor(pagination.encode_cursor(["2026-09-01T00:00:00", uuid4()]), ORDER)


# -- changes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ['"3"', '"1", "3"', '"1" ,"3",', 'W/"3", "3"', "*", " * "])
def test_a_change_of_what_was_seen_passes(header: str) -> None:
    IfMatch(header).check(etags.etag(3))


@pytest.mark.parametrize("header", ['"2"', "3", '"33"', "", 'W/"3"', 'W/"3", "2"', 'w/"3"', '"*"', '*, "2"'])
def test_a_change_of_something_older_is_refused(header: str) -> None:
    with pytest.raises(PreconditionFailed):
        IfMatch(header).check(etags.etag(3))


def test_a_change_without_a_version_is_refused() -> None:
    with pytest.raises(PreconditionRequired):
        IfMatch(None).check(etags.etag(3))


def test_a_list_may_come_in_several_lines() -> None:
    scope = {"type": "http", "headers": [(b"if-match", b'"1"'), (b"if-match", b'"3"')]}

    asyncio.run(etags.if_match(Request(scope))).check(etags.etag(3))


def test_only_an_unchanged_get_is_not_sent_again() -> None:
    answer = Response("words", headers={"ETag": '"3"'})

    for known in ('"3"', 'W/"3"', '"1", W/"3"', "*"):
        assert etags.not_modified_or(request(if_none_match=known), answer).status_code == 304
    assert etags.not_modified_or(request(if_none_match='"2"'), answer).status_code == 200
    assert etags.not_modified_or(request("PATCH", if_none_match='"3"'), answer).status_code == 200


# -- repetition ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("header", "key"), [("abc", "abc"), ('"abc"', "abc"), ('"a', "a")])
def test_a_key_may_be_quoted(header: str, key: str) -> None:
    claim = claim_of(request("POST", idempotency_key=header), b"", [b"secret"])

    assert claim is not None
    assert claim.key_digest == Claim("me", key, [b"secret"]).key_digest


def test_only_a_post_has_a_key() -> None:
    assert claim_of(request("PATCH", idempotency_key="abc"), b"", [b"secret"]) is None


def test_a_fingerprint_knows_meaning_from_writing() -> None:
    fingerprint = Claim("me", "key", [b"secret"]).fingerprint

    assert fingerprint("POST", "/a", b'{"x":1,"y":2}') == fingerprint("POST", "/a", b'{ "y": 2, "x": 1 }')
    different = {fingerprint(*what) for what in (("POST", "/a", b"1"), ("POST", "/b", b"1"), ("POST", "/a", b"2"))}
    assert len(different) == 3


def test_a_fingerprint_tells_nobody_what_was_written_and_outlives_a_new_key() -> None:
    def fingerprint(key: str, *secrets: bytes) -> str:
        return Claim("me", key, secrets).fingerprint("POST", "/answers", b'{"level":1}')

    assert len({fingerprint("a", b"old"), fingerprint("b", b"old"), fingerprint("a", b"other")}) == 3
    assert fingerprint("a", b"new", b"old") == fingerprint("a", b"old")


def test_only_the_same_sender_with_the_same_key_opens_an_answer() -> None:
    sealed = Claim("me", "key", [b"secret"]).seal(Response('{"a":"ä"}', 201, {"ETag": '"1"', "X-Other": "x"}))

    opened = Claim("me", "key", [b"secret"]).open(sealed)
    assert (opened.status_code, opened.body, opened.headers["etag"]) == (201, '{"a":"ä"}'.encode(), '"1"')
    assert "x-other" not in opened.headers
    for other in (Claim("you", "key", [b"secret"]), Claim("me", "yek", [b"secret"]), Claim("me", "key", [b"terces"])):
        with pytest.raises(InvalidToken):
            other.open(sealed)


def test_while_a_key_is_replaced_answers_kept_before_are_given_again() -> None:
    sealed = Claim("me", "key", [b"old"]).seal(Response("given"))

    assert Claim("me", "key", [b"new", b"old"]).open(sealed).body == b"given"


# -- limits -------------------------------------------------------------------------------------------------


def test_a_limit_lets_pass_what_it_promises_and_says_how_long_to_wait() -> None:
    gate = RateLimiter({"doors": "3/hour"}, b"limits")

    assert [gate.enter("doors", "me").remaining for _ in range(3)] == [2, 1, 0]
    with pytest.raises(TooManyRequests) as refused:
        gate.enter("doors", "me")
    assert 0 < int(refused.value.headers["Retry-After"]) <= 3600
    assert refused.value.headers["RateLimit-Limit"] == "3"
    assert [gate.look("doors", who).remaining for who in ("me", "somebody else")] == [0, 3]


@pytest.mark.parametrize(
    ("forwarded", "trusted", "address"),
    [
        ("203.0.113.5", 0, "192.0.2.9"),
        ("203.0.113.5", 1, "203.0.113.5"),
        ("10.6.6.6, 203.0.113.5", 1, "203.0.113.5"),
        ("10.6.6.6, 203.0.113.5, 198.51.100.1", 2, "203.0.113.5"),
        ("", 1, "192.0.2.9"),
        ("203.0.113.5", 2, "192.0.2.9"),
    ],
)
def test_only_what_our_own_proxies_saw_is_believed(forwarded: str, trusted: int, address: str) -> None:
    assert address_of(request(x_forwarded_for=forwarded), trusted) == address


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_the_addresses_of_one_ipv6_subscriber_are_counted_as_one(address: str, network: str) -> None:
    assert network_of(address) == network
