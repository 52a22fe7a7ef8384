"""FIT images under `bootm`: kernel, device tree and ramdisk of a configuration.

Source: `boot/image-fit.c`, `boot/bootm.c` of U-Boot 2023.01, measured with its binary: the configuration that is named,
else the default, else the first one; the tree stays in the image unless it has a load address.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from colorcheck.inputs.device_tree.device_tree_blob import read_blob
from colorcheck.loader.facts import OpenFact
from colorcheck.loader.u_boot.blob import MAGIC, read_content, side_of
from colorcheck.loader.u_boot.fit_sums import Properties, wrong_sum
from colorcheck.loader.u_boot.machine import FileInMemory, OpenEndError, UBootMachine
from colorcheck.loader.u_boot.text import Marked

_FOLLOWED = frozenset(("description", "kernel", "fdt", "ramdisk", "loadables", "compatible"))
_REQUIRED = frozenset(("description", "timestamp"))
_OF_IMAGES = frozenset(("data", "description", "type", "arch", "os", "compression", "load", "entry", "timestamp"))
"""What an image may have. With data-position or data-offset, U-Boot takes other data than what is within."""
_LOADABLE = ("loadable", "kernel", "ramdisk", "standalone", "firmware")


class FitParts(Struct, frozen=True):
    """What the configuration `name` brings: the kernel's data and where it is loaded, the tree's address, the ramdisk's
    address and size."""

    name: str
    kernel: bytes
    load: int
    tree: int
    ramdisk: tuple[int, int] | None


def is_fit(machine: UBootMachine, address: int) -> bool:
    """Whether a blob that is known begins at an address."""
    return bytes(machine.memory.read(address, 4) or b"") == MAGIC


def opened(machine: UBootMachine, word: Marked, address: int) -> FitParts:
    """The parts of the image at an address, its own ones loaded. Raises OpenEndError for what is not followed."""
    return _Fit(machine, address).parts(word.text)


class _Fit:
    def __init__(self, machine: UBootMachine, address: int) -> None:
        self.machine = machine
        self.address = address
        size = int.from_bytes(machine.memory.read(address + 4, 4) or b"", "big")
        data = machine.memory.read(address, size) if size <= 64 << 20 else None
        content = read_content(data) if data is not None else None
        if data is None or content is None or not content.nodes:
            raise self._open("it is damaged, or not all of it is among the inputs")
        if not content.nodes["/"].keys() >= _REQUIRED:
            raise self._open("it has no description or no timestamp, as mkimage writes")
        damaged = read_blob("", bytes(data)).errors
        if damaged:
            raise self._open(damaged[0].message)
        self.data = bytes(data)
        self.nodes: Mapping[str, Properties] = content.nodes
        self.taken = [(address, size)]  # stretches of memory that no other part may cover

    def _open(self, why: str) -> OpenEndError:
        place = self.machine.place
        what = f"the FIT image at {self.machine.shown(self.address)}"
        return OpenEndError(OpenFact(what, f"{what} is not followed: {why}", (), place))

    def parts(self, word: str) -> FitParts:
        """What `bootm WORD` takes of it."""
        if ":" in word:
            raise self._open("bootm names a part of it")
        name, chosen = self._configuration(word.partition("#")[2])
        other = sorted(name for name in chosen if name not in _FOLLOWED)
        if other:
            raise self._open(f"its configuration has {other[0]}")
        for loadable in _texts(chosen.get("loadables", b"")):
            self._load(loadable, _LOADABLE)
        kernel = self._image(text_of(chosen.get("kernel", b"")), ("kernel",))
        load = _number(kernel.get("load"))
        if text_of(kernel.get("os", b"")) != "linux" or load is None or load != _number(kernel.get("entry")):
            raise self._open("its kernel has another os than linux, or no load and entry address that are the same")
        trees = _texts(chosen.get("fdt", b""))
        if len(trees) != 1:
            raise self._open("its configuration has no device tree, or overlays")
        tree = self._load(trees[0], ("flat_dt",))
        disk = text_of(chosen.get("ramdisk", b""))
        ramdisk = self._load(disk, ("ramdisk",)) if disk else None
        self._take("its kernel", load, len(kernel["data"]))
        self._sides(*tree)
        return FitParts(name, kernel["data"], load, tree[0], ramdisk)

    def _configuration(self, name: str) -> tuple[str, Properties]:
        parent = "/configurations"
        names = [path.rpartition("/")[2] for path in self.nodes if path.rpartition("/")[0] == parent]
        default = text_of(self._node(parent).get("default", b""))
        if not name and (len(names) > 1 or not default):
            which = "default" if default else "first"
            self.machine.assumptions[f"bootm takes the {which} configuration of the FIT image"] = None
        name = name or default or (names[0] if names else "")
        found = self._node(f"{parent}/{name}")
        if not found or any(path.startswith(f"{parent}/") and path.count("/") > 2 for path in self.nodes):
            raise self._open("its configuration is missing or signed")
        return name, found

    def _node(self, path: str) -> Properties:
        """A node's properties, none without it. To libfdt a name without an address means one with an address too."""
        for at in (path, path.rpartition("/")[0]):
            if "@" not in at.rpartition("/")[2] and any(each.startswith(f"{at}@") for each in self.nodes):
                raise self._open(f"{at} means several nodes")
        return self.nodes.get(path, {})

    def _take(self, what: str, start: int, size: int) -> None:
        """What covers the image or another part is the content or not, depending on the order of the loads."""
        if any(start < other + length and other < start + size for other, length in self.taken):
            raise self._open(f"{what} is loaded over it or over another part of it")
        self.taken.append((start, size))

    def _image(self, name: str, types: tuple[str, ...]) -> Properties:
        at = f"/images/{name}"
        found = self._node(at)
        if "data" not in found or text_of(found.get("type", b"")) not in types:
            raise self._open(f"its image {name} has no data within, or is of another type")
        other = sorted(key for key in found if key not in _OF_IMAGES)
        if other:
            raise self._open(f"its image {name} has {other[0]}")
        if text_of(found.get("arch", b"")) != "arm64":
            raise self._open(f"its image {name} is not for arm64")
        if text_of(found.get("compression", b"none\0")) != "none":
            raise self._open(f"its image {name} is compressed")
        below = next((path for path in self.nodes if path.startswith(f"{at}/") and not _is_sum(path, at)), None)
        wrong = wrong_sum(self.nodes, at, found["data"])
        if below is not None or wrong is not None:
            unchecked = below or (wrong.path if wrong is not None else "")
            raise self._open(f"{unchecked} is not checked here, or does not fit the data")
        return found

    def _load(self, name: str, types: tuple[str, ...]) -> tuple[int, int]:
        """Where an image is in memory, and its size: in place, or where it is to be loaded."""
        found = self._image(name, types)
        data, load = found["data"], _number(found.get("load"))
        if types == ("ramdisk",) and text_of(found.get("os", b"")) != "linux":
            raise self._open(f"its ramdisk {name} has another os than linux")
        if types == ("flat_dt",) and data[:4] != MAGIC:
            raise self._open(f"its image {name} is not a device tree")
        place = self.data.find(data)
        if place < 0 or self.data.find(data, place + 1) >= 0 or (not data):
            raise self._open(f"its image {name} is empty, or in it twice")
        if load is None or (not load and types != ("flat_dt",)):  # 0 is no address but for a tree
            return self.address + place, len(data)
        machine = self.machine
        self._take(f"its image {name}", load, len(data))
        machine.memory.write(load, data)
        for side in [side for side in machine.sides if load <= side < load + len(data)]:
            del machine.sides[side]
        machine.loaded.append(FileInMemory(name, load, len(data), data, machine.place))
        return load, len(data)

    def _sides(self, address: int, size: int) -> None:
        """Record the locations of the tree's parts, by path, in the image's file."""
        machine = self.machine
        data = machine.memory.read(address, size)
        path = machine.paths.get(self.address) or "fit"
        tree = read_blob(path, bytes(data)).tree if data is not None else None
        if tree is not None:
            machine.sides[address] = side_of(tree)


def _texts(value: bytes) -> list[str]:
    return [part.decode("utf-8", "replace") for part in value.rstrip(b"\0").split(b"\0")] if value else []


def _is_sum(path: str, image: str) -> bool:
    parent, _, name = path.rpartition("/")
    return parent == image and name.startswith(("hash", "signature"))


def text_of(value: bytes) -> str:
    return next(iter(_texts(value)), "")


def _number(value: bytes | None) -> int | None:
    return int.from_bytes(value, "big") if value is not None and len(value) in (4, 8) else None
