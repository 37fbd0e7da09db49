"""Airflow's connections: from ``AIRFLOW_CONN_*`` without Airflow, and from Airflow within it."""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from records_mover.errors import CredsError
from records_mover.hookspecs import hookimpl
from records_mover.parts import Creds

if TYPE_CHECKING:
    from collections.abc import Mapping

MOVER_API = 1

PREFIX = "AIRFLOW_CONN_"
INSIDE = "AIRFLOW__CORE__EXECUTOR"
"""Set where Airflow runs: importing it costs seconds, and makes files, anywhere else."""

_FACT_OF = {"conn_type": "type", "schema": "database", "login": "user"}
_NOT_FOR_DRIVER = ("type", "protocol", "iam", "cursor")


@hookimpl
def mover_creds(name: str) -> Creds | None:
    """Read AIRFLOW_CONN_<NAME>, a URI or JSON; inside Airflow, ask Airflow for the connection."""
    if "://" in name:
        return None
    written = os.environ.get(PREFIX + name.upper())
    if written:
        return _creds(name, _read(name, written.strip()))
    if _inside():
        return _from_airflow(name)
    return None


def _inside() -> bool:
    """Whether this is Airflow: it is imported already, or the environment says so."""
    if "airflow.sdk" in sys.modules or "airflow.models" in sys.modules:
        return True
    return bool(os.environ.get(INSIDE)) and find_spec("airflow") is not None


def _read(name: str, written: str) -> dict[str, Any]:
    if not written.startswith("{"):
        return _from_uri(name, written)
    try:
        told: dict[str, Any] = json.loads(written)
    except ValueError:
        raise CredsError(f"{PREFIX}{name.upper()} is no JSON", "correct it") from None
    return told


def _from_uri(name: str, written: str) -> dict[str, Any]:
    """Read Airflow's own kind of URI: ``-`` in its scheme stands for ``_``."""
    try:
        split = urlsplit(written)
        port = split.port
    except ValueError:
        raise CredsError(f"{PREFIX}{name.upper()} is no URI", "correct it") from None
    extra = dict(parse_qsl(split.query, keep_blank_values=True))
    return {
        "conn_type": split.scheme.replace("-", "_"),
        "login": unquote(split.username or ""),
        "password": unquote(split.password or ""),
        "host": unquote(split.hostname or ""),
        "port": port,
        "schema": unquote(split.path.lstrip("/")),
        "extra": extra.get("__extra__", extra),
    }


def _from_airflow(name: str) -> Creds | None:
    try:
        from airflow.exceptions import AirflowNotFoundException

        hook = _base_hook()
    except ImportError as error:
        raise CredsError(
            f"Airflow cannot be asked for {name!r}: it does not import", f"see to {error.name!r}"
        ) from None
    try:
        found = hook.get_connection(name)
    except AirflowNotFoundException:
        return None
    told = ("conn_type", "login", "password", "host", "port", "schema", "extra")
    return _creds(name, {key: getattr(found, key) for key in told})


def _base_hook() -> Any:
    """Return what asks for connections: in Airflow 3 it has moved, and the old place warns."""
    try:
        from airflow.sdk import BaseHook
    except ImportError:
        from airflow.hooks.base import BaseHook
    return BaseHook


def _creds(name: str, told: Mapping[str, Any]) -> Creds:
    from records_mover.creds.facts import facts_of

    extra, of = _extra(name, told.get("extra")), f"the Airflow connection {name!r}"
    facts = {_FACT_OF.get(key, key): value for key, value in told.items() if key != "extra"}
    facts["type"] = str(extra.get("type") or facts.get("type") or "").lower()
    options = {
        key: value
        for key, value in extra.items()
        if key not in _NOT_FOR_DRIVER and isinstance(value, str | int | float)
    }
    return Creds(provider="airflow", facts=facts_of(facts, of=of), options=facts_of(options, of=of))


def _extra(name: str, extra: Any) -> Mapping[str, Any]:
    if not extra or isinstance(extra, dict):
        return extra or {}
    try:
        read = json.loads(extra)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise CredsError(f"the extra of the Airflow connection {name!r} is no JSON", "correct it")
    return read
