"""Scripts that a real U-Boot ran (2023.01 of Debian 12, `qemu_arm64`), as folders with a manifest."""

from __future__ import annotations

import gzip
import json
import random
import re
import struct
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent.parent / "golden" / "u-boot" / "cases.json.gz"


@cache
def cases() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(gzip.decompress(GOLDEN.read_bytes()))
    return found


def wrapped(data: bytes, kind: int, load: int = 0) -> bytes:
    """Data behind U-Boot's legacy image header; kind 2 kernel, 3 ramdisk, 6 script."""
    head = struct.pack(">7I4B32s", 0x27051956, 0, 0, len(data), load, load, zlib.crc32(data), 5, 22, kind, 0, b"")
    return head[:4] + struct.pack(">I", zlib.crc32(head)) + head[8:] + data


def script_image(text: bytes) -> bytes:
    return wrapped(struct.pack(">II", len(text), 0) + text, 6)


def stub(size: int = 0x20000, flags: int = 0xA, offset: int = 0) -> bytes:
    """An arm64 Image that is nothing but its header."""
    return struct.pack("<IIQQQQQQ4sI", 0, 0x14000000, offset, size, flags, 0, 0, 0, b"ARM\x64", 0)


def content(name: str, file: dict[str, str], sources: dict[str, str]) -> bytes | None:
    """What a file of a case holds; None for a tree, which stands there as source."""
    what, size = file["what"], int(file["size"], 0)
    if file["name"].endswith(".scr"):
        text = sources["script.cmd" if file["name"] == "boot.scr" else file["name"][:-4] + ".cmd"].encode()
        if name == "bad-plain-text":
            return text
        data = bytearray(wrapped(text, 2) if name == "bad-image-type" else script_image(text))
        if file["name"] == "boot.scr" and name in ("bad-header-crc", "bad-data-crc"):
            data[40 if name == "bad-header-crc" else -2] ^= 1
        return bytes(data)
    if "device tree" in what or "overlay" in what:
        return None
    number = {k: int(v, 0) for k, v in re.findall(r"(flags|text_offset|image_size|load = entry =) (\w+)", what)}
    image = stub(number.get("image_size", 0x20000), number.get("flags", 0xA), number.get("text_offset", 0))
    if "gzip" in what:
        more = random.Random(0).randbytes(size) if "random" in what else bytes(0x20000 - 64)
        return gzip.compress(image + more, mtime=0)
    if "legacy" in what:
        body = bytes(size - 64) if "ramdisk" in what else image.ljust(size - 64, b"\0")
        return wrapped(body, 3 if "ramdisk" in what else 2, number.get("load = entry =", 0))
    return (image if "arm64 Image" in what else b"").ljust(size, b"\0")


def write_case(name: str, folder: Path) -> Path:
    """The case as a folder; the path of its manifest."""
    case = cases()[name]
    words = ["[target]", 'xen = "4.21"', 'loader = "u-boot"']
    words.append("memory = " + json.dumps([f"{a}+{b}" for a, b in case["banks"]]))
    environment = case.get("environment_before", {})
    words += ["[target.environment]", *(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in environment.items())]
    for source, text in case["sources"].items():
        (folder / source).write_text(text, newline="")
    for file in case["files"]:
        data = None if file["name"] in case["sources"] else content(name, file, case["sources"])
        if data is not None:
            (folder / file["name"]).write_bytes(data)
        elif file["name"] not in case["sources"]:
            words += ["[[target.files]]", f"name = {json.dumps(file['name'])}"]
            words += [f"file = {json.dumps(file['what'].split(', ')[1])}", f"size = {int(file['size'], 0)}"]
            words += ["symbols = true"] if "-@" in case.get("dtc_options", ()) and "before" in file["what"] else []
    script = "boot.scr" if (folder / "boot.scr").exists() else "script.cmd"
    words += ["[inputs]", 'device-tree = "before.dts"', f'boot-script = "{script}"']
    manifest = folder / "colorcheck.toml"
    manifest.write_text("\n".join(words) + "\n")
    return manifest


def flat(node: Sequence[Any], at: str = "") -> dict[str, dict[str, str]]:
    """A tree of a case as path -> property -> hexadecimal text, in its order."""
    name, properties, children = node
    where = "/" if not at else at + name if at.endswith("/") else f"{at}/{name}"
    found = {where: dict(properties)}
    for child in children:
        found |= flat(child, where)
    return found
