"""Programs as they were written for 1.x run as they are, with SQLAlchemy 2."""

from __future__ import annotations

import gzip
import io
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import records_mover
from records_mover import Records, Session
from records_mover.creds import BaseCreds
from records_mover.errors import (
    ColumnMismatchError,
    LossError,
    MissingPluginError,
    MoverError,
    NoRouteError,
    UsageError,
)
from records_mover.mover_types import PleaseInfer
from records_mover.records import (
    DelimitedRecordsFormat,
    ExistingTableHandling,
    ParquetRecordsFormat,
    ProcessingInstructions,
    RecordsFolderNonEmptyException,
    RecordsFormat,
    RecordsSchema,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import sqlalchemy as sa

    Rows = Callable[[str], list[tuple[Any, ...]]]


def test_quick_start(trips: Path, engine: sa.Engine, rows: Rows) -> None:
    from records_mover import move, sources, targets

    results = move(
        sources.local_file(filename=str(trips)),
        targets.table(
            db_engine=engine,
            schema_name="public",
            table_name="trips",
            existing_table_handling=ExistingTableHandling.DROP_AND_RECREATE,
        ),
    )
    assert results.move_count == 3
    assert rows("SELECT name FROM trips WHERE id = 2") == [("Bo, Jr",)]


def test_a_session_with_its_records(
    trips: Path, engine: sa.Engine, rows: Rows, tmp_path: Path
) -> None:
    session = Session(session_type="env", scratch_s3_url=None)
    session.set_stream_logging(stream=io.StringIO())
    records = session.records
    instructions = ProcessingInstructions(max_inference_rows=1000, fail_if_row_invalid=True)
    hints = {"header-row": True, "compression": None}
    source = records.sources.data_url(f"file://{trips}", initial_hints=hints)
    target = records.targets.table(engine, "public", "t", ExistingTableHandling.APPEND)
    assert records.move(source, target, instructions).move_count == 3
    assert records.move(records_source=source, records_target=target).move_count == 3
    assert rows("SELECT count(*) FROM t") == [(6,)]

    folder = f"file://{tmp_path}/out/"
    variant = DelimitedRecordsFormat(variant="bluelabs", hints={"compression": "GZIP"})
    moved = records.move(
        records.sources.table(engine, "public", "t"),
        records.targets.directory_from_url(output_url=folder, records_format=variant),
    )
    assert moved.move_count == 6
    assert moved.output_urls
    back = records.move(
        records.sources.directory_from_url(folder),
        records.targets.table(engine, "public", "back"),
    )
    count, urls = back
    assert (count, urls) == (6, {})
    assert rows("TABLE back EXCEPT ALL TABLE t") == []
    session.close()


@pytest.mark.parametrize("handling", ExistingTableHandling)
def test_each_handling_of_a_table_that_is_there(
    session: Session,
    trips: Path,
    engine: sa.Engine,
    rows: Rows,
    handling: ExistingTableHandling,
) -> None:
    rows("CREATE TABLE t (id int, name text, fare numeric); INSERT INTO t VALUES (9, 'old', 1)")
    target = session.records.targets.table(engine, None, "t", handling)
    assert session.records.move(session.records.sources.local_file(trips), target).move_count == 3
    appended = handling is ExistingTableHandling.APPEND
    assert rows("SELECT count(*) FROM t") == [(4 if appended else 3,)]


def test_a_connection_is_enough_to_name_its_engine(
    session: Session, trips: Path, engine: sa.Engine, rows: Rows
) -> None:
    with engine.connect() as connection:
        target = session.targets.table(None, "public", "t", db_conn=connection)
        session.move(trips, target)
        source = session.sources.table(engine, "public", "t", db_conn=connection)
        assert session.move(source, session.targets.dataframe("arrow")).move_count == 3
    with pytest.raises(UsageError, match="no database is named"):
        session.sources.table(None, "public", "t")


def test_a_table_that_does_not_take_the_rows_is_made_anew_where_that_is_wished(
    session: Session, trips: Path, engine: sa.Engine, rows: Rows
) -> None:
    rows("CREATE TABLE t (id int, name varchar(2), fare int); INSERT INTO t VALUES (9, 'o', 1)")
    kept = session.targets.table(engine, None, "t")
    with pytest.raises(MoverError):
        session.move(trips, kept)
    assert rows("SELECT id FROM t") == [(9,)]
    anew = session.targets.table(engine, None, "t", drop_and_recreate_on_load_error=True)
    assert session.move(trips, anew).move_count == 3
    assert rows("SELECT name FROM t ORDER BY id") == [("Ann",), ("Bo, Jr",), (None,)]
    rows("DROP TABLE t; CREATE TABLE t (id int, other text)")
    assert session.move(trips, anew).move_count == 3
    frames = iter([pd.DataFrame({"z": [1]})])
    with pytest.raises(ColumnMismatchError):
        session.move(session.sources.dataframes(frames), anew)
    assert rows("SELECT count(*) FROM t") == [(3,)]


def test_grants_of_a_new_table(
    session: Session, trips: Path, engine: sa.Engine, rows: Rows
) -> None:
    (name,) = rows("SELECT current_database()")[0]
    user = f"reader_{name}"
    rows(f"CREATE ROLE {user}")
    try:
        target = session.targets.table(engine, "public", "t", add_user_perms_for={"select": [user]})
        session.move(trips, target)
        assert rows(f"SELECT has_table_privilege('{user}', 't', 'select')") == [(True,)]
    finally:
        rows(f"DROP OWNED BY {user}; DROP ROLE {user}")


def test_frames_one_after_the_other(session: Session, engine: sa.Engine, rows: Rows) -> None:
    chunks = [
        pd.DataFrame({"id": [1, 2], "note": ["a", None]}),
        pd.DataFrame({"note": ["a long one"], "id": [1.5]}),
    ]
    source = session.sources.dataframes(dfs=chunks)
    assert session.move(source, session.targets.table(engine, None, "t")).move_count == 3
    assert rows("SELECT id::float, note FROM t ORDER BY 1") == [
        (1.0, "a"), (1.5, "a long one"), (2.0, None)
    ]  # fmt: skip
    given = (pd.DataFrame({"id": [n]}) for n in range(3))
    source = session.sources.dataframes(given)
    print(session.explain(source, session.targets.table(engine, None, "u")))
    assert session.move(source, session.targets.table(engine, None, "u")).move_count == 3
    with pytest.raises(MoverError, match="read once only"):
        session.move(source, session.targets.table(engine, None, "u"))


def test_frames_that_do_not_go_together(session: Session, engine: sa.Engine, rows: Rows) -> None:
    target = session.targets.table(engine, None, "t")
    one, other = pd.DataFrame({"id": [1]}), pd.DataFrame({"name": ["a"]})
    with pytest.raises(MoverError, match="frame 2 has the columns"):
        session.move(session.sources.dataframes([one, other]), target)
    text = pd.DataFrame({"id": ["x"]})
    with pytest.raises(MoverError, match="column 'id' of frame 2 does not fit"):
        session.move(session.sources.dataframes(iter([one, text])), target)
    with pytest.raises(UsageError, match="no frames"):
        session.move(session.sources.dataframes([]), target)
    schema = session.schema(session.sources.dataframe(one))
    none = session.sources.dataframes([], records_schema=schema)
    assert session.move(none, target).move_count == 0
    with pytest.raises(UsageError, match="is no list"):
        session.sources.dataframes(one)
    assert rows("SELECT count(*) FROM t") == [(0,)]


def test_streams_in_and_out(session: Session, engine: sa.Engine, rows: Rows) -> None:
    parts = {"a.csv": io.BytesIO(b"id,n\n1,x\n"), "b.csv": io.BytesIO(b"id,n\n2,y\n")}
    source = session.sources.fileobjs(target_names_to_input_fileobjs=parts)
    for mode in ("delete", "truncate"):  # it can be read again
        result = session.move(source, session.targets.table(engine, None, "t"), if_exists=mode)
        assert result.move_count == 2
    assert all(not stream.closed and stream.tell() == 0 for stream in parts.values())
    out = io.BytesIO(b"before\n")
    out.seek(0, io.SEEK_END)
    plain = DelimitedRecordsFormat("csv", {"compression": None})
    target = session.targets.fileobj(output_fileobj=out, records_format=plain)
    assert session.move(session.sources.table(engine, None, "t"), target).move_count == 2
    assert sorted(out.getvalue().decode().splitlines()) == ["1,x", "2,y", "before", "id,n"]


@pytest.mark.parametrize("rereadable", [True, False])
def test_streams_of_one_format_are_copied_and_counted(session: Session, rereadable: bool) -> None:
    class Once(io.BytesIO):
        def seekable(self) -> bool:
            return rereadable

    plain = DelimitedRecordsFormat("csv", {"compression": None})
    out = io.BytesIO()
    data = b'id,n\r\n1,"x\r\ny"\r\n2,z\r\n'
    result = session.move(
        session.sources.fileobjs({"a": Once(data)}, records_format=plain),
        session.targets.fileobj(out, plain),
    )
    assert result.move_count == 2
    assert out.getvalue() == data


def test_streams_that_are_no_more_than_read_and_write(session: Session, tmp_path: Path) -> None:
    class Half:
        def __init__(self, stream: Any) -> None:
            self.read, self.write = stream.read, stream.write

    path = tmp_path / "a.csv.gz"
    with gzip.open(path, "wb") as packed:
        packed.write(b"id,n\n1,x\n")
    out = io.BytesIO()
    with gzip.open(path) as unpacked:
        for source in (unpacked, Half(io.BytesIO(b"id,n\n2,y\n"))):
            streams: Any = {"a.csv": source}
            target = session.targets.fileobj(Half(out), RecordsFormat("jsonl"))  # type: ignore[arg-type]
            assert session.move(session.sources.fileobjs(streams), target).move_count == 1
    assert out.getvalue() == b'{"id":1,"n":"x"}\n{"id":2,"n":"y"}\n'


def test_a_stream_is_put_back_when_the_move_fails(session: Session) -> None:
    out = io.BytesIO(b"12")
    out.seek(1)
    frames = (pd.DataFrame({"a": [value]}) for value in (1, "x"))
    with pytest.raises(MoverError, match="frame 2"):
        session.move(
            session.sources.dataframes(frames), session.targets.fileobj(out, ParquetRecordsFormat())
        )
    assert (out.getvalue(), out.tell()) == (b"1", 1)
    with pytest.raises(UsageError, match="stream of text"):
        session.targets.fileobj(io.StringIO(), ParquetRecordsFormat())  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="stream of text"):
        session.sources.fileobjs({"a": io.StringIO()})  # type: ignore[dict-item]
    with pytest.raises(UsageError, match="no stream"):
        session.sources.fileobjs({})


def test_a_records_directory_must_be_empty_and_end_in_a_slash(
    session: Session, trips: Path, tmp_path: Path
) -> None:
    target = session.targets.directory_from_url(f"{tmp_path}/out/", ParquetRecordsFormat())
    session.move(trips, target)
    with pytest.raises(RecordsFolderNonEmptyException):
        session.move(trips, target)
    with pytest.raises(ValueError, match="/ last"):
        session.targets.directory_from_url(f"{tmp_path}/out")
    with pytest.raises(ValueError, match="/ last"):
        session.sources.directory_from_url(f"{tmp_path}/out")


def test_hints_go_over_those_of_a_records_directory(
    session: Session, trips: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    written = DelimitedRecordsFormat("csv", {"compression": None, "field-delimiter": "|"})
    session.move(trips, session.targets.directory_from_url(f"{folder}/", written))
    note = folder / "_format_delimited"
    note.write_text(note.read_text().replace('"|"', '","').replace('"csv"', '"strange"'))
    with pytest.raises(NotImplementedError, match="strange"):
        session.schema(session.sources.directory_from_url(f"{folder}/"))
    hints = {"field-delimiter": "|", "header-row": True, "quoting": "minimal"}
    source = session.sources.directory_from_url(
        f"{folder}/", hints=hints, fail_if_dont_understand=False
    )
    arrow = session.targets.dataframe("arrow")
    session.move(source, arrow)
    assert arrow.frame.column_names == ["id", "name", "fare"]


def test_a_format_that_loses_something_is_refused_until_that_is_allowed(
    session: Session, tmp_path: Path
) -> None:
    """1.x's format ``csv`` writes years of two digits; the advice is to be followed as it is."""
    frame, path = pd.DataFrame({"d": pd.to_datetime(["1920-01-02"])}), tmp_path / "a.csv"
    written = DelimitedRecordsFormat("csv", {"compression": None})
    out = io.BytesIO()
    for target in (
        session.targets.local_file(str(path), written),
        session.targets.directory_from_url(f"{tmp_path}/out/", written),
        session.targets.fileobj(out, written),
    ):
        source = session.sources.dataframe(frame)
        with pytest.raises(LossError, match=r"target_hints={'datetimeformat': 'YYYY-MM-DD"):
            session.records.move(source, target)
        kept = {"datetimeformat": "YYYY-MM-DD HH24:MI:SS"}
        assert session.records.move(source, target, target_hints=kept).move_count == 1
    assert out.getvalue() == b"d\n1920-01-02 00:00:00\n"
    assert path.read_bytes() == out.getvalue()
    session.records.move(source, session.targets.local_file(path, written), allow_lossy="d")
    assert path.read_bytes() == b"d\n01/02/20 00:00\n"


def test_what_a_factory_was_told_is_not_told_again(session: Session, trips: Path) -> None:
    plain = DelimitedRecordsFormat("csv", {"compression": None})
    source = session.sources.local_file(trips, plain, records_schema=session.schema(trips))
    target = session.targets.local_file(trips.with_name("b.csv"), plain)
    slips: dict[str, Any] = {
        "format": "parquet", "variant": "dumb", "schema": "schema.json",
        "target_format": "parquet", "target_variant": "dumb",
    }  # fmt: skip
    for option, given in slips.items():
        slip: Any = {option: given}
        with pytest.raises(UsageError, match=f"the option '{option}' says nothing of a file whose"):
            session.move(source, target, **slip)
    parquet = session.targets.local_file(trips.with_name("b.parquet"), ParquetRecordsFormat())
    with pytest.raises(UsageError, match="takes no hint 'quoting'; leave it out"):
        session.move(source, parquet, target_hints={"quoting": "all"})
    arrow = session.targets.dataframe("arrow")
    session.move(session.sources.local_file(trips, plain), arrow, hints={"header-row": False})
    assert arrow.frame.num_rows == 4


def test_google_sheets_are_refused_by_the_name_of_the_plugin_to_come(session: Session) -> None:
    for refusing in (session.sources.google_sheet, session.targets.google_sheet):
        with pytest.raises(MissingPluginError, match="mover-gsheets is to come"):
            refusing("id", "sheet", None)


def test_a_factory_that_nobody_offers_is_no_attribute(session: Session) -> None:
    with pytest.raises(AttributeError, match="no plugin offers the targets 'spektrum'"):
        _ = session.targets.spektrum  # type: ignore[attr-defined]


def test_records_are_made_of_a_session(trips: Path) -> None:
    session = Session()
    for records in (
        Records(session=session),
        Records(db_driver=session.db_driver, url_resolver=session.url_resolver),
    ):
        assert records.sources is session.sources
        assert records.targets is session.targets
    arrow = Records().targets.dataframe("arrow")
    assert Records().move(trips, arrow).move_count == 3
    assert records_mover.records.move(trips, arrow).move_count == 3
    with pytest.raises(UsageError, match="opens nothing any more"):
        Records(db_driver=lambda db: None)


def test_a_word_that_was_not_given_is_inferred(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCH_S3_URL", "s3://bucket/tmp/")
    infer = PleaseInfer.token
    session = Session(
        session_type=infer,
        scratch_s3_url=infer,
        creds=infer,
        default_db_facts=infer,
        default_boto3_session=infer,
        default_aws_creds_name=infer,
        default_gcp_creds_name=infer,
        default_gcp_creds=infer,
        default_gcs_client=infer,
        scratch_gcs_url=infer,
    )
    assert (session.session_type, session.context.scratch) == ("env", "s3://bucket/tmp/")
    assert session.context.settings == {}
    assert Session(scratch_s3_url=None).context.scratch is None


def test_a_boto3_session_of_ones_own_opens_the_store(
    seaweed: Any, bucket: str, engine: sa.Engine, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    mine = boto3.session.Session(seaweed.access_key, seaweed.secret_key, region_name="us-east-1")
    session = Session(default_boto3_session=mine, scratch_s3_url=f"s3://{bucket}/tmp/")
    records = session.records
    frame = pd.DataFrame({"id": [1, 2], "name": ["a", None]})
    folder = f"s3://{bucket}/dir/"
    written = DelimitedRecordsFormat(variant="bluelabs")
    target = records.targets.directory_from_url(folder, records_format=written)
    assert records.move(records.sources.dataframe(df=frame), target).move_count == 2
    names = [file.filename() for file in session.directory_url(folder).files_in_directory()]
    assert names == ["_format_delimited", "_manifest", "_schema.json", "data.csv.gz"]
    source = records.sources.directory_from_url(url=folder)
    assert records.move(source, records.targets.table(engine, None, "t")).move_count == 2
    copied = records.move(
        records.sources.data_url(f"{folder}data.csv.gz", records_format=written),
        records.targets.data_url(f"s3://{bucket}/copy.csv.gz", records_format=written),
    )
    assert (copied.route, copied.move_count) == (("copy",), 2)
    assert rows("SELECT id, name FROM t ORDER BY id") == [(1, "a"), (2, None)]
    session.close()


def test_engines_by_name_and_by_default(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch, trips: Path
) -> None:
    url = engine.url
    told = {
        "TYPE": "postgres", "HOST": url.host, "PORT": url.port, "DATABASE": url.database,
        "USERNAME": url.username, "PASSWORD": url.password,
    }  # fmt: skip
    for name, value in told.items():
        monkeypatch.setenv(f"DB_{name}", str(value))
    session = Session()
    default = session.get_default_db_engine()
    session.move(trips, session.targets.table(default, "public", "t"))
    assert session.db_driver(db=None, db_engine=default).has_table("public", "t")
    default.dispose()


def test_credentials_of_ones_own_are_asked_for_names_and_the_environment_for_none(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = engine.url
    facts = {
        "type": "psql", "host": url.host, "port": url.port, "database": url.database,
        "user": url.username, "password": url.password,
    }  # fmt: skip

    class Mine(BaseCreds):
        def db_facts(self, db_creds_name: str) -> dict[str, Any]:
            return {"warehouse": facts}[db_creds_name]

    for session in (Session(creds=Mine()), Session(creds=Mine("warehouse"))):
        with session.get_db_engine("warehouse").connect() as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    with Session(creds=Mine("warehouse")).get_default_db_engine().connect() as connection:
        assert connection.exec_driver_sql("SELECT 2").scalar() == 2
    with pytest.raises(LookupError, match="'default'"):
        Session(creds=Mine()).get_default_db_engine()
    told = {**facts, "username": url.username}
    for name in ("type", "host", "port", "database", "username", "password"):
        monkeypatch.setenv(f"DB_{name.upper()}", str(told[name]))
    with Session(creds=Mine()).get_default_db_engine().connect() as connection:
        assert connection.exec_driver_sql("SELECT 3").scalar() == 3


def test_formats_are_made_and_compared_as_in_1_x() -> None:
    assert RecordsFormat("parquet") == ParquetRecordsFormat()
    form = RecordsFormat(format_type="delimited", variant="csv", hints={"header-row": False})
    assert isinstance(form, DelimitedRecordsFormat)
    assert form.custom_hints == {"header-row": False}
    assert form.alter_variant("bluelabs").variant == "bluelabs"
    assert form.base_hints_from_variant()["header-row"] is True
    assert form.validate().header_row is False
    strange = DelimitedRecordsFormat("strange", {}, ProcessingInstructions(False))
    assert strange.base_hints_from_variant(fail_if_dont_understand=False)["quoting"] is None
    with pytest.raises(NotImplementedError):
        strange.base_hints_from_variant()


def test_what_cannot_be_raises_what_1_x_raised(session: Session, trips: Path) -> None:
    with pytest.raises(NotImplementedError):
        DelimitedRecordsFormat("strange")
    with pytest.raises(NotImplementedError):
        session.move("gs://bucket/a.csv", trips.with_name("b.csv"))
    with pytest.raises(FileNotFoundError):
        session.move("nowhere.csv", trips.with_name("b.csv"))
    with pytest.raises(ValueError, match="no type of session"):
        _ = Session(session_type="cron").session_type
    with pytest.raises(LookupError):
        session.get_db_engine("nobody")
    assert issubclass(NoRouteError, NotImplementedError)


def test_a_schema_of_ones_own(session: Session, trips: Path, engine: sa.Engine, rows: Rows) -> None:
    inferred = session.schema(trips)
    schema = RecordsSchema.from_json(inferred.cast_field_types({"integer": "string"}).to_json())
    source = session.sources.local_file(str(trips), records_schema=schema)
    session.move(source, session.targets.table(engine, None, "t"))
    assert rows("SELECT pg_typeof(id)::text FROM t LIMIT 1") == [("text",)]
