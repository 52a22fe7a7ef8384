"""The steps after a boot as text: the effect of each, and what the colors have left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from colorcheck.core.units import size_of_pages
from colorcheck.replay.lifecycle import Balloon, HeapState, Lived


def lines(lives: Sequence[Lived]) -> Iterator[str]:
    """One line per step, under the name of each release; at the end what each color has left."""
    for lived in lives:
        yield f"Xen {lived.release}"
        if lived.stopped:
            yield f"  nothing can be created: {lived.stopped}"
            continue
        for number, state in enumerate(lived.states, 1):
            yield f"{number:>5}  {_step(state):<32}{_became(state)}"
        if lived.states:
            free = lived.states[-1].heap
            yield f"  left: {sum(free)} frames ({size_of_pages(sum(free))}) in {len(free)} colors"
            yield "  " + " ".join(f"{color}:{count}" for color, count in enumerate(free))
            lost = sum(state.lost for state in lived.states)
            if lost:
                yield f"  lost to the colors until the host reboots: {lost} frames ({size_of_pages(lost)})"


def _step(state: HeapState) -> str:
    step = state.step
    if step is None:
        return ""
    size = f" to {step.kib} KiB" if isinstance(step, Balloon) else ""
    return f"{type(step).__name__.lower()} {step.name}{size}"


def _became(state: HeapState) -> str:
    if state.failure is not None:
        kept = f"; {state.lost} frames are lost" if state.lost else ""
        return f"fails: {state.failure.message}{kept}"
    parts = [f"takes {state.taken} frames"] if state.taken else []
    parts += [f"{state.lost} frames are lost to the colors"] if state.lost else []
    return ", ".join(parts) or "done"
