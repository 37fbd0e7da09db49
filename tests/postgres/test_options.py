"""From hints to COPY's options: every value of every hint, and what a real server says of them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from psycopg2 import sql

from mover_postgres.dates import style_to_read, styles_to_write
from mover_postgres.encodings import server_encoding
from mover_postgres.forms import answers, preferred
from mover_postgres.loading.copy_in import CopyIn
from mover_postgres.options import (
    LoadOptions,
    Unable,
    UnloadOptions,
    load_options,
    unload_options,
)
from mover_postgres.statements import copy_in, copy_out_query
from mover_postgres.unloading.copy_out import CopyOut
from records_mover.formats import DelimitedRecordsFormat, ParquetRecordsFormat
from records_mover.parts import Ask, Form, Offer, Refusal, Selection, TableName

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from postgres.conftest import Bench
    from records_mover.formats.delimited.hints import ValidatedRecordsHints

VARIANTS = ["bluelabs", "csv", "bigquery", "dumb", "vertica"]
NEW, OLD = 180000, 140000


def hints_of(variant: str = "csv", /, **hints: object) -> ValidatedRecordsHints:
    changed = {name.replace("_", "-"): value for name, value in hints.items()}
    return DelimitedRecordsFormat(variant, {"compression": None, **changed}).validate()


def refused(found: LoadOptions | UnloadOptions | tuple[Unable, ...]) -> set[str]:
    return {unable.hint for unable in found} if isinstance(found, tuple) else set()


def loads(
    hints: ValidatedRecordsHints, server: int = NEW, types: Iterable[str] | None = None
) -> LoadOptions:
    """Return how a format loads that can."""
    found = load_options(hints, server=server, types=types)
    assert isinstance(found, LoadOptions)
    return found


@pytest.mark.parametrize("server", [NEW, OLD])
def test_each_variant_loads_but_what_has_no_rows_of_lines(server: int) -> None:
    vertica = load_options(hints_of("vertica"), server=server)
    assert refused(vertica) == {"record-terminator"}
    found = {name: loads(hints_of(name), server) for name in VARIANTS if name != "vertica"}
    assert found["bluelabs"].copy.mode == "text"
    assert found["csv"].date_style == "ISO, MDY"
    assert found["dumb"].guard == found["dumb"].copy.quote == "\x01"


def test_each_variant_unloads_or_says_why_not() -> None:
    found = {name: unload_options(hints_of(name), server=NEW) for name in VARIANTS}
    assert isinstance(found["bluelabs"], UnloadOptions)
    assert isinstance(found["bigquery"], UnloadOptions)
    assert found["bigquery"].in_utc
    assert refused(found["csv"]) == {"dateformat"}
    assert refused(found["dumb"]) == {"quoting"}
    assert refused(found["vertica"]) == {"quoting", "record-terminator"}


NEITHER = [
    {"compression": "GZIP"},
    {"encoding": "UTF16"},
    {"encoding": "UTF16LE"},
    {"encoding": "UTF16BE"},
    {"encoding": "UTF16BOM"},
    {"encoding": "cp037"},
    {"comment": "#"},
    {"decimal_separator": ","},
    {"field_delimiter": "||"},
    {"field_delimiter": "é"},
    {"field_delimiter": "\n"},
    {"quotechar": ","},
    {"escape": "\\"},
    {"doublequote": False},
    {"null_marker": "a,b"},
    {"null_marker": '"'},
    {"null_marker": "é"},
]


@pytest.mark.parametrize("hints", NEITHER)
def test_what_copy_knows_neither_way_is_refused_by_its_hint(hints: dict[str, object]) -> None:
    (name,) = hints
    base = {"dateformat": "YYYY-MM-DD", "datetimeformat": "YYYY-MM-DD HH:MI:SS"}
    validated = hints_of(**base, datetimeformattz="YYYY-MM-DD HH:MI:SSOF", **hints)
    for found in (load_options(validated, server=NEW), unload_options(validated, server=NEW)):
        assert refused(found) == {name.replace("_", "-")}
        assert isinstance(found, tuple)
        assert all(str(unable).startswith(unable.hint) for unable in found)


@pytest.mark.parametrize(
    ("hints", "hint"),
    [
        ({"record_terminator": "\x02"}, "record-terminator"),
        ({"boolean_format": "ja/nein"}, "boolean-format"),
        ({"boolean_format": "0/1"}, "boolean-format"),
        ({"dateformat": "YYYY-DD-MM"}, "dateformat"),
        ({"timeonlyformat": "HH24.MI"}, "timeonlyformat"),
        ({"dateformat": "DD/MM/YY"}, "datetimeformat"),
    ],
)
def test_what_copy_cannot_read_is_refused_by_its_hint(hints: dict[str, object], hint: str) -> None:
    assert hint in refused(load_options(hints_of(**hints), server=NEW))


@pytest.mark.parametrize(
    ("hints", "hint"),
    [
        ({"record_terminator": "\r\n"}, "record-terminator"),
        ({"skip_lines": 1}, "skip-lines"),
        ({"null_marker": None}, "null-marker"),
        ({"dateformat": "YY-MM-DD"}, "dateformat"),
        ({"timeonlyformat": "HH24:MI"}, "timeonlyformat"),
        ({"datetimeformattz": "YYYY-MM-DDTHH24:MI:SSOF"}, "datetimeformattz"),
        ({"dateformat": "DD/MM/YYYY"}, "datetimeformat"),
    ],
)
def test_what_copy_cannot_write_is_refused_by_its_hint(hints: dict[str, object], hint: str) -> None:
    assert hint in refused(unload_options(hints_of("bigquery", **hints), server=NEW))


def test_a_text_header_is_skipped_here_where_the_server_cannot() -> None:
    hints = hints_of("bluelabs", header_row=True)
    new, old = (loads(hints, server) for server in (NEW, OLD))
    assert (new.copy.header, new.skip_header) == (True, False)
    assert (old.copy.header, old.skip_header) == (False, True)
    assert refused(unload_options(hints, server=OLD)) == {"header-row"}
    assert isinstance(unload_options(hints, server=NEW), UnloadOptions)


@pytest.mark.parametrize("delimiter", [*"az09.\\"])
def test_text_mode_refuses_what_looks_like_an_escape(delimiter: str) -> None:
    hints = hints_of("bluelabs", field_delimiter=delimiter)
    assert "field-delimiter" in refused(load_options(hints, server=NEW))


def test_only_the_hints_of_types_that_occur_matter() -> None:
    hints = hints_of(dateformat="DD/MM/YY")
    assert refused(load_options(hints, server=NEW)) == {"datetimeformat", "datetimeformattz"}
    assert loads(hints, types={"date", "string"}).date_style == "ISO, DMY"
    assert loads(hints, types={"datetime"}).date_style == "ISO, MDY"
    assert loads(hints, types=()).date_style == "ISO, MDY"


@pytest.mark.parametrize(
    ("hint", "text", "order"),
    [
        ("dateformat", "YYYY-MM-DD", None),
        ("dateformat", "YYYYMMDD", None),
        ("dateformat", "YYYY/MM/DD", None),
        ("dateformat", "MM-DD-YYYY", "MDY"),
        ("dateformat", "MM/DD/YY", "MDY"),
        ("dateformat", "DD-MM-YYYY", "DMY"),
        ("dateformat", "DD.MM.YYYY", "DMY"),
        ("dateformat", "YY-MM-DD", "YMD"),
        ("timeonlyformat", "HH12:MI AM", None),
        ("timeonlyformat", "HH24:MI", None),
        ("datetimeformat", "MM/DD/YY HH24:MI", "MDY"),
        ("datetimeformat", "DD/MM/YYYYTHH24:MI:SS", "DMY"),
        ("datetimeformattz", "YYYY-MM-DD HH:MI:SSOF", None),
        ("datetimeformattz", "MM/DD/YY HH12:MI AM", "MDY"),
    ],
)
def test_the_order_of_a_date_is_demanded_only_where_it_matters(
    hint: str, text: str, order: str | None
) -> None:
    style = style_to_read(hint, text)
    assert style is not None
    assert style.order == order


@pytest.mark.parametrize(
    ("hint", "text"),
    [
        ("dateformat", "MMDDYYYY"),
        ("dateformat", "YYYY-MM"),
        ("dateformat", "DD/MM/DD"),
        ("dateformat", "YYYY-MM-DD HH24:MI"),
        ("timeonlyformat", "YYYY-MM-DD"),
        ("timeonlyformat", "HH12:MI"),
        ("timeonlyformat", "HH24:MI AM"),
        ("datetimeformat", "YYYY-MM-DD HH24:MI:SSOF"),
        ("datetimeformat", "HH24:MI YYYY-MM-DD"),
        ("datetimeformattz", "HH24:MIOF"),
    ],
)
def test_what_no_datestyle_reads_is_none(hint: str, text: str) -> None:
    assert style_to_read(hint, text) is None


def test_the_styles_that_write_a_format_are_known() -> None:
    assert styles_to_write("dateformat", "DD.MM.YYYY") == {"German"}
    assert styles_to_write("datetimeformat", "MM/DD/YYYY HH:MI:SS") == {"SQL, MDY"}
    assert styles_to_write("datetimeformattz", "YYYY-MM-DD HH:MI:SSOF") == {"ISO, YMD"}
    assert not styles_to_write("datetimeformat", "MM/DD/YY HH24:MI")


def test_every_encoding_named_is_one_of_the_servers(pg: Bench) -> None:
    from mover_postgres import encodings

    known = {
        row[0] for row in pg.rows("SELECT pg_encoding_to_char(n) FROM generate_series(0, 60) n")
    }
    assert set(encodings._NAMES.values()) <= known
    assert server_encoding("latin-1") == "LATIN1"
    assert server_encoding("utf-7") is None


SWEPT: dict[str, list[object]] = {
    "header_row": [True, False],
    "field_delimiter": [",", "\t", "|", "\x01", "a", "'", "%", "\\"],
    "quoting": ["all", "minimal", "nonnumeric", None],
    "doublequote": [True, False],
    "escape": ["\\", None],
    "null_marker": ["", "\\N", "NULL", "a", None],
    "encoding": ["UTF8", "UTF8BOM", "LATIN1", "CP1252"],
    "quotechar": ['"', "'", "\\"],
}


def test_every_statement_that_is_made_is_accepted_by_the_server(pg: Bench) -> None:
    pg.run('CREATE TABLE "o""dd%s" (a int, "b""%" text)')
    table = TableName(name='o"dd%s')
    accepted = 0
    with pg.other() as connection:
        connection.autocommit = True
        for values in itertools.product(*SWEPT.values()):
            hints = hints_of("bigquery", **dict(zip(SWEPT, values, strict=True)))
            accepted += _try(connection, table, hints)
    assert accepted > 500


def _try(connection: PsycopgConnection, table: TableName, hints: ValidatedRecordsHints) -> int:
    import io

    from mover_postgres.statements import Output

    done = 0
    load = load_options(hints, server=connection.server_version)
    with connection.cursor() as cursor:
        if isinstance(load, LoadOptions):
            cursor.execute(f"SET datestyle = '{load.date_style}'")
            statement = copy_in(table, ("a", 'b"%'), load.copy)
            cursor.copy_expert(statement.as_string(connection), io.BytesIO(b""))
            done += 1
        unload = unload_options(hints, server=connection.server_version)
        if isinstance(unload, UnloadOptions):
            cursor.execute(f"SET datestyle = '{unload.date_style}'")
            query = sql.SQL("SELECT 1 AS a, 'x' AS {}").format(sql.Identifier('b"%'))
            outputs = (Output("a", 23), Output('b"%', 25))
            statement = copy_out_query(query, outputs, unload)
            cursor.copy_expert(statement.as_string(connection), io.BytesIO())
            done += 1
    return done


def why(answer: Offer | Refusal) -> str:
    """Return the reason of a refusal."""
    assert isinstance(answer, Refusal)
    return answer.why


def test_the_planner_is_answered_form_by_form(one_pg: Bench) -> None:
    one_pg.run("CREATE TABLE t (a int, d date)")
    plain = Form(kind="streams", format=one_pg.csv())
    zipped = Form(kind="streams", format=one_pg.csv(compression="GZIP"))
    parquet = Form(kind="streams", format=ParquetRecordsFormat())
    dates = Form(kind="streams", format=one_pg.csv(dateformat="MM/DD/YY"))
    files = Form(kind="files", place="x.csv", format=one_pg.csv())
    ask = Ask(
        database=one_pg.database,
        selection=Selection(table=TableName(name="t")),
        forms=(plain, zipped, parquet, dates, files),
    )
    into = {answer.form: answer for answer in CopyIn().offers(ask)}
    out = {answer.form: answer for answer in CopyOut().offers(ask)}
    assert isinstance(into[plain], Offer)
    assert isinstance(out[plain], Offer)
    assert isinstance(into[dates], Offer)
    assert "dateformat" in why(out[dates])
    assert "GZIP" in why(into[zipped])
    assert "delimited text" in why(into[parquet])
    assert files not in into
    assert isinstance(into[Form(kind="batches")], Offer)


def test_what_is_liked_best_holds_every_value_exactly(one_pg: Bench) -> None:
    for form, _ in preferred(text=1, csv=2):
        assert isinstance(form.format, DelimitedRecordsFormat)
        hints = form.format.validate()
        for options_for in (load_options, unload_options):
            found = options_for(hints, server=NEW)
            assert not isinstance(found, tuple)
            assert getattr(found, "booleans", None) is None
    ask = Ask(database=one_pg.database, selection=Selection(query="SELECT 1"))
    assert len(answers(ask, load_options, 1.0, preferred(text=1, csv=2))) == 2
