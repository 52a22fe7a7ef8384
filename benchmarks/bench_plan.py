"""How fast plans are made and proved optimal, beside CP-SAT with one worker on the same instances in the same run.

python benchmarks/bench_plan.py             sizes up to 32 domains and 128 colors, three seeds each
python benchmarks/bench_plan.py --quick     the two small sizes only
python benchmarks/bench_plan.py --peers     plan, CP-SAT and HiGHS on all objectives, 3 s for each; then fronts

Times are the processor's, so that a busy machine falsifies them less; CP-SAT gets 20 s for an instance. Then: how long
a clash by one color takes to be named, and how much better plans are than splitting evenly, in proportion to memory,
or greedily first-fit by memory.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from statistics import geometric_mean
from time import process_time

from cp_sat import second_opinion
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.plan import plan
from colorcheck.plan.problem import Demand, PlanProblem
from colorcheck.plan.search.blocks import Field, make_field
from colorcheck.plan.search.evaluate import measure
from colorcheck.plan.search.front import DEFAULT_GOALS, front
from colorcheck.plan.search.search import assigned_colors

SIZES = ((4, 16), (8, 32), (16, 64), (32, 128))
SEEDS = (1, 2, 3)
OBJECTIVES = ("misses", "worst-misses")
PATIENCE = 20.0
PEER_PATIENCE = 3.0


def curve(chance: random.Random, colors: int) -> tuple[float, ...]:
    """A miss curve with cliffs: flat until a working set fits, as loops over arrays have them; never rising."""
    cost, found = float(chance.randrange(200_000, 1_000_000)), []
    cliffs = sorted(chance.sample(range(1, max(3, colors // 3)), k=min(2, max(1, colors // 8))))
    for count in range(1, colors + 1):
        cost *= chance.uniform(0.25, 0.6) if count in cliffs else chance.uniform(0.985, 1.0)
        found.append(round(cost))
    return tuple(map(float, found))


def instance(domains: int, colors: int, seed: int, *, unequal: bool, load: float = 0.7) -> PlanProblem:
    """Domains that need `load` of all frames together, and Xen; each color may hold another number of frames."""
    chance = random.Random(f"{domains}x{colors}/{seed}/{unequal}")
    capacity = tuple(chance.randrange(20_000, 32_000) if unequal else 28_000 for _ in range(colors))
    shares = [chance.uniform(0.3, 1.3) for _ in range(domains)]
    scale = load * sum(capacity) / sum(shares)
    demands = [Demand(f"d{n}", int(share * scale), curve=curve(chance, colors)) for n, share in enumerate(shares)]
    return PlanProblem(capacity, (Demand("xen", 0), *demands), timeout=PATIENCE)


def field_of(problem: PlanProblem) -> Field:
    field = make_field(problem)
    if field is None:
        raise SystemExit("an instance without a field")
    return field


def against_cp_sat(sizes: Sequence[tuple[int, int]]) -> None:
    print(
        f"{'size':>8} {'capacity':>9} {'objective':>13} {'seed':>4} {'plan s':>8} {'CP-SAT s':>9} {'ratio':>7}  agree"
    )
    for domains, colors in sizes:
        ratios = []
        for unequal in (False, True):
            for name in OBJECTIVES:
                for seed in SEEDS:
                    problem = replace(instance(domains, colors, seed, unequal=unequal), objectives=(name,))
                    begin = process_time()
                    found = plan(problem, repairs=False)
                    ours = process_time() - begin
                    begin = process_time()
                    theirs = second_opinion(field_of(problem), name, PATIENCE)
                    peer = process_time() - begin
                    ratios.append(ours / peer)
                    same = found.objective and theirs.value is not None and found.objective[0].value == theirs.value
                    verdict = (
                        f"{found.status}/{theirs.status}" if not same or found.status != "optimal" else "optimal, equal"
                    )
                    kind = "unequal" if unequal else "equal"
                    head = f"{f'{domains}x{colors}':>8} {kind:>9} {name:>13} {seed:>4}"
                    print(f"{head} {ours:8.3f} {peer:9.3f} {ours / peer:7.2f}  {verdict}", flush=True)
        print(f"{domains}x{colors}: geometric mean of the ratios {geometric_mean(ratios):.2f}, worst {max(ratios):.2f}")


def against_both(sizes: Sequence[tuple[int, int]], patience: float) -> None:
    """Plan, CP-SAT and HiGHS on the same instances with unequal colors, the memory margin among them."""
    from highs import by_highs

    print(f"{'size':>8} {'objective':>13} {'seed':>4} {'plan':>16} {'CP-SAT':>20} {'HiGHS':>20}")
    for domains, colors in sizes:
        for name in (*OBJECTIVES, "margin"):
            for seed in SEEDS:
                problem = replace(instance(domains, colors, seed, unequal=True), objectives=(name,))
                told = []
                begin = process_time()
                found = plan(problem, repairs=False)
                told.append(f"{float(found.objective[0].value):.0f} {found.status[:3]} {process_time() - begin:6.3f}")
                for solve in (second_opinion, by_highs):
                    begin = process_time()
                    other = solve(field_of(problem), name, patience)
                    value = "-" if other.value is None else f"{float(other.value):.0f}"
                    told.append(f"{value} {other.status[:3].lower()} {process_time() - begin:6.3f}")
                size = f"{domains}x{colors}"
                print(f"{size:>8} {name:>13} {seed:>4} {told[0]:>16} {told[1]:>20} {told[2]:>20}", flush=True)


def fronts(sizes: Sequence[tuple[int, int]]) -> None:
    """Fronts over three objectives, where everyone has colors today and two domains are critical."""
    for domains, colors in sizes:
        for unequal in (False, True):
            for seed in SEEDS:
                made = instance(domains, colors, seed, unequal=unequal, load=0.5)
                order = list(range(colors))
                random.Random(seed).shuffle(order)
                each = colors // (domains + 1)
                demands = tuple(
                    replace(
                        demand,
                        today=ColorSet.of(order[each * n : each * (n + 1)]),
                        critical=n in (1, 2),
                        again=demand.pages,
                        curve=(),
                    )
                    for n, demand in enumerate(made.demands)
                )
                problem = replace(made, demands=demands, color_bytes=65536)
                begin = process_time()
                found = front(problem, DEFAULT_GOALS)
                seconds = process_time() - begin
                word = "incomplete" if found.incomplete else "complete"
                kind = "unequal" if unequal else "equal"
                print(f"front {domains}x{colors} {kind} {seed}: {len(found.points)} plans, {word}, {seconds:.2f} s")


def one_color_short() -> None:
    """32 domains that need 129 of 128 colors."""
    held = 28_000
    demands = [Demand(f"d{n}", held * (4 + (n >= 31)) - 5 - held * (n < 1)) for n in range(32)]
    problem = PlanProblem((held,) * 128, (Demand("xen", 0), *demands))
    plan(problem, repairs=False)
    begin = process_time()
    found = plan(problem, repairs=False)
    seconds = process_time() - begin
    begin = process_time()
    mended = plan(problem)
    with_repairs = process_time() - begin
    print(
        f"one color short at 32x128: {found.status}, a core of {len(found.core)} in {seconds:.3f} s;"
        f" with {len(mended.repairs)} tried repairs {with_repairs:.2f} s"
    )


def splits(field: Field) -> dict[str, tuple[int, ...]]:
    """Counts of cells by simple rules, each with enough cells for the memory, as far as the stock reaches."""
    blocks, stock = field.blocks, field.stock
    least = [field.least(block) for block in blocks]
    needed = sum(block.pages for block in blocks)
    wanted = {
        "equal split": [stock // len(blocks)] * len(blocks),
        "proportional": [round(stock * block.pages / needed) for block in blocks],
        "first fit by memory": least,
    }
    return {rule: _filled(counts, least, stock) for rule, counts in wanted.items()}


def _filled(counts: Sequence[int], least: Sequence[int], stock: int) -> tuple[int, ...]:
    found = [max(count, low) for count, low in zip(counts, least, strict=True)]
    order = sorted(range(len(found)), key=lambda n: found[n] - least[n], reverse=True)
    while sum(found) > stock:
        rich = next((n for n in order if found[n] > least[n]), None)
        if rich is None:
            break
        found[max(order, key=lambda n: found[n] - least[n])] -= 1
    turn = sorted(range(len(found)), key=lambda n: least[n], reverse=True)
    spare = stock - sum(found)
    for step in range(max(0, spare)):
        found[turn[step % len(turn)]] += 1
    return tuple(found)


def against_rules(sizes: Sequence[tuple[int, int]]) -> None:
    gains: dict[str, list[float]] = {}
    for domains, colors in sizes:
        for seed in range(1, 11):
            problem = replace(instance(domains, colors, seed, unequal=False), objectives=("misses",))
            field = field_of(problem)
            best = float(plan(problem, repairs=False).objective[0].value)
            for rule, counts in splits(field).items():
                begin, placed = 0, []
                for count in counts:
                    placed.append(tuple(range(begin, begin + count)))
                    begin += count
                cost = measure(problem, assigned_colors(field, tuple(placed)), ["misses"])["misses"]
                gains.setdefault(rule, []).append(1 - best / float(cost))
    for rule, found in gains.items():
        mean, least = sum(found) / len(found), min(found)
        print(f"against {rule}: {mean:.0%} fewer misses in the mean, {least:.0%} at least, over {len(found)} instances")


def main() -> None:
    warm = replace(instance(4, 16, 0, unequal=False), objectives=("misses",))
    plan(warm)
    second_opinion(field_of(warm), "misses", PATIENCE)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--peers", action="store_true")
    options = parser.parse_args()
    sizes = SIZES[:2] if options.quick else SIZES
    if options.peers:
        against_both(SIZES[:3], PEER_PATIENCE)
        fronts(SIZES[:2])
        return
    against_cp_sat(sizes)
    one_color_short()
    against_rules(sizes)


if __name__ == "__main__":
    main()
