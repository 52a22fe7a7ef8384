"""`colorcheck boot` with a QEMU that plays what real Xens printed, and with one that fails."""

from __future__ import annotations

import errno
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from colorcheck.cli import main
from colorcheck.emulation.console import Limits
from colorcheck.emulation.generate import generate
from colorcheck.emulation.qemu import find_qemu
from colorcheck.emulation.virt import emulated
from colorcheck.workflows.boot.binary import XenBinary
from colorcheck.workflows.boot.campaign import boot_case
from colorcheck.workflows.boot.compare import BootRecipe, ComparedBoot, Result
from tests.emulation.conftest import Player, image

Recorded = dict[str, dict[str, Any]]
CASES = ["4.22.0 0/5", "4.22.0 0/6", "4.20.4 0/6", "4.22.0 0/3"]
QUICK = Limits(whole=20.0, silence=2.0)


def booted(recorded: Recorded, name: str, xen: bytes = b"") -> ComparedBoot:
    release, _, seed = name.partition(" ")
    binary = XenBinary("xen", "0" * 64, xen or image(recorded[name]["size"]), recorded[name]["size"], colored=True)
    return boot_case(find_qemu(), BootRecipe(binary, release, limits=QUICK), generate(seed))


@pytest.mark.parametrize("name", CASES)
def test_a_recorded_boot_agrees(name: str, recorded: Recorded, player: Player) -> None:
    player.set(recorded[name])
    found = booted(recorded, name)
    assert (found.result, found.release) == (Result.AGREES, name.split()[0]), found.reason
    assert {"panic", "color heap"} & set(found.compared)
    assert not player.alive


def test_one_frame_more_is_a_difference(recorded: Recorded, player: Player) -> None:
    console = recorded["4.22.0 0/5"]["console"]
    assert console.count("Color heap[3]: 7037 pages") == 1
    player.set(recorded["4.22.0 0/5"], console=console.replace("heap[3]: 7037", "heap[3]: 7038"))
    found = booted(recorded, "4.22.0 0/5")
    assert found.result is Result.DIFFERS
    assert [check.subject for check in found.differences] == ["color heap"]


def test_a_boot_where_the_model_panics_is_a_difference(recorded: Recorded, player: Player) -> None:
    player.set(recorded["4.22.0 0/3"], console=recorded["4.22.0 0/5"]["console"])
    assert booted(recorded, "4.22.0 0/3").result is Result.DIFFERS


@pytest.mark.parametrize(
    ("how", "result", "said"),
    [
        ("die", Result.FAILED, "status 3: no such device"),
        ("silent", Result.FAILED, "the console printed nothing"),
        ("garbage", Result.FAILED, "not a boot of Xen"),
    ],
)
def test_a_failing_qemu_is_named(how: str, result: Result, said: str, recorded: Recorded, player: Player) -> None:
    player.set(recorded["4.22.0 0/5"], how)
    found = booted(recorded, "4.22.0 0/5")
    assert found.result is result
    assert said in found.reason
    assert not player.alive


def no_room(path: Path, data: bytes) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def test_a_full_disk_is_not_blamed_on_qemu(recorded: Recorded, player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    player.set(recorded["4.22.0 0/5"])
    monkeypatch.setattr(Path, "write_bytes", no_room)
    found = booted(recorded, "4.22.0 0/5")
    assert found.result is Result.FAILED
    assert found.reason == "cannot write the files of the boot: No space left on device"


def test_a_boot_that_stops_half_way_is_a_difference(recorded: Recorded, player: Player) -> None:
    console = recorded["4.22.0 0/5"]["console"]
    player.set(recorded["4.22.0 0/5"], "hang", console=console[: console.index("LOADING DOMAIN 0")])
    found = booted(recorded, "4.22.0 0/5")
    assert (found.result, "printed nothing more" in found.reason) == (Result.DIFFERS, True)


def test_silence_where_the_model_panics_decides_nothing(recorded: Recorded, player: Player) -> None:
    player.set(recorded["4.22.0 0/3"], "silent")
    assert booted(recorded, "4.22.0 0/3").result is Result.UNDECIDED


def test_a_campaign_goes_on_where_it_was(
    recorded: Recorded, player: Player, xen: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    player.set(recorded["4.22.0 0/5"], "die")
    evidence = tmp_path / "found.json"
    call = ["boot", "--xen", str(xen), "--release", "4.22.0", "--evidence", str(evidence), "--campaign"]
    assert main([*call, "2"]) == 4
    assert len(player.calls) == 2
    assert main([*call, "3"]) == 4
    assert len(player.calls) == 3, "the first two are not booted again"
    document = json.loads(evidence.read_text())
    assert document["summary"] == {"failed": 3}
    assert [boot["name"] for boot in document["boots"]] == ["0/0", "0/1", "0/2"]
    assert "UNDECIDED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no Xen at all", "not an arm64 Image"),
        (b"\x1f\x8b\x08 damaged", "damaged gzip data"),
        (image(0), "gives no size"),
        (bytes(image(4096)[:64]) + bytes(1 << 18), "not one of Xen"),
    ],
)
def test_a_file_that_is_no_xen(
    content: bytes, said: str, tmp_path: Path, player: Player, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "other"
    file.write_bytes(content)
    assert main(["boot", "--xen", str(file), "--campaign", "1"]) == 2
    assert said in capsys.readouterr().err
    assert not player.calls


def test_without_qemu(
    xen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["boot", "--xen", str(xen), "--campaign", "1"]) == 2
    assert "qemu-system-aarch64 is not on the PATH" in capsys.readouterr().err


def test_a_xen_without_coloring_ends_a_campaign(tmp_path: Path, player: Player) -> None:
    file = tmp_path / "xen"
    file.write_bytes(image(0x100000, b""))
    player.set({})
    assert main(["boot", "--xen", str(file), "--campaign", "9"]) == 1
    assert not player.calls


def test_evidence_of_another_binary_is_not_written_over(
    recorded: Recorded, player: Player, xen: Path, tmp_path: Path
) -> None:
    player.set(recorded["4.22.0 0/5"], "die")
    evidence = tmp_path / "found.json"
    call = ["boot", "--campaign", "1", "--evidence", str(evidence), "--xen"]
    assert main([*call, str(xen)]) == 4
    before = evidence.read_bytes()
    other = tmp_path / "other"
    other.write_bytes(image(0x180000))
    assert main([*call, str(other)]) == 2
    assert evidence.read_bytes() == before
    evidence.write_text("{")
    assert main([*call, str(xen)]) == 2
    assert evidence.read_text() == "{"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_leaves_no_process_and_no_file(
    number: signal.Signals, recorded: Recorded, player: Player, xen: Path, tmp_path: Path
) -> None:
    player.set(recorded["4.22.0 0/5"], "silent")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    listening = (  # also where these tests are a background job of a shell, which ignores SIGINT
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from colorcheck.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    words = [sys.executable, "-c", listening, "boot", "--xen", str(xen), "--campaign", "4"]
    env = {**os.environ, "TMPDIR": str(scratch)}
    with subprocess.Popen(
        words,
        cwd=tmp_path,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        until = time.monotonic() + 30
        while len(player.calls) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(number)
        process.wait(30)
    assert process.returncode == 130
    assert not player.alive
    assert not list(scratch.iterdir())


@pytest.mark.slow
def test_two_runs_at_once_do_not_meet(recorded: Recorded, player: Player, xen: Path, tmp_path: Path) -> None:
    player.set(recorded["4.22.0 0/5"], "die")
    runs = []
    for name in ("a.json", "b.json"):
        words = [sys.executable, "-m", "colorcheck", "boot", "--xen", str(xen), "--campaign", "2", "--evidence", name]
        runs.append(subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    assert [run.wait(60) for run in runs] == [4, 4]
    assert json.loads((tmp_path / "a.json").read_text()) == json.loads((tmp_path / "b.json").read_text())


def test_every_generated_system_has_room_for_xen(recorded: Recorded, player: Player) -> None:
    player.set(recorded["4.22.0 0/5"])
    qemu = find_qemu()
    for number in range(40):
        case = generate(f"room/{number}")
        system = emulated(qemu, case.machine, case.content(), 0x200000)
        spans = [(m.address, m.address + m.size) for m in system.modules]
        spans += [(system.xen_address, system.xen_address + 0x200000), (system.tree_address, system.tree_address + 1)]
        spans += [(system.starter_address, system.starter_address + 1), *case.reserved, *case.memory_reservations]
        spans.sort()
        assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans)), case
