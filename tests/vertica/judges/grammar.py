"""A judge of statements: what sqlglot's Vertica dialect thinks of the corpus.

It pins a sqlglot of its own, so it runs in an environment of its own: `make judge-vertica`.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WANTED = {"yes": True, "no": False, "order": False, "ours": False, "lax": True}


def _lines() -> Iterator[str]:
    for name in ("corpus.txt", "generated.txt"):
        for line in Path(__file__).with_name(name).read_text().splitlines():
            if line and not line.startswith("#"):
                yield line


def main() -> int:
    """Name every statement that the dialect does not think what the corpus says of it."""
    import sqlglot  # type: ignore[import-not-found]
    import sqlglot_vertica  # type: ignore[import-not-found]  # noqa: F401

    logging.disable(logging.WARNING)
    wrong = 0
    for line in _lines():
        word, statement = line.split(" ", 1)
        try:
            parsed = type(sqlglot.parse_one(statement, read="vertica")).__name__ != "Command"
            why = "it parses"
        except sqlglot.errors.ParseError as error:
            parsed, why = False, str(error).splitlines()[0]
        if parsed is not WANTED[word]:
            wrong += 1
            print(f"{word}: {statement}: {why}")
    print(f"{wrong} statements are judged otherwise")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
