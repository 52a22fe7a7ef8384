"""What the command does before it reads anything: modules are found as Python's own finders find them."""

from __future__ import annotations

import importlib
import pkgutil
import zipfile
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

from colorcheck.__main__ import PureModules


@pytest.mark.parametrize("package", sorted(PureModules.PACKAGES))
def test_modules_are_those_that_python_finds(package: str) -> None:
    finder = PureModules()
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
            assert type(ours.loader) is type(usual.loader)
            assert ours.submodule_search_locations == usual.submodule_search_locations
            if entry.ispkg and usual.submodule_search_locations is not None:
                todo.append((name, usual.submodule_search_locations))
    assert found > 5


def test_what_is_not_there_is_left_to_python(tmp_path: Path) -> None:
    finder = PureModules()
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
        ("json.Verify", [str(tmp_path)]),
    ):
        assert finder.find_spec(name, path) is None
