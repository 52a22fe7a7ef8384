"""`setenv` and the `env` commands.

Source: `cmd/nvedit.c`, `lib/hashtable.c: himport_r` of U-Boot 2023.01.
"""

from __future__ import annotations

from collections.abc import Sequence

from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.loader.u_boot.machine import Doubt, Status, UBootMachine
from colorcheck.loader.u_boot.numbers import hexadecimal
from colorcheck.loader.u_boot.text import Marked, joined

_BLANKS = " \t"
_LARGEST = 1 << 20
_SUBCOMMANDS = (
    *("ask", "default", "delete", "edit", "erase", "exists", "export", "flags", "import", "info", "load"),
    *("print", "run", "save", "select", "set", "grep"),
)


def setenv(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """Words after the name are joined by single blanks; without any the variable goes, an empty one leaves it empty."""
    words = [word for word in words if word.text != "-f"] if words and words[0].text == "-f" else words
    if not words:
        return 1
    if "=" in words[0].text:
        machine.say(ProblemKind.U_BOOT_COMMAND, f'setenv refuses the name "{words[0].text}": it has an equals sign')
        return 1
    fact = machine.depends(words[0])
    if fact is not None:
        machine.blanket = fact
        return 0
    machine.set(words[0].text, joined(words[1:], " ") if len(words) > 1 else None)
    return 0


def environment(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`env` with its subcommands, which may be shortened."""
    if not words:
        return 1
    name, rest = words[0].text, words[1:]
    found = [k for k in _SUBCOMMANDS if k.startswith(name)] if name not in _SUBCOMMANDS else [name]
    match found[0] if len(found) == 1 else "":
        case "set":
            return setenv(machine, rest)
        case "delete":
            for word in rest:
                machine.set(word.text, None)
            return 0
        case "exists":
            return _exists(machine, rest)
        case "import":
            return _import(machine, rest)
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
        case "save" | "info" | "flags" | "grep" | "export" | "erase":
            return 0
        case _:
            return 1


def _exists(machine: UBootMachine, rest: Sequence[Marked]) -> Status:
    if len(rest) != 1:
        return 1
    if machine.get(rest[0].text) is None:
        return 1
    fact = machine.depends(machine.get(rest[0].text) or rest[0])
    return 0 if fact is None else Doubt(f"env exists {rest[0].text}", False, fact)


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
    for name in names:
        fact = machine.open(f"default of {name}", f"the built-in value of {name} is not among the inputs")
        machine.set(name, machine.unknown(fact))
    return 0


def _import(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    flags = ""
    while words and words[0].text.startswith("-") and len(words[0].text) > 1:
        flags += words[0].text[1:]
        words = words[1:]
    if not words or ("t" in flags) + ("b" in flags) + ("c" in flags) > 1:
        return 1
    fact = machine.depends(words[0]) if machine.address(words[0]) is None else None
    address = machine.reached(words[0])
    names = [word.text for word in words[2:]]
    separator = "\n" if "t" in flags else "\0"
    text = None if fact else _read(machine, address, words, separator)
    if text is None:
        fact = fact or machine.open(
            f"environment read from {words[0].text}",
            "what the script reads its variables from is not among the inputs",
            "[[target.files]]",
            'name = "uEnv.txt"  # the file that the script loads there',
            'file = "uEnv.txt"',
        )
        _unread(machine, names, fact)
        return 0
    if "c" in flags:
        text = text.part(4)
    if "r" in flags:
        kept = [i for i, c in enumerate(text.text) if c != "\r" or text.text[i + 1 : i + 2] != "\n"]
        text = Marked("".join(text.text[i] for i in kept), [text.at[i] for i in kept])
    if "d" in flags and not names:
        machine.environment.clear()
    enter(machine, text, separator, names)
    return 0


def _unread(machine: UBootMachine, names: list[str], fact: object) -> None:
    from colorcheck.loader.facts import OpenFact

    if not isinstance(fact, OpenFact):
        return
    if not names:
        machine.environment.clear()
        machine.deleted.clear()
        machine.blanket = fact
    for name in names:
        machine.set(name, machine.unknown(fact))


def _read(machine: UBootMachine, address: int, words: Sequence[Marked], separator: str) -> Marked | None:
    """The text of an environment in memory."""
    size: int | None = None
    if len(words) > 1 and words[1].text != "-":
        if machine.depends(words[1]):
            return None
        size = hexadecimal(words[1].text)
    loaded = machine.file_at(address)
    if loaded is None:
        return None
    text, known = loaded
    if size is None:
        end = text.text.find(separator + "\0")
        size = end + 2 if end >= 0 else len(text.text)
    elif size > known:
        size = known
    return text.part(0, min(size, _LARGEST))


def enter(machine: UBootMachine, text: Marked, separator: str, names: list[str]) -> None:
    """Take over lines `name=value`."""
    content, end = text.text, len(text.text)
    left = set(names)
    position = 0
    while position < end:
        while position < end and content[position] in _BLANKS:
            position += 1
        if position >= end or content[position] == "\0":
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
            return
        if not names or name in left:
            left.discard(name)
            machine.set(name, value)
    for name in left:
        machine.set(name, None)


def _value(text: Marked, start: int, separator: str) -> tuple[Marked, int]:
    """A value from an offset on, a backslash taking the next character; and the offset behind it."""
    content, kept, position = text.text, [], start
    while position < len(content) and content[position] not in (separator, "\0"):
        if content[position] == "\\" and content[position + 1 : position + 2] not in ("", "\0"):
            position += 1
        kept.append(position)
        position += 1
    return Marked("".join(content[i] for i in kept), [text.at[i] for i in kept]), position + 1
