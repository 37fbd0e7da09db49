"""The hints that tell a reader how a delimited file is written, and the five sets of defaults."""

from __future__ import annotations

import codecs
import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from records_mover.errors import FormatError
from records_mover.formats.columns.dates import unknown_letters
from records_mover.formats.compression import COMPRESSIONS
from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ENCODINGS",
    "HINTS",
    "VARIANTS",
    "DelimitedVariant",
    "Hint",
    "PartialRecordsHints",
    "UntypedRecordsHints",
    "ValidatedRecordsHints",
    "checked",
    "codec_of",
    "unknown_hints",
    "validate",
]

log = logging.getLogger(__name__)

DelimitedVariant = Literal["dumb", "csv", "bigquery", "bluelabs", "vertica"]
UntypedRecordsHints = Mapping[str, object]

PartialRecordsHints = TypedDict(
    "PartialRecordsHints",
    {
        "header-row": bool,
        "field-delimiter": str,
        "record-terminator": str,
        "compression": str | None,
        "quoting": str | None,
        "quotechar": str,
        "doublequote": bool,
        "escape": str | None,
        "encoding": str,
        "dateformat": str,
        "timeonlyformat": str,
        "datetimeformattz": str,
        "datetimeformat": str,
        "null-marker": str | None,
        "comment": str | None,
        "skip-lines": int,
        "decimal-separator": str,
        "boolean-format": str,
    },
    total=False,
)


@frozen
class ValidatedRecordsHints:
    """Every hint of a format, checked, under Python's spelling of its name."""

    header_row: bool
    field_delimiter: str
    record_terminator: str
    compression: str | None
    quoting: str | None
    quotechar: str
    doublequote: bool
    escape: str | None
    encoding: str
    dateformat: str
    timeonlyformat: str
    datetimeformattz: str
    datetimeformat: str
    null_marker: str | None
    comment: str | None
    skip_lines: int
    decimal_separator: str
    boolean_format: str

    @property
    def codec(self) -> str:
        """The Python codec of the encoding."""
        return codec_of(self.encoding)

    @property
    def line_end(self) -> str:
        """What lines are counted by: newlines, unless rows end without one."""
        end = self.record_terminator
        return "\n" if "\n" in end else end[-1]

    @property
    def booleans(self) -> tuple[str, str]:
        """The spellings of true and of false."""
        true, _, false = self.boolean_format.partition("/")
        return true, false


@frozen
class Hint:
    """One hint: what it means, which values it takes, and what stands in for a bad one."""

    name: str
    meaning: str
    fallback: Any
    check: Callable[[object], str | None]
    values: tuple[Any, ...] = ()

    @property
    def attribute(self) -> str:
        """The name of the hint among the validated ones."""
        return self.name.replace("-", "_")


ENCODINGS: Mapping[str, str] = MappingProxyType(
    {
        "UTF8": "utf-8",
        "UTF8BOM": "utf-8-sig",
        "UTF16": "utf-16",
        "UTF16BOM": "utf-16",
        "UTF16LE": "utf-16-le",
        "UTF16BE": "utf-16-be",
        "LATIN1": "latin-1",
        "CP1252": "cp1252",
    }
)


# Codecs of text that know host names only, or nothing at all: they lose lines.
_NO_ENCODINGS = frozenset({"idna", "punycode", "undefined"})


def codec_of(encoding: str) -> str:
    """Return the Python codec of an ``encoding`` hint, which may itself be a codec's name."""
    return codecs.lookup(ENCODINGS.get(encoding, encoding)).name


def _one_of(*values: object) -> Callable[[object], str | None]:
    said: dict[object, str] = {None: "none", True: "true", False: "false"}
    shown = ", ".join(str(said.get(value, value)) for value in values)

    def check(value: object) -> str | None:
        known = any(value == known and isinstance(value, type(known)) for known in values)
        return None if known else f"use one of: {shown}"

    return check


def _text(value: object) -> str | None:
    return None if isinstance(value, str) and value else "it must be a text that is not empty"


def _any_text(value: object) -> str | None:
    return None if value is None or isinstance(value, str) else "it must be a text, or null"


def _one_character(value: object) -> str | None:
    one = isinstance(value, str) and len(value) == 1 and value.isascii()
    return None if one else "it must be a single ASCII character"


def _character_or_none(value: object) -> str | None:
    return None if value is None else _one_character(value)


def _count(value: object) -> str | None:
    counts = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return None if counts else "it must be a whole number, 0 or more"


def _encoding(value: object) -> str | None:
    advice = f"use one of: {', '.join(ENCODINGS)}, or the name of a Python codec"
    if not isinstance(value, str):
        return advice
    try:
        info = codecs.lookup(ENCODINGS.get(value, value))
    except (LookupError, ValueError):
        return advice
    text = getattr(info, "_is_text_encoding", True) and info.name not in _NO_ENCODINGS
    return None if text else advice


def _date_format(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return "it must be a text such as YYYY-MM-DD"
    strange = unknown_letters(value)
    tokens = "YYYY YY MM DD HH24 HH HH12 MI SS OF AM"
    return f"'{strange}' is none of the known tokens: {tokens}" if strange else None


def _boolean_format(value: object) -> str | None:
    true, slash, false = value.partition("/") if isinstance(value, str) else ("", "", "")
    fine = bool(true and slash and false and true != false)
    return None if fine else "write the two spellings as TRUE/FALSE, for example yes/no"


def _hint(
    name: str,
    fallback: object,
    meaning: str,
    check: Callable[[object], str | None],
    values: tuple[object, ...] = (),
) -> Hint:
    return Hint(name=name, fallback=fallback, meaning=meaning, check=check, values=values)


def _choice(name: str, fallback: object, meaning: str, *values: object) -> Hint:
    return _hint(name, fallback, meaning, _one_of(*values), values)


_QUOTING = ("all", "minimal", "nonnumeric", None)

_ALL = (
    _choice("header-row", True, "the first row of every file holds the names", True, False),
    _hint("field-delimiter", ",", "what stands between two fields", _text),
    _hint("record-terminator", "\n", "what ends a row", _text),
    _choice("compression", None, "how the whole file is compressed", *COMPRESSIONS, None),
    _choice("quoting", "minimal", "which fields are quoted; null: quotes mean nothing", *_QUOTING),
    _hint("quotechar", '"', "what a quoted field begins and ends with", _one_character),
    _choice("doublequote", False, "a quote inside quotes is written twice", True, False),
    _choice("escape", "\\", "the character after a backslash is taken as it is", "\\", None),
    _hint("encoding", "UTF8", "how text is encoded", _encoding, tuple(ENCODINGS)),
    _hint("dateformat", "YYYY-MM-DD", "how a date is written", _date_format),
    _hint("timeonlyformat", "HH24:MI:SS", "how a time of day is written", _date_format),
    _hint(
        "datetimeformattz",
        "YYYY-MM-DD HH24:MI:SSOF",
        "how a moment is written; without OF it is in UTC",
        _date_format,
    ),
    _hint(
        "datetimeformat",
        "YYYY-MM-DD HH24:MI:SS",
        "how a date and time of no zone is written",
        _date_format,
    ),
    _hint(
        "null-marker", "", "what an unquoted NULL is written as; null: NULL cannot occur", _any_text
    ),
    _hint("comment", None, "lines that begin with this character are left out", _character_or_none),
    _hint("skip-lines", 0, "lines to leave out before the header or the first row", _count),
    _choice("decimal-separator", ".", "what stands before the fraction of a number", ".", ","),
    _hint("boolean-format", "true/false", "how true and false are spelled", _boolean_format),
)

HINTS: Mapping[str, Hint] = MappingProxyType({hint.name: hint for hint in _ALL})

_DUMB: dict[str, Any] = {
    "header-row": False,
    "field-delimiter": ",",
    "record-terminator": "\n",
    "compression": "GZIP",
    "quoting": None,
    "quotechar": '"',
    "doublequote": False,
    "escape": None,
    "encoding": "UTF8",
    "dateformat": "YYYY-MM-DD",
    "timeonlyformat": "HH24:MI:SS",
    "datetimeformattz": "YYYY-MM-DD HH:MI:SSOF",
    "datetimeformat": "YYYY-MM-DD HH:MI:SS",
    "null-marker": "",
    "comment": None,
    "skip-lines": 0,
    "decimal-separator": ".",
    "boolean-format": "true/false",
}

_QUOTED = {"header-row": True, "quoting": "minimal", "doublequote": True}

VARIANTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "bluelabs": {
            **_DUMB,
            "escape": "\\",
            "datetimeformat": "YYYY-MM-DD HH24:MI:SS",
            "null-marker": "\\N",
        },
        "csv": {
            **_DUMB,
            **_QUOTED,
            "dateformat": "MM/DD/YY",
            "datetimeformat": "MM/DD/YY HH24:MI",
            "datetimeformattz": "MM/DD/YY HH24:MI",
        },
        "bigquery": {**_DUMB, **_QUOTED, "datetimeformattz": "YYYY-MM-DD HH:MI:SS"},
        "dumb": _DUMB,
        "vertica": {
            **_DUMB,
            "field-delimiter": "\x01",
            "record-terminator": "\x02",
            "compression": None,
        },
    }
)


def unknown_hints(names: Mapping[str, object]) -> list[str]:
    """Return a sentence for each name that is no hint."""
    sentences = []
    for name in names:
        if name not in HINTS:
            from difflib import get_close_matches

            near = get_close_matches(name.replace("_", "-"), HINTS, n=1)
            sentences.append(f"'{name}'" + (f" (did you mean '{near[0]}'?)" if near else ""))
    return sentences


def validate(
    hints: Mapping[str, object], *, fail_if_cant_handle_hint: bool
) -> ValidatedRecordsHints:
    """Check every hint; a bad value is an error, or a warning and the hint's fallback."""
    checked = {
        hint.attribute: _checked(hint, hints[hint.name], fail_if_cant_handle_hint) for hint in _ALL
    }
    return ValidatedRecordsHints(**checked)


def checked(hints: Mapping[str, object], *, fail_if_cant_handle_hint: bool) -> dict[str, Any]:
    """Check hints that are only some of all, as ``validate`` does; names that are none stay."""
    fail = fail_if_cant_handle_hint
    return {
        name: _checked(HINTS[name], value, fail) if name in HINTS else value
        for name, value in hints.items()
    }


def _checked(hint: Hint, value: object, fail: bool) -> Any:
    advice = hint.check(value)
    if advice is None:
        return value
    what = f"the value {value!r} of the hint '{hint.name}' cannot be used"
    if fail:
        raise FormatError(what, advice, in_python="or pass fail_if_cant_handle_hint=False")
    log.warning("%s, %r is taken instead: %s", what, hint.fallback, advice)
    return hint.fallback
