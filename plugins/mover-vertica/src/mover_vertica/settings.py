"""What a user sets for Vertica: in the query of the URL, or in the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from records_mover.db.settings import check_choice, last, listed, said
from records_mover.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import URL

__all__ = ["DRIVER", "NAMES", "Settings", "driver_options", "settings_of"]

NAMES = {
    "s3": "whether Vertica reads and writes S3 itself, where it can: on or off",
    "s3_access": "session: it gets this machine's credentials; server: the nodes have some",
    "s3export": "whether S3EXPORT unloads too: on or off; before Vertica 11 it is on",
    "export_file_mb": "fileSizeMB of EXPORT in megabytes; left to the server where it is not set",
    "runtimecap": "RUNTIMECAP of the sessions, which no statement runs longer than: 30 minutes",
    "order_by": "the columns that tables that are made are sorted by, joined by commas",
    "segmented_by": "the columns that tables are segmented by, joined by commas, or none",
    "ksafe": "KSAFE of tables that are made: 0, 1 or 2",
}
"""Each may stand in the URL as ``?s3=off``, or in the environment as VERTICA_S3."""

DRIVER = {
    "tlsmode": "disable, prefer (the default), require, verify-ca or verify-full",
    "tls_cafile": "the file of certificates that the server's is checked by",
    "tls_certfile": "the file of our own certificate",
    "tls_keyfile": "the file of its key",
    "connection_load_balance": "whether the server may send us to another node: true or false",
    "backup_server_node": "other nodes to try, as host:port, joined by commas",
    "connection_timeout": "seconds to wait for a connection; 10 where nothing is said",
    "oauth_access_token": "a token of OAuth instead of a password",
    "session_label": "what the session is called in V_MONITOR.SESSIONS",
    "workload": "the workload that the session is routed by",
    "kerberos_service_name": "the service of Kerberos",
    "kerberos_host_name": "the host of Kerberos",
}
"""What goes to the driver, in the query of the URL."""

_TLS = ("disable", "prefer", "require", "verify-ca", "verify-full")
_CHOICES = {
    "s3": ("on", "off"),
    "s3_access": ("session", "server"),
    "s3export": ("on", "off"),
    "ksafe": ("0", "1", "2"),
    "tlsmode": _TLS,
}
_TRUE, _FALSE = ("true", "on", "1", "yes"), ("false", "off", "0", "no")
_PORT = 5433


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one database."""

    s3: bool = True
    s3_access: str = "session"
    s3export: bool | None = None
    export_file_mb: int | None = None
    runtimecap: str = ""
    order_by: tuple[str, ...] = ()
    segmented_by: tuple[str, ...] = ()
    ksafe: int | None = None


def settings_of(url: URL, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings of a URL, and from the environment those that it does not name."""
    found = said(NAMES, url, environment, "VERTICA")
    for name, value in found.items():
        check_choice(name, value, _CHOICES.get(name, ()), "Vertica")
    return Settings(
        s3=found.get("s3", "on").lower() == "on",
        s3_access=found.get("s3_access", "session").lower(),
        s3export=found["s3export"].lower() == "on" if "s3export" in found else None,
        export_file_mb=_megabytes(found.get("export_file_mb")),
        runtimecap=found.get("runtimecap", ""),
        order_by=listed(found.get("order_by", "")),
        segmented_by=listed(found.get("segmented_by", "")),
        ksafe=int(found["ksafe"]) if "ksafe" in found else None,
    )


def driver_options(url: URL) -> dict[str, Any]:
    """Return what the driver is to be given for a URL; ``ConfigError`` for what it cannot be."""
    told = {name: last(value) for name, value in url.query.items() if name not in NAMES}
    options: dict[str, Any] = {
        "host": url.host or "localhost",
        "port": url.port or _PORT,
        "user": url.username,
        "password": None if url.password is None else str(url.password),
        "database": url.database,
    }
    for name, value in told.items():
        options[name] = _driver_value(name, value.strip(), url.port or _PORT)
    return {name: value for name, value in options.items() if value is not None}


def _driver_value(name: str, value: str, port: int) -> Any:
    if name not in DRIVER:
        near = get_close_matches(name, [*DRIVER, *NAMES], n=1)
        advice = f"did you mean '{near[0]}'?" if near else f"use one of: {', '.join(DRIVER)}"
        raise ConfigError(f"Vertica's driver knows no option '{name}'", advice)
    check_choice(name, value, _CHOICES.get(name, ()), "Vertica")
    if name == "connection_load_balance":
        return _truth(name, value)
    if name == "connection_timeout":
        return _seconds(name, value)
    if name == "backup_server_node":
        return [_node(each.strip(), port) for each in value.split(",") if each.strip()]
    return value.lower() if name == "tlsmode" else value


def _megabytes(value: str | None) -> int | None:
    if value is None:
        return None
    if value.isdecimal() and int(value) > 0:
        return int(value)
    what = f"the setting export_file_mb of Vertica cannot be {value!r}"
    raise ConfigError(what, "write a number of megabytes")


def _truth(name: str, value: str) -> bool:
    if value.lower() in (*_TRUE, *_FALSE):
        return value.lower() in _TRUE
    raise ConfigError(f"the option {name} cannot be {value!r}", "use true or false")


def _seconds(name: str, value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if seconds > 0:
        return seconds
    raise ConfigError(f"the option {name} cannot be {value!r}", "write a number of seconds")


def _node(text: str, port: int) -> tuple[str, int]:
    host, colon, number = text.rpartition(":")
    if not colon:
        return text, port
    if host and number.isdecimal() and int(number) < 1 << 16:
        return host.strip("[]"), int(number)
    raise ConfigError(f"the node {text!r} cannot be understood", "write it as host:port")
