"""CREATE USER and DROP USER: a role behind, and the password that the login asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from redshift_server.actions import Action, Local
from redshift_server.backend import literal
from redshift_server.errors import RedshiftError
from redshift_server.grammar.cursor import quoted

if TYPE_CHECKING:
    from redshift_server.grammar.cursor import Cursor
    from redshift_server.session import Session
    from standins.lexer import Token

__all__ = ["create_user", "drop_user"]


def create_user(cursor: Cursor, _tokens: list[Token], session: Session) -> Action:
    """Read CREATE USER (page r_CREATE_USER); its password is eight bytes of mixed letters."""
    cursor.need("create", "user")
    name = cursor.name()
    cursor.take("with")
    cursor.need("password")
    password = None if cursor.take("disable") else cursor.string()
    words, groups = "", list[str]()
    while cursor.here is not None:
        if cursor.take("createdb") or cursor.take("nocreatedb") or cursor.take("nocreateuser"):
            continue
        if cursor.take("createuser"):
            words = "SUPERUSER"
        else:
            cursor.need("in", "group")
            groups.append(cursor.name())
    if password is not None:
        _check(password)

    def run() -> str:
        session.backend.query(f"CREATE ROLE {quoted(name)} LOGIN {words}")
        for group in groups:
            session.backend.query(f"GRANT {quoted(group)} TO {quoted(name)}")
        session.server.admin(
            f"INSERT INTO rs_catalog.users VALUES ({literal(name)}, {literal(password)})"
            " ON CONFLICT (name) DO UPDATE SET password = excluded.password"
        )
        return "CREATE USER"

    return Local(run=run)


def drop_user(cursor: Cursor, _tokens: list[Token], session: Session) -> Action:
    """Read DROP USER."""
    cursor.need("drop", "user")
    unless = "IF EXISTS " if cursor.take("if", "exists") else ""
    name = cursor.name()
    cursor.end()

    def run() -> str:
        session.backend.query(f"DROP ROLE {unless}{quoted(name)}")
        session.server.admin(f"DELETE FROM rs_catalog.users WHERE name = {literal(name)}")
        return "DROP USER"

    return Local(run=run)


def _check(password: str) -> None:
    strong = all(re.search(kind, password) for kind in ("[A-Z]", "[a-z]", "[0-9]"))
    if not (8 <= len(password) <= 64 and strong):
        said = (
            "password must be 8 to 64 characters and contain at least one uppercase letter,"
            " one lowercase letter, and one number"
        )
        raise RedshiftError(said, sqlstate="22023")
