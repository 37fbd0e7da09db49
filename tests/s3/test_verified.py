"""``verify`` reads objects again: as a source, as a target, and the files of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from records_mover import Session

if TYPE_CHECKING:
    from pathlib import Path

    from mover_s3.store import S3Store


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "folder/"])
def test_objects_are_compared_with_a_table_and_the_other_way(
    store: S3Store, bucket: str, tmp_path: Path, name: str
) -> None:
    source = tmp_path / "t.csv"
    source.write_bytes(b"id,a\n" + b"".join(b"%d,x%d\n" % (i, i) for i in range(1000)))
    with Session() as session:
        there = session.move(source, f"s3://{bucket}/{name}", verify=True)
        back = session.move(f"s3://{bucket}/{name}", f"sqlite:///{tmp_path}/x.db::t", verify=True)
    for moved in (there, back):
        assert "a checksum of 2 columns" in moved.compared
    assert not [entry.url for entry in store.list(f"s3://{bucket}/") if ".mover" in entry.url]
