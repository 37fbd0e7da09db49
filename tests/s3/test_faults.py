"""Every request in turn goes wrong in every way: the result is right, or a clear error."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from mover_s3 import fetching, reading, writing
from mover_s3.errors import AccessError
from mover_s3.retry import CONNECT_DEADLINE, FIRST_PAUSE
from records_mover.errors import MoverError, StoreError
from support.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mover_s3.store import S3Store
    from support.faults import Exchange, FaultProxy

MIB = 1 << 20
PATIENCE = {"timeout": 5, "deadline": 60}
OFTEN = sorted(
    set(FAULTS)
    - {"damaged upload", "slow down for a second", "no lists", "other region", "another region"}
)
FINAL = {"forbidden", "expired"}
"""Faults that trying again does not mend."""
SEAWEED = pytest.mark.parametrize("server", ["seaweed"], indirect=True)


def _each_request(
    proxy: FaultProxy, fault: str, act: Callable[[], object], check: Callable[[], None]
) -> None:
    """Let the first request meet the fault, then the second, until none is left to be met."""
    number = 0
    while True:
        number += 1
        proxy.harm(fault, number)
        failure = None
        try:
            act()
        except MoverError as error:
            failure = error
        met = len(proxy.seen) >= number
        proxy.heal()
        if failure is not None:
            assert met, failure
            assert fault in FINAL, f"{fault!r} at request {number}: {failure}"
            assert "\n" not in str(failure)
        check()
        if not met:
            return


def _warm(make_store: Callable[..., S3Store], bucket: str, fault: str) -> S3Store:
    """Make a store that has asked for the bucket's region, which another test is about."""
    store = make_store(deadline=60, timeout=1 if "stalled" in fault else 5)
    store.make_folder(f"s3://{bucket}/")
    return store


@pytest.mark.parametrize("fault", OFTEN)
def test_asking_for_the_region_survives(
    make_store: Callable[..., S3Store], bucket: str, client: Any, proxy: FaultProxy, fault: str
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    proxy.harm(fault, 1)
    assert make_store(**PATIENCE).size(f"s3://{bucket}/k") == 1


@SEAWEED
@pytest.mark.parametrize("fault", OFTEN)
def test_reading_survives(
    make_store: Callable[..., S3Store],
    bucket: str,
    client: Any,
    noise: bytes,
    proxy: FaultProxy,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    monkeypatch.setattr(reading, "PART", MIB)
    monkeypatch.setattr(fetching, "BLOCK", MIB // 4)
    data = noise[: 2 * MIB + 100]
    client.put_object(Bucket=bucket, Key="k", Body=data)
    got: list[bytes] = []
    store = _warm(make_store, bucket, fault)

    def read() -> None:
        got.clear()
        with store.open(f"s3://{bucket}/k") as stream:
            got.append(stream.read())

    def is_right() -> None:
        assert got in ([], [data])

    _each_request(proxy, fault, read, is_right)
    assert got == [data]


@SEAWEED
def test_a_broken_download_goes_on_where_it_broke(
    make_store: Callable[..., S3Store],
    bucket: str,
    client: Any,
    noise: bytes,
    proxy: FaultProxy,
) -> None:
    data = noise[: 4 * MIB]
    client.put_object(Bucket=bucket, Key="k", Body=data)
    store = _warm(make_store, bucket, "truncated body")
    ranges: list[str] = []

    def first(_number: int, exchange: Exchange) -> bool:
        if exchange.method == "GET":
            ranges.append(exchange.header("range"))
        return len(ranges) == 1

    proxy.harm("truncated body", first)
    with store.open(f"s3://{bucket}/k") as stream:
        assert stream.read() == data
    begun = [int(one.removeprefix("bytes=").partition("-")[0] or 0) for one in ranges]
    assert begun[0] == 0
    assert begun[1] >= MIB, "what had come is not asked for again"


@SEAWEED
@pytest.mark.parametrize("fault", [*OFTEN, "damaged upload"])
def test_writing_survives(
    make_store: Callable[..., S3Store],
    bucket: str,
    client: Any,
    noise: bytes,
    proxy: FaultProxy,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    monkeypatch.setattr(writing, "PART", 5 * MIB)
    versions = [noise[start : start + 5 * MIB + 100] for start in range(10)]
    there: list[bytes] = []
    store = _warm(make_store, bucket, fault)

    def write() -> None:
        there.append(versions[len(there) % len(versions)])
        with store.write(f"s3://{bucket}/k") as sink:
            sink.write(there[-1])

    def is_whole() -> None:
        found = client.list_objects_v2(Bucket=bucket)["KeyCount"]
        if found:
            assert client.get_object(Bucket=bucket, Key="k")["Body"].read() in there
        assert not client.list_multipart_uploads(Bucket=bucket).get("Uploads")

    _each_request(proxy, fault, write, is_whole)
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == there[-1]


@SEAWEED
@pytest.mark.parametrize("fault", OFTEN)
def test_all_else_survives(
    make_store: Callable[..., S3Store], bucket: str, client: Any, proxy: FaultProxy, fault: str
) -> None:
    keys = [f"f/{number}" for number in range(3)]
    for key in keys:
        client.put_object(Bucket=bucket, Key=key, Body=b"x" * 50)
    listed: list[int | None] = []
    store = _warm(make_store, bucket, fault)

    def act() -> None:
        listed.clear()
        with store.write(f"s3://{bucket}/small") as sink:
            sink.write(b"small")
        listed.extend(entry.size for entry in store.list(f"s3://{bucket}/f/"))
        listed.append(store.size(f"s3://{bucket}/f/0"))
        store.copy(f"s3://{bucket}/f/1", f"s3://{bucket}/g/1")
        store.purge(f"s3://{bucket}/g/")

    def is_right() -> None:
        assert listed[:4] in ([], [50, 50, 50], [50] * 4)
        there = [item["Key"] for item in client.list_objects_v2(Bucket=bucket)["Contents"]]
        assert set(keys) <= set(there) <= {*keys, "small", "g/1"}

    _each_request(proxy, fault, act, is_right)


def test_a_server_that_stays_busy_is_given_up_after_the_deadline(
    make_store: Callable[..., S3Store], bucket: str, proxy: FaultProxy
) -> None:
    store = make_store(timeout=1, deadline=1.5)
    proxy.harm("slow down", lambda _number, _exchange: True)
    with pytest.raises(StoreError, match="SlowDown"):
        store.open(f"s3://{bucket}/k")
    assert 3 <= len(proxy.seen) < 15


def test_a_busy_server_is_asked_more_and_more_seldom(
    make_store: Callable[..., S3Store], bucket: str, client: Any, proxy: FaultProxy
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    store = make_store(**PATIENCE)
    store.make_folder(f"s3://{bucket}/")
    proxy.harm("slow down", lambda number, _exchange: number <= 5)
    assert store.size(f"s3://{bucket}/k") == 1
    pauses = [then - now for now, then in pairwise(proxy.times)]
    assert len(pauses) == 5
    for tries, pause in enumerate(pauses):
        assert pause >= FIRST_PAUSE / 2 * 2**tries
    assert sum(pauses) > 5 * FIRST_PAUSE


def test_a_server_may_name_its_pause(
    make_store: Callable[..., S3Store], bucket: str, client: Any, proxy: FaultProxy
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    store = make_store(**PATIENCE)
    proxy.harm("slow down for a second", 1)
    assert store.size(f"s3://{bucket}/k") == 1
    assert proxy.times[1] - proxy.times[0] >= 1


def test_a_server_that_is_not_there_is_said_soon(
    server: Any, make_store: Callable[..., S3Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mover_s3.retry.CONNECT_DEADLINE", 0.5)
    assert CONNECT_DEADLINE <= 10
    store = make_store(endpoint_url="http://127.0.0.1:1")
    with pytest.raises(StoreError, match="cannot reach the server of 's3://b/"):
        store.size("s3://b/k")


@SEAWEED
def test_a_refusal_in_the_middle_aborts_the_upload(
    make_store: Callable[..., S3Store], bucket: str, client: Any, noise: bytes, proxy: FaultProxy
) -> None:
    store = make_store(**PATIENCE)
    proxy.harm("expired", lambda _number, exchange: "partNumber=2" in exchange.path)
    with (
        pytest.raises(AccessError, match="have expired; sign in again"),
        store.write(f"s3://{bucket}/k") as sink,
    ):
        sink.write(noise[: 17 * MIB])
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert not client.list_multipart_uploads(Bucket=bucket).get("Uploads")


@SEAWEED
@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(25))
def test_a_bad_day_ends_right_or_with_a_clear_error(
    make_store: Callable[..., S3Store],
    bucket: str,
    client: Any,
    noise: bytes,
    proxy: FaultProxy,
    seed: int,
) -> None:
    chance = random.Random(seed)
    fault = chance.choice([*OFTEN, "damaged upload"])
    unlucky = {number for number in range(1, 400) if chance.random() < 0.15}
    data = noise[seed : seed + chance.randrange(len(noise) - seed)]
    proxy.harm(fault, lambda number, _exchange: number in unlucky)
    store, got = make_store(**PATIENCE), None
    try:
        with store.write(f"s3://{bucket}/k") as sink:
            sink.write(data)
        with store.open(f"s3://{bucket}/k") as stream:
            got = stream.read()
    except MoverError as error:
        got = None
        said = str(error)
    else:
        said = ""
    assert "\n" not in said
    assert got in (None, data)
    if client.list_objects_v2(Bucket=bucket)["KeyCount"]:
        assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == data
