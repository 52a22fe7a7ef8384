"""Many generated systems, booted two at a time, to find where the model and a real Xen differ."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Event

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.emulation.generate import Case, generate
from colorcheck.emulation.lives import GivenDom0, generate_life
from colorcheck.emulation.qemu import Qemu, QemuError
from colorcheck.emulation.virt import emulated
from colorcheck.inputs.boot.xen_attested import LIFE, AttestedBoot, XenAttested
from colorcheck.workflows.boot.compare import BootRecipe, ComparedBoot, Result, compare
from colorcheck.workflows.boot.lives import boot_life

AT_ONCE = 2
_SMALLER = 12  # boots spent on reducing one difference


class Campaign(Struct, frozen=True):
    """The systems: the seed, their number, and the dom0 for lifecycles (None for boots alone). Each is named
    "SEED/NUMBER", lifecycles "life-SEED/NUMBER".
    """

    seed: str
    count: int
    dom0: GivenDom0 | None = None

    def names(self) -> tuple[str, ...]:
        kind = LIFE if self.dom0 else ""
        return tuple(f"{kind}{self.seed}/{number}" for number in range(self.count))


def run_campaign(
    qemu: Qemu,
    recipe: BootRecipe,
    campaign: Campaign,
    names: Sequence[str],
    done: Callable[[AttestedBoot, ComparedBoot], None],
) -> None:
    """Boot the named systems of the campaign; `done` is called in this thread with each.

    Stops at once on an exception, including one raised by `done` or Ctrl-C; no process is left behind.
    """
    stop = Event()
    recipe = replace(recipe, limits=replace(recipe.limits, stop=stop))
    waiting: set[Future[tuple[AttestedBoot, ComparedBoot]]] = set()
    left = iter(names)
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, os.cpu_count() or 1)) as workers:
        try:
            for name in left:
                waiting.add(workers.submit(_one, qemu, recipe, campaign.dom0, name))
                if len(waiting) >= AT_ONCE:
                    waiting = _collect(waiting, done)
            while waiting:
                waiting = _collect(waiting, done)
        finally:
            stop.set()


def _collect(
    waiting: set[Future[tuple[AttestedBoot, ComparedBoot]]], done: Callable[[AttestedBoot, ComparedBoot], None]
) -> set[Future[tuple[AttestedBoot, ComparedBoot]]]:
    ready, rest = wait(waiting, return_when=FIRST_COMPLETED)
    for future in ready:
        done(*future.result())
    return rest


def _one(qemu: Qemu, recipe: BootRecipe, dom0: GivenDom0 | None, name: str) -> tuple[AttestedBoot, ComparedBoot]:
    if dom0 is not None:
        life = generate_life(name)
        found = boot_life(qemu, recipe, dom0, life)
        return as_boot(name, f"{life}; dom0 {dom0.digest[:16]}", found), found
    case = generate(name)
    found = boot_case(qemu, recipe, case)
    smaller = ""
    if found.result is Result.DIFFERS:
        case, found = _smallest(qemu, recipe, case, found)
        smaller = str(case)
    return as_boot(name, str(case), found, smaller), found


def boot_case(qemu: Qemu, recipe: BootRecipe, case: Case) -> ComparedBoot:
    """Boot one generated system in QEMU and in the model."""
    try:
        return compare(qemu, emulated(qemu, case.machine, case.content(), recipe.xen.size), recipe)
    except QemuError as error:
        return ComparedBoot(Result.FAILED, str(error), "", "", "")


def _smallest(qemu: Qemu, recipe: BootRecipe, case: Case, found: ComparedBoot) -> tuple[Case, ComparedBoot]:
    """Reduce a case: everything that the difference does not need is left out."""
    budget = _SMALLER
    shrunk = True
    while shrunk and budget > 0:
        shrunk = False
        for smaller in case.smaller():
            if budget <= 0:
                break
            budget -= 1
            again = boot_case(qemu, recipe, smaller)
            if again.result is Result.DIFFERS and _subjects(again) & _subjects(found):
                case, found, shrunk = smaller, again, True
                break
    return case, found


def _subjects(found: ComparedBoot) -> set[str]:
    return {check.subject for check in found.differences} or {found.reason.partition("(")[0]}


def as_boot(name: str, system: str, found: ComparedBoot, smaller: str = "") -> AttestedBoot:
    """The record of a boot."""
    shown = tuple(_difference(found)) if found.result is Result.DIFFERS else ()
    return AttestedBoot(name, system, str(found.result), found.reason, found.release, found.compared, shown, smaller)


def _difference(found: ComparedBoot) -> Iterator[str]:
    for check in found.differences:
        yield f"{check.subject}: the model {check.expected}, Xen {check.found}"
    if not found.differences:
        yield found.reason


def with_boot(attested: XenAttested, boot: AttestedBoot, found: ComparedBoot) -> XenAttested:
    """The evidence with one more boot, which replaces an earlier boot of the same name."""
    kept = tuple(each for each in attested.boots if each.name != boot.name)
    version = attested.version or found.version
    return replace(attested, boots=(*kept, boot), version=version, release=attested.release or found.release)
