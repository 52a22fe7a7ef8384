"""The ways through a boot script that nobody can tell apart from the files: each hands another tree to Xen."""

from __future__ import annotations

from msgspec import Struct

from colorcheck.core.diagnostic import Problem
from colorcheck.inputs.deployment import Deployment
from colorcheck.loader.facts import OpenFact
from colorcheck.loader.handover import Handover
from colorcheck.xen.facts.keys import BRANCH


class WorldBranch(Struct, frozen=True):
    """One way: the answers that lead there, and what Xen then gets; None where Xen is never started, `stopped` why.
    `problems` are those of this way."""

    answers: str
    deployment: Deployment | None
    stopped: str = ""
    problems: tuple[Problem, ...] = ()
    handover: Handover | None = None


def branch_fact(deployment: Deployment, branches: tuple[WorldBranch, ...]) -> OpenFact:
    """The fact that the way is open: finite, each way a value."""
    why = f"the boot script has {len(branches) + 1} possible paths, and no input says which one is taken"
    settle = ("[target.environment]", "# the variables in its conditions; [[target.files]] for its files")
    place = deployment.manifest.location("inputs.boot-script")
    return OpenFact(BRANCH.name, why, settle, place, ("as shown", *(branch.answers for branch in branches)))
