"""Features that the default build of Xen leaves out: open where an input uses them and they may be on."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.core.diagnostic import Verdict
from colorcheck.rules.example import BOOT_ARGUMENTS, GUEST, Example
from colorcheck.verification.results import Verification
from colorcheck.xen.facts.keys import PCI, SVE, XSM

POLICY = """module@6000000 { compatible = "xen,xsm-policy", "multiboot,module"; reg = <0 0x6000000 0 0x1000>; };"""
USED = {
    "flask": (Example(boot_arguments=f"{BOOT_ARGUMENTS} flask=enforcing"), XSM.name, "XSM"),
    "xsm": (Example(boot_arguments=f"{BOOT_ARGUMENTS} xsm=flask"), XSM.name, "XSM"),
    "policy": (Example(chosen=POLICY), XSM.name, "XSM"),
    "sve of dom0": (Example(boot_arguments=f"{BOOT_ARGUMENTS} dom0=sve=256"), SVE.name, "ARM64_SVE"),
    "sve of a guest": (Example(guests=(("rt.cfg", f'{GUEST}sve = "hw"\n'),)), SVE.name, "ARM64_SVE"),
    "pci of a guest": (Example(guests=(("rt.cfg", f'{GUEST}pci = ["0:1.0"]\n'),)), PCI.name, "PCI_PASSTHROUGH"),
    "pci": (Example(boot_arguments=f"{BOOT_ARGUMENTS} pci-passthrough=on"), PCI.name, "PCI_PASSTHROUGH"),
}
UNUSED = ("flask=disabled", "xsm=dummy", "dom0=sve=no", "pci-passthrough=off", "dom0_mem=1G")


def verified(example: Example, folder: Path) -> Verification:
    return api.verify(example.write(folder))


@pytest.mark.parametrize("name", USED)
def test_what_uses_a_feature_leaves_memory_open(name: str, tmp_path: Path) -> None:
    example, fact, _ = USED[name]
    found = verified(example, tmp_path)
    assert [each.what for each in found.open_facts()] == [fact]
    assert found.exit_status() == 4
    for theorem in found.theorems:
        reads = theorem.kind in ("boots", "memory", "placement") or theorem.id == "memory/heap"
        assert (theorem.verdict is Verdict.UNKNOWN) == (fact in theorem.facts), theorem.id
        assert not reads or fact in theorem.facts


@pytest.mark.parametrize("name", USED)
def test_off_in_the_build_it_is_settled(name: str, tmp_path: Path) -> None:
    example, _, option = USED[name]
    files = dict(example.texts())
    (tmp_path / "colorcheck.toml").write_text(files["colorcheck.toml"] + f"\n[target.config]\n{option} = false\n")
    for file, text in files.items():
        if file != "colorcheck.toml":
            (tmp_path / file).write_text(text)
    found = api.verify(tmp_path)
    assert found.open_facts() == ()
    assert found.exit_status() == 0


@pytest.mark.parametrize("words", UNUSED)
def test_what_does_not_use_it_leaves_nothing_open(words: str, tmp_path: Path) -> None:
    assert verified(Example(boot_arguments=f"{BOOT_ARGUMENTS} {words}"), tmp_path).open_facts() == ()
