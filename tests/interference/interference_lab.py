"""A small laboratory for the tests: boards, colored domains, and cache models written anew, the slow and plain way."""

from __future__ import annotations

from collections import Counter, OrderedDict

from colorcheck.hardware.index import KnownIndex, Linear
from colorcheck.interference.caches import CacheModel, ClusterModel
from colorcheck.interference.experiment import Experiment, ReplacementPolicy, Stream, frame_owner
from colorcheck.interference.workloads import Workload, parse_workload
from colorcheck.xen.memory.frame_run import FrameRun


def cluster(
    sets: int = 64, ways: int = 4, *, l1: bool = True, inclusive: bool = False, index: KnownIndex | None = None
) -> ClusterModel:
    last = CacheModel("L2", sets, ways, 64, index or Linear(64, sets))
    private = (CacheModel("L1", 8, 2, 64, Linear(64, 8)),) if l1 else ()
    return ClusterModel("test", 4, private, last, inclusive)


A53 = ClusterModel(
    "cortex-a53",
    4,
    (CacheModel("L1", 128, 4, 64, Linear(64, 128)),),
    CacheModel("L2", 1024, 16, 64, Linear(64, 1024)),
    inclusive=False,
)


def colored(colors: range | tuple[int, ...], nr_colors: int, pages: int, first: int = 1 << 16) -> tuple[FrameRun, ...]:
    """Frames of these colors, one block of colors after the other."""
    base = first - first % nr_colors
    count = -(-pages // len(colors))
    frames = [base + block * nr_colors + color for block in range(count) for color in colors][:pages]
    return tuple(FrameRun(frame, 1, 1) for frame in frames)


def experiment(
    *owners: tuple[tuple[FrameRun, ...], str],
    policy: ReplacementPolicy = ReplacementPolicy.LRU,
    on: ClusterModel = A53,
    accesses: int = 100_000,
    seed: int = 1,
) -> Experiment:
    """One virtual CPU a domain, each on a core of its own; a domain is its frames and its workload's text, if any."""
    loads: list[tuple[int, Workload]] = [
        (number, parse_workload(text)) for number, (_, text) in enumerate(owners) if text
    ]
    return Experiment(
        (on,),
        tuple(frame_owner(f"d{number}", frames) for number, (frames, _) in enumerate(owners)),
        tuple(Stream(number, load, number) for number, load in loads),
        policy,
        seed=seed,
        accesses=accesses,
    )


def lru_hits(lines: list[int], sets: int, ways: int) -> int:
    """An LRU cache as a textbook has it."""
    cache: list[OrderedDict[int, None]] = [OrderedDict() for _ in range(sets)]
    hits = 0
    for line in lines:
        row = cache[line % sets]
        if line in row:
            hits += 1
            row.move_to_end(line)
        else:
            if len(row) == ways:
                row.popitem(last=False)
            row[line] = None
    return hits


class Tree:
    """Tree pseudo-LRU by recursion: a node is [left, right, where the next victim is sought]."""

    def __init__(self, ways: int) -> None:
        span = 1
        while span < ways:
            span *= 2
        self.ways, self.root = ways, self._node(0, span)

    def _node(self, low: int, span: int) -> object:
        return low if span == 1 else [self._node(low, span // 2), self._node(low + span // 2, span // 2), 0, low, span]

    def victim(self) -> int:
        node = self.root
        while isinstance(node, list):
            right = node[2] == 1 and node[3] + node[4] // 2 < self.ways
            node = node[1] if right else node[0]
        assert isinstance(node, int)
        return node

    def touch(self, way: int) -> None:
        node = self.root
        while isinstance(node, list):
            right = way >= node[3] + node[4] // 2
            node[2] = 0 if right else 1
            node = node[1] if right else node[0]


def plru_hits(lines: list[int], sets: int, ways: int) -> int:
    content: list[list[int | None]] = [[None] * ways for _ in range(sets)]
    trees = [Tree(ways) for _ in range(sets)]
    hits: Counter[bool] = Counter()
    for line in lines:
        row, tree = content[line % sets], trees[line % sets]
        hits[line in row] += 1
        if line in row:
            way = row.index(line)
        else:
            way = row.index(None) if None in row else tree.victim()
            row[way] = line
        tree.touch(way)
    return hits[True]
