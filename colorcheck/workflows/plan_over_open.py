"""Plans with open facts: a plan must hold for all their values, and is unknown if an input was not read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.units import MIB_PAGES
from colorcheck.loader.facts import OpenFact, Span
from colorcheck.plan.edits import edits_of
from colorcheck.plan.pose import PlanOptions
from colorcheck.plan.problem import PlanProblem
from colorcheck.plan.search.blocks import make_field
from colorcheck.plan.search.infeasible import sharings
from colorcheck.verification.open import Reach, open_facts
from colorcheck.verification.results import Facts, ReleaseResult
from colorcheck.workflows.plan import Planned, booted_with, plan_with_capacity, with_colors
from colorcheck.xen.facts.book import Chosen
from colorcheck.xen.facts.keys import DOM0_KERNEL, IMAGE_SIZE, TREE_ADDRESS, TREE_SIZE, XEN_ADDRESS, PlacedInMemory
from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.memory.boot import boot as boot_again
from colorcheck.xen.notes.domains import PassthroughMemory
from colorcheck.xen.notes.sentences import memory_given
from colorcheck.xen.worlds.world import Worlds

MOST_WORLDS = 64  # the largest number of combinations of finite facts that are examined
MOST_NAMED = 3
MOST_MISSING = 1 << 14  # MiB


def over_open(planned: Planned, facts: Facts, options: PlanOptions | None = None) -> Planned:
    """The plan with the status that holds whatever the open facts are.

    If something is unread or opaque, it is not known whether the colors suffice: the plan is unknown and has no edits.
    If the values are listed, or only addresses and sizes are open, a plan that fits in every world is feasible; which
    one is best may depend on them. A plan that does not fit is made again for the least memory that may be free; if
    there is none, the worlds in which it fails are named, and the open fact that costs most, as for an infeasible plan.
    """
    plan = planned.plan
    opened = open_facts(facts, Reach.MEMORY)
    if plan.status == "infeasible" and opened and not any(fact.opaque for fact in opened):
        reported = _dearest(planned.problem, facts, opened)
        return replace(planned, plan=replace(plan, reason="; ".join(filter(None, (plan.reason, reported)))))
    if not plan.domains or plan.status == "unknown":
        return planned
    given = next((memory_given(note) for note in _given(facts)), "")
    if given:
        return _unknown(planned, f"no colors help: {given}")
    opaque = [fact for fact in opened if fact.opaque]
    if opaque:
        return _unknown(planned, f"a plan cannot be evaluated: {_told(opaque)}")
    if not opened and not _ways(facts):
        return planned
    failing = [*_failing(planned, facts, opened), *_on_other_ways(planned, facts, opened)]
    if not failing:
        reason = f"fits whatever the open facts are; a better plan may depend on them: {_told(opened)}"
        return _with_alternatives(replace(planned, plan=replace(plan, status="feasible", reason=reason)), facts)
    careful = _for_the_least(facts, opened, options)
    others = _on_other_ways(careful, facts, opened) if careful is not None else []
    if careful is not None and not others and not _failing(careful, facts, opened):
        reason = f"made for the least memory that may be free, so it fits whatever the open facts are: {_told(opened)}"
        return _with_alternatives(replace(careful, plan=replace(careful.plan, status="feasible", reason=reason)), facts)
    texts = list(dict.fromkeys(each.text for each in failing))
    worlds = "; ".join(texts[:MOST_NAMED])
    more = f" and {len(texts) - MOST_NAMED} more" if len(texts) > MOST_NAMED else ""
    dearest = _dearest(planned.problem, facts, opened)
    reason = f"made for one possible world, and not shown to hold in all: {worlds}{more}"
    reason = "; ".join(filter(None, (reason, dearest, _told(opened))))
    return replace(planned, plan=replace(plan, status="unknown", reason=reason))


class FailingWorld(Struct, frozen=True):
    """A world in which a plan fails, or is not shown to hold, in words."""

    text: str


def _failing(planned: Planned, facts: Facts, opened: Sequence[OpenFact]) -> list[FailingWorld]:
    """The worlds in which a domain is not built that is built in the usual one; empty if the plan holds in all."""
    found: list[FailingWorld] = []
    for result in facts.results:
        every = _combinations(result, opened)
        if every is None or planned.problem is None:
            return [FailingWorld("there are too many worlds to examine all of them")]
        for chosen, worlds in every:
            failed = _fails(planned, worlds, opened)
            if failed:
                found.append(FailingWorld(f"with {_values(chosen)}, {failed}" if chosen else failed))
    return found


def _ways(facts: Facts) -> bool:
    """Whether a boot script has several ways."""
    return any(result.worlds is not None and result.worlds.branches for result in facts.results)


def _on_other_ways(planned: Planned, facts: Facts, opened: Sequence[OpenFact]) -> list[FailingWorld]:
    """The ways of a boot script on which the plan does not hold, or which do not run its edited lines."""
    found: list[FailingWorld] = []
    for result in facts.results:
        worlds = result.worlds
        for branch in worlds.branches if worlds is not None else ():
            way = worlds.branch(branch) if worlds is not None else None
            if worlds is None or way is None:
                failed = branch.stopped or "Xen is never started"
            elif _written(way, guests=not branch.guests) != _written(worlds, guests=not branch.guests):
                failed = "the colors are in other lines"
            else:
                failed = _fails(planned, way, opened)
            if failed:
                found.append(FailingWorld(f"{branch.words}: {failed}"))
    return found


def _written(worlds: Worlds, *, guests: bool) -> object:
    """A key with the colors of each domain and the places where they are written; alternatives have their own files."""
    system = worlds.base.system
    domains = [each for each in system.domains if guests or each.kind is not DomainKind.XL]
    return system.xen_colors, [(each.name, each.colors, each.location) for each in domains]


def _with_alternatives(planned: Planned, facts: Facts) -> Planned:
    """The plan with edits for the other alternatives of its guests, which get the same colors."""
    result = next((each for each in facts.results if each.worlds is not None), None)
    if result is None or result.worlds is None or planned.problem is None or not planned.plan.domains:
        return planned
    edits, problems = list(planned.plan.edits), list(planned.problems)
    for branch in result.worlds.branches:
        way = result.worlds.branch(branch) if branch.guests else None
        if way is not None and branch.deployment is not None:
            written = edits_of(planned.plan, planned.problem, branch.deployment, way.base.system)
            edits += [edit for edit in written.edits if edit not in edits]
            problems += [problem for problem in written.problems if problem not in problems]
    return replace(planned, plan=replace(planned.plan, edits=tuple(edits)), problems=tuple(problems))


def _fails(planned: Planned, worlds: Worlds, opened: Sequence[OpenFact]) -> str:
    """Why the plan does not hold in worlds that differ only in addresses and sizes; empty if it holds."""
    system = worlds.base.system
    problem = planned.problem
    if problem is None or len(system.domains) + 1 != len(problem.demands):
        return "other domains are built"
    if system.nr_colors != problem.nr_colors:
        return f"there are {system.nr_colors} colors"
    failed = booted_with(planned.plan, problem, system)
    if failed or all(isinstance(fact.values, tuple) for fact in opened):
        return failed
    boot = boot_again(with_colors(system, planned.plan, problem))
    worst = worlds.worst_of(boot) if boot is not None else None
    if boot is None or worst is None:
        return "no bound holds for all placements"
    built = [each.domain.name for each in boot.built if each.created]
    fewer = {each.domain.name for each in worst[0].built if each.created}
    missing = [name for name in built if name not in fewer]
    if missing:
        return f"in the worst placement there is no room for {missing[0]}"
    return f"in the worst placement: {worst[0].panic.message}" if worst[0].panic is not None else ""


def _combinations(result: ReleaseResult, opened: Sequence[OpenFact]) -> list[tuple[Chosen, Worlds]] | None:
    """The worlds of every combination of finite facts; None if there are too many."""
    if result.worlds is None or result.system is None:
        return None
    finite = [f for f in opened if isinstance(f.values, tuple) and f.what in result.worlds.open]
    lists = [fact.values for fact in finite if isinstance(fact.values, tuple)]
    if prod(map(len, lists)) > MOST_WORLDS:
        return None
    names = [fact.what for fact in finite]
    return [
        (chosen, result.worlds.settled(chosen) if chosen else result.worlds)
        for chosen in (dict(zip(names, values, strict=True)) for values in product(*lists))
    ]


def _for_the_least(facts: Facts, opened: Sequence[OpenFact], options: PlanOptions | None) -> Planned | None:
    """A plan for the fewest frames of each color that any world leaves; None if there is none."""
    result = next((each for each in facts.results if each.system is not None), None)
    least: tuple[int, ...] | None = None
    for each in facts.results:
        for _, worlds in _combinations(each, opened) or ():
            sure = worlds.guaranteed()
            if sure is None or (least is not None and len(sure) != len(least)):
                return None
            least = sure if least is None else tuple(map(min, least, sure))
    if result is None or result.system is None or least is None:
        return None
    found = plan_with_capacity(facts.deployment, (result.system, result.boot), facts.board, least, options)
    return found if found is not None and found.plan.domains and found.plan.status != "unknown" else None


def _dearest(problem: PlanProblem | None, facts: Facts, opened: Sequence[OpenFact]) -> str:
    """The open fact that costs most, as far as bounds show; empty if none is known to cost anything."""
    result = next((each for each in facts.results if each.worlds is not None and each.system is not None), None)
    if problem is None or result is None or result.worlds is None:
        return ""
    sure = result.worlds.guaranteed()
    now = _missing(problem, sure) if sure is not None else None
    best: tuple[int, str] | None = None
    for fact in opened:
        for value in _candidates(fact, result.worlds):
            settled = result.worlds.settled({fact.what: value}).guaranteed()
            if settled is None or len(settled) != problem.nr_colors:
                continue
            then = _missing(problem, settled)
            gain = MOST_MISSING + 1 - then if now is None else now - then
            if gain > 0 and (best is None or gain > best[0]):
                lacking = "an unbounded amount is" if now is None else f"{now} MiB are"
                left = f"{then} MiB" if then else "none"
                best = (gain, f"{lacking} missing with {_unknown_of(fact)}, {left} with {_value(fact.what, value)}")
    return best[1] if best else ""


def _candidates(fact: OpenFact, worlds: Worlds) -> tuple[object, ...]:
    """Values to which a fact could be settled: all listed ones, otherwise the one of a usual world."""
    if isinstance(fact.values, tuple):
        return fact.values[:8]
    usual = worlds.base.chosen.get(fact.what)
    if usual is None and isinstance(fact.values, Span):
        usual = fact.values.low
    return () if usual is None or fact.what not in worlds.open else (usual,)


def _missing(problem: PlanProblem, capacity: tuple[int, ...]) -> int:
    """MiB by which all colors together would have to grow, in equal parts, to make a plan possible by counting
    frames.
    """

    def possible(mib: int) -> bool:
        each = -(-mib * MIB_PAGES // len(capacity))
        raised = replace(problem, capacity=tuple(count + each for count in capacity))
        fields = (make_field(raised, merges) for merges in sharings(raised))
        return any(field is not None and field.possible() for field in fields)

    low, high = 0, MOST_MISSING
    while low < high:
        middle = (low + high) // 2
        if possible(middle):
            high = middle
        else:
            low = middle + 1
    return low


_THINGS = {
    XEN_ADDRESS.name: "Xen at an unknown place",
    TREE_ADDRESS.name: "the device tree at an unknown place",
    DOM0_KERNEL.name: "dom0's kernel at an unknown place",
    IMAGE_SIZE.name: "Xen of unknown size",
    TREE_SIZE.name: "the device tree of unknown size",
}


def _unknown_of(fact: OpenFact) -> str:
    return _THINGS.get(fact.what, f"{fact.what} open")


def _value(name: str, value: object) -> str:
    if isinstance(value, PlacedInMemory):
        return f"it at {value.address:#x}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"it {'of' if 'size' in name else 'at'} {value:#x}"
    return f"{name} = {value}"


def _values(chosen: Chosen) -> str:
    shown = {name: f"{value:#x}" if type(value) is int else str(value) for name, value in chosen.items()}
    return ", ".join(f"{name} = {value}" for name, value in shown.items())


def _given(facts: Facts) -> Iterator[PassthroughMemory]:
    """Memory that is mapped into domains by address: frames of every color."""
    for _, system in facts.systems():
        yield from (note for note in system.notes if isinstance(note, PassthroughMemory))


def _unknown(planned: Planned, reason: str) -> Planned:
    plan = replace(planned.plan, status="unknown", reason=reason, edits=())
    return replace(planned, plan=plan, overlay="", new_files=())


def _told(opened: Sequence[OpenFact]) -> str:
    return "; ".join(dict.fromkeys(fact.why for fact in opened))
