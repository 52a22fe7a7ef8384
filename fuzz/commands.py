"""Whole commands on mutated deployments: no traceback, no status 5, no hang, nothing that a terminal obeys.

python -m fuzz.commands --seconds 7200 [--seed 1]

Runs go through `main` in forked children of one process that has run every command once: each starts from the same
state, and none pays for the start of Python, for imports or for grammars. An example is copied, one of its files or one
word of the command line is mutated; certificates, baselines, boards, traces and logs are among the files.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from colorcheck.cli import main
from colorcheck.files.child import ChildDied, ChildFailed, in_child
from fuzz.mutate import mutated

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 60.0
STATUSES = frozenset((0, 1, 2, 3, 4))
_BAD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
COMMANDS = (
    ("verify",),
    ("verify", "--format", "json"),
    ("verify", "--format", "sarif"),
    ("verify", "--format", "github"),
    ("verify", "--format", "html"),
    ("verify", "--baseline", "baseline.json"),
    ("verify", "--board", "board.toml"),
    ("verify", "--fix", "--diff"),
    ("effective", "--explain-affinity"),
    ("plan", "--timeout", "1"),
    ("plan", "--timeout", "1", "--diff"),
    ("replay",),
    ("attest", "--log", "boot.log"),
    ("diff", "."),
    ("migrate", "--to", "4.22"),
    ("migrate", "--to", "4.22", "--write"),
    ("certify", "--check", "certificates"),
    ("baseline", "create", "--baseline", "new.json"),
    ("baseline", "check", "--baseline", "baseline.json"),
    ("interfere", "--accesses", "2000", "--coloring", "current"),
    ("interfere", "--accesses", "2000", "--coloring", "current", "--workload", "dom0=trace:trace.csv"),
    ("init", "--stdout"),
    ("board", "from-device-tree", "system.dts"),
)
_WORDS = ("", "x", "-1", "0", "9" * 5000, "\udcff", "\x1b[2J", "nan", "--", "/dev/zero", ".", "a\0b", "::error::x")
_CERTIFICATES = (
    '{"schema": "colorcheck/certificates/1", "inputs": {"x": "00"}, "theorems": '
    '[{"id": "a", "verdict": "proved", "file": "0001-a.smt2", "sha256": "00"}]}'
)
_SCRIPT = "(set-logic QF_LIA)\n(declare-const a Int)\n(assert (< a 1))\n(check-sat)\n"


def prepare(chance: random.Random, folder: Path) -> Path:
    """A copy of the examples with further files beside one of them; gives the folder of this one."""
    shutil.copytree(ROOT / "examples", folder, dirs_exist_ok=True)
    here = chance.choice(sorted(path.parent for path in folder.glob("*/colorcheck.toml")))
    shutil.copy(ROOT / "tests/golden/logs/shared-4-4.20.log", here / "boot.log")
    shutil.copy(next((ROOT / "boards").rglob("zcu102.toml")), here / "board.toml")
    (here / "trace.csv").write_text("0x1000,r\n0x2000,w,3\n" * 20, encoding="utf-8")
    (here / "baseline.json").write_text('{"schema": "colorcheck/baseline/1", "findings": []}', encoding="utf-8")
    (here / "certificates").mkdir(exist_ok=True)
    (here / "certificates" / "0001-a.smt2").write_text(_SCRIPT, encoding="utf-8")
    (here / "certificates" / "certificates.json").write_text(_CERTIFICATES, encoding="utf-8")
    return here


def outcome(words: list[str]) -> list[object]:
    """Status, output and complaints of a command."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = int(main(words))
    return [status, out.getvalue()[-200_000:], err.getvalue()[-20_000:]]


def trouble(words: list[str]) -> str:
    """What is wrong with how a command ended; empty where nothing is."""
    try:
        found = in_child(lambda: outcome(words), SECONDS)
    except (ChildDied, ChildFailed) as error:
        return f"{type(error).__name__}: {error}"
    status, out, err = found  # type: ignore[misc]
    if status not in STATUSES:
        return f"status {status}: {err[-300:]}"
    if _BAD.search((out + err).replace("\r\n", "\n")):
        return "a character that a terminal obeys"
    return ""


def warm() -> None:
    """Runs every command once on an example as it is, so that its modules and tables are there when children fork."""
    for command in COMMANDS:
        with tempfile.TemporaryDirectory() as name:
            os.chdir(prepare(random.Random(0), Path(name)))
            outcome(list(command))
            os.chdir("/")


def one(chance: random.Random, folder: Path) -> tuple[list[str], str]:
    """A mutated deployment or command line: the words, and what went wrong."""
    here = prepare(chance, folder)
    os.chdir(here)
    words = list(chance.choice(COMMANDS))
    if chance.randrange(4):
        path = chance.choice(sorted(path for path in here.rglob("*") if path.is_file()))
        path.write_bytes(mutated(chance, [path.read_bytes()[:200_000]], 200_000))
    else:
        words[chance.randrange(1, len(words) + 1) :] = [chance.choice(_WORDS)]
    return words, trouble(words)


def run() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first run")
    options = parser.parse_args()
    warm()
    begin, runs, kinds = time.monotonic(), options.first, Counter[str]()
    while time.monotonic() - begin < options.seconds:
        with tempfile.TemporaryDirectory() as name:
            words, wrong = one(random.Random(f"{options.seed} {runs}"), Path(name))
            os.chdir("/")
        runs += 1
        if wrong:
            kind = f"{words[0]}: {wrong[:120]}"
            if not kinds[kind]:
                print(f"run {runs - 1}, {[word[:60] for word in words]}: {wrong}", file=sys.stderr, flush=True)
            kinds[kind] += 1
    taken = time.monotonic() - begin
    runs -= options.first
    print(f"{runs:,} runs in {taken:.0f} s, {runs / taken:.1f} a second, {sum(kinds.values())} failures")
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(run())
