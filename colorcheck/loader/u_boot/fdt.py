"""The `fdt` command.

Source: `cmd/fdt.c`, `boot/fdt_support.c` of U-Boot 2023.01. Subcommands are distinguished by their first letters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.units import PAGE
from colorcheck.loader.facts import UNREAD_TREE, OpenFact
from colorcheck.loader.u_boot.blob import MAGIC
from colorcheck.loader.u_boot.fdt_get import got_by_release
from colorcheck.loader.u_boot.machine import SCRATCHPAD, VIRTUAL, Doubt, HaltError, Status, UBootMachine
from colorcheck.loader.u_boot.numbers import decimal, hexadecimal
from colorcheck.loader.u_boot.releases import COUNTED, MOVES, SIZES, by_release, newer
from colorcheck.loader.u_boot.text import Marked, unknown
from colorcheck.loader.u_boot.trees import TreeInMemory, error_name, tree_at
from colorcheck.loader.u_boot.values import UnreadableValue, parse_value

_OWN_TREES = ("fdtcontroladdr", "fdt_addr")
_CONTROL = "variable fdtcontroladdr"
OVERLAYS = "this U-Boot applies overlays"
_USAGE = 1


def fdt(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`fdt SUBCOMMAND …`."""
    if not words:
        return _USAGE
    name, rest = words[0].text, words[1:]
    if name.startswith("ad"):
        return _address(machine, rest)
    if machine.working is None and name.startswith("ap"):
        return _apply(machine, None, rest)
    if machine.working in machine.foreign and tree_at(machine, machine.working) is None:
        return _elsewhere(machine, name, rest)
    if machine.working is None and name.startswith("mo") and newer(machine, MOVES):
        return _move(machine, None, rest)
    tree = _working(machine)
    if tree is None:
        return 1
    handler = _handler(name)
    if handler is None:
        return _USAGE
    fact = machine.depends(*rest[:2]) if handler in (_mknod, _set, _rm) else None
    if fact is not None:
        machine.tree_doubts.append(fact)
        return 1
    before = bytes(tree.data)
    status = handler(machine, tree, rest)
    if status and handler in (_mknod, _set, _rm) and tree.data != before:
        tree.data = bytearray(before)  # libfdt takes back what it began
        tree.forget()
    return status


def _elsewhere(machine: UBootMachine, name: str, rest: Sequence[Marked]) -> Status:
    """A command on a tree that the script did not load: Xen does not receive that tree, but values read from it are
    open.
    """
    fact = OpenFact(
        f"the device tree edited at {machine.place}",
        "this command goes to a tree that is not among the inputs",
        (),
        machine.place,
    )
    if _sets_variable(name, rest):
        machine.set(rest[1].text, machine.unknown(fact))
    if name.startswith("ap") and rest:  # libfdt damages the overlay in any case
        machine.memory.darken(machine.reached(rest[0]), 4)
    if name.startswith("mo") and len(rest) > 1:
        machine.tree_doubts.append(fact)
        target = machine.address(rest[1])
        if target is not None and machine.working is not None and machine.memory.is_dark(machine.working):
            machine.memory.darken(target, PAGE)
            machine.foreign.add(target)
            machine.working = target
    return Doubt(machine.anew(f"fdt {name} {' '.join(word.text for word in rest)}"), True, fact)


def _sets_variable(name: str, rest: Sequence[Marked]) -> bool:
    """`get KIND VARIABLE …` and `header get VARIABLE MEMBER`; no other subcommand sets one that a word names."""
    return len(rest) > 1 and (name.startswith("g") or (name.startswith("h") and rest[0].text.startswith("g")))


def _handler(name: str) -> Callable[[UBootMachine, TreeInMemory, Sequence[Marked]], Status] | None:
    for start, handler in _COMMANDS:
        if name.startswith(start):
            return handler
    return None


def _working(machine: UBootMachine) -> TreeInMemory | None:
    if machine.working is None:
        machine.say(
            ProblemKind.U_BOOT_FDT,
            "no tree is being edited: `fdt addr` has not succeeded, so this has no effect",
        )
        return None
    tree = tree_at(machine, machine.working)
    if tree is None:
        machine.say(
            ProblemKind.U_BOOT_FDT,
            "the tree that is being edited was destroyed or overwritten, so this has no effect",
        )
    return tree


def present(machine: UBootMachine, address: int) -> TreeInMemory | None:
    """The tree at an address.

    If the script loaded nothing there, and does not load the tree itself, it is the manifest's tree.
    """
    tree = tree_at(machine, address)
    if tree is not None or machine.memory.is_dark(address) or machine.memory.read(address, 1) is not None:
        return tree
    given = machine.media.given_tree()
    if given is None or not address or address in machine.failed or _brings_its_tree(machine):
        return None
    from colorcheck.loader.u_boot.load import put

    machine.memory.write(address, b"\0")
    put(machine, given, address)
    machine.assumptions[f"the tree at {machine.shown(address)} before the script is {given.name}"] = None
    return tree_at(machine, address)


def _brings_its_tree(machine: UBootMachine) -> bool:
    """Whether the script loads a tree, other than overlays."""
    return any(one.data[:4] == MAGIC and b"__overlay__" not in one.data for one in machine.loaded)


def lies_there(machine: UBootMachine, address: int) -> bool:
    """Whether the board has a tree of its own at an address to which the script loads nothing: QEMU's and U-Boot's
    own trees are where the environment says; other addresses are not known.
    """
    if machine.memory.is_dark(address) or machine.memory.read(address, 1) is not None or address in machine.failed:
        return False
    banks = machine.settings.banks
    if banks and address < VIRTUAL and not any(start <= address < start + size for start, size in banks):
        return False
    own = [hexadecimal(text) for name in _OWN_TREES if (text := machine.text(name))]
    where = machine.shown(address)
    if address == own_address(machine):
        return True  # U-Boot itself sets this variable to where its own tree is
    if machine.memory.touched:
        fact = OpenFact(
            f"a tree at {where} before the script",
            f"the script uses the tree at {where}, loads nothing there, and no input says whether the board does",
            ("# load the tree in the script",),
            machine.place,
            (False, True),
        )
        usual = address in own or address >= VIRTUAL
        return machine.decide(Doubt(f"the board has a tree of its own at {where}", usual, fact))
    return False


def own_address(machine: UBootMachine) -> int | None:
    """Where U-Boot's own tree is, which the variable fdtcontroladdr says; None if nothing asks for it."""
    text = machine.text("fdtcontroladdr")
    if text is not None:
        return machine.address(Marked(text))
    number = next((n for n, fact in enumerate(machine.facts) if fact.what == _CONTROL), None)
    return None if number is None else machine.address(Marked(unknown(number)))


def _flags(words: Sequence[Marked]) -> tuple[str, Sequence[Marked]] | None:
    """The letters of the options in front of the address, and what is behind them; None for an unknown one."""
    letters = ""
    while words and words[0].text.startswith("-"):
        letters += words[0].text[1:]
        words = words[1:]
    return None if set(letters) - {"c", "q"} else (letters, words)


def _address(machine: UBootMachine, rest: Sequence[Marked]) -> Status:
    found = _flags(rest)
    if found is None:
        return _USAGE
    letters, rest = found
    if not rest:
        working = machine.working
        return 0 if "c" in letters or (working is not None and tree_at(machine, working) is not None) else 1
    if "c" in letters:
        return 0
    address = machine.address(rest[0])
    fact = machine.depends(*rest)
    if fact is not None and (address is None or machine.depends(*rest[1:])):
        machine.tree_doubts.append(fact)
        return Doubt(f"fdt addr {rest[0].text}", True, fact)
    address = machine.reached(rest[0])
    tree = present(machine, address)
    if tree is None and lies_there(machine, address):
        machine.working = address
        machine.foreign.add(address)
        machine.set("fdtaddr", f"{address:x}")
        return 0
    if tree is None and machine.memory.is_dark(address):
        return _unread(machine, address)
    if tree is None:
        where = machine.shown(address)
        message = f"there is no device tree at {where}: FDT_ERR_BADMAGIC, and later fdt commands edit the previous tree"
        machine.say(ProblemKind.U_BOOT_FDT, message)
        return 1
    machine.working = address
    machine.set("fdtaddr", f"{address:x}")
    if len(rest) > 1 and hexadecimal(rest[1].text) >= tree.total:
        length = hexadecimal(rest[1].text)
        if length > 16 << 20:
            raise HaltError(f"fdt addr makes the tree {length:#x} bytes large")
        tree.reopen(length)
        tree.keep()
    return 0


def not_read(machine: UBootMachine, address: int) -> OpenFact:
    """The open fact that the content is unknown where a tree is expected: of the file that was loaded there."""
    where = machine.shown(address)
    loaded = next((one for one in reversed(machine.loaded) if one.address == address), None)
    known = next((fact for fact in reversed(machine.tree_doubts) if fact.what.startswith(UNREAD_TREE)), None)
    if loaded is None and known is not None:  # which the script moved to there
        return known
    if loaded is None:
        why = "what the script takes as a device tree there is not among the inputs"
        return machine.open(f"the device tree at {where}", why, *_named("system.dtb"))
    why = f"{loaded.name} is not here, and the script takes it as the device tree: without it nothing is known"
    settle, source = _named(loaded.name), machine.media.broken.get(loaded.name)
    if source is not None:
        why = f"{source} cannot be read, and the script takes it as the device tree: without it nothing is known"
        settle = ("[inputs]", 'include = ["FOLDER"]  # if a file that it includes is elsewhere')
    fact = OpenFact(f"{UNREAD_TREE}{loaded.name}", why, settle, loaded.location)
    machine.number(fact)
    return fact


def _named(name: str) -> tuple[str, ...]:
    where = 'file = "system.dts"  # where the tree is here, compiled or not'
    return ("[[target.files]]", f'name = "{name}"  # as in the script', where)


def _unread(machine: UBootMachine, address: int) -> Status:
    """`fdt addr` of a file that is not here: what follows edits a tree of which nothing is known."""
    fact = not_read(machine, address)
    machine.tree_doubts.append(fact)
    machine.working = address
    machine.foreign.add(address)
    machine.set("fdtaddr", f"{address:x}")
    return Doubt(f"the file at {machine.shown(address)} is a device tree", True, fact)


def _move(machine: UBootMachine, _tree: TreeInMemory | None, rest: Sequence[Marked]) -> Status:
    if len(rest) < 2:
        return _USAGE
    fact = machine.depends(*rest[:2])
    if fact is not None and None in (machine.address(rest[0]), machine.address(rest[1])):
        machine.tree_doubts.append(fact)
        return Doubt(f"fdt move {rest[0].text} {rest[1].text}", True, fact)
    start = machine.reached(rest[0])
    source = present(machine, start)
    machine.working = None if source is None else start  # also where the copy fails
    target = machine.address(rest[1])
    if source is None or target is None:
        return 1
    length = hexadecimal(rest[2].text) if len(rest) > 2 else source.total
    if length < source.total:
        return 1
    if length > 16 << 20:
        raise HaltError(f"fdt move makes the tree {length:#x} bytes large")
    moved = TreeInMemory(machine, target, bytearray(source.data), source.side.copy())
    if moved.reopen(length) < 0:
        return 1
    moved.keep()
    machine.working = moved.address
    machine.set("fdtaddr", f"{moved.address:x}")
    return 0


def _mknod(machine: UBootMachine, tree: TreeInMemory, rest: Sequence[Marked]) -> Status:
    if len(rest) < 2:
        return _USAGE
    at = tree.node(rest[0].text)
    if at < 0:
        return _failed(machine, f"fdt mknod: no node {rest[0].text}", at)
    done = tree.add(at, rest[1].text)
    if done < 0:
        return _failed(machine, f"fdt mknod {rest[0].text} {rest[1].text}", done)
    tree.keep()
    return 0


def _set(machine: UBootMachine, tree: TreeInMemory, rest: Sequence[Marked]) -> Status:
    if len(rest) < 2:
        machine.say(
            ProblemKind.U_BOOT_FDT,
            "fdt set has too few words and sets nothing (an unquoted # starts a comment)",
            "quote it",
        )
        return _USAGE
    path, name = rest[0].text, rest[1].text
    at = tree.node(path)
    if at < 0:
        return _failed(machine, f"fdt set: no node {path}", at)
    data, text, unsure = b"", None, None
    if len(rest) > 2:
        old = tree.value(at, name) or b""
        if len(old) > SCRATCHPAD:
            return 1
        machine.scratchpad[: len(old)] = old
        value = parse_value(rest[2:], machine.scratchpad)
        if isinstance(value, UnreadableValue):
            machine.scratchpad[: len(value.data)] = value.data[:SCRATCHPAD]
            machine.say(ProblemKind.U_BOOT_FDT, f"fdt set {path} {name}: {value.message}; nothing is set")
            return 1
        data, text, unsure = value.data, value.text, value.unsure
        machine.scratchpad[: len(data)] = data[:SCRATCHPAD]
        if len(data) > SCRATCHPAD:
            raise HaltError(f"a value of {len(data)} bytes: fdt set overwrites U-Boot's own memory beyond {SCRATCHPAD}")
    done = tree.put(at, name, data, text, unsure)
    if done < 0:
        return _failed(machine, f"fdt set {path} {name}", done)
    tree.keep()
    return 0


def _rm(machine: UBootMachine, tree: TreeInMemory, rest: Sequence[Marked]) -> Status:
    if not rest:
        return _USAGE
    at = tree.node(rest[0].text)
    if at < 0:
        return _failed(machine, f"fdt rm: no node {rest[0].text}", at)
    done = tree.drop(at, rest[1].text if len(rest) > 1 else None)
    if done < 0:
        return _failed(machine, f"fdt rm {' '.join(word.text for word in rest)}", done)
    tree.keep()
    return 0


def _failed(machine: UBootMachine, what: str, code: int) -> Status:
    help_text = "make room with fdt resize first" if code == -3 else ""
    machine.say(ProblemKind.U_BOOT_FDT, f"{what}: {error_name(code)}; the script continues without it", help_text)
    return 1


def _resize(machine: UBootMachine, tree: TreeInMemory, rest: Sequence[Marked]) -> Status:
    fact = machine.depends(*rest[:1])
    if fact is not None:
        machine.tree_doubts.append(fact)
    tree.shrink(hexadecimal(rest[0].text) & 0xFFFFFFFF if rest else 0)
    tree.keep()
    return 0


def _apply(machine: UBootMachine, tree: TreeInMemory | None, rest: Sequence[Marked]) -> Status:
    if len(rest) != 1:
        return _USAGE
    fact = OpenFact(
        "U-Boot applies overlays",
        "it is not known whether this U-Boot was built with CONFIG_OF_LIBFDT_OVERLAY; without it, `fdt apply` has "
        "no effect",
        ("[target]", "u-boot-overlays = true"),
        machine.place,
        (False, True),
    )
    if not machine.decide(Doubt(OVERLAYS, False, fact)):
        return _USAGE
    if tree is None:
        return 1
    doubt = machine.depends(rest[0])
    if doubt is not None and machine.address(rest[0]) is None:
        machine.tree_doubts.append(doubt)
        return Doubt(f"fdt apply {rest[0].text}", True, doubt)
    address = machine.reached(rest[0])
    overlay = tree_at(machine, address)
    if overlay is None:
        if machine.memory.is_dark(address):
            machine.tree_doubts.append(
                machine.open("overlay", "the content of the overlay that is applied is not among the inputs")
            )
        return 1
    done = tree.apply(overlay)
    if done < 0:
        message = f"fdt apply fails ({error_name(done)}) and destroys the tree: nothing after it reaches Xen"
        machine.say(
            ProblemKind.U_BOOT_FDT,
            message,
            "target a node that exists when this line runs, and compile the tree with -@",
        )
        machine.memory.write(tree.address, b"\xff\xff\xff\xff")
        machine.memory.write(overlay.address, b"\xff\xff\xff\xff")
        return 1
    tree.keep()
    machine.memory.write(overlay.address, overlay.data)  # libfdt takes its magic away
    return 0


def _get(machine: UBootMachine, tree: TreeInMemory, rest: Sequence[Marked]) -> Status:
    if len(rest) < 3 or rest[0].text[:1] not in ("v", "n", "a", "s"):
        return _USAGE
    kind, name, path = rest[0].text[0], rest[1].text, rest[2].text
    at = tree.node(path)
    if at < 0:
        return 1
    if kind == "n" and len(rest) < 4:
        return _USAGE
    if kind == "n" or (kind == "s" and len(rest) == 3):
        return _get_children(machine, tree, at, kind, rest)
    if len(rest) < 4:
        return _USAGE
    prop = rest[3].text
    value = tree.value(at, prop)
    if value is None:
        return 1
    unsure = tree.side.unsure.get((tree.path(at), prop))
    if unsure is not None:
        machine.set(name, machine.unknown(machine.facts[unsure]))
    elif kind == "v":
        return _get_value(machine, name, value, rest)
    else:
        number = len(value) if kind == "s" else tree.address + tree.value_offset(at, prop)
        early = f"0x{number:08X}" if kind == "s" else f"0x{number:016x}"
        machine.set(name, f"{number:x}" if newer(machine, SIZES) else early if value else None)
    return 0


def _get_children(machine: UBootMachine, tree: TreeInMemory, at: int, kind: str, rest: Sequence[Marked]) -> Status:
    from colorcheck.loader.u_boot.blob import read_content

    content, parent = read_content(tree.data), tree.path(at)
    names = [p for p in content.nodes if p != "/" and (p.rpartition("/")[0] or "/") == parent] if content else []
    if kind == "s":
        machine.set(rest[1].text, f"{len(names)}")
        return 0
    index = hexadecimal(rest[3].text)
    if index >= len(names):
        return 1
    machine.set(rest[1].text, names[index].rpartition("/")[2])
    return 0


def _get_value(machine: UBootMachine, name: str, value: bytes, rest: Sequence[Marked]) -> Status:
    index = decimal(rest[4].text) if len(rest) > 4 else None
    text = by_release(machine, got_by_release(value, index))
    if text is None:
        return 1
    machine.set(name, text or None)
    return 0


def _chosen(machine: UBootMachine, tree: TreeInMemory, rest: Sequence[Marked]) -> Status:
    from colorcheck.loader.u_boot.fixups import chosen, initrd

    if len(rest) not in (0, 2):
        return _USAGE
    if chosen(machine, tree):
        start = hexadecimal(rest[0].text) if rest else 0
        initrd(tree, start, start + hexadecimal(rest[1].text) - 1 if rest else 0)
    tree.keep()
    return 0


def _argument(rest: Sequence[Marked], index: int) -> int:
    """A numeric argument; 0 if it is missing."""
    return hexadecimal(rest[index].text) if len(rest) > index else 0


def _memory(machine: UBootMachine, tree: TreeInMemory, rest: Sequence[Marked]) -> Status:
    from colorcheck.loader.u_boot.fixups import memory_node

    if len(rest) != 2 and newer(machine, COUNTED):
        return _USAGE
    done = memory_node(tree, ((_argument(rest, 0), _argument(rest, 1)),))
    tree.keep()
    return 0 if done else 1


def _rsvmem(machine: UBootMachine, tree: TreeInMemory, rest: Sequence[Marked]) -> Status:
    kind = rest[0].text[:1] if rest else ""
    if kind == "p":
        return 0
    if kind == "a":
        done = tree.reserve(_argument(rest, 1), _argument(rest, 2))
    elif kind == "d":
        done = tree.unreserve(_argument(rest, 1))
    else:
        return _USAGE
    if done < 0:
        return _failed(machine, "fdt rsvmem", done)
    tree.keep()
    return 0


_MEMBERS = (
    *("magic", "totalsize", "off_dt_struct", "off_dt_strings", "off_mem_rsvmap", "version", "last_comp_version"),
    *("boot_cpuid_phys", "size_dt_strings", "size_dt_struct"),
)


def _header(machine: UBootMachine, tree: TreeInMemory, rest: Sequence[Marked]) -> Status:
    """`header get VARIABLE MEMBER` takes a word of the blob's header, in hexadecimal; other forms only print."""
    if len(rest) != 3 or not rest[0].text.startswith("g"):
        return 0
    if rest[2].text not in _MEMBERS:
        return _USAGE
    at = 4 * _MEMBERS.index(rest[2].text)
    machine.set(rest[1].text, f"{int.from_bytes(tree.data[at : at + 4], 'big'):x}")
    return 0


def _boot_cpu(machine: UBootMachine, tree: TreeInMemory, rest: Sequence[Marked]) -> Status:
    if len(rest) != 1 and newer(machine, COUNTED):
        return _USAGE
    tree.data[28:32] = (_argument(rest, 0) & 0xFFFFFFFF).to_bytes(4, "big")
    tree.keep()
    return 0


def _print(_machine: UBootMachine, tree: TreeInMemory, rest: Sequence[Marked]) -> Status:
    """`print` and `list` fail for a node or property that is not there."""
    path = rest[0].text if rest else "/"
    at = tree.node(path)
    if at < 0:
        return 1
    return 1 if len(rest) > 1 and tree.value(at, rest[1].text) is None else 0


def _nothing(_machine: UBootMachine, _tree: TreeInMemory, _rest: Sequence[Marked]) -> Status:
    return 0


def _board(machine: UBootMachine, _tree: TreeInMemory, _rest: Sequence[Marked]) -> Status:
    """The board's own code, where U-Boot was built with any; else the command prints its usage."""
    machine.assumptions["board-specific code in U-Boot does not change the tree that Xen reads"] = None
    why = "it is not known whether this U-Boot was built with board-specific code for the tree"
    return Doubt("this U-Boot has board-specific code", False, OpenFact("board-specific code", why, (), machine.place))


_COMMANDS: tuple[tuple[str, Callable[[UBootMachine, TreeInMemory, Sequence[Marked]], Status]], ...] = (
    ("mo", _move),
    ("mk", _mknod),
    ("se", _set),
    ("g", _get),
    ("p", _print),
    ("l", _print),
    ("rm", _rm),
    ("h", _header),
    ("boo", _boot_cpu),
    ("me", _memory),
    ("rs", _rsvmem),
    ("boa", _board),
    ("cho", _chosen),
    ("che", _nothing),
    ("ap", _apply),
    ("re", _resize),
    ("sys", _board),
)
