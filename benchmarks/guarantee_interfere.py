"""The guarantee, at length: what verify proves apart never evicts each other's lines; what it refutes does.

    python benchmarks/guarantee_interfere.py [ACCESSES [FOLDER …]]

For each deployment (all of examples/ if none is named) and each policy, 10⁹ accesses or as many as said: bombs in all
domains whose pairs are all proved separate must cause no cross-domain eviction. For each pair that is refuted with a
witness, both walk their lines of the witness's set and must evict each other's lines in that set.
"""

from __future__ import annotations

import sys
from pathlib import Path

from separation_experiments import bombs_everywhere, fight_for_set

from colorcheck.core.diagnostic import Verdict
from colorcheck.inputs.manifest.manifest_reader import NAME, read_manifest
from colorcheck.interference.caches import cluster_models
from colorcheck.interference.experiment import Experiment, ReplacementPolicy
from colorcheck.interference.frame_owners import owners_of
from colorcheck.interference.simulation import simulate
from colorcheck.verification.results import Facts, ReleaseResult
from colorcheck.workflows import verify as pipeline

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def check(facts: Facts, result: ReleaseResult, accesses: int) -> bool:
    """Whether the simulation agrees with the verdicts on one Xen."""
    if facts.board is None or result.boot is None:
        return True
    clusters, owners = cluster_models(facts.board), owners_of(result.boot)
    by_name = {each.name: each for each in owners}
    pairs = [t for t in result.theorems if t.kind == "pair-separation" and set(t.subjects) <= set(by_name)]
    unproved = {name for t in pairs if t.verdict is not Verdict.PROVED for name in t.subjects}
    apart = tuple(each for each in owners if each.name not in unproved)
    good = True
    for policy in ReplacementPolicy:
        if len(apart) > 1:
            good &= stays_apart(bombs_everywhere(clusters, apart, policy, accesses))
        for theorem in pairs:
            number = set_of_witness(theorem.witness)
            if theorem.verdict is Verdict.REFUTED and number is not None:
                first, second = (by_name[name] for name in theorem.subjects)
                good &= meets(fight_for_set(clusters[0], first, second, number, policy), number, theorem.id)
    return good


def stays_apart(experiment: Experiment) -> bool:
    run = simulate(experiment)
    evicted = sum(entry.count for entry in run.evictions)
    names = ", ".join(each.name for each in experiment.owners)
    print(
        f"  {run.policy:7} {names}: {run.accesses:,} accesses, {evicted:,} cross-domain evictions, {run.seconds:.0f} s"
    )
    return evicted == 0


def meets(experiment: Experiment | None, number: int, name: str) -> bool:
    if experiment is None:
        print(f"  {name}: too few lines in set {number} for an eviction")
        return True
    run = simulate(experiment)
    sets = {row for entry in run.evictions for row, _ in entry.by_set}
    print(f"  {run.policy:7} {name}: {sum(entry.count for entry in run.evictions)} evictions in sets {sorted(sets)}")
    return sets == {number}


def set_of_witness(witness: object) -> int | None:
    if not isinstance(witness, dict):
        return None
    found = witness.get("set", (witness.get("replay") or {}).get("set"))
    return found if isinstance(found, int) else None


def main(accesses: int, folders: list[Path]) -> int:
    good = True
    for folder in folders:
        facts = pipeline.verify(read_manifest(str(folder / NAME))).facts
        for result in facts.results:
            print(f"{folder.name}, Xen {result.release}")
            good &= check(facts, result, accesses)
    print("simulation and verdicts agree" if good else "SIMULATION AND VERDICTS DISAGREE")
    return 0 if good else 1


if __name__ == "__main__":
    given = [Path(name) for name in sys.argv[2:]] or sorted(path.parent for path in EXAMPLES.glob(f"*/{NAME}"))
    sys.exit(main(int(float(sys.argv[1])) if len(sys.argv) > 1 else 10**9, given))
