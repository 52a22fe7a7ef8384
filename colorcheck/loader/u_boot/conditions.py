"""`test` and `itest`: conditions as U-Boot judges them, oddities included.

Source: `cmd/test.c`, `cmd/itest.c` of U-Boot 2023.01. What is not understood is true; fewer than two words are false.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.loader.facts import OpenFact
from colorcheck.loader.u_boot.machine import Doubt, Status, UBootMachine
from colorcheck.loader.u_boot.numbers import data_width, hexadecimal, signed
from colorcheck.loader.u_boot.releases import BRACKET, NO_MATCH, PATTERNS, TEXTS, newer
from colorcheck.loader.u_boot.substitution import NotFollowedError, PatternError, Substituted, matches, substitute
from colorcheck.loader.u_boot.text import Marked

_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: _bytes(a) < _bytes(b),
    ">": lambda a, b: _bytes(a) > _bytes(b),
    "-eq": lambda a, b: signed(a) == signed(b),
    "-ne": lambda a, b: signed(a) != signed(b),
    "-lt": lambda a, b: signed(a) < signed(b),
    "-le": lambda a, b: signed(a) <= signed(b),
    "-gt": lambda a, b: signed(a) > signed(b),
    "-ge": lambda a, b: signed(a) >= signed(b),
}
_NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "-lt": lambda a, b: a < b,
    "-gt": lambda a, b: a > b,
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-ge": lambda a, b: a >= b,
    "-le": lambda a, b: a <= b,
}
_SAME = {"<": "-lt", ">": "-gt", "==": "-eq", "!=": "-ne", "<>": "-ne", ">=": "-ge", "<=": "-le"}


_LONGEST = 10240  # bytes of a text in memory that setexpr.s reads


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def test(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """The status of `test` with its arguments (the name of the command left out)."""
    if not words:
        return 1
    fact = machine.depends(*words)
    if fact is not None:
        return Doubt("test " + " ".join(word.text for word in words), False, fact)
    if len(words) == 1:
        return 0 if words[0].text not in ("", "-n") and _takes_one_word(machine) else 1
    texts = [word.text for word in words]
    position, value = 0, False
    before, joint, negated = False, "", False
    while position < len(texts):
        left = texts[position:]
        if len(left) > 1 and left[1] in _COMPARE:
            if len(left) < 3:
                return 0
            found, taken = _COMPARE[left[1]](left[0], left[2]), 3
        elif len(left) > 2 and left[1] == "==" and _knows_equals(machine, left[0] == left[2]):
            found, taken = left[0] == left[2], 3
        elif left[0] == "!":
            negated, position = not negated, position + 1
            continue
        elif left[0] in ("-o", "-a"):
            before, joint, position = value, left[0], position + 1
            continue
        elif left[0] in ("-z", "-n") and len(left) >= 2:
            found, taken = (not left[1]) == (left[0] == "-z"), 2
        elif left[0] == "-e" and len(left) >= 4:
            asked = _on_medium(machine, words[position + 1 : position + 3], words[position + 3])
            found, taken = asked, 4
        elif len(left) > 1 and left[1] == "=~" and newer(machine, PATTERNS):
            if len(left) < 3:
                return 0
            found, taken = _matches(machine, left[0], left[2]), 3
        else:
            return 0
        value = found != negated
        if joint:
            value = before or value if joint == "-o" else before and value
        negated, joint, position = False, "", position + taken
    return 0 if value else 1


def _takes_one_word(machine: UBootMachine) -> bool:
    """A single word is false before v2026.07, and true from there on unless it is empty or `-n`."""
    fact = OpenFact(
        "test takes a single word",
        "test with a single word is false in U-Boot before 2026.07, and true from there on",
        ("[target]", 'u-boot = "2023.01"', "# or write test -n in front of it, and quote it"),
        machine.place,
        (False, True),
    )
    return newer(machine, BRACKET, fact)


def _knows_equals(machine: UBootMachine, same: bool) -> bool:
    """`==` is not an operator of `test` in 2023.01, and what is not understood is true."""
    if same:
        return True
    fact = OpenFact(
        "test supports ==",
        "test in U-Boot 2023.01 does not support ==, so this condition is always true",
        ("write = instead of ==",),
        machine.place,
        (False, True),
    )
    machine.say(
        ProblemKind.U_BOOT_COMMAND,
        "test does not support ==: the condition is always true",
        "write =",
    )
    return machine.decide(Doubt("test supports ==", False, fact))


def _matches(machine: UBootMachine, text: str, pattern: str) -> bool:
    """Whether a text has what a pattern describes; a pattern that U-Boot refuses is in none."""
    try:
        return matches(pattern, text)
    except PatternError:
        return False
    except NotFollowedError:
        why = "a pattern of this kind is not followed"
        fact = OpenFact(f"test {text} =~ {pattern}", why, (), machine.place, (False, True))
        return machine.decide(Doubt(f"test {text} =~ {pattern}", False, fact))


def _on_medium(machine: UBootMachine, where: Sequence[Marked], name: Marked) -> bool:
    """Whether a file is on the medium: yes if it is here, otherwise not known."""
    from colorcheck.loader.u_boot.devices import medium_of, system_on
    from colorcheck.loader.u_boot.load import find
    from colorcheck.loader.u_boot.media import File

    system = system_on(machine, "test", medium_of(where))
    if system is None:
        return False
    found = find(machine, name.text, system)
    return isinstance(found, File) or machine.settled(found) == 0


def itest(machine: UBootMachine, command: str, words: Sequence[Marked]) -> Status:
    """The status of `itest`, whose numbers are hexadecimal and whose `*ADDRESS` is memory."""
    width = data_width(command)
    if len(words) != 3 or width is None:
        return 1
    fact = machine.depends(*words)
    name = _SAME.get(words[1].text, words[1].text)
    if name not in _NUMBERS:
        return 1
    if fact is None and width:
        numbers = [_operand(machine, word.text, width) for word in (words[0], words[2])]
        if None not in numbers:
            low, high = (_as_long(int(number or 0)) for number in numbers)
            return 0 if _NUMBERS[name](low, high) else 1
    elif fact is None:
        texts = [_operand_text(machine, word.text) for word in (words[0], words[2])]
        first, second = (text or b"" for text in texts)
        if None not in texts:
            return 0 if _NUMBERS[name]((first > second) - (first < second), 0) else 1
    text = " ".join(word.text for word in words)
    fact = fact or machine.open(f"memory read by itest {text}", "files do not say what this memory contains")
    return Doubt(f"itest {text}" if machine.depends(*words) else machine.anew(f"itest {text}"), False, fact)


def _as_long(value: int) -> int:
    """Numbers are compared with their sign."""
    return value - (1 << 64) if value >> 63 else value


def _operand_text(machine: UBootMachine, text: str) -> bytes | None:
    """What itest.s compares: the word, or the text in memory where it begins with a star."""
    if not text.startswith("*"):
        return _bytes(text)
    return _text_in_memory(machine, hexadecimal(text[1:]))


def _text_in_memory(machine: UBootMachine, address: int) -> bytes | None:
    """The bytes up to a zero; None if they are not known."""
    data = bytearray()
    while len(data) < _LONGEST:
        more = machine.memory.read(address + len(data), 1)
        if more is None:
            return None
        if more == b"\0":
            break
        data += more
    return bytes(data)


def _operand(machine: UBootMachine, text: str, width: int) -> int | None:
    if not text.startswith("*"):
        value = hexadecimal(text)
        return value & ((1 << (8 * width)) - 1) if width < 8 else value
    data = machine.memory.read(hexadecimal(text[1:]), width)
    return None if data is None else int.from_bytes(data, "little")


def arithmetic(machine: UBootMachine, command: str, words: Sequence[Marked]) -> Status:
    """`setexpr`: hexadecimal numbers in and out, and substitution in texts."""
    if len(words) < 2:
        return 1
    name, rest = words[0].text, words[1:]
    if len(rest) > 2 and rest[0].text in ("gsub", "sub"):
        return _substitute(machine, name, rest)
    if len(rest) not in (1, 3) or (len(rest) == 3 and len(rest[1].text) != 1):
        return 1
    width = data_width(command)
    fact = machine.depends(*rest)
    if fact is not None:  # another value than the one that it is worked out from
        what = machine.anew(f"variable {name} worked out at {machine.place}")
        own = OpenFact(what, fact.why, fact.settle, fact.location)
        machine.use(*(() if fact.what.startswith("variable ") else rest))
        machine.set(name, machine.unknown(own))
        return 0
    if width == 0:
        return _texts(machine, name, rest)
    operands = [_number(machine, word.text, 8 if width is None else width) for word in (rest[0], *rest[2:])]
    if None in operands:
        fact = machine.open(f"memory read by setexpr {rest[0].text}", "files do not say what this memory contains")
        machine.set(name, machine.unknown(fact))
        return 0
    numbers = [int(number or 0) for number in operands]
    if len(numbers) == 1:
        machine.set(name, f"{numbers[0]:x}")
        return 0
    value = _combined(rest[1].text, numbers[0], numbers[1])
    if value is None:
        return 1
    machine.set(name, f"{value:x}")
    return 0


def _texts(machine: UBootMachine, name: str, rest: Sequence[Marked]) -> Status:
    """`setexpr.s NAME *ADDRESS [+ *ADDRESS]`: texts in memory, one after the other; newer ones also take words."""
    words = rest[::2]
    if any(not word.text.startswith("*") for word in words) and not newer(machine, TEXTS):
        return 1
    if len(rest) == 3 and rest[1].text != "+":
        return 1
    joined = b""
    for word in words:
        data = _operand_text(machine, word.text)
        if data is None:
            fact = machine.open(f"memory read by setexpr {word.text}", "files do not say what is there")
            machine.set(name, machine.unknown(fact))
            return 0
        joined += data
    machine.set(name, joined.decode("utf-8", "surrogateescape") or None)
    return 0


def _number(machine: UBootMachine, text: str, width: int) -> int | None:
    if text.startswith("*"):
        data = machine.memory.read(hexadecimal(text[1:]), width)
        return None if data is None else int.from_bytes(data, "little")
    return hexadecimal(text)


def _combined(sign: str, a: int, b: int) -> int | None:
    found: Callable[[], int] | None = {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "/": lambda: a // b if b else 0,
        "%": lambda: a % b if b else a,
        "&": lambda: a & b,
        "|": lambda: a | b,
        "^": lambda: a ^ b,
    }.get(sign)
    return None if found is None else found() & ((1 << 64) - 1)


def _substitute(machine: UBootMachine, name: str, rest: Sequence[Marked]) -> Status:
    """`setexpr NAME gsub PATTERN BY [TEXT]`. Where nothing matches, the text is copied, or nothing is set and the
    status is 1."""
    if len(rest) not in (3, 4):
        return 1
    text = rest[3] if len(rest) == 4 else machine.get(name)
    if text is None:
        return 1
    fact = machine.depends(*rest, text)
    if fact is None:
        pattern, by, everywhere = rest[1].text, rest[2].text, rest[0].text == "gsub"
        older, later = (_substituted(pattern, by, text.text, everywhere, ranges=ranges) for ranges in (False, True))
        found = later if older != later and newer(machine, PATTERNS) else older
        if isinstance(found, PatternError):
            return 1
        if isinstance(found, Substituted):
            if not found.count and not newer(machine, NO_MATCH):
                return 1
            machine.set(name, found.text or None)
            return 0
        fact = machine.open(f"setexpr {rest[0].text} {rest[1].text}", "a pattern of this kind is not followed")
    machine.set(name, machine.unknown(fact))
    return 0


def _substituted(
    pattern: str, by: str, text: str, everywhere: bool, *, ranges: bool
) -> Substituted | PatternError | None:
    """What a substitution gives; the error where U-Boot refuses the pattern, and None if it is not followed."""
    try:
        return substitute(pattern, by, text, everywhere=everywhere, ranges=ranges)
    except PatternError as error:
        return error
    except NotFollowedError:
        return None
