"""Assumptions of use that concern cache coloring: what the integrator has to ensure, and what the inputs say about it.

Xen's own safety work leaves its assumptions of use to the integrator; these are the ones on which theorems depend.
IDs have the form of OpenFastTrace (`type~name~revision`); the revision increases when the meaning of the text changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

from msgspec import Struct

from colorcheck.core.diagnostic import Finding
from colorcheck.verification.open import Reach, open_facts
from colorcheck.verification.residue import residues
from colorcheck.verification.results import Verification
from colorcheck.xen.decided.context import built_with_coloring
from colorcheck.xen.release.log_version import log_version


class UseStanding(StrEnum):
    """The status of an assumption of use according to the inputs."""

    AGREES = "inputs-agree"  # an input confirms it; the integrator must ensure that the input matches the board
    CONTRADICTED = "contradicted"
    NOT_NEEDED = "not-needed"  # no theorem of this deployment depends on it
    INTEGRATOR = "integrator"  # no input confirms it


Judged = tuple[UseStanding, str]


class AssumptionOfUse(Struct, frozen=True):
    """One assumption: its ID, its text, and how far colorcheck checks it."""

    id: str
    text: str
    check: str
    judge: Callable[[Verification], Judged]

    def to_dict(self, verification: Verification) -> dict[str, object]:
        standing, words = self.judge(verification)
        return {"id": self.id, "text": self.text, "check": self.check, "status": str(standing), "told": words}


def _left(text: str = "no input says") -> Callable[[Verification], Judged]:
    return lambda _: (UseStanding.INTEGRATOR, text)


def _found(verification: Verification, *rules: str) -> Iterator[Finding]:
    """Findings of the given rules, including silenced ones."""
    everything = (*verification.findings, *(each.finding for each in verification.silenced))
    yield from (finding for finding in everything if finding.rule in rules)


def _contradicted(verification: Verification, *rules: str) -> Judged | None:
    first = next(_found(verification, *rules), None)
    return (UseStanding.CONTRADICTED, f"{first.rule}: {first.message}") if first else None


def _release(verification: Verification) -> Judged:
    log = verification.facts.deployment.boot_log
    said = log_version(str(log.version.value)) if log and log.version else None
    if said is None:
        return UseStanding.INTEGRATOR, "no boot log is given; compare one with attest"
    others = [name for name, system in verification.facts.systems() if not said.agrees(system.release)]
    if others:
        return UseStanding.CONTRADICTED, f"the log is of Xen {said.text}, and not of {', '.join(others)}"
    return UseStanding.AGREES, f"the boot log is of Xen {said.text}, which does not show patches"


def _built_in(verification: Verification) -> Judged:
    found, deployment = _contradicted(verification, "CC121"), verification.facts.deployment
    if found is not None:
        return found
    systems = list(verification.facts.systems())
    named = bool(deployment.kconfig) or deployment.xen_image_options is not None
    if named and systems and all(built_with_coloring(deployment, system.release) for _, system in systems):
        return UseStanding.AGREES, "the given .config or binary has it"
    return UseStanding.INTEGRATOR, "neither a .config nor a binary that shows it is given"


def _handover(verification: Verification) -> Judged:
    found = _contradicted(verification, "CC022", "CC026")
    if found is not None:
        return found
    opened = open_facts(verification.facts, Reach.MEMORY)
    if opened:
        return UseStanding.INTEGRATOR, f"open: {opened[0].why}"
    if verification.facts.deployment.boot_log is not None:
        return UseStanding.AGREES, "the given boot log contradicts none of it"
    if verification.facts.handover is not None:
        return UseStanding.AGREES, "the given boot script was followed to its end"
    return UseStanding.INTEGRATOR, "neither a boot script nor a log is given"


def _geometry(verification: Verification) -> Judged:
    found = _contradicted(verification, "CC602", "CC603", "CC606", "CC610")
    if found is not None:
        return found
    board = verification.facts.board
    if board is None:
        return UseStanding.INTEGRATOR, "no board is known"
    if board.virtual:
        return UseStanding.INTEGRATOR, f"{board.title} is not silicon"
    return UseStanding.INTEGRATOR, f"according to the board file of {board.title}; see the sources that it cites"


def _pinning(verification: Verification) -> Judged:
    rests = [t.id for t in verification.theorems for a in t.assumptions if a.text.startswith("the vCPUs stay on")]
    if not rests:
        return UseStanding.NOT_NEEDED, "no theorem depends on it"
    return UseStanding.INTEGRATOR, f"{rests[0]} and {len(rests) - 1} more depend on it; nothing checks it at run time"


def _memory_by_address(verification: Verification) -> Judged:
    found = _contradicted(verification, "CC406")
    if found is not None:
        return found
    crossing = [each for residue in residues(verification.facts) for each in residue.remainders if each.crosses]
    if crossing:
        return UseStanding.INTEGRATOR, f"listed as shared: {crossing[0].what}: {crossing[0].why}"
    return UseStanding.AGREES, "the inputs give no memory by address; they do not show grants at run time"


def _dma(verification: Verification) -> Judged:
    found = _contradicted(verification, "CC307", "CC308")
    if found is not None:
        return found
    if verification.facts.deployment.tree is None:
        return UseStanding.INTEGRATOR, "no device tree is given"
    return UseStanding.AGREES, "no device without an IOMMU was found in the tree, as far as their kinds are known"


def _restarts(verification: Verification) -> Judged:
    stated = verification.manifest.policy.restarts
    if not stated:
        return UseStanding.INTEGRATOR, "[domains.NAME] restarts says how often a guest may be created again"
    return UseStanding.AGREES, f"restarts are stated for {', '.join(name for name, _ in stated)}: see lifecycle/*"


def _balloon(verification: Verification) -> Judged:
    return _contradicted(verification, "CC524") or (
        UseStanding.INTEGRATOR,
        "no input says what xl will do",
    )


ASSUMPTIONS_OF_USE: tuple[AssumptionOfUse, ...] = (
    AssumptionOfUse(
        "aou~coloring-release~1",
        "The Xen that runs is the release that the manifest names, without patches to its page allocators or to its "
        "handling of colors.",
        "the version in a boot log; `attest` compares the boot",
        _release,
    ),
    AssumptionOfUse(
        "aou~coloring-built-in~1",
        "Xen is built with CONFIG_LLC_COLORING, and with the limits that its .config gives.",
        "`target.kconfig` or `target.xen-image`, where given (CC121)",
        _built_in,
    ),
    AssumptionOfUse(
        "aou~coloring-handover~1",
        "Xen receives the device tree, the modules and the arguments of the inputs, at the addresses in the inputs.",
        "a boot script is followed, a boot log compared (CC022, CC026); open facts where it is not known",
        _handover,
    ),
    AssumptionOfUse(
        "aou~coloring-files~1",
        "The files on the target are those whose hashes are in evidence.json.",
        "no check: compare the hashes when the image is built or installed",
        _left(),
    ),
    AssumptionOfUse(
        "aou~coloring-geometry~1",
        "The shared caches have the geometry and the index function of the board file.",
        "the device tree and what Xen probes are compared (CC602, CC603, CC610); the index function never",
        _geometry,
    ),
    AssumptionOfUse(
        "aou~coloring-cache-mode~1",
        "Firmware and other masters do not reconfigure the shared caches: no ways are locked or partitioned, none "
        "are used as memory.",
        "no check",
        _left(),
    ),
    AssumptionOfUse(
        "aou~coloring-pinning~1",
        "vCPUs stay on the CPUs that they are pinned to, where a theorem names that.",
        "no check at run time; theorems name it, and `attest` compares a log with the debug key q or r",
        _pinning,
    ),
    AssumptionOfUse(
        "aou~coloring-memory-by-address~1",
        "Memory that a domain gets by address, shares statically or is granted has no color that others rely on.",
        "listed as what stays shared; memory of others that is passed through refutes (CC406)",
        _memory_by_address,
    ),
    AssumptionOfUse(
        "aou~coloring-dma~1",
        "Every device that does DMA reaches memory through an IOMMU that the P2M of its domain governs.",
        "CC307 and CC308, as far as the device tree shows",
        _dma,
    ),
    AssumptionOfUse(
        "aou~coloring-no-others~1",
        "No domain is created that the manifest does not list, and none more often than it states.",
        "`lifecycle/*` for the restarts that are stated; otherwise no check",
        _restarts,
    ),
    AssumptionOfUse(
        "aou~coloring-no-ballooning~1",
        "No domain's memory is changed after its creation beyond what the theorems name.",
        "CC524 where dom0 may balloon by itself; otherwise no check",
        _balloon,
    ),
    AssumptionOfUse(
        "aou~coloring-claim~1",
        'No one takes "no eviction in the last-level cache" for "no interference": bus, DRAM, miss registers and the '
        "write-back path stay shared.",
        "no check: the report lists what stays shared, with a grade",
        _left("a matter of the argument, not of files"),
    ),
)


def assumptions_of_use(verification: Verification) -> list[dict[str, object]]:
    """All assumptions with their status in a run, as in documents."""
    return [each.to_dict(verification) for each in ASSUMPTIONS_OF_USE]
