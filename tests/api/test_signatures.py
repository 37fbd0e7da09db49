"""Names, parameters, their order and their defaults are those of 1.x."""

from __future__ import annotations

import inspect
import subprocess
import sys
from functools import reduce
from typing import TYPE_CHECKING, Any

import pytest

import records_mover
from records_mover import Session
from records_mover.mover_types import PleaseInfer
from records_mover.records import DelimitedRecordsFormat, ExistingTableHandling

if TYPE_CHECKING:
    from collections.abc import Mapping

# Parameters in their order, and their defaults, as 1.x documents them.
FACTORIES = {
    "sources.dataframe": "df, processing_instructions, records_schema, include_index",
    "sources.dataframes": "dfs, processing_instructions, records_schema, include_index",
    "sources.fileobjs": (
        "target_names_to_input_fileobjs, records_format, initial_hints, records_schema"
    ),
    "sources.data_url": "input_url, records_format, initial_hints, records_schema",
    "sources.table": "db_engine, schema_name, table_name, db_conn",
    "sources.directory_from_url": "url, hints, fail_if_dont_understand",
    "sources.local_file": "filename, records_format, initial_hints, records_schema",
    "sources.google_sheet": (
        "spreadsheet_id, sheet_name_or_range, google_cloud_creds, out_of_band_column_headers, "
        "header_translator"
    ),
    "targets.directory_from_url": "output_url, records_format",
    "targets.table": (
        "db_engine, schema_name, table_name, existing_table_handling, "
        "drop_and_recreate_on_load_error, add_user_perms_for, add_group_perms_for, db_conn"
    ),
    "targets.google_sheet": "spreadsheet_id, sheet_name, google_cloud_creds",
    "targets.fileobj": "output_fileobj, records_format",
    "targets.data_url": "output_url, records_format",
    "targets.local_file": "filename, records_format",
    "targets.spectrum": (
        "schema_name, table_name, db_engine, spectrum_base_url, spectrum_rdir_url, "
        "existing_table_handling"
    ),
    "move": "records_source, records_target, processing_instructions",
}
# What users call or make themselves, beside the factories.
SIGNATURES: dict[str, str] = {
    "Session": "default_db_creds_name",
    "Session.db_driver": "db, db_conn, db_engine",
    "Session.get_db_engine": "db_creds_name, creds_provider",
    "Session.get_default_db_engine": "",
    "Session.file_url": "url",
    "Session.directory_url": "url",
    "Session.set_stream_logging": "name, level, stream, fmt, datefmt",
    "set_stream_logging": "name, level, stream, fmt, datefmt",
    "Records": "db_driver, url_resolver, session",
    "move": "records_source, records_target, processing_instructions",
    "ProcessingInstructions": (
        "fail_if_dont_understand, fail_if_cant_handle_hint, fail_if_row_invalid, "
        "max_inference_rows, max_failure_rows"
    ),
    "records.DelimitedRecordsFormat": "variant, hints, processing_instructions",
    "records.DelimitedRecordsFormat.alter_hints": "new_hints",
    "records.DelimitedRecordsFormat.alter_variant": "variant",
    "records.DelimitedRecordsFormat.base_hints_from_variant": "fail_if_dont_understand",
    "records.DelimitedRecordsFormat.config": "",
    "records.DelimitedRecordsFormat.json": "",
    "records.DelimitedRecordsFormat.generate_filename": "basename",
    "records.DelimitedRecordsFormat.validate": "fail_if_cant_handle_hint",
    "records.RecordsFormat": "format_type, variant, hints, processing_instructions",
    "records.AvroRecordsFormat": "",
    "records.ParquetRecordsFormat": "",
    "records.RecordsSchema": "fields, known_representations",
    "records.RecordsSchema.from_db_table": "schema_name, table_name, driver",
    "records.RecordsSchema.to_data": "",
    "records.RecordsSchema.to_json": "",
    "records.RecordsSchema.to_schema_sql": "driver, schema_name, table_name",
    "records.RecordsSchema.from_dataframe": "df, processing_instructions, include_index",
    "records.RecordsSchema.cast_dataframe_types": "df",
    "records.RecordsSchema.assign_dataframe_names": "include_index, df",
    "records.RecordsSchema.to_empty_dataframe": "",
    "creds.BaseCreds": "default_db_creds_name",
    "creds.BaseCreds.default_db_facts": "",
    "creds.BaseCreds.default_scratch_s3_url": "",
    "db.DBDriver.has_table": "schema, table",
    "db.DBDriver.table": "schema, table",
    "db.DBDriver.schema_sql": "schema, table",
    "db.DBDriver.varchar_length_is_in_chars": "",
    "db.DBDriver.supports_time_type": "",
    "db.DBDriver.type_for_date_plus_time": "has_tz",
    "db.DBDriver.make_column_name_valid": "colname",
    "url.BaseFileUrl.open": "mode",
    "url.BaseFileUrl.exists": "",
    "url.BaseFileUrl.size": "",
    "url.BaseFileUrl.delete": "",
    "url.BaseFileUrl.filename": "",
    "url.BaseFileUrl.string_contents": "encoding",
    "url.BaseFileUrl.store_string": "contents",
    "url.BaseFileUrl.json_contents": "",
    "url.BaseFileUrl.upload_fileobj": "fileobj, mode",
    "url.BaseFileUrl.download_fileobj": "output_fileobj",
    "url.BaseFileUrl.copy_to": "other",
    "url.BaseFileUrl.concatenate_from": "other_locs",
    "url.BaseFileUrl.rename_to": "new",
    "url.BaseFileUrl.wait_to_exist": "log_level, ms_between_polls",
    "url.BaseFileUrl.containing_directory": "",
    "url.BaseFileUrl.file_in_this_directory": "filename",
    "url.BaseFileUrl.directory_in_this_directory": "directory_name",
    "url.BaseFileUrl.temporary_directory": "",
    "url.BaseFileUrl.is_directory": "",
    "url.BaseDirectoryUrl.directory_in_this_directory": "directory_name",
    "url.BaseDirectoryUrl.file_in_this_directory": "filename",
    "url.BaseDirectoryUrl.files_in_directory": "",
    "url.BaseDirectoryUrl.directories_in_directory": "",
    "url.BaseDirectoryUrl.files_and_directories_in_directory": "",
    "url.BaseDirectoryUrl.files_matching_prefix": "prefix",
    "url.BaseDirectoryUrl.purge_directory": "",
    "url.BaseDirectoryUrl.copy_to": "other_loc",
    "url.BaseDirectoryUrl.is_directory": "",
    "url.BaseDirectoryUrl.containing_directory": "",
    "url.BaseDirectoryUrl.temporary_directory": "",
    "url.BaseDirectoryUrl.filename": "",
}
HINTS = (
    *("header-row", "field-delimiter", "record-terminator", "compression", "quoting"),
    *("quotechar", "doublequote", "escape", "encoding", "dateformat", "timeonlyformat"),
    *("datetimeformattz", "datetimeformat"),
)
SESSION = (
    *("default_aws_creds_name", "default_gcp_creds_name", "session_type", "scratch_s3_url"),
    *("creds", "default_db_facts", "default_boto3_session", "default_gcp_creds"),
    *("default_gcs_client", "scratch_gcs_url"),
)
"""What a session takes by name, and infers where the word for that is given."""

DEFAULTS: dict[str, dict[str, object]] = {
    "sources.dataframe": {"include_index": False},
    "sources.directory_from_url": {"fail_if_dont_understand": True},
    "targets.table": {
        "existing_table_handling": ExistingTableHandling.DELETE_AND_OVERWRITE,
        "drop_and_recreate_on_load_error": False,
    },
    "targets.spectrum": {"existing_table_handling": ExistingTableHandling.TRUNCATE_AND_OVERWRITE},
}


@pytest.mark.parametrize("factory", FACTORIES)
def test_a_factory_has_the_parameters_of_1_x_in_their_order(session: Session, factory: str) -> None:
    found: Any = session.records
    for word in factory.split("."):
        found = getattr(found, word)
    given = inspect.signature(found).parameters
    wanted = FACTORIES[factory].split(", ")
    assert list(given)[: len(wanted)] == wanted
    defaults = DEFAULTS.get(factory, {})
    assert {name: given[name].default for name in defaults} == defaults


@pytest.mark.parametrize("name", SIGNATURES)
def test_what_users_call_has_the_parameters_of_1_x_in_their_order(name: str) -> None:
    given = _parameters(name)
    wanted = SIGNATURES[name].split(", ") if SIGNATURES[name] else []
    assert list(given)[: len(wanted)] == wanted
    more = [one for one in list(given.values())[len(wanted) :] if one.kind in _NEEDED]
    assert all(one.default is not inspect.Parameter.empty for one in more)


_NEEDED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def _parameters(name: str) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of a function, a class or a method, without the object itself."""
    found: Any = reduce(getattr, name.split("."), records_mover)
    given = dict(inspect.signature(found).parameters)
    given.pop("self", None)
    return given


GIVEN: dict[str, dict[str, object]] = {
    "ProcessingInstructions": {
        "fail_if_dont_understand": True,
        "fail_if_cant_handle_hint": True,
        "fail_if_row_invalid": True,
        "max_failure_rows": None,
    },
    "records.DelimitedRecordsFormat": {"variant": "bluelabs"},
    "records.RecordsFormat": {"format_type": "delimited", "variant": "bluelabs"},
    "url.BaseFileUrl.open": {"mode": "rb"},
    "url.BaseFileUrl.string_contents": {"encoding": "utf-8"},
    "url.BaseFileUrl.upload_fileobj": {"mode": "wb"},
    "url.BaseFileUrl.wait_to_exist": {"ms_between_polls": 50},
    "set_stream_logging": {
        "name": "records_mover",
        "level": 20,
        "fmt": "%(asctime)s - %(message)s",
        "datefmt": "%H:%M:%S",
    },
}
"""Defaults that are as they were; those that are not stand in the page on migration."""


@pytest.mark.parametrize("name", GIVEN)
def test_the_defaults_are_those_of_1_x(name: str) -> None:
    parameters = _parameters(name)
    assert {one: parameters[one].default for one in GIVEN[name]} == GIVEN[name]


def test_a_session_takes_every_word_of_1_x_and_infers_what_is_not_given() -> None:
    assert Session("name", **dict.fromkeys(SESSION, PleaseInfer.token)).session_type == "env"  # type: ignore[arg-type]
    assert next(iter(_parameters("Session"))) == "default_db_creds_name"
    with pytest.raises(TypeError, match="unexpected argument 'default_db_cred_name'"):
        Session(default_db_cred_name="name")


def test_the_hints_are_those_of_1_x_in_both_spellings() -> None:
    checked = DelimitedRecordsFormat("csv").validate(fail_if_cant_handle_hint=True)
    hints = DelimitedRecordsFormat("csv").hints
    for name in HINTS:
        assert getattr(checked, name.replace("-", "_")) == hints[name]


def test_every_name_is_there_without_an_import_of_its_own() -> None:
    """As 1.x had imported all of it; notebooks complete the names that are told."""
    code = (
        "import records_mover; "
        "print(records_mover.records.sources.RecordsSources.__name__, "
        "records_mover.records.ProcessingInstructions.__name__, "
        "records_mover.url.BaseFileUrl.__name__, records_mover.logging.register_secret.__name__); "
        "told = {*dir(records_mover), *dir(records_mover.records)}; "
        "names = {*records_mover.__all__, *records_mover.records.__all__}; "
        "print(names - told, {'records', 'db', 'url', 'creds'} - told)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout
    assert shown.split("\n")[:2] == [
        "RecordsSources ProcessingInstructions BaseFileUrl register_secret",
        "set() set()",
    ]
