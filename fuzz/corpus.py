"""What the mutations start from: the examples and the golden files, by reader."""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from colorcheck.inputs.device_tree.device_tree_source import read_source
from fuzz.readers import READERS
from tests.inputs.blobs import blob

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests" / "golden"
LARGEST = 4096
"""Bytes of an item; larger ones are cut there."""

_IMAGE_BUILDER = """\
MEMORY_START="0x0"
MEMORY_END="0x80000000"
DEVICE_TREE="board.dtb"
XEN="xen"
# colors
XEN_CMD="console=dtuart llc-coloring=on \\
 dom0-llc-colors=0-3"
DOM0_KERNEL='Image'
NUM_DOMUS=2
DOMU_KERNEL[0]="Image"; DOMU_MEM[0]=512
DOMU_COLORS[0]="4-7"
DOMU_COLORS=( "4-7" [1]=8-11 )
DOMU_STATIC_MEM[1]="0x40000000 0x10000000"
XEN_CMD+=" sched=null"
"""
_KCONFIG = """\
# Automatically generated
CONFIG_ARM_64=y
# CONFIG_LLC_COLORING is not set
CONFIG_LLC_COLORS_ORDER=7
CONFIG_BUDDY_ALLOCATOR_SIZE=64
CONFIG_CMDLINE="llc-coloring=on"
"""


def corpus() -> dict[str, list[bytes]]:
    """The items of every reader, in a fixed order."""
    arguments, xl, trees = (_golden(name) for name in ("boot-arguments", "xl", "device-tree"))
    lists = [case["text"] for case in _golden("dialect-color-lists")["cases"]]
    sources = [text for case in trees["cases"] for text in case["files"].values()]
    plain = [text for text in sources if isinstance(text, str) and len(text) < LARGEST]
    found: dict[str, list[bytes]] = {
        "boot-arguments": _encoded(case["cmdline"] for case in arguments["cmdlines"]),
        "color-list": _encoded([case["text"] for case in arguments["color_strings"]] + lists),
        "xl": _encoded(case["text"] for case in xl["cases"]) + _files("examples", "*.cfg"),
        "image-builder": _encoded([_IMAGE_BUILDER]) + _files("examples", "*/config"),
        "kconfig": _encoded([_KCONFIG]),
        "manifest": _files("examples", "*/colorcheck.toml"),
        "boot-log": _files("tests/golden/logs", "*.log"),
        "xen-image": _images(),
        "device-tree-blob": _blobs(plain),
        "device-tree-source": _encoded(plain),
    }
    assert set(found) == {reader.name for reader in READERS}
    assert all(found.values())
    return {name: [item[:LARGEST] for item in items] for name, items in found.items()}


def _golden(name: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = json.loads((GOLDEN / f"{name}.json").read_text())
    return found


def _encoded(texts: Iterable[str]) -> list[bytes]:
    return [text.encode("utf-8", "surrogatepass") for text in texts]


def _files(folder: str, pattern: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / folder).rglob(pattern))]


def _images() -> list[bytes]:
    header = struct.pack("<IIQQQQQQ4sI", 0x91005A4D, 0x14000000, 0, 0x174000, 0xA, 0, 0, 0, b"ARM\x64", 0)
    elf = b"\x7fELF\x02\x01\x01" + b"\0" * 9
    elf += struct.pack("<HHIQQQIHHHHHH", 2, 183, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    elf += struct.pack("<IIQQQQQQ", 1, 5, 0, 0x200000, 0x200000, 0, 0x174000, 0)
    return [header + b"\0" * 64, elf, gzip.compress(header), b"\x27\x05\x19\x56" + b"\0" * 60 + header]


def _blobs(sources: list[str]) -> list[bytes]:
    """Blobs of the golden sources that stand alone, of both versions."""
    trees = [read_source("alone.dts", text.encode()).tree for text in sources if "/include/" not in text]
    return [blob(tree, version) for tree in trees if tree for version in (16, 17)]
