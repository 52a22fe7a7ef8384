"""The media of a board: a script that tests whether a load succeeds may continue either way.

Source: `fs/fs.c: fs_set_blk_dev`, `disk/part.c: blk_get_device_part_str` of U-Boot 2023.01: a device or partition that
is not there, or that holds another file system than the command's, makes the load fail and leaves all as it was.
"""

from __future__ import annotations

from collections.abc import Sequence

from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.loader.facts import OpenFact
from colorcheck.loader.u_boot.machine import Doubt, UBootMachine
from colorcheck.loader.u_boot.text import Marked

MEDIUM = "the board has the medium "
NETWORK = "the network"
_SYSTEMS = {
    **dict.fromkeys(("fatload", "fatsize"), "FAT"),
    **dict.fromkeys(("ext4load", "ext2load", "ext4size"), "ext4"),
    "sqfsload": "SquashFS",
    "erofsload": "EROFS",
    "btrload": "Btrfs",
}


def medium_of(words: Sequence[Marked]) -> str:
    """The name of a medium from an interface and a device; without a partition it is the first one."""
    interface, device = words[0].text, words[1].text if len(words) > 1 else "0"
    if not device.partition(":")[2]:
        device = f"{device.partition(':')[0]}:1"
    return f"{interface} {device}"


def system_on(machine: UBootMachine, command: str, medium: str) -> str | None:
    """The file system that a command reads on a medium: its own, or what another command read there before; empty
    if it is not known, None if the command finds no medium or another system.

    What the script loads without asking is there, as is assumed; where the script asks, and names other media too, it
    is a question."""
    medium = machine.readable(medium)
    system = _SYSTEMS.get(command.partition(".")[0], "")
    held = machine.media_there.get(medium)
    machine.media_named.add((medium, system))
    name = with_system(medium, system)
    changes = medium == NETWORK
    if machine.asked_for_status and (held is None or (system and not held) or changes):
        fact = OpenFact(
            f"medium {name}",
            f"the script asks whether it can load from {name}, and no input says whether the board has that",
            ("# load from one medium only, or without asking",),
            machine.place,
            (False, True),
        )
        usual = held is not None or not machine.media_there
        key = f"{MEDIUM}{name}"
        if not machine.decide(Doubt(machine.anew(key) if changes else key, usual, fact)):
            return None
    if held and system and held != system:
        message = f"{medium} was read as {held} before, and {command} reads {system} only: it fails"
        machine.say(ProblemKind.U_BOOT_LOAD, message, "write load, which takes any file system")
        return None
    machine.media_there[medium] = system or held or ""
    return machine.media_there[medium]


def with_system(medium: str, system: str) -> str:
    """A medium with its file system, in words."""
    return f"{medium} with {system}" if system else medium
