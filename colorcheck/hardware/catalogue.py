"""The catalogue: boards by name, each read on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct, field

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.core.suggest import did_you_mean
from colorcheck.files.reading import Unreadable, contents
from colorcheck.hardware.board import Board
from colorcheck.hardware.board_file import read_board
from colorcheck.hardware.table import BoardFileError


class UnknownBoardError(ValueError):
    """The catalogue has no board of this name; the message names the nearest."""


class Catalogue(Struct, frozen=True):
    """Boards by name, with a function that reads each. All come from plugins, including the built-in ones."""

    makers: Mapping[str, Callable[[], Board]] = field(default_factory=dict)
    _made: dict[str, Board] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        """The names of all boards, sorted."""
        return tuple(sorted(self.makers))

    def board(self, name: str) -> Board:
        """The board of this name, alias or title. Raises UnknownBoardError, BoardFileError for a bad file."""
        if name not in self._made:
            self._made[name] = self._make(name) if name in self.makers else self._by_other_name(name)
        return self._made[name]

    def boards(self) -> tuple[Board, ...]:
        """All boards that can be used, sorted by name."""
        return tuple(found for name in self.names() if (found := self._usable(name)))

    def find(self, name: str, location: Location, folder: str = ".") -> Board | Problem:
        """The board of this name, or of the file that it names (`boards/mine.toml`, relative to `folder`).

        A problem of kind `unknown-board` or `bad-board-file` if there is none; `location` is that of the name.
        """
        if name.endswith(".toml"):
            return _from_file(Path(folder) / name, name, location)
        try:
            return self.board(name)
        except UnknownBoardError as error:
            return Problem(ProblemKind.UNKNOWN_BOARD, str(error), location, "`colorcheck board list` lists the boards")
        except BoardFileError as error:
            return Problem(ProblemKind.BAD_BOARD_FILE, f"the board {name!r} cannot be used: {error}", location)

    def by_compatible(self, compatible: tuple[str, ...]) -> Board | None:
        """The board that a device tree's root `compatible` strings name, the most specific string first."""
        known = {text: found for found in reversed(self.boards()) for text in found.compatible if not found.silicon}
        return next((known[text] for text in compatible if text in known), None)

    def by_soc(self, compatible: tuple[str, ...]) -> Board | None:
        """The board of the SoC that root `compatible` strings name: only its caches and clusters apply to the tree."""
        known = {text: found for found in self.boards() for text in found.soc_compatible if not found.virtual}
        return next((known[text] for text in compatible if text in known), None)

    def _by_other_name(self, name: str) -> Board:
        """The only board with this alias or title, ignoring case. Raises UnknownBoardError."""
        wanted = " ".join(name.split()).casefold()
        spellings = {
            board.name: {text.casefold() for text in (board.name, board.title, *board.aliases)}
            for board in self.boards()
        }
        found = [known for known, names in spellings.items() if wanted in names]
        if len(found) == 1:
            return self.board(found[0])
        others = [text for board in self.boards() for text in (board.name, *board.aliases)]
        hint = did_you_mean(name, others, "see `colorcheck board list`")
        raise UnknownBoardError(f"unknown board {name!r}; {hint}")

    def _make(self, name: str) -> Board:
        try:
            found = self.makers[name]()
        except Exception as error:
            raise BoardFileError(f"{name}: {error}") from error
        if not isinstance(found, Board):
            raise BoardFileError(f"{name}: its plugin returned a {type(found).__name__}, not a Board")
        return found

    def _usable(self, name: str) -> Board | None:
        try:
            return self.board(name)
        except BoardFileError:
            return None


def _from_file(path: Path, name: str, location: Location) -> Board | Problem:
    try:
        return read_board(contents(path).decode("utf-8"), path.stem)
    except (Unreadable, UnicodeDecodeError) as error:
        reason = error.reason if isinstance(error, Unreadable) else "it is not UTF-8 text"
        return Problem(ProblemKind.UNKNOWN_BOARD, f"the board file {name} cannot be read: {reason}", location)
    except BoardFileError as error:
        return Problem(
            ProblemKind.BAD_BOARD_FILE, f"the board file {name} cannot be used: {error}", Location(str(path))
        )
