"""An e-mail address as every mail server takes it: ASCII before the @, the host in its IDNA form (RFC 5891)."""

import re

import idna

USER = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


class InvalidAddress(ValueError):
    """Letters can't go to or come from this address; its text says why."""


def ascii_address(address: str) -> str:
    """The address as it travels. What only SMTPUTF8 could carry is refused: few servers know it."""
    user, _, host = address.rpartition("@")
    if user and not user.isascii():
        raise InvalidAddress("has letters before the @ that most mail servers refuse (only ASCII will do)")
    if not USER.fullmatch(user):
        raise InvalidAddress("is no e-mail address")
    try:
        return f"{user}@{idna.encode(host, uts46=True).decode()}"
    except UnicodeError:
        raise InvalidAddress("is no e-mail address: what stands after the @ is no host") from None


def ascii_host(host: str) -> str:
    """A host, be it a name or a number, as DNS knows it. Raises UnicodeError when it can't be one."""
    return host if host.isascii() else idna.encode(host, uts46=True).decode()
