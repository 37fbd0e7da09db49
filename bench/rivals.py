"""The same jobs by other libraries: ``python rivals.py JOB ARGUMENT...``, in their environment."""

from __future__ import annotations

import sys
from typing import Any


def adbc_out(url: str, table: str, path: str) -> None:
    """Fetch a table by ADBC and write it as Parquet by pyarrow."""
    import adbc_driver_postgresql.dbapi as adbc
    import pyarrow.parquet as pq

    with adbc.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        pq.write_table(cursor.fetch_arrow_table(), path)


def adbc_in(path: str, url: str, table: str) -> None:
    """Read Parquet by pyarrow and append it by ADBC, which knows no numeric to write."""
    import adbc_driver_postgresql.dbapi as adbc
    import pyarrow.parquet as pq

    with adbc.connect(url) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest(table, pq.read_table(path), mode="append")
        connection.commit()


def connectorx_out(url: str, table: str, path: str) -> None:
    """Fetch a table by connectorx and write it as Parquet by pyarrow."""
    import connectorx
    import pyarrow.parquet as pq

    found: Any = connectorx.read_sql(url, f"SELECT * FROM {table}", return_type="arrow")
    rows = found if hasattr(found, "schema") and hasattr(found, "num_rows") else found.read_all()
    pq.write_table(rows, path)


def frame_in(path: str, url: str, table: str) -> None:
    """Append a DataFrame by ``to_sql``."""
    import pandas as pd
    import sqlalchemy as sa

    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg2:", 1))
    frame = pd.read_parquet(path)
    frame.to_sql(table, engine, if_exists="append", index=False, method="multi", chunksize=1000)


def dlt_in(path: str, url: str, table: str) -> None:
    """Load a CSV file by dlt, whose state goes into a folder beside the file's."""
    import dlt
    import pyarrow.csv as pacsv

    pipeline = dlt.pipeline(
        "bench", destination=dlt.destinations.postgres(url), dataset_name="dlt_bench"
    )
    pipeline.run(pacsv.read_csv(path), table_name=table, write_disposition="replace")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
