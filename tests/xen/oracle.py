"""The same boot page by page: slow, simple, and written without looking at how the model does it.

Every page is an entry of a list, every table an entry of a set, every request a walk over the domain's colors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.machine.machine import Machine
from colorcheck.xen.machine.mapping import Mapping
from colorcheck.xen.system import Domain, System

PAGE, MIB2, MIB32, GIB = 4096, 2 << 20, 32 << 20, 1 << 30


class Panic(Exception):
    """Xen stops."""


class PageHeap:
    """Lists of single pages, the next one to give out at the end."""

    def __init__(self, nr_colors: int) -> None:
        self.nr_colors = nr_colors
        self.lists: list[list[int]] = [[] for _ in range(nr_colors)]

    def add(self, mfn: int) -> None:
        self.lists[mfn % self.nr_colors].append(mfn)

    def free(self) -> tuple[int, ...]:
        return tuple(len(pages) for pages in self.lists)

    def page(self, colors: Sequence[int]) -> int | None:
        best, most = None, 0
        for color in colors:
            if len(self.lists[color]) > most:
                best, most = color, len(self.lists[color])
        return None if best is None else self.lists[best].pop()

    def pages(self, colors: Sequence[int], count: int) -> list[int]:
        found = []
        for _ in range(count):
            mfn = self.page(colors)
            if mfn is None:
                break
            found.append(mfn)
        return found


class Tables:
    """Tables of three levels, each an aligned window of pages."""

    def __init__(self) -> None:
        self.found: set[tuple[int, int]] = set()

    def add(self, page: int, deepest: int, top: bool) -> None:
        """The tables above one entry of level `deepest`: 3 a page, 2 a block of 2 MiB, 1 one of 1 GiB."""
        if top:
            self.found.add((1, page >> 27))
        if deepest >= 2:
            self.found.add((2, page >> 18))
        if deepest == 3:
            self.found.add((3, page >> 9))

    def replace(self, page: int, order: int) -> None:
        """Frees the tables below a block of 2^`order` pages."""
        shifts = {2: 18, 3: 9}
        self.found -= {
            (level, number)
            for level, number in self.found
            if level > 1 and shifts[level] <= order and page >> order == number << shifts[level] >> order
        }


@dataclass
class Result:
    panic: str | None = None
    region: tuple[int, int] | None = None
    initial: tuple[int, ...] = ()
    final: tuple[int, ...] = ()
    buddy: int = 0
    frames: dict[str, list[int]] = field(default_factory=dict)
    heap: PageHeap | None = None


def obstacles(machine: Machine, size: int) -> list[tuple[int, int]]:
    spans = [(m.start, m.start + size if m.kind == "xen" else m.end) for m in machine.modules]
    return spans + [(r.start, r.end) for r in (*machine.reserved, *machine.shared)]


def place(machine: Machine, nr_colors: int) -> tuple[int, int] | None:
    """Tries every aligned address, from the top."""
    size = machine.image_size * nr_colors
    while size % MIB2:
        size += 1 if size % PAGE else PAGE
    blocked = obstacles(machine, size)
    for start, end in reversed(machine.spans):
        top = end - end % MIB2
        while top - size >= start:
            low = top - size
            if low > 0 and all(high <= low or begin >= top for begin, high in blocked):
                return low, top
            top -= MIB2
    return None


def regions(machine: Machine, region: tuple[int, int]) -> list[list[int]]:
    """Runs of free pages, each the list of its pages, ascending."""
    used = [m.start // PAGE * PAGE for m in machine.modules if m.kind != "xen" and m.size]
    ends = [m.end for m in machine.modules if m.kind != "xen" and m.size]
    spans = [region, *zip(used, ends, strict=True), *((r.start, r.end) for r in (*machine.reserved, *machine.shared))]
    taken: set[int] = set()
    for start, end in spans:
        taken.update(range(start // PAGE, -(-end // PAGE)))
    found: list[list[int]] = []
    for start, end in machine.spans:
        run: list[int] = []
        for mfn in range(-(-start // PAGE), end // PAGE):
            if mfn in taken:
                found.append(run)
                run = []
            else:
                run.append(mfn)
        found.append(run)
    return [run for run in found if run]


class BootPages:
    def __init__(self, runs: list[list[int]]) -> None:
        self.runs = runs

    def take(self, count: int, align: int) -> int:
        for index in reversed(range(len(self.runs))):
            run = self.runs[index]
            for at in range(len(run) - count, -1, -1):
                if run[at] % align == 0:
                    mfn = run[at]
                    self.runs[index : index + 1] = [part for part in (run[:at], run[at + count :]) if part]
                    return mfn
        raise Panic("boot memory")

    def map(self, tables: Tables, virtual: int, mfn: int, pages: int, top: bool) -> None:
        """Walks the mapping, taking a page for each table that is missing."""
        end = virtual + pages
        while virtual < end:
            both = virtual | mfn
            order = next(o for o in (18, 9, 0) if both % (1 << o) == 0 and end - virtual >= 1 << o)
            before = len(tables.found)
            tables.add(virtual, {18: 1, 9: 2, 0: 3}[order], top)
            for _ in range(len(tables.found) - before):
                self.take(1, 1)
            virtual, mfn = virtual + (1 << order), mfn + (1 << order)


def hole(spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """(lowest bit, bits) of the widest run of address bits, above bit 29, that no memory uses; in frame bits."""
    used: set[int] = set()
    for start, end in spans:
        high = (start ^ (end - 1)).bit_length()
        used |= {bit for bit in range(64) if bit < high or start >> bit & 1}
    runs, start_bit = [(0, 0)], None
    for bit in range(30, max(used) + 1):
        if bit in used:
            if start_bit is not None:
                runs.append((start_bit, bit - start_bit))
            start_bit = None
        elif start_bit is None:
            start_bit = bit
    low, width = max(runs, key=lambda run: run[1])
    return (low - 12, width) if width else (0, 0)


def squeeze(mfn: int, low: int, width: int) -> int:
    return mfn if not width else (mfn >> (low + width) << low) | mfn & ((1 << low) - 1)


def consume(pages: BootPages, machine: Machine, version: str) -> None:
    low, width = hole(machine.spans)
    first = machine.spans[0][0] // PAGE
    tables = Tables()
    for start, end in machine.spans:
        mfn = start // PAGE
        virtual = squeeze(mfn, low, width) - squeeze(first, low, width) + first % (1 << 18)
        pages.map(tables, virtual, mfn, (end - start) // PAGE, top=True)
    last = squeeze(machine.spans[-1][1] // PAGE - 1, low, width)
    tables = Tables()
    if version != "4.22":
        size = (last - squeeze(first, low, width) + 1) * 56
        unit = MIB32 if size >= MIB32 else MIB2
        count = -(-size // unit) * unit // PAGE
        pages.map(tables, 0, pages.take(count, MIB32 // PAGE), count, top=False)
    else:
        groups: set[int] = {0}
        for start, end in machine.spans:
            groups |= {
                squeeze(mfn, low, width) >> 18 for mfn in (*range(start // PAGE, end // PAGE, 1 << 18), end // PAGE - 1)
            }
        base = squeeze(first, low, width) >> 18
        wanted = sorted(g for g in groups if g >= base)
        chunks: list[list[int]] = []
        for group in wanted:
            if chunks and chunks[-1][-1] == group - 1:
                chunks[-1].append(group)
            else:
                chunks.append([group])
        for chunk in chunks:
            end = last + 1 if chunk is chunks[-1] else (chunk[-1] + 1) << 18
            size = (end - (chunk[0] << 18)) * 56
            count = -(-size // PAGE)
            mfn = pages.take(count, (MIB32 if count * PAGE >= MIB32 else MIB2) // PAGE)
            pages.map(tables, ((chunk[0] - base) << 18) * 56 // PAGE, mfn, count, top=False)
    for _ in range(3):
        pages.take(1, 1)


def heaps(runs: list[list[int]], nr_colors: int, buddy_size: int) -> tuple[PageHeap, int]:
    heap, buddy, budget = PageHeap(nr_colors), len(runs[0]), buddy_size // PAGE
    for run in reversed(runs[1:]):
        reserve, rest = run[:budget], run[budget:]
        budget -= len(reserve)
        buddy += len(reserve)
        for mfn in rest:
            heap.add(mfn)
    return heap, buddy


class Stage2:
    """A domain's P2M: how many tables its mappings need. A block takes the place of the tables below it."""

    def __init__(self, levels: int) -> None:
        self.tables, self.top = Tables(), levels == 4

    def map(self, mapping: Mapping) -> int:
        before, page, rest = len(self.tables.found), mapping.gfn, mapping.pages
        while rest:
            both = page | rest
            order = next(o for o in (18, 9, 0) if both % (1 << o) == 0) if mapping.blocks else 0
            self.tables.add(page, {18: 1, 9: 2, 0: 3}[order], self.top)
            if order:
                self.tables.replace(page, order)
            page, rest = page + (1 << order), rest - (1 << order)
        return len(self.tables.found) - before


def dom0_pieces(machine: Machine, text: int, version: str) -> list[tuple[int, int]]:
    """Guest memory of dom0, scanned page by page: (start, end) in bytes, whole 2 MiB, in the order of filling."""
    blocked = set(range(text, text + 64))
    for held in machine.reserved:
        blocked.update(range(held.start // PAGE, -(-held.end // PAGE)))
    pages = sorted({mfn for start, end in machine.spans for mfn in range(start // PAGE, -(-end // PAGE))} - blocked)
    runs: list[list[int]] = []
    for mfn in pages:
        if runs and runs[-1][1] == mfn:
            runs[-1][1] = mfn + 1
        else:
            runs.append([mfn, mfn + 1])
    found = []
    for low, high in runs:
        start = -(-low * PAGE // MIB2) * MIB2
        size = ((high - (version == "4.20")) * PAGE - start) // MIB2 * MIB2
        if size > 0:
            found.append((start, start + size))
    return found if version == "4.22" else sorted(found, key=lambda piece: -(piece[1] - piece[0]))


def boot(system: System) -> Result:
    prepared = system.preparation
    assert prepared is not None
    assert system.nr_colors is not None
    machine, result = prepared.machine, Result()
    try:
        result.region = place(machine, system.nr_colors)
        if result.region is None:
            raise Panic("Not enough memory to relocate Xen")
        pages = BootPages(regions(machine, result.region))
        consume(pages, machine, system.release.series)
        if not pages.runs:
            raise Panic("Can't allocate colored heap. Buddy reserved size is too low")
        heap, result.buddy = heaps(pages.runs, system.nr_colors, prepared.buddy_size)
        result.heap, result.initial = heap, heap.free()
        for domain in system.domains:
            build(domain, heap, system, result)
    except Panic as panic:
        result.panic = str(panic)
    if result.heap:
        result.final = result.heap.free()
    return result


def build(domain: Domain, heap: PageHeap, system: System, result: Result) -> None:
    prepared = system.preparation
    assert prepared is not None
    assert system.nr_colors is not None
    assert result.region is not None
    frames = result.frames.setdefault(domain.name, [])
    stage2 = Stage2(prepared.p2m_levels)
    if domain.kind is DomainKind.DOM0:
        first = result.region[0] // PAGE
        text = next(m for m in range(first, first + 2 * system.nr_colors) if m % system.nr_colors in system.xen_colors)
        pieces = dom0_pieces(prepared.machine, text, system.release.series)
        fill(domain, heap, frames, stage2, pieces, system, pool=None)
        need = max(0, sum(stage2.map(device) for device in prepared.devices))
        more = heap.pages(domain.colors, need)
        frames += more
        if len(more) < need:
            name = "DOM0" if system.release.series == "4.20" else "d0"
            raise Panic(f"Could not set up {name} guest OS (rc = -22)")
        return
    frames += heap.pages(domain.colors, domain.p2m_pages)
    if len(frames) < domain.p2m_pages:
        raise Panic(f"Could not set up domain {domain.name} (rc = -12)")
    guest = [(GIB, 4 * GIB), (8 * GIB, 1024 * GIB)]
    fill(domain, heap, frames, stage2, guest, system, pool=domain.p2m_pages)


def fill(  # noqa: PLR0917
    domain: Domain,
    heap: PageHeap,
    frames: list[int],
    stage2: Stage2,
    pieces: Iterable[tuple[int, int]],
    system: System,
    pool: int | None,
) -> None:
    rest, filled, used = domain.pages, 0, 0
    least = min(domain.pages * PAGE, 128 << 20) if pool is None and system.release.series == "4.22" else 0
    for start, end in pieces:
        if not rest or (not filled and end - start < least):
            continue
        count = min((end - start) // PAGE, rest)
        for page in range(start // PAGE, start // PAGE + count):
            mfn = heap.page(domain.colors)
            need = stage2.map(Mapping(page, 1))
            used += need
            tables = heap.pages(domain.colors, need) if pool is None else []
            if mfn is None or (pool is None and len(tables) < need) or (pool is not None and used > pool):
                kib = rest * PAGE >> 10
                text = f"Failed to allocate requested domain memory. {kib}KB unallocated. Fix the VMs configurations."
                raise Panic(text)
            frames += [mfn, *tables]
        rest, filled = rest - count, filled + 1
    if rest:
        kib = rest * PAGE >> 10
        raise Panic(f"Failed to allocate requested domain memory. {kib}KB unallocated. Fix the VMs configurations.")
