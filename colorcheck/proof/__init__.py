"""Theorems about a deployment: what is claimed, and what Z3 makes of it. The only room that imports z3.

`prove` knows nothing of the replay. Both read one boot model; what they check of each other is leveling, sets and
witnesses, not the model.
"""

from __future__ import annotations

from colorcheck.core.theorem import Theorem
from colorcheck.hardware.board import Board
from colorcheck.inputs.manifest.manifest import Policy
from colorcheck.xen.booted import Boot
from colorcheck.xen.system import System


def prove(
    system: System,
    boot: Boot,
    board: Board | None,
    policy: Policy,
    *,
    timeout: float = 10.0,
    smt: bool = False,
    bounded: str = "",
) -> tuple[Theorem, ...]:
    """All theorems of a deployment.

    `timeout` is in seconds for one theorem; what takes longer is unknown. With `smt` each theorem carries its
    SMT-LIB 2 text, as certificates need it. `bounded` says how the boot was found that is a bound over all placements.
    Nothing here raises for what a user wrote.
    """
    from colorcheck.proof.allocator import allocator
    from colorcheck.proof.boots import boots
    from colorcheck.proof.case import Case
    from colorcheck.proof.lifecycle import lifecycle
    from colorcheck.proof.memory import memory
    from colorcheck.proof.pairs import pair_separation
    from colorcheck.proof.placement import placement
    from colorcheck.proof.sets import declared_geometry, set_separation

    case = Case(system, boot, board, policy, timeout, smt, bounded)
    sets = set_separation(case)
    geometry = declared_geometry(case)
    return (
        *case.recording((*sets.values(), *((geometry,) if geometry else ()))),
        *case.recording(pair_separation(case, sets)),
        *case.recording(allocator(case)),
        *case.recording(boots(case)),
        *case.recording(placement(case)),
        *case.recording(memory(case)),
        *case.recording(lifecycle(case)),
    )
