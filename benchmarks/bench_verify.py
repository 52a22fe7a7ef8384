"""How long whole `colorcheck verify` runs take, beside what importing the libraries alone costs.

    python benchmarks/bench_verify.py [--rounds N] [EXAMPLE ...]

Prints the median processor time of N runs, each in a process of its own, and its ratio to the floor, which is
`python -c "import z3, lark, rich"`. Floor and runs take turns, so that a busy machine slows both alike.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
FLOOR = [sys.executable, "-c", "import z3, lark, rich"]
AIM = 2.5


def seconds(command: list[str]) -> float:
    # Compiled modules are kept, as in every installation.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    begin = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, check=False)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("examples", nargs="*", help="folders in examples/ (default: all)")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    names = options.examples or sorted(path.parent.name for path in EXAMPLES.glob("*/colorcheck.toml"))
    verify = [sys.executable, "-m", "colorcheck", "verify"]
    commands = {"floor": FLOOR, **{name: [*verify, str(EXAMPLES / name)] for name in names}}
    for command in commands.values():
        seconds(command)  # once without counting: files are read, parser tables are kept
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, command in commands.items():
            times[name].append(seconds(command))
    floor = statistics.median(times["floor"])
    print(f"{'run':<24}{'median':>10}{'fastest':>10}{'ratio':>8}")
    for name, found in times.items():
        median = statistics.median(found)
        print(f"{name:<24}{median * 1000:>7.0f} ms{min(found) * 1000:>7.0f} ms{median / floor:>8.2f}")
    print(f"floor: {' '.join(FLOOR[1:])}; aim: ratios below {AIM}")


if __name__ == "__main__":
    main()
