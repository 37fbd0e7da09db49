"""Delimited text: a variant's defaults and the hints that differ from them."""

from __future__ import annotations

import logging
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from records_mover.errors import FormatError
from records_mover.formats.base import BaseRecordsFormat
from records_mover.formats.columns.dates import parse_format
from records_mover.formats.compression import compression_of_name, suffix_of
from records_mover.formats.delimited.hints import (
    HINTS,
    VARIANTS,
    DelimitedVariant,
    ValidatedRecordsHints,
    codec_of,
    unknown_hints,
    validate,
)
from records_mover.instructions import ProcessingInstructions

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

__all__ = ["DelimitedRecordsFormat"]

log = logging.getLogger(__name__)

_DATE_HINTS = ("dateformat", "timeonlyformat", "datetimeformattz", "datetimeformat")
_QUOTE_HINTS = ("quotechar", "doublequote")


class DelimitedRecordsFormat(BaseRecordsFormat):
    """Rows as lines of text with a delimiter between the fields.

    ``variant`` names a set of defaults, ``hints`` overrides some of them, under hyphenated names.
    """

    __slots__ = ("_hash", "custom_hints", "hints", "processing_instructions", "variant")
    format_type: ClassVar[str] = "delimited"

    variant: str
    custom_hints: Mapping[str, Any]
    hints: Mapping[str, Any]
    processing_instructions: ProcessingInstructions
    _hash: int

    def __init__(
        self,
        variant: DelimitedVariant | str = "bluelabs",
        hints: Mapping[str, object] | None = None,
        processing_instructions: ProcessingInstructions | None = None,
    ) -> None:
        instructions = processing_instructions or ProcessingInstructions()
        defaults = _defaults(variant, strict=instructions.fail_if_dont_understand)
        custom = _understood(hints or {}, strict=instructions.fail_if_dont_understand)
        self._set("variant", variant)
        self._set("custom_hints", MappingProxyType(custom))
        self._set("hints", MappingProxyType({**defaults, **custom}))
        self._set("processing_instructions", instructions)
        self._set("_hash", hash(self._identity()))

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a format never changes: cannot set '{name}' to {value!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        parts = (self.variant, dict(self.custom_hints), self.processing_instructions)
        return (DelimitedRecordsFormat, parts)

    @property
    def compression(self) -> str | None:
        """The compression of the whole file, or None."""
        compression = self.hints["compression"]
        return compression if isinstance(compression, str) else None

    def base_hints_from_variant(self, fail_if_dont_understand: bool = True) -> Mapping[str, Any]:
        """Return the hints of the variant alone; ``FormatError`` for one that is not known."""
        return _defaults(self.variant, strict=fail_if_dont_understand)

    def validate(self, fail_if_cant_handle_hint: bool | None = None) -> ValidatedRecordsHints:
        """Check every hint; by default as strictly as the processing instructions say."""
        strict = self.processing_instructions.fail_if_cant_handle_hint
        fail = strict if fail_if_cant_handle_hint is None else fail_if_cant_handle_hint
        return validate(self.hints, fail_if_cant_handle_hint=fail)

    def alter_hints(self, new_hints: Mapping[str, object]) -> DelimitedRecordsFormat:
        """Return the format with these hints changed."""
        hints = {**self.custom_hints, **new_hints}
        return DelimitedRecordsFormat(self.variant, hints, self.processing_instructions)

    def alter_variant(self, variant: DelimitedVariant | str) -> DelimitedRecordsFormat:
        """Return the format with another variant's defaults under the same overrides."""
        return DelimitedRecordsFormat(variant, self.custom_hints, self.processing_instructions)

    def for_name(self, filename: str) -> DelimitedRecordsFormat:
        """Return the format compressed as the name of the file says, unless a hint says how.

        A variant's own default never counts for a single file: ``x.csv`` is not taken for gzip.
        """
        if "compression" in self.custom_hints:
            return self
        return self.alter_hints({"compression": compression_of_name(filename)})

    def config(self) -> dict[str, Any]:
        """Return the type, the variant and every hint."""
        return {"type": self.format_type, "variant": self.variant, "hints": dict(self.hints)}

    def generate_filename(self, basename: str) -> str:
        """Return the name of a file of this format."""
        tabs = self.hints["field-delimiter"] == "\t"
        return f"{basename}.{'tsv' if tabs else 'csv'}{suffix_of(self.compression)}"

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        hints = f", {dict(self.custom_hints)!r}" if self.custom_hints else ""
        return f"DelimitedRecordsFormat({self.variant!r}{hints})"

    def __str__(self) -> str:
        changed = [f"{name}={value!r}" for name, value in self.custom_hints.items()]
        return f"DelimitedRecordsFormat({' '.join([self.variant, *changed])})"

    def _identity(self) -> Hashable:
        return (self.format_type, tuple((name, _seen(name, self.hints)) for name in HINTS))


def _seen(name: str, hints: Mapping[str, Any]) -> Hashable:
    """Return what a reader sees of one hint."""
    value = hints[name]
    if name == "quoting":
        return value is not None
    if name in _QUOTE_HINTS and hints["quoting"] is None:
        return None
    if name in _DATE_HINTS and isinstance(value, str):
        return parse_format(value).canonical
    if name == "encoding" and isinstance(value, str):
        return _codec_or_name(value)
    return repr(value)


def _codec_or_name(encoding: str) -> str:
    try:
        return codec_of(encoding)
    except LookupError:
        return encoding


def _defaults(variant: str, *, strict: bool) -> Mapping[str, Any]:
    if variant in VARIANTS:
        return VARIANTS[variant]
    what = f"the variant '{variant}' of delimited files is unknown"
    if strict:
        raise FormatError(what, f"use one of: {', '.join(VARIANTS)}")
    log.warning("%s: the defaults of 'dumb' are taken", what)
    return VARIANTS["dumb"]


def _understood(hints: Mapping[str, object], *, strict: bool) -> dict[str, Any]:
    strange = unknown_hints(hints)
    if not strange:
        return dict(hints)
    what = f"unknown hint {', '.join(strange)}"
    if strict:
        raise FormatError(what, f"the hints are: {', '.join(HINTS)}")
    log.warning("%s: left out", what)
    return {name: value for name, value in hints.items() if name in HINTS}
