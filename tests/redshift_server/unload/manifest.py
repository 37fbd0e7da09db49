"""The manifest of an UNLOAD, plain or VERBOSE, in the shape of page r_UNLOAD_command_examples."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redshift_server.grammar.unload import UnloadStatement
    from redshift_server.unload.fields import Field
    from redshift_server.unload.files import File

__all__ = ["manifest"]


def manifest(statement: UnloadStatement, fields: Sequence[Field], files: Sequence[File]) -> bytes:
    """Return the manifest's text."""
    verbose = statement.manifest == "verbose"
    said: dict[str, Any] = {"entries": [_entry(file, verbose) for file in files]}
    if verbose:
        elements = [{"name": field.name, "type": _type(field)} for field in fields]
        said["schema"] = {"elements": elements}
        said["meta"] = {
            "content_length": sum(len(file.data) for file in files),
            "record_count": sum(file.records for file in files),
        }
        said["author"] = {"name": "Amazon Redshift", "version": "1.0.0"}
    return json.dumps(said, indent=2).encode()


def _entry(file: File, verbose: bool) -> dict[str, Any]:
    meta = {"content_length": len(file.data)}
    if verbose:
        meta["record_count"] = file.records
    return {"url": file.url, "meta": meta}


def _type(field: Field) -> dict[str, Any]:
    """Return the base and the dimensions; the manual's own sample of these is no JSON."""
    base: dict[str, Any] = {"base": field.shown}
    if field.type == "numeric":
        return base | dict(zip(("precision", "scale"), field.digits, strict=True))
    if field.type in ("varchar", "bpchar", "varbyte"):
        return base | {"max_length": field.size}
    return base
