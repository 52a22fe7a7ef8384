"""How many colors are safe in every cluster of a board."""

from __future__ import annotations

from colorcheck.hardware.affinity import cache_groups
from colorcheck.hardware.board import Board


def safe_nr_colors(board: Board) -> int | None:
    """The number of colors that keeps frames of different colors apart in every cluster; None where one is unknown."""
    least = board.nr_colors
    for group in cache_groups(board):
        modulus = group.colors_apart(least) if least else None
        if modulus is None:
            return None
        least = modulus
    return least
