"""Formats and forms in a few words, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.formats import DelimitedRecordsFormat

if TYPE_CHECKING:
    from records_mover.formats import BaseRecordsFormat
    from records_mover.parts import Form

__all__ = ["describe_form", "describe_format"]


def describe_format(form: BaseRecordsFormat) -> str:
    """Say a format in a few words: what it is, and what a reader must know."""
    if not isinstance(form, DelimitedRecordsFormat):
        return " ".join([form.format_type, *filter(None, [form.compression])]).lower()
    hints = form.hints
    words = [
        "csv" if hints["quoting"] else "delimited text",
        f"delimiter {hints['field-delimiter']!r}",
        "header" if hints["header-row"] else "no header",
        str(hints["encoding"]),
        *([str(hints["compression"]).lower()] if hints["compression"] else []),
    ]
    return ", ".join(words)


def describe_form(form: Form) -> str:
    """Say a form in a few words."""
    if form.format is None:
        return "record batches" if form.kind == "batches" else form.place
    what = describe_format(form.format)
    return f"{form.place} ({what})" if form.kind == "files" else f"stream ({what})"
