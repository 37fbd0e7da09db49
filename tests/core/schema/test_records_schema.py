"""Records schemas as JSON documents, as Arrow schemas and as the dtypes of frames."""

from __future__ import annotations

import datetime as dt
import json
import pickle
from decimal import Decimal

import jsonschema
import pandas as pd
import pyarrow as pa
import pytest

from records_mover.errors import SchemaError
from records_mover.pandas import frame_dtypes, frame_to_arrow, schema_of_frame, to_frame
from records_mover.schema import (
    FIELD_TYPES,
    Constraints,
    DecimalConstraints,
    DecimalStatistics,
    Field,
    IntegerConstraints,
    IntegerStatistics,
    PandasRepresentation,
    RecordsSchema,
    SqlRepresentation,
    Statistics,
    StringConstraints,
    StringStatistics,
    TableRepresentation,
    TimeConstraints,
)
from records_mover.schema.json_schema import json_schema

FULL = RecordsSchema(
    [
        Field(
            "id",
            "integer",
            IntegerConstraints(required=True, unique=True, min=-5, max=2**70),
            IntegerStatistics(rows_sampled=3, total_rows=3, count=3, min=-1, max=2**64),
            {"origin": SqlRepresentation(rep_type="sql/postgresql", col_ddl="bigint NOT NULL")},
        ),
        Field(
            "price",
            "decimal",
            DecimalConstraints(fixed_precision=12, fixed_scale=2),
            DecimalStatistics(rows_sampled=2, min=Decimal("-1.50"), max=Decimal("1E+3")),
        ),
        Field(
            "name",
            "string",
            StringConstraints(max_length_bytes=40, max_length_chars=10),
            StringStatistics(rows_sampled=9, total_rows=90, count=8, max_length_bytes=7),
            {"origin": PandasRepresentation(pd_df_dtype={"name": "object"})},
        ),
        Field("at", "datetimetz", TimeConstraints(precision=9), Statistics(rows_sampled=1)),
        Field("tags", "array", Constraints(), items=Field("item", "decimal", DecimalConstraints())),
        *(Field(f"a {kind}", kind) for kind in FIELD_TYPES),  # type: ignore[arg-type]
    ],
    {"origin": TableRepresentation(type="sql/postgresql", table_ddl="CREATE TABLE ...")},
)

# As version 1 wrote it: an unknown type, an unknown kind of representation, no statistics.
WRITTEN_BY_1X = {
    "schema": "bltypes/v1",
    "fields": {
        "num": {
            "type": "integer",
            "index": 1,
            "constraints": {"required": False, "unique": False, "min": "-128", "max": "127"},
            "representations": {
                "origin": {
                    "rep_type": "sql/redshift",
                    "col_ddl": "SMALLINT",
                    "col_type": "SMALLINT",
                }
            },
        },
        "str": {
            "type": "string",
            "index": 2,
            "constraints": {"required": False, "max_length_bytes": 3},
            "statistics": {"rows_sampled": 1, "total_rows": 1, "max_length_chars": 3},
        },
    },
    "known_representations": {"origin": {"type": "sql/redshift", "table_ddl": "CREATE TABLE"}},
}


BAD_LIMIT = """{"schema": "bltypes/v1", "fields":
    {"a": {"type": "integer", "constraints": {"min": "x"}}}}"""


def test_a_schema_survives_its_json() -> None:
    assert RecordsSchema.from_json(FULL.to_json()) == FULL
    assert pickle.loads(pickle.dumps(FULL)) == FULL


@pytest.mark.parametrize("document", [FULL.to_data(), WRITTEN_BY_1X], ids=["ours", "of 1.x"])
def test_documents_are_valid_against_the_json_schema_that_ships(
    document: dict[str, object],
) -> None:
    jsonschema.Draft7Validator.check_schema(json_schema())
    jsonschema.validate(document, json_schema())


def test_a_document_of_version_1_loads() -> None:
    schema = RecordsSchema.from_data(WRITTEN_BY_1X)
    assert schema.names == ("num", "str")
    assert schema["num"].constraints == IntegerConstraints(unique=False, min=-128, max=127)
    assert schema["num"].representations["origin"].rep_type == "sql/redshift"
    again = RecordsSchema.from_data(schema.to_data())
    assert again == schema


def test_an_unknown_type_loads_as_text_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    document = {"schema": "bltypes/v1", "fields": {"x": {"type": "geometry"}}}
    assert RecordsSchema.from_data(document)["x"].field_type == "string"
    assert "'x' has the unknown type 'geometry'" in caplog.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "must be a JSON object"),
        ('{"schema": "other"}', "kind 'other'"),
        ('{"schema": "bltypes/v1", "fields": []}', "must be a JSON object"),
        ('{"schema": "bltypes/v1", "fields": {"a": {}}}', "column 'a' has no type"),
        (
            BAD_LIMIT,
            "'min' of the constraints of column 'a' is 'x'",
        ),
    ],
)
def test_a_malformed_document_is_refused_with_the_place(text: str, message: str) -> None:
    with pytest.raises(SchemaError, match=message.replace("(", r"\(")):
        RecordsSchema.from_json(text)


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(SchemaError, match="more than one column is named 'a'"):
        RecordsSchema([Field("a", "string"), Field("a", "date")])


def test_a_schema_and_its_columns_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        FULL.fields = ()
    with pytest.raises(AttributeError):
        FULL["id"].name = "x"  # type: ignore[misc]


def test_casting_keeps_what_is_true_of_any_type() -> None:
    cast = FULL.cast_field_types({"integer": "string"})
    assert cast["id"].constraints == StringConstraints(required=True, unique=True)
    assert cast["id"].statistics is None
    assert cast["price"] == FULL["price"]


@pytest.mark.parametrize(
    ("low", "high", "arrow"),
    [
        (0, 255, pa.uint8()),
        (-128, 127, pa.int8()),
        (0, 200, pa.int16()),
        (-40_000, 0, pa.int32()),
        (0, 2**32 - 1, pa.uint32()),
        (0, 2**63 - 1, pa.int64()),
        (0, 2**64 - 1, pa.uint64()),
        (0, 2**64, pa.decimal128(20, 0)),
        (-(10**38), 10**38, pa.decimal256(39, 0)),
        (0, 10**80, pa.string()),
        (None, None, pa.int64()),
    ],
)
def test_an_integer_is_sized_by_its_range(
    low: int | None, high: int | None, arrow: pa.DataType
) -> None:
    schema = RecordsSchema([Field("x", "integer", IntegerConstraints(min=low, max=high))])
    assert schema.to_arrow().field("x").type == arrow


@pytest.mark.parametrize(
    ("constraints", "arrow"),
    [
        (DecimalConstraints(fixed_precision=5, fixed_scale=0), pa.decimal128(5, 0)),
        (DecimalConstraints(fixed_precision=38, fixed_scale=9), pa.decimal128(38, 9)),
        (DecimalConstraints(fixed_precision=65, fixed_scale=30), pa.decimal256(65, 30)),
        (DecimalConstraints(fixed_precision=2, fixed_scale=5), pa.decimal128(5, 5)),
        (DecimalConstraints(fixed_precision=3, fixed_scale=-2), pa.decimal128(5, 0)),
        (DecimalConstraints(fixed_precision=100, fixed_scale=4), pa.string()),
        (DecimalConstraints(fp_total_bits=32, fp_significand_bits=23), pa.float32()),
        (DecimalConstraints(fp_total_bits=64, fp_significand_bits=53), pa.float64()),
        (DecimalConstraints(), pa.string()),
    ],
)
def test_a_decimal_keeps_precision_and_scale(
    constraints: DecimalConstraints, arrow: pa.DataType
) -> None:
    schema = RecordsSchema([Field("x", "decimal", constraints)])
    assert schema.to_arrow().field("x").type == arrow
    assert RecordsSchema.from_arrow(schema.to_arrow())["x"].field_type == "decimal"


def test_arrow_types_come_back_as_they_were() -> None:
    arrow = RecordsSchema(FULL.fields).to_arrow()
    assert RecordsSchema.from_arrow(arrow).to_arrow().equals(arrow, check_metadata=True)


def test_frames_become_schemas_by_dtype_and_by_value() -> None:
    frame = pd.DataFrame(
        {
            "i": pd.array([1, None], dtype="Int64"),
            "u": pd.Series([1, 2], dtype="uint8"),
            "f": [1.5, None],
            "b": pd.array([True, None], dtype="boolean"),
            "s": ["x", None],
            "c": pd.Categorical(["x", None]),
            "d": [dt.date(2000, 1, 1), None],
            "t": [None, dt.time(1, 2)],
            "n": [Decimal("1.50"), None],
            "z": pd.to_datetime(pd.Series(["2000-01-01", None])).dt.tz_localize("Europe/Paris"),
        }
    )
    schema = schema_of_frame(frame)
    kinds = {field.name: field.field_type for field in schema.fields}
    assert kinds == {
        "i": "integer",
        "u": "integer",
        "f": "decimal",
        "b": "boolean",
        "s": "string",
        "c": "string",
        "d": "date",
        "t": "time",
        "n": "decimal",
        "z": "datetimetz",
    }
    assert schema["u"].constraints == IntegerConstraints(min=0, max=255)
    assert schema["n"].constraints == DecimalConstraints(fixed_precision=3, fixed_scale=2)


def test_integers_and_booleans_stay_such_beside_null() -> None:
    table = pa.table({"i": pa.array([1, None], pa.int16()), "b": [True, None], "s": ["x", None]})
    frame = to_frame(table)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "i": "Int16",
        "b": "boolean",
        "s": "string",
    }
    assert frame_dtypes(RecordsSchema.from_arrow(table.schema)) == {
        "i": "Int16",
        "b": "boolean",
        "s": "string",
    }
    assert frame_to_arrow(frame).to_pylist() == table.to_pylist()


def test_a_frame_column_of_mixed_types_is_refused_by_name() -> None:
    with pytest.raises(SchemaError, match="the column 'x' of the frame"):
        schema_of_frame(pd.DataFrame({"x": [1, "a"]}))


def test_the_document_reads_well() -> None:
    document = json.loads(RecordsSchema([Field("a", "integer")]).to_json())
    assert document == {
        "schema": "bltypes/v1",
        "fields": {"a": {"type": "integer", "index": 1}},
        "known_representations": {},
    }
