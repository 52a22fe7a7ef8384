"""Decompile every device tree blob below a folder with dtc, read the source as each release of dtc does, and compare.

Each node, property, reserved range and phandle must be those of the blob, byte for byte. dtc 1.6.1 prints a few bytes
as a string that it reads differently itself (a NUL before a digit): there, what dtc compiles is the measure::

    python benchmarks/bench_dtc.py FOLDER [--sample N] [--dtc PROGRAM]

Blobs come from any arm64 kernel package (`device_tree_corpus.py` says how); `--sample` takes N of them, spread evenly.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from colorcheck.inputs.device_tree.device_tree_blob import read_blob
from colorcheck.inputs.device_tree.device_tree_source import read_source
from colorcheck.inputs.device_tree.dtc import RELEASES
from colorcheck.inputs.device_tree.tree import DeviceTree


def content(tree: DeviceTree) -> tuple[object, ...]:
    """All that the blob holds, in its order."""
    nodes = [(node.path, [(name, held.value) for name, held in node.properties.items()]) for node in tree.root.walk()]
    return nodes, tree.memory_reservations


def compiled(dtc: str, source: bytes) -> tuple[object, ...] | None:
    """What dtc itself makes of its own output."""
    done = subprocess.run([dtc, "-q", "-I", "dts", "-O", "dtb"], input=source, capture_output=True, check=False)
    tree = read_blob("again.dtb", done.stdout).tree
    return content(tree) if tree else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sample", type=int, default=0, help="so many of them only")
    parser.add_argument("--dtc", default="dtc", help="the dtc that decompiles")
    options = parser.parse_args()
    blobs = sorted(options.folder.rglob("*.dtb"))
    if options.sample:
        blobs = blobs[:: max(1, len(blobs) // options.sample)][: options.sample]
    counts: Counter[str] = Counter()
    start = time.perf_counter()
    for blob in blobs:
        done = subprocess.run([options.dtc, "-q", "-I", "dtb", "-O", "dts", blob], capture_output=True, check=False)
        read = read_blob(str(blob), blob.read_bytes())
        if done.returncode or read.tree is None:
            counts["not decompiled"] += 1
            print(f"{blob}: {done.stderr.decode(errors='replace').strip() or read.errors}")
            continue
        wanted = content(read.tree)
        for release in RELEASES:
            found = read_source("tree.dts", done.stdout, dtc=release)
            same = found.tree is not None and content(found.tree) == wanted
            if not same and found.tree is not None and content(found.tree) == compiled(options.dtc, done.stdout):
                counts[f"{release.name} equal to what dtc compiles, not to the blob"] += 1
                continue
            counts[f"{release.name} {'equal' if same else 'differ'}"] += 1
            if not same:
                print(f"{blob} as dtc {release.name}: {found.errors[:1] or 'another tree'}")
    print(f"{len(blobs)} blobs in {time.perf_counter() - start:.0f} s: {dict(sorted(counts.items()))}")
    return int(any("differ" in name for name in counts))


if __name__ == "__main__":
    sys.exit(main())
