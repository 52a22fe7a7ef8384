"""The built-in boards: one TOML file each, parsed only when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from colorcheck.files.resources import data_folder
from colorcheck.hardware.board import Board
from colorcheck.hardware.board_file import read_board
from colorcheck.plugins.hookspecs import hook


@hook
def colorcheck_boards() -> Mapping[str, Callable[[], Board]]:
    return {path.stem: partial(_read, path) for path in sorted(data_folder("boards").glob("*.toml"))}


def _read(path: Path) -> Board:
    return read_board(path.read_text(encoding="utf-8"), path.stem)
