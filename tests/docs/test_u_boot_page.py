"""The page on releases of U-Boot is the table of the code."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from colorcheck.loader.u_boot.releases import CHANGES, ReleaseChange, answers
from tests.shapes import present

DOCS = Path(__file__).parents[2] / "docs"


def _maker() -> ModuleType:
    spec = present(importlib.util.spec_from_file_location("u_boot_page", DOCS / "make" / "u_boot.py"))
    module = importlib.util.module_from_spec(spec)
    present(spec.loader).exec_module(module)
    return module


def test_the_page_has_the_table_of_the_code() -> None:
    text = (DOCS / "u-boot.md").read_text()
    assert _maker().renewed(text) == text, "run python docs/make/u_boot.py"
    assert all(f"| {change.key} |" in text for change in CHANGES)


def test_the_page_is_in_the_navigation() -> None:
    assert ": u-boot.md" in (DOCS.parent / "properdocs.yml").read_text()


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.key)
def test_the_release_of_a_row_is_the_first_with_the_change(change: ReleaseChange) -> None:
    year, month = change.since
    before = (year, month - 1) if month > 1 else (year - 1, 12)
    assert answers(change.since)[change.key] is True
    assert answers(before)[change.key] is False
