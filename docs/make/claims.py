"""Which measured cases judge which claim, under which Xen: counted from the cases that `colorcheck validate` runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from colorcheck.verification.assumptions_of_use import ASSUMPTIONS_OF_USE
from colorcheck.workflows.validation.cases import MeasuredCase, cases

Judges = Callable[[MeasuredCase], bool]

RELEASES = ("4.20", "4.21", "4.22")
BOOTS = ("boots", "cpus", "uefi")


def _compared(case: MeasuredCase) -> bool:
    """Whether more than the outcome of a boot is compared."""
    return case.kind in BOOTS and case.expect["outcome"] == "boots" and case.expect["nr_colors"] is not None


def _measured(key: str) -> Judges:
    return lambda case: _compared(case) and case.expect[key] is not None


CLAIMS: dict[str, Judges] = {
    "`boots`: Xen neither panics nor hangs": lambda case: case.kind in BOOTS,
    "… of these: the kind of panic": lambda case: case.kind in BOOTS and case.expect["outcome"] == "panics",
    "how many colors there are": _measured("nr_colors"),
    "colors of Xen": _measured("xen_colors"),
    "colors and pages of dom0 and dom0less domains": _measured("domains"),
    "`placement/xen`: where Xen's region lies": _measured("xen_region"),
    "`memory/heap`, `memory/NAME`: free frames of each color": _measured("heap"),
    "on which CPUs a vCPU may run (`separation/*` of pinned domains)": lambda case: bool(
        case.kind == "cpus" and case.expect["may_run"]
    ),
    "guests of xl: created or not, free frames (steps)": lambda case: case.kind == "guests",
    "`lifecycle/NAME`: free frames after destruction and creation (steps)": lambda case: case.kind == "lifecycle",
    "what Xen reads in its arguments and lists of colors (texts)": lambda case: bool(
        case.kind == "readers" and case.xen
    ),
}
"""By claim, which cases judge it."""
WITHOUT_RELEASE: dict[str, Judges] = {
    "what U-Boot hands over (scripts)": lambda case: case.kind == "u-boot",
    "what xl reads in a guest's file (texts)": lambda case: case.area == "xl",
    "what dtc makes of a device tree (sources)": lambda case: case.area == "device-tree",
    "what is said of deployments as people write them (deployments; judged by people)": lambda case: (
        case.kind == "field"
    ),
}
NONE = {
    "`sets/*`, `geometry/declared`: frames of different colors never meet in a set": (
        "no boot shows it; a matrix does, from the board file"
    ),
    "`separation/A/B`: no line of the one evicts a line of the other": (
        "no boot shows it; it follows from the colors above, `sets/*` and `allocator/*`"
    ),
    "`allocator/*`: every step keeps frames in their colors": "only by what is left: the free frames above",
    "release lines of forks, and Xen before 4.20": "none",
    "silicon": "none: all boots ran under QEMU, which has no cache",
}
"""Claims that no measured case judges, and what stands behind them."""


def _weight(case: MeasuredCase) -> int:
    """How many answers of a case are compared: of guests those up to a destruction, or a failure that keeps memory."""
    if case.kind not in ("guests", "lifecycle"):
        return 1
    found, heap = 0, case.expect["heap_before"]
    for step in case.expect["steps"]:
        if case.kind == "guests" and step["step"] == "destroy":
            break
        found += 1
        if case.kind == "guests" and step["status"] != 0 and step["heap_after"] != heap:
            break
        heap = step["heap_after"]
    return found


def counted() -> Counter[tuple[str, str]]:
    """How many cases judge each claim, by release series; without a release by the empty text."""
    everything = [
        case
        for kind in ("boots", "cpus", "guests", "lifecycle", "u-boot", "uefi", "readers", "field")
        for case in cases(kind)
    ]
    found: Counter[tuple[str, str]] = Counter()
    for case in everything:
        for claim, judges in CLAIMS.items():
            if judges(case):
                found[claim, case.xen] += _weight(case)
        for claim, judges in WITHOUT_RELEASE.items():
            if judges(case):
                found[claim, ""] += 1
    return found


def claims_table() -> str:
    """The table for the safety manual."""
    found = counted()
    rows = ["| claim | " + " | ".join(f"Xen {release}" for release in RELEASES) + " | together |", "|---" * 5 + "|"]
    for claim in CLAIMS:
        counts = [found[claim, release] for release in RELEASES]
        rows.append(f"| {claim} | {' | '.join(str(count or '–') for count in counts)} | {sum(counts)} |")
    rows += [f"| {claim} | – | – | – | {found[claim, '']} |" for claim in WITHOUT_RELEASE]
    rows += [f"| {claim} | – | – | – | {why} |" for claim, why in NONE.items()]
    return "\n".join(rows)


def known_table() -> str:
    """The measured cases that differ in a known way."""
    known = [
        case
        for kind in ("boots", "cpus", "guests", "lifecycle", "u-boot", "uefi")
        for case in cases(kind)
        if case.known
    ]
    rows = ["| measured case | difference |", "|---|---|"]
    return "\n".join([*rows, *(f"| `{case.name}` | {case.known} |" for case in known)])


def assumptions_table() -> str:
    """The assumptions of use, as they are shipped."""
    rows = ["| ID | assumption | checked by |", "|---|---|---|"]
    return "\n".join([*rows, *(f"| `{each.id}` | {each.text} | {each.check} |" for each in ASSUMPTIONS_OF_USE)])
