"""The installed QEMU: its path, its version, and the command line that boots a system."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from msgspec import Struct

from colorcheck.emulation.stubs import starter
from colorcheck.emulation.system import Emulated

PROGRAM = "qemu-system-aarch64"
TRIED = ((7, 2), (10, 99))
"""The oldest and the newest version with which this works."""
_SECONDS = 20
_VERSION = re.compile(r"version (\d+)\.(\d+)")
_HELP = "install Debian's qemu-system-arm, or put qemu-system-aarch64 on the PATH"


class QemuError(Exception):
    """QEMU cannot be used; `advice` says what to do about it."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class Qemu(Struct, frozen=True):
    """An installed QEMU; `version` as (major, minor)."""

    program: str
    version: tuple[int, int]
    machines: frozenset[str]
    cpus: frozenset[str] = frozenset()

    @property
    def caution(self) -> str:
        """A warning for a version that was not tested; empty for tested ones."""
        if TRIED[0] <= self.version <= TRIED[1]:
            return ""
        return f"QEMU {self.version[0]}.{self.version[1]} has not been tested with colorcheck (7.2 to 10 have)"


def find_qemu() -> Qemu:
    """The QEMU on the PATH. Raises QemuError."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise QemuError(f"{PROGRAM} is not on the PATH", _HELP)
    found = _VERSION.search(_ask(program, "--version"))
    if found is None:
        raise QemuError(f"{program} does not report its version", _HELP)
    machines = frozenset(line.split()[0] for line in _ask(program, "-machine", "help").splitlines()[1:] if line.strip())
    cpus = frozenset(line.strip() for line in _ask(program, "-cpu", "help").splitlines()[1:])
    return Qemu(program, (int(found[1]), int(found[2])), machines, cpus)


def _ask(program: str, *words: str) -> str:
    try:
        done = subprocess.run(
            (program, *words), stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise QemuError(f"{program} cannot be run: {error}", _HELP) from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or f"status {done.returncode}"
        raise QemuError(f"{program} {' '.join(words)}: {said}", _HELP)
    return done.stdout.decode(errors="replace")


def machine_tree(qemu: Qemu, machine: str, cpu: str, cpus: int, memory: int) -> bytes:
    """The blob that QEMU makes for a machine; `memory` in bytes. Raises QemuError."""
    with tempfile.TemporaryDirectory(prefix="colorcheck-boot-") as folder:
        blob = Path(folder, "machine.dtb")
        _ask(qemu.program, *_machine(f"{machine},dumpdtb={blob}", cpu, cpus, memory))
        try:
            return blob.read_bytes()
        except OSError as error:
            raise QemuError(f"QEMU wrote no device tree for {machine}: {error}") from None


def _machine(machine: str, cpu: str, cpus: int, memory: int) -> tuple[str, ...]:
    size = f"{memory >> 20}M"
    kind = ("-cpu", cpu) if cpu else ()
    return ("-machine", machine, *kind, "-smp", str(cpus), "-m", size, "-display", "none", "-nodefaults")


def command(qemu: Qemu, system: Emulated, xen: Path, folder: Path) -> list[str]:
    """Write the files of a system into `folder`, and return the command line that boots them."""
    files = {system.starter_address: starter(system.xen_address, system.tree_address), system.tree_address: system.blob}
    files |= {module.address: module.content for module in system.modules if module.content}
    words = [qemu.program, *_machine(system.machine, system.cpu, system.cpus, system.memory), "-serial", "stdio"]
    words += ("-monitor", "none", "-no-reboot")
    words += ("-device", f"loader,file={_plain(xen)},addr={system.xen_address:#x},force-raw=on")
    for address, content in sorted(files.items()):
        name = folder / f"{address:x}.bin"
        name.write_bytes(content)
        words += ("-device", f"loader,file={_plain(name)},addr={address:#x},force-raw=on")
    words += ("-device", f"loader,addr={system.starter_address:#x},cpu-num={system.boot_cpu}")
    return words


def _plain(path: Path) -> str:
    """A file's name as QEMU's options take it: a comma is doubled."""
    return str(path).replace(",", ",,")
