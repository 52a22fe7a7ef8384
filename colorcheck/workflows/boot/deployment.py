"""A deployment on QEMU: unchanged, or moved to a machine that QEMU has."""

from __future__ import annotations

import hashlib
import os

from msgspec import Struct

from colorcheck.core.units import size
from colorcheck.emulation.as_it_is import as_it_is
from colorcheck.emulation.qemu import Qemu, QemuError
from colorcheck.emulation.system import Emulated
from colorcheck.emulation.transplant import MODEL_PREFIX, Host, transplant
from colorcheck.emulation.virt import emulated
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.plugins.manager import catalogue
from colorcheck.verification.results import Modelled
from colorcheck.workflows import verify as pipeline
from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.options.arguments import logged_command_line

_RESERVE = 1 << 30  # bytes of the host's memory that are left free
_USUAL = ("cortex-a53", "cortex-a72", "cortex-a57")


class NotBootableError(Exception):
    """The deployment cannot be booted here; `advice` says what to do."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class Prepared(Struct, frozen=True):
    """A system that can be booted: `name` distinguishes deployments, `changes` describes the differences from the
    board, empty if there are none.
    """

    name: str
    system: Emulated
    changes: tuple[str, ...]
    modelled: Modelled


def prepare(qemu: Qemu, manifest: Manifest, xen_size: int, *, move: bool = False) -> Prepared:
    """The system of a deployment; unchanged if QEMU has its board and `move` is false.

    Raises NotBootableError, QemuError.
    """
    modelled = pipeline.replay(manifest)
    boots = list(modelled.facts.boots())
    tree = modelled.facts.deployment.tree
    if not boots or tree is None:
        why = "; ".join(skipped.reason for skipped in modelled.skipped) or "there is no device tree"
        raise NotBootableError(f"this deployment cannot be booted: {why}", "see `colorcheck effective --facts`")
    prepared = boots[0][1].system.preparation
    if prepared is None or not prepared.machine.banks:
        raise NotBootableError("the memory banks are not known", "give target.memory, or a boot log")
    board = modelled.facts.board
    found = None if move else as_it_is(qemu, tree, prepared.machine, board)
    if found is not None:
        system, changes = found
    else:
        moved = transplant(tree, prepared.machine, board, logged_command_line(modelled.facts.deployment), _host(qemu))
        system = emulated(qemu, moved.machine, moved.content, xen_size)
        changes = moved.changes
    guests = [domain.name for domain in boots[0][1].system.domains if domain.kind is DomainKind.XL]
    if guests:
        changes += (f"guests of the toolstack left out: {', '.join(guests)} (dom0 is a stub)",)
    needed, there = sum(bank.size for bank in prepared.machine.banks), _memory()
    if needed + _RESERVE > there:
        raise NotBootableError(f"the system has {size(needed)} of memory, but this machine only {size(there)}")
    digest = hashlib.sha256(system.blob).hexdigest()[:12]
    return Prepared(
        f"deployment {os.path.basename(os.path.abspath(manifest.folder))} {digest}", system, changes, modelled
    )


def _host(qemu: Qemu) -> Host:
    known = catalogue()
    names = [name.removeprefix(MODEL_PREFIX) for name in known.names() if name.startswith(MODEL_PREFIX)]
    usable = [name for name in dict.fromkeys((*_USUAL, *names)) if name in names and name in qemu.cpus]
    if not usable:
        raise QemuError("this QEMU has no CPU model that is in the catalogue")
    return Host(tuple(known.board(MODEL_PREFIX + name) for name in usable))


def _memory() -> int:
    """The memory of this machine, in bytes."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 4 << 30
