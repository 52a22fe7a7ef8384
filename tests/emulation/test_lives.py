"""Lifecycles with a QEMU that plays what a real Xen 4.20.4 and a real dom0 (Linux 6.12, xl 4.20) answered."""

from __future__ import annotations

import errno
import json
import lzma
import os
from pathlib import Path
from typing import Any

import pytest

from colorcheck.cli import main
from colorcheck.emulation.console import Limits
from colorcheck.emulation.lives import GivenDom0, generate_life
from colorcheck.emulation.qemu import find_qemu
from colorcheck.workflows.boot.binary import XenBinary
from colorcheck.workflows.boot.compare import BootRecipe, ComparedBoot, Result
from colorcheck.workflows.boot.lives import boot_life
from tests.emulation.conftest import Player, image

RECORDED = Path(__file__).parents[1] / "golden" / "emulation" / "lives.json.xz"
DOM0 = GivenDom0(bytes(37_732_288), bytes(3_059_467), "console=hvc0 quiet", "d" * 64)  # of the sizes that were recorded
PREPARED = len(list(generate_life("life-0/0").prepared()))

# keys go to dom0 or to Xen, as on the real console: a shell that answers each line with a status, and the key H
PLAYER = """
import re
out = lambda text: (sys.stdout.write(text), sys.stdout.flush())
heaps, statuses = iter(what["heaps"]), iter([0] * what["prepared"] + what["statuses"])
out(what["before"] + "\\n(XEN) *** Serial input to DOM0 (type 'CTRL-a' three times to switch input)\\n")
dom0, switch, line = True, 0, ""
while key := sys.stdin.buffer.read(1).decode():
    switch = switch + 1 if key == "\\x01" else 0
    if switch == 3:
        dom0, switch = not dom0, 0
        out("(XEN) *** Serial input to %s (type 'CTRL-a' three times to switch input)\\n" % ("DOM0" if dom0 else "Xen"))
    elif dom0 and key == "\\r":
        out("\\n")
        if "$((6*7))" in line:
            out("colorcheck:42:\\n")
        elif found := re.search(r"echo colorcheck:(\\d+):", line):
            status = next(statuses)
            out("colorcheck:%s:%s:\\n" % (found[1], status) if status is not None else what.get("instead", ""))
        line = ""
    elif dom0 and key not in "\\x01\\x03":
        line += key
        out(key)
    elif not dom0 and key == "H":
        out("(XEN) 'H' pressed -> dumping heap info\\n(XEN) " + next(heaps) + "\\n")
"""


@pytest.fixture
def life() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lzma.decompress(RECORDED.read_bytes()))["life-0/0"]
    return {**found, "prepared": PREPARED, "player": PLAYER}


def lived(recorded: dict[str, Any], player: Player, whole: float = 60.0) -> ComparedBoot:
    player.set(recorded, "dialogue")
    binary = XenBinary("xen", "0" * 64, image(recorded["size"]), recorded["size"], colored=True)
    recipe = BootRecipe(binary, "4.20.4", limits=Limits(whole=whole, silence=whole))
    return boot_life(find_qemu(), recipe, DOM0, generate_life("life-0/0"))


def test_a_recorded_life_agrees(life: dict[str, Any], player: Player) -> None:
    """A guest that took all of its color's frames cannot be created again: Xen and the model both say so."""
    found = lived(life, player)
    assert (found.result, found.reason) == (
        Result.AGREES,
        "5 of 5 steps were compared, and all agree; 4 of them worked",
    )
    assert "color heap after step 4, reboot guest2" in found.compared
    assert not player.alive


@pytest.mark.parametrize(
    ("change", "subject"),
    [
        (
            lambda life: life["heaps"].__setitem__(
                2, life["heaps"][2].replace("pages", "pages", 1).replace("]: 2", "]: 3", 1)
            ),
            "color heap after step 2",
        ),
        (lambda life: life["statuses"].__setitem__(3, 0), "step 4, reboot guest2"),
        (lambda life: life["statuses"].__setitem__(0, 1), "step 1, create guest0"),
    ],
    ids=["frames", "works against the model", "fails against the model"],
)
def test_what_differs_is_named(change: Any, subject: str, life: dict[str, Any], player: Player) -> None:
    change(life)
    found = lived(life, player)
    assert found.result is Result.DIFFERS
    assert subject in found.reason


def test_a_panic_in_a_step_is_a_difference(life: dict[str, Any], player: Player) -> None:
    life["statuses"][1] = None
    life["instead"] = "(XEN) Panic on CPU 0:\n(XEN) Xen BUG\n(XEN) ****\n(XEN) Reboot in five seconds...\n"
    found = lived(life, player)
    assert found.result is Result.DIFFERS
    assert "step 2, create guest1" in found.reason


def test_a_full_disk_is_not_blamed_on_qemu(
    life: dict[str, Any], player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(path: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(Path, "write_bytes", no_room)
    found = lived(life, player)
    assert found.result is Result.FAILED
    assert found.reason == "cannot write the files of the boot: No space left on device"


def test_a_console_that_falls_silent_decides_nothing(life: dict[str, Any], player: Player) -> None:
    life["statuses"][2] = None
    found = lived(life, player, 25.0)
    assert found.result is Result.FAILED
    assert "fell silent in step 3" in found.reason
    assert not player.alive


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--dom0-kernel", "rd"], "go together"),
        (["--dom0-kernel", "nope", "--dom0-ramdisk", "rd"], "cannot read nope"),
        (["--dom0-kernel", "rd", "--dom0-ramdisk", "rd"], "not an arm64 Image"),
    ],
)
def test_a_dom0_that_cannot_be_used(more: list[str], said: str, xen: Path, player: Player, capsys: Any) -> None:
    rd = xen.parent / "rd"
    rd.write_bytes(b"ramdisk")
    player.set({})
    words = [str(rd) if word == "rd" else word for word in more]
    assert main(["boot", "--xen", str(xen), "--campaign", "1", *words]) == 2
    assert said in capsys.readouterr().err
