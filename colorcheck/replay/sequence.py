"""What happens to the color heap after boot: guests destroyed, created again, ballooned.

Source: `free_color_heap_page`, `relinquish_memory`, `p2m_teardown_allocation` (Xen 4.20): a freed frame goes to the
head of its list, so that the last one freed is the next one given out. A domain's memory is freed before its P2M
pool, both here in the order in which they were given out.

Measured with xl of 4.20: the frames of a destroyed guest, and of one whose creation failed, were not back within
seconds. `returned=False` plays that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from enum import StrEnum

from colorcheck.core.value import dataclass
from colorcheck.xen.kinds import DomainKind, Failure, FailureKind
from colorcheck.xen.memory.booted import Boot
from colorcheck.xen.memory.building import build_guest
from colorcheck.xen.memory.color_heap import Allocation, ColorHeap
from colorcheck.xen.memory.frames import Frames
from colorcheck.xen.system import Domain


class Action(StrEnum):
    CREATE = "create"
    DESTROY = "destroy"
    BALLOON = "balloon"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that is done to a guest. `pages` of a balloon are frames that the guest gets, or gives back if below 0:
    those that it got last."""

    action: Action
    domain: str
    pages: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """The color heap after an event; `owned` are the frames of each guest of xl by name."""

    heap: ColorHeap
    owned: Mapping[str, Frames] = field(default_factory=dict)
    event: Event | None = None
    failure: Failure | None = None

    @property
    def free(self) -> tuple[int, ...]:
        return self.heap.free


def play(boot: Boot, events: Sequence[Event], *, returned: bool = True) -> Iterator[State]:
    """The state after boot, then after each event. Guests that the files name count as created after boot.

    An event on a guest that is not there, or there already, changes nothing and has a failure of class `other`.
    Raises ValueError for a boot that has no color heap.
    """
    if boot.heap is None or boot.panic:
        raise ValueError("this boot ends without a color heap")
    owned = {b.domain.name: b.frames for b in boot.built if b.created and b.domain.kind is DomainKind.XL}
    state = State(boot.heap, owned)
    yield state
    known = {domain.name: domain for domain in boot.system.domains if domain.kind is DomainKind.XL}
    for event in events:
        if event.action is Action.CREATE:
            state = _create(boot, state, event, known.get(event.domain), returned=returned)
        elif event.domain not in state.owned:
            state = State(
                state.heap, state.owned, event, Failure(FailureKind.OTHER, f"there is no guest {event.domain}")
            )
        elif event.action is Action.DESTROY:
            state = _destroy(state, event, returned=returned)
        else:
            state = _balloon(state, event, known[event.domain])
        yield state


def _create(boot: Boot, state: State, event: Event, domain: Domain | None, *, returned: bool) -> State:
    prepared = boot.system.preparation
    if domain is None or prepared is None or event.domain in state.owned:
        reason = f"{event.domain} is there already" if event.domain in state.owned else f"no file names {event.domain}"
        return State(state.heap, state.owned, event, Failure(FailureKind.OTHER, reason))
    attempt = build_guest(domain, state.heap, prepared, boot.system.release.traits)
    if attempt.built.failure is None:
        return State(attempt.heap, {**state.owned, domain.name: attempt.built.frames}, event)
    heap = _freed(attempt.heap, attempt.built.frames) if returned else attempt.heap
    return State(heap, state.owned, event, attempt.built.failure)


def _destroy(state: State, event: Event, *, returned: bool) -> State:
    left = {name: frames for name, frames in state.owned.items() if name != event.domain}
    heap = _freed(state.heap, state.owned[event.domain]) if returned else state.heap
    return State(heap, left, event)


def _freed(heap: ColorHeap, frames: Frames) -> ColorHeap:
    """The heap after a domain's death: its P2M pool, which was given out first, is freed last."""
    pool, memory = frames.allocations[:1], frames.allocations[1:]
    for allocation in (*memory, *pool):
        heap = heap.give_back(allocation.after(0))
    return heap


def _balloon(state: State, event: Event, domain: Domain) -> State:
    frames = state.owned[event.domain]
    if event.pages >= 0:
        allocation, heap = state.heap.take(domain.colors, event.pages)
        grown = Frames((*frames.allocations, allocation)) if allocation.count else frames
        short = (
            Failure(FailureKind.DOMAIN_MEMORY, f"{allocation.missing} frames are missing")
            if allocation.missing
            else None
        )
        return State(heap, {**state.owned, event.domain: grown}, event, short)
    pool, memory = frames.allocations[:1], list(frames.allocations[1:])
    heap, rest = state.heap, -event.pages
    while rest and memory:
        last = memory.pop()
        given = min(rest, last.count)
        heap = heap.give_back(last.after(last.count - given))
        if given < last.count:
            memory.append(last.prefix(last.count - given))
        rest -= given
    kept: tuple[Allocation, ...] = (*pool, *memory)
    return State(heap, {**state.owned, event.domain: Frames(kept)}, event)
