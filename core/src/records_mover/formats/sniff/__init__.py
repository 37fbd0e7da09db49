"""The format of a file from its bytes: what was found, how sure it is, and why."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, BinaryIO

from records_mover.errors import FormatError
from records_mover.formats.compression import compression_of_name
from records_mover.formats.delimited.format import DelimitedRecordsFormat
from records_mover.formats.delimited.header import column_names
from records_mover.formats.delimited.hints import checked, codec_of
from records_mover.formats.plain import (
    AvroRecordsFormat,
    JsonLinesRecordsFormat,
    ParquetRecordsFormat,
)
from records_mover.formats.sniff.bytes import encoding_of, foreign_kind, sample_of
from records_mover.formats.sniff.table import sniff_table
from records_mover.frozen import frozen
from records_mover.instructions import ProcessingInstructions
from records_mover.utils.tables import aligned

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from records_mover.formats.base import BaseRecordsFormat
    from records_mover.formats.sniff.bytes import Sample

__all__ = ["Finding", "Sniffed", "sniff"]


@frozen
class Finding:
    """One hint: its value, how sure it is from 0 to 1, and why."""

    hint: str
    value: Any
    sureness: float
    why: str


@frozen
class Sniffed:
    """The format of a file and what it was told by.

    ``columns`` are the names where the file holds any. ``ambiguous`` are sentences on what may
    as well be read another way.
    """

    format: BaseRecordsFormat
    columns: tuple[str, ...] | None = None
    findings: tuple[Finding, ...] = ()
    ambiguous: tuple[str, ...] = ()

    def __str__(self) -> str:
        found = [
            (one.hint, repr(one.value), f"{one.sureness:.0%}", one.why) for one in self.findings
        ]
        table = aligned(("hint", "value", "sure", "why"), found) if found else ""
        unsure = (f"unsure: {sentence}" for sentence in self.ambiguous)
        columns = f"columns: {', '.join(self.columns)}" if self.columns else ""
        form = self.format.format_type if found else str(self.format)
        return "\n".join(filter(None, (form, columns, table, *unsure)))


def sniff(
    opener: Callable[[], BinaryIO],
    *,
    name: str | None = None,
    hints: Mapping[str, object] | None = None,
    instructions: ProcessingInstructions | None = None,
) -> Sniffed:
    """Return the format of a file, from its head and from samples further in.

    ``hints`` are taken as given. Raises FormatError for an empty file and for what is no table.
    """
    strict = (instructions or ProcessingInstructions()).fail_if_cant_handle_hint
    given = checked(hints or {}, fail_if_cant_handle_hint=strict)
    compression = given.get("compression")
    packed = compression if isinstance(compression, str) else None
    where = f"'{name}'" if name else "the file"
    try:
        sample = sample_of(opener, packed, known="compression" in given)
    except FormatError as err:
        raise FormatError(f"{where} cannot be read: {err.what}", err.advice) from err
    if not sample.head:
        raise FormatError(f"{where} is empty", "there is no table in it, not even a header")
    return _self_described(sample, where) or _text(sample, where, name, given, instructions)


def _self_described(sample: Sample, where: str) -> Sniffed | None:
    if sample.head.startswith(b"PAR1"):
        return Sniffed(format=ParquetRecordsFormat())
    if sample.head.startswith(b"Obj\x01"):
        return Sniffed(format=AvroRecordsFormat())
    foreign = foreign_kind(sample.head)
    if foreign is not None:
        raise FormatError(
            f"{where} is {foreign.partition(':')[0]}", foreign.partition(": ")[2] or None
        )
    return None


def _text(
    sample: Sample,
    where: str,
    name: str | None,
    given: dict[str, object],
    instructions: ProcessingInstructions | None,
) -> Sniffed:
    findings = [_compression(sample, name, given)]
    try:
        encoding, sure, why = _encoding(sample, given)
    except FormatError as err:
        raise FormatError(f"{where} {err.what}", err.advice) from err
    findings.append(Finding(hint="encoding", value=encoding, sureness=sure, why=why))
    text = _decoded(sample.head, encoding, where)
    _refuse_junk(text, where)
    if _is_json_lines(text, where, whole=sample.whole):
        return Sniffed(format=JsonLinesRecordsFormat(sample.compression), findings=(findings[0],))
    further = [piece for raw in sample.further if (piece := _whole_lines(raw, encoding))]
    table = sniff_table(text, further, whole=sample.whole, given=given)
    findings += [Finding(hint=h, value=v, sureness=s, why=w) for h, v, s, w in table.findings]
    found = {finding.hint: finding.value for finding in findings}
    format_ = DelimitedRecordsFormat("csv", {**found, **given}, instructions)
    columns = tuple(column_names(table.first)) if format_.hints["header-row"] else None
    return Sniffed(
        format=format_,
        columns=columns,
        findings=tuple(finding for finding in findings if finding.hint not in given),
        ambiguous=tuple(table.ambiguous),
    )


def _compression(sample: Sample, name: str | None, given: dict[str, object]) -> Finding:
    named = compression_of_name(name) if name else None
    why = "its first bytes say so" if sample.compression else "its first bytes are plain"
    if "compression" not in given and named and named != sample.compression:
        why += f", although its name says {named}"
    return Finding(hint="compression", value=sample.compression, sureness=1.0, why=why)


def _encoding(sample: Sample, given: dict[str, object]) -> tuple[str, float, str]:
    if isinstance(given.get("encoding"), str):
        return str(given["encoding"]), 1.0, "it was given"
    return encoding_of(sample)


def _decoded(head: bytes, encoding: str, where: str) -> str:
    import codecs

    try:
        text = codecs.getincrementaldecoder(codec_of(encoding))().decode(head)
    except (UnicodeError, LookupError) as err:
        what = f"{where} is no {encoding}: {err}"
        raise FormatError(what, "leave out the hint 'encoding', or mend it") from err
    return text.removeprefix("\ufeff")


def _whole_lines(raw: bytes, encoding: str) -> str:
    """Return the whole lines of a piece from the middle of a file."""
    if codec_of(encoding).startswith(("utf-16", "utf-32")):
        return ""
    text = raw.decode(codec_of(encoding), "replace")
    start, end = text.find("\n") + 1, text.rfind("\n") + 1
    return text[start:end]


_JUNK = re.compile(r"[\x00\x03-\x08\x0e-\x1a\x7f\ufffe\uffff]")


def _refuse_junk(text: str, where: str) -> None:
    strange = len(_JUNK.findall(text))
    if "\0" in text or strange > 0.02 * len(text):
        what = f"{where} is binary: it holds bytes that are in no text"
        raise FormatError(what, "name its format if it is a table")
    if not text.strip():
        raise FormatError(f"{where} holds nothing but blanks", "there is no table in it")


def _is_json_lines(text: str, where: str, *, whole: bool) -> bool:
    start = text.lstrip()[:1]
    if start == "[" and re.match(r"\s*\[\s*\{", text):
        what = f"{where} is one JSON array"
        raise FormatError(what, "write one JSON object a line (JSON lines)")
    if start != "{":
        return False
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) == 1 and not whole:
        # All that was read is the beginning of the first line.
        return re.match(r'\s*\{\s*"(?:[^"\\]|\\.)*"\s*:', text) is not None
    try:
        # The last line of the sample may be cut.
        return all(
            isinstance(json.loads(line), dict) for line in lines[: max(len(lines) - 1, 1)][:20]
        )
    except ValueError:
        if re.fullmatch(r'\s*\{\s*(?:"[^"]*"\s*:.*)?', lines[0]):
            what = f"{where} is one JSON document over several lines"
            raise FormatError(what, "write one JSON object a line (JSON lines)") from None
        return False
