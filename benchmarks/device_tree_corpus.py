"""Derive a board from every device tree blob below a folder, and with --verify verify a small deployment on each.

Counts what came out, and fails on a crash or on a geometry that contradicts the core's manual without a problem::

    python benchmarks/device_tree_corpus.py FOLDER [--verify]

Where blobs come from: any arm64 kernel package has its own. On Debian, without installing it::

    dpkg --add-architecture arm64 && apt-get update
    apt-get download linux-image-6.12-arm64:arm64    # the package that this meta-package depends on
    dpkg-deb -x linux-image-*.deb kernel
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from colorcheck.core.diagnostic import Problem
from colorcheck.hardware.board import Board
from colorcheck.hardware.board_file import read_board
from colorcheck.hardware.board_text import to_toml
from colorcheck.hardware.cores import core_named
from colorcheck.hardware.geometry import board_from_device_tree
from colorcheck.inputs.device_tree.device_tree_blob import read_blob
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.plugins.manager import catalogue
from colorcheck.workflows import verify as pipeline

ARGUMENTS = "llc-coloring=on xen-llc-colors=0 dom0_mem=256M dom0-llc-colors=1-3"
MANIFEST = """[target]
xen = "4.20"
xen-image-size = 0x174000
[inputs]
device-tree = "{blob}"
boot-arguments = "{arguments}"
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--verify", action="store_true", help="verify a small deployment on each tree as well")
    options = parser.parse_args()
    blobs = sorted(options.folder.rglob("*.dtb"))
    counts: Counter[str] = Counter(trees=len(blobs))
    faults: list[str] = []
    start = time.perf_counter()
    for blob in blobs:
        try:
            derive(blob, counts, faults)
            if options.verify:
                verify(blob, counts, faults)
        except Exception:
            faults.append(f"{blob}: {traceback.format_exc()}")
    for name, count in sorted(counts.items()):
        print(f"{count:6}  {name}")
    print(f"{time.perf_counter() - start:6.0f}  seconds")
    for fault in faults:
        print(f"FAULT {fault}")
    return 1 if faults else 0


def derive(blob: Path, counts: Counter[str], faults: list[str]) -> None:
    read = read_blob(str(blob), blob.read_bytes())
    if read.tree is None:
        counts["blobs that cannot be read"] += 1
        return
    board, problems = board_from_device_tree(read.tree)
    for kind in {problem.kind for problem in problems}:
        counts[f"trees with a problem {kind}"] += 1
    if board is None:
        counts["trees without CPUs"] += 1
        return
    read_board(to_toml(board), board.name)
    complete = all(cluster.llc and cluster.llc.sets for cluster in board.clusters)
    counts["trees with the geometry of every cluster" if complete else "trees that need a board or llc-size"] += 1
    counts[f"colorable: {board.colorable}"] += 1
    sizes = {cluster.llc.way_size for cluster in board.clusters if cluster.llc and cluster.llc.way_size}
    counts["trees whose clusters have different way sizes"] += len(sizes) > 1
    counts["trees whose IOMMU Xen can use"] += bool(board.iommu_usable)
    counts["trees without memory"] += not board.dram
    faults += (f"{blob}: {text}" for text in unsaid(board, problems))
    known = catalogue().by_compatible(board.compatible)
    if known is not None:
        counts["trees of a board or SoC in the catalogue"] += 1
        faults += (f"{blob}: {text}" for text in differences(board, known))


def unsaid(board: Board, problems: tuple[Problem, ...]) -> list[str]:
    """Geometry that contradicts a manual although nothing was said about it."""
    found = []
    for cluster in board.clusters:
        core, llc = core_named(cluster.cores), cluster.llc
        if core is None or not core.llc_ways:
            continue
        if llc is None or llc.sets is None:
            if not problems:
                found.append(f"nothing is said about the missing geometry of {cluster.cores}")
        elif llc.ways not in core.llc_ways or llc.size != llc.sets * (llc.line or 0) * (llc.ways or 0):
            found.append(f"{llc} of {cluster.cores}")
    return found


def differences(board: Board, known: Board) -> list[str]:
    """Way sizes that differ from the catalogue's for the same SoC and core."""
    expected = {cluster.cores: cluster.llc.way_size for cluster in known.clusters if cluster.llc}
    return [
        f"the way of {cluster.cores} has {cluster.llc.way_size} bytes, {known.name} has {expected[cluster.cores]}"
        for cluster in board.clusters
        if cluster.llc and cluster.llc.way_size and expected.get(cluster.cores) not in (None, cluster.llc.way_size)
    ]


def verify(blob: Path, counts: Counter[str], faults: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        manifest = Path(folder) / "colorcheck.toml"
        text = MANIFEST.format(blob=blob.resolve(), arguments=ARGUMENTS)
        manifest.write_text(text, encoding="utf-8")
        verification = pipeline.verify(read_manifest(str(manifest)))
    status = int(verification.exit_status())
    counts[f"verify ends with {status}"] += 1
    board = verification.facts.board
    if status == 0 and (board is None or board.colorable != "yes"):
        faults.append(f"{blob}: all is proved although the board is colorable: {board.colorable if board else '?'}")
    faults += (f"{blob}: {fault.where}: {fault.message}\n{fault.traceback}" for fault in verification.faults)


if __name__ == "__main__":
    sys.exit(main())
