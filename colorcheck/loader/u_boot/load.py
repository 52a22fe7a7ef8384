"""Commands that bring files into memory.

Source: `fs/fs.c`, `cmd/net.c`, `net/tftp.c` of U-Boot 2023.01. `filesize` is that of the last load that succeeded.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.units import PAGE
from colorcheck.loader.facts import OpenFact
from colorcheck.loader.u_boot.devices import NETWORK, medium_of, system_on
from colorcheck.loader.u_boot.machine import VIRTUAL, Doubt, FileInMemory, Status, UBootMachine
from colorcheck.loader.u_boot.media import File
from colorcheck.loader.u_boot.numbers import hexadecimal
from colorcheck.loader.u_boot.text import Marked
from colorcheck.loader.u_boot.trees import tree_at

MISSING = "files that are not here are on the medium"
CASE = "the medium ignores the case of names"
OTHER = "the medium has a second file whose name differs in case only"
ELSEWHERE = "files that are here have a different path or name on the medium"
_USUAL = 32 << 20
_MOST = 128 << 20  # and in these at the most: code, malloc area, stack, frame buffer


def missing_fact(machine: UBootMachine, name: str) -> OpenFact:
    """The fact that a file is not among the inputs, recorded at the first command that needs it."""
    if name not in machine.missing:
        machine.missing[name] = machine.place
    return OpenFact(
        f"file {name}",
        f"{name} is not here: its size and content, and whether it is on the medium, are not known",
        ("[[target.files]]", f'name = "{name}"', "size = 0x0  # in bytes, or file = its path here"),
        machine.missing[name],
    )


def missing(machine: UBootMachine, name: str) -> Doubt:
    """Whether a file that is not here is there: it is not, or all such files are."""
    return Doubt(MISSING, False, missing_fact(machine, name))


def find(machine: UBootMachine, name: str, system: str = "") -> File | Status:
    """The file of a name on the medium, or the status of not finding it: a question where the file is not here, or
    where one is here that may be meant, under another path or name. Of the file systems (`system`, empty if it is
    not known) only FAT ignores the case of names."""
    if any(_parts(name)[: len(_parts(path))] == _parts(path) for path in machine.rewritten):
        why = f"the script changes {name} on the medium, and then reads it: what it contains is not known"
        machine.tree_doubts.append(machine.open(f"changed file {name}", why))
    found = machine.media.find(name)
    if found is not None:
        return found
    found = machine.media.find(name, any_case=True)
    if found is not None:
        return found if _ignores_case(machine, name, found, system) else _another_case(machine, name, found)
    found = machine.media.similar(name)
    if found is None:
        return missing(machine, name)
    fact = OpenFact(
        f"file {name}",
        f"{name} is not here, but {found.name} is: it is not known whether the medium has that file under this name",
        ("[[target.files]]", f'name = "{name}"', f'file = "{os.path.basename(found.path)}"'),
        machine.place,
        (False, True),
    )
    return found if machine.decide(Doubt(ELSEWHERE, False, fact)) else 1


def _parts(path: str) -> list[str]:
    """The names on the way to a file; those of its folders, which may be moved, come first."""
    return [part for part in path.casefold().split("/") if part not in ("", ".")]


def _ignores_case(machine: UBootMachine, name: str, found: File, system: str) -> bool:
    if system:
        return system == "FAT"
    held = os.path.basename(found.path) or found.name
    fact = OpenFact(
        f"case of {name}",
        f"{name} is not here, but {held} is: on FAT these are the same file, on other file systems not",
        ("# write the name as the file is called, or fatload if the medium has FAT",),
        machine.place,
        (False, True),
    )
    return machine.decide(Doubt(f"{CASE}: {name}", True, fact))


def _another_case(machine: UBootMachine, name: str, found: File) -> Doubt:
    """The medium has the file that is here, under its own name; whether one of the other name is there too is open."""
    held = os.path.basename(found.path) or found.name
    message = f"{name} is not here, but {held} is: to this file system these are different files, and the load fails"
    machine.say(ProblemKind.U_BOOT_LOAD, message, "write the name as the file is called")
    return Doubt(f"{OTHER}: {name}", False, missing_fact(machine, name))


def load(machine: UBootMachine, command: str, words: Sequence[Marked]) -> Status:
    """`load IFACE DEV[:PART] ADDRESS FILE [BYTES [POSITION]]` and its relatives."""
    if not 1 <= len(words) <= 6:
        return 1
    address = words[2] if len(words) > 2 else machine.get("loadaddr")
    name = words[3] if len(words) > 3 else machine.get("bootfile")
    if address is None or name is None:
        return 1
    if not machine.depends(address) and not is_number(address.text):
        machine.say(
            ProblemKind.U_BOOT_COMMAND,
            f'{command} takes "{address.text}" as an address and prints its usage',
        )
        return 1
    system = system_on(machine, command, medium_of(words))
    if system is None:
        return 1
    count = hexadecimal(words[4].text) if len(words) > 4 else 0
    start = hexadecimal(words[5].text) if len(words) > 5 else 0
    return _bring(machine, (name, system), address, count, start)


def is_number(text: str) -> bool:
    """Whether U-Boot takes all of a word as an address."""
    digits = text[2:] if text[:2].lower() == "0x" else text
    return bool(digits) and all(c in "0123456789abcdefABCDEF" for c in digits)


def ubifsload(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`ubifsload ADDRESS FILE [BYTES]`."""
    if not 2 <= len(words) <= 3:
        return 1
    return _bring(machine, (words[1], "UBIFS"), words[0], hexadecimal(words[2].text) if len(words) > 2 else 0, 0)


def tftp(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`tftpboot [ADDRESS] [[HOST:]FILE]`: one word is an address if all of it is a number, else a file."""
    if len(words) > 3:
        return 1
    address, name = machine.get("loadaddr"), machine.get("bootfile")
    if len(words) == 1:
        if is_number(words[0].text):
            address = words[0]
        else:
            name = words[0]
    elif len(words) >= 2:
        address, name = words[0], words[1]
    if address is None or name is None:
        return 1
    if system_on(machine, "tftpboot", NETWORK) is None:
        return 1
    colon = name.text.rfind(":")
    return _bring(machine, (name.part(colon + 1), ""), address, 0, 0)


def named_by_server(machine: UBootMachine, words: Sequence[Marked], doubt: Doubt) -> Status:
    """A file whose name the network's server gives: to the address that is named, else to `loadaddr`."""
    address = words[0] if words else machine.get("loadaddr")
    where = None if address is None else machine.address(address)
    if where is None:
        machine.open(
            f"data of the network at {machine.place}",
            "this command also loads the file that the server names, unless autoload is no, and no input says where to",
            "# in the script, before this command: setenv autoload no",
        )
        return doubt
    machine.memory.darken(where, PAGE)
    machine.sides.pop(where, None)
    machine.loaded.append(FileInMemory("the file that the server names", where, None, b"", machine.place))
    machine.set("filesize", machine.answer(doubt.fact))
    return doubt


def size(machine: UBootMachine, command: str, words: Sequence[Marked]) -> Status:
    """`size IFACE DEV[:PART] FILE` and its relatives set filesize."""
    system = system_on(machine, command, medium_of(words)) if len(words) == 3 else None
    if system is None:
        return 1
    fact = machine.depends(words[2])
    file = 0 if fact else find(machine, words[2].text, system)
    if isinstance(file, File):
        machine.set("filesize", f"{file.size:x}")
        return 0
    if machine.settled(file):
        return 1
    machine.set("filesize", machine.unknown(fact or missing_fact(machine, words[2].text)))
    return 0


def _bring(machine: UBootMachine, what: tuple[Marked, str], address: Marked, count: int, start: int) -> Status:
    """`what` is the name, and the file system that it is looked for in."""
    name, system = what
    unclear, where = machine.depends(name), machine.address(address)
    if unclear is not None or where is None:
        unclear = unclear or machine.depends(address)
        if unclear is None:
            return 1
        machine.set("filesize", machine.unknown(unclear))
        machine.set("fileaddr", address)
        return Doubt(machine.anew(f"load of {name.text}"), True, unclear)
    if _is_tree_of_inputs(machine, where) and machine.media.find(name.text, any_case=True) is None:
        why = f"{name.text} is not here, and the script loads it over a tree: what the tree is then is not known"
        machine.tree_doubts.append(machine.open(f"tree of {name.text}", why))
    file = find(machine, name.text, system)
    if not isinstance(file, File):
        if machine.settled(file):
            machine.failed.add(where)
            if isinstance(file, Doubt) and file.key.startswith(OTHER):
                machine.empty.add(where)
            return 1
        fact = missing_fact(machine, name.text)
        machine.memory.darken(where, PAGE)
        machine.sides.pop(where, None)
        machine.loaded.append(FileInMemory(name.text, where, None, b"", machine.place))
        machine.set("filesize", machine.unknown(fact))
        machine.set("fileaddr", address if where >= VIRTUAL else f"{where:x}")
        return 0
    start = min(start, file.size)  # behind the end nothing is read, which is no error
    length = min(count or file.size - start, file.size - start)
    refused = _refused(machine, where, length)
    if refused:
        machine.say(ProblemKind.U_BOOT_LOAD, f"U-Boot refuses to load {name.text} to {where:#x}: {refused}")
        return 1
    put(machine, file, where, start, length)
    machine.set("filesize", f"{length:x}")
    machine.set("fileaddr", address if where >= VIRTUAL else f"{where:x}")
    return 0


def _is_tree_of_inputs(machine: UBootMachine, where: int) -> bool:
    """Whether the script loaded a tree there under a name that the inputs have."""
    loaded = next((one for one in reversed(machine.loaded) if one.address == where), None)
    return loaded is not None and tree_at(machine, where) is not None and machine.media.find(loaded.name) is not None


def put(machine: UBootMachine, file: File, where: int, start: int = 0, length: int | None = None) -> None:
    """A file, or a part of it, ends up at an address."""
    length = file.size - start if length is None else length
    known = file.data[start : start + length]
    machine.memory.darken(where + len(known), length - len(known))
    machine.memory.write(where, known)
    for at in [at for at in machine.sides if where <= at < where + length]:
        del machine.sides[at]
    if file.side is not None and not start:
        machine.sides[where] = file.side.copy()
    machine.loaded.append(
        FileInMemory(file.name, where, length, known, machine.place, part=start > 0 or length < file.size)
    )
    machine.paths[where] = file.path


def _refused(machine: UBootMachine, start: int, length: int) -> str:
    """Why U-Boot does not load to a stretch of memory; empty if it does, as far as is known."""
    banks = machine.settings.banks
    end = start + length
    if end > 1 << 64 and start < VIRTUAL:
        return "the end is beyond 64 bits"
    if not banks or start >= VIRTUAL:
        return ""
    if not any(low <= start and end <= low + count for low, count in banks):
        return "U-Boot has no memory there"
    low, count = banks[0]
    top = low + count
    if start < top and end > top - _MOST:
        fact = OpenFact(
            "U-Boot's own location",
            "U-Boot is at the top of its memory, and files do not say how far down it reaches",
            (),
            machine.place,
        )
        if not machine.decide(Doubt(f"U-Boot's own location is above {end:#x}", end <= top - _USUAL, fact)):
            return "U-Boot itself may be there"
    return ""
