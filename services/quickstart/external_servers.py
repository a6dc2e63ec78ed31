"""The PostgreSQL, Redis and SMTP servers that others run: whether they answer, said before anything is started."""

import socket
from urllib.parse import urlsplit

import psycopg
import redis
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from services.core.email_address import ascii_host
from services.core.errors import OperatorError

REDIS_SCHEMES = ("redis", "rediss", "sentinel")
SMTP_SCHEMES = ("smtp", "smtps", "smtp+starttls")


class WrongAddress(OperatorError):
    """The address of a server is wrong."""


def database_addresses(url: str, names: dict[str, str]) -> dict[str, str]:
    """The addresses of databases of these names on the server that ``url`` leads to; it must answer."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise WrongAddress("DATABASE_URL is not of the form postgresql://user:password@host/database.") from None
    if address.get_backend_name() not in ("postgresql", "postgres"):
        raise WrongAddress(f"DATABASE_URL must lead to PostgreSQL, not to {address.get_backend_name()}.")
    plain = address.set(drivername="postgresql", database=address.database or "postgres")
    try:
        psycopg.connect(plain.render_as_string(hide_password=False), connect_timeout=10).close()
    except psycopg.Error as error:
        raise WrongAddress(f"DATABASE_URL: {' '.join(str(error).split())}") from None
    databases = {service: address.set(database=name) for service, name in names.items()}
    return {service: database.render_as_string(hide_password=False) for service, database in databases.items()}


def has_database(url: str) -> bool:
    address = make_url(url).set(drivername="postgresql")
    try:
        psycopg.connect(address.render_as_string(hide_password=False), connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def check_redis(url: str) -> None:
    """See that it answers; a ``sentinel://`` is for Celery alone to understand."""
    scheme = url.partition("://")[0]
    if scheme not in REDIS_SCHEMES:
        raise WrongAddress("REDIS_URL is not of the form redis://:password@host:6379/0 (or rediss://, sentinel://).")
    if scheme == "sentinel":
        return
    try:
        with redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise WrongAddress(f"REDIS_URL: {' '.join(str(error).split())}") from None


def check_smtp(url: str) -> str:
    """Refuse a malformed address; say what to expect when nobody listens there yet, for letters may wait."""
    try:
        parts = urlsplit(url)
        host, port = ascii_host(parts.hostname or ""), parts.port or (465 if parts.scheme == "smtps" else 25)
    except ValueError:
        host, port = "", 0
    if not host or parts.scheme not in SMTP_SCHEMES:
        raise WrongAddress("--smtp-url is not of the form smtp://user:password@host:25 (or smtps://).")
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError as error:
        return f"{host}:{port} does not answer ({error.strerror or error}); letters wait until it does"
    return f"letters go to {host}:{port}"
