"""What excludes what in UNLOAD, and what its query may be, from page r_UNLOAD."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from redshift_server.errors import RedshiftError
from redshift_server.grammar.settings import one_byte
from redshift_server.lexer import tokens
from standins.lexer import is_space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from redshift_server.grammar.settings import Option

__all__ = ["check_query", "check_unload"]

_CODECS = {"gzip", "bzip2", "zstd"}
_REFUSED = {
    "delimited": {"rowgroupsize"},
    "csv": {"fixedwidth", "addquotes", "rowgroupsize"},
    "parquet": {
        "delimiter", "fixedwidth", "addquotes", "escape", "null", "header", *_CODECS,
        "master_symmetric_key",
    },
    "json": {
        "delimiter", "header", "fixedwidth", "addquotes", "escape", "null", "rowgroupsize"
    },
}  # fmt: skip
_MB = 1 << 20
_SIZES = {
    "maxfilesize": (5 * _MB, int(6.2 * 1024 * _MB), "5 MB and 6.2 GB"),
    "rowgroupsize": (32 * _MB, 128 * _MB, "32 MB and 128 MB"),
}


def check_unload(
    kind: str, options: Mapping[str, Option], formats: Sequence[str], target: str
) -> None:
    """Refuse options that do not go with the format or with each other."""
    if len(formats) > 1 or len(_CODECS & set(options)) > 1:
        raise RedshiftError("conflicting or redundant options", sqlstate="42601")
    for name in sorted(_REFUSED[kind] & set(options)):
        shown = {"null": "NULL AS"}.get(name, name.upper())
        whole = "UNLOAD" if kind == "delimited" else f"UNLOAD to {kind.upper()}"
        raise RedshiftError(f"{shown} is not supported for {whole}", sqlstate="0A000")
    _check_pairs(options)
    _check_values(options, target)


def _check_pairs(options: Mapping[str, Option]) -> None:
    if "allowoverwrite" in options and "cleanpath" in options:
        raise RedshiftError(
            "ALLOWOVERWRITE and CLEANPATH cannot be used together", sqlstate="42601"
        )
    if "fixedwidth" in options:
        for name in ("delimiter", "header", "addquotes", "escape"):
            if name in options:
                said = f"{name.upper()} cannot be used with FIXEDWIDTH"
                raise RedshiftError(said, sqlstate="0A000")
    if "kms_key_id" in options and "encrypted" not in options:
        raise RedshiftError("KMS_KEY_ID needs ENCRYPTED", sqlstate="42601")
    if "kms_key_id" in options and "master_symmetric_key" in options:
        raise RedshiftError("conflicting or redundant options", sqlstate="42601")
    if "master_symmetric_key" in options:
        raise RedshiftError("this server encrypts nothing by itself", sqlstate="0A000")


def _check_values(options: Mapping[str, Option], target: str) -> None:
    for name, (low, high, said) in _SIZES.items():
        if name in options and not low <= int(options[name]) <= high:
            raise RedshiftError(f"{name.upper()} must be between {said}", sqlstate="22023")
    if "delimiter" in options:
        one_byte(str(options["delimiter"]), "delimiter")
    if not re.match(r"s3://[^/]+/", target) or "-s3alias/" in target:
        raise RedshiftError(f"UNLOAD destination is not supported: {target}", sqlstate="0A000")


def check_query(query: str) -> None:
    """Refuse what is no query, and LIMIT in the outermost SELECT."""
    depth, words = 0, list[str]()
    for token in tokens(query):
        depth += token.is_op("(") - token.is_op(")")
        if not is_space(token) and depth == 0:
            words.append(token.value if token.kind == "word" else token.text)
    if not words or words[0] not in ("select", "with", "("):
        raise RedshiftError("UNLOAD needs a SELECT statement", sqlstate="42601")
    if "limit" in words:
        raise RedshiftError(
            "Limit clause is not supported",
            sqlstate="0A000",
            hint="put the LIMIT into a nested SELECT",
        )
