"""Random changes of a folder of evidence, with every hash made anew by the attacker: which of them does `--check` tell?

    python benchmarks/bench_mutations.py [COUNT] [FIRST SEED]

A change is one bit, a run of bytes or one value of a document, anywhere in the folder. It may pass only where what is
left is an honest folder: of other inputs (a change that nothing depends on, as in a comment), of another log or list of
parts. The solvers are not asked, and what is derived from the same copies is derived once: both can only make fewer be
told.
"""

import hashlib
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from colorcheck.cli import main
from colorcheck.workflows.evidence import bundle
from colorcheck.workflows.evidence import certificates as folders

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
CARRIED = ("certificates/inputs/", "logs/", "sbom.json", "times.json")
MANIFESTS = ("certificates/certificates.json", "evidence.json")


def rehash(folder):
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


def mutate(folder, seed):
    """One change somewhere; gives the file that was changed."""
    chance = random.Random(seed)
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    name = chance.choice([*names, *MANIFESTS * (len(names) // 4)])
    path = folder / name
    data = bytearray(path.read_bytes())
    if name.endswith(".json") and chance.random() < 0.7:
        spot = document = json.loads(data)
        while True:
            key = chance.choice(list(spot) if isinstance(spot, dict) else range(len(spot)))
            if not isinstance(spot[key], dict | list) or not spot[key] or chance.random() < 0.1:
                break
            spot = spot[key]
        old = spot[key]
        spot[key] = chance.choice([v for v in (None, "", "x", 0, 1, True, [], {}, "proved", "refuted") if v != old])
        path.write_text(json.dumps(document, indent=1) + "\n")
        return name
    at = chance.randrange(len(data)) if data else 0
    if data and chance.random() < 0.5:
        data[at] ^= 1 << chance.randrange(7)
    else:
        del data[at : at + chance.randrange(1, 40)]
    path.write_bytes(data)
    return name


def once(function, key):
    """The function, called once for each key."""
    known = {}

    def called(*arguments):
        name = key(*arguments)
        if name not in known:
            try:
                known[name] = (function(*arguments), None)
            except folders.Unbound as error:
                known[name] = (None, error)
        found, error = known[name]
        if error:
            raise error
        return found

    return called


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(count, first):
    told = Counter()
    with tempfile.TemporaryDirectory() as work:
        honest = Path(work, "honest")
        example = EXAMPLES / "qemu-attested"
        if main(["evidence", str(honest), str(example), "--log", str(example / "boot.log")]) != 0:
            return 1
        before = contents(honest)
        folders._judged = lambda *_: iter(())
        same = once(folders.derive, lambda copies, _: repr((copies, "certificates")))
        folders.derive = same
        bundle.bundle = once(bundle.bundle, lambda copies, attached: repr((copies, sorted(attached.items()))))
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
