"""Theorems about a deployment: what is claimed, and what Z3 does with it. The only room that imports z3.

`prove` knows nothing of the replay. Both read one boot model; what they check of each other is leveling, sets and
witnesses, not the model.
"""

from __future__ import annotations

from msgspec import Struct

from colorcheck.core.theorem import Theorem, TheoremKind
from colorcheck.hardware.board import Board
from colorcheck.inputs.manifest.manifest import PlanPolicy
from colorcheck.xen.booted import Boot
from colorcheck.xen.system import Domain, System


class ProofRequest(Struct, frozen=True):
    """How proofs are asked for.

    `timeout` is in seconds for one theorem; what takes longer is unknown, as is all that has no answer when
    `time.monotonic` passes `deadline`. With `smt` each theorem carries its SMT-LIB 2 text, as certificates need it.
    `bounded` says how the boot was found that is a bound over all placements. `kinds` are those of the theorems that
    are wanted; None: all. Sets are proved in any case where pairs are, which rest on them. `alternatives` are the
    guests of all alternatives (one-of): those that are not run here may be created later in the same boot.
    """

    timeout: float = 10.0
    smt: bool = False
    bounded: str = ""
    deadline: float | None = None
    kinds: frozenset[TheoremKind] | None = None
    alternatives: tuple[Domain, ...] = ()

    def wants(self, *kinds: TheoremKind) -> bool:
        return self.kinds is None or not self.kinds.isdisjoint(kinds)


def prove(
    system: System, boot: Boot, board: Board | None, policy: PlanPolicy, asked: ProofRequest | None = None
) -> tuple[Theorem, ...]:
    """All theorems of a deployment, or of the kinds that are asked for. Nothing here raises for what a user wrote."""
    from colorcheck.proof.allocator import allocator
    from colorcheck.proof.boots import boots
    from colorcheck.proof.context import Context
    from colorcheck.proof.lifecycle import lifecycle
    from colorcheck.proof.memory import memory
    from colorcheck.proof.pairs import pair_separation
    from colorcheck.proof.placement import placement
    from colorcheck.proof.sets import declared_geometry, set_separation

    asked = asked or ProofRequest()
    context = Context(
        system,
        boot,
        board,
        policy,
        asked.timeout,
        asked.smt,
        asked.bounded,
        deadline=asked.deadline,
        alternatives=asked.alternatives,
    )
    found: tuple[Theorem, ...] = ()
    if asked.wants(TheoremKind.SET_SEPARATION, TheoremKind.CAPACITY, TheoremKind.PAIR_SEPARATION):
        sets = set_separation(context)
        geometry = declared_geometry(context)
        found += context.recording((*sets.values(), *((geometry,) if geometry else ())))
        if asked.wants(TheoremKind.PAIR_SEPARATION):
            found += context.recording(pair_separation(context, sets))
    families = (
        (allocator, (TheoremKind.ALLOCATOR_INVARIANT,)),
        (boots, (TheoremKind.BOOTS,)),
        (placement, (TheoremKind.PLACEMENT,)),
        (memory, (TheoremKind.MEMORY, TheoremKind.MEMORY_ANY_ORDER)),
        (lifecycle, (TheoremKind.LIFECYCLE_MEMORY,)),
    )
    for family, kinds in families:
        if asked.wants(*kinds):
            found += context.recording(family(context))
    return found
