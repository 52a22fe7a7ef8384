"""What a boot script leaves open is open, whatever the manifest gives beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from colorcheck import api
from colorcheck.core.diagnostic import Verdict
from colorcheck.loader.facts import Fact, OpenFact, Origin
from colorcheck.rules.reading.boot_script_examples import scripted
from colorcheck.verification.results import Verification
from colorcheck.xen.facts.keys import TREE_ADDRESS, TREE_SIZE, XEN_ADDRESS

IN_PLACE = 'fdt_high = "0xffffffffffffffff"'


def verified(folder: Path, *, high: str = "", target: str = "", inputs: str = "", line: str = "") -> Verification:
    example = scripted(line, target=target)
    manifest = example.manifest.replace(IN_PLACE, high)
    replace(example, manifest=manifest, inputs=f"{example.inputs}\n{inputs}").write(folder)
    return api.verify(folder)


def told(found: Verification, rule: str) -> list[str]:
    return [finding.message for finding in found.findings if finding.rule == rule]


def test_a_tree_that_moves_to_an_open_place_is_nowhere_in_particular(tmp_path: Path) -> None:
    """U-Boot without fdt_high moves the blob to the highest free place, which is below U-Boot itself."""
    given = "device-tree-address = 0x8000000\ndevice-tree-size = 0x4000"
    found = verified(tmp_path, target=given)
    (result,) = found.facts.results
    assert result.worlds is not None
    assert isinstance(result.worlds.facts.fact(TREE_ADDRESS), OpenFact)
    memory = [theorem for theorem in result.theorems if TREE_ADDRESS.name in theorem.facts]
    assert memory
    assert all(theorem.verdict is not Verdict.PROVED or theorem.bound for theorem in memory)
    (message,) = [each for each in told(found, "CC025") if "device-tree-address" in each]
    assert "0x8000000" in message
    assert "boot.cmd:5" in message


def test_in_place_it_is_where_the_script_loaded_it(tmp_path: Path) -> None:
    found = verified(tmp_path, high=IN_PLACE, target="device-tree-address = 0x9000000")
    (result,) = found.facts.results
    assert result.worlds is not None
    fact = result.worlds.facts.fact(TREE_ADDRESS)
    assert isinstance(fact, Fact)
    assert (fact.value, fact.origin) == (0x8000000, Origin.FOLLOWED)
    assert "0x9000000" in told(found, "CC025")[0]
    assert "0x8000000" in told(found, "CC025")[0]


def test_a_key_that_agrees_is_no_finding(tmp_path: Path) -> None:
    found = verified(tmp_path, high=IN_PLACE, target="xen-address = 0x600000\ndevice-tree-address = 0x8000000")
    assert not told(found, "CC025")


@pytest.mark.parametrize("address", [0x200000, 0x600000, 0x40000000])
def test_xen_lies_where_the_script_loads_it(address: int, tmp_path: Path) -> None:
    found = verified(tmp_path, high=IN_PLACE, target=f"xen-address = {address:#x}")
    (result,) = found.facts.results
    assert result.worlds is not None
    fact = result.worlds.facts.fact(XEN_ADDRESS)
    assert isinstance(fact, Fact)
    assert fact.value == 0x600000
    assert bool(told(found, "CC025")) is (address != 0x600000)


def test_the_size_of_the_tree_is_what_the_script_makes(tmp_path: Path) -> None:
    found = verified(tmp_path, high=IN_PLACE, target="device-tree-size = 0x100000")
    (result,) = found.facts.results
    assert result.worlds is not None
    fact = result.worlds.facts.fact(TREE_SIZE)  # U-Boot writes its version: a text of unknown length
    sizes = [fact.value] if isinstance(fact, Fact) else list(fact.values) if isinstance(fact.values, tuple) else []
    assert sizes
    assert all(isinstance(size, int) and size < 0x4000 for size in sizes)
    assert told(found, "CC025")


def test_arguments_beside_a_script_do_not_count(tmp_path: Path) -> None:
    given = 'boot-arguments = "llc-coloring=on xen-llc-colors=3 dom0-llc-colors=4-9 dom0_mem=64M"'
    found = verified(tmp_path, high=IN_PLACE, inputs=given)
    (result,) = found.facts.results
    assert result.system is not None
    assert result.system.xen_colors == (0, 1)
    assert told(found, "CC025")


def test_firmware_decides_behind_bootefi(tmp_path: Path) -> None:
    example = scripted("")
    files = tuple((name, text.replace("booti 0x600000 - ", "bootefi 0x600000 ")) for name, text in example.files)
    replace(example, files=files).write(tmp_path)
    found = api.verify(tmp_path)
    assert not [t for r in found.facts.results for t in r.theorems if t.verdict is Verdict.PROVED and "memory" in t.id]
    assert any("firmware" in message for message in told(found, "CC023"))
