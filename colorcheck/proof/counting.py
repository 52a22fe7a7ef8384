"""Counting certificates: why frames cannot be enough, in numbers that need no solver to be checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict

from colorcheck.core.diagnostic import Verdict
from colorcheck.proof.flow import unserved
from colorcheck.proof.orders import Needs, left_after


class _State(TypedDict):
    """A state of an "orders" certificate: who is created, what is free, where each creation leads."""

    created: list[str]
    free: list[int]
    next: dict[str, int]


def hall_set(needs: Needs, free: Sequence[int]) -> dict[str, object] | None:
    """Domains that together need more frames than all their colors hold, as few as possible; None if there are none.

    Where none exist, some distribution of the colors' frames serves all domains (Hall's theorem), though Xen's own
    choice of colors may still fail.
    """
    everyone = {name: frozenset(colors) for name, (_, colors) in needs.items()}
    alone = [name for name, (need, _) in needs.items() if need > sum(free[c] for c in everyone[name])]
    chosen = alone[:1] or _core(needs, everyone, free)
    return _hall(chosen, needs, free) if chosen else None


def _hall(chosen: Sequence[str], needs: Needs, free: Sequence[int]) -> dict[str, object]:
    colors = sorted({color for name in chosen for color in needs[name][1]})
    return {
        "kind": "hall",
        "domains": {name: {"pages": needs[name][0], "colors": sorted(set(needs[name][1]))} for name in chosen},
        "free_by_color": {str(color): free[color] for color in colors},
        "needed": sum(needs[name][0] for name in chosen),
        "free": sum(free[color] for color in colors),
    }


def _core(needs: Needs, everyone: Mapping[str, frozenset[int]], free: Sequence[int]) -> list[str]:
    """A minimal set of domains whose needs no flow of frames can serve."""

    def lacking(names: Sequence[str]) -> list[str]:
        return [names[number] for number in unserved([(needs[name][0], everyone[name]) for name in names], free)]

    core = lacking(list(needs))
    for name in sorted(core, key=lambda each: needs[each][0]):
        if name in core and (smaller := lacking([other for other in core if other != name])):
            core = smaller
    return core


def taking_certificate(needs: Needs, free: tuple[int, ...]) -> dict[str, object] | None:
    """How the frames go, domain by domain in this order, when the last one finds too few; None if it finds enough.

    One before it that finds too few takes all that its colors have.
    """
    steps: list[dict[str, object]] = []
    state = free
    fits = True
    for name, (pages, colors) in needs.items():
        fits = sum(state[color] for color in set(colors)) >= pages
        state = left_after(state, pages, colors)
        steps.append({"domain": name, "pages": pages, "colors": list(colors), "left": list(state)})
    return None if fits else {"kind": "taking", "free_by_color": list(free), "steps": steps}


def leveling_certificate(needs: Needs, free: tuple[int, ...]) -> dict[str, object]:
    """How the frames go, domain by domain in this order, when the last one finds enough."""
    names = list(needs)
    steps: list[dict[str, object]] = []
    state = free
    for name in names[:-1]:
        pages, colors = needs[name]
        state = left_after(state, pages, colors)
        steps.append({"domain": name, "pages": pages, "colors": list(colors), "left": list(state)})
    pages, colors = needs[names[-1]]
    last = {"domain": names[-1], "pages": pages, "colors": list(colors)}
    return {"kind": "leveling", "free_by_color": list(free), "steps": [*steps, last]}


def flow_certificate(
    name: str, need: int, colors: Sequence[int], others: Needs, free: Sequence[int]
) -> dict[str, object]:
    """What is to be served after the others took their most from its colors; whoever checks it finds that most."""
    rivals = {other: {"pages": pages, "colors": sorted(set(own))} for other, (pages, own) in others.items()}
    held = {str(color): free[color] for color in sorted(set(colors))}
    return {
        "kind": "flow",
        "domain": name,
        "pages": need,
        "colors": sorted(set(colors)),
        "rivals": rivals,
        "free_by_color": held,
    }


def check_counting(certificate: object, verdict: Verdict | None = None) -> bool:
    """Whether a certificate shows what it claims, and that this is the `verdict`; nothing but sums and comparisons."""
    if not isinstance(certificate, dict):
        return False
    try:
        shown, check = _CHECKS[certificate["kind"]]
        return verdict in {None, shown} and check(certificate)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return False


def _check_hall(certificate: dict[str, object]) -> bool:
    domains, free = certificate["domains"], certificate["free_by_color"]
    if not isinstance(domains, dict) or not isinstance(free, dict):
        return False
    colors = {str(color) for domain in domains.values() for color in domain["colors"]}
    return bool(colors == set(free) and sum(domain["pages"] for domain in domains.values()) > sum(free.values()))


def _check_taking(certificate: dict[str, object]) -> bool:
    state, steps = certificate["free_by_color"], certificate["steps"]
    if not isinstance(state, list) or not isinstance(steps, list) or not steps:
        return False
    for step in steps[:-1]:
        if sum(state[color] for color in set(step["colors"])) < step["pages"]:
            taken = [0 if color in step["colors"] else count for color, count in enumerate(state)]
            if step["left"] != taken:
                return False
        elif not _leveled(state, step["left"], step["colors"], step["pages"]):
            return False
        state = step["left"]
    last = steps[-1]
    return bool(sum(state[color] for color in set(last["colors"])) < last["pages"])


def _check_leveling(certificate: dict[str, object]) -> bool:
    """As a taking, but the last one finds enough, and so does everyone before it."""
    state, steps = certificate["free_by_color"], certificate["steps"]
    if not isinstance(state, list) or not isinstance(steps, list) or not steps:
        return False
    for step in steps[:-1]:
        if not _leveled(state, step["left"], step["colors"], step["pages"]):
            return False
        state = step["left"]
    last = steps[-1]
    return bool(min(state) >= 0 and sum(state[color] for color in set(last["colors"])) >= last["pages"])


def _check_flow(certificate: dict[str, object]) -> bool:
    rivals, free = certificate["rivals"], certificate["free_by_color"]
    if not isinstance(rivals, dict) or not isinstance(free, dict) or set(free) != set(map(str, certificate["colors"])):  # type: ignore[call-overload]
        return False
    wanted = [(each["pages"], [str(c) for c in each["colors"] if str(c) in free]) for each in rivals.values()]
    return bool(min(free.values()) >= 0 and sum(free.values()) - _most_taken(wanted, free) >= certificate["pages"])  # type: ignore[operator]


def _most_taken(wanted: Sequence[tuple[int, list[str]]], free: Mapping[str, int]) -> int:
    """The most frames that all of them together can take from these colors: a largest flow, by augmenting paths."""
    left = dict(free)
    taken = [dict.fromkeys(colors, 0) for _, colors in wanted]
    for number, (pages, colors) in enumerate(wanted):
        rest = pages
        while rest > 0 and (path := _way(number, colors, taken, left)):
            amount = min(rest, left[path[-1][1]], *(taken[other][color] for other, color in path[1::2] or []), rest)
            rest -= amount
            left[path[-1][1]] -= amount
            for place, (other, color) in enumerate(path):
                taken[other][color] += amount if place % 2 == 0 else -amount
    return sum(sum(each.values()) for each in taken)


def _way(
    start: int, colors: list[str], taken: Sequence[dict[str, int]], left: Mapping[str, int]
) -> list[tuple[int, str]]:
    """Steps (who, color): takes, gives up, takes, … that end at a color with frames left; empty if there are none."""
    ways: list[list[tuple[int, str]]] = [[(start, color)] for color in colors]
    met = set(colors)
    while ways:
        way = ways.pop(0)
        color = way[-1][1]
        if left[color] > 0:
            return way
        for other, own in enumerate(taken):
            if own.get(color, 0) > 0:
                for further in own:
                    if further not in met:
                        met.add(further)
                        ways.append([*way, (other, color), (other, further)])
    return []


def _leveled(before: list[int], after: list[int], colors: list[int], pages: int) -> bool:
    """`pages` frames went, each from the fullest of the colors, the first in the list among equals."""
    taken = [old - new for old, new in zip(before, after, strict=True)]
    wanted = list(dict.fromkeys(colors))
    if sum(taken) != pages or any(taken[c] < 0 or (taken[c] and c not in wanted) for c in range(len(taken))):
        return False
    if not pages:
        return True
    top = max(after[c] for c in wanted)
    standing = [after[c] for c in wanted if before[c] >= top]  # in list order: first those one below, then the rest
    return (
        all(not taken[c] for c in wanted if before[c] < top) and standing == sorted(standing) and standing[0] >= top - 1
    )


def _check_orders(certificate: dict[str, object]) -> bool:
    """From the first state on, each creation leads to a state of the list; in all is room for that domain."""
    wanted, colors, states = certificate["domains"], certificate["colors"], certificate["states"]
    if not isinstance(wanted, dict) or not isinstance(colors, list) or not isinstance(states, list):
        return False
    place = {color: number for number, color in enumerate(colors)}
    needs = {name: (each["pages"], [place[color] for color in each["colors"]]) for name, each in wanted.items()}
    pages, own = needs.pop(str(certificate["domain"]))
    if not states or states[0]["created"]:
        return False
    return all(
        sum(state["free"][color] for color in set(own)) >= pages
        and min(state["free"]) >= 0
        and all(_leads_on(states, state, name, *need) for name, need in needs.items() if name not in state["created"])
        for state in states
    )


def _leads_on(states: list[_State], state: _State, name: str, pages: int, colors: list[int]) -> bool:
    """The creation of a domain leads to the state that the certificate says; without room it takes all there is."""
    free = state["free"]
    following = states[state["next"][name]]
    same = set(following["created"]) == {*state["created"], name}
    if sum(free[color] for color in set(colors)) < pages:
        drained = [0 if color in colors else count for color, count in enumerate(free)]
        return same and following["free"] == drained
    return same and _leveled(free, following["free"], colors, pages)


def _check_bound(certificate: dict[str, object]) -> bool:
    """That it is a bound, with how it was found; its numbers are judged against the theorems that rest on it."""
    least = certificate.get("least", [0])
    return bool(certificate["how"]) and isinstance(least, list) and all(isinstance(n, int) and n >= 0 for n in least)


_CHECKS: dict[str, tuple[Verdict, Callable[[dict[str, object]], bool]]] = {
    "hall": (Verdict.REFUTED, _check_hall),
    "taking": (Verdict.REFUTED, _check_taking),
    "orders": (Verdict.PROVED, _check_orders),
    "leveling": (Verdict.PROVED, _check_leveling),
    "flow": (Verdict.PROVED, _check_flow),
    "bound": (Verdict.PROVED, _check_bound),
}
