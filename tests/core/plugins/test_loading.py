"""Plugins load one by one: what is wrong with one is said of it, and harms no other."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.errors import PluginError
from records_mover.plugins import Plugins, registry
from support.fakeplugins import (
    FakePlugin,
    FakeSite,
    failing_import,
    other_api,
    raising,
    unregistrable,
    without_api,
    working,
)

if TYPE_CHECKING:
    from pathlib import Path


SCHEME = """
@hookimpl
def mover_schemes():
    return [Scheme(name="moon", store=lambda context: None)]
"""


def _answering(hook: str, answer: str, *, argument: str = "") -> str:
    return f"\n@hookimpl\ndef {hook}({argument}):\n    return {answer}\n"


BROKEN = {
    "ends at import": ("raise SystemExit(3)", "SystemExit: 3"),
    "fails at import": ("import no_such_driver", "ModuleNotFoundError: No module named"),
    "is no Python": ("def (", "SyntaxError: "),
    "raises": (
        "@hookimpl\ndef mover_formats():\n    raise OSError('no\\nmoon')",
        "OSError: no moon",
    ),
    "raises late": ("@hookimpl\ndef mover_loaders():\n    yield 1 / 0", "ZeroDivisionError: "),
    "ends": ("@hookimpl\ndef mover_schemes():\n    raise SystemExit('bye')", "SystemExit: bye"),
    "unknown hook": (_answering("mover_moons", "[]"), "unknown hook 'mover_moons'"),
    "signature": (_answering("mover_schemes", "[]", argument="sky"), "{'sky'}"),
    "unmarked": (
        "def mover_schemes():\n    return []",
        "mover_schemes is not marked with @hookimpl",
    ),
    "first": (
        "@hookimpl(tryfirst=True)\ndef mover_creds(name):\n    return None",
        "mover_creds is marked tryfirst",
    ),
    "wrapper": (
        "@hookimpl(wrapper=True)\ndef mover_moved(result):\n    return (yield)",
        "mover_moved is marked wrapper",
    ),
    "number": (_answering("mover_schemes", "7"), "mover_schemes answered 7, which is no list"),
    "text": (_answering("mover_schemes", "'moon'"), "answered 'moon', which is no list of parts"),
    "no scheme": (_answering("mover_schemes", "['moon']"), "'moon', which is no Scheme"),
    "scheme's name": (
        _answering("mover_schemes", "[Scheme(name='moon://', store=len)]"),
        "whose name is not that of a scheme",
    ),
    "store": (
        _answering("mover_schemes", "[Scheme(name='moon', store=7)]"),
        "store cannot be called",
    ),
    "no database": (_answering("mover_databases", "[Scheme]"), "which is no DatabaseKind"),
    "dialects": (
        _answering("mover_databases", "[DatabaseKind(name='m', dialects='moon', open=len)]"),
        "whose dialects are no set of names",
    ),
    "no format": (_answering("mover_formats", "['csv']"), "'csv', which is no FormatKind"),
    "no loader": (_answering("mover_loaders", "[object()]"), "which has no 'name'"),
    "a class": (_answering("mover_unloaders", "[Mover]"), "which is a class and not an instance"),
    "nameless": (_answering("mover_loaders", "[Mover('', 'moon')]"), "which has no name"),
    "twice": (
        _answering("mover_loaders", "[Mover('a', 'x'), Mover('a', 'y')]"),
        "it offers loader 'a' 2 times",
    ),
}


@pytest.mark.parametrize(("body", "why"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_plugin_says_why_and_harms_no_other(
    load: Any, plugin: Any, record: Any, body: str, why: str
) -> None:
    body = body if "mover_schemes" in body else body + SCHEME
    plugins = load(plugin("mover-bad", body), working("mover-good", scheme="good"))
    broken = record(plugins, "mover-bad")
    assert (broken.status, broken.name, broken.version) == ("broken", "mover_bad", "1.0")
    assert why in broken.why
    assert "\n" not in broken.why
    assert "moon" not in plugins.schemes, "nothing of a broken plugin stays registered"
    assert record(plugins, "mover-good").status == "ok"
    assert plugins.schemes["good"].name == "good"


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (failing_import("mover-bad"), "No module named 'a_driver_nobody_has'"),
        (other_api("mover-bad", api=2), "it speaks plugin API 2, and this records-mover speaks 1"),
        (without_api("mover-bad"), "it has no MOVER_API"),
        (raising("mover-bad"), "RuntimeError: the moon is down"),
        (unregistrable("mover-bad"), "sky"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_usual_suspects_are_named(
    load: Any, record: Any, broken: FakePlugin, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        plugins = load(broken)
    assert why in record(plugins, "mover-bad").why
    assert any("'mover_bad' of mover-bad is broken" in text for text in caplog.messages)


def test_an_interrupt_while_a_plugin_loads_is_an_interrupt(load: Any, plugin: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        load(plugin("mover-slow", "raise KeyboardInterrupt"))


CLASHES = {
    "scheme": ("mover_schemes", "[Scheme(name='moon', store=len)]", "scheme 'moon'"),
    "built-in scheme": ("mover_schemes", "[Scheme(name='file', store=len)]", "scheme 'file'"),
    "dialect": (
        "mover_databases",
        "[DatabaseKind(name=__name__, dialects=frozenset({'moonql'}), open=len)]",
        "dialect 'moonql'",
    ),
    "database": (
        "mover_databases",
        "[DatabaseKind(name='moon', dialects=frozenset({__name__}), open=len)]",
        "database 'moon'",
    ),
    "unloader": ("mover_unloaders", "[Mover('moon-unload', __name__)]", "unloader 'moon-unload'"),
    "loader": ("mover_loaders", "[Mover('moon-load', __name__)]", "loader 'moon-load'"),
    "format": ("mover_formats", "[FormatKind(name='dust', extensions=())]", "format 'dust'"),
}


@pytest.mark.parametrize(("hook", "answer", "what"), CLASHES.values(), ids=CLASHES.keys())
def test_a_name_has_one_owner_and_a_second_claim_costs_all(
    load: Any, plugin: Any, record: Any, hook: str, answer: str, what: str
) -> None:
    more = (
        ""
        if hook == "mover_formats"
        else _answering("mover_formats", "[FormatKind(name=__name__, extensions=())]")
    )
    both = [plugin(f"mover-{name}", _answering(hook, answer) + more) for name in ("b", "a")]
    plugins = load(*both)
    second = record(plugins, "mover-b")
    owner = "'files' of records-mover (built in)" if "'file'" in what else "'mover_a' of mover-a"
    assert second.status == "broken"
    assert second.why == f"{what} belongs to plugin {owner} already"
    assert "mover_b" not in plugins.formats
    assert second.offers.words() == ()
    if "'file'" not in what:
        assert record(plugins, "mover-a").status == "ok", "the first name wins"


def test_two_plugins_of_one_name_are_one_plugin_and_a_broken_one(
    load: Any, plugin: Any, record: Any, fake_site: FakeSite
) -> None:
    load(plugin("mover-b", SCHEME), plugin("mover-a", _answering("mover_formats", "[]")))
    _rename_entry_point(fake_site, "mover_a", "moon")
    _rename_entry_point(fake_site, "mover_b", "moon")
    plugins = Plugins(strict=False)
    assert record(plugins, "mover-a").status == "ok"
    assert record(plugins, "mover-b").why == "another plugin is named 'moon' already"


def test_one_module_under_two_names_is_one_plugin(
    load: Any, plugin: Any, fake_site: FakeSite
) -> None:
    fake_site.install(plugin("mover-a", _answering("mover_creds", "None", argument="name")))
    points = fake_site.path / "mover_a-1.0.dist-info" / "entry_points.txt"
    points.write_text("[records_mover]\nmoon = mover_a\nmoon2 = mover_a\n")
    found = {one.name: one for one in load().records}
    assert found["moon"].status == "ok"
    assert found["moon2"].why == "its module is that of plugin 'moon' already"


def test_a_distribution_that_is_installed_twice_is_one_plugin(
    load: Any, plugin: Any, record: Any, fake_site: FakeSite, tmp_path: Path
) -> None:
    one = plugin("mover-a", SCHEME)
    again = FakeSite(tmp_path / "again")
    again.install(one)
    with again.on_path():
        plugins = load(one)
    assert [each.status for each in plugins.records if each.name == "mover_a"] == ["ok"]


def test_only_a_plugin_is_looked_at_closely(load: Any, fake_site: FakeSite) -> None:
    info = fake_site.path / "other-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: other\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[console_scripts]\nthis is no entry point\n")
    assert "other" not in {record.name for record in load().records}


def _rename_entry_point(site: FakeSite, module: str, name: str) -> None:
    points = site.path / f"{module}-1.0.dist-info" / "entry_points.txt"
    points.write_text(f"[records_mover]\n{name} = {module}\n")


@pytest.mark.parametrize("value", ["no-module!", "mover_a:absent", "mover_a:len.nothing"])
def test_an_entry_point_that_leads_nowhere_is_a_broken_plugin(
    load: Any, plugin: Any, record: Any, fake_site: FakeSite, value: str
) -> None:
    fake_site.install(plugin("mover-a", ""))
    points = fake_site.path / "mover_a-1.0.dist-info" / "entry_points.txt"
    points.write_text(f"[records_mover]\nmoon = {value}\n")
    assert record(load(), "mover-a").status == "broken"


def test_a_plugin_whose_metadata_is_damaged_breaks_nobody(
    load: Any, plugin: Any, fake_site: FakeSite
) -> None:
    fake_site.install(plugin("mover-a", SCHEME))
    (fake_site.path / "mover_a-1.0.dist-info" / "METADATA").unlink()
    plugins = load()
    (found,) = [one for one in plugins.records if one.name == "mover_a"]
    assert found.status == "ok"
    assert isinstance(found.distribution, str)
    assert isinstance(found.version, str)


def test_records_come_built_ins_first_then_by_name(load: Any) -> None:
    plugins = load(working("mover-zz", scheme="zz"), failing_import("mover-aa"))
    names = [one.name for one in plugins.records]
    assert {"files", "formats", "sql", "environment"} <= set(names)
    count = len(registry.BUILT_INS)
    assert names[:count] == list(registry.BUILT_INS)
    assert names[count:] == sorted(names[count:])
    assert names[count] == "mover_aa"


def test_a_plugin_with_no_answer_offers_nothing(load: Any, plugin: Any, record: Any) -> None:
    plugins = load(plugin("mover-shy", "@hookimpl\ndef mover_schemes():\n    return None"))
    assert record(plugins, "mover-shy").status == "ok"
    assert record(plugins, "mover-shy").offers.words() == ()


def test_what_a_plugin_offers_is_said_in_words(load: Any, plugin: Any, record: Any) -> None:
    body = (
        SCHEME
        + _answering("mover_unloaders", "(Mover(n, 'moonql') for n in ['moon-unload'])")
        + _answering("mover_loaders", "{'moon-load': 0} and [Mover('moon-load', 'moonql')]")
        + _answering("mover_formats", "[FormatKind(name='dust', extensions=('.dust',))]")
        + _answering("mover_databases", "[DatabaseKind(name='M', dialects={'moonql'}, open=len)]")
        + _answering("mover_creds", "None", argument="name")
        + _answering("mover_moved", "None", argument="result")
    )
    plugins = load(plugin("mover-moon", body), strict=True)
    assert record(plugins, "mover-moon").offers.words() == (
        "moon://",
        "database M",
        "moon-unload",
        "moon-load",
        "format dust",
        "credentials",
        "told of moves",
    )
    assert [part.name for part in plugins.loaders("moonql")][-1:] != ["moon-unload"]
    assert "moon-load" in [part.name for part in plugins.loaders("moonql")]
    assert "moon-load" not in [part.name for part in plugins.loaders("moon")]


def test_a_disabled_plugin_is_not_even_imported(
    load: Any, plugin: Any, record: Any, tmp_path: Path
) -> None:
    trace = tmp_path / "imported"
    body = f"open({str(trace)!r}, 'w').close()\n" + SCHEME
    off = record(load(plugin("mover-off", body), disabled=["mover_off"]), "mover-off")
    assert off.status == "disabled"
    assert off.why == "by MOVER_DISABLED_PLUGINS"
    assert not trace.exists()


def test_the_environment_disables_and_an_empty_list_does_not(
    load: Any, record: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOVER_DISABLED_PLUGINS", " mover_moon , s3,")
    assert record(load(working("mover-moon")), "mover-moon").status == "disabled"
    assert record(load(disabled=[]), "mover-moon").status == "ok"


def test_strict_raises_with_the_reason_on_one_line(
    load: Any, plugin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "@hookimpl\ndef mover_formats():\n    raise OSError('no\\nmoon')"
    with pytest.raises(PluginError) as raised:
        load(plugin("mover-bad", body), strict=True)
    assert str(raised.value) == (
        "plugin 'mover_bad' of mover-bad is broken: OSError: no moon; "
        "mend or uninstall mover-bad, or unset MOVER_STRICT_PLUGINS"
    )
    monkeypatch.setenv("MOVER_STRICT_PLUGINS", "1")
    with pytest.raises(PluginError):
        Plugins()
    monkeypatch.setenv("MOVER_STRICT_PLUGINS", "0")
    assert Plugins().schemes


def test_a_move_works_beside_a_broken_plugin_and_says_so(
    fake_site: FakeSite, tmp_path: Path
) -> None:
    fake_site.install(failing_import("mover-torn"), raising("mover-moody", hook="mover_moved"))
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "import records_mover as m; print(m.move('a.csv', 'b.csv', format='csv').route)",
        ],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k != "MOVER_STRICT_PLUGINS"} | fake_site.env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "plugin 'mover_torn' of mover-torn is broken: ModuleNotFoundError" in ran.stderr
    assert "plugin 'mover_moody' failed in mover_moved" in ran.stderr
    assert (tmp_path / "b.csv").read_text() == "a,b\n1,2\n"
    assert ran.stdout
