"""Numbers that no machine has: each run ends soon, with a finding or an open fact, and nothing is proved by them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.inputs.boot.boot_log import parse_boot_log
from colorcheck.inputs.boot.kconfig import integer
from colorcheck.rules.example import Example
from colorcheck.verification.results import Verification

EXAMPLES = Path(__file__).parents[2] / "examples"
LONG = "9" * 5000
GUEST = 'name = "g"\nkernel = "Image"\nmemory = 64\nvcpus = 1\nllc_colors = ["13-14"]\n'


def verified(folder: Path, guest: str = GUEST, manifest: str = "", **files: str) -> Verification:
    Example(guests=(("g.cfg", guest),)).write(folder)
    for name, text in files.items():
        (folder / name).write_text(text)
    path = folder / "colorcheck.toml"
    path.write_text(path.read_text().replace("[target]\n", f"[target]\n{manifest}") if manifest else path.read_text())
    return api.verify(folder)


@pytest.mark.parametrize("value", [f"Pool-{LONG}", LONG, "Pool-٠", "٠", "Pool--0"])
def test_a_pool_that_does_not_exist(value: str, tmp_path: Path) -> None:
    found = verified(tmp_path, GUEST + f'pool = "{value}"\n')
    assert not found.faults
    assert not any(each.verdict == "proved" and "g" in each.subjects for each in found.theorems)


def test_restarts_without_end(tmp_path: Path) -> None:
    Example(guests=(("g.cfg", GUEST), ("h.cfg", GUEST.replace('"g"', '"h"')))).write(tmp_path)
    path = tmp_path / "colorcheck.toml"
    path.write_text(path.read_text() + "".join(f"\n[domains.{n}]\nrestarts = 99999999999\n" for n in ("g", "h")))
    found = api.verify(tmp_path)
    assert not found.faults
    assert {each.verdict for each in found.theorems if each.id.startswith("lifecycle/")} == {"refuted"}


def test_as_many_vcpus_as_a_cell_can_say(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "zcu102-dom0less", tmp_path / "deployment")
    shutil.copytree(EXAMPLES / "device-trees", tmp_path / "device-trees")
    tree = tmp_path / "deployment" / "system.dts"
    assert "cpus = <1>;" in tree.read_text()
    tree.write_text(tree.read_text().replace("cpus = <1>;", "cpus = <0xffffffff>;", 1))
    found = api.verify(tmp_path / "deployment")
    assert not found.faults
    assert {each.verdict for each in found.theorems if each.id == "boots"} == {"refuted"}  # Xen stops there
    assert {each.verdict for each in found.theorems if each.id == "memory/control"} == {"vacuous"}
    assert "CC309" in {each.rule for each in found.findings}


@pytest.mark.parametrize(
    "line",
    [
        f"Number of LLC colors supported: {LONG}",
        "Number of LLC colors supported: ١٦",
        f"Dom heap: {LONG}kB free",
        f"Xen LLC colors ({LONG}): {{ 0 }}",
        f"Xen LLC colors (2): {{ 0-{LONG} }}",
        "Xen LLC colors (2): { 0-99999999999 }",
        f"Color heap[{LONG}]: 5 pages",
        f"Color heap[0]: {LONG} pages",
        f"General information for domain {LONG}:",
        f"LLC color config not found for d{LONG}, using all colors",
    ],
)
def test_a_line_of_a_log(line: str) -> None:
    log = parse_boot_log("boot.log", f"(XEN) Xen version 4.20.0 (x)\n(XEN) {line}\n")
    assert log.nr_colors is None
    assert log.uncolored is None
    assert log.xen_colors is None or log.xen_colors.value == (2, ())
    assert not log.heap
    assert not log.domains


@pytest.mark.parametrize("value", [LONG, "١", "1_0", '"7', '7"', " 7", "+7", "0b1", "0o7", "010", "", '""', "-"])
def test_what_is_no_number_of_kconfig(value: str) -> None:
    assert integer(value) is None


@pytest.mark.parametrize(("value", "number"), [("7", 7), ('"7"', 7), ("0x10", 16), ("0", 0), ("-1", -1)])
def test_what_is_a_number_of_kconfig(value: str, number: int) -> None:
    assert integer(value) == number
