"""A fresh set of secrets, under the names of their environment variables.

Each service has keys of its own, and one for each other service that it writes to or hears from.
"""

import base64
import secrets

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_BYTES = 32
OWN_KEYS = ("NOTES_KEY", "NOTIFIER_KEY", "REPORTING_KEY")
"""What one service alone knows; of booking it is called NOTES_KEY."""
SHARED_KEYS = ("BOOKING_NOTIFIER_KEY", "BOOKING_REPORTING_KEY", "REPORTING_NOTIFIER_KEY")
PASSWORDS = (
    "POSTGRES_PASSWORD",
    *(f"{service}_DATABASE_PASSWORD" for service in ("BOOKING", "NOTIFIER", "REPORTING")),
    "REDIS_PASSWORD",
)
"""Of servers that we start ourselves; in hexadecimal, because they are written into addresses and command lines."""


def fresh_keys() -> dict[str, str]:
    signing = Ed25519PrivateKey.generate()
    return {
        "TOKEN_SIGNING_KEY": _base64(signing.private_bytes_raw()),
        "TOKEN_VERIFY_KEY": _base64(signing.public_key().public_bytes_raw()),
        **{name: _base64(secrets.token_bytes(KEY_BYTES)) for name in (*OWN_KEYS, *SHARED_KEYS)},
        "ADMIN_CLIENT_ID": f"admin-{secrets.token_hex(4)}",
        "ADMIN_CLIENT_SECRET": secrets.token_urlsafe(KEY_BYTES),
        "SETUP_SECRET": secrets.token_urlsafe(KEY_BYTES),
        **{name: secrets.token_hex(KEY_BYTES) for name in PASSWORDS},
    }


def _base64(key: bytes) -> str:
    return base64.b64encode(key).decode()
