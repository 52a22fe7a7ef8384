"""The guests fit in this order of creation, but not in every order.

What it checks: with `creation-order = "any"` in the policy, whether all xl guests can be created in any order.

Why it matters: guests that share colors compete for their frames, and a guest takes from the fullest color first. If
the order is left to init scripts or people, one order may fail.

What it cannot see: guests that are destroyed and created again. Their memory never returns to the colors, so each
creation costs its whole size: `restarts` in `[domains.NAME]` asks for that theorem.

Source: `alloc_color_heap_page` (Xen 4.20 to 4.22): the color with the most free frames is taken first.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.theorem import Theorem, TheoremKind
from colorcheck.core.units import size_of_pages
from colorcheck.core.witness import FailingOrder
from colorcheck.replay.changes import in_order
from colorcheck.rules.example import Example
from colorcheck.rules.facts.memory import missing, runs_out_first
from colorcheck.rules.facts.release_results import place
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.booted import Boot


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each refuted theorem about every order, if the guests fit in the listed order."""
    for result in facts.results:
        boot = result.boot
        if boot is None or not all(built.created for built in boot.built):
            continue
        for theorem in result.theorems:
            if theorem.kind is TheoremKind.MEMORY_ANY_ORDER and theorem.verdict is Verdict.REFUTED:
                yield _finding(facts, boot, theorem, result.release)


def _finding(facts: Facts, boot: Boot, theorem: Theorem, release: str) -> Finding:
    """A finding with the order that fails and, from its replay, the missing frames."""
    witness = theorem.witness
    after = in_order(boot, list(witness.order)) if isinstance(witness, FailingOrder) else None
    failed = (
        next((b for b in after.built if b.domain.name in theorem.subjects and not b.created), None) if after else None
    )
    short = ""
    if failed and isinstance(witness, FailingOrder):
        first = runs_out_first(failed)
        short = f": {size_of_pages(missing(failed))} are missing, color {first} runs out first"
        left = {color: failed.free_before[color] for color in sorted(set(failed.domain.colors))}
        witness = replace(witness, missing_pages=missing(failed), free_pages=left, runs_out_first=first)
    return RULE.finding(
        f"the guests fit as listed, but not in every order{on(facts, (release,))}"
        + (f": {theorem.reason}" if theorem.reason else "")
        + short,
        place(facts, *(related.location for related in theorem.core)),
        'fix the order (creation-order = "as-listed" in [policy]), or give the guests their own colors',
        related=theorem.core,
        witness=witness,
    )


_DOM0 = "llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"
_A = 'name = "a"\nkernel = "Image"\nmemory = 340\nllc_colors = ["11", "12"]\n'
_B = 'name = "b"\nkernel = "Image"\nmemory = 130\nllc_colors = ["11"]\n'
_SHARE = '[[policy.share]]\ndomains = ["a", "b"]\nreason = "both best effort"\n'

RULE = Rule(
    "CC502",
    "order-of-creation",
    Severity.WARNING,
    __doc__,
    check,
    bad=Example(
        boot_arguments=_DOM0,
        guests=(("b.cfg", _B), ("a.cfg", _A)),
        manifest=f'[policy]\ncreation-order = "any"\n{_SHARE}',
    ),
    good=Example(
        boot_arguments=_DOM0,
        guests=(("b.cfg", _B), ("a.cfg", _A.replace('"11", "12"', '"12", "13"'))),
        manifest='[policy]\ncreation-order = "any"\n',
    ),
)
