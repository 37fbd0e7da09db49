"""Making sources and targets of what a caller may name instead: strings, paths, Arrow data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from records_mover.errors import EndpointError, UsageError
from records_mover.records.endpoint import FileEndpoint, TableEndpoint, parse_endpoint
from records_mover.records.file import FileSource, FileTarget
from records_mover.records.table import TableSource, TableTarget

if TYPE_CHECKING:
    from records_mover.records.ends import RecordsSource, RecordsTarget

__all__ = ["SourceLike", "TargetLike", "source_of", "target_of"]


class Framelike(Protocol):
    """A frame of pandas, polars or Arrow, as far as type checkers know them all."""

    @property
    def shape(self) -> tuple[int, ...]: ...


class ArrowStream(Protocol):
    """Anything with the Arrow PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


SourceLike: TypeAlias = "RecordsSource | str | os.PathLike[str] | Framelike | ArrowStream"
TargetLike: TypeAlias = "RecordsTarget | str | os.PathLike[str]"


def source_of(source: Any) -> RecordsSource:
    """Return a source for an endpoint string, a path or a frame; a source stays itself."""
    if isinstance(source, str | os.PathLike):
        endpoint = _endpoint(source)
        if isinstance(endpoint, TableEndpoint):
            return TableSource(database=endpoint.database, table=endpoint.table)
        return FileSource(url=endpoint.url)
    from records_mover.records.frame import ArrowSource, is_frame

    if is_frame(source):
        return ArrowSource(data=source)
    if not hasattr(source, "inspect"):
        raise UsageError(
            f"{type(source).__name__!r} is no source", "give a string, a path or a DataFrame"
        )
    return source  # type: ignore[no-any-return]


def target_of(target: Any) -> RecordsTarget:
    """Return a target for an endpoint string or a path; a target stays itself."""
    if isinstance(target, str | os.PathLike):
        endpoint = _endpoint(target)
        if isinstance(endpoint, FileEndpoint):
            return FileTarget(url=endpoint.url)
        if endpoint.table is None:
            raise EndpointError("the target names no table", "write DATABASE::[schema.]table")
        return TableTarget(database=endpoint.database, table=endpoint.table)
    if not hasattr(target, "inspect"):
        raise UsageError(f"{type(target).__name__!r} is no target", "give a string or a path")
    return target  # type: ignore[no-any-return]


def _endpoint(value: str | os.PathLike[str]) -> FileEndpoint | TableEndpoint:
    """Read a string as it is written; a path is always one, and of a folder if one is there."""
    if isinstance(value, str):
        return parse_endpoint(value)
    path = os.fspath(value)
    folder = Path(path).is_dir() and not path.endswith("/")
    return FileEndpoint(url=f"{path}/" if folder else path)
