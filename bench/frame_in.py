"""Append a DataFrame that was read from Parquet: ``frame_in PATH TARGET``."""

from __future__ import annotations

import sys

import pandas as pd

from records_mover import move

if __name__ == "__main__":
    move(pd.read_parquet(sys.argv[1]), sys.argv[2], if_exists="append")
