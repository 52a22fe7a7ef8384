"""The document `colorcheck/plan/1`: the plan, its costs before and after, and what a full plan would gain."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from colorcheck.plan.costs import Cost
    from colorcheck.plan.problem import Gain, Plan


def document(
    plan: Plan, costs: tuple[Cost, ...] = (), gains: tuple[Gain, ...] = (), inputs: tuple[dict[str, str], ...] = ()
) -> dict[str, object]:
    """The plan with its costs; `inputs` are the files from which it was made, with their SHA-256."""
    return {
        **plan.to_dict(),
        "costs": [each.to_dict() for each in costs],
        "full": [each.to_dict() for each in gains],
        "inputs": list(inputs),
    }
