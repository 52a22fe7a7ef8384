"""Orders of creation: the search for one in which a domain finds no room."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from colorcheck.proof.leveling import level
from colorcheck.value import dataclass

Needs = Mapping[str, tuple[int, Sequence[int]]]


@dataclass(frozen=True, slots=True)
class OrderSearch:
    """`order` are the domains after which the one in question finds no room; None: no such order was found, and
    there is none where the search was `complete`."""

    order: tuple[str, ...] | None
    complete: bool


def order_without_room(name: str, needs: Needs, free: tuple[int, ...], timeout: float) -> OrderSearch:
    """Looks for guests that all fit in this order themselves and leave too little for `name`.

    Only domains matter that share colors with it, directly or through others. `needs` are frames and colors by
    name; `timeout` in seconds.
    """
    deadline = time.monotonic() + timeout
    needed, colors = needs[name]
    group = connected(name, needs)
    seen: set[tuple[frozenset[str], tuple[int, ...]]] = set()
    stack: list[tuple[tuple[str, ...], tuple[int, ...]]] = [((), free)]
    while stack:
        if time.monotonic() > deadline:
            return OrderSearch(None, complete=False)
        order, state = stack.pop()
        if sum(state[color] for color in set(colors)) < needed:
            return OrderSearch(order, complete=False)
        for other in group:
            left = None if other in order else level(state, needs[other][1], needs[other][0])
            if left is None:
                continue
            key = (frozenset((*order, other)), left)
            if key not in seen:
                seen.add(key)
                stack.append(((*order, other), left))
    return OrderSearch(None, complete=True)


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
