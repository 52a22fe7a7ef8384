"""How long broken deployments take beside clean ones: dom0 and guests of xl on a cache of 128 colors.

    python benchmarks/bench_broken.py [--guests N] [--rounds N]

Clean and broken ones take turns in one process, so that a busy machine slows both alike; the best of the rounds, in
seconds of the clock and of the processor. Nothing is remembered from one run to the next.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).parent))

from bench_proof import TREE

from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.proof.solver import forget
from colorcheck.workflows import verify as pipeline

KINDS = ("clean", "nobody has colors", "all the same color", "pairs overlap", "memory too large")
MANIFEST = """[target]
xen = "4.20"
xen-image-size = 0x174000
xen-address = 0x40200000
device-tree-address = 0x47000000
[inputs]
device-tree = "system.dts"
domains = ["guest*.cfg"]
[policy]
creation-order = "{order}"
"""


def deployment(folder: Path, kind: str, guests: int, order: str) -> Manifest:
    """A deployment of this kind, on disk."""
    folder.mkdir()
    (folder / "system.dts").write_text(TREE.format(domains=""), encoding="utf-8")
    (folder / "colorcheck.toml").write_text(MANIFEST.format(order=order), encoding="utf-8")
    for number in range(guests):
        first, last = 5 + 3 * number, 7 + 3 * number + (kind == "pairs overlap" and number + 1 < guests)
        if kind == "all the same color":
            first, last = 5, 7
        colors = "" if kind == "nobody has colors" else f'llc_colors = ["{first}-{last}"]\n'
        memory = 4096 if kind == "memory too large" else 200
        text = f'name = "g{number}"\nkernel = "Image"\nmemory = {memory}\nvcpus = 1\n{colors}'
        (folder / f"guest{number:02}.cfg").write_text(text, encoding="utf-8")
    return read_manifest(str(folder / "colorcheck.toml"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guests", type=int, default=31)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{'deployment':<22}{'order':<11}{'clock':>8}{'processor':>11}{'of clean':>10}  verdicts")
    with tempfile.TemporaryDirectory() as folder:
        made = {
            (kind, order): deployment(Path(folder) / f"{kind}, {order}", kind, options.guests, order)
            for order in ("as-listed", "any")
            for kind in KINDS
        }
        pipeline.verify(made["clean", "any"])  # to warm up
        times: dict[tuple[str, str], list[tuple[float, float]]] = {key: [] for key in made}
        verdicts = {}
        for _ in range(options.rounds):
            for key, manifest in made.items():
                forget()
                clock, processor = perf_counter(), process_time()
                found = pipeline.verify(manifest)
                times[key].append((perf_counter() - clock, process_time() - processor))
                summary = found.to_dict()["summary"]
                verdicts[key] = {name: summary[name] for name in ("proved", "refuted", "unknown")}  # type: ignore[index]
    for (kind, order), taken in times.items():
        clock, processor = min(each for each, _ in taken), min(each for _, each in taken)
        ratio = processor / min(each for _, each in times["clean", order])
        said = ", ".join(f"{count} {name}" for name, count in verdicts[kind, order].items())
        print(f"{kind:<22}{order:<11}{clock:>6.2f} s{processor:>9.2f} s{ratio:>10.1f}  {said}")


if __name__ == "__main__":
    main()
