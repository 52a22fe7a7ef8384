"""What the command does before it reads anything: modules are found as Python's own finders find them."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
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
