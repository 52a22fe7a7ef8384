"""What commands that are not followed can have changed: nothing, a stretch of memory, or a variable.

Source: the files of `cmd/` of U-Boot 2023.01 that are named below, each read for what it writes besides devices:
memory (`map_sysmem`, the block and flash readers) and the environment (`env_set`). A command that is in none of these
tables may have changed anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from colorcheck.loader.facts import OpenFact
from colorcheck.loader.u_boot.machine import Doubt, FileInMemory, Status, UBootMachine
from colorcheck.loader.u_boot.numbers import hexadecimal
from colorcheck.loader.u_boot.text import Marked

_BLOCK = 512
_LARGEST = 4 << 30
BUILT_IN = frozenset(  # in every build, and they always succeed
    ("echo", "sleep", "bdinfo", "version", "help", "?", "md", "coninfo", "showvar")
)
CHANGES_NOTHING = frozenset(  # for Xen: they print, wait, or change a device; whether they succeed is not known
    (
        # cmd/: cache.c, date.c, time.c, bootstage.c, log.c, pause.c, irq.c, cpu.c, clk.c, dm.c, license.c, sysinfo.c
        *("dcache", "icache", "date", "time", "bootstage", "log", "pause", "irqinfo", "cpu", "clk", "dm", "license"),
        *("sysinfo", "timer", "bootcount", "conitrace", "printf", "loop", "cls", "bmp", "lcdputs", "setcurs", "font"),
        # listings of media and images
        *("ls", "fatls", "ext4ls", "ext2ls", "sqfsls", "ubifsls", "fstypes", "fatinfo", "iminfo", "imls", "flinfo"),
        *("ubifsmount", "ubifsumount", "mmcinfo", "blkcache", "mtdparts", "chpart", "gpt", "tftpput", "smbios"),
        # writers to media and to the stored environment
        *("saveenv", "save", "ext4write", "fatwrite", "fatrm", "fatmkdir", "ln", "erase", "protect", "efidebug"),
        # devices
        *("led", "fpga", "pci", "mii", "mdio", "ping", "smc", "hvc", "regulator", "pmic", "wdt", "tpm", "tpm2", "rng"),
        *("phy", "pwm", "mux", "bind", "unbind", "button", "rtc", "temperature", "axi", "fuse", "reginfo", "net"),
        *("linklocal", "sntp", "cdp", "sound", "video", "ufs", "usbphy", "scp03", "w1", "sspi", "misc", "remoteproc"),
        *("strings", "cat", "xxd", "acpi", "pinmux", "iconf", "osd", "rproc", "switch"),
    )
)
USUAL = frozenset(  # those of them that usual builds have, by which shortened names are told apart
    (
        *("saveenv", "date", "time", "iminfo", "imls", "ls", "fatls", "ext4ls", "ext2ls", "fstypes", "fatinfo", "mii"),
        *("mdio", "log", "dcache", "icache", "loop", "pause", "bootstage", "led", "fpga", "pci", "ping", "smc"),
        *("regulator", "pmic", "wdt", "tpm", "rng", "ext4write", "fatwrite", "save", "dm", "clk", "gpt", "efidebug"),
        *("printf", "base", "cmp", "crc32", "i2c", "mtd", "gpio"),
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
DEVICES = frozenset(_READ)


def device(machine: UBootMachine, name: str, words: Sequence[Marked]) -> Status:
    """`mmc read ADDRESS BLOCK COUNT` and its like bring raw data of a device into memory; their other forms select,
    start or list devices, and change neither memory nor variables."""
    text = " ".join((name, *(word.text for word in words)))
    fact = OpenFact(f"{name} at {machine.place}", f"whether {name} succeeds is not known", (), machine.place)
    kind = words[0].text.partition(".")[0] if words else ""
    if kind not in ("read", "load"):
        return Doubt(text, True, fact)
    at, length, unit = _READ[name]
    if 0 <= at < len(words) > length and not machine.depends(words[at], words[length]):
        size = hexadecimal(words[length].text) * unit
        if 0 < size <= _LARGEST:
            if machine.asked_for_status and machine.settled(Doubt(text, True, fact)):
                return 1
            fills(machine, hexadecimal(words[at].text), size, f"data of {name} {kind}")
            return 0
    machine.open(f"{name} {kind} at {machine.place}", "where and how much it reads of the device is not known")
    return Doubt(text, True, fact)


def fills(machine: UBootMachine, address: int, size: int, name: str) -> None:
    """Something of unknown content comes to a stretch of memory."""
    machine.memory.darken(address, size)
    for side in [side for side in machine.sides if address <= side < address + size]:
        del machine.sides[side]
    machine.loaded.append(FileInMemory(name, address, size, b"", machine.place))


def checksum(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`crc32 ADDRESS COUNT [ADDRESS]` stores the sum, where a third word is."""
    if words and words[0].text == "-v":
        text = " ".join(word.text for word in words)
        return Doubt(f"crc32 {text}", True, OpenFact(f"crc32 at {machine.place}", "not known", (), machine.place))
    if len(words) not in (2, 3):
        return 1
    if len(words) == 3:
        machine.memory.darken(machine.reached(words[2]), 4)
    return 0


def fills_words(at: int, length: int) -> Callable[[UBootMachine, Sequence[Marked]], Status]:
    """A command whose words at these positions are the address and the length of what it overwrites."""

    def follow(machine: UBootMachine, words: Sequence[Marked]) -> Status:
        fact = OpenFact(f"data at {machine.place}", "whether this command succeeds is not known", (), machine.place)
        text = " ".join(word.text for word in words)
        if len(words) <= max(at, length) or machine.depends(words[at], words[length]):
            machine.open(f"data at {machine.place}", "what this command overwrites is not known")
        else:
            size = hexadecimal(words[length].text)
            machine.memory.darken(hexadecimal(words[at].text), min(size, _LARGEST))
        return Doubt(f"data {text}", True, fact)

    return follow
