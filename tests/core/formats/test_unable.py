"""What a server's statement cannot honour of a format's hints."""

from __future__ import annotations

import pytest

from records_mover.formats import DelimitedRecordsFormat
from records_mover.formats.delimited.unable import Unable, is_one_byte, unlike_iso


def test_the_reason_names_the_hint_where_there_is_one() -> None:
    assert str(Unable("comment", "COPY knows none")) == "comment: COPY knows none"
    assert str(Unable("", "COPY reads no avro")) == "COPY reads no avro"


@pytest.mark.parametrize("sign", [",", "\t", "|", "\x03"])
def test_a_sign_of_ascii_is_one_byte(sign: str) -> None:
    assert is_one_byte(sign)


@pytest.mark.parametrize("sign", ["", ",,", "é", "\0", "\r", "\n", "\\"])
def test_what_ends_rows_or_escapes_or_is_longer_is_not(sign: str) -> None:
    assert not is_one_byte(sign)


def test_times_as_iso_has_them_can_be_written() -> None:
    assert list(unlike_iso(DelimitedRecordsFormat("dumb").validate(), "UNLOAD")) == []


def test_times_of_another_shape_are_named_with_what_is_written() -> None:
    hints = {"dateformat": "MM/DD/YYYY", "datetimeformat": "YYYY-MM-DD HH:MI:SS"}
    found = list(unlike_iso(DelimitedRecordsFormat("bluelabs", hints).validate(), "UNLOAD"))
    assert found == [Unable("dateformat", "UNLOAD writes YYYY-MM-DD, not MM/DD/YYYY")]
