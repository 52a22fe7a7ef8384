"""Orders of creation: the search for one in which a domain finds no room."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from msgspec import Struct

from colorcheck.core.certificate import Orders, OrderState, WantedFrames
from colorcheck.proof.leveling import level

Needs = Mapping[str, tuple[int, Sequence[int]]]
State = tuple[frozenset[str], tuple[int, ...]]

MOST_NUMBERS = 1_000_000  # states in a certificate, at most


class OrderSearch(Struct, frozen=True):
    """`order` has the domains after whose creation, successful or not, the domain in question finds no room; None
    if no such order was found, and if the search was `complete` there is none. `states` are all states of the
    search: the domains whose creation was tried, and the free frames of each color then.
    """

    order: tuple[str, ...] | None
    complete: bool
    states: tuple[State, ...] = ()


def order_without_room(
    name: str, needs: Needs, free: tuple[int, ...], timeout: float, *, every_state: bool = True
) -> OrderSearch:
    """Searches for an order of creation that leaves too few frames for `name`.

    A guest that finds too few frames itself takes and loses those that its colors have (`left_after`). Only domains
    that share colors with `name`, directly or through others, matter. `needs` has frames and colors by name; `timeout`
    is in seconds. Domains with the same need are interchangeable: without `every_state` they are tried only in the
    order of `needs`, and the states are incomplete.
    """
    deadline = time.monotonic() + timeout
    needed, colors = needs[name]
    group = connected(name, needs)
    for likely in (group, group[::-1]):
        if (order := _fails_after(name, needs, free, likely)) is not None:
            return OrderSearch(order, complete=False)
    before = {} if every_state else _alike(group, needs)
    seen: dict[State, None] = {(frozenset(), free): None}
    stack: list[tuple[tuple[str, ...], tuple[int, ...]]] = [((), free)]
    while stack:
        if time.monotonic() > deadline:
            return OrderSearch(None, complete=False)
        order, state = stack.pop()
        if sum(state[color] for color in set(colors)) < needed:
            return OrderSearch(order, complete=False)
        for other in group:
            if other in order or before.get(other, other) not in (*order, other):
                continue
            left = left_after(state, *needs[other])
            key = (frozenset((*order, other)), left)
            if key not in seen:
                seen[key] = None
                stack.append(((*order, other), left))
    return OrderSearch(None, complete=True, states=tuple(seen))


def _fails_after(name: str, needs: Needs, free: tuple[int, ...], order: Sequence[str]) -> tuple[str, ...] | None:
    """The shortest prefix of `order` that leaves too few frames for `name`; None if all of them leave enough."""
    needed, colors = needs[name]
    for number, other in enumerate((*order, "")):
        if sum(free[color] for color in set(colors)) < needed:
            return tuple(order[:number])
        free = left_after(free, *needs[other]) if other in needs else free
    return None


def _alike(group: Sequence[str], needs: Needs) -> dict[str, str]:
    """For each domain the previous one with the same need and the same colors."""
    last: dict[tuple[int, tuple[int, ...]], str] = {}
    before = {}
    for name in group:
        kind = (needs[name][0], tuple(needs[name][1]))
        if kind in last:
            before[name] = last[kind]
        last[kind] = name
    return before


def orders_certificate(name: str, needs: Needs, search: OrderSearch) -> Orders | None:
    """All states that creation in any order can reach, with the successor for each domain's creation, and in each of
    them room for `name`. None if the search did not show that, or if there are too many states. A check visits each
    state and compares; it does not search.
    """
    group = connected(name, needs)
    named = [name, *group]
    colors = sorted({color for each in named for color in needs[each][1]})
    if search.order is not None or not search.complete or len(search.states) * len(colors) > MOST_NUMBERS:
        return None
    number = {state: index for index, state in enumerate(search.states)}
    states = []
    for created, free in search.states:
        following = {}
        for other in group:
            if other not in created:
                following[other] = number[created | {other}, left_after(free, *needs[other])]
        states.append(OrderState(tuple(sorted(created)), tuple(free[color] for color in colors), following))
    wanted = {each: WantedFrames(needs[each][0], tuple(needs[each][1])) for each in named}
    return Orders(name, wanted, tuple(colors), tuple(states))


def left_after(free: tuple[int, ...], pages: int, colors: Sequence[int]) -> tuple[int, ...]:
    """The free frames that the creation of a domain leaves.

    A domain that finds too few frames takes all that its colors have, and they never return.
    """
    left = level(free, colors, pages)
    if left is not None:
        return left
    gone = set(colors)
    return tuple(0 if color in gone else count for color, count in enumerate(free))


def served(needs: Needs, free: tuple[int, ...]) -> dict[str, tuple[int, Sequence[int]]]:
    """The frames that each domain gets, in this order: those it needs, or all that its colors have left."""
    found: dict[str, tuple[int, Sequence[int]]] = {}
    for name, (pages, colors) in needs.items():
        found[name] = (min(pages, sum(free[color] for color in set(colors))), colors)
        free = left_after(free, pages, colors)
    return found


def connected(name: str, needs: Needs) -> list[str]:
    """The other domains that share colors with `name`, directly or through one another."""
    found: list[str] = []
    colors = set(needs[name][1])
    waiting = [other for other in needs if other != name]
    while near := [other for other in waiting if not colors.isdisjoint(needs[other][1])]:
        found += near
        waiting = [other for other in waiting if other not in near]
        colors.update(color for other in near for color in needs[other][1])
    return found
