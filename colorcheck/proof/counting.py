"""Counting certificates: proofs about numbers of frames that can be checked without a solver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import UNSET, Struct, UnsetType, convert

from colorcheck.core.certificate import (
    Certificate,
    Flow,
    Hall,
    LeastFrames,
    Leveling,
    Orders,
    OrderState,
    Taken,
    Taking,
    WantedFrames,
)
from colorcheck.core.diagnostic import Verdict
from colorcheck.core.json_values import json_object
from colorcheck.proof.flow import unserved
from colorcheck.proof.orders import Needs, left_after


def hall_set(needs: Needs, free: Sequence[int]) -> Hall | None:
    """A minimal set of domains that together need more frames than all their colors hold; None if there is none.

    If none exists, some distribution of the colors' frames serves all domains (Hall's theorem), though Xen's own choice
    of colors may still fail.
    """
    everyone = {name: frozenset(colors) for name, (_, colors) in needs.items()}
    alone = [name for name, (need, _) in needs.items() if need > sum(free[c] for c in everyone[name])]
    chosen = alone[:1] or _core(needs, everyone, free)
    return _hall(chosen, needs, free) if chosen else None


def _hall(chosen: Sequence[str], needs: Needs, free: Sequence[int]) -> Hall:
    colors = sorted({color for name in chosen for color in needs[name][1]})
    return Hall(
        domains={name: _demand(*needs[name]) for name in chosen},
        free_by_color={str(color): free[color] for color in colors},
        needed=sum(needs[name][0] for name in chosen),
        free=sum(free[color] for color in colors),
    )


def _demand(pages: int, colors: Sequence[int]) -> WantedFrames:
    return WantedFrames(pages, tuple(sorted(set(colors))))


def _core(needs: Needs, everyone: Mapping[str, frozenset[int]], free: Sequence[int]) -> list[str]:
    """A minimal set of domains whose needs no flow of frames can serve."""

    def lacking(names: Sequence[str]) -> list[str]:
        return [names[number] for number in unserved([(needs[name][0], everyone[name]) for name in names], free)]

    core = lacking(list(needs))
    for name in sorted(core, key=lambda each: needs[each][0]):
        if name in core and (smaller := lacking([other for other in core if other != name])):
            core = smaller
    return core


def taking_certificate(needs: Needs, free: tuple[int, ...]) -> Taking | None:
    """The allocation of frames, domain by domain in this order, in which the last one finds too few; None if it finds
    enough. An earlier domain that finds too few takes all frames of its colors.
    """
    steps: list[Taken] = []
    state = free
    fits = True
    for name, (pages, colors) in needs.items():
        fits = sum(state[color] for color in set(colors)) >= pages
        state = left_after(state, pages, colors)
        steps.append(Taken(name, pages, tuple(colors), state))
    return None if fits else Taking(free, tuple(steps))


def leveling_certificate(needs: Needs, free: tuple[int, ...]) -> Leveling:
    """The allocation of frames, domain by domain in this order, in which the last one finds enough."""
    *before, last = needs
    steps: list[Taken] = []
    state = free
    for name in before:
        pages, colors = needs[name]
        state = left_after(state, pages, colors)
        steps.append(Taken(name, pages, tuple(colors), state))
    pages, colors = needs[last]
    return Leveling(free, (*steps, Taken(last, pages, tuple(colors))))


def flow_certificate(name: str, need: int, colors: Sequence[int], others: Needs, free: Sequence[int]) -> Flow:
    """The need of a domain after the others took the most they can from its colors; a check computes that maximum."""
    own = tuple(sorted(set(colors)))
    rivals = {other: _demand(*needs) for other, needs in others.items()}
    return Flow(name, need, own, rivals, {str(color): free[color] for color in own})


def check_counting(certificate: Certificate | object, verdict: Verdict | None = None) -> bool:
    """Whether a certificate proves its claim, and the claim means the `verdict`, using only sums and comparisons.

    It may be JSON from a document; a malformed certificate proves nothing.
    """
    try:
        given = json_object(certificate) if isinstance(certificate, Struct) else certificate
        return _shows(convert(given, Certificate), verdict)
    except (KeyError, TypeError, ValueError, IndexError):
        return False


def _shows(certificate: Certificate, verdict: Verdict | None) -> bool:
    if verdict not in {None, Verdict.REFUTED if isinstance(certificate, (Hall, Taking)) else Verdict.PROVED}:
        return False
    match certificate:
        case Hall():
            return _check_hall(certificate)
        case Taking():
            return _check_taking(certificate)
        case Leveling():
            return _check_leveling(certificate)
        case Flow():
            return _check_flow(certificate)
        case Orders():
            return _check_orders(certificate)
        case LeastFrames():  # its numbers are checked with the theorems that depend on it
            return bool(certificate.how)


def _check_hall(hall: Hall) -> bool:
    colors = {str(color) for domain in hall.domains.values() for color in domain.colors}
    free, needed = sum(hall.free_by_color.values()), sum(domain.pages for domain in hall.domains.values())
    shown = hall.needed in {needed, UNSET} and hall.free in {free, UNSET}
    return shown and colors == set(hall.free_by_color) and needed > free


def _check_taking(taking: Taking) -> bool:
    state = taking.free_by_color
    if not taking.steps:
        return False
    for step in taking.steps[:-1]:
        left = _left(step)
        if sum(state[color] for color in set(step.colors)) < step.pages:
            if left != tuple(0 if color in step.colors else count for color, count in enumerate(state)):
                return False
        elif not _leveled(state, left, step.colors, step.pages):
            return False
        state = left
    last = taking.steps[-1]
    return sum(state[color] for color in set(last.colors)) < last.pages


def _left(step: Taken) -> tuple[int, ...]:
    if isinstance(step.left, UnsetType):
        raise TypeError(f"nothing says what {step.domain} leaves")
    return step.left


def _check_leveling(leveling: Leveling) -> bool:
    """Like a taking, but the last domain and all before it find enough frames."""
    state = leveling.free_by_color
    if not leveling.steps:
        return False
    for step in leveling.steps[:-1]:
        left = _left(step)
        if not _leveled(state, left, step.colors, step.pages):
            return False
        state = left
    last = leveling.steps[-1]
    return sum(state[color] for color in set(last.colors)) >= last.pages


def _check_flow(flow: Flow) -> bool:
    free = flow.free_by_color
    if set(free) != set(map(str, flow.colors)):
        return False
    wanted = [(each.pages, [str(c) for c in each.colors if str(c) in free]) for each in flow.rivals.values()]
    return sum(free.values()) - _most_taken(wanted, free) >= flow.pages


def _most_taken(wanted: Sequence[tuple[int, list[str]]], free: Mapping[str, int]) -> int:
    """The most frames that all of them together can take from these colors: a maximum flow, by augmenting paths."""
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
    """An augmenting path of steps (who, color): takes, gives up, takes, … to a color with frames left; empty if
    there is none.
    """
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


def _leveled(before: Sequence[int], after: Sequence[int], colors: Sequence[int], pages: int) -> bool:
    """Whether `pages` frames were taken, each from the fullest of the colors, the first in the list among equals."""
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


def _check_orders(orders: Orders) -> bool:
    """Whether each creation leads from a listed state to a listed state, starting at the first, and all have room
    for that domain.
    """
    place = {color: number for number, color in enumerate(orders.colors)}
    needs = {
        name: WantedFrames(each.pages, tuple(place[color] for color in each.colors))
        for name, each in orders.domains.items()
    }
    mine = needs.pop(orders.domain)
    if not orders.states or orders.states[0].created:
        return False
    return all(
        sum(state.free[color] for color in set(mine.colors)) >= mine.pages
        and all(
            _leads_on(orders.states, state, name, need) for name, need in needs.items() if name not in state.created
        )
        for state in orders.states
    )


def _leads_on(states: Sequence[OrderState], state: OrderState, name: str, need: WantedFrames) -> bool:
    """Whether the creation of a domain leads to the state in the certificate; without room it takes all frames of
    its colors.
    """
    free = state.free
    following = states[state.next[name]]
    same = set(following.created) == {*state.created, name}
    if sum(free[color] for color in set(need.colors)) < need.pages:
        drained = tuple(0 if color in need.colors else count for color, count in enumerate(free))
        return same and following.free == drained
    return same and _leveled(free, following.free, need.colors, need.pages)
