"""Typed look-ups in a parsed JSON document, with errors that say where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records_mover.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["boolean", "integer", "mapping", "text", "whole_number_text"]


def mapping(value: object, where: str) -> Mapping[str, Any]:
    """Return the value if it is a JSON object."""
    if not isinstance(value, dict):
        raise SchemaError(f"{where} is {value!r}", "it must be a JSON object")
    return value


def text(data: Mapping[str, Any], key: str, where: str) -> str | None:
    """Return a string member, or None where it is absent."""
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        raise SchemaError(f"'{key}' of {where} is {value!r}", "it must be a string")
    return value


def boolean(data: Mapping[str, Any], key: str, where: str) -> bool | None:
    """Return a true or false member, or None where it is absent."""
    value = data.get(key)
    if value is not None and not isinstance(value, bool):
        raise SchemaError(f"'{key}' of {where} is {value!r}", "it must be true or false")
    return value


def integer(data: Mapping[str, Any], key: str, where: str) -> int | None:
    """Return a whole number member, or None where it is absent."""
    value = data.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise SchemaError(f"'{key}' of {where} is {value!r}", "it must be a whole number")
    return value


def whole_number_text(data: Mapping[str, Any], key: str, where: str) -> int | None:
    """Return a whole number that is written as a string, as JSON readers lose long ones."""
    value = data.get(key)
    if value is None:
        return None
    try:
        return int(str(value)) if not isinstance(value, bool) else int("")
    except ValueError as err:
        what = f"'{key}' of {where} is {value!r}"
        raise SchemaError(what, "it must be a string that holds a whole number") from err
