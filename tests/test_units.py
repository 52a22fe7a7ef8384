"""One quantity, one text: pages, MiB and amounts of memory come from `core/units.py` and from nowhere else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from colorcheck.core.units import GIB, KIB, MIB, PAGE, size, size_of_pages

ROOT = Path(__file__).parents[1]
UNITS = ROOT / "colorcheck" / "core" / "units.py"
MODULES = [path for path in sorted((ROOT / "colorcheck").rglob("*.py")) if path != UNITS]
NAMES = {"PAGE", "PAGE_SHIFT", "PAGE_SIZE", "KIB", "MIB", "GIB", "MIB_PAGES", "GIB_PAGES", "PAGES_PER_MIB"}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (PAGE, "4 KiB"),
        (MIB - 1, "1024 KiB"),
        (MIB, "1 MiB"),
        (3 * MIB // 2, "1.5 MiB"),
        (GIB, "1 GiB"),
        (GIB + MIB, "1025 MiB"),
        (3013 * MIB + 900 * KIB, "3013.9 MiB"),
    ],
)
def test_amounts(number: int, text: str) -> None:
    assert size(number) == text


def test_pages() -> None:
    assert size_of_pages(771_558) == size(771_558 * PAGE) == "3013.9 MiB"


def test_no_second_definition() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                named = {target.id.lstrip("_") for target in targets if isinstance(target, ast.Name)}
                assert not named & NAMES, (path, node.lineno)


def test_no_second_formatter() -> None:
    """A unit behind a number that was computed where it is written: that is `size`'s work."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                for value, behind in zip(node.values, node.values[1:], strict=False):
                    unit = isinstance(behind, ast.Constant) and str(behind.value).startswith((" KiB", " MiB", " GiB"))
                    if unit and isinstance(value, ast.FormattedValue):
                        plain = isinstance(value.value, ast.Name | ast.Attribute) and value.format_spec is None
                        assert plain, (path, node.lineno, ast.unparse(node))
