"""A DAG of moves as users write them; what its tasks returned ends in a file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, task

from records_mover.airflow.hooks import RecordsHook, SqlAlchemyDbHook
from records_mover.airflow.operators import MoveOperator

HERE = Path(os.environ["AIRFLOW_HOME"])
BUCKET = os.environ["MOVES_BUCKET"]

stores = {"aws_conn_id": "objects"}

with DAG("moves", params={"table": "public.trips"}, default_args=stores) as dag:
    load = MoveOperator(
        task_id="load",
        source=f"{HERE}/{{{{ params.table }}}}.csv",
        target="warehouse::{{ params.table }}",
        if_exists="replace",
        verify=True,
        key=[],
    )
    export = MoveOperator(
        task_id="export",
        source="warehouse::",
        target=f"s3://{BUCKET}/out/{{{{ ti.xcom_pull(task_ids='load')['rows'] }}}}.parquet",
        query="SELECT id FROM {{ params.table }} WHERE id > 1",
    )
    each = MoveOperator.partial(
        task_id="each", target="warehouse::public.many", if_exists="append"
    ).expand(source=[f"{HERE}/public.trips.csv", "warehouse::{{ params.table }}"])

    @task  # type: ignore[untyped-decorator]
    def hooked() -> dict[str, Any]:
        """Use the hooks as 1.x's programs do."""
        hook = RecordsHook(s3_temp_base_url=f"s3://{BUCKET}/tmp/", aws_conn_id="objects")
        url = f"s3://{BUCKET}/dir/"
        hook.validate_and_prepare_target_directory(url)
        engine = SqlAlchemyDbHook(db_conn_id="warehouse").get_conn()
        records = hook.get_conn()
        source = records.sources.table(engine, "public", "trips")
        moved = [records.move(source, records.targets.directory_from_url(url)).move_count]
        refused = ""
        try:
            hook.validate_and_prepare_target_directory(url)
        except Exception as error:  # noqa: BLE001 - looked at by the test
            refused = f"{type(error).__name__}: {error}"
        hook.validate_and_prepare_target_directory(url, allow_overwrite=True)
        moved.append(records.move(source, records.targets.directory_from_url(url)).move_count)
        engine.dispose()
        return {"moved": moved, "refused": refused}

    @task  # type: ignore[untyped-decorator]
    def written(**told: Any) -> None:
        """Keep what the others returned."""
        told = {**told["told"], "each": list(told["told"]["each"])}
        (HERE / "result.json").write_text(json.dumps(told))

    done = hooked()
    load >> each
    load >> export >> done
    told = {"load": load.output, "export": export.output, "each": each.output, "hooked": done}
    written(told=told)

if __name__ == "__main__":
    raise SystemExit(str(dag.test().state) != "success")
