"""COPY FROM STDIN as the manual tells it: what is read, what is cut, what is rejected."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from vertica.conftest import Ask

ALL = "SELECT * FROM t ORDER BY 1"


def test_the_defaults_are_a_bar_and_a_backslash(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT, b VARCHAR(20))")
    data = b"1|plain\n2|a\\|b\\\\c\n3|\n4|line\\\nbreak\n5|\\N\\t\n"
    assert ask.copy("COPY t FROM STDIN", data) == [5, 0]
    assert ask(ALL) == [
        [1, "plain"], [2, "a|b\\c"], [3, None], [4, "line\nbreak"], [5, "Nt"],
    ]  # fmt: skip


def test_quotes_are_data_unless_they_are_asked_for(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT, b VARCHAR(20))")
    ask.copy("COPY t FROM STDIN DELIMITER ','", b'1,"x"\n')
    ask.copy("COPY t FROM STDIN DELIMITER ',' ENCLOSED BY '\"'", b'2,"x,y"\n3,""\n4,\n5,"a\\"b"\n')
    assert ask(ALL) == [[1, '"x"'], [2, "x,y"], [3, ""], [4, None], [5, 'a"b']]


def test_doubled_quotes_are_no_escape(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT, b VARCHAR(20))")
    assert ask.copy("COPY t FROM STDIN DELIMITER ',' ENCLOSED BY '\"'", b'1,"a""b"\n') == [0, 1]


def test_no_escape_keeps_backslashes(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT, b VARCHAR(20))")
    ask.copy("COPY t FROM STDIN NO ESCAPE NULL '\\N'", b"1|C:\\new\n2|\\N\n3|\n")
    assert ask(ALL) == [[1, "C:\\new"], [2, None], [3, ""]]


def test_a_null_string_is_compared_without_regard_to_case(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT, b VARCHAR(20))")
    ask.copy("COPY t FROM STDIN NULL AS 'Null'", b"1|NULL\n2| null\n")
    assert ask(ALL) == [[1, None], [2, " null"]]


def test_too_long_a_text_is_cut_in_silence_or_rejected(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT, b VARCHAR(3), c CHAR(2))")
    assert ask.copy("COPY t FROM STDIN", "1|abcd|x\n2|aéé|xyz\n".encode()) == [2, 0]
    assert ask(ALL) == [[1, "abc", "x "], [2, "aé", "xy"]]
    why = "The 4-byte value is too long for type Varchar(3), column 2 (b)"
    said = ask.copy_error("COPY t FROM STDIN ENFORCELENGTH ABORT ON ERROR", b"3|abcd|x\n")
    assert said == f"2035 22V04 COPY: Input record 1 has been rejected ({why})"


def test_rows_that_do_not_fit_are_rejected_and_the_load_goes_on(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT, b VARCHAR(20), c BOOLEAN)")
    data = b"1|x|t\nA|x|t\n2|x\n\n3|x|t|4\n4|x|maybe\n5|x|0\n"
    copy = "COPY t FROM STDIN REJECTED DATA AS TABLE r"
    assert ask.copy(copy, data) == [2, 4]
    assert ask("SELECT row_number, rejected_data, rejected_reason FROM r ORDER BY 1") == [
        [2, "A|x|t", "Invalid integer format 'A' for column 1 (a)"],
        [3, "2|x", "Too few columns found"],
        [4, "3|x|t|4", "Too many columns found"],
        [5, "4|x|maybe", "Invalid boolean format 'maybe' for column 3 (c)"],
    ]
    assert ask.copy(copy, b"B|x|t\n") == [0, 1]
    assert ask("SELECT count(*), max(file_name) FROM r") == [[5, "STDIN (Batch No. 1)"]]


def test_an_empty_line_is_no_row_even_of_one_column(ask: Ask) -> None:
    ask("CREATE TABLE t (b VARCHAR(20))")
    assert ask.copy("COPY t FROM STDIN", b"x\n\ny\n") == [2, 0]


def test_rejectmax_fails_the_load_and_leaves_the_table_as_it_was(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT)")
    assert ask.copy("COPY t FROM STDIN REJECTMAX 2", b"1\nx\n2\n") == [2, 1]
    said = ask.copy_error("COPY t FROM STDIN REJECTMAX 2", b"3\nx\ny\n4\n")
    assert said.startswith("2735 22V04 COPY: Too many rejected records: 2 rejected")
    assert ask(ALL) == [[1], [2]]


def test_a_copy_commits_what_was_open_unless_it_is_told_not_to(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT)")
    ask("INSERT INTO t VALUES (1)")
    ask.copy("COPY t FROM STDIN", b"2\n")
    ask("ROLLBACK")
    assert ask(ALL) == [[1], [2]]
    ask.copy("COPY t FROM STDIN NO COMMIT", b"3\n")
    assert ask.other()("SELECT count(*) FROM t") == [[2]]
    ask("ROLLBACK")
    assert ask(ALL) == [[1], [2]]


def test_a_null_in_a_not_null_column_is_rejected(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT NOT NULL, b INT)")
    assert ask.copy("COPY t FROM STDIN TRAILING NULLCOLS", b"1\n|2\n") == [1, 1]


def test_columns_are_named_computed_and_left_out(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT, b VARCHAR(20), c INT DEFAULT 7, d DATE)")
    copy = "COPY t (a, raw FILLER VARCHAR(30), b AS UPPER(raw), d FORMAT 'DD.MM.YYYY') FROM STDIN"
    assert ask.copy(copy, b"1|abc|24.12.2020\n2|x|31.02.2020\n") == [1, 1]
    assert [[str(v) for v in row] for row in ask(ALL)] == [["1", "ABC", "7", "2020-12-24"]]


def test_a_column_has_options_of_its_own(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT, b VARCHAR(20), c VARBINARY(4))")
    copy = "COPY t (a DELIMITER ',', b ENCLOSED BY '''', c FORMAT 'hex') FROM STDIN"
    assert ask.copy(copy, b"1,'x|y'|00ff\n") == [1, 0]
    assert ask(ALL) == [[1, "x|y", b"\x00\xff"]]


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("INT", "-9223372036854775807", -9223372036854775807),
        ("INT", "9223372036854775808", None),
        ("INT", "1.0", None),
        ("INT", " 12 ", 12),
        ("FLOAT", "1e-400", 0.0),
        ("FLOAT", "Infinity", float("inf")),
        ("FLOAT", "x", None),
        ("NUMERIC(4,2)", "1.005", "1.01"),
        ("NUMERIC(4,2)", "100", None),
        ("BOOLEAN", "yes", True),
        ("DATE", "2020-02-29", "2020-02-29"),
        ("DATE", "2021-02-29", None),
        ("DATE", "24 Dec 2020", "2020-12-24"),
        ("TIME", "23:59:59.999999", "23:59:59.999999"),
        ("TIME", "25:00", None),
        ("TIMESTAMP", "2020-01-01 12:00:00.5", "2020-01-01 12:00:00.500000"),
        ("TIMESTAMPTZ", "2020-01-01 12:00:00+02", "2020-01-01 10:00:00+00:00"),
        ("UUID", "6bbf0744-74b4-46b9-bb05-53905d4538e7", "6bbf0744-74b4-46b9-bb05-53905d4538e7"),
        ("UUID", "no", None),
        ("VARBINARY(4)", "\\\\000\\\\377a", b"\x00\xffa"),
        ("INTERVAL DAY TO SECOND", "2 03:00:00", "relativedelta(days=+2, hours=+3)"),
    ],
)  # fmt: skip
def test_each_type_takes_its_text_and_rejects_others(
    ask: Ask, type_: str, text: str, value: Any
) -> None:
    ask(f"CREATE TABLE t (a {type_})")
    rejected = int(value is None)
    assert ask.copy("COPY t FROM STDIN", f"{text}\n") == [1 - rejected, rejected]
    if not rejected:
        [[found]] = ask("SELECT a FROM t")
        assert found == value or str(found) == value


def test_a_thousand_digits_come_back_exactly(ask: Ask) -> None:
    ask("CREATE TABLE t (a NUMERIC(1024,24))")
    digits = "9" * 1000 + "." + "1" * 24
    assert ask.copy("COPY t FROM STDIN", digits) == [1, 0]
    assert str(ask("SELECT a FROM t")[0][0]) == digits


def test_packed_input_is_unpacked(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT)")
    assert ask.copy("COPY t FROM STDIN GZIP", gzip.compress(b"1\n") + gzip.compress(b"2\n")) == [
        2,
        0,
    ]
    said = ask.copy_error("COPY t FROM STDIN GZIP", gzip.compress(b"3\n")[:-4])
    assert "corrupt or truncated" in said
    assert ask("SELECT count(*) FROM t") == [[2]]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("DELIMITER ',' DELIMITER ';'", "2735 42601 Conflicting or redundant options: DELIMITER"),
        ("DELIMITER ',,'", "2734 22023 COPY DELIMITER must be a single ASCII character"),
        ("DELIMITER '\\'", "2734 22023 COPY delimiter character cannot be the same as escape"),
        ("ABORT ON ERROR REJECTMAX 1", "2507 42601 Cannot specify both"),
        ("ABORT ON ERROR PARSER fcsvparser()", '4856 42601 Syntax error at or near "PARSER"'),
        ("PARSER nosuch()", "4388 42883"),
        ("PARSER fcsvparser(bogus='1')", "3399 22023 Parameter bogus"),
        ("FORMAT CSV", '4856 42601 Syntax error at or near "FORMAT"'),
        ("CSV HEADER", '4856 42601 Syntax error at or near "CSV"'),
        ("(FORMAT csv)", '4856 42601 Syntax error at or near "("'),
        ("FIXEDWIDTH COLSIZES (1) DELIMITER ','", "2862 0A000"),
    ],
)
def test_what_the_manual_does_not_know_is_refused(ask: Ask, options: str, why: str) -> None:
    ask("CREATE TABLE t (a INT)")
    assert ask.copy_error(f"COPY t FROM STDIN {options}", b"1\n").startswith(why)
    assert ask(ALL) == []


def test_rfc_4180_is_read_by_the_csv_parser(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT, b VARCHAR(20))")
    data = b'b,a\r\n"x ""y"", z",1\r\n"two\nlines",2\r\n'
    assert ask.copy("COPY t FROM STDIN PARSER fcsvparser(type='rfc4180')", data) == [2, 0]
    assert ask(ALL) == [[1, 'x "y", z'], [2, "two\nlines"]]


def test_json_objects_go_to_the_columns_of_their_keys(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT, b VARCHAR(20))")
    data = b'{"B": "x", "a": 1}\n{"a": 2}\nbroken\n'
    assert ask.copy("COPY t FROM STDIN PARSER fjsonparser()", data) == [2, 1]
    assert ask(ALL) == [[1, "x"], [2, None]]
