"""Making sources and targets of what a caller may name instead: strings, paths, Arrow data."""

from __future__ import annotations

import os
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
    if not hasattr(source, "inspect"):
        raise UsageError(
            f"{type(source).__name__!r} is no source",
            "give a string, a path, a DataFrame, or what a factory of sources makes",
        )
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
    if not hasattr(target, "inspect"):
        raise UsageError(
            f"{type(target).__name__!r} is no target",
            "give a string, a path, or what a factory of targets makes",
        )
    return target  # type: ignore[no-any-return]


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
