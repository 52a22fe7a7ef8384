"""The script that packs a running system for `collect`, and unpacking its result next to the manifest for `init
--from`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from colorcheck.core.source import Location
from colorcheck.core.units import size
from colorcheck.files.reading import contents_if_any
from colorcheck.inputs.boot.boot_log import parse_boot_log
from colorcheck.inputs.boot.dumped_guests import dumped_guests
from colorcheck.inputs.boot.running_tree import running_tree
from colorcheck.inputs.boot.system_dump import FDT, LARGEST_PART, LOG, SystemDump, read_system_dump
from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.inputs.dumped import dumped_log
from colorcheck.inputs.file_kinds import FileKind
from colorcheck.inputs.recognition import recognized

SCRIPT = r"""#!/bin/sh
# Packs what a running Xen system says about itself into one tar file, for `colorcheck init --from`.
# POSIX shell and busybox are enough. Reads only; writes one folder below /tmp and the tar.
set -u
out=${1:-colorcheck-board.tar}
work=$(mktemp -d "${TMPDIR:-/tmp}/colorcheck.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
dump="$work/board"
mkdir "$dump" || exit 1
sink="$work/sink"
missing=''

# keep NAME COMMAND...: what the command prints, or what it says where it fails
keep() {
    name=$1
    shift
    if command -v "$1" >"$sink" 2>&1 && "$@" >"$dump/$name" 2>"$dump/$name.err" && [ -s "$dump/$name" ]; then
        rm -f "$dump/$name.err"
    else
        missing="$missing $name"
        rm -f "$dump/$name"
        [ -s "$dump/$name.err" ] || rm -f "$dump/$name.err"
    fi
}

uname -a >"$dump/uname" 2>"$sink"
keep fdt cat "${COLORCHECK_ROOT:-}/sys/firmware/fdt"
if [ ! -s "$dump/fdt" ] && [ -d "${COLORCHECK_ROOT:-}/proc/device-tree/" ]; then
    cp -R "${COLORCHECK_ROOT:-}/proc/device-tree/" "$dump/device-tree" 2>"$sink"
fi
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
    """Files to write next to the manifest, by name; what was left out and why; the version in the log, and the tree
    whose root names the machine.
    """

    files: Mapping[str, bytes]
    left_out: tuple[str, ...] = ()
    version: str | None = None
    machine: DeviceTree | None = None


class NotCollected(Exception):
    """The file is neither a dump of `collect` nor a boot log; the message says why."""


def unpacked(path: Path) -> Unpacked:
    """The parts of a tar file or folder made by `collect`, or a boot log. Raises NotCollected."""
    place = Location(str(path))
    dump = _as_log(path) or read_system_dump(str(path), place, named=True)
    if dump.problems:
        raise NotCollected("; ".join(problem.message for problem in dump.problems))
    guests, left = dumped_guests(dump)
    running = running_tree(dump, place)
    log, unlike = dumped_log(dump)
    files = {name: text.encode() for name, text in guests.items()}
    if LOG in dump.parts and parse_boot_log("", dump.text(LOG)).says_nothing:
        left = (*left, f"{LOG}: it no longer contains Xen's boot; give the log of the serial console")
    elif LOG in dump.parts:
        files["xl-dmesg.txt"] = dump.parts[LOG]
    if running.tree is not None and FDT in dump.parts:
        files["running.dtb"] = dump.parts[FDT]
    reported = tuple(f"{FDT}: {problem.message}" for problem in running.problems)
    if running.tree is not None and FDT not in dump.parts:
        reported = (
            *reported,
            "device-tree: a copied folder is not a file; specify the dump as system-dump to have it read",
        )
    version = str(log.version.value) if log and log.version else None
    return Unpacked(files, (*dump.left_out, *left, *reported, *unlike), version, running.tree or running.root)


def _as_log(path: Path) -> SystemDump | None:
    """The file itself if it is a log and not a dump; otherwise None."""
    if os.path.isdir(path):
        return None
    data = contents_if_any(path, LARGEST_PART * 4, named=True)
    if data is None:
        return None  # reported when it is read as a dump
    if recognized(data) is not FileKind.BOOT_LOG and (b"(XEN)" not in data[: 1 << 16] or data[257:262] == b"ustar"):
        return None
    if len(data) > LARGEST_PART:
        raise NotCollected(f"{path} has more than {size(LARGEST_PART)}: reduce the log to one boot")
    return SystemDump(str(path), {LOG: data}, {LOG: str(path)})
