"""Write a CSV file of ``lineitem`` as Parquet: ``as_parquet CSV PARQUET [DOUBLES ...]``."""

from __future__ import annotations

import sys

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

if __name__ == "__main__":
    kinds = {"l_linenumber": pa.int32()} | dict.fromkeys(sys.argv[3:], pa.float64())
    exact = pacsv.ConvertOptions(column_types=kinds)
    pq.write_table(pacsv.read_csv(sys.argv[1], convert_options=exact), sys.argv[2])
