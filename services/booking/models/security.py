"""The tables of credentials, links, logins, browser sessions, passkeys, devices and audit entries."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, text
from sqlmodel import Field

from services.booking.models.base import Table, foreign_key
from services.core.database import instant, new_id
from services.web.security.audit import AuditColumns


class Credential(Table, table=True):
    """An API client's identity: whose data it may touch, and the hash of its secret."""

    client_id: str = Field(primary_key=True)
    secret_digest: str
    role: str
    party_id: UUID | None = None
    #: the supervisor who issued it to a client, or by whose credential it was issued
    issued_by: UUID | None = Field(default=None, sa_column=Column(ForeignKey("supervisor.id"), index=True))
    created_at: datetime = instant()
    revoked_at: datetime | None = instant(nullable=True)
    #: why it ended, unless somebody revoked it
    revoked_because: str | None = None


class Link(Table, table=True):
    """A personal link. Only the digest of its secret is stored; the notifier derives the secret from its id."""

    digest: str = Field(primary_key=True)
    purpose: str
    subject_id: UUID = Field(index=True)
    expires_at: datetime = instant(index=True)
    used_at: datetime | None = instant(nullable=True)
    sent_to: str | None = None
    """The digest of the address in whose mailbox the link lies, for logins and for addresses that are to be confirmed.

    It works as long as its subject has, or states, that one.
    """


class LoginRequest(Table, table=True):
    """A request for a login link, for an account or for none. The address as it was typed goes with the answer."""

    __tablename__ = "login_request"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    #: the digest of the address
    address: str
    email: str | None = None
    asked_at: datetime = instant(index=True)
    answered_at: datetime | None = instant(nullable=True)
    #: the digest of the secret in the letter, if one was sent
    link: str | None = None

    __table_args__ = (
        CheckConstraint("email IS NULL OR answered_at IS NULL", name="answered_forgets_the_address"),
        Index("requests_of_address", "address", "answered_at"),
        Index("open_login_requests", "asked_at", postgresql_where=text("email IS NOT NULL")),
    )


class BrowserSession(Table, table=True):
    """A browser in which somebody is logged in. Only the digest of its cookie is stored."""

    __tablename__ = "browser_session"
    digest: str = Field(primary_key=True)
    role: str
    party_id: UUID
    admin_address: str | None = None
    """The digest of the address by which the admin logged in: another address in the settings is another person's."""
    browser: str | None = None
    created_at: datetime = instant()
    seen_at: datetime | None = instant(nullable=True)
    expires_at: datetime = instant(index=True)


class Passkey(Table, table=True):
    """A key in somebody's own device, by which a supervisor or the admin logs in. Only its public half is known here.

    It belongs to the person: `admin_address` is as in browser sessions.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    credential_id: str = Field(unique=True)
    public_key: bytes
    sign_count: int = Field(sa_type=BigInteger)
    role: str
    party_id: UUID = Field(index=True)
    admin_address: str | None = None
    name: str
    created_at: datetime = instant()
    used_at: datetime | None = instant(nullable=True)


class PasskeyChallenge(Table, table=True):
    """What a passkey has to sign next, for the one browser that asked. It is used up by the first answer."""

    __tablename__ = "passkey_challenge"
    #: the digest of the cookie
    browser: str = Field(primary_key=True)
    challenge: bytes
    purpose: str
    party_id: UUID | None = None
    expires_at: datetime = instant(index=True)


class Device(Table, table=True):
    """A browser in which a participant typed a code that was sent to their address. Only its cookie's digest rests."""

    digest: str = Field(primary_key=True)
    participant_id: UUID = Field(sa_column=Column(ForeignKey("participant.id"), primary_key=True, index=True))
    confirmed_at: datetime = instant()
    expires_at: datetime = instant(index=True)


class DeviceCode(Table, table=True):
    """A code that was sent to a participant for one browser. It is made from its id, and rests nowhere."""

    __tablename__ = "device_code"
    id: UUID = Field(primary_key=True)
    participant_id: UUID = foreign_key("participant.id")
    device: str
    tries: int = 0
    sent_at: datetime = instant()
    expires_at: datetime = instant(index=True)


class AuditEntry(AuditColumns, Table, table=True):
    """Who did or read what. Ids only; the table is append-only by a trigger."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("entries_of_practice", "practice_id", "id"), Index("entries_of_actor", "actor", "id"))
