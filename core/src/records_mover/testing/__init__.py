"""The conformance kit for plugin authors: subclass a suite, name your part, and run pytest.

It needs ``records-mover[testing]``, and is imported by nothing else of records-mover.
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    *(f"{__name__}.{each}_suite" for each in ("creds", "database", "loader", "part", "plugin")),
    *(f"{__name__}.{each}" for each in ("moving", "spoken", "store_suite", "unloader_suite")),
)

from records_mover.testing.bench import Bench, SqlBench, Table  # noqa: E402 - rewritten from here on
from records_mover.testing.case import NameCase, Shape, ValueCase, cases_of  # noqa: E402
from records_mover.testing.creds_suite import CredsSuite, Known  # noqa: E402
from records_mover.testing.database_suite import DatabaseSuite  # noqa: E402
from records_mover.testing.gap import Gap, lossy, missing, refused  # noqa: E402
from records_mover.testing.loader_suite import LoaderSuite  # noqa: E402
from records_mover.testing.plugin_suite import PluginSuite  # noqa: E402
from records_mover.testing.store_suite import StoreSuite  # noqa: E402
from records_mover.testing.suite import Suite  # noqa: E402
from records_mover.testing.texts import canonical  # noqa: E402
from records_mover.testing.unloader_suite import UnloaderSuite  # noqa: E402

__all__ = [
    "Bench",
    "CredsSuite",
    "DatabaseSuite",
    "Gap",
    "Known",
    "LoaderSuite",
    "NameCase",
    "PluginSuite",
    "Shape",
    "SqlBench",
    "StoreSuite",
    "Suite",
    "Table",
    "UnloaderSuite",
    "ValueCase",
    "canonical",
    "cases_of",
    "lossy",
    "missing",
    "refused",
]
