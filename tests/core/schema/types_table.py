"""The table of what becomes of each type in a column of another.

Run it to write the page anew: ``python tests/core/schema/types_table.py``.
"""

from __future__ import annotations

from pathlib import Path

from records_mover.schema import (
    Constraints,
    DecimalConstraints,
    Field,
    FieldType,
    IntegerConstraints,
    StringConstraints,
    TimeConstraints,
)
from records_mover.schema.fidelity import kept

PAGE = Path(__file__).parents[3] / "docs" / "fidelity-types.md"


def _of(kind: FieldType, facts: Constraints | None = None) -> Field:
    return Field("x", kind, facts)


def _whole(bits: int) -> Field:
    half = 2 ** (bits - 1)
    return _of("integer", IntegerConstraints(min=-half, max=half - 1))


def _fixed(precision: int, scale: int) -> Field:
    return _of("decimal", DecimalConstraints(fixed_precision=precision, fixed_scale=scale))


def _float(total: int, significand: int) -> Field:
    facts = DecimalConstraints(fp_total_bits=total, fp_significand_bits=significand)
    return _of("decimal", facts)


TYPES: dict[str, Field] = {
    "int16": _whole(16),
    "int32": _whole(32),
    "int64": _whole(64),
    "decimal(38,10)": _fixed(38, 10),
    "decimal(10,2)": _fixed(10, 2),
    "decimal": _of("decimal"),
    "float32": _float(32, 23),
    "float64": _float(64, 53),
    "string": _of("string"),
    "string(5)": _of("string", StringConstraints(max_length_chars=5)),
    "boolean": _of("boolean"),
    "date": _of("date"),
    "time": _of("time"),
    "timetz": _of("timetz"),
    "datetime(3)": _of("datetime", TimeConstraints(precision=3)),
    "datetime": _of("datetime"),
    "datetime(9)": _of("datetime", TimeConstraints(precision=9)),
    "datetimetz": _of("datetimetz"),
    "bytes": _of("bytes"),
    "uuid": _of("uuid"),
    "json": _of("json"),
    "interval": _of("interval"),
}

HEAD = """\
# What becomes of each type in a column of another

Before a move, each column of its plan is marked, and `explain` and the result show the mark:

- **exact**: every value arrives as it is.
- **widened**: every value arrives, in a type that holds more.
- **checked**: a value that does not fit is refused, and with it the move; none is changed.
- **lossy**: a value may be changed without a word. Such a move is refused unless
  `--allow-lossy COL` (or `all`; `allow_lossy=` in Python) allows it.

This is the rule for types, made by `python tests/core/schema/types_table.py`; a test compares the
page with the rule. What is not listed is checked: a value that is no such thing is refused.
*Strict* is a writer that casts in bulk and refuses what it would round, as generic SQL does; a
database's plugin may know better of its own types ([PostgreSQL](fidelity-postgres.md)). A file
keeps what [its format](fidelity-formats.md) does. Text of a file whose types nobody told is what
the target takes it for. It is marked checked, and `explain` adds what a server may do to it that
reads it by itself, such as rounding digits past a column's scale; PostgreSQL refuses those too.
"""


def page() -> str:
    """Return the page as Markdown."""
    parts = [HEAD]
    for name, source in TYPES.items():
        parts.append(f"## {name}\n\n| into | becomes | why | strict |\n| --- | --- | --- | --- |")
        for there, target in TYPES.items():
            found, strict = kept(source, target), kept(source, target, strict=True)
            if found.why.startswith("values that are no"):
                continue
            line = (there, f"**{found.verdict}**", found.why or "-", strict.verdict)
            parts.append(f"| {' | '.join(line)} |")
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
