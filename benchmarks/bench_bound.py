"""Random placements against the bound over all placements: how close they come, and that none falls below.

    python benchmarks/bench_bound.py [--samples N] [--seed N]

N placements (default 100,000) are shared out over the scenarios of `tests/xen/random_placements.py` and the releases.
`slack` is the least number of frames of a color that a placement had above the bound. Exit status 1 if one fell below.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from random import Random
from time import process_time

sys.path[:0] = [str(Path(__file__).parents[1] / "tests/xen"), str(Path(__file__).parents[1])]

from tests.xen.random_placements import bound_of, samples, scenarios  # noqa: E402

RELEASES = ("4.20", "4.21", "4.22")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    asked = []
    for name, given, board in scenarios():
        for release in RELEASES:
            worlds, bound = bound_of(given, board, release)
            if bound is not None:
                asked.append((name, release, worlds, given, bound))
    begin, below, done = process_time(), 0, 0
    print("| deployment | Xen | placements | bound | slack |\n|---|---|---:|---:|---:|")
    for number, (name, release, worlds, given, bound) in enumerate(asked):
        count = options.samples // len(asked) + (number < options.samples % len(asked))
        slack = []
        for _, free in samples(worlds, given, Random(options.seed * 1000 + number), count):
            done += 1
            if free is None or any(have < least for have, least in zip(free, bound.least, strict=True)):
                below += 1
            else:
                slack.append(min(have - least for have, least in zip(free, bound.least, strict=True)))
        print(f"| {name} | {release} | {count:,} | {min(bound.least):,} | {min(slack):,} |", flush=True)
    print(f"\n{done:,} placements, {below} below the bound, {process_time() - begin:.0f} s of the processor")
    return int(below > 0)


if __name__ == "__main__":
    raise SystemExit(main())
