"""States of a script's run between its lists, from which another way goes on: what two ways have in common is followed
once."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from colorcheck.loader.u_boot.machine import UBootMachine
from colorcheck.loader.u_boot.media import Media
from colorcheck.loader.u_boot.memory import Memory
from colorcheck.loader.u_boot.syntax import Body, SimpleCommand, Then
from colorcheck.loader.u_boot.text import ScriptTexts
from colorcheck.loader.u_boot.trees import TreeInMemory

MOST_STATES = 64
"""States of one run that are kept: of the ways that leave it, the last ones are followed first."""
_LARGEST = 1 << 15  # entries of a state that is kept
_CHEAP = 2000  # entries that take as long to copy as a command to follow, or less
_PAGE_COST = 32  # entries that a page of the tree counts as
_NEVER_ASK = frozenset(("setenv", "echo"))
_FDT_NEVER_ASKS = frozenset(("set", "mknod", "rm", "print", "resize"))


class Resume(Struct, frozen=True):
    """The state before a list of the script, by its number there, which nothing changes any more."""

    number: int
    state: UBootMachine

    def machine(self, choices: dict[str, bool]) -> UBootMachine:
        """A machine that goes on from here with these answers, which are the same as far as they were asked for."""
        found = twin(self.state)
        found.choices = choices
        found.latest = self
        found.begin = self.number
        return found


class Watch:
    """Keeps the state before each list that may ask something, as often as that is cheap."""

    def __init__(self) -> None:
        self._steps = 0

    def __call__(self, machine: UBootMachine, number: int, steps: Body) -> None:
        """Called before each list."""
        if _asks_nothing(steps):
            return
        entries = _entries(machine)
        first = machine.latest is None
        if entries > _LARGEST or (not first and entries > _CHEAP * (machine.steps - self._steps)):
            return
        self._steps = machine.steps
        machine.latest = Resume(number, twin(machine))


def _asks_nothing(steps: Body) -> bool:
    if len(steps) != 1 or not isinstance(steps[0][0], SimpleCommand) or steps[0][1] is not Then.ALWAYS:
        return False
    words = steps[0][0].words
    first, second = words[0][1], words[1][1] if len(words) > 1 else ""
    return first in _NEVER_ASK or (first == "fdt" and second in _FDT_NEVER_ASKS)


def _entries(machine: UBootMachine) -> int:
    """How much a state holds, in entries of its tables."""
    tables = (machine.environment, machine.shell, machine.memory.pages, machine.times, machine.problems, machine.facts)
    sides = sum(len(side.nodes) + len(side.properties) + len(side.followed) for side in machine.sides.values())
    kept = machine.kept[1]
    tree = len(kept.data) // 4096 * _PAGE_COST if isinstance(kept, TreeInMemory) else 0
    return sum(len(table) for table in tables) + sides + tree + len(machine.sources.starts) + len(machine.entered)


def twin(machine: UBootMachine) -> UBootMachine:
    """A machine in the same state, of which each may go on without the other."""
    fields: dict[str, Any] = {name: getattr(machine, name) for name in machine.__struct_fields__}
    sides = {address: side.copy() for address, side in machine.sides.items()}
    fields = {name: None if name == "watch" else _copy(value) for name, value in fields.items()}
    fields |= {"sides": sides, "latest": None, "marks": {}, "kept": (-1, None)}
    found = UBootMachine(**fields)
    version, kept = machine.kept
    if isinstance(kept, TreeInMemory) and machine.sides.get(kept.address) is kept.side:
        tree = TreeInMemory(found, kept.address, bytearray(kept.data), sides[kept.address])
        found.kept = (version, tree)
    return found


def _copy(value: Any) -> Any:
    match value:
        case dict() | list() | set() | bytearray():
            return value.copy()
        case Memory():
            return value.twin()
        case Media():
            return Media(value.manifest, value.folders, value.tree, [*value.problems], {**value.read}, {**value.used})
        case ScriptTexts():
            return ScriptTexts([*value.starts], [*value.lines], value.end, {*value.images})
    return value
