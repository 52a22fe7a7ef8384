"""Whether `colorcheck evidence` gives the same bytes each time, and how long it takes.

    python benchmarks/bench_evidence.py [--runs N] [--deployment DIR] [PYTHON ...]

Each PYTHON, by default the one that runs this, needs colorcheck and the same versions of all parts. The runs are made
one after the other, each in a folder of another name and length, from another current folder, with another seed of
hashes, another locale, time zone and number of columns. `times.json` is left out: it is what differs.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def digest(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != "times.json":
            found.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()


def run(python: str, deployment: Path, work: str, number: int) -> tuple[str, float, float]:
    folder = Path(work, "x" * (number + 1), "proofs")
    folder.parent.mkdir()
    environment = {
        **os.environ,
        "PYTHONHASHSEED": str(number),
        "LANG": ("C", "C.UTF-8")[number % 2],
        "TZ": ("UTC", "Asia/Kathmandu")[number % 2],
        "COLUMNS": str(60 + number),
    }
    where = deployment if number % 2 else folder.parent
    words = [] if number % 2 else [str(deployment)]
    begin = os.times()
    wall = time.perf_counter()
    command = [python, "-m", "colorcheck", "evidence", str(folder), *words]
    done = subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1, 4):
        raise SystemExit(done.stdout + done.stderr)
    end = os.times()
    spent = end.children_user - begin.children_user + end.children_system - begin.children_system
    return digest(folder), spent, time.perf_counter() - wall


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--deployment", type=Path, default=EXAMPLES / "zcu102-dom0less")
    parser.add_argument("pythons", metavar="PYTHON", nargs="*", default=[sys.executable])
    options = parser.parse_args()
    found: Counter[str] = Counter()
    seconds: list[float] = []
    walls: list[float] = []
    with tempfile.TemporaryDirectory() as work:
        for number in range(options.runs):
            python = options.pythons[number % len(options.pythons)]
            name, spent, wall = run(python, options.deployment.resolve(), work, number)
            found[name] += 1
            seconds.append(spent)
            walls.append(wall)
    shown = f"{min(seconds):.1f} s of processor, {min(walls):.1f} s of the wall at best"
    print(f"{options.deployment.name}: {options.runs} runs, {len(found)} different folders; {shown}")
    return 0 if len(found) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
