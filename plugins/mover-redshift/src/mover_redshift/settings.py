"""What a user sets for Redshift: in the query of the URL, or in the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from records_mover.db.settings import check_choice, listed, said
from records_mover.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import URL

__all__ = ["NAMES", "Settings", "settings_of"]

NAMES = {
    "iam_role": "the role that COPY and UNLOAD use: an ARN, several joined by commas, or default",
    "diststyle": "the DISTSTYLE of tables that are made: auto, even, all or key",
    "distkey": "the column that tables that are made are distributed by",
    "sortkey": "the columns that tables that are made are sorted by, joined by commas",
    "max_statement_rows": "how many rows may travel as statements, where nothing is staged",
    "compupdate": "COMPUPDATE of COPY: on, off or preset; left to the server where it is not set",
    "statupdate": "STATUPDATE of COPY: on or off; left to the server where it is not set",
    "unload_max_mb": "MAXFILESIZE of UNLOAD in megabytes, 5 to 6200",
    "unload_parallel": "PARALLEL of UNLOAD: on or off",
    "unload_kms_key_id": "the key of KMS that UNLOAD encrypts its files with",
    "unload_wait_seconds": "how long to look for an UNLOAD's manifest when its connection is lost",
    "spectrum_base_url": "the folder of S3 below which files of external tables are written",
    "spectrum_partition": "the columns that external tables that are made are partitioned by",
    "unload_partition": "the columns that UNLOAD partitions Parquet by, joined by commas",
}
"""Each may stand in the URL as ``?iam_role=...``, or in the environment as REDSHIFT_IAM_ROLE."""

_CHOICES = {
    "diststyle": ("all", "auto", "even", "key"),
    "compupdate": ("off", "on", "preset"),
    "statupdate": ("off", "on"),
    "unload_parallel": ("off", "on"),
}
_RANGES = {
    "max_statement_rows": (0, 1 << 62),
    "unload_max_mb": (5, 6_200),
    "unload_wait_seconds": (0, 24 * 3600),
}
_ROWS = 100_000
_SECONDS = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one database."""

    iam_role: str = ""
    diststyle: str = ""
    distkey: str = ""
    sortkey: tuple[str, ...] = ()
    max_statement_rows: int = _ROWS
    compupdate: str = ""
    statupdate: str = ""
    unload_max_mb: int | None = None
    unload_parallel: str = ""
    unload_kms_key_id: str = ""
    unload_wait_seconds: int = _SECONDS
    spectrum_base_url: str = ""
    spectrum_partition: tuple[str, ...] = ()
    unload_partition: tuple[str, ...] = ()


def settings_of(url: URL, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings of a URL, and from the environment those that it does not name."""
    found = said(NAMES, url, environment, "REDSHIFT")
    for name, value in found.items():
        _check(name, value)
    return Settings(
        iam_role=found.get("iam_role", ""),
        diststyle=found.get("diststyle", "").lower(),
        distkey=found.get("distkey", ""),
        sortkey=listed(found.get("sortkey", "")),
        max_statement_rows=int(found.get("max_statement_rows", _ROWS)),
        compupdate=found.get("compupdate", "").lower(),
        statupdate=found.get("statupdate", "").lower(),
        unload_max_mb=int(found["unload_max_mb"]) if "unload_max_mb" in found else None,
        unload_parallel=found.get("unload_parallel", "").lower(),
        unload_kms_key_id=found.get("unload_kms_key_id", ""),
        unload_wait_seconds=int(found.get("unload_wait_seconds", _SECONDS)),
        spectrum_base_url=found.get("spectrum_base_url", ""),
        spectrum_partition=listed(found.get("spectrum_partition", "")),
        unload_partition=listed(found.get("unload_partition", "")),
    )


def _check(name: str, value: str) -> None:
    check_choice(name, value, _CHOICES.get(name, ()), "Redshift")
    limits = _RANGES.get(name)
    if limits is not None and not (value.isdecimal() and limits[0] <= int(value) <= limits[1]):
        advice = f"write a whole number from {limits[0]} to {limits[1]}"
        raise ConfigError(f"the setting {name} of Redshift cannot be {value!r}", advice)
