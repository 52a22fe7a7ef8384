"""What a CI job, a tired person or a fuzzer may write: told in words, never 5, never silently ignored."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.rules.example import GUEST, Example

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}", "PYTHONSAFEPATH": "1"}
BIG = "9" * 5000


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    Example(guests=(("rt.cfg", GUEST),)).write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["verify", "--device-tree="],
        ["verify", "--device-tree", ""],
        ["verify", "--domain", ""],
        ["verify", "--xen="],
        ["verify", "--board="],
        ["verify", "--format="],
        ["verify", "--certify="],
        ["verify", "--baseline="],
        ["verify", ""],
        ["verify", "--xen-image-size", BIG],
        ["verify", "--memory", f"{BIG}+1"],
        ["certify", "--write="],
        ["plan", "--keep", "rtt"],
        ["plan", "--objective", "chnages"],
        ["plan", "--max-ranges", "0"],
        ["plan", "--max-ranges", BIG],
        ["plan", "--timeout", "nan"],
        ["plan", "--timeout", "inf"],
        ["plan", "--timeout", "-1"],
        ["certify", "--check", "x", "--timeout", "nan"],
        ["verify", "--recursive", "--baseline", "x"],
        ["verify", "--recursive", "--fix"],
        ["verify", "--recursive", "--diff"],
        ["verify", "--jobs", "2"],
        ["verify", "--changed-since", ""],
        ["certify", "--check", "a\0b"],
        ["baseline", "create", "--baseline", "a\0b"],
    ],
    ids=lambda words: " ".join(words)[:40],
)
def test_calls_that_mean_nothing(here: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in here.iterdir()}
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("colorcheck: ")
    assert {path: path.read_bytes() for path in here.iterdir()} == before


@pytest.mark.parametrize(
    "text",
    [
        "[domains.rtt]\nmin-colors = 2\n",
        "[domains.rt]\nmin-color = 2\n",
        '[policy]\nobjectives = ["chnages"]\n',
        '[domains.rt]\nmiss-curve = "nowhere.csv"\n',
        f"[domains.rt]\nmin-colors = {BIG}\n",
    ],
)
def test_wishes_that_cannot_be_read_stop_a_plan(here: Path, text: str) -> None:
    with (here / "colorcheck.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{text}")
    before = {path: path.read_bytes() for path in here.iterdir()}
    assert main(["plan", "--write", "--timeout", "1"]) == 2
    assert {path: path.read_bytes() for path in here.iterdir()} == before


def colorcheck(here: Path, *words: str, **more: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "colorcheck", *words]
    return subprocess.Popen(command, cwd=here, env=ENVIRONMENT, stderr=subprocess.PIPE, **more)  # type: ignore[call-overload, no-any-return]


@pytest.mark.slow
def test_a_deleted_folder_and_closed_streams(here: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    running = subprocess.run(
        ["sh", "-c", f'rmdir {gone}; exec "{sys.executable}" -m colorcheck verify'],
        cwd=gone,
        env=ENVIRONMENT,
        capture_output=True,
        check=False,
    )
    assert running.returncode == 2
    for close in (">&-", "2>&-", ">&- 2>&-", "<&-"):
        words = ["sh", "-c", f'exec "{sys.executable}" -m colorcheck effective {close}']
        assert subprocess.run(words, cwd=here, env=ENVIRONMENT, capture_output=True, check=False).returncode == 0


def test_names_that_are_no_text(here: Path) -> None:
    name = os.fsdecode(b"\xff\x1b[2J\n::error::.cfg")
    (here / name).write_text(GUEST, encoding="utf-8")
    for words in (["verify", "--domain", name], ["effective", "--domain", name], ["init", "--stdout"]):
        assert main(words) in (0, 1)
    assert main(["init", "--force"]) == 0
    assert main(["effective"]) != 5


@pytest.mark.slow
def test_interrupted_inside_the_solver(here: Path) -> None:
    """Z3 has a handler of its own for SIGINT; a run that it took from must not go on."""
    script = (
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it\n"
        "from colorcheck.cli import main\n"
        "from colorcheck.proof import solver\n"
        "hard = [f'(declare-const x{i} (_ BitVec 64))' for i in range(60)]\n"
        "hard += [f'(assert (= (bvmul x{i} x{i + 1} x{i * 7 % 60}) (bvadd x{i * 3 % 60} #x{i:016x})))'"
        " for i in range(59)]\n"
        "def parsed(script, context, marked):\n"
        "    *assumed, claim = context.parse('\\n'.join(hard))\n"
        "    print('go', flush=True)\n"
        "    return assumed, claim\n"
        "solver._parsed = parsed\n"
        "sys.exit(main(['verify']))\n"
    )
    running = subprocess.Popen([sys.executable, "-c", script], env=ENVIRONMENT, stdout=subprocess.PIPE)
    assert running.stdout is not None
    running.stdout.readline()
    time.sleep(1)  # it is inside by then; if not, it ends all the same
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 130


def test_interrupted_within_a_second(here: Path) -> None:
    """Also while the main thread is inside of code that does not look up, as a solver is."""
    script = (
        "import ctypes, signal, sys, threading\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it\n"
        "from colorcheck.cli.interrupt import ending_on_interrupt\n"
        "with ending_on_interrupt():\n"
        "    while True:\n"
        "        try:\n"
        "            print('go', flush=True)\n"
        "            ctypes.PyDLL(None)  # noqa\n"
        "            ctypes.CDLL(None).usleep(900000); ctypes.CDLL(None).sleep(30)\n"
        "        except KeyboardInterrupt:\n"
        "            ctypes.CDLL(None).sleep(30)\n"
    )
    running = subprocess.Popen([sys.executable, "-c", script], env=ENVIRONMENT, stdout=subprocess.PIPE)
    assert running.stdout is not None
    running.stdout.readline()
    begin = time.monotonic()
    running.send_signal(signal.SIGINT)
    assert running.wait(10) == 130
    assert time.monotonic() - begin < 2
