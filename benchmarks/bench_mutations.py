"""Random changes of a folder of evidence, with every hash made anew by the attacker: which of them does `--check` tell?

    python benchmarks/bench_mutations.py [COUNT] [FIRST SEED]

A change is one bit, a run of bytes or one value of a document, anywhere in the folder. It may pass only where what is
left is an honest folder: of other inputs (a change that nothing depends on, as in a comment), of another log or list of
parts. The solvers are not asked, and what is derived from the same copies is derived once: both can only make fewer be
told.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from colorcheck.cli import main
from colorcheck.workflows.evidence import bundle
from colorcheck.workflows.evidence import certificates as folders
from colorcheck.workflows.evidence.copies import Unbound
from colorcheck.workflows.evidence.derive import derive

T = TypeVar("T")
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
CARRIED = ("certificates/inputs/", "logs/", "sbom.json", "times.json")
MANIFESTS = ("certificates/certificates.json", "evidence.json")


def rehash(folder: Path) -> None:
    for name in MANIFESTS:
        path = folder / name
        try:
            said = json.loads(path.read_text())
            for part in ("inputs", "files", "attached"):
                for file in said[part]:
                    if (path.parent / file).is_file():
                        said[part][file] = hashlib.sha256((path.parent / file).read_bytes()).hexdigest()
            for entry in said.get("theorems", ()):
                if (path.parent / (entry.get("file") or "-")).is_file():
                    entry["sha256"] = hashlib.sha256((path.parent / entry["file"]).read_bytes()).hexdigest()
            path.write_text(json.dumps(said, indent=1) + "\n")
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # it is no manifest any more


def mutate(folder: Path, seed: int) -> str:
    """One change somewhere; gives the file that was changed."""
    chance = random.Random(seed)
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    name = chance.choice([*names, *MANIFESTS * (len(names) // 4)])
    path = folder / name
    data = bytearray(path.read_bytes())
    if name.endswith(".json") and chance.random() < 0.7:
        document = json.loads(data)
        spot: Any = document
        while True:
            key = chance.choice(list(spot) if isinstance(spot, dict) else list(range(len(spot))))
            if not isinstance(spot[key], dict | list) or not spot[key] or chance.random() < 0.1:
                break
            spot = spot[key]
        old = spot[key]
        others: list[Any] = [None, "", "x", 0, 1, True, [], {}, "proved", "refuted"]
        spot[key] = chance.choice([value for value in others if value != old])
        path.write_text(json.dumps(document, indent=1) + "\n")
        return name
    at = chance.randrange(len(data)) if data else 0
    if data and chance.random() < 0.5:
        data[at] ^= 1 << chance.randrange(7)
    else:
        del data[at : at + chance.randrange(1, 40)]
    path.write_bytes(data)
    return name


def once(function: Callable[..., T], key: Callable[..., str]) -> Callable[..., T]:
    """The function, called once for each key."""
    known: dict[str, T | Unbound] = {}

    def called(*arguments: object) -> T:
        name = key(*arguments)
        if name not in known:
            try:
                known[name] = function(*arguments)
            except Unbound as error:
                known[name] = error
        found = known[name]
        if isinstance(found, Unbound):
            raise found
        return found

    return called


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(count: int, first: int) -> int:
    told: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as work, ExitStack() as stack:
        honest = Path(work, "honest")
        example = EXAMPLES / "qemu-attested"
        if main(["evidence", str(honest), str(example), "--log", str(example / "boot.log")]) != 0:
            return 1
        before = contents(honest)
        stack.enter_context(patch.object(folders, "_judged", lambda *_: iter(())))
        same = once(derive, lambda copies, _: repr((copies, "certificates")))
        stack.enter_context(patch.object(folders, "derive", same))
        whole = once(bundle.bundle, lambda copies, attached: repr((copies, sorted(attached.items()))))
        stack.enter_context(patch.object(bundle, "bundle", whole))
        begin = time.perf_counter()
        for seed in range(first, first + count):
            folder = Path(shutil.copytree(honest, Path(work, "attacked")))
            name = mutate(folder, seed)
            rehash(folder)
            if contents(folder) == before:
                told["nothing changed"] += 1
            elif not all(each.ok for each in bundle.check(folder)):
                told["told"] += 1
            elif name.startswith(CARRIED):
                told["an honest folder of other inputs"] += 1
            else:
                told["PASSED"] += 1
                print(f"seed {seed}: {name} passed")
            shutil.rmtree(folder)
    shown = ", ".join(f"{number} {what}" for what, number in told.most_common())
    print(f"{count} mutations in {time.perf_counter() - begin:.0f} s: {shown}")
    return 1 if told["PASSED"] else 0


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(run(*(numbers + [1000, 0][len(numbers) :])))
