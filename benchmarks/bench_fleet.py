"""How long `colorcheck verify --recursive` takes for many deployments, cold and warm, beside one process each.

    python benchmarks/bench_fleet.py [--deployments N] [--sample N] [--jobs N]

N deployments are generated, all different: boards' memory, number of guests, memory and colors of each; one in ten
shares colors. `cold` is a run with an empty cache, `warm` the same run again, `one changed` after an edit of one xl
file. `one process each` is measured on a sample and scaled up, with as many processes at a time as `--jobs`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from colorcheck.rules.example import Example

COLORCHECK = [sys.executable, "-m", "colorcheck", "verify"]


def generate(folder: Path, count: int) -> list[Path]:
    """The folders of `count` deployments."""
    made = []
    for number in range(count):
        place = folder / f"{number // 100:02}" / f"deployment-{number:05}"
        place.mkdir(parents=True)
        guests = [guest(f"guest{index}", 11 + index, number) for index in range(1 + number % 3)]
        if number % 10 == 0:
            guests[0] = guests[0].replace('"11"', '"10-11"')
        Example(guests=tuple((f"guest{index}.cfg", text) for index, text in enumerate(guests))).write(place)
        made.append(place)
    return made


def guest(name: str, color: int, number: int) -> str:
    settings = f'name = "{name}"\nkernel = "Image"\nmemory = {32 + number % 64}\nvcpus = 1\n'
    return f'{settings}llc_colors = ["{color}"]\n# {number}\n'


def seconds(command: list[str], environment: dict[str, str]) -> float:
    begin = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()[-500:]}")
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deployments", type=int, default=2000)
    parser.add_argument("--sample", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fleet-") as name:
        folder = Path(name, "fleet")
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment["COLORCHECK_CACHE"] = str(Path(name, "cache"))
        places = generate(folder, options.deployments)
        fleet = [*COLORCHECK, "--recursive", str(folder), "--jobs", str(options.jobs)]
        seconds([*COLORCHECK, str(places[0])], environment)  # once without counting: parser tables are kept
        sample = places[:: max(1, len(places) // options.sample)][: options.sample]
        begin = time.perf_counter()
        with ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(lambda place: seconds([*COLORCHECK, str(place)], environment), sample))
        each = (time.perf_counter() - begin) * len(places) / len(sample)
        rows = [(f"one process each (scaled from {len(sample)})", each), ("cold", seconds(fleet, environment))]
        rows.append(("warm", seconds(fleet, environment)))
        edited = places[len(places) // 2] / "guest0.cfg"
        edited.write_text(edited.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        rows.append(("one changed", seconds(fleet, environment)))
    print(f"{len(places)} deployments, {options.jobs} at a time\n")
    print(f"{'run':<36}{'seconds':>10}{'each':>12}{'ratio':>8}")
    for label, taken in rows:
        print(f"{label:<36}{taken:>10.1f}{taken / len(places) * 1000:>9.1f} ms{each / taken:>8.1f}")


if __name__ == "__main__":
    main()
