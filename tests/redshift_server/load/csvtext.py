"""CSV mode, by page copy-parameters-data-format: quotes that double, newlines inside them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_server.load.problem import LineProblem
from redshift_server.load.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Csv"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Csv:
    """How a CSV file is cut."""

    delimiter: bytes = b","
    quote: bytes = b'"'
    ignore_blank: bool = False
    null: bytes = b"\\N"

    def records(self, data: bytes, header: int) -> Iterator[Record]:
        """Yield the records of a file behind its header's lines."""
        at, line = 0, 1
        while at < len(data):
            if line <= header:
                at = data.find(b"\n", at) + 1 or len(data)
                line += 1
                continue
            record, at = self._record(data, at, line)
            line += record.raw.count(b"\n") + 1
            if not record.raw and self.ignore_blank:
                continue
            yield record

    def _record(self, data: bytes, at: int, line: int) -> tuple[Record, int]:
        field, start, fields = self._pattern(), at, list[bytes | None]()
        while True:
            found = field.match(data, at)
            if found is None:
                return self._broken(data, start, at, line)
            text = found.group("plain")
            if text is None:
                text = found.group("quoted").replace(self.quote * 2, self.quote)
            fields.append(None if text == self.null else text)
            at = found.end()
            if found.group("end") != self.delimiter:
                break
        raw = data[start:at].removesuffix(b"\n").removesuffix(b"\r")
        return Record(line=line, raw=raw, fields=fields), at

    def _broken(self, data: bytes, start: int, at: int, line: int) -> tuple[Record, int]:
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        inside = data[at:end]
        place = inside.find(self.quote, 1) + 1 if inside.startswith(self.quote) else 0
        letter = inside[place : place + 1].hex() or "a"
        reason = (
            "Invalid quote formatting for CSV. Unexpected character"
            f" 0x{letter} found at location {at - start + place}"
        )
        problem = LineProblem(1214, reason, at - start + place)
        return Record(line=line, raw=data[start:end], fields=[], problem=problem), end + 1

    def _pattern(self) -> re.Pattern[bytes]:
        mark, quote = re.escape(self.delimiter), re.escape(self.quote)
        end = rb"(?P<end>" + mark + rb"|\r?\n|\Z)"
        quoted = rb"[ \t]*" + quote + rb"(?P<quoted>(?:[^" + quote + rb"]|" + quote * 2 + rb")*)"
        plain = rb"(?P<plain>[^" + mark + quote + rb"\n]*?)"
        return re.compile(rb"(?:" + quoted + quote + rb"[ \t]*|" + plain + rb")" + end)
