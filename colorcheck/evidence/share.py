"""The parts of a boot log that can be published: numbers that the model uses, without any names.

It is built from the values that were read, never from lines of the log: no name of a domain or a file, no serial
number, no network address and no argument of a kernel can be in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from colorcheck.evidence.attest import Attested
from colorcheck.hardware.board import Board
from colorcheck.inputs.boot.boot_log import BootLog, Statement

SCHEMA = "colorcheck/shared-log/1"
_SAFE = frozenset(
    [
        "llc-coloring",
        "llc-size",
        "llc-nr-ways",
        "xen-llc-colors",
        "dom0-llc-colors",
        "buddy-alloc-size",
        "dom0_mem",
        "dom0_max_vcpus",
        "maxcpus",
        "sched",
        "hmp-unsafe",
        "dom0_vcpus_pin",
        "pdx-compress",
    ]
)
"""Options whose values are numbers, switches or names of Xen's own."""
_VALUE = re.compile(r"[0-9A-Za-z,:%\-]{0,200}")
_MODULES = ("Xen", "Device Tree", "Kernel", "Ramdisk", "XSM", "XSM Policy", "Guest DTB")
_VERSION = re.compile(r"\d+\.\d+(\.\d+)?(-(rc\d+|pre|unstable))?")


def shared(log: BootLog, attested: Attested, release: str, board: Board | None) -> dict[str, object]:
    """The document.

    `board` is included only if it is in the catalogue: the name of a user's own board file is private.
    """
    version = _VERSION.match(str(log.version.value)) if log.version else None
    arguments, dropped = _arguments(log)
    return {
        "schema": SCHEMA,
        "board": board.soc if board else "",
        "release": release,
        "version": version[0] if version else "",
        "arguments": arguments,
        "arguments_left_out": dropped,
        "probed": _plain(log.probed),
        "nr_colors": _plain(log.nr_colors),
        "xen_region": _plain(log.xen_region),
        "memory": list(map(_plain, log.memory)),
        "reserved": list(map(_plain, log.reserved)),
        "modules": [list(_module(statement)) for statement in log.modules],
        "banks": list(map(_plain, log.banks)),
        "heap": [[color, _plain(statement)] for color, statement in log.heap],
        "domains": [{"id": d.id, "pages": _plain(d.pages), "colors": _plain(d.colors)} for d in log.domains],
        "panics": log.panic is not None,
        "verdict": str(attested.verdict),
        "compared": [{"subject": _subject(c.subject), "agrees": c.agrees} for c in attested.checks],
    }


def _arguments(log: BootLog) -> tuple[list[str], int]:
    """The options for coloring and memory, and the number of other options."""
    words = str(log.command_line.value).split() if log.command_line else []
    kept = [w for w in words if w.partition("=")[0] in _SAFE and _VALUE.fullmatch(w.partition("=")[2])]
    return kept, len(words) - len(kept)


def _plain(statement: Statement | None) -> object:
    """A value reduced to numbers and tuples of numbers."""
    return None if statement is None else _numbers(statement.value)


def _numbers(value: object) -> object:
    if isinstance(value, int):
        return value
    return [_numbers(each) for each in value] if isinstance(value, tuple) else None


def _module(statement: Statement) -> Iterator[object]:
    """Start, end, and the kind if it is one of Xen's own terms."""
    for each in statement.value if isinstance(statement.value, tuple) else ():
        yield each if isinstance(each, int) or each in _MODULES else "other"


def _subject(subject: str) -> str:
    """The subject of a comparison, without the name of its owner."""
    for known in ("colors of ", "pages of ", "memory banks of "):
        if subject.startswith(known) and subject not in ("colors of Xen",):
            return f"{known}a domain"
    return "a domain" if subject.startswith("domain ") else subject
