"""Repairs beyond colors: another buddy reserve, also as edits, and boot modules loaded elsewhere; each was tried."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.inputs.deployment import Deployment
from colorcheck.plan.edits import reserve_edits
from colorcheck.plan.problem import Plan, PlanEvidence, Repair, RepairKind, Requirement
from colorcheck.xen.booted import Boot
from colorcheck.xen.kinds import FailureKind
from colorcheck.xen.system import System


def reserve_of(repair: Repair, problem_reserve: int) -> int:
    """The size in MiB that a repair of the reserve asks for."""
    return (problem_reserve >> 20) - repair.amount


def with_reserve_edits(found: Plan, reserve: int | None, deployment: Deployment, system: System) -> Plan:
    """The plan with the edits of its repair of the reserve."""
    if not reserve:
        return found
    repairs = tuple(
        replace(repair, edits=reserve_edits(reserve_of(repair, reserve), deployment, system).edits)
        if repair.kind is RepairKind.RESERVE
        else repair
        for repair in found.repairs
    )
    return replace(found, repairs=repairs)


def no_room_for_xen(system: System, boot: Boot | None) -> Plan | None:
    """An infeasible plan if Xen finds no region to move to, with the module to move as a repair; None if it finds
    one.
    """
    from colorcheck.replay.changes import room_for_xen

    panic = boot.panic if boot and boot.panic else system.panic
    if panic is None or panic.kind is not FailureKind.RELOCATION:
        return None
    core = Requirement(
        "relocation", f"Xen must relocate itself before coloring: {panic.message}", system.coloring_location
    )
    found = room_for_xen(system)
    repairs = (_moved(found.module.kind, found.module.label, found.module.start, found.address),) if found else ()
    reason = "Xen finds no room to move to, whatever its colors are"
    return Plan("infeasible", core=(core,), repairs=repairs, reason=reason, evidence=PlanEvidence("boot model"))


def module_repair(bare: Boot | None, works: Callable[[tuple[int, ...]], bool]) -> Repair | None:
    """A module that leaves enough frames for the colors at another address; None if there is none.

    `bare` is the boot before any domain is built, `works` decides whether there is a plan for these free frames per
    color.
    """
    from colorcheck.replay.changes import moved_module

    if bare is None or bare.panic:
        return None
    found = moved_module(bare, lambda after: works(after.free_initial))
    return _moved(found.module.kind, found.module.label, found.module.start, found.address) if found else None


def _moved(kind: ModuleKind, label: str, start: int, address: int) -> Repair:
    name = {ModuleKind.DEVICE_TREE: "the device tree", ModuleKind.XEN: "Xen"}.get(kind, label)
    return Repair(RepairKind.MODULE, f"load {name} at {address:#x} instead of {start:#x}", (), address)
