"""The cache simulation itself, in the part of Python that numba compiles and the interpreter runs just as well.

A write takes a line like a read (write-allocate); what is written back is not followed. Caches do not exclude one
another: whoever misses takes the line in; an inclusive last level takes the lines that it loses from its cores too.
"""

from __future__ import annotations

from colorcheck.interference.compiled import part
from colorcheck.interference.tables import CacheState, Ints, MachineTables, Streams, Tallies

LRU, PLRU, RANDOM = 0, 1, 2
BASE, CELL, WAYS, POLICY, SHAPE, LAST, FIRST_SET, INNER, INNER_END, FIELDS = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
"""Fields of a cache: its place in `tags` and in `order`, ways, policy, index function, 1 where it is a last-level
cache, the number of its first set among all last-level sets, and the caches (first, end) that it includes."""
EMPTY, HIT = -1, -2
MAX_WAYS = 32
MEMORY = 3
FULL = -1
HAS_ROOM = 1 << 40
"""In `order`, beside the front of the ring, the tree or the random state: the set may have free ways."""


@part
def tree_victim(tree: int, ways: int) -> int:
    """Follows the tree's bits from the root; where the upper half has no way (12 ways of 16 leaves), the lower."""
    span = 1
    while span < ways:
        span *= 2
    node, low = 1, 0
    while span > 1:
        span >>= 1
        if tree >> node & 1 and low + span < ways:
            node, low = 2 * node + 1, low + span
        else:
            node = 2 * node
    return low


@part
def tree_touched(tree: int, ways: int, way: int) -> int:
    """The tree with all bits on the path to `way` pointing away from it."""
    node = 1
    while node < ways:
        node *= 2
    node += way
    while node > 1:
        parent = node >> 1
        tree = tree & ~(1 << parent) if node & 1 else tree | (1 << parent)
        node = parent
    return tree


@part
def random_next(state: int) -> int:
    """Marsaglia's xorshift of 32 bits (13, 17, 5); never 0."""
    state ^= (state << 13) & 0xFFFFFFFF
    state ^= state >> 17
    return state ^ (state << 5) & 0xFFFFFFFF


@part
def use_first(links: Ints, base: int, head: int, way: int) -> None:
    """Moves `way` to the front of its set's ring, in which each way knows the next less recently used one (even
    places) and the next more recently used one (odd places); the front's neighbor backwards is the oldest."""
    ring = 2 * base
    if way == head:
        return
    after, before = links[ring + 2 * way], links[ring + 2 * way + 1]
    links[ring + 2 * before] = after
    links[ring + 2 * after + 1] = before
    oldest = links[ring + 2 * head + 1]
    links[ring + 2 * oldest] = way
    links[ring + 2 * way + 1] = oldest
    links[ring + 2 * way] = head
    links[ring + 2 * head + 1] = way


@part
def free_way(tags: Ints, base: int, ways: int) -> int:
    """The first free way of a set, or `ways`."""
    way = 0
    while way < ways and tags[base + way] != EMPTY:
        way += 1
    return way


@part
def choose_way(state: CacheState, base: int, cell: int, ways: int, policy: int) -> int:
    """The way for a new line: a free one, else what the policy says."""
    kept = state.order[cell]
    if kept & HAS_ROOM:
        way = free_way(state.tags, base, ways)
        if way < ways:
            return way
        kept ^= HAS_ROOM
        state.order[cell] = kept
    if policy == LRU:
        return state.links[2 * (base + kept) + 1]
    if policy == PLRU:
        return tree_victim(kept, ways)
    # Each set draws from a generator of its own: what happens in one set never moves another.
    kept = random_next(kept)
    state.order[cell] = kept
    return (kept * ways) >> 32


@part
def touch(caches: Ints, state: CacheState, cache: int, row: int, line: int, place: int) -> int:
    """Accesses `line` in set `row` of a cache and fills it there: HIT, EMPTY if a free way took it, or the line that
    had to go. `place` is the line's in `where`."""
    field = cache * FIELDS
    ways, policy = caches[field + WAYS], caches[field + POLICY]
    base, cell = caches[field + BASE] + row * ways, caches[field + CELL] + row
    known = state.where[place]
    gone = HIT
    way = known - 1
    if known == 0 or known > MAX_WAYS:
        way = choose_way(state, base, cell, ways, policy)
        gone = state.tags[base + way]
        state.tags[base + way] = line
        state.where[place] = way + 1
    if policy == LRU:
        kept = state.order[cell]
        use_first(state.links, base, kept & (HAS_ROOM - 1), way)
        state.order[cell] = (kept & HAS_ROOM) | way
    elif policy == PLRU:
        state.order[cell] = tree_touched(state.order[cell], ways, way)
    return gone


@part
def set_of(machine: MachineTables, shape: int, line: int) -> int:
    """The set of a line under the index function `shape`."""
    page = line >> machine.page_shift
    first = machine.page_set[shape * machine.nr_pages + page]
    added = machine.line_set[(shape << machine.page_shift) + line - (page << machine.page_shift)]
    modulus = machine.modulus[shape]
    return (first + added) % modulus if modulus else first ^ added


@part
def drop(machine: MachineTables, state: CacheState, cache: int, line: int) -> None:
    """Takes a line out of a private cache, because the cache that includes it has let it go."""
    place = cache * machine.nr_lines + line
    way = state.where[place] - 1
    if way < 0:
        return
    field = cache * FIELDS
    caches = machine.caches
    row = set_of(machine, caches[field + SHAPE], line)
    state.where[place] = 0
    state.order[caches[field + CELL] + row] |= HAS_ROOM
    state.tags[caches[field + BASE] + row * caches[field + WAYS] + way] = EMPTY


@part
def evicted(
    machine: MachineTables, state: CacheState, tallies: Tallies, cache: int, row: int, gone: int, domain: int
) -> None:
    """Books that `domain` pushed the line `gone` out of set `row` of a cache."""
    field = cache * FIELDS
    caches = machine.caches
    owner = machine.page_domain[gone >> machine.page_shift]
    pair = owner * machine.nr_domains + domain
    place = cache * machine.nr_lines + gone
    state.where[place] = 0
    if caches[field + LAST] == 0:
        if owner != domain:
            tallies.private[pair] += 1
        return
    if owner != domain:
        state.where[place] = MAX_WAYS + 1 + domain
        tallies.evictions[pair] += 1
        tallies.by_set[pair * machine.nr_sets + caches[field + FIRST_SET] + row] += 1
    for inner in range(caches[field + INNER], caches[field + INNER_END]):
        drop(machine, state, inner, gone)


@part
def access(machine: MachineTables, state: CacheState, tallies: Tallies, stream: int, line: int) -> int:
    """One access: which cache on the stream's path had the line, or MEMORY. Every cache that missed takes it in."""
    domain = machine.stream_domain[stream]
    known = 0
    for level in range(machine.paths[4 * stream]):
        cache = machine.paths[4 * stream + 1 + level]
        row = set_of(machine, machine.caches[cache * FIELDS + SHAPE], line)
        place = cache * machine.nr_lines + line
        known = state.where[place]
        gone = touch(machine.caches, state, cache, row, line, place)
        if gone == HIT:
            return level
        if gone >= 0:
            evicted(machine, state, tallies, cache, row, gone, domain)
    if known > MAX_WAYS:
        tallies.caused[domain * machine.nr_domains + known - MAX_WAYS - 1] += 1
    return MEMORY


@part
def earliest(clock: Ints, streams: int) -> int:
    """The stream whose next access comes first; of several the one with the smallest number."""
    best = 0
    for stream in range(1, streams):
        if clock[stream] < clock[best]:
            best = stream
    return best


def advance(
    machine: MachineTables, state: CacheState, streams: Streams, tallies: Tallies, budget: int
) -> tuple[int, int]:
    """Plays at most `budget` accesses of all streams in the order of their times.

    Returns how many it played and why it stopped: the number of the stream whose block is used up, or FULL if the
    budget is or there is no room to book another run.
    """
    played = 0
    room = len(tallies.runs) // 2
    count = len(streams.clock)
    while played < budget and tallies.used[0] < room:
        stream = earliest(streams.clock, count)
        position = streams.position[stream]
        if position == streams.filled[stream]:
            return played, stream
        slot = stream * streams.block + position
        level = access(machine, state, tallies, stream, streams.line[slot])
        mark = streams.mark[slot]
        streams.level[slot] = level
        streams.position[stream] = position + 1
        streams.clock[stream] += streams.gap[slot]
        streams.spent[stream] += machine.cost[4 * stream + level]
        tallies.levels[4 * stream + level] += 1
        tallies.writes[stream] += mark & 1
        if mark & 2:
            used = tallies.used[0]
            tallies.runs[2 * used] = stream
            tallies.runs[2 * used + 1] = streams.spent[stream]
            tallies.used[0] = used + 1
            streams.spent[stream] = 0
        played += 1
    return played, FULL


def count_hits(caches: Ints, state: CacheState, lines: Ints, mask: int) -> int:
    """Hits of a trace in one cache alone, whose set is the line's bits under `mask`: the bare simulation."""
    hits = 0
    for position in range(len(lines)):
        line = lines[position]
        gone = touch(caches, state, 0, line & mask, line, line)
        if gone == HIT:
            hits += 1
        elif gone >= 0:
            state.where[gone] = 0
    return hits
