"""The smallest change that fixes today's colors: fewest files, then lines, then colors."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.plan.problem import Demand, Plan, PlanEvidence, PlanProblem, Reached
from colorcheck.plan.search.evaluate import faults
from colorcheck.plan.search.infeasible import sharings
from colorcheck.plan.search.objectives import OBJECTIVES
from colorcheck.plan.search.solution import assigned, default_objectives, solved

MOST_TRIED = 400  # sets of lines for which colors are searched
MOST_LOOKED_AT = 200_000  # sets of lines that are examined

GIVEN_UP = (0, 0)
Place = tuple[str, int]  # a file, and a line of it


class Today(Struct, frozen=True):
    """The present files: the line that has, or would have, the colors of each owner, and the owners that must
    change in any case, such as a domain whose list Xen refuses.
    """

    places: Mapping[str, Place]
    must: frozenset[str] = frozenset()


def smallest(problem: PlanProblem, today: Today, deadline: float) -> Plan | None:
    """The plan that changes the fewest files, of those the fewest lines, of those the fewest colors; among equals the
    best by the usual objectives. None if none was found in time, so that a full plan is needed. It is the smallest if
    its `evidence` says so: all smaller sets of lines were excluded.
    """
    relaxed = replace(problem, demands=tuple(_as_today(demand) for demand in problem.demands))
    names = default_objectives(problem)
    colors = {demand.name: demand.fixed if demand.keep else demand.today for demand in relaxed.demands}
    if not today.must and not faults(relaxed, colors):
        return _unchanged(relaxed, colors)
    wanted = ("changes", *(name for name in names if name != "changes"))
    best: tuple[tuple[float, ...], frozenset[str]] | None = None
    level: tuple[int, int] | None = None
    tried, exhausted = 0, True
    clashes = _clashes(relaxed)
    for size, changed in _sets_of_lines(relaxed, today, clashes):
        if size == GIVEN_UP:
            exhausted = False
            break
        if (best is not None and size != level) or tried >= MOST_TRIED or time.monotonic() > deadline:
            break
        if any(not pair & changed for pair in clashes):
            continue
        tried, level = tried + 1, size
        found = _with_changed(relaxed, changed, tuple(n for n in wanted if n != "margin"), deadline)
        if found is None:
            continue
        worth = _worth(found)
        if best is None or worth < best[0]:
            best = (worth, changed)
    if best is None and exhausted and tried < MOST_TRIED and time.monotonic() <= deadline:
        return None  # changing all lines was tried as well
    everyone = frozenset(demand.name for demand in problem.demands)
    found = _with_changed(relaxed, best[1] if best else everyone, wanted, deadline)
    if found is None:
        return None
    places = {today.places.get(demand.name) for demand in relaxed.demands if found.colors(demand.name) != demand.today}
    files, lines = len({place[0] for place in places if place}), len(places)
    complete = best is not None and exhausted and tried < MOST_TRIED and time.monotonic() <= deadline
    said = "all changes to fewer files or lines were excluded" if complete else "not all smaller changes were examined"
    evidence = replace(found.evidence, smallest_change=said, files=files, lines=lines)
    return replace(found, evidence=evidence, status=found.status if complete else "feasible")


def _unchanged(problem: PlanProblem, colors: Mapping[str, ColorSet]) -> Plan:
    """Today's colors as a plan; its objectives are not optimal."""
    evidence = PlanEvidence(smallest_change="today's colors satisfy all requirements", files=0, lines=0)
    reached = (Reached("changes", 0, 0, OBJECTIVES["changes"].unit),)
    return Plan("optimal", reached, assigned(problem, colors), evidence=evidence, reason="no change is needed")


def _as_today(demand: Demand) -> Demand:
    """The demand without an advised minimum if today's colors are fewer."""
    if demand.advised and len(demand.today) < demand.min_colors:
        return replace(demand, min_colors=max(1, len(demand.today)), min_reason="", advised=False)
    return demand


def _with_changed(problem: PlanProblem, changed: frozenset[str], names: Sequence[str], deadline: float) -> Plan | None:
    """The best plan in which only these owners have different colors than today."""
    demands = tuple(replace(w, keep=w.keep or w.name not in changed) for w in problem.demands)
    asked = replace(problem, demands=demands, objectives=tuple(names))
    for merges in sharings(asked):
        found = solved(asked, merges, deadline)
        if found is not None and found.domains:
            return found
    return None


def _worth(found: Plan) -> tuple[float, ...]:
    return tuple(OBJECTIVES[each.name].sign * each.value for each in found.objective)


def _clashes(problem: PlanProblem) -> list[frozenset[str]]:
    """Sets of names of which one must change: pairs that meet against the policy, and owners that do not fit."""
    found = []
    for demand in problem.demands:
        alone = replace(problem, demands=(replace(demand, keep=False),))
        if faults(alone, {demand.name: demand.fixed if demand.keep else demand.today}):
            found.append(frozenset({demand.name}))
    for one, other in combinations(problem.demands, 2):
        both = replace(problem, demands=(Demand(one.name, 0), Demand(other.name, 0)))
        own = {w.name: w.fixed if w.keep else w.today for w in (one, other)}
        if all(own.values()) and faults(both, own):
            found.append(frozenset({one.name, other.name}))
    return found


def _sets_of_lines(
    problem: PlanProblem, today: Today, clashes: Sequence[frozenset[str]]
) -> Iterator[tuple[tuple[int, int], frozenset[str]]]:
    """((files, lines), names whose colors are there), the fewest files first, then the fewest lines; ends with
    `GIVEN_UP` if there are too many.
    """
    on_line: dict[Place, set[str]] = {}
    for demand in problem.demands:
        if not demand.keep:
            on_line.setdefault(today.places.get(demand.name, (demand.name, 0)), set()).add(demand.name)
    alone = today.must.union(*(clash for clash in clashes if len(clash) == 1))
    needed = [place for place, names in on_line.items() if names & alone]
    others = [place for place in on_line if place not in needed]
    files = {file for file, _ in on_line}
    fewest = max(1, len(needed), _apart(clashes, {n: place for place, names in on_line.items() for n in names}))
    looked = 0
    for many in range(1, len(files) + 1):
        for lines in range(fewest, len(on_line) + 1):
            for chosen in combinations(others, lines - len(needed)):
                looked += 1
                if looked > MOST_LOOKED_AT:
                    yield GIVEN_UP, frozenset()
                    return
                places = (*needed, *chosen)
                if len({file for file, _ in places}) == many:
                    yield (many, lines), frozenset(name for place in places for name in on_line[place])


def _apart(clashes: Sequence[frozenset[str]], place_of: Mapping[str, Place]) -> int:
    """The number of conflicts without a common line, a lower bound for the number of lines that must change."""
    used: set[Place] = set()
    found = 0
    for clash in sorted(clashes, key=len):
        places = {place_of[name] for name in clash if name in place_of}
        if places and not places & used:
            used |= places
            found += 1
    return found
