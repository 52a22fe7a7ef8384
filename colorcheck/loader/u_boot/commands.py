"""The commands that are followed, and those that change nothing relevant."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from colorcheck.core.pattern import pattern
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.loader.facts import OpenFact
from colorcheck.loader.u_boot import conditions, effects, variables
from colorcheck.loader.u_boot import load as loads
from colorcheck.loader.u_boot.blob import MAGIC
from colorcheck.loader.u_boot.boot import boot, bootefi, gunzip
from colorcheck.loader.u_boot.fdt import fdt
from colorcheck.loader.u_boot.fit_script import NotFollowed, Wanted, not_followed, script_in_fit, verifies, wanted
from colorcheck.loader.u_boot.image import HEADER, read_legacy, script_refused, script_text
from colorcheck.loader.u_boot.machine import (
    Doubt,
    FileInMemory,
    HaltError,
    LeaveError,
    OpenEndError,
    Status,
    UBootMachine,
)
from colorcheck.loader.u_boot.numbers import data_width, decimal, hexadecimal
from colorcheck.loader.u_boot.releases import BRACKET, EXIT, newer
from colorcheck.loader.u_boot.shell import run_macro, run_text
from colorcheck.loader.u_boot.text import Marked
from colorcheck.loader.u_boot.trees import tree_at

_LONGEST = 1 << 24
_LARGEST_SUM = 64  # bytes of the longest sum of `hash`
_SHORTEST = 3  # letters of a shortened command's name
_NAME = pattern(r"[A-Za-z_?][\w.?-]*", re.ASCII)
_OTHER_SHELLS = frozenset(  # what people know from other shells
    ("export", "case", "esac", "function", "local", "return", "break", "continue", "cd", "eval", "exec", "set", "unset")
)
_CONDITIONS = ("test", "itest", "[", "echo", "true", "false")
MOST_WORDS = 16
"""CONFIG_SYS_MAXARGS, where the board's configuration says nothing else."""
WORDS = "U-Boot takes more than 16 words in a command"
_MANY = frozenset(  # commands whose number of words CONFIG_SYS_MAXARGS bounds
    (
        "setenv",
        "env",
        "printenv",
        "print",
        "run",
        "test",
        "[",
        "echo",
        "true",
        "false",
        "booti",
        "bootm",
        "bootefi",
        "time",
    )
)


def call(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """Follow one command, its words expanded."""
    command, rest = words[0].text, words[1:]
    name = _full_name(command.partition(".")[0])
    machine.use(*_weighed(machine, name, words))
    if len(words) > MOST_WORDS and name in _MANY and _too_many(machine, name, len(words)):
        return 1
    handler = _COMMANDS.get(name)
    if handler is not None:
        return handler(machine, rest)
    sized = _SIZED.get(name)
    if sized is not None:
        return sized(machine, command, rest)
    least_most = effects.BUILT_IN.get(name)
    if least_most is not None:
        return 0 if least_most[0] <= len(rest) <= least_most[1] else 1
    if effects.changes_nothing(name, rest):
        machine.rewritten.update(effects.changed_files(machine, name, rest))
        fact = OpenFact(
            f"{command} at {machine.place}", f"whether {command} succeeds is not known from files", (), machine.place
        )
        return Doubt(machine.anew(" ".join(word.text for word in words)), True, fact)
    return _unknown(machine, words)


def _too_many(machine: UBootMachine, name: str, count: int) -> bool:
    """Whether a command has more words than this U-Boot takes: it then prints its usage and does nothing."""
    fact = OpenFact(
        WORDS,
        f"{name} has {count} words here, and U-Boot's usual CONFIG_SYS_MAXARGS is {MOST_WORDS}: a command with more of "
        "them does nothing, unless this U-Boot was built with a larger number",
        ("# put the value into quotes, so that it is one word",),
        machine.place,
        (False, True),
    )
    if machine.decide(Doubt(WORDS, False, fact)):
        return False
    machine.say(
        ProblemKind.U_BOOT_COMMAND,
        f"{name} has {count} words, more than the {MOST_WORDS} of CONFIG_SYS_MAXARGS: it does nothing",
        "put the value into quotes, so that it is one word",
    )
    return True


def _weighed(machine: UBootMachine, name: str, words: Sequence[Marked]) -> Sequence[Marked]:
    """The words that affect more than a condition: unknown text in others goes into variables, which matter when
    used, or makes the command's status a question.
    """
    if name in _CONDITIONS or name == "time":
        return ()
    if name in ("setenv", "setexpr"):
        return words[1:2]
    if name == "fdt" and len(words) > 1 and words[1].text.startswith("se"):
        return words[1:4]  # of a value the tree keeps what it hangs on
    places = _ADDRESSES.get(name, ())
    if (
        name == "fdt"
        and len(words) > 2
        and words[1].text.startswith("ad")
        and tree_at(machine, machine.reached(words[2]))
    ):
        places = (2,)
    return [word for at, word in enumerate(words) if at not in places or machine.place_of(word) is None]


def _unknown(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    text = " ".join(word.text for word in words)[:60]
    if machine.depends(words[0]):
        machine.open(f"command at {machine.place}", "it is not known which command this line runs")
        return 1
    if words[0].text == "[":
        return _bracket(machine, words)
    if not _NAME.fullmatch(words[0].text) or words[0].text in _OTHER_SHELLS:
        machine.say(ProblemKind.U_BOOT_COMMAND, f'"{words[0].text[:40]}" is not a command of U-Boot: it fails')
        return 1
    fact = machine.open(
        f"command {words[0].text[:40]} at {machine.place}",
        f'"{text}" is not followed: its effect on memory, variables and the tree is not known',
    )
    return Doubt(machine.anew(f"unknown command {text}"), False, fact)


def _full_name(name: str) -> str:
    """The command that a word means: its beginning is enough where only one begins so."""
    groups = (_COMMANDS, _SIZED, effects.BUILT_IN, effects.USUAL)
    if len(name) < _SHORTEST or any(name in group for group in (*groups, effects.HARMLESS)):
        return name
    found = {known for group in groups for known in group if known.startswith(name)}
    return found.pop() if len(found) == 1 else name


def _bracket(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    fact = OpenFact(
        "U-Boot knows [",
        "[ is a command since U-Boot 2026.07; before that it is unknown and treated as false",
        ("[target]", 'u-boot = "2023.01"', "# or write test instead of [ … ]"),
        machine.place,
        (False, True),
    )
    if not newer(machine, BRACKET, fact):
        machine.say(
            ProblemKind.U_BOOT_COMMAND,
            "[ is an unknown command to U-Boot before 2026.07: it is treated as false",
            "write test",
        )
        return 1
    return conditions.test(machine, words[1:-1])


def run(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """Variables' values in turn, up to the first that does not end with 0."""
    status: Status = 0
    if not words:
        return 1
    for word in words:
        if machine.settled(status):
            return 1
        fact = machine.depends(word)
        value = None if fact else machine.get(word.text)
        if fact is None and value is None:
            machine.say(ProblemKind.U_BOOT_COMMAND, f'## Error: "{word.text}" not defined')
            return 1
        fact = fact or machine.depends(value) if value is not None else fact
        if fact is not None or value is None:
            name = machine.readable(word.text)
            machine.hidden.append(machine.open(f"run {name} at {machine.place}", "this variable's value is not known"))
            return 1
        try:
            status = run_macro(machine, value)
        except LeaveError as left:
            status = left.status
    return status


def source(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`source [ADDRESS[:NAME|#CONFIGURATION]]`: the script image there; without an address, where U-Boot was built to
    load to."""
    what = wanted(words[0]) if words else Wanted(machine.built_in_address)
    otherwise = machine.load_address if words else 0
    address = otherwise if what.address is None else machine.reached(what.address)
    head = machine.memory.read(address, HEADER)
    if head is None or machine.depends(Marked(f"{what.script or ''}{what.configuration or ''}")):
        fact = machine.open(
            f"script at {words[0].text if words else 'loadaddr'}",
            "the script called here is not among the inputs",
            "[[target.files]]",
            'name = "second.scr"  # the name in the script',
            'file = "second.scr"',
        )
        usual = machine.memory.is_dark(address)
        if usual or address not in machine.failed:
            machine.hidden.append(fact)
        return Doubt(f"source {words[0].text if words else ''}", usual, fact)
    if head[:4] == MAGIC:
        return _source_of_fit(machine, address, what)
    size = HEADER + int.from_bytes(head[12:16], "big")
    data = machine.memory.read(address, min(size, _LONGEST))
    image = read_legacy(bytes(data if data is not None else head))
    refused = script_refused(image, verify=verifies(machine))
    if refused or image is None:
        machine.say(ProblemKind.U_BOOT_COMMAND, f"source refuses the content at {address:#x}: {refused}")
        return 1
    name = machine.paths.get(address) or f"script at {address:#x}"
    return _run_image(machine, name, script_text(image))


def _source_of_fit(machine: UBootMachine, address: int, what: Wanted) -> Status:
    found = script_in_fit(machine, address, what)
    if isinstance(found, NotFollowed):
        fact = not_followed(machine, address, found)
        machine.hidden.append(fact)
        return Doubt(machine.anew(fact.what), True, fact)
    if isinstance(found, str):
        machine.say(ProblemKind.U_BOOT_COMMAND, f"source refuses the FIT image at {address:#x}: {found}")
        return 1
    name = machine.paths.get(address) or f"FIT image at {address:#x}"
    return _run_image(machine, f"{name}:{found.name}", found.text)


def _run_image(machine: UBootMachine, name: str, data: bytes) -> Status:
    text = data.decode("utf-8", "surrogateescape")
    here = machine.here
    try:
        return run_text(machine, Marked(text, machine.script_places(name, text, image=True)))
    except LeaveError as left:
        return left.status
    finally:
        machine.here = here


def leave(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`exit [NUMBER]` does nothing in a script before v2023.04, except return the number as its status."""
    if len(words) > 1:
        return 1
    status = int(bool(words and decimal(words[0].text)))
    if newer(machine, EXIT):
        raise LeaveError(status)
    return status


def _write(machine: UBootMachine, command: str, words: Sequence[Marked]) -> Status:
    """`mw[.b|.w|.l|.q] ADDRESS VALUE [COUNT]`."""
    width = data_width(command)
    if not width or not 2 <= len(words) <= 3 or machine.depends(*words):
        return 1
    count = hexadecimal(words[2].text) if len(words) > 2 else 1
    value = (hexadecimal(words[1].text) & ((1 << (8 * width)) - 1)).to_bytes(width, "little")
    address = hexadecimal(words[0].text)
    machine.over(address, count * width, f"{command} ({machine.place})")
    if count * width > _LONGEST:
        machine.memory.darken(address, count * width)
    else:
        machine.memory.write(address, value * count)
    return 0


def _copy(machine: UBootMachine, command: str, words: Sequence[Marked]) -> Status:
    """`cp[.b|.w|.l|.q] SOURCE TARGET COUNT`."""
    width = data_width(command)
    if not width or len(words) != 3 or machine.depends(*words):
        return 1
    begin, end, count = (hexadecimal(word.text) for word in words)
    size = count * width
    machine.over(end, size, f"{command} ({machine.place})")
    known = machine.memory.read(begin, 1) is not None
    if size > _LONGEST or abs(begin - end) < size:  # of an overlap it depends on the build which bytes are read twice
        machine.memory.darken(end, size)
    else:
        machine.memory.copy(begin, end, size)
    for at in [at for at in machine.sides if end <= at < end + size and at != begin]:
        del machine.sides[at]
    if begin in machine.sides:
        machine.sides[end] = machine.sides[begin].copy()
    source = next((one for one in reversed(machine.loaded) if one.address == begin), None)
    if source is not None and (source.size is None or source.size <= size):
        held = machine.memory.read(end, len(source.data))
        data = source.data if held is not None and bytes(held) == source.data else b""
        machine.loaded.append(replace(source, address=end, data=data, location=machine.place))
    elif source is None and not known and all(one.address != end for one in machine.loaded):  # of flash memory, say
        machine.loaded.append(FileInMemory(f"data of {command}", end, size, b"", machine.place))
    return 0


def _compare(machine: UBootMachine, command: str, words: Sequence[Marked]) -> Status:
    """`cmp[.b|.w|.l|.q] FIRST SECOND COUNT`: 1 where memory differs."""
    width = data_width(command)
    if not width or len(words) != 3:
        return 1
    if not machine.depends(*words):
        first, second, count = (hexadecimal(word.text) for word in words)
        known = count * width <= _LONGEST
        one = machine.memory.read(first, count * width) if known else None
        other = machine.memory.read(second, count * width) if known else None
        if one is not None and other is not None:
            return 0 if one == other else 1
    text = " ".join(word.text for word in words)
    why = "the content of the compared memory is not known from files"
    return Doubt(machine.anew(f"cmp {text}"), True, OpenFact(f"cmp {text}", why, (), machine.place))


def _unzip(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`unzip SOURCE TARGET [SIZE]`: gzip data; sets filesize."""
    from colorcheck.loader.u_boot.load import put
    from colorcheck.loader.u_boot.media import File

    if not 2 <= len(words) <= 3 or machine.depends(*words):
        return 1
    begin, end = hexadecimal(words[0].text), hexadecimal(words[1].text)
    loaded = next((one for one in reversed(machine.loaded) if one.address == begin), None)
    data = machine.memory.read(begin, len(loaded.data)) if loaded and len(loaded.data) == loaded.size else None
    if data is None:
        fact = machine.open(f"data unpacked at {machine.place}", "the data unpacked here is not among the inputs")
        machine.memory.darken(end, 0x1000)
        machine.set("filesize", machine.unknown(fact))
        return 0
    found = gunzip(bytes(data), 64 << 20)
    if found is None:
        return 1
    put(machine, File(loaded.name if loaded else "", len(found), found), end)
    machine.paths.pop(end, None)
    machine.set("filesize", f"{len(found):x}")
    return 0


def _stops(_machine: UBootMachine, _words: Sequence[Marked]) -> Status:
    raise HaltError("the script resets the board or hangs here")


def _goes(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`go ADDRESS`; without an address it prints its usage."""
    if not words:
        return 1
    why = "the script starts another program here, which is not followed"
    raise OpenEndError(OpenFact(f"go at {machine.place}", why, (), machine.place))


def _thirty_two_bits(machine: UBootMachine, _words: Sequence[Marked]) -> Status:
    machine.say(ProblemKind.U_BOOT_COMMAND, "no U-Boot for arm64 has this command: it fails", "write booti")
    return 1


def _elsewhere(machine: UBootMachine, _words: Sequence[Marked]) -> Status:
    why = "this command looks for something else to boot (extlinux, PXE, a boot flow), which is not followed"
    what = f"another boot at {machine.place}"
    fact = OpenFact(what, why, (), machine.place)
    if machine.decide(Doubt(machine.anew(what), True, fact)):
        raise OpenEndError(fact)
    return 1


def _boot_command(machine: UBootMachine, _words: Sequence[Marked]) -> Status:
    """`boot` runs what the variable bootcmd says."""
    return run(machine, [Marked("bootcmd")])


def _named(*positions: int, constant: bool = False) -> Callable[[UBootMachine, Sequence[Marked]], Status]:
    """A command that stores its result in the variable named by the word at the first of these positions;
    `constant` if the result does not change during one boot.
    """

    def follow(machine: UBootMachine, words: Sequence[Marked]) -> Status:
        place = next((position for position in positions if len(words) > position), None)
        text = "command with " + " ".join(word.text for word in words)
        what = f"answer of the board at {machine.place}"
        fact = OpenFact(
            what if constant else machine.anew(what),
            "files do not say what this command finds on the board, or whether it succeeds",
            (),
            machine.place,
        )
        doubt = Doubt(text if constant else machine.anew(text), True, fact)
        if place is None:
            return doubt
        if machine.settled(doubt):
            return 1
        machine.set(words[place].text.lstrip("*"), machine.answer(fact))
        return 0

    return follow


def _asks(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`askenv VARIABLE …` sets a variable to typed text."""
    return _named(0)(machine, words) if words else 1


def _part(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`part uuid|list|start|size|number …` with a variable at the end."""
    kind = words[0].text if words else ""
    plain = [word for word in words if not word.text.startswith("-")]
    least = {"uuid": 4, "list": 4, "type": 4, "start": 5, "size": 5, "number": 5}.get(kind)
    places = (len(plain) - 1,) if least is not None and len(plain) >= least else ()
    return _named(*places, constant=True)(machine, plain)


def _network(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`dhcp` and `bootp` set variables from the server's answer. Unless `autoload` is a no, they also load a file: the
    one that is named, else the one that the server names (net/bootp.c)."""
    why = "files do not say what the network server answers"
    fact = OpenFact(machine.anew(f"answer of the network at {machine.place}"), why, (), machine.place)
    autoload = machine.get("autoload")
    unclear = machine.depends(autoload) if autoload is not None else None
    loads_file = autoload is None or unclear is not None or autoload.text[:1] in ("1", "y", "Y", "t", "T")
    if not loads_file and autoload is not None and autoload.text != "NFS":
        status: Status = Doubt(machine.anew(f"answer of the network at {machine.place}"), True, fact)
    elif len(words) > 1 or (words and not loads.is_number(words[0].text)):
        status = loads.tftp(machine, words)
        if status != 0:
            return status
    else:
        status = loads.named_by_server(machine, words, Doubt(fact.what, True, fact))
        machine.set("bootfile", machine.answer(fact))
    for name in ("ipaddr", "netmask", "gatewayip", "serverip", "dnsip", "hostname", "rootpath", "domain"):
        machine.set(name, machine.answer(fact))
    return status


def _raw(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`read IFACE DEV ADDRESS BLOCK COUNT`."""
    return _device(machine, "read", [Marked("read"), *words[2:]])


def _device(machine: UBootMachine, command: str, words: Sequence[Marked]) -> Status:
    name = command.partition(".")[0]
    status = effects.device(machine, name, words)
    return _unknown(machine, [Marked(command), *words]) if status is None else status


def _pin(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`gpio read VARIABLE PIN` sets a variable; the other forms answer by their status."""
    return _named(1)(machine, words) if words and words[0].text.startswith("r") else _named()(machine, words)


def _time(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`time COMMAND …` runs the command and has its status."""
    return machine.call(machine, words) if words else 1


def _hash(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`hash ALGORITHM ADDRESS COUNT [[*]NAME]`: the sum goes into a variable, or behind a star into memory."""
    if any(word.text == "-v" for word in words[:2]):  # it compares
        return _named()(machine, words)
    if len(words) > 3 and words[3].text.startswith("*"):
        if machine.depends(words[3]):
            return _unknown(machine, [Marked("hash"), *words])
        effects.spoil(machine, hexadecimal(words[3].text[1:]), _LARGEST_SUM, f"a sum ({machine.place})")
        return _named()(machine, words)
    return _named(3)(machine, words)


def _sum(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`md5sum ADDRESS COUNT [[*]NAME]` and its like: as `hash`."""
    return _hash(machine, [Marked("sum"), *words])


def _search(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`grepenv …` is `env grep …`."""
    return variables.environment(machine, [Marked("grep"), *words])


def _partitions(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`gpt guid|read IFACE DEV [NAME]`: into a variable, where a name is there."""
    if words and words[0].text in ("guid", "read") and len(words) in (3, 4):
        return _named(3)(machine, words)
    return _unknown(machine, [Marked("gpt"), *words])


def _always(status: int) -> Callable[[UBootMachine, Sequence[Marked]], Status]:
    return lambda _machine, _words: status


_COMMANDS: dict[str, Callable[[UBootMachine, Sequence[Marked]], Status]] = {
    "setenv": variables.setenv,
    "env": variables.environment,
    "printenv": variables.printenv,
    "print": variables.printenv,
    "run": run,
    "source": source,
    "test": conditions.test,
    "true": _always(0),
    "false": _always(1),
    "exit": leave,
    "fdt": fdt,
    "tftpboot": loads.tftp,
    "tftp": loads.tftp,
    "tftpb": loads.tftp,
    "dhcp": _network,
    "bootp": _network,
    "part": _part,
    "fstype": _named(2, constant=True),
    "uuid": _named(0),
    "guid": _named(0),
    "hash": _hash,
    "md5sum": _sum,
    "sha1sum": _sum,
    "sm3sum": _sum,
    "gpt": _partitions,
    "grepenv": _search,
    "fsuuid": _named(2, constant=True),
    "memsize": _named(0, constant=True),
    "dns": _named(1),
    "lzmadec": effects.unpacks(1, 2, 2),
    "unlz4": effects.unpacks(1, 2, 3),
    "zip": effects.unpacks(2, 3, 3),
    "time": _time,
    "read": _raw,
    "crc32": effects.checksum,
    "random": effects.fills(0, 1),
    "gpio": _pin,
    "askenv": _asks,
    "adc": _named(3),
    "nfs": loads.tftp,
    "wget": loads.tftp,
    "ubifsload": loads.ubifsload,
    "bootefi": bootefi,
    "unzip": _unzip,
    "reset": _stops,
    "poweroff": _stops,
    "go": _goes,
    "hang": _stops,
    "panic": _stops,
    "bootflow": _elsewhere,
    "boot": _boot_command,
    "bootd": _boot_command,
    "bootz": _thirty_two_bits,
    "zboot": _thirty_two_bits,
    "sysboot": _elsewhere,
    "pxe": _elsewhere,
    "bootelf": _elsewhere,
}
_ADDRESSES: dict[str, tuple[int, ...]] = {  # where words of commands are addresses
    **dict.fromkeys(("load", "fatload", "ext4load", "ext2load", "sqfsload", "erofsload", "btrload"), (3,)),
    **dict.fromkeys(("tftpboot", "tftp", "tftpb"), (1,)),
    "booti": (1, 3),
}
_SIZED: dict[str, Callable[[UBootMachine, str, Sequence[Marked]], Status]] = {
    "itest": conditions.itest,
    "setexpr": conditions.arithmetic,
    "load": loads.load,
    "fatload": loads.load,
    "ext4load": loads.load,
    "ext2load": loads.load,
    "sqfsload": loads.load,
    "erofsload": loads.load,
    "btrload": loads.load,
    **dict.fromkeys(("size", "fatsize", "ext4size"), loads.size),
    "mw": _write,
    "cp": _copy,
    "cmp": _compare,
    "booti": boot,
    "bootm": boot,
    **dict.fromkeys(effects.DEVICES - {"read"}, _device),
}
