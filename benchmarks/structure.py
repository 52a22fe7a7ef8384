"""The structure of `colorcheck/` in numbers, today and at other revisions, from the import graph; and what it costs.

    python benchmarks/structure.py [--time ROUNDS] [REVISION ...]

Boxes are folders and modules directly below `colorcheck/`, arrows between them are imports of any of their modules;
imports for types count. A circle is a set of modules (or boxes) that reach each other. With `--time`,
`colorcheck --version` and `verify` of three examples run in turns at each revision, in processor time, and are compared
with the first revision named.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Set
from io import BytesIO
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ("zcu102-dom0less", "rpi4-xl", "xen-guide")
PACKAGE = "colorcheck"

Graph = Mapping[str, Set[str]]
"""What each node imports."""


def circles(graph: Graph) -> list[set[str]]:
    """The strongly connected components of more than one node (Tarjan, without recursion)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    found: list[set[str]] = []
    for root in graph:
        path = [(root, iter(sorted(graph[root])))] if root not in order else []
        while path:
            node, others = path[-1]
            if node not in order:
                order[node] = lowest[node] = len(order)
                stack.append(node)
                waiting.add(node)
            for other in others:
                if other not in order:
                    path.append((other, iter(sorted(graph.get(other, ())))))
                    break
                if other in waiting:
                    lowest[node] = min(lowest[node], order[other])
            else:
                path.pop()
                if path:
                    above = path[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                if lowest[node] == order[node]:
                    at = stack.index(node)
                    group = set(stack[at:])
                    del stack[at:]
                    waiting -= group
                    found += [group] if len(group) > 1 else []
    return found


def modules_of(folder: Path) -> dict[str, set[str]]:
    """What each module of the package below `folder` imports of it. Runs in a process of its own: see `measured`."""
    sys.path.insert(0, str(folder))
    graph = grimp.build_graph(PACKAGE, exclude_type_checking_imports=False, cache_dir=None)
    return {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}


def box(module: str) -> str:
    """The folder or module directly below the package; the package itself is a box."""
    return module.split(".")[1] if "." in module else module


def boxes_of(modules: Graph) -> dict[str, set[str]]:
    """What each box imports of others."""
    found: dict[str, set[str]] = {box(module): set() for module in modules}
    for module, imported in modules.items():
        found[box(module)] |= {box(other) for other in imported} - {box(module)}
    return found


def lines(folder: Path) -> list[int]:
    """Lines of each module."""
    return sorted(path.read_text(encoding="utf-8").count("\n") for path in (folder / PACKAGE).rglob("*.py"))


def measured(folder: Path) -> str:
    """One row of the table for the package below `folder`."""
    modules = modules_of(folder)
    boxes = boxes_of(modules)
    loose = [path for path in (folder / PACKAGE).glob("*.py") if path.name != "__init__.py"]
    sizes = lines(folder)
    among = circles(modules)
    cells: list[object] = [
        len(sizes),
        int(statistics.median(sizes)),
        sizes[-1],
        sum(map(len, modules.values())),
        f"{len(among)} ({sum(map(len, among))})",
        len(boxes),
        len(loose),
        sum(map(len, boxes.values())),
        f"{len(found)} ({sum(map(len, found))})" if (found := circles(boxes)) else "0 (0)",
    ]
    return " | ".join(map(str, cells))


HEAD = (
    "| revision | modules | median lines | longest | imports | circles (modules in them) "
    "| boxes | loose modules | arrows | circles of boxes (boxes in them) |"
)


def unpack(revision: str, target: Path) -> Path:
    """The tree of a revision."""
    data = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(data)) as archive:
        archive.extractall(target, filter="data")
    return target


def seconds(folder: Path, *arguments: str) -> float:
    """Processor time of one command of the tree in `folder`, its compiled modules kept as in an installation."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = os.pathsep.join((str(folder), str(folder / "plugins")))
    command = [sys.executable, "-m", PACKAGE, *arguments]
    before = os.times()
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def timed(trees: Mapping[str, Path], rounds: int) -> None:
    """Runs in turns: medians, and the median of each round's ratio to the first tree. The first round only compiles."""
    commands = [["--version"], *(["verify", str(ROOT / "examples" / example)] for example in EXAMPLES)]
    first = next(iter(trees))
    for command in commands:
        taken: dict[str, list[float]] = {name: [] for name in trees}
        for number in range(rounds + 1):
            for name in list(trees)[:: -1 if number % 2 else 1]:
                spent = seconds(trees[name], *command)
                if number:
                    taken[name].append(spent)
        for name, each in taken.items():
            ratio = statistics.median(here / there for here, there in zip(each, taken[first], strict=True))
            what = " ".join(map(os.path.basename, command))
            print(f"{name}: {what}: {statistics.median(each):.3f} s, least {min(each):.3f} s, ratio {ratio:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revisions", nargs="*", metavar="REVISION")
    parser.add_argument("--time", type=int, default=0, metavar="ROUNDS")
    parser.add_argument("--row", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row:
        print(measured(options.row))
        return
    with tempfile.TemporaryDirectory() as scratch:
        trees = {name: unpack(name, Path(scratch) / str(n)) for n, name in enumerate(options.revisions)}
        trees["this tree"] = ROOT
        print(HEAD)
        print("|" + "---|" * (HEAD.count("|") - 1))
        for name, folder in trees.items():
            row = [sys.executable, __file__, "--row", str(folder)]
            made = subprocess.run(row, capture_output=True, text=True, check=True, cwd=folder)
            print(f"| {name} | {made.stdout.strip()} |")
        if options.time:
            timed(trees, options.time)


if __name__ == "__main__":
    main()
