"""Theorems about a deployment: the claims, and their decision by Z3. Only this package imports z3.

`prove` does not use the replay. Both use the same boot model; they check each other's leveling, sets and witnesses, but
not the model.
"""

from __future__ import annotations

from msgspec import Struct

from colorcheck.core.theorem import Theorem, TheoremKind
from colorcheck.hardware.board import Board
from colorcheck.inputs.manifest.manifest import PlanPolicy
from colorcheck.xen.booted import Boot
from colorcheck.xen.system import Domain, System


class ProofRequest(Struct, frozen=True):
    """The settings of a proof.

    `timeout` is in seconds per theorem; a theorem that takes longer is unknown, as is every theorem that is undecided
    when `time.monotonic` passes `deadline`. With `smt`, each theorem carries its SMT-LIB 2 text, which certificates
    need. `bounded` describes how the boot that is a bound over all placements was found. `kinds` are the wanted kinds
    of theorems; None for all. Sets are always proved together with pairs, which depend on them. `alternatives` are the
    guests of all alternatives (one-of): those that do not run here may be created later in the same boot.
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
    """All theorems of a deployment, or those of the requested kinds. Never raises because of the user's input."""
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
