"""Listing and deleting: folders, wildcards, markers, and more than a page holds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.errors import EndpointError, NotFoundError, UsageError
from records_mover.url.local import LocalStore
from records_mover.url.scratch import scratch_space, strays, sweep_strays
from records_mover.url.stdio import StdioStore

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mover_s3.store import S3Store


def _fill(client: Any, bucket: str, keys: Iterable[str]) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: client.put_object(Bucket=bucket, Key=key, Body=b"x"), keys))


def _names(store: S3Store, url: str) -> list[str]:
    return [entry.url.split("/", 3)[3] for entry in store.list(url)]


@pytest.mark.parametrize("server", ["seaweed"], indirect=True)
def test_more_than_a_page_is_listed_and_deleted(store: S3Store, bucket: str, client: Any) -> None:
    names = [f"many/{number:04d} +%" for number in range(1002)]
    _fill(client, bucket, [*names, "many-not"])
    assert _names(store, f"s3://{bucket}/many/") == names
    assert _names(store, f"s3://{bucket}/many/*") == names
    store.purge(f"s3://{bucket}/many/")
    assert _names(store, f"s3://{bucket}/") == ["many-not"]


def test_a_folder_is_what_lies_directly_in_it(store: S3Store, bucket: str, client: Any) -> None:
    _fill(client, bucket, ["a/1", "a/2", "a/b/3", "ab/4", "top"])
    client.put_object(Bucket=bucket, Key="a/", Body=b"")
    client.put_object(Bucket=bucket, Key="a/old_$folder$", Body=b"")
    assert _names(store, f"s3://{bucket}/a/") == ["a/1", "a/2"]
    assert _names(store, f"s3://{bucket}/") == ["top"]
    assert list(store.folders(f"s3://{bucket}/")) == [f"s3://{bucket}/a/", f"s3://{bucket}/ab/"]


def test_wildcards_stop_at_slashes(store: S3Store, bucket: str, client: Any) -> None:
    _fill(client, bucket, ["d/a1.csv", "d/a2.csv", "d/b.csv", "d/e/a3.csv", "x/a.csv", "l[1]"])
    assert _names(store, f"s3://{bucket}/d/a*.csv") == ["d/a1.csv", "d/a2.csv"]
    assert _names(store, f"s3://{bucket}/d/a[2-9].csv") == ["d/a2.csv"]
    assert _names(store, f"s3://{bucket}/*/a*.csv") == ["d/a1.csv", "d/a2.csv", "x/a.csv"]
    assert _names(store, f"s3://{bucket}/l[1]") == ["l[1]"]
    with pytest.raises(NotFoundError, match="no object matches"):
        list(store.list(f"s3://{bucket}/d/z*"))


def test_a_folder_that_is_not_there_is_said(store: S3Store, bucket: str) -> None:
    assert list(store.list(f"s3://{bucket}/")) == []
    with pytest.raises(NotFoundError, match="there is no folder"):
        list(store.list(f"s3://{bucket}/none/"))
    store.purge(f"s3://{bucket}/none/")


def test_a_whole_bucket_is_not_purged(store: S3Store, bucket: str) -> None:
    with pytest.raises(EndpointError, match="whole bucket"):
        store.purge(f"s3://{bucket}/")
    with pytest.raises(EndpointError, match="names no folder"):
        store.purge(f"s3://{bucket}/x")


def test_keys_are_deleted_one_by_one_where_lists_are_refused(
    store: S3Store, bucket: str, client: Any, proxy: Any
) -> None:
    _fill(client, bucket, [f"f/{number}" for number in range(3)])
    proxy.harm("no lists", lambda _number, exchange: exchange.path.endswith("?delete"))
    store.purge(f"s3://{bucket}/f/")
    assert [method for method, _ in proxy.seen].count("DELETE") == 3
    assert _names(store, f"s3://{bucket}/") == []


@pytest.mark.parametrize("fails", [False, True])
def test_scratch_space_is_emptied_whatever_happens(
    store: S3Store, bucket: str, client: Any, fails: bool
) -> None:
    def use() -> None:
        with scratch_space(store, f"s3://{bucket}/scratch/") as url:
            assert url.startswith(f"s3://{bucket}/scratch/mover-scratch-")
            for name in ("a", "b/c", "b/d/"):
                client.put_object(Bucket=bucket, Key=url.split("/", 3)[3] + name, Body=b"x")
            if fails:
                raise RuntimeError("midway")

    if fails:
        with pytest.raises(RuntimeError, match="midway"):
            use()
    else:
        use()
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_scratch_folders_of_killed_moves_are_told_from_others(
    store: S3Store, bucket: str, client: Any
) -> None:
    old = f"{datetime.now(UTC) - timedelta(days=30):%Y%m%dT%H%M%SZ}"
    new = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    dead, alive = (f"s/mover-scratch-{stamp}-{'0' * 32}/" for stamp in (old, new))
    _fill(client, bucket, [f"{dead}x", f"{alive}x", f"s/mover-scratch-{old}-mine/x", "s/other/x"])
    assert list(strays(store, f"s3://{bucket}/s/")) == [f"s3://{bucket}/{dead}"]
    assert len(list(strays(store, f"s3://{bucket}/s/", timedelta(0)))) == 2
    sweep_strays(store, f"s3://{bucket}/s/")
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 3


def test_scratch_space_is_had_on_a_disk_too(tmp_path: Path) -> None:
    with scratch_space(LocalStore(), f"{tmp_path}/new") as url, LocalStore().write(f"{url}x") as f:
        f.write(b"1")
    assert list((tmp_path / "new").iterdir()) == []


def test_scratch_space_wants_folders() -> None:
    with pytest.raises(UsageError, match="cannot be used as scratch space"):
        scratch_space(StdioStore(), "-").__enter__()
