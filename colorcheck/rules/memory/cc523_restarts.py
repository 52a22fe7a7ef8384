"""A guest cannot be created as often as it may have to be.

What it checks: the theorems `lifecycle/NAME` that `restarts` in `[domains.NAME]` asks for, and guests whose file says
`restart` (`on_reboot`, `on_crash`, `on_watchdog`) though they cannot be created a second time.

Why it matters: memory that a guest gives back never returns to its colors. Each creation, also one that fails, costs
the whole guest; when the colors are empty, only a reboot of the host brings the guest back.

What it cannot see: how often a guest really restarts, and domains that balloon.

Source: `mark_page_free` (xen/common/page_alloc.c) drops the bit of a colored frame; measured on 4.20.4, 4.21.2 and
4.22.0.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.theorem import TheoremKind
from colorcheck.replay.restarts import Budget, budgets
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.facts.release_results import alike, place
from colorcheck.rules.facts.witnesses import RestartBudget
from colorcheck.rules.rule import Rule, on
from colorcheck.verification.results import Facts
from colorcheck.xen.domains.xl_guest import XlGuest, xl_guest

KIND = TheoremKind.LIFECYCLE_MEMORY
_ACTIONS = ("on_reboot", "on_crash", "on_watchdog")
_RESTARTS = ("restart", "rename-restart", "coredump-restart")


def check(facts: Facts) -> Iterator[Finding]:
    """An error for each refuted theorem, a warning for each guest that restarts with a budget below two."""
    refuted = ((release, t) for release, t in facts.theorems() if t.kind == KIND and t.verdict is Verdict.REFUTED)
    for theorem, releases in alike(refuted, lambda theorem: (theorem.statement, theorem.reason)):
        yield RULE.finding(
            f"refuted: {theorem.statement}{on(facts, releases)}: {theorem.reason}",
            place(facts, *(related.location for related in theorem.core)),
            "give the guest more colors or less memory, or let it share its colors with fewer guests",
            related=theorem.core,
            witness=theorem.witness,
        )
    asked = {name for name, _ in facts.manifest.policy.restarts}
    reported: set[str] = set()
    for release, boot in facts.boots():
        low = {budget.domain.name: budget for budget in budgets(boot) if budget.alone < 2}
        for guest in map(xl_guest, facts.deployment.guests):
            key = _restarts(guest)
            if key and guest.title in low and guest.title not in asked | reported:
                reported.add(guest.title)
                yield _low(facts, release, guest, key, low[guest.title])


def _restarts(guest: XlGuest) -> str:
    """The key by which the guest restarts; empty if none says so."""
    settings = ((key, guest.file.setting(key)) for key in _ACTIONS)
    return next((key for key, setting in settings if setting and setting.value in _RESTARTS), "")


def _low(facts: Facts, release: str, guest: XlGuest, key: str, budget: Budget) -> Finding:
    return RULE.finding(
        f"{guest.title} restarts ({key}), but cannot be created a second time{on(facts, (release,))}: a creation takes "
        f"{budget.pages} frames, its colors have {budget.left} left, and what it gave back does not return",
        guest.location(key),
        "give the guest more colors or less memory; [domains.NAME] restarts = N proves how often it can be created",
        severity=Severity.WARNING,
        witness=RestartBudget(budget.domain.name, budget.pages, budget.left, budget.alone, budget.together),
    )


RULE = Rule(
    "CC523",
    "restarts",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(guests=(("rt.cfg", GUEST),), manifest="[domains.rt]\nrestarts = 9\n"),
    good=Example(guests=(("rt.cfg", GUEST),), manifest="[domains.rt]\nrestarts = 1\n"),
)
