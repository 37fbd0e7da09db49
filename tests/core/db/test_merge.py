"""The statements that bring rows into a table by a key."""

from __future__ import annotations

from records_mover.db.merge import Merging


def merging(*key: str) -> Merging:
    return Merging(target='s."t"', source='"n"', old='"t"', columns=('"a"', '"b"'), key=key)


def test_a_merge_updates_what_is_no_key_and_inserts_the_others() -> None:
    assert merging('"a"').merge() == (
        'MERGE INTO s."t" USING "n" mover_new ON "t"."a" = mover_new."a" '
        'WHEN MATCHED THEN UPDATE SET "b" = mover_new."b" '
        'WHEN NOT MATCHED THEN INSERT ("a", "b") VALUES (mover_new."a", mover_new."b")'
    )


def test_a_merge_may_call_the_table_by_another_name() -> None:
    assert (
        merging('"a"')
        .merge("x")
        .startswith('MERGE INTO s."t" x USING "n" mover_new ON x."a" = mover_new."a" ')
    )


def test_where_all_columns_are_the_key_there_is_nothing_to_update() -> None:
    words = merging('"a"', '"b"')
    assert (words.updates, merging('"a"').updates) == (False, True)
    assert "MATCHED THEN UPDATE" not in words.merge()
    assert words.insert() == (
        'INSERT INTO s."t" ("a", "b") SELECT mover_new."a", mover_new."b" FROM "n" mover_new '
        'WHERE NOT EXISTS (SELECT 1 FROM s."t" WHERE "t"."a" = mover_new."a" '
        'AND "t"."b" = mover_new."b")'
    )
