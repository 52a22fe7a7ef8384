"""What the command does before it reads anything: modules are found as Python's own finders find them."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import pkgutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from importlib.machinery import PathFinder
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from colorcheck.files.kept_modules import KeptCode, PureModules

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("package", sorted(PureModules.PACKAGES))
def test_modules_are_those_that_python_finds(package: str, tmp_path: Path) -> None:
    finder = PureModules(KeptCode(str(tmp_path / "kept")))
    todo, found = [(package, importlib.import_module(package).__path__)], 0
    while todo:
        parent, path = todo.pop()
        for entry in pkgutil.iter_modules(path):
            name = f"{parent}.{entry.name}"
            ours, usual = finder.find_spec(name, list(path)), PathFinder.find_spec(name, list(path))
            assert usual is not None
            if ours is None:  # left to Python: nothing but compiled modules
                assert not str(usual.origin).endswith(".py")
                continue
            found += 1
            assert (ours.origin, ours.cached, ours.has_location) == (usual.origin, usual.cached, usual.has_location)
            assert isinstance(ours.loader, type(usual.loader))
            assert ours.submodule_search_locations == usual.submodule_search_locations
            if entry.ispkg and usual.submodule_search_locations is not None:
                todo.append((name, usual.submodule_search_locations))
    assert found > 2


def test_what_is_not_there_is_left_to_python(tmp_path: Path) -> None:
    finder = PureModules(KeptCode(str(tmp_path / "kept")))
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as packed:
        packed.writestr("colorcheck/cli/__init__.py", "")
    (tmp_path / "cli").mkdir()  # without an __init__.py
    (tmp_path / "Verify.py").write_text("", encoding="utf-8")
    for name, path in (
        ("colorcheck", None),
        ("colorcheck.cli", [str(tmp_path)]),
        ("colorcheck.verify", [str(tmp_path)]),
        ("colorcheck.Verify", [str(tmp_path), str(tmp_path)]),
        ("colorcheck.cli", [str(tmp_path / "packed.zip" / "colorcheck")]),
        ("csv.Verify", [str(tmp_path)]),
    ):
        assert finder.find_spec(name, path) is None


class _Folder:
    """A package `lark` in a folder, as several processes import it in turn."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "kept"

    def write(self, text: str, name: str = "one", time: int = 1_700_000_000) -> None:
        source = self.folder / f"{name}.py"
        source.write_text(text, encoding="utf-8")
        os.utime(source, (time, time))

    def process(self, *names: str, keep: bool = True) -> tuple[list[object], list[str]]:
        """The value of VALUE in each module, and the names of those that were not kept."""
        kept = KeptCode(str(self.file))
        finder, found = PureModules(kept), []
        for name in names:
            spec = finder.find_spec(f"lark.{name}", [str(self.folder)])
            assert spec is not None
            module = importlib.util.module_from_spec(spec)
            assert spec.loader is not None
            spec.loader.exec_module(module)
            source = str(self.folder / f"{name}.py")
            assert (module.__file__, module.__cached__) == (source, importlib.util.cache_from_source(source))
            found.append(module.VALUE)
        fresh = sorted(kept.noted)
        if keep:
            kept.keep()
        return found, fresh


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Folder:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    made = _Folder(tmp_path)
    made.write("VALUE = 1")
    made.write("VALUE = 'other'", "two")
    return made


def test_what_was_compiled_is_kept(folder: _Folder) -> None:
    assert folder.process("one") == ([1], ["lark.one"])
    assert folder.process("one", "two") == ([1, "other"], ["lark.two"])
    assert folder.process("two", "one") == (["other", 1], [])
    assert sorted(path.name for path in folder.folder.glob("kept*")) == ["kept"]


@pytest.mark.parametrize(("text", "time"), [("VALUE = 22", 1_700_000_000), ("VALUE = 2", 1_700_000_001)])
def test_a_changed_source_is_read_again(folder: _Folder, text: str, time: int) -> None:
    folder.process("one", "two")
    folder.write(text, time=time)
    value = int(text.split()[-1])
    assert folder.process("one", "two") == ([value, "other"], ["lark.one"])
    assert folder.process("one", "two") == ([value, "other"], [])


@given(st.binary(max_size=64), st.integers(0, 200))
@example(b"N", 1)
def test_a_damaged_head_is_as_good_as_none(rest: bytes, length: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = _Folder(Path(name))
        folder.write("VALUE = 1")
        head = (
            importlib.util.MAGIC_NUMBER + length.to_bytes(4, "little") + zlib.crc32(rest[:length]).to_bytes(4, "little")
        )
        folder.file.write_bytes(head + rest)
        assert folder.process("one", keep=False) == ([1], ["lark.one"])
        folder.file.write_bytes(rest)
        assert folder.process("one", keep=False) == ([1], ["lark.one"])


def test_a_file_that_ends_early_is_as_good_as_none(folder: _Folder) -> None:
    folder.process("one", "two")
    whole = folder.file.read_bytes()
    for length in range(len(whole)):
        folder.file.write_bytes(whole[:length])
        values, fresh = folder.process("one", "two", keep=False)
        assert values == [1, "other"]
        assert fresh


@pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("damage", ["cut", "zero", "other"])
def test_a_damaged_file_is_mended(folder: _Folder, part: float, damage: str) -> None:
    folder.process("one", "two")
    whole = folder.file.read_bytes()
    at = int(part * len(whole))
    rest = {"cut": b"", "zero": bytes(len(whole) - at), "other": whole[at:].translate(bytes(range(255, -1, -1)))}
    folder.file.write_bytes(whole[:at] + rest[damage])
    values, fresh = folder.process("one", "two")
    assert values == [1, "other"]
    assert fresh
    assert folder.process("one", "two") == ([1, "other"], [])


def test_no_one_else_may_write_it(folder: _Folder) -> None:
    before = os.umask(0)
    try:
        folder.process("one")
    finally:
        os.umask(before)
    assert folder.file.stat().st_mode & 0o022 == 0


def test_nothing_is_written_where_python_would_write_nothing(folder: _Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    folder.process("one")
    assert not folder.file.exists()
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    folder.file.mkdir()  # cannot be replaced by a file
    assert folder.process("one") == ([1], ["lark.one"])
    assert sorted(path.name for path in folder.folder.glob("kept*")) == ["kept"]


def test_the_file_is_in_the_folder_of_compiled_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    beside = KeptCode.of("/opt/colorcheck/__main__.py").file
    assert beside.startswith("/opt/colorcheck/__pycache__/__main__.")
    assert beside.endswith(".kept")
    monkeypatch.setattr(sys, "pycache_prefix", "/var/cache/python")
    assert KeptCode.of("/opt/colorcheck/__main__.py").file.startswith("/var/cache/python/opt/colorcheck/")


# A package whose modules import each other as those of colorcheck do; the names of PureModules.PACKAGES are taken.
SOURCES = {
    "__init__": "",
    "first": "from lark.middle.inner import VALUE as inner\nfrom lark.last import VALUE\nimport lark.middle\n"
    "VALUE = (VALUE, inner, lark.middle.inner.VALUE, lark.middle.NAME, lark.last.VALUE)\n",
    "last": "VALUE = 'last'\n",
    "middle/__init__": "from lark.middle.inner import VALUE as NAME\nfrom lark.middle.hidden import hidden\n",
    "middle/inner": "from lark.last import VALUE as last\nVALUE = f'inner {last}'\n",
    "middle/hidden": "def hidden():\n    return 1\n",
}
IMPORT = """
import json, sys
import lark
from colorcheck.files import kept_modules
sys.dont_write_bytecode = False
kept = kept_modules.KeptCode(sys.argv[1])
finder = kept_modules.PureModules(kept, "lark", sys.argv[2])
sys.meta_path.insert(0, finder)
before = []
load = finder.load
finder.load = lambda names: before.extend(names) or load(names)
try:
    from lark import first
    import lark.middle
    told = [first.VALUE, callable(lark.middle.hidden)]
except ZeroDivisionError as error:
    told = [str(error), "lark.last" in sys.modules]
modules = {}
for name, module in sorted(sys.modules.items()):
    if name.startswith("lark."):
        spec = module.__spec__
        modules[name] = [
            module.__file__, module.__cached__, module.__package__, list(getattr(module, "__path__", [])),
            spec.name, spec.origin, spec.cached, spec.parent, spec.has_location, type(module.__loader__).__name__,
            module.__loader__ is spec.loader, hasattr(sys.modules[name.rpartition(".")[0]], name.rpartition(".")[2]),
        ]
kept.keep()
print(json.dumps([told, modules, before, sorted(kept.noted)]))
"""
GROUP = ["lark.last", "lark.middle.inner", "lark.middle.hidden", "lark.middle"]


class _Package:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "lark"
        for name, text in SOURCES.items():
            self.write(name, text)

    def write(self, name: str, text: str, time: int = 1_700_000_000) -> None:
        source = self.folder / f"{name}.py"
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(text, encoding="utf-8")
        os.utime(source, (time, time))

    def process(self) -> tuple[list[object], dict[str, list[object]], list[str], list[str]]:
        """What a process that imports `first` sees, its modules, those that came before, and those compiled anew."""
        environment = {**os.environ, "PYTHONPATH": f"{self.folder.parent}:{ROOT}"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-c", IMPORT, str(self.folder.parent / "kept"), str(self.folder)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        told, modules, before, fresh = json.loads(done.stdout)
        return told, modules, before, fresh


@pytest.fixture
def package(tmp_path: Path) -> _Package:
    return _Package(tmp_path)


VALUE = [["last", "inner last", "inner last", "inner last", "last"], True]


def test_what_a_module_imports_comes_first_and_is_as_usual(package: _Package) -> None:
    value, usual, before, fresh = package.process()
    assert (value, before, fresh) == (VALUE, [], sorted([*GROUP, "lark.first"]))
    value, modules, before, fresh = package.process()
    assert (value, sorted(before), fresh) == (VALUE, sorted(GROUP), [])
    assert modules == usual
    assert all(each[-1] for each in modules.values())


@pytest.mark.parametrize("name", ["last", "middle/inner", "middle/__init__", "first"])
def test_a_changed_module_among_them(package: _Package, name: str) -> None:
    package.process()
    package.write(name, SOURCES[name].replace("'last'", "'new'") + "\n", 1_800_000_000)
    expected = json.loads(json.dumps(VALUE).replace("last", "new")) if name == "last" else VALUE
    value, _, _, fresh = package.process()
    assert (value, fresh) == (expected, [f"lark.{name.removesuffix('/__init__').replace('/', '.')}"])
    value, _, before, fresh = package.process()
    assert (value, sorted(before), fresh) == (expected, sorted(GROUP), [])


def test_a_module_that_is_gone_and_one_that_came(package: _Package) -> None:
    package.process()
    (package.folder / "middle" / "hidden.py").unlink()
    package.write("middle/other", "hidden = len\n")
    package.write("middle/__init__", SOURCES["middle/__init__"].replace("middle.hidden", "middle.other"), 1_800_000_000)
    assert package.process()[0] == VALUE
    value, _, before, fresh = package.process()
    assert (value, fresh) == (VALUE, [])
    assert sorted(before) == ["lark.last", "lark.middle", "lark.middle.inner", "lark.middle.other"]


def test_a_package_that_came_wins_against_a_module_of_its_name(package: _Package) -> None:
    package.process()
    package.write("last/__init__", "VALUE = 'new'\n")
    assert package.process()[0] == json.loads(json.dumps(VALUE).replace("last", "new"))


def test_one_that_fails_fails_as_usual(package: _Package) -> None:
    package.process()
    package.write("last", "1 / 0\n", 1_800_000_000)
    for _ in range(3):
        assert package.process()[0] == ["division by zero", False]
    package.write("last", SOURCES["last"], 1_900_000_000)
    assert package.process()[0] == VALUE


def test_what_is_kept_of_another_folder_is_not_used(package: _Package, tmp_path: Path) -> None:
    package.process()
    moved = _Package(tmp_path / "moved")
    (tmp_path / "moved" / "kept").write_bytes((tmp_path / "kept").read_bytes())
    value, modules, _, fresh = moved.process()
    assert (value, fresh) == (VALUE, sorted([*GROUP, "lark.first"]))
    assert all(str(each[0]).startswith(str(moved.folder)) for each in modules.values())
