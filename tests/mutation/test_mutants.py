"""Every mutant of the Xen model, of the proofs and of the plans is caught; without a mutant no oracle complains."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.mutation import oracles
from tests.mutation.mutants import Mutant, planted

pytestmark = pytest.mark.slow

X, P, L = "colorcheck.xen.", "colorcheck.proof.", "colorcheck.plan."
Oracle = Callable[[], None]


def boots(*names: str) -> Oracle:
    return partial(oracles.measured, *names)


CASES: tuple[tuple[Mutant, Oracle], ...] = (
    # the Xen model
    (
        Mutant(
            "a page is given twice: the place in the list is not advanced",
            X + "memory.color_heap",
            "used[color] += number",
            "used[color] += 0",
        ),
        oracles.heap_of_single_frames,
    ),
    (
        Mutant(
            "a repeated color is asked twice",
            X + "memory.color_heap",
            "order = tuple(dict.fromkeys(colors))",
            "order = tuple(colors)",
        ),
        oracles.heap_of_single_frames,
    ),
    (
        Mutant(
            "wrong pass limit: the fullest list alone serves all",
            X + "memory.leveling",
            "if total - width * below > count:",
            "if total > count:",
        ),
        oracles.heap_of_single_frames,
    ),
    (
        Mutant(
            "off by one at the last list",
            X + "memory.leveling",
            "below = descending[width] if width < len(descending) else 0",
            "below = descending[width] if width + 1 < len(descending) else 0",
        ),
        oracles.heap_of_single_frames,
    ),
    (
        Mutant(
            "the rest goes to lists below the level",
            X + "memory.leveling",
            "extra = height >= floor and rest > 0",
            "extra = height > 0 and rest > 0",
        ),
        oracles.heap_of_single_frames,
    ),
    (
        Mutant(
            "off by one of the last color in a region",
            X + "memory.color_heap",
            "change[min(last, self.nr_colors)] -= 1",
            "change[min(last + 1, self.nr_colors)] -= 1",
        ),
        oracles.heap_of_single_frames,
    ),
    (
        Mutant(
            "the lowest region goes to the color heap",
            X + "memory.heaps",
            "for start, end in reversed(filled[1:]):",
            "for start, end in reversed(filled):",
        ),
        boots("basic-4.20"),
    ),
    (
        Mutant(
            "the reserve comes from the lowest region upwards",
            X + "memory.heaps",
            "for start, end in reversed(filled[1:]):",
            "for start, end in filled[1:]:",
        ),
        boots("basic-4.20", "rsv-a-4.22"),
    ),
    (
        Mutant("the reserve is not used up", X + "memory.heaps", "budget -= part", "budget -= 0"),
        boots("basic-4.20"),
    ),
    (
        Mutant(
            "Xen's region as large as its image",
            X + "memory.relocation",
            "return -(-image_size * nr_colors // ALIGNMENT) * ALIGNMENT",
            "return -(-image_size // ALIGNMENT) * ALIGNMENT",
        ),
        boots("basic-4.20"),
    ),
    (
        Mutant(
            "Xen's old place does not count with the new size",
            X + "memory.relocation",
            'end = module.start + size if module.kind == "xen" else module.end',
            "end = module.end",
        ),
        oracles.place_of_xen,
    ),
    (
        Mutant(
            "colors of Xen that do not rise are used",
            X + "memory.relocation",
            "if not found or color > found[-1]:",
            "if True:",
        ),
        oracles.place_of_xen,
    ),
    (
        Mutant(
            "the frame table of 4.22 rounded as in 4.20",
            X + "memory.boot_regions",
            "if traits.frame_table_rounding is FrameTableRounding.BLOCKS:",
            "if True:",
        ),
        boots("mem-3072-4.22"),
    ),
    (
        Mutant(
            "boot memory is taken from the lowest region",
            X + "memory.boot_regions",
            "for index in range(len(self.regions) - 1, -1, -1):",
            "for index in range(len(self.regions)):",
        ),
        boots("basic-4.20"),
    ),
    (
        Mutant(
            "modules are free memory",
            X + "memory.boot_regions",
            'modules = [m.span for m in machine.modules if m.kind != "xen" and m.size] + [xen_region]',
            "modules = [xen_region]",
        ),
        boots("basic-4.20"),
    ),
    (
        Mutant(
            "a dom0less pool not rounded to MiB",
            X + "memory.p2m",
            "return -(-kib // KIB) * MIB_PAGES",
            "return kib // 4",
        ),
        boots("banks-a-4.20"),
    ),
    (
        Mutant(
            "blocks used although the end is not aligned",
            X + "machine.mapping",
            "if not self.blocks or end % THIRD:",
            "if not self.blocks:",
        ),
        boots("basic-4.20"),
    ),
    (
        Mutant(
            "dom0's tables on four levels lack one",
            X + "memory.p2m",
            "if p2m_levels == 4 else 0)",
            "if p2m_levels == 5 else 0)",
        ),
        boots("cpu-cortex-a72-4.22"),
    ),
    (
        Mutant(
            "no inheritance of colors on 4.20",
            X + "domains.dom0less",
            "elif not rules.release.traits.inherits_colors:",
            "else:",
        ),
        boots("inherit-4.20"),
    ),
    (
        Mutant(
            "inheritance of colors on 4.21, too",
            X + "domains.dom0less",
            "elif not rules.release.traits.inherits_colors:",
            "elif False:",
        ),
        boots("inherit-4.21"),
    ),
    (
        Mutant(
            "a color equal to the number of colors is taken",
            X + "options.geometry",
            "if color >= nr_colors), None)",
            "if color > nr_colors), None)",
        ),
        boots("xenparse-big-4.20", "duparse-big-4.20", "parse-big-4.21"),
    ),
    # the proofs
    (
        Mutant(
            "the level of the proof is one too low",
            P + "leveling",
            "if left[color] > low:",
            "if left[color] >= low + 2:",
        ),
        oracles.leveling_of_proof,
    ),
    (
        Mutant(
            "the rest is taken from lists below the level",
            P + "leveling",
            "if rest and left[color] == low:",
            "if rest and left[color] <= low:",
        ),
        oracles.leveling_of_proof,
    ),
    (
        Mutant(
            "colors of those before do not count",
            P + "memory",
            "if not earlier.party.colors.isdisjoint(touched):",
            "if False:",
        ),
        oracles.proofs_of_memory,
    ),
    (
        Mutant(
            "memory may be missed by one frame", P + "memory", 'claim = f"(<= need {total(', 'claim = f"(< need {total('
        ),
        oracles.proofs_of_memory,
    ),
    (
        Mutant(
            "rivals take nothing",
            P + "memory",
            "rivals = [other for other in others if not other.colors.isdisjoint(party.colors)]",
            "rivals = []",
        ),
        oracles.proofs_of_memory,
    ),
    (
        Mutant(
            "the search for an order stops at the first domain",
            P + "orders",
            "stack.append(((*order, other), left))",
            "pass",
        ),
        oracles.orders_of_creation,
    ),
    (
        Mutant(
            "a likely order that fails is told without its last domain",
            P + "orders",
            "return tuple(order[:number])",
            "return tuple(order[: max(0, number - 1)])",
        ),
        oracles.orders_of_creation,
    ),
    (
        Mutant(
            "a creation that fails gives its frames back",
            P + "orders",
            "return tuple(0 if color in gone else count for color, count in enumerate(free))",
            "return free",
        ),
        oracles.orders_of_creation,
    ),
    (
        Mutant(
            "a certificate that needs just what is there counts",
            P + "counting",
            "for domain in domains.values()) > sum(free.values()))",
            "for domain in domains.values()) >= sum(free.values()))",
        ),
        oracles.certificates_are_judged,
    ),
    (
        Mutant(
            "a certificate may leave out colors", P + "counting", "colors == set(free) and", "colors >= set(free) and"
        ),
        oracles.certificates_are_judged,
    ),
    (
        Mutant("a certificate may take from any color", P + "counting", "standing == sorted(standing)", "True"),
        oracles.certificates_are_judged,
    ),
    (
        Mutant(
            "the highest color bit is cut off",
            P + "index",
            "{PAGE_BITS + nr_colors.bit_length() - 2}",
            "{PAGE_BITS + max(0, nr_colors.bit_length() - 3)}",
        ),
        oracles.pairs_and_sets,
    ),
    (
        Mutant("only the first index bit is compared", P + "index", "for m in masks])", "for m in masks[:1]])"),
        oracles.pairs_and_sets,
    ),
    (
        Mutant(
            "a hash loses its last address bit",
            P + "index",
            "for bit in range(width) if mask >> bit & 1]",
            "for bit in range(width) if mask >> bit & 1][:1]",
        ),
        oracles.pairs_and_sets,
    ),
    (
        Mutant(
            "the smaller cluster is not folded",
            P + "context",
            "return gcd(nr_colors, index.line * index.sets // PAGE)",
            "return nr_colors",
        ),
        oracles.pairs_and_sets,
    ),
    (
        Mutant(
            "a cache is shared unless both run elsewhere",
            P + "pairs",
            "return not any(frozenset(cpus) <= every and shared.cpus.isdisjoint(cpus) for cpus in pinned)",
            "return not all(frozenset(cpus) <= every and shared.cpus.isdisjoint(cpus) for cpus in pinned)",
        ),
        oracles.pairs_and_sets,
    ),
    (
        Mutant(
            "a cache of fewer colors counts as one of all of Xen's",
            P + "context",
            "return gcd(nr_colors, index.line * index.sets // PAGE)",
            "return nr_colors",
        ),
        oracles.pairs_and_sets,
    ),
    (
        Mutant(
            "disjoint means not equal",
            P + "pairs",
            'return f"(= (bvand {first} {second}) {vector(0, modulus)})"',
            'return f"(not (= {first} {second}))"',
        ),
        oracles.pairs_and_sets,
    ),
    (
        Mutant(
            "a version that is not modelled counts as modelled",
            P + "context",
            "return self.system.release.modelled",
            "return True",
        ),
        oracles.pairs_and_sets,
    ),
    (
        Mutant("sat and unsat are mixed up", P + "solver", "    if result == z3.unsat:", "    if result == z3.sat:"),
        oracles.pairs_and_sets,
    ),
    (
        Mutant(
            "the claim is not negated",
            P + "solver",
            "solver.add(z3.Not(parsed[len(marks)]))",
            "solver.add(parsed[len(marks)])",
        ),
        oracles.allocator_steps,
    ),
    (
        Mutant(
            "contradicting assumptions are not looked for",
            P + "solver",
            "    if possible == z3.unsat:",
            "    if False:",
        ),
        oracles.contradiction,
    ),
    (
        Mutant(
            "isolation is proved in a Xen that panics",
            P + "pairs",
            "if panic := system.panic or system.pool_panic or system.end_panic:",
            "if panic := None:",
        ),
        oracles.vacuity_is_seen,
    ),
    (
        Mutant(
            "the invariant after the step is not asked for",
            P + "allocator",
            'after = conjunction([*(text.format("2") for text in INVARIANT.values()), *kept])',
            'after = conjunction([*(text.format("") for text in INVARIANT.values()), *kept])',
        ),
        oracles.broken_steps_are_refuted,
    ),
    (
        Mutant(
            "frames of the heap are counted one color off",
            P + "placement",
            "shift = nr_colors - 1 - color",
            "shift = nr_colors - color",
        ),
        oracles.heap_counts,
    ),
    (
        Mutant(
            "what lies in Xen's region is not looked at",
            P + "placement",
            'if i.use not in {MapUse.XEN, "free"}]',
            "if i.use in {MapUse.MODULE}]",
        ),
        oracles.heap_counts,
    ),
    # the plans
    (
        Mutant(
            "counts that just fit are cut off",
            L + "search.branch",
            "if needed > self.most[cells]:",
            "if needed >= self.most[cells]:",
        ),
        oracles.tight_plans,
    ),
    (
        Mutant(
            "branching leaves out the first counts",
            L + "search.branch",
            "for bound, count in children:",
            "for bound, count in children[1:]:",
        ),
        oracles.tight_plans,
    ),
    (
        Mutant(
            "cells that a small cache cannot tell apart are not looked at",
            L + "search.evaluate",
            "if not cell.isdisjoint(colors))",
            "if cell <= colors)",
        ),
        oracles.plan_values,
    ),
    (
        Mutant(
            "one color too many passes",
            L + "search.evaluate",
            "len(own) > demand.max_colors:",
            "len(own) > demand.max_colors + 1:",
        ),
        oracles.plan_values,
    ),
    (
        Mutant(
            "the knapsack forgets the last count",
            L + "search.knapsack",
            "best = tables[-1][stock]",
            "best = tables[-1][stock - 1]",
        ),
        oracles.plans,
    ),
    (
        Mutant(
            "the fewest cells are one too many",
            L + "search.blocks",
            "return max(block.low, bisect_left(self.most, need))",
            "return max(block.low, bisect_left(self.most, need) + 1)",
        ),
        oracles.plans,
    ),
    (
        Mutant("cells that fall short pass", L + "search.place", "slack[poor] >= 0:", "slack[poor] >= -9:"),
        oracles.plans,
    ),
    (
        Mutant(
            "no plan is infeasible too early",
            L + "search.blocks",
            "return sum(least) <= self.stock and",
            "return sum(least) < self.stock and",
        ),
        oracles.plans,
    ),
)


@pytest.mark.parametrize(("mutant", "oracle"), CASES, ids=[mutant.why for mutant, _ in CASES])
def test_mutant_is_caught(mutant: Mutant, oracle: Oracle) -> None:
    with planted(mutant), pytest.raises(Exception):  # noqa: B017, PT011
        oracle()


@pytest.mark.parametrize("oracle", dict.fromkeys(o for _, o in CASES if not isinstance(o, partial)))
def test_without_a_mutant_nothing_complains(oracle: Oracle) -> None:
    oracle()


def test_measured_boots_hold_without_a_mutant() -> None:
    for oracle in (o for _, o in CASES if isinstance(o, partial)):
        oracle()


def test_there_are_enough() -> None:
    assert len(CASES) >= 25
    assert len({mutant.why for mutant, _ in CASES}) == len(CASES)
