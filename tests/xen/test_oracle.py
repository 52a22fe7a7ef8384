"""The model and its page-by-page twin agree on random small systems, frees included."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.source import Location
from colorcheck.xen.kinds import ColorSource, DomainKind
from colorcheck.xen.machine.machine import BootModule, Machine, Range
from colorcheck.xen.machine.mapping import Mapping
from colorcheck.xen.machine.preparation import Preparation
from colorcheck.xen.memory.boot import boot
from colorcheck.xen.memory.color_heap import ColorHeap
from colorcheck.xen.memory.p2m import tables
from colorcheck.xen.memory.page_tables import PageTables
from colorcheck.xen.memory.pdx import compression
from colorcheck.xen.release.releases import release_of
from colorcheck.xen.system import Domain, System
from tests.xen.oracle import BootPages, PageHeap, Stage2, Tables, hole, squeeze
from tests.xen.oracle import boot as twin_boot

HERE = Location("system.dts")
PAGE, MIB = 4096, 1 << 20
TWIN_LACKS = ("page_alloc.c", "xmalloc_tlsf", "Device-Tree.", "colored heap")


@st.composite
def banks(draw: st.DrawFn) -> tuple[Range, ...]:
    found: list[Range] = []
    start = draw(st.sampled_from([0, PAGE, 0x40000000, 0x3FF00000, 0x80000000])) + PAGE * draw(st.integers(0, 3))
    count = draw(st.integers(1, 3))
    for index in range(count):
        least = 66 if index + 1 == count else 2  # a place for the frame table, aligned to 32 MiB
        size = draw(st.integers(least * MIB, 80 * MIB)) // PAGE * PAGE + draw(st.sampled_from([0, 0, 0, 512]))
        found.append(Range(start, size, "memory", HERE))
        gap = draw(st.sampled_from([0, PAGE, 3 * MIB, 1 << 30, 0x7C0000000, 1 << 35]))
        start = found[-1].end + gap
        start += -start % PAGE
    return tuple(found)


@st.composite
def inside(draw: st.DrawFn, memory: tuple[Range, ...], label: str) -> Range:
    bank = draw(st.sampled_from(memory))
    start = bank.start + draw(st.integers(0, max(0, bank.size - 1)))
    if draw(st.booleans()):
        start -= start % PAGE
    size = min(draw(st.sampled_from([1, PAGE, 5000, 3 * PAGE, MIB, 3 * MIB])), bank.end - max(start, bank.start))
    return Range(max(start, bank.start), max(1, size), label, HERE)


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    memory = draw(banks())
    apart: list[Range] = []
    for index in range(draw(st.integers(1, 7))):
        candidate = draw(inside(memory, f"range {index}"))
        if not any(candidate.overlaps(other) for other in apart):
            apart.append(candidate)
    image = draw(st.sampled_from([0x5000, 0x10000, 0x21000]))
    cut = draw(st.integers(0, len(apart)))
    loaded = BootModule(apart[0].start - apart[0].start % PAGE, image, "Xen", HERE, ModuleKind.XEN)
    modules = tuple(BootModule(r.start, r.size, r.label, HERE, ModuleKind.DEVICE_TREE) for r in apart[:cut])
    return Machine(memory, tuple(apart[cut:]), (), (), (loaded, *modules), image)


@st.composite
def systems(draw: st.DrawFn) -> System:
    machine = draw(machines())
    nr_colors = draw(st.sampled_from([2, 4, 8, 16]))
    colors = st.lists(st.integers(0, nr_colors - 1), min_size=1, max_size=nr_colors)
    xen = tuple(sorted(draw(st.sets(st.integers(0, nr_colors - 1), min_size=1))))
    memory = sum(bank.size for bank in machine.banks) // PAGE
    domains = []
    for number in range(draw(st.integers(0, 4))):
        kind = DomainKind.DOM0 if number == 0 and draw(st.booleans()) else DomainKind.DOM0LESS
        pages = (
            draw(st.integers(0, memory // 2))
            if kind is DomainKind.DOM0LESS
            else draw(st.integers(1, memory // 1024)) * 512
        )
        pool = draw(st.integers(0, 40)) if kind is DomainKind.DOM0LESS else 0
        own = tuple(draw(colors))
        domains.append(
            Domain(number, f"d{number}", kind, own, ColorSource.GIVEN, HERE, HERE, pages=pages, p2m_pages=pool)
        )
    devices = draw(
        st.lists(st.builds(Mapping, st.integers(0, 1 << 19), st.integers(0, 1500), st.just(True)), max_size=4)
    )
    aligned = draw(st.lists(st.builds(Mapping, st.just(1 << 18), st.sampled_from([512, 1 << 18, 513]), st.just(True))))
    prepared = Preparation(
        machine,
        draw(st.sampled_from([0, PAGE, 100 * PAGE, 2 * MIB, 64 * MIB])),
        HERE,
        (*devices, *aligned),
        draw(st.sampled_from([3, 4])),
        0,
    )
    return System(
        release_of(draw(st.sampled_from(["4.20", "4.21", "4.22"]))),
        True,
        nr_colors,
        nr_colors * PAGE,
        xen,
        ColorSource.GIVEN,
        HERE,
        HERE,
        tuple(domains),
        preparation=prepared,
    )


LITTLE_BUDDY = 1024  # pages


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(systems())
def test_boot_equals_its_twin(system: System) -> None:
    found, twin = boot(system), twin_boot(system)
    assert found is not None
    if found.panic and any(text in found.panic.message for text in TWIN_LACKS):
        return
    if found.panic and found.panic.message != twin.panic and found.buddy_initial_pages < LITTLE_BUDDY:
        return  # the twin does not count what Xen itself takes of the buddy heap
    assert (found.panic and found.panic.message) == twin.panic
    assert found.xen_region == twin.region
    assert found.free_initial == twin.initial
    assert found.buddy_initial_pages == twin.buddy
    for built in found.built:
        if built.created:
            assert list(built.frames.mfns()) == twin.frames[built.domain.name]
    if not found.panic:
        assert found.free_final == twin.final


def test_the_twin_meets_boots_and_panics() -> None:
    """The strategy is worth something: it gives boots and domains that do not fit."""
    outcomes: set[str] = set()

    @settings(max_examples=120, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(systems())
    def look(system: System) -> None:
        found = boot(system)
        assert found is not None
        outcomes.add(found.panic.message.split(" ")[0] if found.panic else "boots")

    look()
    assert {"boots", "Failed"} <= outcomes


heap_regions = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 60)), min_size=1, max_size=6)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([2, 4, 8, 32]), heap_regions, st.data())
def test_heap_equals_lists_of_pages(nr_colors: int, gaps: list[tuple[int, int]], data: st.DataObject) -> None:
    """Requests one after the other: same frames, same order, same counts."""
    regions, start = [], 3
    for gap, size in gaps:
        regions.append((start + gap, start + gap + size))
        start += gap + size
    heap, twin = ColorHeap.at_boot(nr_colors, regions), PageHeap(nr_colors)
    for low, high in reversed(regions):
        for mfn in range(low, high):
            twin.add(mfn)
    for _ in range(data.draw(st.integers(1, 8))):
        colors = data.draw(st.lists(st.integers(0, nr_colors - 1), min_size=1, max_size=nr_colors + 1))
        count = data.draw(st.integers(0, 80))
        allocation, heap = heap.take(colors, count)
        pages = twin.pages(colors, count)
        assert [mfn for run in allocation.runs() for mfn in run.mfns()] == pages
        assert allocation.missing == count - len(pages)
        assert all(allocation.contains(mfn) for mfn in pages)
        assert not any(allocation.contains(mfn) for mfn in set(range(start + 9)) - set(pages))
        assert heap.free == twin.free()


def test_no_domain_takes_from_a_color_it_does_not_have() -> None:
    allocation, heap = ColorHeap.at_boot(4, [(0, 8)]).take([1, 3], 9)
    assert (allocation.count, allocation.missing) == (4, 5)
    assert heap.free == (2, 0, 2, 0)


small = st.sampled_from([1, 511, 512, 513, 1024, 1537])
large = st.sampled_from([1 << 18, (1 << 18) + 512, (1 << 19) - 512, 1 << 19])
starts = st.sampled_from([0, 1, 512, 1 << 18, (1 << 18) - 512, 3 << 18, (1 << 27) - 512, (1 << 18) + 5])
aligned_starts = st.sampled_from([0, 512, 1 << 18, (1 << 18) - 512, 3 << 18, (1 << 27) - 512])
mappings_of_all_kinds = st.one_of(
    st.builds(Mapping, starts, small, st.booleans()), st.builds(Mapping, aligned_starts, large, st.just(True))
)


@settings(max_examples=200, deadline=None)
@given(st.lists(mappings_of_all_kinds, max_size=4), st.sampled_from([3, 4]))
def test_tables_of_mappings_equal_a_walk(mappings: list[Mapping], levels: int) -> None:
    walked = Stage2(levels)
    assert tables(mappings, levels) == sum(walked.map(mapping) for mapping in mappings)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1 << 12), st.integers(1, 1 << 8)), min_size=1, max_size=4), st.integers(26, 31)
)
def test_compression_equals_a_walk_over_bits(parts: list[tuple[int, int]], shift: int) -> None:
    spans = tuple((start << shift, start + size << shift) for start, size in sorted(parts))
    found = compression(spans)
    assert (found.bottom, found.width) == hole(spans)
    pages = [start >> 12 for start, _ in spans] + [(end >> 12) - 1 for _, end in spans]
    assert [found.pdx(mfn) for mfn in pages] == [squeeze(mfn, *hole(spans)) for mfn in pages]


class Counter(BootPages):
    """Counts the pages that are taken."""

    taken = 0

    def take(self, count: int, align: int) -> int:
        self.taken += count
        return 0


parts_of_all_kinds = st.one_of(st.tuples(starts, starts, small), st.tuples(aligned_starts, aligned_starts, large))


@settings(max_examples=200, deadline=None)
@given(st.lists(parts_of_all_kinds, max_size=3), st.booleans())
def test_xens_tables_equal_a_walk(parts: list[tuple[int, int, int]], top: bool) -> None:
    mapped, walked, pages = PageTables(needs_top=top), Tables(), Counter([])
    for virtual, mfn, count in parts:
        before = pages.taken
        pages.map(walked, virtual, mfn, count, top=top)
        assert mapped.map(virtual, mfn, count) == pages.taken - before
