"""The planner finds the cheapest route, always the same one, and says why not another."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records_mover.errors import ConnectError, NoRouteError
from records_mover.formats import (
    AvroRecordsFormat,
    DelimitedRecordsFormat,
    JsonLinesRecordsFormat,
    ParquetRecordsFormat,
)
from records_mover.parts import Form, Offer, Refusal, Tier
from records_mover.records.options import MoveOptions
from records_mover.records.route.carry import Edge
from records_mover.records.route.plan import plan_data
from records_mover.records.route.planner import STEPS_AT_MOST, cheapest_routes, make_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from records_mover.parts import Ask
    from records_mover.records.route.plan import Plan

OPTIONS = MoveOptions(scratch="s3://bucket/tmp/")


def _plan(source: Any, target: Any) -> Plan:
    return make_plan(source, target, OPTIONS)


def _names(source: Any, target: Any) -> tuple[str, ...]:
    return _plan(source, target).route.names


def _echo(cost: float = 10, kinds: str = "streams") -> Callable[[Ask], Sequence[Any]]:
    """Take whatever stream is asked about, and volunteer nothing."""
    return lambda ask: [
        Offer(form=form, cost=cost) if form.kind in kinds else Refusal(why="no", form=form)
        for form in ask.forms
    ]


def test_a_file_goes_straight_into_a_table_that_reads_its_format(ends: Any) -> None:
    loader = ends.part("fake-copy", _echo())
    plan = _plan(ends.source_file(), ends.target_table(loader))
    assert plan.route.names == ("read", "fake-copy")
    assert plan.route.cost == 11
    assert plan.loader is loader
    assert plan.unloader is None


def test_what_a_loader_cannot_read_is_recoded_into_what_it_likes(ends: Any) -> None:
    likes = ends.part("fake-copy", [Offer(form=ends.stream(ends.PIPED), cost=10)])
    plan = _plan(ends.source_file(), ends.target_table(likes))
    assert plan.route.names == ("read", "decode", "encode", "fake-copy")
    assert plan.route.cost == 1 + Tier.RECODE + 10


def test_batches_are_taken_as_they_are_where_that_is_cheaper(ends: Any) -> None:
    offers = [Offer(form=ends.stream(ends.PIPED), cost=10), Offer(form=ends.BATCHES, cost=25)]
    loader = ends.part("fake-copy", offers)
    plan = _plan(ends.source_batches(), ends.target_table(loader))
    assert plan.route.names == ("fake-copy",)
    assert (plan.loader, plan.unloader) == (loader, None)
    assert [route.names for route in plan.others] == [("encode", "fake-copy")]


@pytest.mark.parametrize(
    ("source", "target", "names"),
    [
        (None, None, ("read", "write")),
        (None, "GZIP", ("read", "compress", "write")),
        ("GZIP", None, ("read", "decompress", "write")),
        ("GZIP", "GZIP", ("read", "write")),
        ("GZIP", "ZSTD", ("read", "decompress", "compress", "write")),
    ],
)
@pytest.mark.parametrize("form", [DelimitedRecordsFormat("csv"), JsonLinesRecordsFormat()])
def test_compression_is_taken_off_and_put_on_without_parsing(
    ends: Any, form: Any, source: str | None, target: str | None, names: tuple[str, ...]
) -> None:
    def compressed(how: str | None) -> Any:
        if isinstance(form, JsonLinesRecordsFormat):
            return JsonLinesRecordsFormat(how)
        return form.alter_hints({"compression": how})

    ends_of = ends.source_file(compressed(source)), ends.target_file(compressed(target))
    assert _names(*ends_of) == names


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (DelimitedRecordsFormat("csv"), ParquetRecordsFormat()),
        (ParquetRecordsFormat(), AvroRecordsFormat()),
        (AvroRecordsFormat(), DelimitedRecordsFormat("bluelabs", {"compression": None})),
    ],
)
def test_what_a_reader_would_see_otherwise_is_recoded(ends: Any, source: Any, target: Any) -> None:
    source, target = (
        form.alter_hints({"compression": None})
        if isinstance(form, DelimitedRecordsFormat)
        else form
        for form in (source, target)
    )
    names = _names(ends.source_file(source), ends.target_file(target))
    assert names == ("read", "decode", "encode", "write")


@pytest.mark.parametrize(
    ("one", "other", "note"),
    [
        ({"header-row": True}, {"header-row": False}, "no value is parsed"),
        ({"encoding": "LATIN1"}, {"encoding": "UTF8"}, "no value is parsed"),
        ({"quoting": "minimal"}, {"quoting": None, "escape": "\\"}, "no value is parsed"),
        (
            {"dateformat": "DD/MM/YY"},
            {"dateformat": "YYYY-MM-DD"},
            "only columns that are written differently are parsed",
        ),
    ],
)
def test_text_becomes_text_of_another_dialect_without_more_parsing_than_needed(
    ends: Any, one: Any, other: Any, note: str
) -> None:
    source, target = (
        DelimitedRecordsFormat("csv", {"compression": None, **hints}) for hints in (one, other)
    )
    plan = make_plan(ends.source_file(source), ends.target_file(target), MoveOptions())
    assert plan.route.names == ("read", "transcode", "write")
    assert plan.route.steps[1].note == note
    assert note in str(plan)


def test_values_are_parsed_where_the_caller_says_what_they_must_be(ends: Any) -> None:
    source, target = (
        DelimitedRecordsFormat("csv", {"compression": None, "header-row": header})
        for header in (True, False)
    )
    end = replace(ends.source_file(source), types_given=True)
    plan = make_plan(end, ends.target_file(target), MoveOptions())
    assert plan.route.names == ("read", "decode", "encode", "write")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            DelimitedRecordsFormat("csv", {"compression": None, "timeonlyformat": "HH:MI:SS"}),
            DelimitedRecordsFormat("csv", {"compression": None, "timeonlyformat": "HH24:MI:SS"}),
        ),
        (
            DelimitedRecordsFormat("csv", {"compression": None, "quoting": "minimal"}),
            DelimitedRecordsFormat("csv", {"compression": None, "quoting": "all"}),
        ),
        (
            DelimitedRecordsFormat("bluelabs"),
            DelimitedRecordsFormat("csv", dict(DelimitedRecordsFormat("bluelabs").hints)),
        ),
    ],
)
def test_a_cosmetic_difference_costs_nothing(ends: Any, one: Any, other: Any) -> None:
    assert _names(ends.source_file(one), ends.target_file(other)) == ("read", "write")
    loader = ends.part("fake-copy", [Offer(form=ends.stream(other), cost=1)])
    names = _names(ends.source_file(one), ends.target_table(loader))
    assert names == ("read", "fake-copy")


def test_a_store_copies_one_file_of_the_same_format_itself(ends: Any) -> None:
    target = ends.target_file(copies=True)
    plan = _plan(ends.source_file(), target)
    assert plan.route.names == ("copy",)
    assert not plan.route.steps[0].here
    assert _names(ends.source_file(single=False), target) == ("read", "write")
    assert _names(ends.source_file(url="s3://b/a"), target) == ("read", "write")
    assert _names(ends.source_file(ParquetRecordsFormat()), target)[0] == "read"


def test_an_unloader_may_write_the_target_itself(ends: Any) -> None:
    target = ends.target_file(url="s3://b/a")
    unloader = ends.part("fake-unload", [Offer(form=target.form, cost=1)])
    plan = _plan(ends.source_table(unloader), target)
    assert plan.route.names == ("fake-unload",)
    assert (plan.unloader, plan.loader) == (unloader, None)
    assert not plan.route.steps[0].here


def test_each_end_is_asked_for_what_the_core_can_carry(ends: Any) -> None:
    loader, unloader = ends.part("l", _echo()), ends.part("u", _echo())
    zipped = ends.gz(ends.CSV)
    _plan(ends.source_file(zipped), ends.target_table(loader))
    _plan(ends.source_table(unloader), ends.target_file(zipped))
    source = ends.source_file(zipped)
    staged = [
        Form(kind="files", place="s3://bucket/tmp/mover-scratch-*/", format=form)
        for form in (zipped, ends.CSV)
    ]
    expected = (source.form, ends.stream(zipped), ends.stream(ends.CSV), ends.BATCHES, *staged)
    assert loader.asked[0].forms == expected
    assert unloader.asked[0].forms[1:] == expected[1:]
    ask = loader.asked[0]
    scratch = f"{OPTIONS.scratch}mover-scratch-*/"
    assert (ask.columns, ask.bytes, ask.rows, ask.scratch) == (("a", "b"), 7, 3, scratch)
    assert not ask.exists
    assert unloader.asked[0].exists


def test_tables_agree_on_what_the_unloader_gives(ends: Any) -> None:
    unloader = ends.part("out", [Offer(form=ends.stream(ends.PIPED), cost=10)])
    loader = ends.part("in", _echo())
    plan = _plan(ends.source_table(unloader), ends.target_table(loader))
    assert plan.route.names == ("out", "in")
    assert (plan.unloader, plan.loader) == (unloader, loader)


def test_tables_agree_on_what_the_loader_likes(ends: Any) -> None:
    unloader = ends.part("out", _echo())
    loader = ends.part("in", [Offer(form=ends.stream(ends.PIPED), cost=10)])
    assert _names(ends.source_table(unloader), ends.target_table(loader)) == ("out", "in")


def test_tables_that_volunteer_nothing_meet_in_batches(ends: Any) -> None:
    unloader, loader = ends.part("out", _echo(20, "batches")), ends.part("in", _echo(20, "batches"))
    assert _names(ends.source_table(unloader), ends.target_table(loader)) == ("out", "in")


def test_tables_with_different_likes_meet_by_recoding(ends: Any) -> None:
    unloader = ends.part("out", [Offer(form=ends.stream(ends.CSV), cost=10)])
    loader = ends.part("in", [Offer(form=ends.stream(ends.PIPED), cost=10)])
    names = _names(ends.source_table(unloader), ends.target_table(loader))
    assert names == ("out", "decode", "encode", "in")


def test_a_refusal_is_shown_once_though_tables_are_asked_twice(ends: Any) -> None:
    unloader = ends.part("out", [Offer(form=ends.BATCHES, cost=10)])
    refusing = ends.part("in-a", [Refusal(why="not today")])
    loader = ends.part("in-b", _echo(20, "batches"))
    plan = _plan(ends.source_table(unloader), ends.target_table(refusing, loader))
    assert [words for words in plan.refusals if words[0] == "in-a"] == [("in-a", "not today")]


def test_of_equal_costs_fewer_steps_win_then_names(ends: Any) -> None:
    direct = ends.part("z-direct", [Offer(form=ends.source_file().form, cost=11)])
    longer = ends.part("a-copy", [Offer(form=ends.stream(ends.CSV), cost=10)])
    plan = _plan(ends.source_file(), ends.target_table(longer, direct))
    assert plan.route.cost == plan.others[0].cost == 11
    assert plan.route.names == ("z-direct",)
    b, a = (ends.part(name, [Offer(form=ends.stream(ends.CSV), cost=5)]) for name in "ba")
    assert _names(ends.source_file(), ends.target_table(b, a)) == ("read", "a")


def test_the_order_of_parts_and_answers_changes_nothing(ends: Any) -> None:
    forms = [
        ends.stream(ends.CSV.alter_hints({"field-delimiter": mark, **more}))
        for mark in ",;|\t"
        for more in ({}, {"quoting": "all"}, {"dateformat": "YYYY-MM-DD"})
    ]
    offers = [Offer(form=form, cost=7, note=str(n)) for n, form in enumerate(forms)]
    refusals = [Refusal(why=str(number)) for number in range(3)]
    dice, seen = random.Random(1), set()
    for _ in range(30):
        answers = dice.sample(offers, len(offers)) + refusals
        parts = [ends.part(name, list(answers)) for name in ("x", "y", "z")]
        dice.shuffle(parts)
        source, target = ends.source_table(*parts), ends.target_table(*reversed(parts))
        plan = _plan(source, target)
        seen.add((repr(plan.route), repr(plan.others)))
    assert len(seen) == 1


@pytest.mark.parametrize("cost", [float("nan"), float("inf"), -1])
def test_an_impossible_cost_is_a_refusal(ends: Any, cost: float) -> None:
    part = ends.part("odd", [Offer(form=ends.BATCHES, cost=cost)])
    plan = _plan(ends.source_file(), ends.target_table(part, ends.part("fake-copy", _echo())))
    assert plan.route.names[-1] == "fake-copy"
    assert (
        "odd",
        f"record batches: it offered this at an impossible cost, {cost}",
    ) in plan.refusals


def _raise(error: Exception) -> Callable[[Ask], Sequence[Any]]:
    def answer(ask: Ask) -> Sequence[Any]:
        raise error

    return answer


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (_raise(KeyError("x")), "it failed to answer: KeyError: 'x'"),
        (lambda ask: None, "it failed to answer: TypeError: 'NoneType' object is not iterable"),
        (["yes"], "it answered 'yes', which is neither an offer nor a refusal"),
        (
            [Offer(form=Form(kind="table", place="x"), cost=0)],
            "it offered a table, and rows travel as files, streams or batches",
        ),
    ],
)
def test_a_part_that_answers_badly_has_refused(ends: Any, answer: Any, why: str) -> None:
    part = ends.part("odd", answer)
    plan = _plan(ends.source_file(), ends.target_table(part, ends.part("fake-copy", _echo())))
    assert plan.route.names == ("read", "fake-copy")
    assert ("odd", why) in plan.refusals


def test_a_servers_own_error_ends_planning(ends: Any) -> None:
    part = ends.part("fake-copy", _raise(ConnectError("the server has gone")))
    with pytest.raises(ConnectError):
        _plan(ends.source_file(), ends.target_table(part))


def test_no_route_tells_every_refusal_and_what_to_install(ends: Any) -> None:
    parts = [
        ends.part("a-copy", [Refusal(why="COPY cannot skip lines", form=ends.stream(ends.CSV))]),
        ends.part("b-insert", [Refusal(why="it sleeps")]),
    ]
    with pytest.raises(NoRouteError) as raised:
        _plan(ends.source_file(), ends.target_table(*parts, remedy="install it: pip install moon"))
    error = raised.value
    assert error.exit_code == 3
    assert str(error) == "no route from file /a to table t; install it: pip install moon"
    assert error.refusals == (
        "a-copy: stream (csv, delimiter ',', header, UTF8): COPY cannot skip lines",
        "b-insert: it sleeps",
    )


def test_no_route_between_ends_without_parts_gives_advice_too(ends: Any) -> None:
    with pytest.raises(NoRouteError, match="no plugin moves rows there; go by way of a file"):
        _plan(ends.source_table(), ends.target_table())
    with pytest.raises(NoRouteError, match="each way was refused"):
        _plan(ends.source_file(), ends.target_table(ends.part("x", [Refusal(why="no")])))


def test_what_explain_says_in_words(ends: Any) -> None:
    loader = ends.part(
        "fake-copy",
        [
            Offer(form=ends.stream(ends.CSV), cost=10, note="in parallel"),
            Refusal(why="too wide", form=ends.BATCHES),
        ],
    )
    insert = ends.part("fake-insert", [Offer(form=ends.BATCHES, cost=1000)])
    plan = _plan(ends.source_file(ends.gz(ends.CSV)), ends.target_table(loader, insert))
    csv = "stream (csv, delimiter ',', header, UTF8)"
    zipped = "stream (csv, delimiter ',', header, UTF8, gzip)"
    assert str(plan).splitlines() == [
        "from    file /a",
        "to      table t",
        "        appends",
        "",
        "route   cost 19",
        f"  1. read: source -> {zipped}  [cost 1, through this machine]",
        f"  2. decompress: {zipped} -> {csv}  [cost 8, through this machine]",
        f"  3. fake-copy: {csv} -> target  [cost 10, through this machine; in parallel]",
        "",
        "not taken",
        "  read > decompress > decode > fake-insert  (cost 1029)",
        "",
        "refused",
        "  fake-copy: record batches: too wide",
    ]


def test_what_explain_says_in_json(ends: Any) -> None:
    target = ends.target_file(copies=True)
    data = json.loads(json.dumps(plan_data(_plan(ends.source_file(), target))))
    assert data == {
        "source": "file /a",
        "target": "file /b",
        "notes": [],
        "warnings": [],
        "cost": 1,
        "route": [
            {
                "step": "copy",
                "from": "source",
                "to": "target",
                "cost": 1,
                "through_this_machine": False,
                "note": "",
            }
        ],
        "columns": [],
        "not_taken": [{"route": ["read", "write"], "cost": 2}],
        "refused": [],
    }


# the search itself, against all there is

PLACES = [Form(kind="files", place=name) for name in "abcdefg"]
edges_of = st.builds(
    Edge,
    name=st.sampled_from("xyz"),
    before=st.sampled_from(PLACES),
    after=st.sampled_from(PLACES),
    cost=st.sampled_from([0, 0.5, 1, 2, 10, 40, 1000]),
)


def _every_path(edges: Sequence[Edge], path: tuple[Edge, ...] = ()) -> Iterator[tuple[Edge, ...]]:
    here = path[-1].after if path else PLACES[0]
    if here == PLACES[-1]:
        yield path
        return
    been = {PLACES[0], *(edge.after for edge in path)}
    for edge in edges:
        if edge.before == here and edge.after not in been and len(path) < STEPS_AT_MOST:
            yield from _every_path(edges, (*path, edge))


@given(st.lists(edges_of, max_size=14), st.randoms(use_true_random=False))
def test_no_other_path_is_cheaper(edges: list[Edge], dice: random.Random) -> None:
    found = list(cheapest_routes(PLACES[0], PLACES[-1], edges))
    costs = sorted(sum(edge.cost for edge in path) for path in _every_path(edges))
    assert bool(found) == bool(costs)
    if found:
        assert found[0].cost == costs[0]
        assert [route.cost for route in found] == sorted(route.cost for route in found)
        assert len({route.names for route in found}) == len(found)
        for route in found:
            assert route.steps[0].before == PLACES[0]
            assert route.steps[-1].after == PLACES[-1]
            pairs = zip(route.steps, route.steps[1:], strict=False)
            assert all(one.after == two.before for one, two in pairs)
    dice.shuffle(edges)
    assert list(cheapest_routes(PLACES[0], PLACES[-1], edges)) == found
