"""Xen stops at boot, or a domain is not created.

What it checks: that every failed boot is reported: any panic of Xen, and any domain that cannot be created, that no
other rule reports.

Why it matters: the system does not come up.

What it cannot see: panics that the model does not know.

Source: the panic texts of Xen 4.20 to 4.22, measured on 154 boots that panicked.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.facts.memory import missing
from colorcheck.rules.facts.release_results import place
from colorcheck.rules.rule import Rule, notes, on, readable
from colorcheck.verification.results import Facts
from colorcheck.xen.booted import Boot
from colorcheck.xen.kinds import DomainKind, Failure, FailureKind
from colorcheck.xen.notes.boot import Dom0FirstBankSmall, Dom0MemoryUnplaced, NoFirstBank, P2mPoolTooSmall
from colorcheck.xen.notes.colors import EmptyList
from colorcheck.xen.notes.domains import (
    Dom0DeviceRefused,
    Dom0TreeFull,
    Dom0WithoutKernel,
    DomainWithoutKernel,
    EnhancedWithoutDom0,
    HardwareDomainRefused,
    KernelToCome,
    MissingProperty,
    NoDom0ForXl,
    PartialTreeRefused,
    PropertyRefused,
    SharedMemoryRefused,
    ToolstackCannotPopulate,
)
from colorcheck.xen.notes.machine import (
    BankOverlap,
    DeepTreeHangs,
    InitrdDamaged,
    KernelNotRegistered,
    MemoryWithoutReg,
    ModuleArgumentsLong,
    ModuleOutsideMemory,
    ModuleShortReg,
    ModuleWithoutReg,
    NoMemory,
    RangeWithoutCells,
    StaticHeap,
)
from colorcheck.xen.options.sve import NOT_BUILT_IN
from colorcheck.xen.system import Domain

ELSEWHERE = (
    "relocation",
    "xen-colors",
    "dom0-colors",
    "domain-colors",
    "colors-while-disabled",
    "static-memory",
    "direct-map",
    "buddy-too-small",
    "xl-rejects",
    "host-panic",
    "geometry",
)

EXPLAINING = (  # kinds of notes that say why Xen stops; each has a rule
    ToolstackCannotPopulate,
    DeepTreeHangs,
    Dom0FirstBankSmall,
    Dom0MemoryUnplaced,
    Dom0DeviceRefused,
    Dom0TreeFull,
    DomainWithoutKernel,
    EmptyList,
    NoFirstBank,
    MissingProperty,
    ModuleOutsideMemory,
    NoDom0ForXl,
    NoMemory,
    P2mPoolTooSmall,
    PartialTreeRefused,
    PropertyRefused,
    SharedMemoryRefused,
    StaticHeap,
    EnhancedWithoutDom0,
    HardwareDomainRefused,
    BankOverlap,
    Dom0WithoutKernel,
    InitrdDamaged,
    KernelNotRegistered,
    KernelToCome,
    MemoryWithoutReg,
    ModuleArgumentsLong,
    ModuleShortReg,
    ModuleWithoutReg,
    RangeWithoutCells,
)


def _advice(facts: Facts, panic: Failure, at: Domain | None) -> str:
    """What to write where memory is too small, or the tree lacks what Xen copies into dom0's."""
    if panic.kind is FailureKind.DOMAIN_MEMORY and at is not None:
        return f"give {at.name} less memory: the board has not so much"
    if panic.message == NOT_BUILT_IN:
        return "leave sve out, or build Xen with CONFIG_ARM64_SVE"
    tree = facts.deployment.tree
    if at is None or at.kind is not DomainKind.DOM0 or tree is None or tree.node("/cpus") is not None:
        return ""
    return "the device tree has no /cpus, which Xen copies into dom0's: write a node for each CPU"


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each panic and each failure of a kind that no other rule reports."""
    explained = {release for release, note in notes(facts) if type(note) in EXPLAINING}
    for result in facts.results if readable(facts) else ():
        if result.release in explained:
            continue
        system, boot = result.system, result.boot
        panic = (boot.panic if boot else None) or (system.panic if system else None)
        if panic and panic.kind not in ELSEWHERE and not (boot and _told(boot)):
            at = next((b.domain for b in boot.built if b.failure == panic) if boot else iter(()), None)
            where = at.location if at else place(facts, system.coloring_location if system else None)
            yield RULE.finding(
                f'Xen panics: "{panic.message}"{on(facts, (result.release,))}', where, _advice(facts, panic, at)
            )
        for built in boot.built if boot and not boot.panic else ():
            failure = built.failure
            if failure and not built.created and not missing(built) and failure.kind not in ELSEWHERE:
                yield RULE.finding(
                    f'{built.domain.name} cannot be created: "{failure.message}"{on(facts, (result.release,))}',
                    built.domain.location,
                )


def _told(boot: Boot) -> bool:
    """Whether Xen panics because a domain lacks memory, which CC501 reports."""
    return any(not built.created and missing(built) and built.domain.colors for built in boot.built)


RULE = Rule(
    "CC599",
    "xen-stops",
    Severity.ERROR,
    __doc__,
    check,
    untestable="the catch-all behind the other rules: every known case has a rule of its own",
)
