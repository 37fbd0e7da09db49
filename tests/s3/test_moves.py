"""Whole moves between S3 and PostgreSQL, streamed through this machine and never staged on it."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from records_mover import Session
from records_mover.errors import FormatError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from records_mover.records import MoveResult

    Move = Callable[..., MoveResult]

ROWS = b'id,name,price\n1,"a, b",1.50\n2,"",\n3,,2.25\n'


@pytest.fixture
def move(server: Any) -> Iterator[Move]:
    with Session() as session:
        yield session.move


def put(client: Any, bucket: str, key: str, body: bytes) -> str:
    client.put_object(Bucket=bucket, Key=key, Body=body)
    return f"s3://{bucket}/{key}"


def get(client: Any, bucket: str, key: str) -> bytes:
    body: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def test_an_object_goes_into_a_table_and_back(
    move: Move, client: Any, bucket: str, pg_url: str
) -> None:
    source = put(client, bucket, "in/trips.csv", ROWS)
    assert move(source, f"{pg_url}::t").route == ("read", "postgres-copy-in")
    assert move(f"{pg_url}::t", f"s3://{bucket}/out/t.csv").rows == 3
    assert get(client, bucket, "out/t.csv") == ROWS


def test_a_packed_object_is_unpacked_on_the_way(
    move: Move, client: Any, bucket: str, pg_url: str
) -> None:
    source = put(client, bucket, "trips.csv.gz", gzip.compress(ROWS))
    assert move(source, f"{pg_url}::t").rows == 3


@pytest.mark.parametrize("options", [{}, {"max_failure_rows": 9}])
def test_an_object_that_vanished_is_named_and_nothing_is_loaded(
    move: Move, client: Any, bucket: str, pg_url: str, options: dict[str, int]
) -> None:
    source = put(client, bucket, "in.csv", ROWS)
    move(source, f"{pg_url}::t")
    move(f"{pg_url}::t", f"s3://{bucket}/dir/")
    (data,) = (
        found["Key"]
        for found in client.list_objects_v2(Bucket=bucket, Prefix="dir/data")["Contents"]
    )
    client.delete_object(Bucket=bucket, Key=data)
    with pytest.raises(NotFoundError, match=r"data\.csv.*not there"):
        move(f"s3://{bucket}/dir/", f"{pg_url}::t", if_exists="truncate", **options)
    with pytest.raises(NotFoundError, match="gone"):
        move(f"s3://{bucket}/gone.csv", f"{pg_url}::t", if_exists="truncate", **options)
    assert move(f"{pg_url}::t", f"s3://{bucket}/still.csv").rows == 3


def test_objects_below_a_prefix_are_one_source(
    move: Move, client: Any, bucket: str, pg_url: str
) -> None:
    for number in range(5):
        put(client, bucket, f"many/part{number}.csv", b"id,name\n%d,x\n" % number)
    assert move(f"s3://{bucket}/many/", f"{pg_url}::t").rows == 5


def test_a_records_directory_is_written_and_read(
    move: Move, client: Any, bucket: str, pg_url: str
) -> None:
    source = put(client, bucket, "in.csv", ROWS)
    move(source, f"{pg_url}::t")
    move(f"{pg_url}::t", f"s3://{bucket}/dir/")
    keys = {
        found["Key"].rsplit("/", 1)[-1]
        for found in client.list_objects_v2(Bucket=bucket, Prefix="dir/")["Contents"]
    }
    assert keys == {"data.csv", "_manifest", "_schema.json", "_format_delimited"}
    assert move(f"s3://{bucket}/dir/", f"{pg_url}::again").rows == 3


def test_parquet_goes_into_a_table(move: Move, client: Any, bucket: str, pg_url: str) -> None:
    source = put(client, bucket, "in.csv", ROWS)
    move(source, f"s3://{bucket}/in.parquet")
    assert move(f"s3://{bucket}/in.parquet", f"{pg_url}::t").rows == 3


def test_an_object_is_copied_where_it_is(move: Move, client: Any, bucket: str) -> None:
    source = put(client, bucket, "in.csv", ROWS)
    assert move(source, f"s3://{bucket}/copied.csv").route == ("copy",)
    assert get(client, bucket, "copied.csv") == ROWS
    packed = move(source, f"s3://{bucket}/copied.csv.gz")
    assert packed.route == ("read", "compress", "write")
    assert gzip.decompress(get(client, bucket, "copied.csv.gz")) == ROWS


def test_objects_are_copied_into_a_records_directory_where_they_are(
    move: Move, client: Any, bucket: str
) -> None:
    for number in range(5):
        put(client, bucket, f"many/part{number}.csv", b"id,name\n%d,x\n" % number)
    copied = move(f"s3://{bucket}/many/", f"s3://{bucket}/dir/")
    assert copied.route == ("copy",)
    assert sorted(copied.output_urls) == [f"data{number:03}.csv" for number in range(1, 6)]
    assert get(client, bucket, "dir/data003.csv") == b"id,name\n2,x\n"
    again = move(f"s3://{bucket}/dir/", f"s3://{bucket}/again/")
    assert again.route == ("copy",)
    joined = move(f"s3://{bucket}/again/", f"s3://{bucket}/one.csv")
    assert joined.route == ("read", "write")
    assert get(client, bucket, "one.csv") == b"id,name\n0,x\n1,x\n2,x\n3,x\n4,x\n"


def test_objects_go_into_files_and_files_into_objects(
    move: Move, client: Any, bucket: str, tmp_path: Path
) -> None:
    source = put(client, bucket, "in.csv", ROWS)
    assert move(source, tmp_path / "out.csv").route == ("read", "write")
    assert (tmp_path / "out.csv").read_bytes() == ROWS
    assert move(tmp_path / "out.csv", f"s3://{bucket}/back.csv").route == ("read", "write")
    assert get(client, bucket, "back.csv") == ROWS


def test_a_csv_of_the_web_goes_into_a_table(
    move: Move, pg_url: str, tmp_path: Path, client: Any, bucket: str
) -> None:
    source = put(client, bucket, "web.csv", ROWS)
    bucket_name, key = source.removeprefix("s3://").split("/", 1)
    asked = {"Bucket": bucket_name, "Key": key}
    url = client.generate_presigned_url("get_object", Params=asked)
    assert move(url, f"{pg_url}::t", format="csv").rows == 3


def test_a_parquet_records_directory_goes_into_a_table_and_back(
    move: Move, client: Any, bucket: str, pg_url: str
) -> None:
    source = put(client, bucket, "in.csv", ROWS)
    move(source, f"s3://{bucket}/pq/", target_format="parquet")
    assert move(f"s3://{bucket}/pq/", f"{pg_url}::t").rows == 3
    move(f"{pg_url}::t", f"s3://{bucket}/back/", target_format="parquet")
    assert move(f"s3://{bucket}/back/", f"{pg_url}::again").rows == 3


def test_a_load_that_fails_leaves_the_old_rows(
    move: Move, client: Any, bucket: str, pg_url: str
) -> None:
    from records_mover.errors import BadRowError

    move(put(client, bucket, "good.csv", ROWS), f"{pg_url}::t")
    bad = put(client, bucket, "bad.csv", b"id,name,price\n1,x,dear\n")
    with pytest.raises(BadRowError, match="dear"):
        move(bad, f"{pg_url}::t", if_exists="truncate")
    assert move(f"{pg_url}::t", f"s3://{bucket}/still.csv").rows == 3


def test_folders_by_key_are_one_table(move: Move, client: Any, bucket: str, pg_url: str) -> None:
    for year, month, row in ((2023, "01", 1), (2024, "02", 2), (2024, "12", 3)):
        put(client, bucket, f"in/year={year}/month={month}/a.csv", b"id\n%d\n" % row)
    put(client, bucket, "in/_SUCCESS", b"")
    assert move(f"s3://{bucket}/in/", f"{pg_url}::t").rows == 3
    move(f"{pg_url}::t", f"s3://{bucket}/out.csv")
    lines = get(client, bucket, "out.csv").split()
    assert lines[0] == b"id,year,month"
    assert sorted(lines[1:]) == [b"1,2023,01", b"2,2024,02", b"3,2024,12"]
    put(client, bucket, "in/beside.csv", b"id\n4\n")
    with pytest.raises(FormatError, match="in folders by key more of them"):
        move(f"s3://{bucket}/in/", f"{pg_url}::t")
