"""Free and taken TCP ports on this machine."""

import random
import socket

LOOPBACK = "127.0.0.1"
UNCLAIMED = range(20_000, 32_000)
"""Below those that systems give to outgoing connections, which could take one before its server listens."""


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    for port in random.sample(UNCLAIMED, len(UNCLAIMED)):
        if is_free(port):
            return port
    raise OSError("All ports are taken.")


def is_free(port: int) -> bool:
    """Whether a server could listen there; connections of a server that has just gone do not count."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
