"""Blobs in memory and the changes that libfdt makes to them, with the origin of each change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from colorcheck.core.source import Passage
from colorcheck.core.units import PAGE
from colorcheck.inputs.device_tree.tree import Property
from colorcheck.loader.u_boot.blob import HEADER, MAGIC, Side, read_content
from colorcheck.loader.u_boot.machine import HaltError, UBootMachine
from colorcheck.loader.u_boot.text import Marked

LARGEST = 16 << 20
ROOM = 80  # five entries of the reservation map
_ERRORS = {
    1: "FDT_ERR_NOTFOUND",
    2: "FDT_ERR_EXISTS",
    3: "FDT_ERR_NOSPACE",
    4: "FDT_ERR_BADOFFSET",
    5: "FDT_ERR_BADPATH",
    9: "FDT_ERR_BADMAGIC",
    11: "FDT_ERR_BADSTRUCTURE",
}


def error_name(code: int) -> str:
    """libfdt's name of an error."""
    return _ERRORS.get(abs(code), f"error {abs(code)} of libfdt")


class TreeInMemory(Struct):
    """A blob at an address: a copy of its bytes, which `keep` writes back into memory. `full` are full paths of nodes
    by the paths that were asked for, as long as the nodes stay; `found` is the node that was asked for last."""

    machine: UBootMachine
    address: int
    data: bytearray
    side: Side
    full: dict[str, str] = field(default_factory=dict)
    found: tuple[int, str] | None = None

    @property
    def total(self) -> int:
        return int.from_bytes(self.data[4:8], "big")

    def keep(self) -> None:
        """Write the blob back into memory, which overwrites what follows if it has grown."""
        self.machine.memory.keep(self.address, bytes(self.data))
        self.machine.sides[self.address] = self.side
        self.machine.kept = (self.machine.memory.version, self)

    def node(self, path: str) -> int:
        """The offset of a node, below 0 for libfdt's error."""
        found = _call("fdt_path_offset", self.data, path)
        self.found = (found, path) if found >= 0 else None
        return found

    def forget(self) -> None:
        """Other nodes may be where nodes were, or have their paths."""
        self.full.clear()
        self.found = None

    def path(self, offset: int) -> str:
        """The full path of a node."""
        asked = self.found[1] if self.found is not None and self.found[0] == offset else None
        if asked is None:
            return self._path(offset)
        if asked not in self.full:
            self.full[asked] = self._path(offset)
        return self.full[asked]

    def _path(self, offset: int) -> str:
        result = _fdt().fdt_get_path(self.data, offset, 4096)
        return str(result[1]).split("\0")[0] if isinstance(result, list | tuple) and result[0] == 0 else ""

    def value(self, offset: int, name: str) -> bytes | None:
        """A property's bytes."""
        result = _fdt().fdt_getprop(self.data, offset, name)
        return bytes(result[0]) if isinstance(result, list | tuple) and result[0] is not None else None

    def properties(self, offset: int) -> Iterator[tuple[str, bytes]]:
        """The properties of a node with their bytes, in the order of the tree."""
        structure, names = (int.from_bytes(self.data[at : at + 4], "big") for at in (8, 12))
        held = _call("fdt_first_property_offset", self.data, offset)
        while held >= 0:
            at = structure + held
            size, name = (int.from_bytes(self.data[at + n : at + n + 4], "big") for n in (4, 8))
            end = self.data.index(b"\0", names + name)
            yield (
                self.data[names + name : end].decode("utf-8", "surrogateescape"),
                bytes(self.data[at + 12 : at + 12 + size]),
            )
            held = _call("fdt_next_property_offset", self.data, held)

    def value_offset(self, offset: int, name: str) -> int:
        """Where in the blob a property's bytes begin; below 0 for libfdt's error."""
        structure, names = (int.from_bytes(self.data[at : at + 4], "big") for at in (8, 12))
        wanted = name.encode("utf-8", "surrogateescape") + b"\0"
        held = _call("fdt_first_property_offset", self.data, offset)
        while held >= 0:
            at = structure + held
            named = names + int.from_bytes(self.data[at + 8 : at + 12], "big")
            if self.data[named : named + len(wanted)] == wanted:
                return at + 12
            held = _call("fdt_next_property_offset", self.data, held)
        return held

    def put(self, offset: int, name: str, value: bytes, text: Marked | None = None, unsure: int | None = None) -> int:
        """Set a property: 0 or libfdt's error. `text` is where its first string is, `unsure` an open fact."""
        path = self.path(offset)
        done = _call("fdt_setprop", self.data, offset, name, value, len(value))
        self.found = None  # what is behind it moves
        if done >= 0:
            if path == "/aliases":
                self.forget()
            self._note(path, name, value, text, unsure)
        return done

    def _note(self, path: str, name: str, value: bytes, text: Marked | None, unsure: int | None) -> None:
        machine, key = self.machine, (path, name)
        place = machine.place
        strings: tuple[Passage, ...] = ()
        if text is not None:
            found = machine.sources.passage(text, place)
            strings = (found,) if found.pieces else ()
        where = strings[0].whole if strings else place
        self.side.properties[key] = Property(name, value, place, where, strings)
        self.side.followed.add(key)
        self.side.unsure.pop(key, None)
        if unsure is not None:
            self.side.unsure[key] = unsure

    def add(self, parent: int, name: str) -> int:
        """Add a node: its offset or libfdt's error."""
        path = self.path(parent)
        done = _call("fdt_add_subnode", self.data, parent, name)
        self.forget()
        if done >= 0:
            self.side.nodes[f"{path.rstrip('/')}/{name}"] = self.machine.place
        return done

    def find_or_add(self, parent: int, name: str) -> int:
        found = _call("fdt_subnode_offset", self.data, parent, name)
        return found if found >= 0 else self.add(parent, name)

    def drop(self, offset: int, name: str | None = None) -> int:
        """Remove a node, or one of its properties."""
        path = self.path(offset)
        self.forget()
        if name is None:
            done = _call("fdt_del_node", self.data, offset)
            if done >= 0:
                self.side.forget(path)
            return done
        done = _call("fdt_delprop", self.data, offset, name)
        if done >= 0:
            self.side.properties.pop((path, name), None)
            self.side.unsure.pop((path, name), None)
        return done

    def reopen(self, length: int) -> int:
        """Give the blob a total size, in place."""
        self.forget()
        if length < self.used:
            return -3
        grown = bytearray(max(length, len(self.data)))
        grown[: len(self.data)] = self.data
        done = _call("fdt_open_into", grown, grown, length)
        if done >= 0:
            self.data = grown[:length]
        return done

    def resize(self, total: int) -> None:
        """Write a total size into the header; the bytes that follow become part of the blob unchanged."""
        before = len(self.data)
        if total > LARGEST:
            raise HaltError(f"the device tree is made {total:#x} bytes large")
        if total > before:
            behind = self.machine.memory.read(self.address + before, total - before)
            self.data += behind if behind is not None else bytes(total - before)
        self.data[4:8] = total.to_bytes(4, "big")

    @property
    def used(self) -> int:
        """The end of the blob's content, the names being last."""
        data = self.data
        return int.from_bytes(data[12:16], "big") + int.from_bytes(data[32:36], "big")

    def shrink(self, more: int = 0) -> int:
        """Total size becomes what is used, some room and `more`, up to the end of a page. The size is the result."""
        own = next((n for n in range(self.reservations) if self.reservation(n)[0] == self.address), None)
        if own is not None:
            _call("fdt_del_mem_rsv", self.data, own)
        inside = self.address & (PAGE - 1)
        size = ((self.used + ROOM + more + inside + PAGE - 1) & ~(PAGE - 1)) - inside
        self.resize(size)
        if own is not None:
            self.reserve(self.address, size)
        return size

    @property
    def reservations(self) -> int:
        return _call("fdt_num_mem_rsv", self.data)

    def reservation(self, number: int) -> tuple[int, int]:
        at = int.from_bytes(self.data[16:20], "big") + 16 * number
        return int.from_bytes(self.data[at : at + 8], "big"), int.from_bytes(self.data[at + 8 : at + 16], "big")

    def reserve(self, start: int, size: int) -> int:
        return _call("fdt_add_mem_rsv", self.data, start, size)

    def unreserve(self, number: int) -> int:
        return _call("fdt_del_mem_rsv", self.data, number)

    def apply(self, overlay: TreeInMemory) -> int:
        """Apply an overlay: 0, or libfdt's error after which both blobs are destroyed."""
        before = read_content(self.data)
        self.forget()
        done = _call("fdt_overlay_apply", self.data, overlay.data)
        after = read_content(self.data) if done >= 0 else None
        if before is None or after is None:
            return done
        for path, properties in after.nodes.items():
            if path not in before.nodes:
                self.side.nodes[path] = self.machine.place
            for name, value in properties.items():
                if before.nodes.get(path, {}).get(name) != value:
                    self._merged(overlay, path, name, value)
        return done

    def _merged(self, overlay: TreeInMemory, path: str, name: str, value: bytes) -> None:
        """A property that an overlay brought: it is where the overlay has it, if that is known."""
        held = [p for (_, known), p in overlay.side.properties.items() if known == name and p.value == value]
        self._note(path, name, value, None, None)
        if len({(p.location.file, p.location.line, p.location.node) for p in held}) == 1:
            self.side.properties[path, name] = held[0]


def tree_at(machine: UBootMachine, address: int) -> TreeInMemory | None:
    """The blob at an address, None if none begins there."""
    version, kept = machine.kept
    if isinstance(kept, TreeInMemory) and version == machine.memory.version and kept.address == address:
        return kept
    head = machine.memory.read(address, HEADER)
    if head is None or head[:4] != MAGIC:
        return None
    total = int.from_bytes(head[4:8], "big")
    if not HEADER <= total <= LARGEST:
        return None
    data = machine.memory.read(address, total)
    if data is None:
        if machine.memory.has_dark(address, address + total):
            why = "something of unknown content was written over a part of it"
            doubt = machine.open(f"the tree at {machine.shown(address)}", why)
            machine.tree_doubts += [] if doubt in machine.tree_doubts else [doubt]
        data = bytearray(total)
        for start in range(0, total, 64):
            part = machine.memory.read(address + start, min(64, total - start))
            data[start : start + 64] = part if part is not None else bytes(min(64, total - start))
    if _call("fdt_check_header", data) < 0:
        return None
    side = machine.sides.get(address)
    return TreeInMemory(machine, address, data, side if side is not None else Side())


def _fdt() -> Any:
    import libfdt

    return libfdt


def _call(name: str, *arguments: object) -> int:
    """libfdt's answer; an argument that its binding does not take (a name beyond ASCII) is an error of a bad path."""
    try:
        found = getattr(_fdt(), name)(*arguments)
    except (TypeError, ValueError, OverflowError, UnicodeError):
        return -5
    return int(found[0] if isinstance(found, list | tuple) else found)
