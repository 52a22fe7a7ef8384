"""The pages about boards and plugins say what is so."""

from __future__ import annotations

import re
from pathlib import Path

from colorcheck.hardware.board_file import read_board
from colorcheck.plugins.manager import HOOKS, SECONDS, WORK_SECONDS
from colorcheck.testing import check_board

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_board_file_of_the_page_is_in_order() -> None:
    (text,) = re.findall(r"```toml\n(title.*?)```", (DOCS / "boards.md").read_text(encoding="utf-8"), re.DOTALL)
    board = read_board(text, "acme-one")
    assert check_board(board) == ()
    assert board.nr_colors == 16


def test_the_page_names_every_hook() -> None:
    page = (DOCS / "plugins.md").read_text(encoding="utf-8")
    assert [name for name in HOOKS if f"`{name}`" not in page] == []
    assert f"within {SECONDS:g} seconds" in page
    assert f"within {WORK_SECONDS:g}" in page
