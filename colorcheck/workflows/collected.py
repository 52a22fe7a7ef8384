"""What `collect` packs on a running system, and how it is unpacked here: known names only, bounded sizes, no links."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from colorcheck.core.units import size

LARGEST_PART = 64 << 20
"""Bytes of one part; a larger one is left out."""
_MOST_MEMBERS = 1024
_PARTS = {"fdt": "running.dtb", "xl-dmesg": "xl-dmesg.txt", "xl-list-l": "", "xl-info": "", "xl-vcpu-list": ""}
_DOM0_TREE = b"xen,xen"  # compatible of the node that Xen gives dom0

SCRIPT = r"""#!/bin/sh
# Packs what a running Xen system says of itself into one tar, for `colorcheck init --from`.
# POSIX shell and busybox are enough. Reads only; writes one folder below /tmp and the tar.
set -u
out=${1:-colorcheck-board.tar}
work=$(mktemp -d "${TMPDIR:-/tmp}/colorcheck.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
dump="$work/board"
mkdir "$dump" || exit 1
missing=''

# keep NAME COMMAND...: what the command prints, or what it says where it fails
keep() {
    name=$1
    shift
    if command -v "$1" >/dev/null 2>&1 && "$@" >"$dump/$name" 2>"$dump/$name.err" && [ -s "$dump/$name" ]; then
        rm -f "$dump/$name.err"
    else
        missing="$missing $name"
        rm -f "$dump/$name"
        [ -s "$dump/$name.err" ] || rm -f "$dump/$name.err"
    fi
}

uname -a >"$dump/uname" 2>/dev/null
keep fdt cat "${COLORCHECK_ROOT:-}/sys/firmware/fdt"
keep xl-dmesg xl dmesg
keep xl-info xl info
keep xl-list-l xl list -l
keep xl-vcpu-list xl vcpu-list
keep proc-cmdline cat "${COLORCHECK_ROOT:-}/proc/cmdline"
tar -cf "$out" -C "$work" board || exit 1
echo "wrote $out"
[ -z "$missing" ] || echo "not there or not allowed (run it as root in dom0):$missing" >&2
"""


class Unpacked(Struct, frozen=True):
    """Files to write beside the manifest, by name, and what was left out and why."""

    files: Mapping[str, bytes]
    left_out: tuple[str, ...] = ()


class NotCollected(Exception):
    """Neither what `collect` packs nor a boot log; the text says why."""


def unpacked(path: Path) -> Unpacked:
    """The parts of a tar or a folder that `collect` made, or a boot log as it is. Raises NotCollected."""
    left: list[str] = []
    try:
        parts = dict(_of_folder(path) if path.is_dir() else _of_tar(path, left))
    except (OSError, tarfile.TarError, EOFError) as error:
        raise NotCollected(f"cannot read {path}: {error}") from None
    if not parts:
        raise NotCollected(f"{path} has none of {', '.join(_PARTS)}")
    files = {_PARTS[name]: data for name, data in parts.items() if _PARTS[name]}
    if _DOM0_TREE in files.get("running.dtb", b""):
        del files["running.dtb"]
        left.append(
            "fdt: the tree that Xen made for dom0, with dom0's memory and CPUs; name the one that Xen was given"
        )
    files |= _guests(parts.get("xl-list-l", b""), left)
    return Unpacked(files, tuple(left))


def _of_folder(path: Path) -> Iterator[tuple[str, bytes]]:
    inner = path / "board" if (path / "board").is_dir() else path
    for name in _PARTS:
        part = inner / name
        if part.is_file() and not part.is_symlink() and part.stat().st_size <= LARGEST_PART:
            yield name, part.read_bytes()


def _of_tar(path: Path, left: list[str]) -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as file:
        head = file.read(1 << 16)
    if b"(XEN)" in head and head[257:262] != b"ustar":
        if path.stat().st_size > LARGEST_PART:
            raise NotCollected(f"{path} has more than {size(LARGEST_PART)}: cut the log to one boot")
        yield "xl-dmesg", path.read_bytes()
        return
    with tarfile.open(path, "r:") as tar:
        for number, member in enumerate(tar):
            name = member.name.removeprefix("./").removeprefix("board/")
            if number >= _MOST_MEMBERS:
                left.append(f"more than {_MOST_MEMBERS} members")
                return
            if name not in _PARTS:
                continue
            if not member.isreg() or member.size > LARGEST_PART:
                left.append(f"{name}: a link, or larger than {size(LARGEST_PART)}")
            elif (content := tar.extractfile(member)) is not None:
                yield name, content.read(LARGEST_PART)


def _guests(text: bytes, left: list[str]) -> dict[str, bytes]:
    """An xl file for each guest that `xl list -l` has."""
    if not text.strip():
        return {}
    try:
        listed = json.loads(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        left.append("xl-list-l: not legible")
        return {}
    files: dict[str, bytes] = {}
    for entry in listed if isinstance(listed, list) else ():
        lines = _guest(entry) if isinstance(entry, dict) and entry.get("domid") != 0 else []
        if lines:
            name = re.sub(r"[^\w.-]", "_", json.loads(lines[0].partition(" = ")[2])).lstrip(".") or "guest"
            files[f"{name}.cfg"] = ("\n".join(lines) + "\n").encode()
    return files


def _guest(entry: Mapping[str, object]) -> list[str]:
    config = entry.get("config")
    found = config if isinstance(config, dict) else {}
    about, build = (part if isinstance(part := found.get(key), dict) else {} for key in ("c_info", "b_info"))
    name, memory, vcpus = about.get("name"), build.get("max_memkb"), build.get("max_vcpus")
    if not isinstance(name, str) or not name:
        return []
    lines = [f"name = {json.dumps(name)}"]
    if isinstance(memory, int):
        lines.append(f"memory = {memory // 1024}")
    if isinstance(vcpus, int):
        lines.append(f"vcpus = {vcpus}")
    colors = build.get("llc_colors")
    if isinstance(colors, list) and all(isinstance(color, int) for color in colors):
        lines.append("llc_colors = [" + ", ".join(f'"{color}"' for color in colors) + "]")
    return lines
