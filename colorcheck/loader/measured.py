"""The values in a boot log as facts, and its differences from given and derived values.

The rules are those of `docs/facts.md`: measured values take precedence over followed and given ones, and a finding
names both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from colorcheck.core.diagnostic import Problem
from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location, Passage
from colorcheck.inputs.deployment import GivenModule

if TYPE_CHECKING:
    from colorcheck.inputs.boot.boot_log import BootLog, LoggedModule, Statement
    from colorcheck.inputs.deployment import Deployment

Ranges = tuple[tuple[int, int], ...]
_LEAST_CUT = 60  # characters of a command line that a mail or a terminal may have cut behind


class Measured(Struct, frozen=True):
    """What one log measured: sizes and addresses in bytes, each None if the log does not say it.

    `memory` are (start, size); `arguments` are Xen's, without the blank that its EFI loader puts in front. `reserved`
    are (start, end) with their lines.
    """

    memory: Ranges | None = None
    memory_location: Location | None = None
    xen: LoggedModule | None = None
    tree: LoggedModule | None = None
    arguments: Passage | None = None
    reserved: tuple[Statement, ...] | None = None


def measured(log: BootLog | None) -> Measured:
    """The facts of a log; none without one."""
    if log is None:
        return Measured()
    banks, modules = log.banks_found, log.modules_found or ()
    of_kind = {module.kind: module for module in reversed(modules)}
    said = None if "command_line" in log.damaged else log.command_line  # nobody can say how the pieces fit
    return Measured(
        tuple((start, end - start) for start, end in banks) if banks else None,
        log.memory[0].location if banks else None,
        of_kind.get("Xen"),
        of_kind.get("Device Tree"),
        Passage(str(said.value), said.location) if said else None,
        log.reserved_found,
    )


def logged_modules(log: BootLog | None) -> tuple[GivenModule, ...]:
    """The modules that a log lists besides Xen and its device tree, if one of them is dom0's kernel and the only
    kernel: then no domain is built but dom0. Otherwise none, since a log does not say whose a module is.
    """
    listed = log.modules_found if log is not None else None
    if log is None or listed is None or log.dom0_kernel is None:
        return ()
    kernels = [module.address for module in listed if module.kind == "Kernel"]
    if kernels != [log.dom0_kernel.value]:
        return ()
    return tuple(
        GivenModule(_KINDS.get(module.kind, ModuleKind.OTHER), module.location, module.address, module.size)
        for module in listed
        if module.kind not in ("Xen", "Device Tree")
    )


_KINDS = {"Kernel": ModuleKind.KERNEL, "Ramdisk": ModuleKind.RAMDISK, "XSM": ModuleKind.XSM}
"""As Xen prints them (`boot_module_kind_as_string`, 4.20 to 4.22)."""


def same_arguments(logged: str, known: str) -> bool:
    """Whether a logged command line is the known one, or its beginning, as when a mail program truncated it; blanks
    are ignored if it was wrapped.
    """
    logged, known = logged.strip(), known.strip()
    cut = len(logged) >= _LEAST_CUT and known.startswith(logged)
    return logged == known or cut or (len(logged) >= _LEAST_CUT and "".join(logged.split()) == "".join(known.split()))


def legible(arguments: Passage) -> bool:
    """Whether a logged command line is text: without arguments Xen's EFI loader hands over bytes that were never
    set."""
    return all(" " <= letter <= "~" for letter in arguments.text)


def contradicted(deployment: Deployment, known: Passage | None) -> Iterator[Problem]:
    """Problems for differences between the log and the manifest, or the arguments `known` from other inputs."""
    found, target, image = measured(deployment.boot_log), deployment.manifest.target, deployment.xen_image_size
    place = deployment.manifest.location
    for key, given, said in (
        ("xen-address", target.xen_address, found.xen.address if found.xen else None),
        ("xen-image-size", image, found.xen.size if found.xen else None),
        ("device-tree-address", target.device_tree_address, found.tree.address if found.tree else None),
        ("device-tree-size", target.device_tree_size, found.tree.size if found.tree else None),
    ):
        module = found.tree if key.startswith("device-tree") else found.xen
        if given is not None and said is not None and given != said and module is not None:
            message = (
                f"{key} is {given:#x}, and the boot log has {said:#x} ({module.location}): the log takes precedence"
            )
            yield Problem(ProblemKind.LOG_CONTRADICTS, message, place(f"target.{key}"), _HELP)
    if found.memory is not None and target.memory is not None and sorted(found.memory) != sorted(target.memory):
        message = f"memory differs from the boot log ({found.memory_location}): the log takes precedence"
        yield Problem(ProblemKind.LOG_CONTRADICTS, message, place("target.memory"), _HELP)
    said_arguments = found.arguments
    if said_arguments is None or not legible(said_arguments) or known is None or not known.text.strip():
        return
    if not same_arguments(said_arguments.text, known.text):
        message = f"Xen's arguments differ in the boot log ({said_arguments.whole}): the log takes precedence"
        yield Problem(ProblemKind.LOG_CONTRADICTS, message, known.whole, f'the log has "{said_arguments.text}"')


_HELP = "correct the manifest, or specify a log of this system"
