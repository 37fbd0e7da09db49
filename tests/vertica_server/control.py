"""Transactions, settings, and the functions that act on the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standins.wire import data_row, parameter_status
from vertica_server.actions import Action, Local, Result
from vertica_server.errors import VerticaError, syntax_error
from vertica_server.grammar.types import plain, sized
from vertica_server.sql.names import literal, quoted
from vertica_server.wire.results import Field

if TYPE_CHECKING:
    from collections.abc import Callable

    from standins.lexer import Token
    from vertica_server.session import Session
    from vertica_server.sql.cursor import Cursor

__all__ = [
    "accept",
    "alter_database",
    "alter_session",
    "begin",
    "commit",
    "explain",
    "functions",
    "rollback",
    "savepoint",
    "set_setting",
    "show",
    "special_select",
    "table_of",
]

_SETTINGS = {"awsauth", "awssessiontoken", "awsregion", "awsendpoint", "awsenablehttps",
             "awscafile", "awscapath", "awsloglevel", "awsconnecttimeout", "s3bucketconfig",
             "s3bucketcredentials", "s3enablevirtualaddressing", "s3requesterpays",
             "awsstreamingconnectionpercentage", "forceudxfencedmode",
             "copyfaulttolerantexpressions", "locktimeout", "enablenewprimarykeysbydefault",
             "enablenewuniquekeysbydefault", "enablenewcheckconstraintsbydefault",
             "gcsauth", "gcsendpoint", "azurestoragecredentials"}  # fmt: skip


def table_of(tag: str, columns: list[str], rows: list[list[object]]) -> Result:
    """Return a small answer of the server's own."""
    fields = [
        Field(
            name=name,
            type=plain("int") if _is_number(rows, place) else sized("varchar", 65000),
        )
        for place, name in enumerate(columns)
    ]  # fmt: skip
    bodies = [data_row([None if v is None else str(v).encode() for v in row])[5:] for row in rows]
    return Result(tag=tag, fields=fields, bodies=bodies)


def _is_number(rows: list[list[object]], place: int) -> bool:
    return bool(rows) and isinstance(rows[0][place], int)


def begin(cursor: Cursor, session: Session) -> Action:
    """BEGIN [WORK | TRANSACTION] [isolation]."""
    cursor.rest()

    def run() -> Result:
        if session.engine.status != b"I":
            session.notice("BEGIN: a transaction is already in progress", "WARNING", 5012)
        session.begin()
        return Result(tag="BEGIN")

    return Local(run=run, controls=True)


def commit(cursor: Cursor, session: Session) -> Action:
    """COMMIT [WORK | TRANSACTION]."""
    cursor.need("commit" if cursor.at("commit") else "end")
    cursor.one_of("work", "transaction")
    cursor.end()

    def run() -> Result:
        session.commit()
        return Result(tag="COMMIT")

    return Local(run=run, controls=True)


def rollback(cursor: Cursor, session: Session) -> Action:
    """ROLLBACK [WORK | TRANSACTION] [TO [SAVEPOINT] name]."""
    cursor.need("rollback" if cursor.at("rollback") else "abort")
    cursor.one_of("work", "transaction")
    if cursor.take("to"):
        cursor.take("savepoint")
        name = quoted(cursor.name())
        cursor.end()
        return _in_block(f"ROLLBACK TO SAVEPOINT {name}", "ROLLBACK", session)
    cursor.end()

    def run() -> Result:
        session.rollback()
        return Result(tag="ROLLBACK")

    return Local(run=run, controls=True)


def savepoint(cursor: Cursor, session: Session) -> Action:
    """SAVEPOINT name and RELEASE [SAVEPOINT] name."""
    word = (cursor.one_of("savepoint", "release") or "").upper()
    cursor.take("savepoint")
    name = quoted(cursor.name())
    cursor.end()
    if word == "SAVEPOINT":
        return _in_block(f"SAVEPOINT {name}", word, session)
    return _in_block(f"RELEASE SAVEPOINT {name}", word, session)


def _in_block(sql: str, tag: str, session: Session) -> Action:
    def run() -> Result:
        session.begin()
        session.engine.run(sql)
        return Result(tag=tag)

    return Local(run=run, controls=True)


def set_setting(cursor: Cursor, session: Session) -> Action:
    """SET SESSION AUTOCOMMIT, SET search_path, SET TIME ZONE and the other SET statements."""
    cursor.need("set")
    run: Callable[[], None]
    if cursor.take("session", "autocommit"):
        run = _autocommit(cursor, session)
    elif cursor.take("session", "characteristics"):
        cursor.rest()
        run = _nothing
    elif cursor.take("search_path") or cursor.take("session", "search_path"):
        run = _search_path(cursor, session)
    elif cursor.take("time", "zone") or cursor.take("timezone"):
        run = _timezone(cursor, session)
    else:
        run = _other(cursor, session)
    cursor.end()

    def done() -> Result:
        run()
        return Result(tag="SET")

    return Local(run=done, controls=True)


def _nothing() -> None: ...


def _autocommit(cursor: Cursor, session: Session) -> Callable[[], None]:
    cursor.need("to")
    on = (cursor.one_of("on", "off") or cursor.fail()) == "on"

    def run() -> None:
        session.settings.autocommit = on
        session.client.send(parameter_status("auto_commit", "on" if on else "off"))

    return run


def _search_path(cursor: Cursor, session: Session) -> Callable[[], None]:
    if not cursor.take("to"):
        cursor.take_op("=")
    names = [] if cursor.take("default") else [cursor.name()]
    while cursor.take_op(","):
        names.append(cursor.name())
    path = [name for name in names if name.lower() != "$user"] or ["public"]
    whole = [*path, "v_catalog", "v_monitor", "v_internal"]

    def run() -> None:
        session.settings.search_path = path
        session.engine.run(f"SET search_path = {', '.join(quoted(name) for name in whole)}")

    return run


def _timezone(cursor: Cursor, session: Session) -> Callable[[], None]:
    if not cursor.take("to"):
        cursor.take_op("=")
    zone = (
        "UTC"
        if cursor.take("default")
        else (cursor.string() if cursor.at_string() else cursor.next().text)
    )

    def run() -> None:
        session.engine.run(f"SET timezone = {literal(zone)}")
        session.client.send(parameter_status("timezone", zone))

    return run


def _other(cursor: Cursor, session: Session) -> Callable[[], None]:
    """SET parameters that change nothing here: LOCALE, ROLE, DATESTYLE, RUNTIMECAP and such."""
    cursor.take("session")
    word = cursor.here
    known = ("locale", "role", "datestyle", "intervalstyle", "escape_string_warning", "runtimecap",
             "memorycap", "resource_pool", "standard_conforming_strings", "tempspacecap",
             "idlesessiontimeout", "graceperiod", "workload")  # fmt: skip
    if word is None or word.value not in known:
        cursor.fail()
    if word.value == "datestyle":
        cursor.next()
        cursor.one_of("to") or cursor.take_op("=")
        style = " ".join(token.text for token in cursor.rest()).strip("'")
        return lambda: _ran(session, f"SET datestyle = {literal(style)}")
    cursor.rest()
    return _nothing


def _ran(session: Session, sql: str) -> None:
    session.engine.run(sql)


def show(cursor: Cursor, session: Session) -> Action:
    """SHOW name | ALL."""
    cursor.need("show")
    said = [token.value for token in cursor.rest()]
    known = {
        "autocommit": "on" if session.settings.autocommit else "off",
        "search_path": ", ".join(session.settings.search_path)
        + ", v_catalog, v_monitor, v_internal, v_func",
        "locale": "en_US@collation=binary (LEN_KBINARY)",
        "standard_conforming_strings": "on",
        "transaction_isolation": "READ COMMITTED",
        "datestyle": "ISO, MDY",
        "intervalstyle": "plain",
        "timezone": "UTC",
        "workload": session.said.get("workload", ""),
    }
    word = "".join(said) if said else ""
    word = "transaction_isolation" if word == "transactionisolationlevel" else word
    if word not in known:
        raise VerticaError(
            f'Unrecognized configuration parameter "{word}"', sqlstate="42704", code=5183
        )

    def run() -> Result:
        return table_of("SHOW", ["name", "setting"], [[word, known[word]]])

    return Local(run=run, controls=True)


def alter_session(cursor: Cursor, session: Session) -> Action:
    """ALTER SESSION SET name = value, ... | SET UDPARAMETER FOR library name = value | CLEAR."""
    cursor.need("alter", "session")
    if cursor.take("clear"):
        return _clear(cursor, session)
    cursor.need("set")
    library = ""
    if cursor.take("udparameter"):
        library = cursor.name() if cursor.take("for") else ""
    else:
        cursor.take("parameter")
    pairs = [_pair(cursor)]
    while cursor.take_op(","):
        pairs.append(_pair(cursor))
    cursor.end()

    def run() -> Result:
        for name, value in pairs:
            _set(name, value, library, session)
        return Result(tag="ALTER SESSION")

    return Local(run=run, controls=True)


def _pair(cursor: Cursor) -> tuple[str, str]:
    name = cursor.name()
    cursor.need_op("=")
    if cursor.at_string():
        return name, cursor.string()
    return name, str(cursor.integer())


def _set(name: str, value: str, library: str, session: Session) -> None:
    if library:
        session.settings.library[name] = value
        return
    if name.lower() not in _SETTINGS:
        said = f'Unrecognized configuration parameter "{name}"'
        raise VerticaError(said, sqlstate="42704", code=5183)
    if name.lower() == "awsendpoint" and "://" in value:
        said = f'Invalid AWSEndpoint "{value}": give host[:port] without a scheme'
        raise VerticaError(said, sqlstate="22023", code=7105)
    session.settings.parameters[name.lower()] = value


def _clear(cursor: Cursor, session: Session) -> Action:
    cursor.one_of("parameter", "udparameter")
    library = cursor.name() if cursor.take("for") else ""
    names = [] if cursor.take("all") or cursor.here is None else [cursor.name()]
    while cursor.take_op(","):
        names.append(cursor.name())
    cursor.end()

    def run() -> Result:
        kept = session.settings.library if library else session.settings.parameters
        for name in names or list(kept):
            kept.pop(name if library else name.lower(), None)
        return Result(tag="ALTER SESSION")

    return Local(run=run, controls=True)


def alter_database(cursor: Cursor, _session: Session) -> Result:
    """ALTER DATABASE is accepted; its parameters are those of the command line."""
    cursor.rest()
    return Result(tag="ALTER DATABASE")


def accept(cursor: Cursor, _session: Session) -> Result:
    """A statement that changes nothing here."""
    words = cursor.rest()
    return Result(tag=" ".join(word.text.upper() for word in words[:2]))


def explain(cursor: Cursor, _session: Session) -> Action:
    """EXPLAIN tells that there is no plan to tell."""
    cursor.rest()
    return Local(
        run=lambda: table_of("EXPLAIN", ["QUERY PLAN"], [["stand-in: no plan"]]), controls=True
    )


def functions(session: Session) -> dict[str, Callable[[], object]]:
    """Return the functions that only this session can answer, as SQL for the one behind."""
    known: dict[str, Callable[[], str]] = {
        "get_num_accepted_rows": lambda: f"{session.accepted}::bigint",
        "get_num_rejected_rows": lambda: f"{session.rejected}::bigint",
        "last_insert_id": lambda: "v_internal.last_identity()",
        "current_session": lambda: f"{literal(session.session_id)}::varchar",
        "current_schema": lambda: f"{literal(session.settings.search_path[0])}::varchar",
        "current_user": lambda: f"{literal(session.user)}::varchar",
        "session_user": lambda: f"{literal(session.user)}::varchar",
    }
    return {name: _as_column(name, write) for name, write in known.items()}


def _as_column(name: str, write: Callable[[], str]) -> Callable[[], object]:
    """A value that is called, in a result, what the function is called."""
    return lambda: f"(SELECT {write()} AS {name})"


def special_select(meaning: list[Token], session: Session) -> Action | None:
    """SELECT of one function that acts on the server instead of computing something."""
    if len(meaning) < 3 or not meaning[2].is_op("("):
        if any(token.is_word("s3export", "s3export_partition") for token in meaning):
            raise syntax_error("s3export")
        return None
    from vertica_server import acting

    return acting.plan_function(meaning, session)
