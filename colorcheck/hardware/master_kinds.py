"""Kinds of devices and whether they access memory by themselves: the table `boards/common/masters.toml`.

Source: given for each kind, as keys of `boards/common/sources.toml`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import cache

from msgspec import Struct

from colorcheck.files.resources import common_table
from colorcheck.hardware.table import Table
from colorcheck.inputs.device_tree.tree import Node
from colorcheck.inputs.device_tree.tree_walk import strings, unit_name


class Dma(Enum):
    """Whether a device is a bus master: it is, it may be (no table lists it), or it never is."""

    MASTER = "master"
    POSSIBLE = "possible"
    NONE = "none"


class Compatible(Struct, frozen=True):
    """The `compatible` strings of a kind: exact ones, and patterns split at `*`."""

    whole: frozenset[str]
    patterns: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, patterns: Iterable[str]) -> Compatible:
        """Splits patterns into both groups. Only `*` is special."""
        cut = tuple(tuple(each.split("*")) for each in patterns)
        return cls(frozenset(parts[0] for parts in cut if len(parts) == 1), tuple(p for p in cut if len(p) > 1))

    def holds(self, text: str) -> bool:
        """Whether a string matches."""
        return text in self.whole or any(_fits(text, parts) for parts in self.patterns)


def _fits(text: str, parts: tuple[str, ...]) -> bool:
    """Whether a text consists of these parts in order with any text between them."""
    first, *between, last = parts
    if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in between:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


class MasterKind(Struct, frozen=True):
    """A kind of device.

    `needs` is a property that a node needs to be recognized by its name alone. `without_reg`: a node of this kind
    counts even without registers.
    """

    title: str
    dma: Dma
    names: frozenset[str]
    compatible: Compatible
    needs: str
    without_reg: bool
    sources: tuple[str, ...]


@cache
def kinds() -> tuple[MasterKind, ...]:
    """All kinds, in the table's order."""
    table = Table("", common_table("masters"))
    found = tuple(_kind(entry) for entry in table.tables("kinds"))
    table.done()
    return found


def kind_of(node: Node) -> MasterKind | None:
    """The kind of a node, by its `compatible` strings, the most specific first, otherwise by its generic name; None
    if unknown.
    """
    for text in strings(node.properties.get("compatible")):
        found = _kind_of_compatible(text)
        if found is not None:
            return found
    name = unit_name(node)
    named = (kind for kind in kinds() if name in kind.names)
    return next((kind for kind in named if not kind.needs or kind.needs in node.properties), None)


@cache
def _kind_of_compatible(text: str) -> MasterKind | None:
    return next((kind for kind in kinds() if kind.compatible.holds(text)), None)


def _kind(table: Table) -> MasterKind:
    patterns = table.texts("compatible")
    found = MasterKind(
        title=table.text("kind"),
        dma=Dma.MASTER if table.flag("master") else Dma.NONE,
        names=frozenset(table.texts("names")),
        compatible=Compatible.of(patterns),
        needs=table.text("needs"),
        without_reg=table.flag("without_reg") or False,
        sources=table.texts("sources"),
    )
    table.done()
    return found
