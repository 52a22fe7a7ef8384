"""Whole commands on mutated deployments: no traceback, no status 5, no hang, nothing that a terminal obeys.

python -m fuzz.commands --seconds 7200 [--seed 1]

Runs go through `main` in forked children of one process that has run every command once: each starts from the same
state, and none pays for the start of Python, for imports or for grammars. An example is copied, one of its files or one
word of the command line is mutated; certificates, baselines, boards, traces and logs are among the files.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import os
import random
import re
import shutil
import struct
import sys
import tarfile
import tempfile
import time
from collections import Counter
from pathlib import Path

from colorcheck.cli import main
from colorcheck.files.child import ChildDied, ChildFailed, in_child
from fuzz.mutate import mutated

ROOT = Path(__file__).resolve().parent.parent
READY = Path(tempfile.mkdtemp(prefix="colorcheck-fuzz-")) / "ready"
SECONDS = 60.0
STATUSES = frozenset((0, 1, 2, 3, 4))
_BAD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
COMMANDS = (
    ("verify",),
    ("verify", "--format", "json"),
    ("verify", "--format", "sarif"),
    ("verify", "--format", "github"),
    ("verify", "--format", "html"),
    ("verify", "--format", "junit"),
    ("verify", "--format", "markdown"),
    ("verify", "--format", "gitlab"),
    ("verify", "--baseline", "baseline.json"),
    ("verify", "--board", "board.toml"),
    ("verify", "--fix", "--diff"),
    ("verify", "--fix"),
    ("verify", "--certify", "new-certificates"),
    ("verify", "--explain", "placement/xen"),
    ("verify", "--show-silence", "--output", "sarif=a.sarif", "--output", "html=a.html"),
    ("verify", "--recursive", ".", "--jobs", "1", "--no-cache", "--format", "json"),
    ("effective", "--explain-affinity"),
    ("effective", "--format", "json", "--facts"),
    ("plan", "--timeout", "1"),
    ("plan", "--timeout", "1", "--diff"),
    ("plan", "--timeout", "1", "--write"),
    ("plan", "--timeout", "1", "--format", "json"),
    ("replay",),
    ("replay", "--format", "json"),
    ("replay", "--steps", "steps.txt"),
    ("attest", "--log", "boot.log"),
    ("attest", "--log", "boot.log", "--format", "json"),
    ("attest", "--log", "boot.log", "--share", "shared.json", "--yes"),
    ("diff", "."),
    ("diff", "../zcu102-dom0less", "."),
    ("diff", "..", "..", "--recursive", "--format", "json"),
    ("migrate", "--to", "4.22"),
    ("migrate", "--to", "4.22", "--diff"),
    ("migrate", "--to", "4.22", "--write"),
    ("certify", "--check", "certificates"),
    ("certify", "--check", "../certified"),
    ("certify", "--write", "new-certificates"),
    ("evidence", "new-evidence"),
    ("evidence", "--check", "../evidence", "--timeout", "1"),
    ("evidence", "--compare", "../evidence", "../evidence"),
    ("baseline", "create", "--baseline", "new.json"),
    ("baseline", "check", "--baseline", "baseline.json"),
    ("baseline", "prune", "--baseline", "baseline.json"),
    ("interfere", "--accesses", "2000", "--coloring", "current"),
    ("interfere", "--accesses", "2000", "--coloring", "current", "--format", "json"),
    ("interfere", "--accesses", "2000", "--coloring", "current", "--workload", "dom0=trace:trace.csv"),
    ("interfere", "--accesses", "2000", "--coloring", "current", "--workload", "dom0=trace:trace.lackey.gz"),
    ("init", "--stdout"),
    ("init", "--force"),
    ("init", "--force", "--from", "board.tar"),
    ("init", "--force", "--from", "boot.log", "--ci", "github"),
    ("board", "from-device-tree", "system.dts"),
    ("board", "show", "zcu102"),
    ("board", "list"),
    ("boot", "--xen", "xen", "--timeout", "1"),
    ("profile", "1=perf.txt", "2=perf.txt"),
    ("profile", "1=perf.txt", "2=perf.txt", "--format", "json"),
    ("explain", "CC401"),
    ("rules",),
    ("schema", "verify"),
    ("completion", "bash"),
    ("collect",),
    ("plugins",),
    ("validate", "readers", "--every", "1000"),
)
_FILES = {  # what a command reads beside the deployment: half of its mutations go there
    "attest": "boot.log",
    "certify": "../cert*/*",
    "evidence": "../evidence/*",
    "baseline": "baseline.json",
    "interfere": "trace*",
    "init": "board.tar",
    "profile": "perf.txt",
    "boot": "xen",
    "replay": "steps.txt",
}
_FURTHER = (
    '[inputs]\nboot-script = "boot.cmd"',
    '[inputs]\nuefi-config = "xen.cfg"',
    '[inputs]\ngrub-config = "grub.cfg"',
    '[inputs]\nefi-memory-map = "memmap.txt"',
    '[inputs]\nboot-log = "boot.log"',
    '[inputs]\nsystem-dump = "board.tar"',
    '[inputs]\nsystem-dump = "dump"',
    '[inputs]\noverlays = ["more.dtso"]',
    '[target]\nkconfig = "build.config"',
    '[target]\nxen-image = "xen"',
    '[domains.dom0]\nmiss-curve = "curve.csv"\n[target]',
    '[requirements]\n"a~1" = ["memory/*"]\n[target]',
)
_BESIDE = {
    "boot.cmd": "setenv a 0x3000000\nfatload mmc 0:1 ${a} Image\nif test -n ${b}; then echo c; fi\nfdt addr 0x2000000\n"
    'fdt set /chosen xen,xen-bootargs "dom0_mem=1G llc-coloring=on"\nbooti 0x1000000 - 0x2000000\n',
    "xen.cfg": "[global]\ndefault=a\n[a]\noptions=llc-coloring=on dom0_mem=1G\nkernel=Image console=hvc0\ndtb=a.dtb\n",
    "grub.cfg": "menuentry 'a' {\n"
    " xen_hypervisor /xen llc-coloring=on dom0_mem=1G\n xen_module /Image console=hvc0\n}\n",
    "memmap.txt": "Type Start End # Pages Attributes\n"
    "Available  0000000040000000-000000007FFFFFFF 0000000000040000 000000000000000F\n",
    "more.dtso": '/dts-v1/;\n/plugin/;\n&{/chosen} { xen,xen-bootargs = "dom0_mem=1G"; };\n',
    "build.config": "CONFIG_LLC_COLORING=y\nCONFIG_LLC_COLORS_ORDER=7\n# CONFIG_UEFI is not set\n",
    "curve.csv": "colors,misses\n1,1000\n2,500\n4,100\n",
    "perf.txt": "\n Performance counter stats for 'a':\n\n"
    "   1,234,567      l2d_cache_refill\n\n  1.5 seconds time elapsed\n",
    "steps.txt": "create rt.cfg\nballoon dom0 100000\nreboot rt\ndestroy rt\n",
    "baseline.json": '{"schema": "colorcheck/baseline/1", "findings": []}',
    "trace.csv": "0x1000,r\n0x2000,w,3\n" * 20,
}
_WORDS = ("", "x", "-1", "0", "9" * 5000, "\udcff", "\x1b[2J", "nan", "--", "/dev/zero", ".", "a\0b", "::error::x")
_UNREAD = frozenset(("README.md", "expected.json", "compare.py"))
_CERTIFICATES = (
    '{"schema": "colorcheck/certificates/1", "inputs": {"x": "00"}, "theorems": '
    '[{"id": "a", "verdict": "proved", "file": "0001-a.smt2", "sha256": "00"}]}'
)
_SCRIPT = "(set-logic QF_LIA)\n(declare-const a Int)\n(assert (< a 1))\n(check-sat)\n"


def prepare(chance: random.Random, folder: Path) -> Path:
    """A copy of the examples with further files beside one of them; gives the folder of this one."""
    shutil.copytree(READY, folder, dirs_exist_ok=True)
    here = chance.choice(sorted(path.parent for path in folder.glob("*/colorcheck.toml")))
    shutil.copytree(READY / "beside", here, dirs_exist_ok=True)
    manifest = here / "colorcheck.toml"
    if not chance.randrange(3):
        further = chance.choice(_FURTHER)
        table = further.splitlines()[0]
        text = manifest.read_text(encoding="utf-8")
        text = text.replace(table, further, 1) if table in text else text.replace("[target]", further, 1)
        manifest.write_text(text, encoding="utf-8")
    return here


def make_ready(folder: Path) -> None:
    """What every run starts from, made once: the examples, what lies beside them, certificates, an evidence folder."""
    shutil.copytree(ROOT / "examples", folder, dirs_exist_ok=True)
    beside = folder / "beside"
    (beside / "certificates").mkdir(parents=True)
    (beside / "certificates" / "0001-a.smt2").write_text(_SCRIPT, encoding="utf-8")
    (beside / "certificates" / "certificates.json").write_text(_CERTIFICATES, encoding="utf-8")
    shutil.copy(ROOT / "tests/golden/logs/shared-4-4.20.log", beside / "boot.log")
    shutil.copy(next((ROOT / "boards").rglob("zcu102.toml")), beside / "board.toml")
    for name, text in _BESIDE.items():
        (beside / name).write_text(text, encoding="utf-8")
    (beside / "trace.lackey.gz").write_bytes(gzip.compress(b"I  1000,4\n L 2000,8\n S 3000,8\n M 4000,8\n" * 20))
    (beside / "xen").write_bytes(_image())
    dump = beside / "dump"
    dump.mkdir()
    shutil.copy(beside / "boot.log", dump / "xl-dmesg")
    (dump / "xl-list-l").write_text('[{"domid": 0}, {"domid": 1, "config": {"c_info": {"name": "rt"}}}]', "utf-8")
    (dump / "xl-info").write_text("host : board\nxen_version : 4.20.4\nxen_commandline : llc-coloring=on\n", "utf-8")
    with tarfile.open(beside / "board.tar", "w") as tar:
        tar.add(dump, "board")
    smallest = folder / "xen-guide"
    outcome(["certify", "--write", str(folder / "certified"), str(smallest)])
    outcome(["evidence", str(folder / "evidence"), str(smallest)])


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


def _image() -> bytes:
    """The head of an arm64 Image, and some zeros."""
    head = struct.pack("<IIQQQQQQ4sI", 0x91005A4D, 0x14000000, 0, 0x174000, 0xA, 0, 0, 0, b"ARM\x64", 0)
    return head + bytes(1000)


def warm() -> None:
    """Runs every command once on an example as it is, so that its modules and tables are there when children fork."""
    for command in COMMANDS:
        if command[0] == "boot" or "--recursive" in command:
            continue  # one starts QEMU, the other a server of workers that belongs to the process that started it
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
        own = sorted(path for path in here.glob(_FILES.get(words[0], "*.toml")) if path.is_file())
        every = [path for path in here.iterdir() if path.is_file() and path.name not in _UNREAD]
        path = chance.choice(own if own and chance.randrange(2) else sorted(every))
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
    READY.mkdir()
    make_ready(READY)
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
    shutil.rmtree(READY.parent)
    print(f"{runs:,} runs in {taken:.0f} s, {runs / taken:.1f} a second, {sum(kinds.values())} failures")
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(run())
