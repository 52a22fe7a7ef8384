"""The catalogue: every board that a plugin brings, the built-in ones included, by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from colorcheck.core.diagnostic import Problem
from colorcheck.core.source import Location
from colorcheck.core.suggest import did_you_mean
from colorcheck.hardware.board import Board
from colorcheck.hardware.board_file import read_board
from colorcheck.hardware.table import BoardFileError
from colorcheck.plugins.manager import plugins


class UnknownBoardError(ValueError):
    """No plugin brings a board of this name; the message names the nearest."""


def names() -> tuple[str, ...]:
    """The names of all boards, sorted."""
    return tuple(sorted(plugins().boards))


def find(name: str, location: Location, folder: str = ".") -> Board | Problem:
    """The board of this name, or of the file that it names (`boards/mine.toml`, relative to `folder`).

    A problem of kind `unknown-board` or `bad-board-file` where there is none; `location` is where the name stands.
    """
    if name.endswith(".toml"):
        return _from_file(Path(folder) / name, name, location)
    try:
        return board(name)
    except UnknownBoardError as error:
        return Problem("unknown-board", str(error), location, "`colorcheck board list` lists the boards")
    except BoardFileError as error:
        return Problem("bad-board-file", f"the board {name!r} cannot be used: {error}", location)


@cache
def board(name: str) -> Board:
    """The board of this name. Raises UnknownBoardError, or BoardFileError where its file is not in order."""
    make = plugins().boards.get(name)
    if make is None:
        hint = did_you_mean(name, names(), "see `colorcheck board list`")
        raise UnknownBoardError(f"there is no board {name!r}; {hint}")
    try:
        found = make()
    except Exception as error:
        raise BoardFileError(f"{name}: {error}") from error
    if not isinstance(found, Board):
        raise BoardFileError(f"{name}: its plugin gave a {type(found).__name__}, not a Board")
    return found


def boards() -> tuple[Board, ...]:
    """All boards that can be used, sorted by name."""
    return tuple(found for name in names() if (found := _usable(name)))


def _usable(name: str) -> Board | None:
    try:
        return board(name)
    except BoardFileError:
        return None


def by_compatible(compatible: tuple[str, ...]) -> Board | None:
    """The board that a device tree's root `compatible` strings name, the most specific string first."""
    known = {text: found for found in reversed(boards()) for text in found.compatible if not found.silicon}
    return next((known[text] for text in compatible if text in known), None)


def _from_file(path: Path, name: str, location: Location) -> Board | Problem:
    try:
        return read_board(path.read_text(encoding="utf-8"), path.stem)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "this is no UTF-8 text"
        return Problem("unknown-board", f"the board file {name} cannot be read: {reason}", location)
    except BoardFileError as error:
        return Problem("bad-board-file", f"the board file {name} cannot be used: {error}", Location(str(path)))
