"""Plugins come in one at a time; what is wrong with one is named and harms nobody else."""

from __future__ import annotations

import textwrap
from importlib.metadata import EntryPoint
from itertools import count
from pathlib import Path

import pytest

from colorcheck.plugins.hookspecs import GROUP
from colorcheck.plugins.manager import Plugins, gather

HEAD = "from colorcheck.plugins.hookspecs import hook\n"
BOARD = """
@hook
def colorcheck_boards():
    return {"NAME": lambda: None}
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


_numbers = count()


def load(folder: Path, seconds: float = 5.0, **sources: str) -> Plugins:
    """Modules get names that no test had before: the import of a slow one never ends."""
    modules = {name: f"{name}_{next(_numbers)}" for name in sources}
    for name, source in sources.items():
        (folder / f"{modules[name]}.py").write_text(HEAD + textwrap.dedent(source), encoding="utf-8")
    return gather([EntryPoint(name, module, GROUP) for name, module in modules.items()], seconds)


def test_a_good_plugin_has_no_problem(modules: Path) -> None:
    found = load(modules, good=BOARD)
    assert found.problems == ()
    assert list(found.boards) == ["NAME"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError"),
        ("def (", "SyntaxError"),
        ("raise SystemExit(0)", "SystemExit"),
        ("import time; time.sleep(60)", "took longer"),
        ("@hook\ndef colorcheck_bords():\n    return {}", 'did you mean "colorcheck_boards"?'),
        ("@hook\ndef colorcheck_boards(extra):\n    return {}", "extra"),
        ("@hook\ndef colorcheck_boards():\n    return 7", "neither a mapping"),
        ("@hook\ndef colorcheck_boards():\n    return {'x': 7}", "is not callable"),
        ("@hook\ndef colorcheck_boards():\n    return {1: print}", "an empty name"),
        ("@hook\ndef colorcheck_boards():\n    raise KeyError('x')", "KeyError"),
        ("@hook\ndef colorcheck_boards():\n    raise SystemExit(0)", "SystemExit"),
        ("@hook\ndef colorcheck_rules():\n    while True:\n        __import__('time').sleep(0.01)", "took longer"),
        ("@hook\ndef colorcheck_rules():\n    return [object()]", "an empty name"),
        ("def colorcheck_boards():\n    return {}", "adds nothing"),
    ],
)
def test_a_bad_plugin_is_named_and_the_others_work(modules: Path, source: str, said: str) -> None:
    found = load(modules, 0.5, bad=source, good=BOARD)
    assert [entry.name for entry in found.loaded if entry.problems] == ["bad"]
    assert said in found.problems[0].message
    assert "'bad'" in found.problems[0].message
    assert list(found.boards) == ["NAME"]


def test_a_name_that_is_taken_stays_with_the_first(modules: Path) -> None:
    found = load(modules, one=BOARD.replace("None", "1"), two=BOARD.replace("None", "2"))
    assert [entry.name for entry in found.loaded if entry.problems] == ["two"]
    assert found.boards["NAME"]() == 1  # type: ignore[comparison-overlap]


def test_two_plugins_of_one_name(modules: Path) -> None:
    module = load(modules, first=BOARD).loaded[0].module
    entries = [EntryPoint("same", module, GROUP), EntryPoint("same", f"{module}_missing", GROUP)]
    assert [len(entry.problems) for entry in gather(entries).loaded] == [0, 1]


def test_output_of_a_plugin_stays_out_of_reports(modules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(modules, noisy="print('hello')\n" + BOARD)
    assert capsys.readouterr().out == ""


def test_a_function_that_exits_is_an_error(modules: Path) -> None:
    found = load(modules, leaving="@hook\ndef colorcheck_boards():\n    return {'x': lambda: exit(0)}")
    with pytest.raises(Exception, match="SystemExit"):
        found.boards["x"]()
