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


# What is not ours to enumerate: words of Xen's log, of a table of devices, of JUnit, of the folders of measured cases.
_KINDS_OF_OTHERS = {"LoggedModule", "Device", "Outcome", "MeasuredCase", "TargetModule"}


def test_kinds_are_types() -> None:
    """A public class outside of the documents has no `kind` that is any text."""
    found = []
    for path in sorted((ROOT / "colorcheck").rglob("*.py")):
        if "documents" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ClassDef) or node.name.startswith("_") or node.name in _KINDS_OF_OTHERS:
                continue
            found += [
                f"{path.name}: {node.name}"
                for field in node.body
                if isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and field.target.id == "kind"
                and ast.unparse(field.annotation).split(" ")[0] == "str"
            ]
    assert found == []
