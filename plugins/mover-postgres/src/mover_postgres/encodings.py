"""What PostgreSQL calls the encodings that Python knows."""

from __future__ import annotations

__all__ = ["SAFE_FOR_BACKSLASH", "codec_of_server", "server_encoding"]

# Python's canonical codec names on the left; https://www.postgresql.org/docs/18/multibyte.html.
_NAMES = {
    "utf-8": "UTF8",
    "utf-8-sig": "UTF8",
    "iso8859-1": "LATIN1",
    "iso8859-2": "LATIN2",
    "iso8859-3": "LATIN3",
    "iso8859-4": "LATIN4",
    "iso8859-5": "ISO_8859_5",
    "iso8859-6": "ISO_8859_6",
    "iso8859-7": "ISO_8859_7",
    "iso8859-8": "ISO_8859_8",
    "iso8859-9": "LATIN5",
    "iso8859-10": "LATIN6",
    "iso8859-13": "LATIN7",
    "iso8859-14": "LATIN8",
    "iso8859-15": "LATIN9",
    "iso8859-16": "LATIN10",
    "cp866": "WIN866",
    "cp874": "WIN874",
    "cp1250": "WIN1250",
    "cp1251": "WIN1251",
    "cp1252": "WIN1252",
    "cp1253": "WIN1253",
    "cp1254": "WIN1254",
    "cp1255": "WIN1255",
    "cp1256": "WIN1256",
    "cp1257": "WIN1257",
    "cp1258": "WIN1258",
    "koi8-r": "KOI8R",
    "koi8-u": "KOI8U",
    "euc_jp": "EUC_JP",
    "euc_kr": "EUC_KR",
    "shift_jis": "SJIS",
    "big5": "BIG5",
    "gbk": "GBK",
    "gb18030": "GB18030",
    "cp949": "UHC",
    "johab": "JOHAB",
}

_BACKSLASH_INSIDE = frozenset({"SJIS", "BIG5", "GBK", "GB18030", "UHC", "JOHAB"})
"""Encodings in which a byte that looks like a backslash or a quote may be half a character."""

SAFE_FOR_BACKSLASH = frozenset(_NAMES.values()) - _BACKSLASH_INSIDE


def server_encoding(codec: str) -> str | None:
    """Return the server's name of a Python codec, or None where it knows no such encoding."""
    import codecs

    return _NAMES.get(codecs.lookup(codec).name)


def codec_of_server(name: str) -> str | None:
    """Return Python's codec for what a server calls an encoding; None for one that holds all."""
    if name in ("UTF8", "SQL_ASCII"):
        return None
    return next((codec for codec, theirs in _NAMES.items() if theirs == name), None)
