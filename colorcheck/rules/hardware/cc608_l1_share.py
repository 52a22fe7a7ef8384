"""Colors take most of a domain's own L1 cache.

What it checks: for domains that the policy calls critical, and for Xen on cores such as Cortex-A57 and A72, how much of
each first-level cache frames of their colors can use, where that cache is indexed with physical address bits.

Why it matters: on these cores color bits are index bits of the L1 too: a domain whose colors fix them has a quarter or
half of an L1, although no other domain uses it. Two adjacent colors are better than one, four better than two.

What it cannot see: caches whose index is virtual or not documented.

Source: the manuals of Cortex-A53 (data, bit 12), A57 and A72 (data and instruction, bits 12 and 13).
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.source import Location
from colorcheck.hardware.board import Board
from colorcheck.hardware.private_caches import reduced_shares
from colorcheck.rules.example import Example
from colorcheck.rules.facts.release_results import colored
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts
from colorcheck.xen.kinds import ColorSource


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each such domain or Xen, under the first release with coloring on."""
    board, systems = facts.board, colored(facts)
    if board is None or not systems:
        return
    system = systems[0][1]
    critical = {policy.name for policy in facts.manifest.domain_policies if policy.critical}
    users = [(domain.name, domain.colors, domain.location) for domain in system.domains if domain.name in critical]
    if "xen" in critical or system.xen_source is ColorSource.GIVEN:
        users.insert(0, ("xen", system.xen_colors, system.xen_location))
    for name, colors, where in users:
        if system.nr_colors and colors:
            yield from _finding(board, name, colors, system.nr_colors, where)


def _finding(board: Board, name: str, colors: tuple[int, ...], nr_colors: int, where: Location) -> Iterator[Finding]:
    shares = [share for share in reduced_shares(board, colors, nr_colors) if name != "xen" or share.share < 0.5]
    if shares:
        text = ", ".join(
            f"{share.usable} of {share.parts} parts of the {share.name} ({share.cores})" for share in shares
        )
        most = max(share.parts for share in shares)
        yield RULE.finding(
            f"the colors of {name} leave it only {text}",
            where,
            f"give it colors with all remainders modulo {most}, such as {most} adjacent ones",
        )


RULE = Rule(
    "CC608",
    "l1-share",
    Severity.INFO,
    __doc__,
    check,
    bad=Example(
        guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 128\nllc_colors = ["11", "13"]\n'),),
        manifest="[domains.rt]\ncritical = true\n",
    ),
    good=Example(
        guests=(("rt.cfg", 'name = "rt"\nkernel = "Image"\nmemory = 128\nllc_colors = ["11-12"]\n'),),
        manifest="[domains.rt]\ncritical = true\n",
    ),
)
