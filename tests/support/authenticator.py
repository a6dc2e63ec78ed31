"""A passkey device in software: it keeps discoverable keys and answers as browsers pass it on (WebAuthn level 2)."""

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

Json = dict[str, Any]

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """In a browser that shows pages of `origin`."""

    origin: str = "https://booking.test"
    rp_id: str = "booking.test"
    flags: int = PRESENT | VERIFIED
    counter: int = 0
    keys: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)

    def create(self, options: Json) -> str:
        """What `navigator.credentials.create` gives."""
        key, id_ = ec.generate_private_key(ec.SECP256R1()), bytes_to_base64url(secrets.token_bytes(32))
        return self.attest(options, key, id_)

    def attest(self, options: Json, key: ec.EllipticCurvePrivateKey, id_: str) -> str:
        self.keys[id_], self.owners[id_] = key, options["user"]["id"]
        raw = base64url_to_bytes(id_)
        numbers = key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        credential = bytes(16) + len(raw).to_bytes(2, "big") + raw + encode_cbor(public)
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(HAS_KEY) + credential}
        return self._answer(
            id_,
            clientDataJSON=self._client_data("webauthn.create", options),
            attestationObject=encode_cbor(attestation),
        )

    def get(self, options: Json, id_: str = "") -> str:
        """What `navigator.credentials.get` gives; the key is the newest one, unless it is said which."""
        id_ = id_ or list(self.keys)[-1]
        client_data, data = self._client_data("webauthn.get", options), self._data()
        signature = self.keys[id_].sign(data + sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        owner = base64url_to_bytes(self.owners[id_])
        return self._answer(
            id_, clientDataJSON=client_data, authenticatorData=data, signature=signature, userHandle=owner
        )

    def _data(self, more: int = 0) -> bytes:
        self.counter += 1
        flags = (self.flags | more).to_bytes(1, "big")
        return sha256(self.rp_id.encode()).digest() + flags + self.counter.to_bytes(4, "big")

    def _client_data(self, kind: str, options: Json) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin}).encode()

    def _answer(self, id_: str, **response: bytes) -> str:
        encoded = {name: bytes_to_base64url(value) for name, value in response.items()}
        return json.dumps({"id": id_, "rawId": id_, "type": "public-key", "response": encoded})
