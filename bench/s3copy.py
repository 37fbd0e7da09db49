"""Copy one file or a folder of them to or from S3 by the store alone: ``s3copy SOURCE TARGET``."""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from mover_s3.settings import read_settings
from mover_s3.store import S3Store
from records_mover.url.local import LocalStore

if TYPE_CHECKING:
    from records_mover.url import Store

_AT_ONCE = 4
_BLOCK = 1 << 20


def main() -> None:
    """Copy what the command line names, several files at a time."""
    source, target = sys.argv[1:]
    stores: dict[bool, Store] = {True: S3Store(read_settings(None)), False: LocalStore()}
    reading, writing = (stores[url.startswith("s3:")] for url in (source, target))

    def copy(url: str) -> None:
        to = target + url.rsplit("/", 1)[-1] if target.endswith("/") else target
        with reading.open(url) as stream, writing.write(to) as sink:
            shutil.copyfileobj(stream, sink, _BLOCK)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(copy, [entry.url for entry in reading.list(source)]))


if __name__ == "__main__":
    main()
