"""The packages that users of 1.x import from: what is in them, and that it works."""

from __future__ import annotations

import gc
import io
import json
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, is_typeddict

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

import records_mover
from records_mover import Session
from records_mover.db import (
    DBDriver,
    LoadUnloadError,
    create_sqlalchemy_url,
    engine_from_db_facts,
    quote_column_name,
    quote_group_name,
    quote_schema_and_table,
    quote_table_only,
    quote_user_name,
    quote_value,
)
from records_mover.db.factory import db_driver
from records_mover.errors import (
    CredsError,
    EndpointError,
    MoverError,
    NotFoundError,
    StoreError,
    UsageError,
)
from records_mover.pandas import (
    NumPyJSONEncoder,
    frame_dtypes,
    frame_to_arrow,
    json_dumps,
    purge_unnamed_unused_columns,
    schema_of_frame,
    to_arrow_frame,
    to_frame,
)
from records_mover.schema import Field, RecordsSchema
from records_mover.url import BaseDirectoryUrl, BaseFileUrl, UrlResolver
from records_mover.url.raw import RawFile

if TYPE_CHECKING:
    from collections.abc import Callable

    Rows = Callable[[str], list[tuple[Any, ...]]]

NAMES = {
    "records_mover": "__version__ Session Records set_stream_logging move sources targets",
    "records_mover.records": (
        "PartialRecordsHints UntypedRecordsHints RecordsFormatType RecordsSchema RecordsFormat "
        "DelimitedVariant DelimitedRecordsFormat AvroRecordsFormat ParquetRecordsFormat "
        "ProcessingInstructions ExistingTableHandling RecordsFolderNonEmptyException "
        "RecordsException Records move MoveResult"
    ),
    "records_mover.records.sources": "RecordsSources RecordsSource",
    "records_mover.records.targets": "RecordsTargets RecordsTarget",
    "records_mover.records.schema": "RecordsSchema",
    "records_mover.db": (
        "DBDriver create_sqlalchemy_url quote_schema_and_table quote_table_only quote_column_name "
        "quote_user_name quote_group_name quote_value"
    ),
    "records_mover.db.connect": "create_sqlalchemy_url engine_from_db_facts",
    "records_mover.db.factory": "db_driver",
    "records_mover.db.errors": (
        "LoadUnloadError NoTemporaryBucketConfiguration LoadError CredsDoNotSupportS3Import "
        "UnloadError S3ExportNotSupported DatabaseDoesNotSupportS3Export CredsDoNotSupportS3Export"
    ),
    "records_mover.url": "BaseFileUrl BaseDirectoryUrl UrlResolver",
    "records_mover.url.resolver": "UrlResolver",
    "records_mover.creds": "BaseCreds CredsViaEnv CredsViaLastPass CredsViaAirflow",
    "records_mover.logging": "set_stream_logging register_secret SecretsRedactingLogStream",
    "records_mover.mover_types": "PleaseInfer",
    "records_mover.utils": "lazyprop",
    "records_mover.airflow.provider": "get_provider_info",
}


@pytest.mark.parametrize("package", NAMES)
def test_a_package_has_the_names_of_1_x(package: str) -> None:
    module = import_module(package)
    for name in NAMES[package].split():
        assert getattr(module, name) is not None


@pytest.mark.parametrize(
    "package",
    ["records_mover", "records_mover.records", "records_mover.db", "records_mover.url",
     "records_mover.creds", "records_mover.pandas", "records_mover.utils", "records_mover.schema"],
)  # fmt: skip
def test_every_public_name_is_there_and_described(package: str) -> None:
    module = import_module(package)
    assert module.__all__ == sorted(module.__all__, key=_as_ruff_sorts)
    for name in module.__all__:
        value = getattr(module, name)
        described = isinstance(value, type) and not is_typeddict(value)
        assert value.__doc__ or not described, name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        module.nothing  # noqa: B018


def _as_ruff_sorts(name: str) -> tuple[int, str]:
    """Constants first, then classes, then the rest."""
    bare = name.lstrip("_")
    return (0 if bare.isupper() else 1 if bare[:1].isupper() else 2, name)


def test_the_modules_that_airflow_is_told_of_are_there() -> None:
    from records_mover.airflow.provider import get_provider_info

    info = get_provider_info()
    here = Path(records_mover.__file__).parents[1]
    modules = [
        module
        for kind in ("hooks", "operators")
        for one in info[kind]
        for module in one["python-modules"]
    ]
    assert all((here / f"{module.replace('.', '/')}.py").exists() for module in modules)
    assert info["versions"] == [records_mover.__version__]


# url


def test_files_and_folders_are_objects(session: Session, tmp_path: Path) -> None:
    folder = session.directory_url(f"{tmp_path.as_uri()}/in/")
    assert (folder.scheme, folder.filename(), folder.is_directory()) == ("file", "in", True)
    folder.make()
    file = folder.file_in_this_directory("a.json")
    assert not file.exists()
    with pytest.raises(FileNotFoundError):
        file.open()
    file.store_string('{"a": 1}')
    assert (file.exists(), file.size(), file.json_contents()) == (True, 8, {"a": 1})
    assert file.upload_fileobj(io.BytesIO(b"[]")) == 2
    out = io.BytesIO()
    file.download_fileobj(out)
    assert out.getvalue() == b"[]"
    assert file.upload_fileobj(io.BytesIO()) == 0
    assert file.json_contents() is None
    file.wait_to_exist()
    assert (file.filename(), file.is_directory()) == ("a.json", False)
    assert repr(file) == f"BaseFileUrl('{folder}a.json')"
    assert file == session.file_url(str(file))
    assert len({file, session.file_url(str(file))}) == 1
    assert file.containing_directory() == folder
    assert str(file.file_in_this_directory("b")) == f"{folder}b"
    assert str(file.directory_in_this_directory("b")) == f"{folder}b/"
    file.delete()
    assert not file.exists()


def test_what_is_written_in_vain_does_not_appear(session: Session, tmp_path: Path) -> None:
    file = session.file_url(str(tmp_path / "a"))
    with pytest.raises(ZeroDivisionError), file.open("wb") as sink:
        _fail_half_way(sink)
    assert list(tmp_path.iterdir()) == []
    sink = file.open("wb")
    sink.write(b"whole")
    assert not file.exists()
    sink.close()
    assert file.string_contents() == "whole"
    with pytest.raises(StoreError, match="cannot be opened as 'r'"):
        file.open("r")


@pytest.mark.parametrize("dropped", ["at once", "in a circle"])
def test_what_nobody_closes_does_not_appear(
    session: Session, folder: BaseDirectoryUrl, dropped: str
) -> None:
    file = folder.file_in_this_directory("a.csv")
    folder.make()
    file.store_string("old")
    with pytest.warns(ResourceWarning, match=r"a\.csv' was not closed, and is not written"):
        _drop(file, circle=dropped == "in a circle")
    assert file.string_contents() == "old"
    assert folder.files_in_directory() == [file]


def _drop(file: BaseFileUrl, *, circle: bool) -> None:
    sink: Any = file.open("wb")
    sink.write(b"half of it")
    sink.flush()
    if circle:
        sink.itself = sink
    del sink
    gc.collect()


def test_what_cannot_be_written_to_its_end_does_not_appear(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = session.file_url(str(tmp_path / "a"))
    file.store_string("old")

    def full(*_: object) -> int:
        raise StoreError("no space is left", "free some space")

    sink = file.open("wb")
    sink.write(b"new")
    monkeypatch.setattr(RawFile, "write", full)
    with pytest.raises(StoreError, match="no space"):
        sink.close()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def _fail_half_way(sink: BinaryIO) -> None:
    sink.write(b"half")
    raise ZeroDivisionError


@pytest.fixture(params=["file", "s3"])
def folder(request: pytest.FixtureRequest, session: Session, tmp_path: Path) -> BaseDirectoryUrl:
    """A folder of this machine, and one of an object store."""
    if request.param == "file":
        return session.directory_url(f"{tmp_path}/here/")
    return session.directory_url(f"s3://{request.getfixturevalue('bucket')}/here/")


def test_folders_are_listed_copied_and_purged(folder: BaseDirectoryUrl) -> None:
    folder.make()
    deep = folder.directory_in_this_directory("deep")
    deep.make()
    for place, name in ((folder, "a1"), (folder, "a2"), (folder, "b"), (deep, "c")):
        place.file_in_this_directory(name).store_string(name)
    assert [file.filename() for file in folder.files_in_directory()] == ["a1", "a2", "b"]
    assert [one.filename() for one in folder.directories_in_directory()] == ["deep"]
    assert len(folder.files_and_directories_in_directory()) == 4
    assert [one.filename() for one in folder.files_matching_prefix("a")] == ["a1", "a2"]
    copy = folder.containing_directory().directory_in_this_directory("copy")
    with folder.temporary_directory() as other:
        assert other.url.startswith(folder.url)
        assert folder.copy_to(copy) == copy
        joined = other.file_in_this_directory("joined")
        assert joined.concatenate_from(copy.files_in_directory()) == 5
        assert joined.string_contents() == "a1a2b"
        moved = joined.rename_to(other.file_in_this_directory("moved"))
        assert (joined.exists(), moved.size()) == (False, 5)
        with moved.temporary_directory() as inner:
            assert inner.url.startswith(other.url)
    assert copy.directory_in_this_directory("deep").file_in_this_directory("c").exists()
    copy.purge_directory()
    for gone in (copy, other):
        with suppress(NotFoundError):  # an object store has no folders that could be missing
            assert gone.files_in_directory() == []


def test_a_file_goes_from_store_to_store(session: Session, bucket: str, tmp_path: Path) -> None:
    here = session.file_url(str(tmp_path / "a"))
    here.store_string("x")
    there = here.copy_to(session.file_url(f"s3://{bucket}/a"))
    assert there.string_contents() == "x"
    assert isinstance(there, BaseFileUrl)


def test_a_url_of_another_kind_is_refused(session: Session) -> None:
    resolver = session.url_resolver
    assert isinstance(resolver, UrlResolver)
    with pytest.raises(EndpointError, match="is a folder"):
        resolver.file_url("a/")
    with pytest.raises(EndpointError, match="is no folder"):
        resolver.directory_url("a")
    with pytest.raises(NotImplementedError):
        resolver.file_url("gs://bucket/a")
    with pytest.raises(StoreError, match="has no folders"):
        resolver.directory_url("http://127.0.0.1/").purge_directory()


# db


@pytest.fixture
def driver(session: Session, engine: sa.Engine) -> DBDriver:
    """The driver of a database, as 1.x's programs get it."""
    return session.db_driver(db=None, db_engine=engine)


def test_a_driver_knows_the_tables(driver: DBDriver, rows: Rows) -> None:
    rows("CREATE TABLE t (a smallint NOT NULL, b varchar(7))")
    assert driver.has_table("public", "t")
    assert not driver.has_table("public", "u")
    assert not driver.has_table("nowhere", "t")
    assert list(driver.table("public", "t").columns.keys()) == ["a", "b"]
    assert '"b" character varying(7)' in driver.schema_sql("public", "t")
    schema = driver.records_schema("public", "t")
    assert schema == RecordsSchema.from_db_table("public", "t", driver)
    made = schema.to_schema_sql(driver, "public", "u")
    rows(made)
    assert driver.records_schema("public", "u").names == ("a", "b")


def test_a_driver_knows_the_types(driver: DBDriver) -> None:
    kinds = {
        driver.type_for_integer(0, 100): "SMALLINT",
        driver.type_for_integer(0, 100_000): "INTEGER",
        driver.type_for_integer(None, None): "BIGINT",
        driver.type_for_integer(0, 2**64): "NUMERIC(20, 0)",
        driver.type_for_fixed_point(6, 2): "NUMERIC(6, 2)",
        driver.type_for_floating_point(32, 23): "REAL",
        driver.type_for_floating_point(64, 53): "DOUBLE PRECISION",
        driver.type_for_date_plus_time(has_tz=True): "TIMESTAMP WITH TIME ZONE",
        driver.type_for_string(max_length_chars=3): "VARCHAR(3)",
        driver.type_for_string(): "TEXT",
    }
    for kind, spelled in kinds.items():
        assert kind.compile(dialect=driver.db_engine.dialect) == spelled
    assert driver.integer_limits(sa.SmallInteger()) == (-32768, 32767)
    assert driver.integer_limits(sa.Text()) is None
    assert driver.fp_constraints(sa.Double()) == (64, 53)
    assert driver.fp_constraints(sa.Numeric(3, 1)) is None
    assert driver.fixed_point_constraints(sa.Numeric(3, 1)) == (3, 1)
    assert driver.fixed_point_constraints(sa.Text()) is None
    assert driver.supports_time_type()
    assert driver.varchar_length_is_in_chars()
    assert len(driver.make_column_name_valid("x" * 100)) == 63


def test_a_driver_grants_in_the_callers_transaction(
    driver: DBDriver, engine: sa.Engine, rows: Rows
) -> None:
    (name,) = rows("SELECT current_database()")[0]
    user = f"granted_{name}"
    rows(f"CREATE TABLE t (a int); CREATE ROLE {user}")
    asked = f"SELECT has_table_privilege('{user}', 't', 'select')"
    try:
        with engine.connect() as connection:
            for grant in (
                driver.set_grant_permissions_for_users,
                driver.set_grant_permissions_for_groups,
            ):
                grant("public", "t", {"select": [user]}, connection)
                assert connection.exec_driver_sql(asked).scalar() is True
                connection.rollback()
                assert rows(asked) == [(False,)]
        with pytest.raises(MoverError, match="is no privilege"), engine.connect() as connection:
            driver.set_grant_permissions_for_users("public", "t", {"x; y": [user]}, connection)
    finally:
        rows(f"DROP ROLE {user}")


def test_a_driver_is_made_of_an_engine_or_of_a_connection(
    session: Session, engine: sa.Engine
) -> None:
    with engine.connect() as connection:
        assert session.db_driver(db_conn=connection).db_engine is engine
    with pytest.warns(DeprecationWarning, match="give db_engine"):
        assert session.db_driver(engine).db_engine is engine
    assert type(db_driver(db_engine=engine).database).__name__ == "PostgresDatabase"
    with pytest.raises(UsageError, match="no database is named"):
        session.db_driver()


def test_facts_make_a_url_and_an_engine(engine: sa.Engine) -> None:
    url = engine.url
    facts = {
        "type": "psql", "host": url.host, "port": url.port, "database": url.database,
        "user": url.username, "password": url.password,
    }  # fmt: skip
    made = create_sqlalchemy_url(facts)
    assert made == url.set(drivername="postgresql")
    opened = engine_from_db_facts(facts)
    with opened.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    opened.dispose()
    with pytest.raises(CredsError, match="no 'type'"):
        create_sqlalchemy_url({"host": "h"})


def test_names_and_values_are_quoted_by_the_dialect(engine: sa.Engine, rows: Rows) -> None:
    assert quote_schema_and_table(engine, "My", 'odd"t') == '"My"."odd""t"'
    assert quote_schema_and_table(engine, None, "t") == '"t"'
    for quote in (quote_table_only, quote_column_name, quote_user_name, quote_group_name):
        assert quote(engine, "A b") == '"A b"'
    for value in ("lower", "it's", "100%", "a\\b"):
        assert rows(f"SELECT {quote_value(engine, value)}".replace("%", "%%")) == [(value,)]


def test_what_1_x_caught_is_what_is_raised(session: Session, trips: Path, rows: Rows) -> None:
    from records_mover.db import errors

    assert errors.LoadError is LoadUnloadError
    url = session.db_driver  # any session
    assert url is not None
    with pytest.raises(errors.NoTemporaryBucketConfiguration):
        session.move(trips, "gs://bucket/trips.csv")
    with pytest.raises(errors.CredsDoNotSupportS3Import):
        session.get_db_engine("nobody")


# pandas


def test_frames_to_schemas_and_arrow_and_back() -> None:
    frame = pd.DataFrame({"i": pd.array([1, None], "Int64"), "s": ["a", None], "f": [0.5, 1]})
    schema = schema_of_frame(frame)
    assert [field.field_type for field in schema.fields] == ["integer", "string", "decimal"]
    assert schema == RecordsSchema.from_dataframe(frame)
    assert frame_dtypes(schema) == {"i": "Int64", "s": "string", "f": "float64"}
    table = frame_to_arrow(frame)
    assert table.to_pydict() == {"i": [1, None], "s": ["a", None], "f": [0.5, 1.0]}
    for back in (to_frame(table), to_arrow_frame(table)):
        assert back["i"].tolist()[0] == 1
        assert back["i"].isna().tolist() == [False, True]
    empty = schema.to_empty_dataframe()
    assert (list(empty.columns), len(empty), str(empty["i"].dtype)) == (["i", "s", "f"], 0, "Int64")
    indexed = RecordsSchema.from_dataframe(frame, include_index=True)
    assert indexed.names == ("index", "i", "s", "f")


def test_values_of_numpy_are_written_as_json() -> None:
    data = {"a": np.int64(1), "b": np.float32(0.5), "c": np.array([1, 2]), "d": np.bool_(True)}
    assert json.loads(json_dumps(data)) == {"a": 1, "b": 0.5, "c": [1, 2], "d": True}
    with pytest.raises(TypeError):
        json.dumps(object(), cls=NumPyJSONEncoder)


def test_columns_that_only_a_spreadsheet_has_are_dropped() -> None:
    text = "a,b,,\n1,2,,\n3,4,,5\n"
    frame = pd.read_csv(io.StringIO(text))
    kept = purge_unnamed_unused_columns(frame)
    assert list(kept.columns) == ["a", "b", "Unnamed: 3"]
    assert list(frame.columns) == ["a", "b", "Unnamed: 2", "Unnamed: 3"]


def test_a_schema_casts_and_names_the_columns_of_a_frame() -> None:
    schema = RecordsSchema([Field("a", "integer"), Field("b", "string")])
    frame = pd.DataFrame({"x": [1.0, None], "y": ["p", None]})
    named = schema.assign_dataframe_names(False, frame)
    assert list(named.columns) == ["a", "b"]
    cast = schema.cast_dataframe_types(named)
    assert cast["a"].dtype == "Int64"
    assert cast["a"].isna().tolist() == [False, True]
    with pytest.raises(MoverError, match="1 column for 2 names"):
        schema.assign_dataframe_names(False, frame[["x"]])
