"""The device tree that Xen receives, line by line, each property with its origin."""

from __future__ import annotations

import os
from collections.abc import Iterator

from colorcheck.core.source import Location
from colorcheck.inputs.device_tree.tree import Node, Property
from colorcheck.loader.facts import Origin
from colorcheck.loader.handover import Handover

_COLUMN = 72
_LONGEST = 60


def render(handover: Handover) -> str:
    """Memory reservations, nodes and properties in order; open ones name the fact on which they depend."""
    lines = list(_head(handover))
    if handover.tree is not None:
        lines += _node(handover, handover.tree.root, 0)
    for assumption in handover.assumptions:
        lines.append(f"trusted: {assumption}")
    for fact in handover.open:
        lines.append(f"open: {fact.what}: {fact.why} ({_place(fact.location)})")
    return "\n".join(lines)


def _head(handover: Handover) -> Iterator[str]:
    if handover.stopped:
        yield f"Xen is never started: {handover.stopped}"
    address, size = handover.device_tree
    if handover.tree is not None:
        yield f"device tree at {_number(address)}, {_number(size)} bytes"
    for start, length in handover.memory_reservations:
        yield f"/memreserve/ {_number(start)} {_number(length)};"
    for module in handover.modules:
        spoiled = "" if module.whole else f", overwritten by {module.spoiled_by}"
        place = _place(module.location)
        yield f"{module.name} at {_number(module.address)}, {_number(module.size)} bytes{spoiled} ({place})"


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:#x}"


def _node(handover: Handover, node: Node, depth: int) -> Iterator[str]:
    indent = "    " * depth
    yield f"{indent}{node.name or '/'} {{"
    for held in node.properties.values():
        unsure = handover.unsure.get((node.path, held.name))
        text = f"{indent}    {held.name}{' = ' if held.value or unsure else ''}"
        text += "<open>" if unsure else _value(held)
        made = "" if (node.path, held.name) not in handover.origins else f", {Origin.FOLLOWED}"
        yield f"{text + ';':<{_COLUMN}} {_place(held.value_location)}{made}"
    for child in node.children:
        yield from _node(handover, child, depth + 1)
    yield f"{indent}}}"


def _value(held: Property) -> str:
    value = held.value
    if not value:
        return ""
    body = value[:-1]
    if value[-1] == 0 and body and all(32 <= b < 127 or b == 0 for b in body) and b"\0\0" not in value:
        text = ", ".join(f'"{part}"' for part in body.decode("ascii").split("\0"))
    elif len(value) % 4 == 0:
        text = "<" + " ".join(f"{int.from_bytes(value[i : i + 4], 'big'):#x}" for i in range(0, len(value), 4)) + ">"
    else:
        text = f"[{value.hex(' ')}]"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _place(location: Location) -> str:
    """A location as the file's name without its folders, and the line."""
    name = os.path.basename(location.file)
    if location.line:
        return f"{name}:{location.line}"
    return f"{name}:{location.node}" if location.node else name
