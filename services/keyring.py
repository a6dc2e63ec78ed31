"""A fresh set of the secrets that the services share, under the names of their environment variables."""

import base64
import secrets

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_BYTES = 32
PASSWORDS = (
    "POSTGRES_PASSWORD",
    "BOOKING_DATABASE_PASSWORD",
    "NOTIFIER_DATABASE_PASSWORD",
    "REPORTING_DATABASE_PASSWORD",
    "REDIS_PASSWORD",
)
"""Of servers that we start ourselves; in hexadecimal, because they are written into addresses and command lines."""


def fresh_keys() -> dict[str, str]:
    signing = Ed25519PrivateKey.generate()
    return {
        "TOKEN_SIGNING_KEY": _base64(signing.private_bytes_raw()),
        "TOKEN_VERIFY_KEY": _base64(signing.public_key().public_bytes_raw()),
        "LINK_KEY": _base64(secrets.token_bytes(KEY_BYTES)),
        "NOTES_KEY": _base64(secrets.token_bytes(KEY_BYTES)),
        "ADMIN_CLIENT_ID": f"admin-{secrets.token_hex(4)}",
        "ADMIN_CLIENT_SECRET": secrets.token_urlsafe(KEY_BYTES),
        **{name: secrets.token_hex(KEY_BYTES) for name in PASSWORDS},
    }


def _base64(key: bytes) -> str:
    return base64.b64encode(key).decode()
