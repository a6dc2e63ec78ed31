"""The pure parts of what all HTTP faces do alike."""

import base64
import hmac
import json
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
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

from services.booking.models import Client
from services.database import new_id
from services.keyring import fresh_keys
from services.web import etags, links, paging, problems, tokens
from services.web.etags import IfMatch, PreconditionFailed, PreconditionRequired
from services.web.idempotency import Claim, fingerprint, key_of
from services.web.language import Text, preferred
from services.web.limits import Gate, TooManyRequests, address_of
from services.web.problems import InvalidRequest, Problem, Unauthenticated
from services.web.tokens import Principal, Role
from services.web.validation import REASONS, invalid_request


def request(method: str = "GET", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "method": method, "headers": raw, "client": ("192.0.2.9", 1)})


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

    assert problems.body_of(cold, "fi", "https://x.test") == {
        "type": "https://x.test/problems/cold-coffee",
        "title": "Kahvi on kylmää.",
        "status": 409,
        "detail": "Keitä uutta.",
        "cups": [{"reason": "juomatta", "id": "00000000-0000-0000-0000-000000000001"}],
    }
    assert problems.body_of(cold, "en", "")["title"] == "The coffee is cold."


def test_every_problem_is_named_and_told_in_finnish() -> None:
    for slug, problem in problems.known_problems().items():
        assert slug == slug.lower(), problem
        assert problem.finnish != Problem.finnish, problem
        assert problem.title("en").endswith("."), problem
        assert 400 <= problem.status < 600, problem


class Body(BaseModel):
    name: str = Field(min_length=2, max_length=3)
    number: int = Field(ge=1, le=9)
    kind: Role
    at: datetime
    many: list[int] = Field(min_length=1)


@pytest.mark.parametrize(
    ("wish", "field", "finnish", "english"),
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
    wish: dict[str, Any], field: str, finnish: str, english: str
) -> None:
    good = {"name": "abc", "number": 1, "kind": "admin", "at": "2026-09-01T09:00:00Z", "many": [1]}
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Body).validate_python(good | wish)

    problem = invalid_request([dict(error, loc=("body", *error["loc"])) for error in refused.value.errors()])

    assert problem.members["errors"] == [{"field": field, "detail": Text(finnish, english)}]


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


# -- links --------------------------------------------------------------------------------------------------


def test_the_secret_of_a_link_is_made_from_its_id_and_the_key_alone() -> None:
    link_id = uuid4()
    made = links.secret("key", link_id)

    assert made == links.secret("key", link_id)
    assert links.is_wellformed(made)
    assert len({made, links.secret("other", link_id), links.secret("key", uuid4()), links.digest(made)}) == 4


def test_ids_made_later_sort_later() -> None:
    ids = [new_id() for _ in range(5000)]

    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {(one.version, one.variant) for one in ids} == {(7, "specified in RFC 4122")}
    assert abs((ids[0].int >> 80) / 1000 - datetime.now(UTC).timestamp()) < 60


# -- paging -------------------------------------------------------------------------------------------------

ORDER = (col(Client.created_at), col(Client.id))


def test_a_cursor_comes_back_as_the_place_it_was_made_of() -> None:
    place = [datetime(2026, 10, 25, 1, 30, tzinfo=UTC), uuid4()]

    assert paging.read(paging.write(place), ORDER) == place


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", "null", '["2026-09-01T00:00:00Z"]', '["x", "y"]', "[1, 2]", '["2026-09-01", "x"]', "[" * 3000],
)
def test_a_made_up_cursor_is_refused(content: str) -> None:
    for cursor in (base64.urlsafe_b64encode(content.encode()).decode(), content):
        with pytest.raises(InvalidRequest) as refused:
            paging.read(cursor, ORDER)
        errors: Any = refused.value.members["errors"]
        assert errors[0]["field"] == "cursor"


def test_a_cursor_with_a_naive_time_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        paging.read(paging.write(["2026-09-01T00:00:00", uuid4()]), ORDER)


# -- changes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ['"3"', '"1", "3"', 'W/"3"', "*"])
def test_a_change_of_what_was_seen_passes(header: str) -> None:
    IfMatch(header).check(etags.tag(3))


@pytest.mark.parametrize("header", ['"2"', "3", '"33"', ""])
def test_a_change_of_something_older_is_refused(header: str) -> None:
    with pytest.raises(PreconditionFailed):
        IfMatch(header).check(etags.tag(3))


def test_a_change_without_a_version_is_refused() -> None:
    with pytest.raises(PreconditionRequired):
        IfMatch(None).check(etags.tag(3))


def test_only_an_unchanged_get_is_not_sent_again() -> None:
    answer = Response("words", headers={"ETag": '"3"'})

    assert etags.unless_known(request(if_none_match='"3"'), answer).status_code == 304
    assert etags.unless_known(request(if_none_match='"2"'), answer).status_code == 200
    assert etags.unless_known(request("PATCH", if_none_match='"3"'), answer).status_code == 200


# -- repetition ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("header", "key"), [("abc", "abc"), ('"abc"', "abc"), ('"a', "a")])
def test_a_key_may_be_quoted(header: str, key: str) -> None:
    assert key_of(request("POST", idempotency_key=header), b"") == key


def test_only_a_post_has_a_key() -> None:
    assert key_of(request("PATCH", idempotency_key="abc"), b"") is None


def test_a_fingerprint_knows_meaning_from_writing() -> None:
    assert fingerprint("POST", "/a", b'{"x":1,"y":2}') == fingerprint("POST", "/a", b'{ "y": 2, "x": 1 }')
    different = {fingerprint(*what) for what in (("POST", "/a", b"1"), ("POST", "/b", b"1"), ("POST", "/a", b"2"))}
    assert len(different) == 3


def test_only_the_same_sender_with_the_same_key_opens_an_answer() -> None:
    sealed = Claim("me", "key", "secret").seal(Response('{"a":"ä"}', 201, {"ETag": '"1"', "X-Other": "x"}))

    opened = Claim("me", "key", "secret").open(sealed)
    assert (opened.status_code, opened.body, opened.headers["etag"]) == (201, '{"a":"ä"}'.encode(), '"1"')
    assert "x-other" not in opened.headers
    for other in (Claim("you", "key", "secret"), Claim("me", "yek", "secret"), Claim("me", "key", "terces")):
        with pytest.raises(InvalidToken):
            other.open(sealed)


# -- limits -------------------------------------------------------------------------------------------------


def test_a_limit_lets_pass_what_it_promises_and_says_how_long_to_wait() -> None:
    gate = Gate({"doors": "3/hour"})

    assert [gate.enter("doors", "me").remaining for _ in range(3)] == [2, 1, 0]
    with pytest.raises(TooManyRequests) as refused:
        gate.enter("doors", "me")
    assert 0 < int(refused.value.headers["Retry-After"]) <= 3600
    assert refused.value.headers["RateLimit-Limit"] == "3"
    with pytest.raises(TooManyRequests):
        gate.check("doors", "me")
    gate.check("doors", "somebody else")


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
