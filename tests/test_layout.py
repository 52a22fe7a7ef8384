"""The shape of the repository: sizes of modules, names of tests."""

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_no_two_test_modules_have_one_name() -> None:
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []


def test_no_module_is_two_rooms_in_one() -> None:
    folders = ("colorcheck", "plugins", "tests", "benchmarks", "fuzz")
    long = [str(p) for folder in folders for p in (ROOT / folder).rglob("*.py") if p.read_text().count("\n") > 600]
    assert long == []


def test_no_class_name_stands_twice() -> None:
    trees = [ast.parse(path.read_text()) for path in (ROOT / "colorcheck").rglob("*.py")]
    names = Counter(n.name for tree in trees for n in ast.walk(tree) if isinstance(n, ast.ClassDef))
    assert [name for name, count in names.items() if count > 1 and not name.startswith("_")] == []
