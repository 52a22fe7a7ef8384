"""`setenv` and the `env` commands.

Source: `cmd/nvedit.c`, `lib/hashtable.c: himport_r` of U-Boot 2023.01.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.loader.facts import OpenFact
from colorcheck.loader.u_boot.guarded import refused
from colorcheck.loader.u_boot.machine import Doubt, FileInMemory, Status, UBootMachine
from colorcheck.loader.u_boot.numbers import hexadecimal
from colorcheck.loader.u_boot.text import Marked, joined, unknowns

_BLANKS = " \t"
_LARGEST = 1 << 20
_EXPORTED = "size of the environment"
_USUAL = ("default", "delete", "edit", "exists", "export", "import", "print", "run", "save", "set")
"""Subcommands of most builds, so that their prefixes can be distinguished."""
_SUBCOMMANDS = (*_USUAL, "ask", "erase", "flags", "grep", "indirect", "info", "load", "select")


def setenv(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """Words after the name are joined by single blanks; without any the variable goes, an empty one leaves it empty."""
    forced = False
    while words and words[0].text.startswith("-") and len(words[0].text) > 1:
        if set(words[0].text[1:]) - {"f"}:
            return 1
        forced, words = True, words[1:]
    if not words:
        return 0 if forced else 1
    if "=" in words[0].text:
        machine.say(ProblemKind.U_BOOT_COMMAND, f'setenv refuses the name "{words[0].text}": it contains "="')
        return 1
    fact = machine.depends(words[0])
    if fact is not None:
        machine.blanket = fact
        return 0
    value = joined(words[1:], " ") if len(words) > 1 else None
    if refused(machine, words[0].text, value, forced=forced):
        message = f"U-Boot refuses this value of {words[0].text}: it is write-once, or the value is malformed"
        machine.say(ProblemKind.U_BOOT_COMMAND, message)
        return 1
    machine.set(words[0].text, value)
    return 0


def environment(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`env` with its subcommands, which may be shortened."""
    if not words:
        return 1
    name, rest = words[0].text, words[1:]
    found = [name] if name in _SUBCOMMANDS else [known for known in _USUAL if known.startswith(name)]
    match found[0] if len(found) == 1 else "":
        case "set":
            return setenv(machine, rest)
        case "delete":
            return _delete(machine, rest)
        case "exists":
            return _exists(machine, rest)
        case "import":
            return _import(machine, rest)
        case "export":
            return export(machine, rest)
        case "run":
            return machine.call(machine, [Marked("run"), *rest])
        case "print":
            return printenv(machine, rest)
        case "default":
            return _default(machine, rest)
        case "load" | "select" | "edit" | "ask":
            machine.blanket = machine.open(
                f"environment after env {found[0]}", "the stored environment is not among the inputs"
            )
            return 0
        case "indirect":
            return _indirect(machine, rest)
        case "save" | "info" | "flags" | "grep" | "erase":
            why = f"it is not known whether env {found[0]} succeeds or is built in"
            fact = OpenFact(f"env {found[0]} at {machine.place}", why, (), machine.place)
            return Doubt(machine.anew(f"env {found[0]}"), found[0] in ("save", "erase"), fact)
        case _ if not found and any(known.startswith(name) for known in _SUBCOMMANDS):
            machine.blanket = machine.open(
                f"environment after env {name}", "which variables this shortened command changes depends on the build"
            )
            return 0
        case _:
            return 1


def _indirect(machine: UBootMachine, rest: Sequence[Marked]) -> Status:
    """`env indirect TO FROM [DEFAULT]` copies a variable, where it is built in."""
    if len(rest) not in (2, 3):
        return 1
    why = "env indirect copies a variable only where U-Boot was built with it"
    machine.set(rest[0].text, machine.unknown(machine.open(f"env indirect at {machine.place}", why)))
    return Doubt(machine.anew("env indirect"), False, machine.facts[-1])


def _delete(machine: UBootMachine, rest: Sequence[Marked]) -> Status:
    """The status is 1 if a variable does not exist, or must not be deleted."""
    status, forced = 0, any(word.text == "-f" for word in rest)
    for word in rest:
        if word.text.startswith("-"):
            continue
        held = machine.get(word.text)
        if held is None or refused(machine, word.text, None, forced=forced):
            status = 1
            continue
        machine.set(word.text, None)
    return status


def _exists(machine: UBootMachine, rest: Sequence[Marked]) -> Status:
    if not rest:
        return 1
    if machine.get(rest[0].text) is None:
        return 1
    fact = machine.depends(machine.get(rest[0].text) or rest[0])
    if fact is None:
        return 0
    key = f"env exists {rest[0].text}"
    return Doubt(key if fact.what == f"variable {rest[0].text}" else f"{key} <{fact.what}>", False, fact)


def printenv(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """Prints; the status is 1 where a name is not defined."""
    names = [word.text for word in words if not word.text.startswith("-")]
    return 0 if all(machine.get(name) is not None for name in names) else 1


def _default(machine: UBootMachine, rest: Sequence[Marked]) -> Status:
    names = [word.text for word in rest if not word.text.startswith("-")]
    if any(word.text == "-a" for word in rest):
        machine.environment.clear()
        machine.blanket = machine.open("environment after env default -a", "the built-in environment is not an input")
        return 0
    if not names:
        return 1
    for name in names:
        fact = machine.open(f"default of {name}", f"the built-in value of {name} is not among the inputs")
        machine.set(name, machine.unknown(fact))
    return 0


def _import(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    flags = ""
    while words and words[0].text.startswith("-") and len(words[0].text) > 1:
        flags += words[0].text[1:]
        words = words[1:]
    if not words or set(flags) - set("btcrd") or ("t" in flags) + ("b" in flags) + ("c" in flags) > 1:
        return 1
    if "r" in flags and ("b" in flags or "c" in flags):
        return 1
    if len(words) < 2 and "c" in flags:
        return 1
    address = machine.reached(words[0])
    names = [word.text for word in words[2:]]
    separator = "\0" if "b" in flags or "c" in flags else "\n"  # text, unless something else is said
    text = _read(machine, address, words, separator)
    if text is None:
        fact = machine.open(
            f"environment read from {words[0].text}",
            "the data from which the script reads its variables is not among the inputs",
            "[[target.files]]",
            'name = "uEnv.txt"  # the file that the script loads there',
            'file = "uEnv.txt"',
        )
        _unread(machine, names, fact)
        return 0
    if "c" in flags:
        data = text.text.encode("latin-1", "replace")
        whole = len(data) >= hexadecimal(words[1].text)
        if not whole or zlib.crc32(data[4:]).to_bytes(4, "little") != data[:4]:
            machine.say(ProblemKind.U_BOOT_COMMAND, "bad CRC, import failed")
            return 1
        text = text.part(4)
    if "r" in flags:
        kept = [i for i, c in enumerate(text.text) if c != "\r" or text.text[i + 1 : i + 2] != "\n"]
        text = Marked("".join(text.text[i] for i in kept), [text.at[i] for i in kept])
    if "d" in flags and not names:
        machine.environment.clear()
    if not text.text:
        return 0  # nothing is read, and so nothing deleted
    return 0 if enter(machine, text, separator, names, deletes="d" in flags) else 1


def export(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`env export [-t|-b|-c] [-s SIZE] ADDRESS [NAMES]`: variables by their names, as text; sets filesize."""
    flags, size = "", 0
    while words and words[0].text.startswith("-") and len(words[0].text) > 1:
        if words[0].text.endswith("s") and len(words) > 1:
            size, words = hexadecimal(words[1].text), words[1:]
        flags += words[0].text.rstrip("s").lstrip("-") if words[0].text.startswith("-") else ""
        words = words[1:]
    if not words or set(flags) - set("btc") or len(set(flags)) > 1:
        return 1
    address, names = machine.reached(words[0]), [word.text for word in words[1:]]
    known = {name: value.text for name, value in machine.environment.items() if not names or name in names}
    separator = "\0" if flags in ("b", "c") else "\n"
    if not machine.settings.whole_environment or machine.blanket or any(unknowns(v) for v in known.values()):
        return _exported_unknown(machine, address, "only part of it is given")
    if flags == "c" and not size:
        return _exported_unknown(machine, address, "it is filled up to this U-Boot's CONFIG_ENV_SIZE")
    text = "".join(f"{name}={_escaped(known[name], separator)}{separator}" for name in sorted(known)) + "\0"
    data = text.encode("utf-8", "surrogateescape")
    head = 4 if flags == "c" else 0
    if size and len(data) + head > size:
        return 1
    data = data.ljust(size - head, b"\0") if size else data
    data = (zlib.crc32(data).to_bytes(4, "little") if head else b"") + data
    machine.over(address, len(data), f"env export ({machine.place})")
    machine.memory.write(address, data)
    machine.loaded = [one for one in machine.loaded if one.address != address]
    machine.loaded.append(FileInMemory("environment", address, len(data), data, machine.place, made=True))
    machine.paths.pop(address, None)
    if flags == "b":  # zeros up to a size that only the build knows
        machine.memory.darken(address + len(data), _LARGEST - len(data))
    if head or flags == "b":
        why = "it is this U-Boot's CONFIG_ENV_SIZE"
        machine.set("filesize", machine.unknown(machine.open(_EXPORTED, why)))
    else:
        machine.set("filesize", f"{len(data):X}")
    return 0


def _exported_unknown(machine: UBootMachine, address: int, why: str) -> Status:
    machine.over(address, _LARGEST, f"env export ({machine.place})")
    machine.memory.darken(address, _LARGEST)
    machine.sides.pop(address, None)
    machine.set("filesize", machine.unknown(machine.open(_EXPORTED, why)))
    return 0


def _escaped(text: str, separator: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\\n") if separator == "\n" else text


def _unread(machine: UBootMachine, names: list[str], fact: OpenFact) -> None:
    if not names:
        machine.environment.clear()
        machine.deleted.clear()
        machine.blanket = fact
    for name in names:
        machine.set(name, machine.unknown(fact))


def _read(machine: UBootMachine, address: int, words: Sequence[Marked], separator: str) -> Marked | None:
    """The text of an environment in memory; None if it is not known."""
    size: int | None = None
    if len(words) > 1 and words[1].text != "-":
        fact = machine.depends(words[1])
        if fact is not None and fact.what != _EXPORTED:
            return None
        size = hexadecimal(words[1].text) if fact is None else None  # what was exported is read to its end
    loaded = machine.file_at(address)
    if loaded is None:
        data = machine.memory.read(address, size) if size is not None and size <= _LARGEST else None
        return None if data is None else Marked(data.decode("latin-1"))
    text, known = loaded
    if size is None:
        end = text.text.find(separator + "\0")
        size = end + 2 if end >= 0 else len(text.text)
    elif size > known:
        data = machine.memory.read(address, size) if size <= _LARGEST else None
        return text.part(0, known) if data is None else Marked(data.decode("latin-1"))
    return text.part(0, min(size, _LARGEST))


def enter(machine: UBootMachine, text: Marked, separator: str, names: list[str], *, deletes: bool = False) -> bool:
    """Take over lines `name=value`, up to one without a name; whether there is none such. `deletes`: names that were
    asked for and are not in the text go."""
    content, end = text.text, len(text.text)
    left = set(names)
    position = 0
    while position < end and (not position or content[position] != "\0"):  # a zero at the very start ends nothing
        while position < end and content[position] in _BLANKS:
            position += 1
        if position >= end:
            break
        stop = min(
            (i for i in (content.find(separator, position), content.find("\0", position)) if i >= 0), default=end
        )
        if content[position] == "#":
            position = stop + 1
            continue
        equals = content.find("=", position, stop)
        if equals < 0 or equals + 1 >= stop:
            name = content[position : equals if equals >= 0 else stop]
            if not names or name in left:
                left.discard(name)
                machine.set(name, None)
            position = stop + 1
            continue
        name, value, position = content[position:equals], *_value(text, equals + 1, separator)
        if not name:
            return False
        if not names or name in left:
            left.discard(name)
            if not refused(machine, name, value):
                machine.set(name, value)
    for name in left if deletes else ():
        machine.set(name, None)
    return True


def _value(text: Marked, start: int, separator: str) -> tuple[Marked, int]:
    """A value from an offset on, a backslash taking the next character; and the offset after it."""
    content, kept, position = text.text, [], start
    while position < len(content) and content[position] not in (separator, "\0"):
        if content[position] == "\\" and content[position + 1 : position + 2] not in ("", "\0"):
            position += 1
        kept.append(position)
        position += 1
    return Marked("".join(content[i] for i in kept), [text.at[i] for i in kept]), position + 1
