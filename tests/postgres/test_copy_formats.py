"""Delimited text of every kind leaves a table and comes back; COPY or a recoding does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from records_mover import Session
from records_mover.formats import DelimitedRecordsFormat

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from postgres.conftest import Bench

ISO = {
    "compression": None,
    "dateformat": "YYYY-MM-DD",
    "timeonlyformat": "HH24:MI:SS",
    "datetimeformat": "YYYY-MM-DD HH24:MI:SS",
    "datetimeformattz": "YYYY-MM-DD HH:MI:SSOF",
}
SLASHES = {"datetimeformattz": "{} HH24:MI:SSOF", "datetimeformat": "{} HH24:MI:SS"}

# A variant, the hints on top of it, and whether COPY itself reads and writes it.
FORMATS: dict[str, tuple[str, Mapping[str, object], bool, bool]] = {
    "csv": ("csv", ISO, True, True),
    "bluelabs": ("bluelabs", ISO, True, True),
    "bigquery": ("bigquery", ISO, True, True),
    "vertica": ("vertica", {}, False, False),
    "all quoted": ("csv", {**ISO, "quoting": "all"}, True, True),
    "text quoted": ("csv", {**ISO, "quoting": "nonnumeric"}, True, True),
    "tabs": ("csv", {**ISO, "field-delimiter": "\t"}, True, True),
    "tabs and escapes": ("bluelabs", {**ISO, "field-delimiter": "\t"}, True, True),
    "a control": ("csv", {**ISO, "field-delimiter": "\x01"}, True, True),
    "a control and escapes": ("bluelabs", {**ISO, "field-delimiter": "\x1f"}, True, True),
    "pipes": ("csv", {**ISO, "field-delimiter": "|"}, True, True),
    "a letter": ("csv", {**ISO, "field-delimiter": "x"}, True, True),
    "single quotes": ("csv", {**ISO, "quotechar": "'"}, True, True),
    "no header": ("csv", {**ISO, "header-row": False}, True, True),
    "carriage returns": ("csv", {**ISO, "record-terminator": "\r\n"}, True, False),
    "one and zero": ("csv", {**ISO, "boolean-format": "1/0"}, True, True),
    "yes and no": ("csv", {**ISO, "boolean-format": "yes/no"}, True, True),
    "y and n": ("csv", {**ISO, "boolean-format": "Y/N"}, True, True),
    "GZIP": ("csv", {**ISO, "compression": "GZIP"}, False, False),
    "BZIP": ("csv", {**ISO, "compression": "BZIP"}, False, False),
    "days first": (
        "csv",
        {**ISO, **{name: text.format("DD/MM/YYYY") for name, text in SLASHES.items()}}
        | {"dateformat": "DD/MM/YYYY"},
        True,
        False,
    ),
    "months first": (
        "csv",
        {**ISO, **{name: text.format("MM/DD/YYYY") for name, text in SLASHES.items()}}
        | {"dateformat": "MM/DD/YYYY"},
        True,
        False,
    ),
    **{
        f"encoding {name}": ("csv", {**ISO, "encoding": name}, reads, reads)
        for name, reads in (
            *((name, True) for name in ("UTF8", "UTF8BOM", "LATIN1", "CP1252")),
            *((name, False) for name in ("UTF16", "UTF16BOM", "UTF16LE", "UTF16BE", "cp037")),
            *((name, True) for name in ("iso8859-15", "cp1250", "cp1254", "cp1257")),
        )
    },
}


@pytest.fixture
def filled(one_pg: Bench) -> Bench:
    one_pg.run(
        "CREATE TABLE t (id int, b boolean, d date, n numeric(9,2), s timestamp, t text NOT NULL,"
        " z timestamptz)",
        "INSERT INTO t VALUES (1, true, '2020-01-02', 1.50, '2020-01-02 03:04:05', "
        """E'a,"b"|x''\\t\\\\é', '2020-01-02 03:04:05+00'), """
        "(2, false, '1912-12-31', -0.01, '1912-12-31 23:59:59', 'NULL', "
        "'1912-12-31 23:59:59+00'), (3, NULL, NULL, NULL, NULL, ' ', NULL)",
        "CREATE TABLE copy AS TABLE t WITH NO DATA",
    )
    return one_pg


@pytest.mark.parametrize("name", FORMATS)
def test_rows_come_back_from_every_kind_of_text(
    filled: Bench, session: Session, tmp_path: Path, name: str
) -> None:
    variant, hints, reads, writes = FORMATS[name]
    form: Any = DelimitedRecordsFormat(variant, hints)
    path = str(tmp_path / "rows.txt")
    out = session.move(f"{filled.url}::t", session.targets.data_url(path, form), allow_lossy="all")
    assert ("encode" in out.route or "compress" in out.route) is not writes, out.route
    schema = session.schema(f"{filled.url}::t")
    source = session.sources.data_url(path, form, records_schema=schema)
    back = session.move(source, f"{filled.url}::copy", allow_lossy="all")
    assert ("decode" in back.route or "decompress" in back.route) is not reads, back.route
    assert filled.rows("SELECT * FROM copy ORDER BY id") == filled.rows(
        "SELECT * FROM t ORDER BY id"
    )
