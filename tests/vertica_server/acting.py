"""Functions that act: partitions swapped, statistics taken, objects exported."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vertica_server.actions import Action, Local, Result
from vertica_server.control import table_of

if TYPE_CHECKING:
    from standins.lexer import Token
    from vertica_server.session import Session

__all__ = ["plan_function"]

_SAID: dict[str, object] = {
    "analyze_statistics": 0,
    "analyze_statistics_partition": 0,
    "analyze_histogram": 0,
    "purge_table": "Task: purge operation",
    "make_ahm_now": "AHM set",
    "refresh": "Refresh completed",
    "start_refresh": "Starting refresh background process.",
    "mark_design_ksafe": "Marked design 1-safe",
    "do_tm_task": "Task: mergeout",
    "clear_caches": "Cleared",
}


def _balance(given: list[str], session: Session) -> Result:
    policy = (given or ["NONE"])[0].upper()
    session.server.balances = policy in ("ROUNDROBIN", "RANDOM")
    said = f"Successfully changed the client initiator load balancing policy to: {policy.lower()}"
    return table_of("SELECT", ["SET_LOAD_BALANCE_POLICY"], [[said]])


def _given(tokens: list[Token]) -> list[str]:
    """Return the arguments of a call as text."""
    found = list[str]()
    for token in tokens:
        if token.is_op(")"):
            break
        if token.is_string or token.kind == "number" or token.is_word("true", "false"):
            found.append(token.value)
    return found


def plan_function(meaning: list[Token], session: Session) -> Action | None:
    """Return what ``SELECT function(...)`` does, or None where it only computes."""
    word = meaning[1].value
    if word in ("s3export", "s3export_partition"):
        from vertica_server.unload.s3export import plan_s3export

        return plan_s3export(meaning, session)
    if word == "set_load_balance_policy":
        return Local(run=lambda: _balance(_given(meaning[3:]), session), controls=True)
    if word in _SAID:
        return Local(run=lambda: table_of("SELECT", [meaning[1].name], [[_SAID[word]]]))
    known: dict[str, Callable[[list[str]], Result]] = {}
    from vertica_server.ddl import partitions

    if word == "swap_partitions_between_tables":
        known[word] = lambda given: partitions.swap(given, session)
    if word == "export_objects" or word == "export_tables":
        from vertica_server.catalog.objects import export_objects

        known[word] = lambda given: export_objects(given, session)
    if word not in known:
        return None
    given = _given(meaning[3:])
    return Local(run=lambda: known[word](given), commits=word.startswith("swap"))
