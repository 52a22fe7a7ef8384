"""The possible effects of commands that are not followed: nothing, a range of memory, or a variable.

Source: the files of `cmd/` of U-Boot 2023.01 that are named below, each read for what it writes besides devices:
memory (`map_sysmem`, the block and flash readers) and the environment (`env_set`). A command that is in none of these
tables, or in a form that is not, may have changed anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from colorcheck.loader.facts import OpenFact
from colorcheck.loader.u_boot.machine import Doubt, FileInMemory, Status, UBootMachine
from colorcheck.loader.u_boot.numbers import hexadecimal
from colorcheck.loader.u_boot.text import Marked

_BLOCK = 512
_LARGEST = 4 << 30
_ANY = 64
BUILT_IN = {  # in every build; with so many words (from, to) they succeed, else they print their usage
    "echo": (0, _ANY),
    "sleep": (1, 1),
    "bdinfo": (0, 0),
    "version": (0, 0),
    "help": (0, 0),
    "?": (0, 0),
    "md": (1, 2),
    "coninfo": (0, 0),
}
_ALL: dict[str, int] = {}
HARMLESS: dict[str, dict[str, int]] = {
    # Commands that print, wait, or change a device, and write neither memory nor variables. Whether they succeed is
    # not known. With subcommands, only those that are named do so, written in full, and with at most so many words.
    # cmd/: cache.c, date.c, log.c, pause.c, clk.c, dm.c, fs.c, fat.c, bind.c, wdt.c, pmic.c, fpga.c, pci.c and others
    **dict.fromkeys(("dcache", "icache", "date", "pause", "irqinfo", "license", "conitrace", "cls", "lcdputs"), _ALL),
    **dict.fromkeys(("setcurs", "ls", "fatls", "ext4ls", "ext2ls", "sqfsls", "ubifsls", "fstypes", "fatinfo"), _ALL),
    **dict.fromkeys(("iminfo", "imls", "flinfo", "ubifsmount", "ubifsumount", "mmcinfo", "smbios", "saveenv"), _ALL),
    **dict.fromkeys(("fatmkdir", "protect", "led", "ping", "rng", "bind", "unbind", "button", "temperature"), _ALL),
    **dict.fromkeys(("reginfo", "sntp", "sspi", "strings", "cat", "xxd", "lsblk", "meminfo", "gettime", "wol"), _ALL),
    **dict.fromkeys(("fatwrite", "ext4write", "save", "fatrm", "rm", "mv", "mkdir", "ln", "fsinfo", "fsls"), _ALL),
    **dict.fromkeys(("cramfsls", "erofsls", "zfsls", "history", "addrmap", "eraseenv", "ping6"), _ALL),
    **dict.fromkeys(("ufetch", "config"), _ALL),
    "bootdev": dict.fromkeys(("list", "info", "select"), 2),
    "bootmeth": {"list": 2},
    "bloblist": dict.fromkeys(("list", "info"), 1),
    "cyclic": {"list": 1},
    "event": {"list": 1},
    "i3c": dict.fromkeys(("", "current", "list", "device_list"), 2),
    "w1": dict.fromkeys(("bus", "read"), 4),
    "base": {"": 0},
    "bootstage": {"report": 1},
    "log": dict.fromkeys(("", "level", "categories", "drivers", "filter-list", "format"), _ANY),
    "cpu": dict.fromkeys(("list", "detail"), 1),
    "clk": dict.fromkeys(("dump", "setfreq"), 3),
    "dm": dict.fromkeys(("tree", "uclass", "devres", "drivers", "compat", "static"), 3),
    "sysinfo": dict.fromkeys(("", "model", "id", "revision"), 1),
    "timer": dict.fromkeys(("start", "get"), 1),
    "bootcount": {"print": 1},
    "bmp": dict.fromkeys(("info", "display"), 4),
    "font": dict.fromkeys(("list", "select"), 3),
    "blkcache": dict.fromkeys(("show", "configure"), 3),
    "efidebug": dict.fromkeys(("devices", "drivers", "dh", "images", "memmap", "tables"), 1),
    "fpga": dict.fromkeys(("info", "load", "loadb", "loadp", "loadbp", "loadmk"), 4),
    "pci": dict.fromkeys(("", "enum", "header", "display"), 4),
    "mii": dict.fromkeys(("info", "read", "write", "dump", "device"), 4),
    "mdio": dict.fromkeys(("list", "read", "write"), 4),
    "regulator": dict.fromkeys(("list", "dev", "info", "status", "value", "current", "mode", "enable", "disable"), 3),
    "pmic": dict.fromkeys(("list", "dev", "dump", "read", "write"), 3),
    "wdt": dict.fromkeys(("list", "dev", "start", "stop", "reset"), 3),
    "tpm": dict.fromkeys(("info", "init", "startup", "self_test_full", "continue_self_test"), 2),
    "tpm2": dict.fromkeys(("info", "device", "init", "autostart", "startup", "self_test", "clear"), 3),
    "pwm": dict.fromkeys(("invert", "config", "enable", "disable"), 5),
    "mux": dict.fromkeys(("list", "select", "deselect"), 4),
    "rtc": {"list": 1, "dev": 2, "reset": 1, "read": 3, "write": 3},
    "axi": dict.fromkeys(("bus", "dev", "md"), 4),
    "fuse": dict.fromkeys(("read", "sense", "cmp"), 4),
    "net": {"list": 1},
    "sound": dict.fromkeys(("init", "play"), 3),
    "video": dict.fromkeys(("setcursor", "puts"), 3),
    "ufs": {"init": 2},
    "misc": {"list": 1},
    "rproc": dict.fromkeys(("init", "list", "is_running", "ping"), 2),
    "acpi": dict.fromkeys(("list", "dump"), 2),
    "pinmux": dict.fromkeys(("list", "dev", "status"), 3),
}
CHANGED: dict[str, tuple[int, ...]] = {  # those of them that change files of a medium, and the words that name these
    **dict.fromkeys(("fatwrite", "ext4write", "save"), (3,)),
    **dict.fromkeys(("fatrm", "rm", "ln"), (-1,)),
    "mv": (-2, -1),
}
USUAL = frozenset(  # commands of usual builds that are not followed, by which shortened names are told apart
    (
        *("saveenv", "date", "iminfo", "imls", "ls", "fatls", "ext4ls", "ext2ls", "fstypes", "fatinfo", "mii"),
        *("mdio", "log", "dcache", "icache", "loop", "pause", "bootstage", "led", "fpga", "pci", "ping", "smc"),
        *("regulator", "pmic", "wdt", "tpm", "rng", "ext4write", "fatwrite", "dm", "clk", "gpt", "efidebug"),
        *("printf", "base", "blkcache", "bootvx", "chpart", "dfu", "editenv", "fatmkdir", "fatrm", "flinfo", "gzwrite"),
        *("imxtract", "ln", "loadb", "loads", "loadx", "loady", "lzmadec", "mm", "mtdparts", "net", "nm", "protect"),
        *("qfw", "scsiboot", "tftpput", "tpm2", "unlz4", "usbboot"),
    )
)
_READ = {  # the words of `DEVICE read …` (and `load`) that are the address and the length, and the length's unit
    **dict.fromkeys(("mmc", "usb", "sata", "nvme", "virtio", "scsi", "ide", "pvblock"), (1, 3, _BLOCK)),
    **dict.fromkeys(("sf", "nand", "onenand"), (1, 3, 1)),
    "mtd": (2, 4, 1),
    "ubi": (1, 3, 1),
    "i2c": (4, 3, 1),
    "eeprom": (-1, 0, 1),
    "read": (1, 3, _BLOCK),
}
_BLOCK_FORMS = dict.fromkeys(("", "info", "dev", "device", "list", "part", "scan", "rescan", "write", "erase"), _ANY)
_FORMS: dict[str, dict[str, int]] = {  # the forms of these that write neither memory nor variables, as above
    **dict.fromkeys(("sata", "nvme", "virtio", "scsi", "ide", "pvblock"), _BLOCK_FORMS | {"reset": 1, "init": 2}),
    "mmc": _BLOCK_FORMS | {"bootbus": 5, "bootpart": 4, "partconf": 2, "rst-function": 3, "setdsr": 2, "wp": 2},
    "usb": _BLOCK_FORMS | {"start": 1, "reset": 1, "stop": 2, "tree": 1, "storage": 1},
    "sf": dict.fromkeys(("", "probe", "write", "erase", "update", "protect"), _ANY),
    "nand": dict.fromkeys(("", "info", "device", "write", "erase", "erase.part", "erase.chip", "bad"), _ANY),
    "onenand": dict.fromkeys(("", "info", "write", "erase", "bad"), _ANY),
    "mtd": dict.fromkeys(("", "list", "write", "erase", "bad"), _ANY),
    "ubi": dict.fromkeys(("", "part", "detach", "info", "list", "check", "create", "remove", "rename", "write"), _ANY),
    "i2c": dict.fromkeys(("", "bus", "dev", "speed", "probe", "md", "mw", "reset", "write"), _ANY),
    "eeprom": dict.fromkeys(("", "write"), _ANY),
    "read": {},
}
_WHOLE_READS = {"nand": ("read", "read.e", "read.i", "read.jffs2"), "usb": ("read",), "i2c": ("read",)}
DEVICES = frozenset(_READ)


def changes_nothing(name: str, words: Sequence[Marked]) -> bool:
    """Whether a command in this form is known to write neither memory nor variables."""
    forms = HARMLESS.get(name)
    return forms is not None and (forms is _ALL or _is_form(forms, words))


def changed_files(machine: UBootMachine, name: str, words: Sequence[Marked]) -> Iterator[str]:
    """The files of the medium that a command changes; empty for one whose name is not known."""
    for at in CHANGED.get(name, ()):
        if -len(words) <= at < len(words):
            yield "" if machine.depends(words[at]) else words[at].text


def _is_form(forms: dict[str, int], words: Sequence[Marked]) -> bool:
    return len(words) <= forms.get(words[0].text if words else "", -1)


def device(machine: UBootMachine, name: str, words: Sequence[Marked]) -> Status | None:
    """`mmc read ADDRESS BLOCK COUNT` and its like bring raw data of a device into memory; the forms that select, start
    or list devices change neither memory nor variables. None for forms of which nothing is known."""
    text = " ".join((name, *(word.text for word in words)))
    fact = OpenFact(f"{name} at {machine.place}", f"whether {name} succeeds is not known", (), machine.place)
    kind = words[0].text if words else ""
    if kind not in _WHOLE_READS.get(name, ("read",)):
        return Doubt(machine.anew(text), True, fact) if _is_form(_FORMS[name], words) else None
    at, length, unit = _READ[name]
    if 0 <= at < len(words) > length and not machine.depends(words[at], words[length]):
        size = hexadecimal(words[length].text) * unit
        if 0 < size <= _LARGEST:
            if machine.asked_for_status and machine.settled(Doubt(machine.anew(text), True, fact)):
                return 1
            fill(machine, hexadecimal(words[at].text), size, f"data of {name} {kind}")
            return 0
    machine.open(f"{name} {kind} at {machine.place}", "where and how much it reads of the device is not known")
    return Doubt(machine.anew(text), True, fact)


def fill(machine: UBootMachine, address: int, size: int, name: str) -> None:
    """Mark a range of memory as having unknown content."""
    machine.memory.darken(address, size)
    for side in [side for side in machine.sides if address <= side < address + size]:
        del machine.sides[side]
    machine.loaded.append(FileInMemory(name, address, size, b"", machine.place))


def spoil(machine: UBootMachine, address: int, size: int, name: str) -> None:
    """Like `fill`, for content that cannot be a file."""
    machine.over(address, size, name)
    machine.memory.darken(address, size)
    for side in [side for side in machine.sides if address <= side < address + size]:
        del machine.sides[side]


def checksum(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`crc32 ADDRESS COUNT [ADDRESS]` stores the sum, where a third word is."""
    if words and words[0].text == "-v":
        text = " ".join(word.text for word in words)
        key = machine.anew(f"crc32 {text}")
        return Doubt(key, True, OpenFact(f"crc32 at {machine.place}", "not known", (), machine.place))
    if len(words) not in (2, 3):
        return 1
    if len(words) == 3:
        spoil(machine, machine.reached(words[2]), 4, f"crc32 ({machine.place})")
    return 0


def unpacks(target: int, length: int, least: int) -> Callable[[UBootMachine, Sequence[Marked]], Status]:
    """A command that unpacks data to one of its words, up to as many bytes as another one, and sets filesize. Without
    that bound, which may only be missing from `least` words on, it is not known what it overwrites."""

    def follow(machine: UBootMachine, words: Sequence[Marked]) -> Status:
        if not least <= len(words) <= length + 1:
            return 1
        what = machine.anew(f"size of the data unpacked at {machine.place}")
        fact = OpenFact(what, "what is unpacked here is not followed", (), machine.place)
        if len(words) <= length or machine.depends(words[target], words[length]):
            machine.open(f"data at {machine.place}", "how much memory this command overwrites is not known")
        else:
            size = min(hexadecimal(words[length].text), _LARGEST)
            fill(machine, hexadecimal(words[target].text), size, f"data unpacked at {machine.place}")
        machine.set("filesize", machine.answer(fact))
        return Doubt(machine.anew("unpack " + " ".join(word.text for word in words)), True, fact)

    return follow


def fills(at: int, length: int) -> Callable[[UBootMachine, Sequence[Marked]], Status]:
    """A command whose words at these positions are the address and the length of what it overwrites."""

    def follow(machine: UBootMachine, words: Sequence[Marked]) -> Status:
        fact = OpenFact(f"data at {machine.place}", "whether this command succeeds is not known", (), machine.place)
        text = " ".join(word.text for word in words)
        if len(words) <= max(at, length):
            return 1
        if machine.depends(words[at], words[length]):
            machine.open(f"data at {machine.place}", "what this command overwrites is not known")
        else:
            size = min(hexadecimal(words[length].text), _LARGEST)
            spoil(machine, hexadecimal(words[at].text), size, f"a command ({machine.place})")
        return Doubt(machine.anew(f"data {text}"), True, fact)

    return follow
