"""How a domain's requests are distributed over its colors, in closed form.

Every request takes from the list with the strictly greatest number of free frames, the first such list in the
domain's order (`alloc_color_heap_page`, xen/common/page_alloc.c, 4.20–4.22).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from colorcheck.xen.memory.frame_run import FrameRun


def level(free: Sequence[int], count: int) -> list[int]:
    """The number of `count` requests that each list serves; fewer in total if the lists run out.

    The lists above a level L sink to it, where L is the lowest level that `count` requests reach; the remaining
    requests are served one each by the first lists at L.
    """
    if count <= 0:
        return [0] * len(free)
    if count >= sum(free):
        return list(free)
    descending = sorted(free, reverse=True)
    total, floor, rest = 0, 0, 0
    for width, height in enumerate(descending, 1):
        total += height
        below = descending[width] if width < len(descending) else 0
        if total - width * below > count:
            floor, rest = -((count - total) // width), 0
            rest = count - (total - width * floor)
            break
    taken = []
    for height in free:
        extra = height >= floor and rest > 0
        rest -= extra
        taken.append(max(0, height - floor) + extra)
    return taken


def rounds(columns: Sequence[tuple[int, int, list[FrameRun]]]) -> Iterator[FrameRun]:
    """Merge the frames of lists into the order of requests.

    A column is (free frames before, frames taken, those frames as runs). In the round of height h, every list that had
    at least h frames serves one request, in the domain's order, from the greatest height downwards.
    """
    cursors = [_Cursor(runs) for _, _, runs in columns]
    heights = sorted({before for before, taken, _ in columns if taken}, reverse=True)
    for index, height in enumerate(heights):
        below = heights[index + 1] if index + 1 < len(heights) else 0
        active = [i for i, (before, taken, _) in enumerate(columns) if before >= height and taken]
        ended = [columns[i][0] - columns[i][1] for i in active]
        lowest = max(below, max(ended, default=0))
        yield from _equal_rounds([cursors[i] for i in active], height - lowest)
        if lowest > below or index + 1 == len(heights):
            last = [cursors[i] for i, end in zip(active, ended, strict=True) if end < lowest]
            yield from _equal_rounds(last, 1)
            return


class _Cursor:
    """A position in a list of runs."""

    __slots__ = ("index", "offset", "runs")

    def __init__(self, runs: list[FrameRun]) -> None:
        self.runs = [run for run in runs if run.count]
        self.index = 0
        self.offset = 0

    @property
    def ahead(self) -> int:
        """The number of following frames with the same step."""
        return self.runs[self.index].count - self.offset

    @property
    def step(self) -> int:
        return self.runs[self.index].step

    @property
    def frame(self) -> int:
        run = self.runs[self.index]
        return run.first + self.offset * run.step

    def advance(self, count: int) -> None:
        self.offset += count
        if self.offset == self.runs[self.index].count:
            self.index, self.offset = self.index + 1, 0


def _equal_rounds(cursors: Sequence[_Cursor], number: int) -> Iterator[FrameRun]:
    """`number` rounds in which each of the lists gives one frame."""
    while number > 0 and cursors:
        together = min(number, *(cursor.ahead for cursor in cursors))
        yield from _block([(cursor.frame, cursor.step) for cursor in cursors], together)
        for cursor in cursors:
            cursor.advance(together)
        number -= together


def _block(starts: list[tuple[int, int]], number: int) -> Iterator[FrameRun]:
    """`number` rounds over lists that each continue with a constant step."""
    if len(starts) == 1:
        yield FrameRun(*starts[0], number)
    elif len({step for _, step in starts}) == 1:
        pattern, step = _runs([frame for frame, _ in starts]), starts[0][1]
        for turn in range(number):
            shift = turn * step
            for run in pattern:
                yield FrameRun(run.first + shift, run.step, run.count)
    else:
        for turn in range(number):
            yield from _runs([frame + turn * step for frame, step in starts])


def _runs(frames: list[int]) -> list[FrameRun]:
    """Frames as arithmetic runs, each of maximum length."""
    found: list[FrameRun] = []
    index = 0
    while index < len(frames):
        end = index + 1
        step = frames[end] - frames[index] if end < len(frames) else 1
        while end < len(frames) and frames[end] - frames[end - 1] == step:
            end += 1
        found.append(FrameRun(frames[index], step, end - index))
        index = end
    return found
