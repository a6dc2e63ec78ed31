"""Two roles for a database: one owns the tables and migrates them, as the other the service reads and writes.

The service's role can neither change the shape of a table nor switch off what guards it: the audit log, above all,
is added to and read. Databases of before, which belong to the service's role, are handed over.
"""

from psycopg import Connection, sql
from sqlalchemy.engine import URL

APPENDED_TO, READ = "audit_entry", "alembic_version"


def prepare_service_role(owner: Connection, service: URL) -> None:
    """Make the service's role if there is none yet, and take from it what it owns of this database."""
    role = sql.Identifier(str(service.username))
    with owner.transaction():
        if not owner.execute("SELECT FROM pg_roles WHERE rolname = %s", [service.username]).rowcount:
            password = sql.Literal(service.password)
            owner.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, password))
        if owner.execute(OWNS_SOMETHING, {"role": service.username}).rowcount:
            owner.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(role))
        _grant(owner, role)


OWNS_SOMETHING = """
    SELECT FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner WHERE rolname = %(role)s
    UNION ALL SELECT FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba
    WHERE rolname = %(role)s AND datname = current_database()
"""


def grant_to_service(owner: Connection, service: URL) -> None:
    """After a migration: new tables too are read and written."""
    with owner.transaction():
        _grant(owner, sql.Identifier(str(service.username)))


def _grant(owner: Connection, role: sql.Identifier) -> None:
    database = sql.Identifier(owner.info.dbname)
    owner.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role))
    owner.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
    owner.execute(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(role))
    owner.execute(sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(role))
    for table, rights in ((APPENDED_TO, "UPDATE, DELETE"), (READ, "INSERT, UPDATE, DELETE")):
        if owner.execute("SELECT to_regclass(%s)", [f"public.{table}"]).fetchone() != (None,):
            revoked = sql.SQL("REVOKE {} ON {} FROM {}")
            owner.execute(revoked.format(sql.SQL(rights), sql.Identifier("public", table), role))
