"""Generators of accesses, in the kernel's subset of Python.

A generator walks in bytes from the start of its domain's memory and gives lines, gaps to the next access in 1/256
cycle, and marks (1: a write, 2: the last access of a run).
"""

from __future__ import annotations

from colorcheck.interference.compiled import part
from colorcheck.interference.kernel import INDEX, random_next
from colorcheck.interference.tables import Ints

WALK, COPY, CHASE, MATRIX, MIX = 0, 1, 2, 3, 4
KIND, FIRST, SHIFT, SIZE, STRIDE, WRITES, GAP, PERIOD, RUN, HOT, SHARE, BITS, JITTER, UNEVEN, PARAMETERS = range(15)
"""Parameters: the generator, the first line, log2 of the line, bytes, stride in bytes (for a matrix its rows), writes
in 1/256 of all, gap and period in 1/256 cycle, accesses a run, hot bytes, accesses to them in 1/256 of all, log2 of
the permutation's length, the most that a period is late by chance and that a gap differs from its mean, both in
1/256 cycle."""
POSITION, DEBT, RNG, COUNT, ROW, COLUMN, TIME_RNG, STATES = range(8)


@part
def is_write(p: Ints, state: Ints) -> int:
    """1 for every n-th access, so that writes are spread evenly."""
    state[DEBT] += p[WRITES]
    if state[DEBT] < 256:
        return 0
    state[DEBT] -= 256
    return 1


@part
def pause(p: Ints, state: Ints, accesses: int) -> int:
    """The gap at the end of a run of `accesses` accesses: until the next period begins, with its jitter."""
    gap = p[GAP]
    if p[PERIOD] > accesses * gap:
        gap = p[PERIOD] - (accesses - 1) * p[GAP]
    if p[JITTER]:
        state[TIME_RNG] = random_next(state[TIME_RNG])
        gap += state[TIME_RNG] % p[JITTER]
    return gap


@part
def permuted(value: int, bits: int) -> int:
    """A pseudo-random permutation of the numbers of `bits` bits."""
    mask = (1 << bits) - 1
    half = (bits + 1) >> 1
    value ^= value >> half
    value = value * 0x2545F491 & mask
    value ^= value >> half
    return value * 0x1B873593 & mask


@part
def next_link(p: Ints, state: Ints) -> int:
    """The next element of a chain that visits each line once before it repeats (a full-period generator)."""
    mask = (1 << p[BITS]) - 1
    lines = p[SIZE] >> p[SHIFT]
    found = lines
    while found >= lines:
        state[POSITION] = (state[POSITION] * 1664525 + 1013904223) & mask
        found = permuted(state[POSITION], p[BITS])
    return found << p[SHIFT]


@part
def matrix_step(p: Ints, state: Ints) -> int:
    """C[i][j] += A[i][k] * B[k][j] of n x n doubles, A, B and C one after the other; -1 - byte for a write."""
    n = p[STRIDE]
    area = n * n * 8
    k = state[POSITION] >> 1
    if k == n:
        byte = 2 * area + (state[ROW] * n + state[COLUMN]) * 8
        state[POSITION] = 0
        state[COLUMN] += 1
        if state[COLUMN] == n:
            state[COLUMN] = 0
            state[ROW] = (state[ROW] + 1) % n
        return -1 - byte
    first = state[POSITION] & 1 == 0
    state[POSITION] += 1
    return (state[ROW] * n + k) * 8 if first else area + (k * n + state[COLUMN]) * 8


@part
def next_byte(p: Ints, state: Ints) -> int:
    """The byte of the next access; -1 - byte for a write."""
    kind = p[KIND]
    if kind == MATRIX:
        return matrix_step(p, state)
    if kind == COPY:
        half, at = p[SIZE] >> 1, state[POSITION]
        if state[DEBT] == 0:
            state[DEBT] = 1
            return at
        state[DEBT] = 0
        state[POSITION] = (at + p[STRIDE]) % half
        return -1 - half - at
    if kind == CHASE:
        byte = next_link(p, state)
    else:
        byte = state[POSITION]
        state[POSITION] = (byte + p[STRIDE]) % p[SIZE]
    return -1 - byte if is_write(p, state) else byte


@part
def modulo(value: int, divisor: int) -> int:
    """The remainder, without a division where the divisor is a power of two. Nothing is negative."""
    return value & (divisor - 1) if divisor & (divisor - 1) == 0 else value % divisor


@part
def uneven_gap(rng: int, least: int, span: int) -> int:
    """A gap from `least` on, of `span` that are equally likely."""
    return least + ((rng * span) >> 32)


@part
def mix(p: Ints, state: Ints, line: Ints, gap: Ints, mark: Ints, start: int, end: int) -> None:
    """Lines, writes and gaps of MIX. Its states are kept in variables, so that steps do not wait for memory, and its
    two generators take turns, so that neither waits for itself."""
    rng, debt, time_rng = state[RNG], state[DEBT], state[TIME_RNG]
    share, hot, size, writes, first, shift = p[SHARE], p[HOT], p[SIZE], p[WRITES], p[FIRST], p[SHIFT]
    least, span = p[GAP] - p[UNEVEN], 2 * p[UNEVEN] + 1
    uneven = p[UNEVEN] > 0
    for slot in range(start & INDEX, end):
        rng = random_next(rng)
        byte = modulo(rng >> 8, hot if rng & 255 < share else size)
        debt += writes
        line[slot] = first + (byte >> shift)
        mark[slot] = debt >> 8
        debt &= 255
        if uneven:
            time_rng = random_next(time_rng)
        gap[slot] = uneven_gap(time_rng, least, span)
    state[RNG], state[DEBT], state[TIME_RNG] = rng, debt, time_rng


@part
def others(p: Ints, state: Ints, line: Ints, gap: Ints, mark: Ints, start: int, end: int) -> None:
    """Lines, writes and gaps of all other generators."""
    for slot in range(start & INDEX, end):
        byte = next_byte(p, state)
        write = 0
        if byte < 0:
            write = 1
            byte = -1 - byte
        line[slot] = p[FIRST] + (byte >> p[SHIFT])
        mark[slot] = write
    least, span = p[GAP] - p[UNEVEN], 2 * p[UNEVEN] + 1
    rng, uneven = state[TIME_RNG], p[UNEVEN] > 0
    for slot in range(start & INDEX, end):
        if uneven:
            rng = random_next(rng)
        gap[slot] = uneven_gap(rng, least, span)
    state[TIME_RNG] = rng


def generate(p: Ints, state: Ints, line: Ints, gap: Ints, mark: Ints, start: int, count: int) -> int:
    """Write the next `count` accesses of a generator from slot `start` on; returns their number.

    Gaps vary around their mean: two regular walkers of equal rate would otherwise stay in step and never meet in a set.
    """
    slot, end = start, start + count
    while slot < end:
        stop = min(end, slot + p[RUN] - state[COUNT])
        if p[KIND] == MIX:
            mix(p, state, line, gap, mark, slot, stop)
        else:
            others(p, state, line, gap, mark, slot, stop)
        state[COUNT] += stop - slot
        if state[COUNT] == p[RUN]:
            state[COUNT] = 0
            mark[stop - 1] |= 2
            gap[stop - 1] = pause(p, state, p[RUN])
        slot = stop
    return count
