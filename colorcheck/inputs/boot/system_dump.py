"""A dump of a running Xen system: the parts that `colorcheck collect` packs, as a folder or a tar file.

Known names only; links, devices and what lies outside are left out, sizes are bounded, nothing is unpacked.
"""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from io import BufferedReader

from msgspec import Struct, field

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.core.units import MIB, size
from colorcheck.files import reading
from colorcheck.files.patterns import whole_folder
from colorcheck.files.reading import Unreadable
from colorcheck.inputs.file_kinds import Slot
from colorcheck.inputs.recognition import other_kind

LARGEST_PART = 64 * MIB
"""The largest part in bytes; larger ones are left out."""
LARGEST_TAR = 256 * MIB
FDT, TREE, LOG, LIST, INFO, VCPUS = "fdt", "device-tree", "xl-dmesg", "xl-list-l", "xl-info", "xl-vcpu-list"
PARTS = (FDT, LOG, LIST, INFO, VCPUS)
_OTHER_NAMES = {"running": FDT, "running.dtb": FDT, "xl-list": LIST, "dmesg": LOG, "boot": LOG}
_MOST_MEMBERS = 1 << 16
_MOST_NODES = 1 << 15
_DEEPEST = 32
_LARGEST_PROPERTY = 1 * MIB
_TREE_FOLDERS = ("device-tree", "proc/device-tree", "sys/firmware/devicetree/base")


class SystemDump(Struct, frozen=True):
    """The parts that were found, by their names in `PARTS`, with the path of each; `properties` are those of a copied
    /proc/device-tree, by their path below it. `left_out` says what was not taken and why."""

    file: str
    parts: Mapping[str, bytes] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, bytes] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.parts and not self.properties

    def text(self, part: str) -> str:
        return self.parts.get(part, b"").decode("utf-8", "replace")

    def path(self, part: str) -> str:
        return self.paths.get(part, self.file)


def read_system_dump(path: str, named_at: Location, *, named: bool = False) -> SystemDump:
    """The parts of a dump; what cannot be read is a problem at `named_at`. `named`: on the command line."""
    found = _Found(path, named)
    try:
        if not named:
            whole_folder(path)
        if os.path.isdir(path):
            found.folder()
        else:
            found.archive()
    except Unreadable as error:
        known = error.kind is ProblemKind.OTHER_KIND and error.reason != _COMPRESSED
        other = other_kind(path, named_at, Slot.SYSTEM_DUMP) if known else None
        if other is not None:
            found.wrong(other.kind, other.message, other.location, other.help)
        else:
            found.wrong(error.kind, f"cannot read {error.path}: {error.reason}", named_at, error.advice)
    except (OSError, ValueError, tarfile.TarError, EOFError) as error:
        advice = "create the dump again with the script of `colorcheck collect`"
        found.wrong(ProblemKind.CUT_OFF, f"{path} is damaged or cut off: {error}", named_at, advice)
    dump = found.dump()
    if dump.is_empty and not dump.problems:
        message = f"{path} has none of {', '.join((*PARTS, TREE))}"
        advice = "give the tar file made by `colorcheck collect`, or a folder with these parts"
        found.wrong(ProblemKind.OTHER_KIND, message, named_at, advice)
    return found.dump()


def part_of(name: str) -> str | None:
    """Which part a file is, judged by its name: `board/xl-dmesg.txt`, `sys/firmware/fdt`, `xl dmesg`; None if
    unknown."""
    base = re.sub(r"[ _]+", "-", os.path.basename(name).lower())
    stem = re.sub(r"\.(?:txt|log|json|out)$", "", base)
    stem = _OTHER_NAMES.get(stem, stem)
    return stem if stem in PARTS else None


_COMPRESSED = "it is compressed"


class _Found:
    def __init__(self, path: str, named: bool) -> None:
        self.file, self.named = path, named
        self.parts: dict[str, bytes] = {}
        self.paths: dict[str, str] = {}
        self.properties: dict[str, bytes] = {}
        self.left_out: list[str] = []
        self.problems: list[Problem] = []

    def dump(self) -> SystemDump:
        return SystemDump(
            self.file, self.parts, self.paths, self.properties, tuple(self.left_out), tuple(self.problems)
        )

    def wrong(self, kind: ProblemKind, message: str, place: Location, advice: str) -> None:
        self.problems.append(Problem(kind, message, place, advice))

    def _take(self, part: str, path: str, data: bytes) -> None:
        if part in self.parts:
            self.left_out.append(f"{path}: a second {part}")
        elif data or part == LIST:  # an empty list says nothing of the guests, and must not pass for none
            self.parts[part], self.paths[part] = data, path

    def folder(self) -> None:
        """A folder with the parts in it, in `board` or in a few known places below."""
        for inner in ("", "board", "sys/firmware"):
            here = os.path.join(self.file, inner) if inner else self.file
            for name in sorted(os.listdir(here))[:_MOST_MEMBERS] if os.path.isdir(here) else ():
                part, path = part_of(name), os.path.join(here, name)
                if part is None or os.path.isdir(path):
                    continue
                if os.path.islink(path):
                    self.left_out.append(f"{name}: a link")
                    continue
                self._take(part, path, reading.contents(path, LARGEST_PART, named=self.named))
        inners = [os.path.join(inner, name) for inner in ("", "board") for name in _TREE_FOLDERS]
        own = os.path.join(self.file, "#address-cells")
        tree = (
            self.file
            if os.path.isfile(own)
            else next((path for name in inners if os.path.isdir(path := os.path.join(self.file, name))), None)
        )
        if tree is not None:
            self._copied_tree(tree)

    def _copied_tree(self, top: str) -> None:
        for here, folders, files in os.walk(top, followlinks=False):
            below = os.path.relpath(here, top)
            folders.sort()
            for name in sorted(files):
                path = os.path.join(here, name)
                if not os.path.islink(path):
                    key = name if below == "." else f"{below}/{name}"
                    self._property(key, reading.contents(path, _LARGEST_PROPERTY, named=self.named))

    def _property(self, key: str, data: bytes) -> None:
        if len(self.properties) >= _MOST_NODES * 8 or key.count("/") > _DEEPEST:
            raise ValueError("its device tree has more nodes, or is deeper, than that of any board")
        self.properties[key] = data

    def archive(self) -> None:
        with reading.opened(self.file, LARGEST_TAR, named=self.named) as file:
            head = file.read(512)
            file.seek(0)
            if head[:2] == b"\x1f\x8b" or head[:6] == b"\xfd7zXZ\0":
                raise Unreadable(self.file, ProblemKind.OTHER_KIND, _COMPRESSED, "unpack it to a plain tar")
            if head[257:262] != b"ustar":
                raise Unreadable(
                    self.file, ProblemKind.OTHER_KIND, "it is not a tar", "give the tar file made by `collect`"
                )
            end = os.fstat(file.fileno()).st_size
            with tarfile.open(fileobj=file, mode="r:") as tar:
                for name, member in self._members(tar):
                    self._member(tar, name, member, end)
            self._ended(file, end)

    def _members(self, tar: tarfile.TarFile) -> Iterator[tuple[str, tarfile.TarInfo]]:
        for number, member in enumerate(tar):
            tar.members.clear()  # type: ignore[attr-defined]  # it would keep them all
            if number >= _MOST_MEMBERS:
                raise ValueError(f"more than {_MOST_MEMBERS} members")
            words = [word for word in member.name.split("/") if word not in ("", ".")]
            if ".." in words or member.name.startswith("/"):
                self.left_out.append(f"{member.name}: its name leads out of the dump")
                continue
            yield "/".join(words), member

    def _member(self, tar: tarfile.TarFile, name: str, member: tarfile.TarInfo, end: int) -> None:
        inside = re.search(r"(?:^|/)(?:device-tree|devicetree/base)/(.+)", name)
        part = None if inside else part_of(name)
        if (part is None and inside is None) or member.isdir():
            return
        largest = _LARGEST_PROPERTY if inside else LARGEST_PART
        if not member.isreg() or member.issparse():
            self.left_out.append(f"{name}: a link or not a regular file")
        elif member.size > largest:
            self.left_out.append(f"{name}: larger than {size(largest)}")
        elif member.offset_data + member.size > end:
            raise EOFError(f"{name} has {size(member.size)}, but the file ends earlier")
        elif (content := tar.extractfile(member)) is not None:
            data = content.read(largest)
            if inside:
                self._property(inside[1], data)
            elif part is not None:
                self._take(part, os.path.join(self.file, name), data)

    @staticmethod
    def _ended(file: BufferedReader, end: int) -> None:
        """Check that a tar ends with blocks of zeros; one that was truncated between two members does not."""
        file.seek(max(0, end - 1024))
        if file.read(1024).strip(b"\0"):
            raise EOFError("it has no end")
