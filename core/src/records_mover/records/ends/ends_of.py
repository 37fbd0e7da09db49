"""Making sources and targets of what a caller may name instead: strings, paths, Arrow data."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from records_mover.errors import EndpointError, UsageError
from records_mover.records.ends.endpoint import FileEndpoint, TableEndpoint, parse_endpoint
from records_mover.records.ends.file import FileSource
from records_mover.records.ends.file_target import FileTarget
from records_mover.records.ends.table import TableSource, TableTarget

if TYPE_CHECKING:
    from records_mover.records.ends.end import RecordsSource, RecordsTarget

__all__ = ["SourceLike", "TargetLike", "absolute_path", "source_of", "target_of"]


class Framelike(Protocol):
    """A frame of pandas, polars or Arrow, as far as type checkers know them all."""

    @property
    def shape(self) -> tuple[int, ...]: ...


class Lazyframe(Protocol):
    """A frame of polars whose rows are still to be worked out."""

    def collect_schema(self) -> object: ...


class ArrowStream(Protocol):
    """Anything with the Arrow PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


SourceLike: TypeAlias = (
    "RecordsSource | str | os.PathLike[str] | Framelike | Lazyframe | ArrowStream"
)
TargetLike: TypeAlias = "RecordsTarget | str | os.PathLike[str]"


def source_of(source: Any) -> RecordsSource:
    """Return a source for an endpoint string, a path or a frame; a source stays itself.

    Raises ``UsageError`` for what cannot be one.
    """
    if isinstance(source, str | os.PathLike):
        endpoint = _endpoint(source)
        if isinstance(endpoint, TableEndpoint):
            return TableSource(database=endpoint.database, table=endpoint.table)
        return FileSource(url=endpoint.url)
    from records_mover.records.ends.frame import ArrowSource, is_frame

    if is_frame(source):
        return ArrowSource(data=source)
    if _parameters(source) != _SOURCE:
        raise UsageError(f"{_said(source)} is no source", _source_advice(source))
    return source  # type: ignore[no-any-return]


def target_of(target: Any) -> RecordsTarget:
    """Return a target for an endpoint string or a path; a target stays itself.

    Raises ``UsageError`` for what cannot be one, ``EndpointError`` where no table is named.
    """
    if isinstance(target, str | os.PathLike):
        endpoint = _endpoint(target)
        if isinstance(endpoint, FileEndpoint):
            return FileTarget(url=endpoint.url)
        if endpoint.table is None:
            raise EndpointError("the target names no table", "write DATABASE::[schema.]table")
        return TableTarget(database=endpoint.database, table=endpoint.table)
    if _parameters(target) != _TARGET:
        raise UsageError(f"{_said(target)} is no target", _target_advice(target))
    return target  # type: ignore[no-any-return]


_SOURCE, _TARGET = 2, 3
"""How many arguments ``inspect`` takes of the two kinds of ends."""


def _parameters(end: Any) -> int:
    """Return how many arguments ``inspect`` takes; 0 for what is no end."""
    look = None if isinstance(end, type) else getattr(end, "inspect", None)
    if look is None:
        return 0
    from inspect import signature

    return len(signature(look).parameters)


def _said(given: object) -> str:
    return f"the class {given.__name__!r}" if isinstance(given, type) else _kind(given)


def _kind(given: object) -> str:
    return repr(type(given).__name__)


def _source_advice(given: Any) -> str:
    """Say what to give for a source, by what was given."""
    if _parameters(given) == _TARGET:
        return "it is a target: give what a factory of sources makes"
    if hasattr(given, "dialect"):
        return "name a table of it: sources.table(engine, schema_name, table_name)"
    if hasattr(given, "read"):
        return "name it: sources.fileobjs({'a.csv': stream})"
    if isinstance(given, Iterable) and not isinstance(given, Mapping):
        return "give a DataFrame, or several by sources.dataframes"
    return "give a string, a path, a DataFrame, or what a factory of sources makes"


def _target_advice(given: Any) -> str:
    """Say what to give for a target, by what was given."""
    from records_mover.records.ends.frame import is_frame

    if _parameters(given) == _SOURCE:
        return "it is a source: give what a factory of targets makes"
    if hasattr(given, "dialect"):
        return "name a table of it: targets.table(engine, schema_name, table_name)"
    if hasattr(given, "write"):
        return "say its format: targets.fileobj(stream, records_format)"
    if is_frame(given):
        return "have one made: targets.dataframe(), whose frame it is then"
    return "give a string, a path, or what a factory of targets makes"


def _endpoint(value: str | os.PathLike[str]) -> FileEndpoint | TableEndpoint:
    """Read a string as it is written; a path is always one, and of a folder if one is there."""
    if isinstance(value, str):
        return parse_endpoint(value)
    return FileEndpoint(url=path_of(value))


def path_of(path: str | os.PathLike[str]) -> str:
    """Return a path of this machine as text, with ``/`` last where it is a folder's."""
    text = os.fspath(path)
    return f"{text}/" if Path(text).is_dir() and not text.endswith("/") else text


def absolute_path(path: str | os.PathLike[str]) -> str:
    """Return a path as it is called from everywhere, with ``/`` last where it is a folder's."""
    found = str(Path(path).expanduser().absolute())
    return f"{found}/" if os.fspath(path).endswith("/") else path_of(found)
