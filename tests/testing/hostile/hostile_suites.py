"""Every test of every suite, each before a backend that has the fault which it is to find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from records_mover.testing import (
    CredsSuite,
    DatabaseSuite,
    Known,
    LoaderSuite,
    PluginSuite,
    StoreSuite,
    UnloaderSuite,
    missing,
    refused,
)

if TYPE_CHECKING:
    from pathlib import Path

PARTS: dict[str, Any] = {
    LoaderSuite.__name__: {
        "part": "hostile-put",
        "memory": 60_000,
        "growth": 4 << 20,
        "routes": {"text": ["read", "hostile-put"]},
    },
    UnloaderSuite.__name__: {
        "part": "hostile-take",
        "memory": 60_000,
        "growth": 4 << 20,
        "routes": {"text": ["hostile-take", "write"]},
    },
}


def found(suite: type[Any], fault: str, *applies: str, **more: Any) -> None:
    """Make a suite of those tests alone that are to find a fault."""
    name = f"Test_{suite.kind}_{fault}_{len(globals())}"
    body = {
        "capabilities": suite.known,
        "applies": frozenset(applies),
        "fault": fault,
        "__module__": __name__,
        **PARTS.get(suite.__name__, {}),
        **more,
    }
    globals()[name] = type(name, (suite,), body)


found(DatabaseSuite, "made_field", "boolean")
found(DatabaseSuite, "names", "bytes_63")
found(DatabaseSuite, "keeps_old", "a_mode_does_what_it_says", "an_upsert_merges_by_its_key")
found(DatabaseSuite, "strays", "a_mode_does_what_it_says")
found(DatabaseSuite, "inspect", "a_table_is_described_or_absent")
found(DatabaseSuite, "identity", "one_database_has_one_identity")
found(DatabaseSuite, "schemas", "a_schema_that_is_not_there_is_named")
found(DatabaseSuite, "commits_early", "a_reader_never_sees_an_empty_table")
found(DatabaseSuite, "drops_views", "views_survive_a_replace")
found(DatabaseSuite, "drops_grants", "grants_survive_a_replace")
found(DatabaseSuite, "commits_early", "kill_9_leaves_the_old_rows_and_the_next_move_arrives")
found(DatabaseSuite, "secrets", "no_secret_in_any_record")
found(DatabaseSuite, "misnames", "bytes_63")
found(DatabaseSuite, "strays", "an_upsert_merges_by_its_key")
found(DatabaseSuite, "blind", "a_table_is_described_or_absent")
found(DatabaseSuite, "reversed", "a_table_is_described_or_absent")
found(DatabaseSuite, "nameless", "one_database_has_one_identity")
found(DatabaseSuite, "litters", "kill_9_leaves_the_old_rows_and_the_next_move_arrives")
found(DatabaseSuite, "locks", "kill_9_leaves_the_old_rows_and_the_next_move_arrives")

found(LoaderSuite, "nulls", "text_empty_and_null")
found(LoaderSuite, "nulls", "text_empty_and_null", doors=("table",))
found(LoaderSuite, "short", "batch_plus_one")
found(LoaderSuite, "short", "batch_plus_one", doors=("table",))
found(LoaderSuite, "repeats", "boolean", gaps={"boolean": missing("it is not")})
found(LoaderSuite, "overstates", "one_row")
found(LoaderSuite, "fails_late", "boolean", gaps={"boolean": refused("it is not")})
found(LoaderSuite, "rotates", "columns_of_any_name_are_filled")
found(LoaderSuite, "lies", "batch_plus_one")
found(LoaderSuite, "swallows", "a_failed_load_leaves_the_old_rows")
found(LoaderSuite, "commits_early", "a_failed_load_leaves_the_old_rows")
found(LoaderSuite, "keeps_some", "a_failed_load_leaves_the_old_rows")
found(LoaderSuite, "drops_rejects", "rows_that_do_not_fit_are_left_out_and_counted")
found(LoaderSuite, "puts_rejects", "rows_that_do_not_fit_are_left_out_and_counted")
found(LoaderSuite, "keeps_some", "rows_that_do_not_fit_are_left_out_and_counted")
found(LoaderSuite, "leaves_scratch_behind", "scratch_space_is_empty_afterwards")
found(LoaderSuite, "deaf", "a_move_that_is_cancelled_leaves_the_old_rows")
found(LoaderSuite, "deaf", "a_move_that_is_cancelled_leaves_the_old_rows", doors=("table",))
found(LoaderSuite, "hoards", "memory_does_not_grow_with_the_rows")
found(LoaderSuite, "shows_secret", "no_secret_in_any_record")
found(LoaderSuite, "leaves_scratch", "scratch_space_is_empty_afterwards")
found(LoaderSuite, "slow", "the_route_taken_is_the_one_expected")

found(UnloaderSuite, "nulls", "boolean", "one_row")
found(UnloaderSuite, "nulls", "boolean", "one_row", doors=("table",))
found(UnloaderSuite, "gives_repeats", "boolean", gaps={"boolean": missing("it is not")})
found(UnloaderSuite, "gives_repeats", "batch_plus_one")
found(UnloaderSuite, "gives_rotated", "columns_of_any_name_are_read")
found(UnloaderSuite, "deaf", "a_move_that_is_cancelled_leaves_no_file")
found(UnloaderSuite, "hoards", "memory_does_not_grow_with_the_rows")
found(UnloaderSuite, "shows_secret", "no_secret_in_any_record")
found(UnloaderSuite, "leaves_scratch", "scratch_space_is_empty_afterwards")
found(UnloaderSuite, "slow", "the_route_taken_is_the_one_expected")


class Shop(StoreSuite):
    large = 1 << 20

    @pytest.fixture
    def folder(self, request: pytest.FixtureRequest, tmp_path: Path) -> str:
        return f"hostile://{request.cls.fault}{tmp_path}/files/"


found(Shop, "torn", "what_was_written_is_read", "a_large_file_arrives_whole")
found(Shop, "torn", "rows_move_in_and_out")
found(Shop, "first", "a_file_is_written_over")
found(Shop, "half", "half_a_file_never_stands_there", "what_nobody_closes_never_stands_there")
found(Shop, "offset", "a_piece_of_a_file_is_read")
found(Shop, "sizes", "what_was_written_is_read", "a_folder_lists_its_own_files_in_order")
found(Shop, "litter", "half_a_file_never_stands_there", "what_nobody_closes_never_stands_there")
found(Shop, "finds", "what_is_not_there_is_not_found")
found(Shop, "empty", "what_is_not_there_is_not_found")
found(Shop, "cut", "a_file_is_copied")
found(Shop, "order", "a_folder_lists_its_own_files_in_order")
found(Shop, "finds", "a_name_means_itself")
found(Shop, "wild", "wildcards_name_all_that_match")
found(Shop, "missing", "what_is_not_there_is_not_found")
found(Shop, "stays", "a_file_is_deleted", "a_file_is_copied")
found(Shop, "loud", "a_server_can_be_let_in")


class Careless(CredsSuite):
    provider = "mover_shop"

    @pytest.fixture
    def connection(self) -> Known:
        return Known(name="nest", facts={"user": "me"}, secrets=("kanarie-in-plain",))

    @pytest.fixture
    def broken(self) -> str:
        return "broken"


found(Careless, "any", "a_name_that_it_knows_is_answered", "what_is_secret_does_not_print")
found(Careless, "any", "a_name_that_it_does_not_know_is_left_to_others")
found(Careless, "any", "it_says_what_it_looks_at", "what_cannot_be_looked_up_is_an_error")

HEAVY = {"distribution": "mover-heavy", "module": "mover_heavy"}
found(PluginSuite, "leans", "it_asks_for_the_core_and_for_no_other_plugin", **HEAVY)
found(PluginSuite, "nowhere", "it_is_installed_and_not_broken", distribution="mover-nowhere")
ODD = {"distribution": "mover-odd", "module": "mover_odd"}
found(PluginSuite, "heavy", "it_is_installed_and_not_broken", "it_imports_nothing_heavy", **HEAVY)
found(PluginSuite, "odd", "its_hooks_answer_alike_twice", **ODD)
found(PluginSuite, "odd", "its_parts_are_named_after_a_dialect_of_theirs", **ODD)
found(PluginSuite, "odd", "it_asks_for_the_core_and_for_no_other_plugin", **ODD)
found(
    PluginSuite,
    "private",
    "it_imports_public_names_only",
    distribution="mover-private",
    module="mover_private",
)
found(
    PluginSuite,
    "api",
    "it_speaks_our_api",
    distribution="mover-private",
    module="support.reference.hostile_plugins",
)
