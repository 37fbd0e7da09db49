"""Comments, grants and users: written down; grants are not enforced, the dbadmin may everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertica_server.actions import Result
from vertica_server.ddl.record import need_schema, relation
from vertica_server.errors import VerticaError
from vertica_server.sql.names import literal
from vertica_server.wire.login import Account

if TYPE_CHECKING:
    from vertica_server.session import Session
    from vertica_server.sql.cursor import Cursor

__all__ = ["alter_user", "comment", "create_user", "drop_user", "grant"]

_PRIVILEGES = (
    "all", "select", "insert", "update", "delete", "references", "truncate", "usage", "create",
    "alter", "drop", "execute", "temporary", "temp", "read", "write",
)  # fmt: skip
_OF_TABLE = ("INSERT", "SELECT", "UPDATE", "DELETE", "REFERENCES", "TRUNCATE", "ALTER", "DROP")


def comment(cursor: Cursor, session: Session) -> Result:
    """COMMENT ON TABLE | COLUMN | SCHEMA | VIEW | PROJECTION | CONSTRAINT name IS 'text'."""
    cursor.need("comment", "on")
    kind = cursor.one_of(
        "table", "column", "schema", "view", "projection", "sequence", "constraint"
    ) or cursor.fail()  # fmt: skip
    parts = [cursor.name()]
    while cursor.take_op("."):
        parts.append(cursor.name())
    if kind == "constraint":
        cursor.need("on")
        parts = [*_parts(cursor), parts[0]]
    cursor.need("is")
    text = None if cursor.take("null") else cursor.string()
    cursor.end()
    child = parts.pop() if kind in ("column", "constraint") else ""
    oid, schema = _target(kind, parts, session)
    session.engine.run(
        f"DELETE FROM v_internal.comment_facts WHERE kind = {literal(kind.upper())}"
        f" AND relid = {oid} AND lower(child) = {literal(child.lower())}"
        f" AND lower(name) = {literal(parts[-1].lower())}"
    )
    if text:
        session.engine.run(
            "INSERT INTO v_internal.comment_facts (relid, kind, schema, name, child, comment)"
            f" VALUES ({oid}, {literal(kind.upper())}, {literal(schema)}, {literal(parts[-1])},"
            f" {literal(child)}, {literal(text)})"
        )
    return Result(tag="COMMENT")


def _parts(cursor: Cursor) -> list[str]:
    found = [cursor.name()]
    while cursor.take_op("."):
        found.append(cursor.name())
    return found


def _target(kind: str, parts: list[str], session: Session) -> tuple[int, str]:
    from vertica_server.sql.names import Name

    if kind == "schema":
        need_schema(session, parts[-1])
        return 0, parts[-1]
    schema = parts[-2] if len(parts) > 1 else None
    if kind in ("projection", "sequence"):
        return 0, schema or "public"
    if kind == "column" and _projection(parts[-1], session):
        return 0, schema or "public"
    oid = relation(session, Name(schema=schema, table=parts[-1]))
    return oid, str(session.engine.texts(f"SELECT v_internal.schema_of({oid})")[0][0])


def _projection(name: str, session: Session) -> bool:
    said = f"SELECT 1 FROM v_internal.projection_facts WHERE lower(name) = {literal(name.lower())}"
    return bool(session.engine.texts(said))


def grant(cursor: Cursor, session: Session) -> Result:
    """GRANT and REVOKE: privileges on tables, views and schemas; roles and authentications."""
    word = cursor.one_of("grant", "revoke") or cursor.fail()
    tag = word.upper()
    option = cursor.take("grant", "option", "for") if word == "revoke" else False
    if not (cursor.here is not None and cursor.here.value in _PRIVILEGES):
        cursor.rest()  # a role or an authentication
        return Result(tag=f"{tag} ROLE")
    privileges = _privileges(cursor)
    cursor.need("on")
    kind = cursor.one_of("table", "schema", "view", "database", "library", "location", "function")
    names = [_parts(cursor)]
    while cursor.take_op(","):
        names.append(_parts(cursor))
    cursor.need("to" if word == "grant" else "from")
    grantees = [cursor.name()]
    while cursor.take_op(","):
        grantees.append(cursor.name())
    option = cursor.take("with", "grant", "option") or option
    cursor.one_of("cascade", "restrict")
    cursor.end()
    if kind in (None, "table", "view", "schema"):
        for parts in names:
            for grantee in grantees:
                _write(word, kind or "table", parts, grantee, privileges, session, option=option)
    return Result(tag=f"{tag} PRIVILEGE")


def _privileges(cursor: Cursor) -> list[str]:
    if cursor.take("all"):
        cursor.take("privileges")
        cursor.take("extend")
        return list(_OF_TABLE)
    found = list[str]()
    while True:
        found.append((cursor.one_of(*_PRIVILEGES) or cursor.fail()).upper())
        if not cursor.take_op(","):
            return found


def _write(
    word: str, kind: str, parts: list[str], grantee: str, privileges: list[str],
    session: Session, *, option: bool,
) -> None:  # fmt: skip
    known = session.engine.texts(
        "SELECT name FROM v_internal.user_facts WHERE lower(name) ="
        f" {literal(grantee.lower())} UNION SELECT dbadmin FROM v_internal.settings WHERE"
        f" lower(dbadmin) = {literal(grantee.lower())} UNION SELECT 'public' WHERE"
        f" {literal(grantee.lower())} = 'public'"
    )
    if not known:
        said = f'Role "{grantee}" does not exist'
        raise VerticaError(said, sqlstate="42704", code=4538)
    oid, schema = _target(kind, parts, session)
    for privilege in privileges:
        session.engine.run(
            f"DELETE FROM v_internal.grant_facts WHERE relid = {oid} AND name ="
            f" {literal(parts[-1])} AND lower(grantee) = {literal(grantee.lower())}"
            f" AND privilege = {literal(privilege)}"
        )
        if word == "grant":
            session.engine.run(
                "INSERT INTO v_internal.grant_facts (relid, kind, schema, name, grantor, grantee,"
                f" privilege, option) VALUES ({oid}, {literal(kind.upper())}, {literal(schema)},"
                f" {literal(parts[-1])}, {literal(session.user)}, {literal(known[0][0])},"
                f" {literal(privilege)}, {literal(option)})"
            )


def create_user(cursor: Cursor, session: Session) -> Result:
    """CREATE USER name [IDENTIFIED BY 'password'] or CREATE ROLE name."""
    cursor.need("create")
    kind = cursor.one_of("user", "role") or cursor.fail()
    exists = cursor.take("if", "not", "exists")
    name = cursor.name()
    password = cursor.string() if cursor.take("identified", "by") else ""
    cursor.rest()
    known = session.engine.texts(
        f"SELECT 1 FROM v_internal.user_facts WHERE lower(name) = {literal(name.lower())}"
    )
    if known and not exists:
        said = f'{kind.capitalize()} "{name}" already exists'
        raise VerticaError(said, sqlstate="42710", code=5416)
    if not known:
        session.engine.run(
            "INSERT INTO v_internal.user_facts (name, is_role, is_super) VALUES"
            f" ({literal(name)}, {literal(kind == 'role')}, false)"
        )
        if kind == "user":
            session.server.accounts[name] = Account(password)
    return Result(tag=f"CREATE {kind.upper()}")


def alter_user(cursor: Cursor, session: Session) -> Result:
    """ALTER USER name IDENTIFIED BY | SECURITY_ALGORITHM | PASSWORD EXPIRE."""
    cursor.need("alter", "user")
    name = cursor.name()
    account = session.server.accounts.get(name)
    if account is None:
        raise VerticaError(f'User "{name}" does not exist', sqlstate="42704", code=5415)
    if cursor.take("identified", "by"):
        account.password = cursor.string()
        account.is_expired = False
    elif cursor.take("security_algorithm"):
        account.method = {"MD5": "hash_md5"}.get(cursor.string().upper(), "sha512")
        account.is_expired = True  # its hash has to be made anew
    elif cursor.take("password", "expire"):
        account.is_expired = True
    cursor.rest()
    return Result(tag="ALTER USER")


def drop_user(cursor: Cursor, session: Session) -> Result:
    """DROP USER or DROP ROLE."""
    cursor.need("drop")
    kind = cursor.one_of("user", "role") or cursor.fail()
    exists = cursor.take("if", "exists")
    name = cursor.name()
    cursor.one_of("cascade", "restrict")
    cursor.end()
    found = session.engine.texts(
        "DELETE FROM v_internal.user_facts WHERE"
        f" lower(name) = {literal(name.lower())} RETURNING name"
    )
    if not found and not exists:
        said = f'{kind.capitalize()} "{name}" does not exist'
        raise VerticaError(said, sqlstate="42704", code=5415)
    session.server.accounts.pop(name, None)
    return Result(tag=f"DROP {kind.upper()}")
