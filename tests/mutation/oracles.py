"""What must hold, each checked without the part of colorcheck that it judges."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import permutations, product

from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Verdict
from colorcheck.hardware.index import KnownIndex, Linear, XorHashed
from colorcheck.inputs.manifest.manifest import PlanPolicy
from colorcheck.plan import plan
from colorcheck.plan.problem import Demand, PlanProblem
from colorcheck.plan.search.evaluate import faults, measure
from colorcheck.proof.allocator import STEPS, invariant_script
from colorcheck.proof.context import Context
from colorcheck.proof.counting import check_counting, hall_set, taking_certificate
from colorcheck.proof.leveling import level as level_of_proof
from colorcheck.proof.memory import memory
from colorcheck.proof.orders import Needs, connected, order_without_room
from colorcheck.proof.placement import placement
from colorcheck.proof.script import Named, SmtScript
from colorcheck.proof.solver import decide
from colorcheck.xen.effective import effective
from colorcheck.xen.kinds import Failure, FailureKind
from colorcheck.xen.memory.boot import boot
from colorcheck.xen.memory.color_heap import ColorHeap
from colorcheck.xen.memory.relocation import used_colors
from tests.plan.exhaustive import best_total, possible
from tests.proof.systems import ZCU102, board, booted, domain, level_boot, system, theorems, verdicts
from tests.proof.test_memory import created, frame_by_frame
from tests.xen.golden_cases import GOLDEN, board_of, deployment, load


def measured(*names: str) -> None:
    """Boots of real Xen come out as measured."""
    for name in names:
        path = GOLDEN / "boots" / f"{name}.json"
        case = load(path)
        expect, on = case["expect"], board_of(case)
        given = deployment(path, case)
        found = boot(effective(given, on, case["xen"]))
        assert found is not None
        assert found.outcome == expect["outcome"]
        assert (found.panic and found.panic.to_dict()) == expect["panic"]
        if expect["outcome"] == "boots" and expect["nr_colors"]:
            assert list(found.system.xen_colors) == expect["xen_colors"]
            assert list(found.xen_region or ()) == expect["xen_region"]
            assert list(found.free_final) == expect["color_heap"]
            domains = {
                str(b.domain.id): {"colors": list(b.domain.colors), "pages": b.domain.nr_pages} for b in found.built
            }
            assert domains == expect["domains"]


def heap_of_single_frames() -> None:
    """The color heap gives out what single requests would: each frame once, of the right color, in the right order."""
    rng = random.Random(7)
    for _ in range(60):
        colors = rng.choice([2, 4, 8])
        regions = [(10, 10 + rng.randint(1, 30)), (60, 60 + rng.randint(1, 30))]
        lists: list[list[int]] = [[] for _ in range(colors)]
        for start, end in reversed(regions):
            for mfn in range(start, end):
                lists[mfn % colors].insert(0, mfn)
        lists = [[mfn for low, high in regions for mfn in sorted(c, reverse=True) if low <= mfn < high] for c in lists]
        heap = ColorHeap.at_boot(colors, regions)
        for _ in range(5):
            wanted = [rng.randrange(colors) for _ in range(rng.randint(1, colors))]
            taken, heap = heap.take(wanted, rng.randint(1, 12))
            mine = [mfn for run in taken.runs() for mfn in run.mfns()]
            for mfn in mine:
                fullest = max(wanted, key=lambda color: len(lists[color]))
                assert lists[fullest].pop(0) == mfn
            assert taken.count == len(mine)
            assert taken.missing == 0 or not any(lists[color] for color in wanted)
            assert heap.free == tuple(map(len, lists))


def proofs_of_memory() -> None:
    """Theorems on memory agree with single frames, in order and in every order, and certificates hold."""
    for free, wanted in (
        ([0, 5, 3, 0], [(4, (1, 2)), (4, (1,))]),
        ([4, 4, 4, 4], [(8, (0, 1)), (8, (2, 3)), (1, (0,))]),
        ([4, 4, 4, 4], [(7, (0, 1)), (1, (0, 1)), (8, (2, 3))]),
        ([6, 2, 5, 0], [(3, (0, 1)), (6, (1, 0, 2)), (4, (2,))]),
        ([3, 3, 0, 0], [(6, (0, 1))]),
        ([3, 3, 0, 0], [(7, (0, 1))]),
        ([3, 3, 2, 0], [(2, (0, 1, 2)), (3, (1,)), (3, (0,))]),
    ):
        of = system(4, [domain(n, colors, pages) for n, (pages, colors) in enumerate(wanted, 1)])
        found = {t.id: t for t in memory(Context(of, booted(of, free), None, PlanPolicy("any"), 20.0))}
        for number, fits in enumerate(created(free, wanted), 1):
            assert str(found[f"memory/d{number}"].verdict) == ("proved" if fits else "refuted")
            certificate = found[f"memory/d{number}"].certificate
            assert fits or check_counting(certificate)
        needs = {f"d{n}": each for n, each in enumerate(wanted)}
        assert (taking_certificate(needs, tuple(free)) is None) == created(free, wanted)[-1]
        assert hall_set(needs, free) is None or not all(created(free, wanted))
    of = system(4, [domain(1, (0, 1), 4), domain(2, (0,), 4)])
    every = {t.id: str(t.verdict) for t in memory(Context(of, booted(of, [5, 3, 0, 0]), None, PlanPolicy("any"), 20.0))}
    assert every["memory-any-order/d1"] == "proved"
    assert every["memory-any-order/d2"] == "refuted"


def orders_of_creation() -> None:
    """The search for an order that leaves too little agrees with all permutations, also where no likely one fails."""
    drawn = random.Random(5)
    beyond = 0
    for _ in range(400):
        free = tuple(drawn.randrange(7) for _ in range(3))
        needs = {name: (drawn.randrange(1, 6), tuple(drawn.sample(range(3), drawn.randrange(1, 3)))) for name in "abcd"}
        others = connected("a", needs)
        wanted = needs["a"][0]

        def room(order: Sequence[str], free: tuple[int, ...] = free, needs: Needs = needs) -> int:
            for name in order:
                free = left(free, *needs[name])
            return sum(free[color] for color in needs["a"][1])

        failing = [
            order for count in range(len(others) + 1) for order in permutations(others, count) if room(order) < wanted
        ]
        found = order_without_room("a", needs, free, 20.0)
        assert (found.order is None) == (not failing)
        assert found.order is None or room(found.order) < wanted
        assert found.complete == (found.order is None)
        likely = [tuple(line[:count]) for line in (others, others[::-1]) for count in range(len(others) + 1)]
        beyond += bool(failing) and not any(order in likely for order in failing)
    assert beyond


def left(free: tuple[int, ...], pages: int, colors: Sequence[int]) -> tuple[int, ...]:
    """Frame by frame from the fullest color; a creation that finds too few keeps all that there were."""
    rest = frame_by_frame(free, pages, colors)
    if rest is not None:
        return tuple(rest)
    return tuple(0 if color in colors else count for color, count in enumerate(free))


def certificates_are_judged() -> None:
    honest = {"kind": "hall", "domains": {"a": {"pages": 6, "colors": [0]}}, "free_by_color": {"0": 5}}
    assert check_counting(honest)
    assert not check_counting({**honest, "free_by_color": {"0": 6}})
    assert not check_counting({**honest, "domains": {"a": {"pages": 6, "colors": [0, 1]}}})
    taking = taking_certificate({"a": (4, [0, 1]), "b": (4, [0])}, (5, 3))
    assert check_counting(taking)
    assert taking is not None
    first, *rest = taking.steps
    for wrong in ((1, 3), (2, 1), (0, 4)):
        assert not check_counting(replace(taking, steps=(replace(first, left=wrong), *rest)))
    order = taking_certificate({"a": (3, [0, 1]), "b": (9, [0])}, (5, 3))
    assert check_counting(order)
    assert order is not None
    first, *rest = order.steps
    assert first.left == (2, 3)
    assert not check_counting(replace(order, steps=(replace(first, left=(3, 2)), *rest)))


def leveling_of_proof() -> None:
    for free in product(range(4), repeat=3):
        for pages in range(10):
            for colors in ((0, 1, 2), (2, 0), (1,), (1, 1, 0)):
                expected = frame_by_frame(free, pages, colors)
                assert level_of_proof(free, colors, pages) == (None if expected is None else tuple(expected))


def meets(index: KnownIndex, first: int, second: int) -> bool:
    seen = {index.set_of(a) for a in range(0, 1 << 19, 64) if a // 4096 % 4 == first}
    return any(index.set_of(b) in seen for b in range(0, 1 << 19, 64) if b // 4096 % 4 == second)


def pairs_and_sets() -> None:
    """Theorems on sets and pairs agree with every address, every pair of color sets and every cluster."""
    hashed = XorHashed(64, (*(1 << bit for bit in range(6, 13)), 1 << 13 | 1 << 15))
    mixed = XorHashed(64, (*(1 << bit for bit in range(6, 13)), 1 << 13 | 1 << 12))
    for index in (Linear(64, 256), Linear(64, 128), Linear(64, 192), hashed, mixed):
        of = system(4, [domain(c, [c], 1) for c in (1, 2, 3)])
        found = verdicts(of, level_boot(of, 10), board(index))
        whole = any(meets(index, a, b) for a, b in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)))
        assert found["geometry/declared"] == ("refuted" if whole else "proved")
        for first, second in ((1, 2), (1, 3), (2, 3)):
            assert found[f"separation/d{first}/d{second}"] == ("refuted" if meets(index, first, second) else "proved")
    of = system(8, [domain(1, [1, 7], 1), domain(2, [2, 5], 1), domain(3, [7], 1)], xen=(0,))
    found = verdicts(of, level_boot(of, 20), board(Linear(64, 512)))
    assert found["separation/d1/d2"] == found["separation/xen/d3"] == "proved"
    assert found["separation/d1/d3"] == "refuted"
    found = verdicts(of, level_boot(of, 20), board(Linear(64, 512), Linear(64, 256)))
    assert found["separation/d1/d2"] == "refuted"
    assert found["sets/cluster0"] == found["sets/cluster1"] == "proved"
    apart = system(
        8, [domain(1, [1], 1, cpus=(0,)), domain(2, [1], 1, cpus=(1,)), domain(3, [1], 1), domain(4, [1], 1, cpus=(7,))]
    )
    clusters = board(Linear(64, 512), Linear(64, 512), cpus=((0,), (1,)))
    found = verdicts(apart, level_boot(apart, 20), clusters)
    assert found["separation/d1/d2"] == "proved"
    assert found["separation/d1/d3"] == found["separation/d1/d4"] == "refuted"
    fork = system(8, [domain(1, [1], 1)], version="xilinx-4.17")
    assert set(verdicts(fork, level_boot(of, 20)).values()) >= {"unknown"}


def allocator_steps() -> None:
    of = system(4, [domain(1, [1], 1)])
    found = verdicts(of, level_boot(of, 10))
    assert {name: verdict for name, verdict in found.items() if name.startswith("allocator")} == dict.fromkeys(
        (f"allocator/{name}" for name in ("boot", "create", "populate", "p2m", "balloon-down", "destroy")), "proved"
    )


def vacuity_is_seen() -> None:
    of = system(4, [domain(1, [], 1), domain(2, [2], 1)])
    found = theorems(of, level_boot(of, 10), ZCU102)
    assert str(found["separation/d1/d2"].verdict) == "vacuous"
    stopped = replace(of, panic=Failure(FailureKind.GEOMETRY, "no cache"))
    assert str(theorems(stopped, level_boot(of, 10))["separation/xen/d2"].verdict) == "vacuous"


def heap_counts() -> None:
    """The counts of the heap are held against its pieces, and Xen's region against everything else."""
    of = system(4, [domain(1, [1], 1)])
    right = level_boot(of, 10)
    for color in range(4):
        free = tuple(10 + (c == color) for c in range(4))
        other = Context(of, replace(right, free_initial=free), ZCU102, PlanPolicy(), 20.0)
        assert {t.id: str(t.verdict) for t in placement(other)}["memory/heap"] == "refuted"
    uneven = booted(of, [1, 2, 3, 4])
    assert {t.id: str(t.verdict) for t in placement(Context(of, uneven, ZCU102, PlanPolicy(), 20.0))}[
        "memory/heap"
    ] == "proved"
    fine = {t.id: str(t.verdict) for t in placement(Context(of, right, ZCU102, PlanPolicy(), 20.0))}
    assert fine["memory/heap"] == fine["placement/xen"] == "proved"
    region = (right.memory_map[0].start * 4096 // (2 << 20) * (2 << 20), right.memory_map[-1].end * 4096)
    moved = {
        t.id: str(t.verdict)
        for t in placement(Context(of, replace(right, xen_region=region), ZCU102, PlanPolicy(), 20.0))
    }
    assert moved["placement/xen"] == "refuted"


def plans() -> None:
    """Plans are the best of all assignments, obey every rule, and exist wherever any assignment does."""
    rng = random.Random(3)
    for _ in range(25):
        colors = rng.choice([4, 5])
        capacity = tuple(rng.choice([3, 3, 4, 6]) for _ in range(colors))
        demands = [Demand("xen", 0)]
        for number in range(rng.randint(1, 3)):
            curve = tuple(float(rng.randint(0, 9)) for _ in range(colors))
            demands.append(Demand(f"d{number}", rng.randint(1, 7), today=ColorSet.of([number]), curve=curve))
        problem = PlanProblem(capacity, tuple(demands), objectives=("misses",))
        found = plan(problem, repairs=False)
        best = best_total(problem)
        if best is None:
            assert found.status == "infeasible"
            assert not possible(problem)
        else:
            assert found.domains, problem
            reached = found.objective[0]
            assert reached.bound <= best <= reached.value
            assert found.status != "optimal" or reached.value == best


def contradiction() -> None:
    """Assumptions that cannot hold together make a theorem vacuous, and the core names them."""
    names = [Named("one", "(= x 1)"), Named("other", "(> y 0)"), Named("two", "(= x 2)")]
    script = SmtScript("QF_LIA", ("(declare-const x Int)", "(declare-const y Int)"), tuple(names), "(= y 7)")
    answer = decide(script, 20.0)
    assert answer.verdict is Verdict.VACUOUS
    assert set(answer.core) == {"one", "two"}


def broken_steps_are_refuted() -> None:
    for step in STEPS:
        for number, term in enumerate(step.terms):
            terms = (*step.terms[:number], *step.terms[number + 1 :])
            if term not in HARMLESS:
                assert decide(invariant_script(replace(step, terms=terms)), 20.0).verdict is Verdict.REFUTED, term


HARMLESS = ("(forall ((x Dom) (k Color)) (=> (not (= x d)) (= (has2 x k) (has x k))))",)


def plan_values() -> None:
    """The evaluator sees what is wrong with colors, and counts as a person would."""
    problem = PlanProblem(
        (300, 300, 300, 300),
        (Demand("xen", 0), Demand("a", 500, today=ColorSet.of([1, 2]), max_colors=2), Demand("b", 200, min_colors=1)),
    )
    right = {"xen": ColorSet.of([0]), "a": ColorSet.of([1, 2]), "b": ColorSet.of([3])}
    assert faults(problem, right) == []
    assert measure(problem, right, ["changes", "ranges", "margin"]) == {"changes": 2, "ranges": 3, "margin": 0}
    for wrong in ({"b": ColorSet.of([2])}, {"a": ColorSet.of([1])}, {"b": ColorSet()}, {"xen": ColorSet.of([4])}):
        assert faults(problem, {**right, **wrong})
    wide = replace(problem, capacity=(300,) * 5, cells=())
    assert faults(wide, right) == []
    assert faults(wide, {**right, "a": ColorSet.of([1, 2, 4])})
    folded = replace(problem, cells=(ColorSet.of([0, 2]), ColorSet.of([1, 3])))
    assert faults(folded, right)


def place_of_xen() -> None:
    """The old place of Xen counts with the size of the new one; colors that do not rise are never met."""
    case = load(path := GOLDEN / "boots" / "basic-4.20.json")
    given = deployment(path, case)
    moved = replace(
        given, manifest=replace(given.manifest, target=replace(given.manifest.target, xen_address=0xBE000000))
    )
    found = boot(effective(moved, board_of(case), "4.20"))
    assert found is not None
    assert found.xen_region == (0xBC800000, 0xBE000000)
    assert used_colors((2, 5, 3, 7)) == (2, 5, 7)


def tight_plans() -> None:
    """Where the fullest cells are contested, plans are still the best of all assignments, and proved to be."""
    rng = random.Random(11)
    branched = 0
    for _ in range(150):
        capacity = tuple(rng.choice([2, 3, 5, 9]) for _ in range(5))
        demands = [Demand("xen", 0)]
        for number in range(2):
            need = rng.choice([5, 8, 9, 10])
            curve = tuple(float(cost) for cost in sorted(rng.sample(range(20), 5), reverse=rng.random() < 0.5))
            demands.append(Demand(f"d{number}", need, curve=curve))
        problem = PlanProblem(capacity, tuple(demands), objectives=("misses",))
        best = best_total(problem)
        found = plan(problem, repairs=False)
        assert (best is None) == (found.status == "infeasible")
        if best is not None:
            assert found.status == "optimal"
            assert found.objective[0].value == best
            branched += 1
    assert branched > 20
