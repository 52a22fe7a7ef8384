"""Writes the table of docs/u-boot.md from the releases of U-Boot that colorcheck tells apart.

`python docs/make/u_boot.py` renews the page; a test fails where page and code differ.
"""

from __future__ import annotations

import sys
from pathlib import Path

from colorcheck.loader.u_boot.releases import CHANGES, ReleaseChange

PAGE = Path(__file__).parent.parent / "u-boot.md"
_HEAD = "| Since | Question | What differs |\n|---|---|---|\n"


def table() -> str:
    """A row for each change, by release."""
    return _HEAD + "".join(_row(change) for change in sorted(CHANGES, key=lambda each: each.since))


def _row(change: ReleaseChange) -> str:
    year, month = change.since
    text = change.why.replace("|", "\\|")
    instead = change.instead.removeprefix("# or ").removeprefix("# ")
    also = f". In every release: {instead}" if instead else ""
    return f"| {year}.{month:02} | {change.key} | {text}{also} |\n"


def renewed(page: str) -> str:
    """The page with this table instead of the one that it has."""
    begin = page.index(_HEAD)
    end = page.index("\n\n", begin) + 1
    return page[:begin] + table() + page[end:]


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(renewed(text), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name}: {len(CHANGES)} changes\n")
