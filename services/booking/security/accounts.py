"""The accounts of those who log in: supervisors, contacts of clients, and the admin, whose address is a setting."""

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from services.booking.models.people import Client, Supervisor
from services.booking.security import links
from services.booking.settings import Settings
from services.core.database import Database
from services.finnish.alphabet import alphabetical
from services.web.security.links import LinkExpired
from services.web.security.tokens import Principal, Role

ADMIN_PARTY_ID = UUID(int=0)
"""The party id of the admin, who is not a party, in links, browser sessions and passkeys."""


@dataclass(frozen=True)
class Account:
    """Somebody who may log in."""

    role: Role
    party_id: UUID
    title: str
    full_name: str
    email: str

    @classmethod
    def of_admin(cls, settings: Settings) -> Self:
        return cls(Role.admin, ADMIN_PARTY_ID, "Ylläpito", "Ylläpito", settings.admin_email)

    @classmethod
    def of_supervisor(cls, supervisor: Supervisor) -> Self:
        return cls(Role.supervisor, supervisor.id, supervisor.name, supervisor.name, supervisor.email)

    @classmethod
    def of_client(cls, client: Client) -> Self:
        return cls(Role.client, client.id, client.name, f"{client.first_name} {client.last_name}", client.email)

    @property
    def is_staff(self) -> bool:
        """Whether they may have passkeys and remembered browsers, which their own page lists."""
        return self.role is not Role.client

    @property
    def admin_address(self) -> str | None:
        """The admin has no row: who has another address in the settings is another person."""
        return links.address_digest(self.email) if self.role is Role.admin else None


def accounts_with_address(db: Database, settings: Settings, email: str) -> list[Account]:
    """One person may be a supervisor and the contact of several clients; the supervisor comes first, the admin last."""
    wanted = email.lower()
    active = select(Supervisor).where(col(Supervisor.deactivated_at).is_(None))
    named = active.where(func.lower(col(Supervisor.email)) == wanted)
    supervisors = db.scalars(named.order_by(alphabetical(Supervisor.name), col(Supervisor.id))).all()
    clients = db.scalars(
        select(Client)
        .where(func.lower(col(Client.email)) == wanted)
        .order_by(alphabetical(Client.name), col(Client.id))
    ).all()
    parties = [Account.of_supervisor(one) for one in supervisors] + [Account.of_client(one) for one in clients]
    return [*parties, *([Account.of_admin(settings)] if wanted and wanted == settings.admin_email.lower() else [])]


def account_of_party(db: Database, settings: Settings, role: Role, party_id: UUID) -> Account | None:
    """None when it no longer exists, or its supervisor is deactivated."""
    match role:
        case Role.admin:
            return Account.of_admin(settings) if settings.admin_email else None
        case Role.supervisor:
            supervisor = db.get(Supervisor, party_id)
            return Account.of_supervisor(supervisor) if supervisor and supervisor.deactivated_at is None else None
        case Role.client:
            client = db.get(Client, party_id)
            return Account.of_client(client) if client else None


def ensure_account_stands(db: Database, account: Account) -> None:
    """Wait for whoever changes or deactivates the party at this moment, and refuse what it is no more."""
    if account.role is Role.admin:
        return
    table: Any = Supervisor if account.role is Role.supervisor else Client
    party = db.get_one(table, account.party_id, with_for_update={"read": True}, populate_existing=True)
    if party.email != account.email or (account.role is Role.supervisor and party.deactivated_at):
        raise LinkExpired


def account_of_principal(db: Database, settings: Settings, who: Principal) -> Account | None:
    return account_of_party(db, settings, who.role, who.party_id or ADMIN_PARTY_ID)
