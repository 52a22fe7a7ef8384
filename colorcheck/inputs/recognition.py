"""Recognizes the kind of a file by its content, to report files of the wrong kind.

Used only for a file that its reader could not read: a file that a reader accepts is never doubted.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Collection

from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.pattern import pattern
from colorcheck.core.source import Location
from colorcheck.inputs.file_kinds import FileKind, Slot, told_apart
from colorcheck.inputs.files import read_bytes

ALL = tuple(FileKind)
_HEAD = 1 << 16  # bytes of a file that are looked at
_LARGEST = 64 << 20
_SCRIPT = 6  # the type of a script in the legacy image header (`include/image.h` of U-Boot)
_MAGIC = (
    (b"\x7fELF", FileKind.ELF),
    (b"\x1f\x8b", FileKind.GZIP),
    (b"PK\x03\x04", FileKind.ARCHIVE),
    (b"\xfd7zXZ\0", FileKind.ARCHIVE),
    (b"BZh", FileKind.ARCHIVE),
    (b"\x28\xb5\x2f\xfd", FileKind.ARCHIVE),
    (b"\x04\x22\x4d\x18", FileKind.ARCHIVE),
    (b"\x02\x21\x4c\x18", FileKind.ARCHIVE),  # the older LZ4, as Linux and Xen compress with it
    (b"\x5d\0\0", FileKind.ARCHIVE),  # LZMA alone
    (b"7z\xbc\xaf\x27\x1c", FileKind.ARCHIVE),
    (b"070701", FileKind.ARCHIVE),
    (b"070702", FileKind.ARCHIVE),
    (b"hsqs", FileKind.ARCHIVE),
    (b"\x89PNG\r\n", FileKind.DOCUMENT),
    (b"\xff\xd8\xff", FileKind.DOCUMENT),
    (b"%PDF-", FileKind.DOCUMENT),
)
_CONTROL = bytes(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in range(256))
_STORED = pattern(rb"(?s).{4,5}[\x20-\x7e]{1,64}=[\x20-\x7e]*\0[\x20-\x7e]{1,64}=")


def other_kind(
    path: str, named_at: Location, slot: Slot, kinds: Collection[FileKind] = tuple(FileKind)
) -> Problem | None:
    """A problem that names the actual kind of a file; None if it is not known, not in `kinds`, or if the slot takes
    it.
    """
    data = read_bytes(path, named_at, _LARGEST)
    return None if isinstance(data, Problem) else kind_of(path, data, named_at, slot, kinds)


def kind_of(
    path: str, data: bytes, named_at: Location, slot: Slot, kinds: Collection[FileKind] = ALL
) -> Problem | None:
    """Like `other_kind`, for a file whose content is known. A merge conflict is reported where it begins."""
    kind = recognized(data)
    found = told_apart(path, kind, named_at, slot) if kind in kinds else None
    if found is None or kind is not FileKind.CONFLICT:
        return found
    line = 1 + data[: data.index(b"<<<<<<< ")].count(b"\n")
    message = f"{path} has an unresolved merge conflict, which begins here"
    return replace(found, message=message, location=Location(path, line, 1, line, 8))


def recognized(data: bytes) -> FileKind | None:
    """The kind of a file by its content; None if it is not clear."""
    if not data.strip(b" \t\r\n"):
        return FileKind.EMPTY
    if _is_utf_16(data):
        return FileKind.UTF_16
    kind = _binary(data) or _text(data[:_HEAD])
    return None if kind is FileKind.COMMENTS and len(data) > _HEAD else kind


def _is_utf_16(data: bytes) -> bool:
    """Whether it begins with the byte order mark of UTF-16, or every other byte of printable text is NUL."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    head = data[:32]
    return any(
        len(text) >= 8
        and not any(head[1 - odd :: 2])
        and all(0x20 <= byte < 0x7F or byte in b"\t\r\n" for byte in text)
        for odd in (0, 1)
        for text in (head[odd::2],)
    )


def _binary(data: bytes) -> FileKind | None:
    if data[:4] == b"\xd0\x0d\xfe\xed":
        return FileKind.FIT if b"images\0" in data[:_HEAD] and b"\0cpus\0" not in data else FileKind.BLOB
    if data[:4] == b"\x27\x05\x19\x56" and len(data) >= 64:
        return FileKind.U_BOOT_SCRIPT_IMAGE if data[30] == _SCRIPT else FileKind.U_BOOT_IMAGE
    if data[56:60] == b"ARM\x64":
        return FileKind.ARM64_IMAGE
    if data[257:262] == b"ustar":
        return FileKind.ARCHIVE
    # The environment as U-Boot stores it: a checksum, a flag byte where it is kept twice, texts that end in NUL.
    if _STORED.match(data[:4096]) and re.search(rb"\0boot(?:cmd|delay|args)=", data[:_HEAD]):
        return FileKind.U_BOOT_ENVIRONMENT
    if data[:2] == b"MZ" and b"PE\0\0" in data[:4096]:
        return FileKind.EFI_PROGRAM
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)


def _is_noise(data: bytes) -> bool:
    """Whether too many bytes are not text for the file to be a text with a mistake."""
    head = data[:4096]
    return len(head) >= 16 and sum(head.translate(_CONTROL)) * 10 > len(head)


def _text(data: bytes) -> FileKind | None:
    if _is_noise(data):
        return FileKind.BINARY
    if b"\0" in data:
        return None
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return next((kind for kind, holds in _TEXTS if holds(text)), None)


_Test = Callable[[str], bool]


def _begins(*words: str) -> _Test:
    return lambda text: text.lstrip().lower().startswith(words)


def _has(begin: str, times: int = 1) -> _Test:
    """Whether at least `times` lines begin with `begin`, ignoring blanks.

    No blank is given back to `begin`, which would be tried at each of a long line.
    """
    compiled = pattern(rf"^[ \t]*+(?:{begin})", re.MULTILINE)
    return lambda text: sum(1 for _ in compiled.finditer(text)) >= times


def _lacks(begin: str) -> _Test:
    has = _has(begin)
    return lambda text: not has(text)


def _most(begin: str, share: float) -> _Test:
    """Whether at least this share of the non-empty lines begin with `begin`."""
    compiled = pattern(begin)

    def holds(text: str) -> bool:
        lines = [line.strip() for line in text.split("\n")]
        said = [line for line in lines if line and (not line.startswith("#") or compiled.match(line))]
        return bool(said) and sum(1 for line in said if compiled.match(line)) >= share * len(said)

    return holds


def _all(*tests: _Test) -> _Test:
    return lambda text: all(test(text) for test in tests)


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in ("{", "[") or text.rstrip()[-1:] not in ("}", "]"):
        return False
    if '"' in text:
        return True
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_toml(text: str) -> bool:
    """Whether it has tables, which an xl file never has, and all of it can be read."""
    if not _TABLE.search(text):
        return False
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


_TABLE = pattern(r"^[ \t]*\[\[?[\w.\"-]+\]\]?[ \t]*(?:#.*)?$", re.MULTILINE)
_YAML = r"---|\.\.\.$|%YAML|- |-$|[\w./\"'-]+:(?:\s|$)"
_COMMANDS = (
    r"setenv\s|fdt\s+(?:addr|resize|set|mknod|mknode|rm|apply|chosen|print|get|move|boardsetup)\b|boot[imz]\s|bootefi\s"
    r"|(?:fat|ext[24]?)?load\s+(?:mmc|usb|scsi|nvme|sata|virtio|host|\$)|tftp(?:b|boot)?\s|setexpr\s|env\s+(?:import|set)"
    r"|run\s+\w+|source\s+(?:\$|0x)|itest\s|part\s|mmc\s+dev|dhcp\b"
)
_SHELL_WORDS = r"echo\b|if\b|then\b|else\b|elif\b|fi\b|for\b|done\b|do\b|while\b|test\b|exit\b|sleep\b|\w+=|size\s"
_XL_KEYS = "name|kernel|ramdisk|memory|maxmem|vcpus|maxvcpus|llc_colors|cpus|disk|vif|extra|cmdline|type|builder"
_BUILDER_KEYS = r"MEMORY_START|MEMORY_END|DEVICE_TREE|XEN|XEN_CMD|DOM0_\w+|NUM_DOMUS|DOMU_\w+|UBOOT_\w+|BOOT_CMD"
_DEVICE_TREE = r"/dts-v1/|/plugin/|/\s*\{|&\{?[\w/]+\}?\s*\{"
_UEFI_KEYS = "(?:kernel|options|ramdisk|xsm|dtb|default|chain)="
_EXTLINUX_KEYS = r"(?i:kernel|linux|fdt|fdtdir|append|devicetree|com32)\s+\S"
_DECLARES = r"(?:bool|int|tristate|string|hex|depends on)\b"
_BITBAKE = (
    r"(?:SRC_URI|FILESEXTRAPATHS|LIC_FILES_CHKSUM|IMAGE_INSTALL|DISTRO_FEATURES)[:\w]*\s*(?:[+?.]|\?\?)?="
    r"|inherit\s+\w|require\s+\S+\.inc|do_\w+\(\)"
)
_SHELLS = ("#!/bin/sh", "#!/bin/bash", "#!/usr/bin/env bash", "#!/usr/bin/env sh", "#!/bin/dash")

_CONFLICT = (_has(r"<<<<<<< \S"), _has(r"=======\s*$"), _has(r">>>>>>> \S"))
_MARKDOWN = (
    lambda text: re.search(r"^(?:#{1,6} \S|[=-]{3,}\s*$)", text, re.MULTILINE) is not None,
    lambda text: (
        re.search(r"^(?:```|~~~|#{2,6} [A-Z])|\]\(|^[*-] \S|\*\*\w|^={3,}\s*$", text, re.MULTILINE) is not None
    ),
    lambda text: re.search(r"^[A-Z][^=;{}\n]* [^=;{}\n]*$", text, re.MULTILINE) is not None,
)
_PROSE = r"(?:[*-] )?[A-Z(](?=\S*+\s)[^={}<>\[\]#]*+(?<=[.!?:,a-z)])$"


def _is_all_comments(text: str) -> bool:
    """Whether nothing is left without comments, whichever of the usual languages it is in."""
    for comment in (r"^[ \t]*#.*$", r"//.*$|/\*[\s\S]*?\*/"):
        if not re.sub(comment, "", text, flags=re.MULTILINE).strip():
            return True
    return False


_FIT_NODES = tuple(_has(rf"(?:[^\n\"]*[;{{][ \t]*)?{name}\s*\{{") for name in ("images", "configurations"))
_FIT = (*_FIT_NODES, _lacks(r"(?:[^\n\"]*[;{][ \t]*)?(?:cpus|chosen)\s*\{"))
_TEXTS: tuple[tuple[FileKind, _Test], ...] = (
    (FileKind.CONFLICT, _all(*_CONFLICT)),
    (FileKind.HTML, _begins("<!doctype html", "<html")),
    (FileKind.LIBVIRT, _all(_begins("<"), lambda text: re.search(r"<domain[\s>]", text) is not None)),
    (FileKind.XML, _begins("<?xml")),
    (FileKind.PATCH, _all(_has(r"--- \S"), _has(r"\+\+\+ \S"), _has("@@ -"))),
    (FileKind.BOOT_LOG, _has(r"(?:\[[^\]]*\] ?)?\(XEN\) ", 3)),
    (
        FileKind.FIT_SOURCE,
        _all(_has(_DEVICE_TREE), *_FIT),
    ),
    (FileKind.DEVICE_TREE, _has(_DEVICE_TREE)),
    (FileKind.MANIFEST, _has(r"\[\[?(?:target|inputs|policy|rules)[.\w]*\]\]?\s*(?:#.*)?$")),
    (FileKind.UEFI_CONFIG, _all(_has(r"\[[^\]\n]+\]\s*$"), _has(_UEFI_KEYS))),
    (FileKind.GRUB, _has(r"menuentry\s|xen_hypervisor\s|xen_module\s|set\s+default=")),
    (FileKind.EXTLINUX, _all(_has(r"(?i:label)\s+\S"), _has(_EXTLINUX_KEYS))),
    (FileKind.KCONFIG_SOURCE, _all(_has(r"(?:menu)?config\s+[A-Z]\w+\s*$"), _has(_DECLARES))),
    (FileKind.KCONFIG, _most(r"CONFIG_\w+=|# CONFIG_\w+ is not set", 0.9)),
    (FileKind.BITBAKE, _has(_BITBAKE)),
    (FileKind.U_BOOT_ENVIRONMENT, _all(_has(r"boot(?:cmd|args|delay)="), _most(r"[\w.-]+=", 0.9))),
    (FileKind.IMAGE_BUILDER, _has(rf"(?:{_BUILDER_KEYS})(?:\[\d+\])?=", 2)),
    (FileKind.XL, _has(rf"(?:{_XL_KEYS})[ \t]*\+?=", 2)),
    (FileKind.SHELL, _begins(*_SHELLS)),
    (FileKind.U_BOOT_SCRIPT, _all(_has(_COMMANDS), _most(rf"{_COMMANDS}|{_SHELL_WORDS}", 0.7))),
    (FileKind.PYTHON, lambda text: re.match(r"#!.*\bpython", text) is not None),
    (FileKind.CERTIFIED, _all(_is_json, lambda text: "colorcheck/xen-attested/" in text)),
    (FileKind.JSON, _is_json),
    (FileKind.TOML, _is_toml),
    (FileKind.YAML, _all(lambda text: "{" not in text, _most(_YAML, 0.9), _has(r"---\s*$|- \S|[\w.-]+:\s*$"))),
    (FileKind.COMMENTS, _is_all_comments),
    (FileKind.MARKDOWN, _all(*_MARKDOWN)),
    (FileKind.PROSE, _most(_PROSE, 0.6)),
)
