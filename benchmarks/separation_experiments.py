"""Experiments that hold a verdict against the simulation: bombs everywhere, and a fight for the set of a witness."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice

from msgspec.structs import replace

from colorcheck.core.units import PAGE
from colorcheck.hardware.index import KnownIndex, Linear
from colorcheck.interference.caches import ClusterModel
from colorcheck.interference.experiment import Experiment, FrameOwner, ReplacementPolicy, Stream, frame_owner
from colorcheck.interference.study import Load, place
from colorcheck.interference.workloads import DEFAULTS, Workload, WorkloadKind
from colorcheck.xen.memory.frame_run import FrameRun

ROUNDS = 400


def bombs_everywhere(
    clusters: tuple[ClusterModel, ...],
    owners: tuple[FrameOwner, ...],
    policy: ReplacementPolicy,
    accesses: int,
    seed: int = 1,
) -> Experiment:
    """Every tenant walks four times the last-level cache of the boot cluster, or all that it has, on cores of that
    cluster: where colors are disjoint, nobody may evict anybody."""
    last = clusters[0].last
    size = 4 * last.sets * last.ways * last.line
    bomb = DEFAULTS[WorkloadKind.BOMB]
    loads = [Load(each.name, replace(bomb, size=min(size, each.pages * PAGE))) for each in owners]
    streams = place(clusters, [each.name for each in owners], loads, {})
    return Experiment(clusters, owners, streams, policy, seed, accesses)


def fight_for_set(
    cluster: ClusterModel, first: FrameOwner, second: FrameOwner, set_number: int, policy: ReplacementPolicy
) -> Experiment | None:
    """Both tenants walk those of their lines that meet one set of the last-level cache, and nothing else.

    None where they cannot evict each other there: together they have no more lines in it than it has ways, or the
    index is not linear.
    """
    last = cluster.last
    if not isinstance(last.index, Linear):
        return None
    offset = set_number * last.line % PAGE
    both = [_frames_of_set(each, last.index, set_number, offset, 2 * last.ways) for each in (first, second)]
    if not all(both) or sum(map(len, both)) <= last.ways:
        return None
    owners = tuple(
        # One frame more than is walked: the walk begins in the middle of the first one.
        frame_owner(each.name, [FrameRun(frame, 1, 1) for frame in (*frames, frames[-1])])
        for each, frames in zip((first, second), both, strict=True)
    )
    streams = tuple(
        Stream(
            number,
            Workload(WorkloadKind.BOMB, size=len(frames) * PAGE, stride=PAGE, offset=offset),
            number % cluster.n_cores,
        )
        for number, frames in enumerate(both)
    )
    return Experiment((cluster,), owners, streams, policy, accesses=ROUNDS * last.ways)


def _frames_of_set(each: FrameOwner, index: KnownIndex, set_number: int, offset: int, most: int) -> Sequence[int]:
    """Frames whose line at this offset meets the set."""
    frames = chain.from_iterable(run.mfns() for run in each.frames)
    return list(islice((frame for frame in frames if index.set_of(frame * PAGE + offset) == set_number), most))
