"""Real servers that the environment names, as the conformance suites see them.

``ITEST_POSTGRES_URL``, ``ITEST_REDSHIFT_URL`` and ``ITEST_VERTICA_URL`` are databases, in which a
schema of a random name is made and dropped; ``ITEST_S3_URL`` is a folder, below which one of a
random name is made and emptied. Amazon's own variables open it.
"""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest

from records_mover.testing import SqlBench
from support.ends import place, real_url
from support.warehouse import Folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Look = Callable[[str], dict[str, Any]]

__all__ = ["real_bench", "real_folder", "real_url"]


@contextmanager
def real_bench(name: str, look: Look) -> Iterator[SqlBench]:
    """Yield the database that is named, in a schema for one test; ``look`` is asked with it."""
    url, lock = real_url(name) or "", threading.Lock()
    password = unquote(urlsplit(url).password or "")
    with place(name, url) as found:

        def ask(sql: str) -> list[Any]:
            with lock:  # not every driver lets threads share a connection
                return found.ask(sql)

        yield SqlBench(
            url=url,
            schema=found.schema,
            run=ask,
            rows=ask,
            secrets=(password,) if password else (),
            **look(found.schema),
        )


@contextmanager
def real_folder() -> Iterator[Folder]:
    """Yield a folder below the one that is named, and empty it at the end."""
    import boto3

    url = real_url("s3")
    if url is None:
        raise pytest.UsageError("a real database reaches no S3 of this machine: set ITEST_S3_URL")
    parts = urlsplit(url)
    beginning = parts.path.strip("/")
    folder = "/".join(filter(None, (beginning, f"itest-{secrets.token_hex(6)}")))
    found = Folder(client=boto3.client("s3"), bucket=parts.netloc, folder=folder)
    try:
        yield found
    finally:
        for name in found.names():
            found.client.delete_object(Bucket=found.bucket, Key=f"{folder}/{name}")
