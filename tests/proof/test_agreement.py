"""Proofs against frames: what the model really gives out meets in a set exactly where a theorem says so."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from colorcheck.core.witness import PairWitness
from colorcheck.hardware.index import KnownIndex, Linear, XorHashed
from colorcheck.inputs.manifest.manifest import PlanPolicy
from colorcheck.proof.context import Context
from colorcheck.proof.lifecycle import _after_xen
from colorcheck.proof.memory import memory
from colorcheck.proof.pairs import pair_separation
from colorcheck.proof.sets import set_separation
from colorcheck.xen.booted import Boot, Built, Interval
from colorcheck.xen.kinds import DomainKind, MapUse
from colorcheck.xen.memory.color_heap import ColorHeap
from colorcheck.xen.memory.frames import Frames
from tests.proof.systems import board, domain, system

NR_COLORS = 8
regions = st.tuples(st.integers(0, 30), st.integers(40, 120), st.integers(0, 20), st.integers(1, 90)).map(
    lambda r: ((r[0], r[1]), (r[1] + 1 + r[2], r[1] + 1 + r[2] + r[3]))
)
lists = st.lists(st.integers(0, NR_COLORS - 1), min_size=1, max_size=4)
indexes: st.SearchStrategy[KnownIndex] = st.one_of(
    st.sampled_from([Linear(64, 512), Linear(64, 256), Linear(64, 1024), Linear(64, 384)]),
    st.lists(st.integers(1, 31).map(lambda m: m << 12), min_size=1, max_size=4).map(
        lambda masks: XorHashed(64, (*(1 << bit for bit in range(6, 12)), *masks))
    ),
)


@settings(max_examples=60, deadline=None)
@given(regions, st.lists(st.tuples(lists, st.integers(1, 40)), min_size=2, max_size=4), indexes)
def test_theorems_and_frames_agree(
    pieces: tuple[tuple[int, int], ...], wanted: list[tuple[list[int], int]], index: KnownIndex
) -> None:
    of = system(NR_COLORS, [domain(n, colors, pages) for n, (colors, pages) in enumerate(wanted, 1)])
    start = ColorHeap.at_boot(NR_COLORS, pieces)
    heap, built = start, []
    for each in of.domains:
        allocation, after = heap.take(each.colors, each.needed_pages)
        fits = allocation.missing == 0
        frames = Frames((allocation,)) if fits else Frames()
        pages = tuple(frames.by_color().items())
        built.append(Built(each, fits, None, pages, 0, heap.free, after.free, frames))
        heap = after
    memory_map = tuple(Interval(low, high, MapUse.COLOR_HEAP) for low, high in pieces)
    boot = Boot(of, None, (0, 0), start.free, heap.free, 0, 0, memory_map, tuple(built))
    case = Context(of, boot, board(index, dram=1 << 22), PlanPolicy(), 20.0)

    for theorem in memory(case):
        created = next(b.created for b in built if b.domain.name == theorem.subjects[0])
        assert str(theorem.verdict) == ("proved" if created else "refuted")

    owned = {
        b.domain.name: {index.set_of(mfn * 4096 + offset) for mfn in b.frames.mfns() for offset in range(0, 4096, 64)}
        for b in built
    }
    for theorem in pair_separation(case, set_separation(case)):
        first, second = theorem.subjects
        if first == "xen":
            continue
        if owned[first] & owned[second]:
            assert str(theorem.verdict) == "refuted"
        witness = theorem.witness
        if isinstance(witness, PairWitness) and witness.meeting is not None:
            a, b = witness.meeting.addresses
            assert a // 4096 != b // 4096
            assert index.set_of(a) == index.set_of(b) == witness.meeting.set
            colors = [set(next(d.colors for d in of.domains if d.name == name)) for name in theorem.subjects]
            assert a // 4096 % NR_COLORS in colors[0]
            assert b // 4096 % NR_COLORS in colors[1]


@settings(max_examples=60)
@given(regions, st.lists(st.tuples(lists, st.integers(1, 40)), min_size=1, max_size=4))
def test_guests_are_created_from_what_the_domains_of_xen_leave(
    pieces: tuple[tuple[int, int], ...], wanted: list[tuple[list[int], int]]
) -> None:
    """Each color has as many frames left, counted by the proof, as single frames that are taken leave."""
    kind = DomainKind.DOM0LESS
    of = system(NR_COLORS, [domain(n, colors, pages, kind=kind) for n, (colors, pages) in enumerate(wanted, 1)])
    start = ColorHeap.at_boot(NR_COLORS, pieces)
    missing, heap = 0, start
    for each in of.domains:
        allocation, heap = heap.take(each.colors, each.needed_pages)
        missing += allocation.missing
    boot = Boot(of, None, (0, 0), start.free, heap.free, 0, 0, (), ())
    found = _after_xen(Context(of, boot, board(Linear(64, 512), dram=1 << 22), PlanPolicy(), 20.0))
    assert found == (None if missing else heap.free)
