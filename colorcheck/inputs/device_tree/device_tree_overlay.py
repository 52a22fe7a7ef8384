"""Applies overlays to a device tree like libfdt's `fdt_overlay_apply` in boot loaders, keeping locations.

What an overlay adds to a node comes before what the node had, as libfdt puts it there; the order of dom0less domains
follows from it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.inputs.device_tree.dts.freeze import blob_size
from colorcheck.inputs.device_tree.tree import DeviceTree, Node, Property

_LAST_PHANDLE = 0xFFFFFFFE


def apply_overlay(base: DeviceTree, overlay: DeviceTree) -> tuple[DeviceTree, tuple[Problem, ...]]:
    """The tree with the overlay applied. If there are problems, the overlay could not be applied."""
    applied = _Application(_draft(base.root), _draft(overlay.root), Location(overlay.file))
    applied.run()
    warnings = tuple(_without_effect(overlay))
    root = _freeze(applied.base, "/")
    tree = replace(
        base,
        root=root,
        files=(*base.files, *(name for name in overlay.files if name not in base.files)),
        looked_for=base.looked_for + overlay.looked_for,
        problems=base.problems + overlay.problems + warnings,
        size=blob_size(root, len(base.memory_reservations)),
    )
    return tree, tuple(applied.problems)


def _without_effect(overlay: DeviceTree) -> Iterator[Problem]:
    """A tree without fragments is applied without an error and changes nothing."""
    if not any(child.name == "__overlay__" for fragment in overlay.root.children for child in fragment.children):
        message = "the overlay has no fragment with a node __overlay__: it changes nothing"
        advice = "begin the source with /plugin/; and write &label { … } or &{/path} { … }"
        yield Problem(ProblemKind.WARNING, message, Location(overlay.file), advice)


class _Draft(Struct):
    """A node that can still change."""

    node: Node
    properties: dict[str, Property]
    children: dict[str, _Draft] = field(default_factory=dict)

    def walk(self) -> Iterator[_Draft]:
        yield self
        for child in self.children.values():
            yield from child.walk()

    def child(self, name: str) -> _Draft | None:
        """The child of that name; a name without unit address also finds a child with one, the first."""
        if "@" in name:
            return self.children.get(name)
        return next((child for known, child in self.children.items() if known.partition("@")[0] == name), None)

    def at(self, path: str) -> _Draft | None:
        found: _Draft | None = self
        for part in filter(None, path.split("/")):
            found = found.child(part) if found else None
        return found

    def phandle(self) -> int:
        held = self.properties.get("phandle") or self.properties.get("linux,phandle")
        return int.from_bytes(held.value, "big") if held and len(held.value) == 4 else 0


def _draft(node: Node) -> _Draft:
    return _Draft(node, dict(node.properties), {child.name: _draft(child) for child in node.children})


def _freeze(draft: _Draft, path: str) -> Node:
    children = tuple(_freeze(child, f"{path.rstrip('/')}/{name}") for name, child in draft.children.items())
    return replace(draft.node, path=path, properties=draft.properties, children=children)


def _texts(held: Property) -> list[str]:
    return held.value.rstrip(b"\0").decode("utf-8", "replace").split("\0")


class _Application:
    def __init__(self, base: _Draft, overlay: _Draft, where: Location) -> None:
        self.base = base
        self.overlay = overlay
        self.where = where
        self.problems: list[Problem] = []

    def run(self) -> None:
        symbols = self.base.children.get("__symbols__")
        self._renumber(max((node.phandle() for node in self.base.walk()), default=0))
        for held in self._special("__fixups__").properties.values():
            self._fix(held, symbols.properties if symbols else {})
        if not self.problems:
            self._keep_phandles()
            targets = dict(self._merge())
            self._add_symbols(targets)

    def fault(self, message: str, where: Location, advice: str = "") -> None:
        self.problems.append(Problem(ProblemKind.OVERLAY, message, where, advice))

    def _special(self, name: str) -> _Draft:
        return self.overlay.children.get(name) or _Draft(self.overlay.node, {})

    def _renumber(self, delta: int) -> None:
        """Move the overlay's own phandles, and its references to them, out of the way of the base's."""

        def moved(value: bytes) -> bytes:
            number = int.from_bytes(value, "big") + delta
            if number > _LAST_PHANDLE:
                self.fault("the overlay and the tree below it use up all phandles", self.where)
            return struct.pack(">I", min(number, _LAST_PHANDLE))

        for node in self.overlay.walk():
            for name in ("phandle", "linux,phandle"):
                if held := node.properties.get(name):
                    self._patch(node, held, 0, moved)
        self._renumber_references(self._special("__local_fixups__"), self.overlay, moved)

    def _renumber_references(self, fixups: _Draft, node: _Draft, moved: Callable[[bytes], bytes]) -> None:
        for name, offsets in fixups.properties.items():
            for (offset,) in struct.iter_unpack(">I", offsets.value[: len(offsets.value) // 4 * 4]):
                self._patch(node, node.properties.get(name), offset, moved)
        for name, child in fixups.children.items():
            target = node.children.get(name)
            if target is None:
                self.fault(f"__local_fixups__ names a node {name} that the overlay lacks", child.node.location)
            else:
                self._renumber_references(child, target, moved)

    def _patch(self, node: _Draft, held: Property | None, offset: int, change: Callable[[bytes], bytes]) -> None:
        if held is None or offset + 4 > len(held.value):
            where = held.location if held else node.node.location
            self.fault(f"the overlay's fixups of {node.node.path} point outside of its properties", where)
            return
        value = held.value[:offset] + change(held.value[offset : offset + 4]) + held.value[offset + 4 :]
        node.properties[held.name] = replace(held, value=value)

    def _fix(self, fixup: Property, symbols: Mapping[str, Property]) -> None:
        """Fill in the phandle of a label of the base, wherever the overlay refers to it."""
        symbol = symbols.get(fixup.name)
        target = self.base.at(_texts(symbol)[0]) if symbol else None
        phandle = target.phandle() if target else 0
        for entry in _texts(fixup):
            path, _, rest = entry.partition(":")
            name, _, offset = rest.partition(":")
            node = self.overlay.at(path)
            held = node.properties.get(name) if node else None
            if node is None or not (offset.isascii() and offset.isdigit() and len(offset) < 10):
                self.fault(f"malformed entry {entry!a} of __fixups__", fixup.location)
            elif not phandle:
                advice = "compile the tree with -@, or correct the label" if not symbol else ""
                where = held.value_location if held else fixup.location
                self.fault(f"the label {fixup.name} of the overlay is not in __symbols__ of the tree", where, advice)
            else:
                self._patch(node, held, int(offset), _always(phandle))

    def _keep_phandles(self) -> None:
        """A node that both have keeps the base's phandle, and the overlay's references follow (libfdt from 1.7.1)."""
        for fragment in self.overlay.children.values():
            content = fragment.children.get("__overlay__")
            target = self._target(fragment, said=False) if content else None
            pairs = [(target[1], content)] if content and target else []
            while pairs:
                old, new = pairs.pop(0)
                if (before := new.phandle()) and (kept := old.phandle()):
                    self._replace_phandle(before, kept)
                    for name in ("phandle", "linux,phandle"):
                        if held := new.properties.get(name):
                            self._patch(new, held, 0, _always(kept))
                pairs += [(known, child) for name, child in new.children.items() if (known := old.child(name))]

    def _replace_phandle(self, before: int, after: int) -> None:
        def changed(value: bytes) -> bytes:
            return struct.pack(">I", after) if value == struct.pack(">I", before) else value

        self._renumber_references(self._special("__local_fixups__"), self.overlay, changed)

    def _merge(self) -> Iterator[tuple[str, str]]:
        """Merge every fragment into its target; yields the fragments' names with the paths of their targets."""
        for name, fragment in self.overlay.children.items():
            content = fragment.children.get("__overlay__")
            target = self._target(fragment) if content else None
            if content and target:
                yield name, target[0]
                _merge_into(target[1], content)

    def _target(self, fragment: _Draft, *, said: bool = True) -> tuple[str, _Draft] | None:
        """The target of a fragment, with its path as in libfdt. A missing target is reported only if `said`."""
        held = fragment.properties.get("target")
        if held is not None:
            wanted = int.from_bytes(held.value, "big")
            if found := next((n for n in self._with_paths() if wanted and n[1].phandle() == wanted), None):
                return found
        else:
            held = fragment.properties.get("target-path")
            path = written = _texts(held)[0] if held else ""
            if not path.startswith("/"):
                aliases = self.base.children.get("aliases")
                alias = aliases.properties.get(path.partition("/")[0]) if aliases else None
                path = _texts(alias)[0] + path.removeprefix(path.partition("/")[0]) if alias else ""
            node = self.base.at(path) if path else None
            if node:
                return written, node
        where = held.value_location if held else fragment.node.location
        if said:
            self.fault(f"the target of {fragment.node.path} is not in the tree", where)
        return None

    def _with_paths(self) -> Iterator[tuple[str, _Draft]]:
        stack = [("/", self.base)]
        while stack:
            path, node = stack.pop()
            yield path, node
            below = [(f"{path.rstrip('/')}/{name}", child) for name, child in node.children.items()]
            stack += reversed(below)

    def _add_symbols(self, targets: Mapping[str, str]) -> None:
        """The overlay's labels become the tree's, with the paths that their nodes have now."""
        added = self.overlay.children.get("__symbols__")
        if added is None:
            return
        node = self.base.children.get("__symbols__")
        if node is None:
            node = _Draft(replace(added.node, children=()), {})
            self.base.children = {"__symbols__": node, **self.base.children}
        for held in added.properties.values():
            fragment, _, inside = _texts(held)[0].removeprefix("/").partition("/")
            first, *below = inside.split("/")
            if first != "__overlay__" or fragment not in targets:
                continue
            path = "/".join([targets[fragment].rstrip("/"), *below]) or "/"
            _set(node, replace(held, value=path.encode() + b"\0"))


def _always(phandle: int) -> Callable[[bytes], bytes]:
    return lambda _old: struct.pack(">I", phandle)


def _set(node: _Draft, held: Property) -> None:
    if held.name in node.properties:
        node.properties[held.name] = held
    else:
        node.properties = {held.name: held, **node.properties}


def _merge_into(target: _Draft, content: _Draft) -> None:
    for held in content.properties.values():
        _set(target, held)
    for name, child in content.children.items():
        known = target.child(name)
        if known is None:
            known = _Draft(replace(child.node, properties={}, children=()), {})
            target.children = {name: known, **target.children}
        _merge_into(known, child)
