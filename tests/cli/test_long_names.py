"""A name that is longer than any file's is a name of no file, for every command that takes one."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from colorcheck.cli import main

ROOT = Path(__file__).parents[2]
LONG = "9" * 5000
CALLS = [
    *("verify", "effective", "replay", "plan", "diff", "init", "interfere", "explain", "schema", "evidence", "profile"),
    *(f"verify --{name}" for name in ("xen", "board", "device-tree", "domain", "boot-log", "system-dump", "baseline")),
    *("certify --check", "evidence --check", "evidence --compare x", "attest --log", "board from-device-tree"),
    *(
        "plan --apply",
        "plan --out",
        "plan --why",
        "plan --keep",
        "init --from",
        "migrate --to",
        "baseline create --file",
    ),
    *("boot --xen", "boot --evidence x --xen", "attest --share x --log", "board show", "verify --certify"),
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path / "examples" / "zcu102-dom0less")


@pytest.mark.parametrize("call", CALLS)
def test_no_name_is_too_long(call: str, here: None) -> None:
    assert main([*call.split(), LONG]) in (0, 1, 2, 3, 4)


def test_nobody_asks_a_path_whether_it_is_there() -> None:
    """`Path.exists` and its like raise for names that no file can have; `os.path` says no. Paths that are made from
    colorcheck's own files may ask."""
    own = {"resources.py", "tool.py", "field.py", "cache.py", "check.py", "atomic.py"}
    for path in sorted((ROOT / "colorcheck").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
                asks = node.func.attr in ("exists", "is_dir", "is_file", "is_symlink") and not node.keywords
                assert path.name in own or not asks, (path, node.lineno)
