"""The cache simulation itself, in the subset of Python that numba compiles and the interpreter also runs.

A write allocates a line like a read; write-backs are not simulated. Caches are not exclusive: every cache that misses
fills the line; an inclusive last level also invalidates its evicted lines in its cores. `0 +` before a number of a
table makes it signed: numba converts a mix of unsigned and signed integers to floating point.
"""

from __future__ import annotations

from colorcheck.interference.compiled import part
from colorcheck.interference.tables import CacheState, Ints, MachineTables, Streams, Tallies

LRU, PLRU, RANDOM = 0, 1, 2
BASE, CELL, WAYS, POLICY, LAST, FIRST_SET, INNER, INNER_END, PLACE, PAGES, OFFSETS, MODULUS, BITS, TREE = range(14)
"""Fields of a cache: the slot of `tags` before its first, its place in `order`, ways, policy, 1 where it is a
last-level cache, the number of its first set among all last-level sets, the caches (first, end) that it includes, its
place in `where`, the place of its index function in `page_set` and in `line_set` and the modulus of that (0: exclusive
or), the bits of a line's number in a slot of LRU, and the place of its tree's paths in `tree`."""
FIELDS = 14
EMPTY, HIT = -1, -2
MAX_WAYS = 32
MEMORY = 3
FULL = -1
NEVER = 1 << 62
"""The clock of a stream that has ended."""
HAS_ROOM = 1 << 40
"""A bit in `order`, next to the tree or the random state: the set may have free ways."""
INDEX = (1 << 40) - 1
"""All bits of a slot's number. Under this mask the compiler knows that it is not negative, and leaves out the test."""
LEAST_BITS = 6
"""Enough bits for the number of a way, which a free slot of LRU holds."""


@part
def tree_victim(tree: int, ways: int) -> int:
    """Follow the tree's bits from the root; if the upper half has no way (12 ways of 16 leaves), take the lower."""
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


def tree_path(ways: int, way: int) -> tuple[int, int]:
    """The bits of the tree on the path to `way`, and those of them that are set when all point away from it."""
    node = 1
    while node < ways:
        node *= 2
    node += way
    path = away = 0
    while node > 1:
        parent = node >> 1
        path |= 1 << parent
        away |= 0 if node & 1 else 1 << parent
        node = parent
    return path, away


@part
def random_next(state: int) -> int:
    """Marsaglia's xorshift of 32 bits (13, 17, 5); never 0."""
    state ^= (state << 13) & 0xFFFFFFFF
    state ^= state >> 17
    return state ^ (state << 5) & 0xFFFFFFFF


@part
def free_way(tags: Ints, base: int, ways: int) -> int:
    """The first free way of a set, or `ways`."""
    way = 0
    while way < ways and tags[base + 1 + way] != EMPTY:
        way += 1
    return way


@part
def choose_way(state: CacheState, base: int, cell: int, ways: int, policy: int) -> int:
    """The way for a new line in a set without LRU: a free one, otherwise by the policy."""
    kept = state.order[cell]
    if kept & HAS_ROOM:
        way = free_way(state.tags, base, ways)
        if way < ways:
            return way
        kept ^= HAS_ROOM
        state.order[cell] = kept
    if policy == PLRU:
        return tree_victim(kept, ways)
    # Each set has its own generator, so that one set never influences another.
    kept = random_next(kept)
    state.order[cell] = kept
    return (kept * ways) >> 32


@part
def least(tags: Ints, first: int, count: int) -> int:
    """The least of `count` slots, four at a time for instruction-level parallelism."""
    found = tags[first]
    slot, end = first, first + count
    while slot + 4 <= end:
        left, right = min(tags[slot], tags[slot + 1]), min(tags[slot + 2], tags[slot + 3])
        found = min(found, min(left, right))  # noqa: PLW3301
        slot += 4
    while slot < end:
        found = min(found, tags[slot])
        slot += 1
    return found


@part
def touch_stamped(tags: Ints, where: Ints, base: int, ways: int, bits: int, places: int, line: int, time: int) -> int:
    """`touch` with LRU. A slot holds the time of its last use above the line's number, so that the least is the
    oldest; a free one holds only the number of its way, so that the first free one comes before all others."""
    stamped = time << bits | line
    known = where[places + line]
    if 0 < known <= MAX_WAYS:
        tags[base + known] = stamped
        return HIT
    oldest = least(tags, base + 1, ways)
    gone = oldest & ((1 << bits) - 1)
    if oldest == gone:
        tags[base + gone] = stamped
        where[places + line] = gone
        return EMPTY
    way = where[places + gone]
    where[places + gone] = 0
    tags[base + way] = stamped
    where[places + line] = way
    return gone


@part
def touch_ordered(caches: Ints, state: CacheState, field: int, row: int, line: int) -> int:
    """`touch` with the other policies, whose slots only hold lines."""
    ways, policy, places = caches[field + WAYS], caches[field + POLICY], caches[field + PLACE]
    base, cell = caches[field + BASE] + row * ways, caches[field + CELL] + row
    known = state.where[places + line]
    gone = HIT
    if not 0 < known <= MAX_WAYS:
        known = choose_way(state, base, cell, ways, policy) + 1
        gone = state.tags[base + known]
        state.tags[base + known] = line
        state.where[places + line] = known
        if gone != EMPTY:
            state.where[places + gone] = 0
    if policy == PLRU:
        path = caches[field + TREE] + 2 * known
        state.order[cell] = state.order[cell] & ~state.tree[path] | state.tree[path + 1]
    return gone


@part
def touch(caches: Ints, state: CacheState, field: int, row: int, line: int, time: int) -> int:
    """Accesses `line` in set `row` of the cache with its fields from `field` on and fills it there: HIT, EMPTY if a
    free way took it, or the line that had to go. `time` grows with each access and starts at 1."""
    if caches[field + POLICY] == LRU:
        ways = caches[field + WAYS]
        base = caches[field + BASE] + row * ways
        return touch_stamped(
            state.tags, state.where, base, ways, caches[field + BITS], caches[field + PLACE], line, time
        )
    return touch_ordered(caches, state, field, row, line)


@part
def index_of(caches: Ints, field: int) -> tuple[int, int, int]:
    """The fields of a cache that `set_under` needs; loops keep them in variables because the compiler must assume
    that tables alias.
    """
    return 0 + caches[field + PAGES], 0 + caches[field + OFFSETS], 0 + caches[field + MODULUS]


@part
def set_under(machine: MachineTables, index: tuple[int, int, int], line: int) -> int:
    """The set of a line under the index function of `index_of`."""
    pages, offsets, modulus = index
    first = 0 + machine.page_set[pages + (line >> machine.page_shift)]
    added = machine.line_set[offsets + (line & ((1 << machine.page_shift) - 1))]
    return (first + added) % modulus if modulus else first ^ added


@part
def set_of(machine: MachineTables, field: int, line: int) -> int:
    """The set of a line in the cache with its fields from `field` on."""
    return set_under(machine, index_of(machine.caches, field), line)


@part
def drop(machine: MachineTables, state: CacheState, cache: int, line: int) -> None:
    """Invalidate a line in a private cache, because the inclusive cache has evicted it."""
    caches = machine.caches
    field = cache * FIELDS
    place = caches[field + PLACE] + line
    known = state.where[place]
    if known == 0:
        return
    row = set_of(machine, field, line)
    slot = caches[field + BASE] + row * caches[field + WAYS] + known
    state.where[place] = 0
    if caches[field + POLICY] == LRU:
        state.tags[slot] = known
    else:
        state.order[caches[field + CELL] + row] |= HAS_ROOM
        state.tags[slot] = EMPTY


@part
def evicted(
    machine: MachineTables, state: CacheState, tallies: Tallies, field: int, row: int, gone: int, domain: int
) -> None:
    """Record that `domain` evicted the line `gone` from set `row` of a cache."""
    caches = machine.caches
    owner = machine.page_domain[gone >> machine.page_shift]
    if owner != domain:
        pair = owner * machine.nr_domains + domain
        if caches[field + LAST] == 0:
            tallies.private[pair] += 1
            return
        state.where[caches[field + PLACE] + gone] = MAX_WAYS + 1 + domain
        tallies.evictions[pair] += 1
        tallies.by_set[pair * machine.nr_sets + caches[field + FIRST_SET] + row] += 1
    for inner in range(0 + caches[field + INNER], 0 + caches[field + INNER_END]):
        drop(machine, state, inner, gone)


@part
def pass_private(
    machine: MachineTables, state: CacheState, tallies: Tallies, stream: int, last: int, line: int, time: int
) -> int:
    """Pass an access through the private caches of its stream; returns which one had the line, or `last`."""
    domain = machine.stream_domain[stream]
    for level in range(last):
        field = machine.paths[4 * stream + 1 + level] * FIELDS
        row = set_of(machine, field, line)
        gone = touch(machine.caches, state, field, row, line, time)
        if gone == HIT:
            return level
        if gone != EMPTY:
            evicted(machine, state, tallies, field, row, gone, domain)
    return last


@part
def touch_four(tags: Ints, base: int, line: int) -> int:
    """`touch_listed` for four ways, without branches and without passing a value from one slot to the next through
    memory: 0 if the line is there, otherwise 1."""
    first, second, third, fourth = tags[base + 1], tags[base + 2], tags[base + 3], tags[base + 4]
    in_first = first == line
    in_two = in_first | (second == line)
    in_three = in_two | (third == line)
    tags[base + 1] = line
    tags[base + 2] = second if in_first else first
    tags[base + 3] = third if in_two else second
    tags[base + 4] = fourth if in_three else third
    return 0 if in_three | (fourth == line) else 1


@part
def touch_listed(tags: Ints, base: int, ways: int, line: int) -> int:
    """`touch` with LRU in a set that keeps its lines in the order of their last use, the latest first, which is
    fastest for few ways. Free slots hold a value that is not a line. 0 if the line is there, otherwise 1.
    """
    carried = line
    for slot in range(base + 1, base + 1 + ways):
        here = tags[slot]
        tags[slot] = carried
        if here == line:
            return 0
        carried = here
    return 1


@part
def pass_first(machine: MachineTables, state: CacheState, streams: Streams, field: int, begin: int, end: int) -> None:
    """`pass_cache` for the first cache of a path where it has LRU and four ways, as most have."""
    index, used = index_of(machine.caches, field), 1 << machine.caches[field + BITS]
    first = 0 + machine.caches[field + BASE]
    for slot in range(begin & INDEX, end):
        line = 0 + streams.line[slot]
        row = set_under(machine, index, line)
        streams.level[slot] = touch_four(state.tags, first + 4 * row, used | line)


@part
def pass_cache(
    machine: MachineTables, state: CacheState, streams: Streams, field: int, level: int, begin: int, end: int
) -> None:
    """Passes the accesses of slots `begin` to `end` that reach cache `level` of a stream's path, with its fields from
    `field` on, through that cache, which no other stream uses. All of them reach the first cache."""
    caches = machine.caches
    first, ways, policy = 0 + caches[field + BASE], 0 + caches[field + WAYS], caches[field + POLICY]
    index, used = index_of(caches, field), 1 << caches[field + BITS]
    for slot in range(begin & INDEX, end):
        if level and streams.level[slot] != level:
            continue
        line = 0 + streams.line[slot]
        row = set_under(machine, index, line)
        if policy == LRU:
            missed = touch_listed(state.tags, first + row * ways, ways, used | line)
        else:
            missed = 0 if touch_ordered(caches, state, field, row, line) == HIT else 1
        streams.level[slot] = level + missed


def look_ahead(machine: MachineTables, state: CacheState, streams: Streams, stream: int, begin: int, end: int) -> None:
    """Pass a stream's whole new block, in slots `begin` to `end`, through its private caches at once: their hits
    depend on no other stream if the core runs only this one and no inclusive last level invalidates lines.

    It uses no more of the tables than this block and these caches, so that it may run next to `advance`.
    """
    levels = machine.paths[4 * stream] - 1
    if levels == 0:
        for slot in range(begin, end):
            streams.level[slot] = 0
    for level in range(levels):
        field = machine.paths[4 * stream + 1 + level] * FIELDS
        if level == 0 and machine.caches[field + POLICY] == LRU and machine.caches[field + WAYS] == 4:
            pass_first(machine, state, streams, field, begin, end)
        else:
            pass_cache(machine, state, streams, field, level, begin, end)


@part
def earliest(clock: Ints, streams: int) -> int:
    """The stream with the earliest next access; the smallest number among equals."""
    best = 0
    for stream in range(1, streams):
        if clock[stream] < clock[best]:
            best = stream
    return best


@part
def end_of_turn(clock: Ints, streams: int, stream: int) -> int:
    """The time from which on another stream precedes this one."""
    end = NEVER + 1
    for other in range(streams):
        if other != stream:
            end = min(end, clock[other] + (1 if other > stream else 0))
    return end


@part
def take_turn(
    machine: MachineTables,
    state: CacheState,
    streams: Streams,
    tallies: Tallies,
    stream: int,
    end: int,
    budget: int,
    ahead: bool,
) -> int:
    """Play at most `budget` accesses of one stream while its clock is before `end` and its block is not used up.
    Returns their number. `ahead` says whether they have passed the private caches; it is a constant where this is
    inlined.
    """
    caches, tags, where = machine.caches, state.tags, state.where
    last = machine.paths[4 * stream] - 1
    field = machine.paths[4 * stream + 1 + last] * FIELDS
    first, ways, policy = 0 + caches[field + BASE], 0 + caches[field + WAYS], caches[field + POLICY]
    bits, places, index = 0 + caches[field + BITS], 0 + caches[field + PLACE], index_of(caches, field)
    domain = machine.stream_domain[stream]
    begin = streams.position[stream]
    most = min(budget, streams.filled[stream] - begin)
    start = streams.first[stream] + begin & INDEX
    clock, time = streams.clock[stream], state.time[0]
    played = 0
    while played < most and clock < end:
        slot = start + played
        clock += streams.gap[slot]
        level = 0 + streams.level[slot]
        if not ahead:
            level = pass_private(machine, state, tallies, stream, last, 0 + streams.line[slot], time + played)
            streams.level[slot] = level
        if level == last:
            line = 0 + streams.line[slot]
            row = set_under(machine, index, line)
            known = where[places + line]
            if policy == LRU:
                gone = touch_stamped(tags, where, first + row * ways, ways, bits, places, line, time + played)
            else:
                gone = touch_ordered(caches, state, field, row, line)
            if gone != HIT:
                streams.level[slot] = MEMORY
                if gone != EMPTY:
                    evicted(machine, state, tallies, field, row, gone, domain)
                if known > MAX_WAYS:
                    tallies.caused[domain * machine.nr_domains + known - MAX_WAYS - 1] += 1
        played += 1
    streams.position[stream] = begin + played
    streams.clock[stream], state.time[0] = clock, time + played
    return played


def advance(
    machine: MachineTables, state: CacheState, streams: Streams, tallies: Tallies, budget: int
) -> tuple[int, int]:
    """Play at most `budget` accesses of all streams in the order of their times.

    Returns their number and why it stopped: the number of the stream whose block is used up, or FULL if the budget is
    used up.
    """
    played = 0
    count = len(streams.clock)
    while played < budget:
        stream = earliest(streams.clock, count)
        if streams.position[stream] == streams.filled[stream]:
            return played, stream
        end = end_of_turn(streams.clock, count, stream)
        if machine.ahead[stream]:
            played += take_turn(machine, state, streams, tallies, stream, end, budget - played, True)
        else:
            played += take_turn(machine, state, streams, tallies, stream, end, budget - played, False)
    return played, FULL


@part
def count_levels(machine: MachineTables, tallies: Tallies, stream: int, packed: int) -> int:
    """Add to a stream's accesses those in `packed`, which has 16 bits for each place where they were answered. Returns
    their cost."""
    cost = 0
    for level in range(4):
        count = packed >> 16 * level & 0xFFFF
        cost += count * machine.cost[4 * stream + level]
        tallies.levels[4 * stream + level] += count
    return cost


def tally(machine: MachineTables, streams: Streams, tallies: Tallies, stream: int) -> int:
    """Count the accesses of a stream's block that were played and not yet counted: where they were answered, writes,
    and the cost of each run that ended. Returns the number of these runs."""
    levels, marks = streams.level, streams.mark
    begin = streams.first[stream] + streams.counted[stream] & INDEX
    end = streams.first[stream] + streams.position[stream]
    spent, runs = streams.spent[stream], 0
    packed = marked = 0
    for slot in range(begin, end):
        packed += 1 << 16 * levels[slot]
        mark = marks[slot]
        marked += mark
        if mark > 1:
            tallies.runs[runs] = spent + count_levels(machine, tallies, stream, packed)
            runs += 1
            spent = packed = 0
    streams.spent[stream] = spent + count_levels(machine, tallies, stream, packed)
    streams.counted[stream] = streams.position[stream]
    tallies.writes[stream] += marked - 2 * runs
    return runs


def count_hits(caches: Ints, state: CacheState, lines: Ints, mask: int) -> int:
    """Hits of a trace in one cache alone, whose set is the line's bits under `mask`: the bare simulation."""
    hits = 0
    for position in range(len(lines)):
        line = lines[position]
        if touch(caches, state, 0, line & mask, line, position + 1) == HIT:
            hits += 1
    return hits
