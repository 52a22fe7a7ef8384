"""The paths through a boot script that the files do not distinguish: each hands a different tree to Xen."""

from __future__ import annotations

from msgspec import Struct

from colorcheck.core.diagnostic import Problem
from colorcheck.inputs.deployment import Deployment
from colorcheck.loader.facts import OpenFact
from colorcheck.loader.handover import Handover
from colorcheck.xen.facts.keys import BRANCH

AS_SHOWN = "as shown"
"""The value of the fact for the way that is replayed."""


class WorldBranch(Struct, frozen=True):
    """One way: the answers that lead to it, and what Xen then receives; None if Xen is never started, with the
    reason in `stopped`. `problems` are those of this way; a way with `guests` runs other alternatives of the
    guests.
    """

    answers: str
    deployment: Deployment | None
    stopped: str = ""
    problems: tuple[Problem, ...] = ()
    handover: Handover | None = None
    guests: bool = False

    @property
    def words(self) -> str:
        """The way in words, to precede its result."""
        return f"with {self.answers}" if self.guests else f"on another path of the boot script ({self.answers})"


def branch_fact(deployment: Deployment, branches: tuple[WorldBranch, ...]) -> OpenFact:
    """The open fact of which way is taken: finite, with a value for each way."""
    if any(branch.guests for branch in branches):
        why = f"the guests can be run from {len(branches) + 1} combinations of files (one-of)"
        scripted = any(not branch.guests for branch in branches)
        why += ", the paths of the boot script included" if scripted else ""
        place = deployment.manifest.location("inputs.domains")
        values = (AS_SHOWN, *(branch.answers for branch in branches))
        return OpenFact(BRANCH.name, why, ('domains = ["guest.cfg"]  # one file of each',), place, values)
    why = f"the boot script has {len(branches) + 1} possible paths, and no input says which one is taken"
    settle = ("[target.environment]", "# the variables in its conditions; [[target.files]] for its files")
    place = deployment.manifest.location("inputs.boot-script")
    return OpenFact(BRANCH.name, why, settle, place, (AS_SHOWN, *(branch.answers for branch in branches)))
