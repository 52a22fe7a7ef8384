"""Features that the default build of Xen leaves out: open where an input uses them and they may be on."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.core.diagnostic import Verdict
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN_PLAIN
from colorcheck.rules.example import BOOT_ARGUMENTS, GUEST, Example
from colorcheck.verification.results import Verification
from colorcheck.xen.facts.keys import PCI, SVE, XSM

POLICY = """module@6000000 { compatible = "xen,xsm-policy", "multiboot,module"; reg = <0 0x6000000 0 0x1000>; };"""
DOMAIN = DOMAIN_PLAIN.format(more='cpus = <1>; sve = <0>; llc-colors = "11-14";')
USED = {
    "flask": (Example(boot_arguments=f"{BOOT_ARGUMENTS} flask=enforcing"), XSM.name, "XSM"),
    "xsm": (Example(boot_arguments=f"{BOOT_ARGUMENTS} xsm=flask"), XSM.name, "XSM"),
    "policy": (Example(chosen=POLICY), XSM.name, "XSM"),
    "sve of dom0": (Example(boot_arguments=f"{BOOT_ARGUMENTS} dom0=sve=256"), SVE.name, "ARM64_SVE"),
    "sve of dom0, 0": (Example(boot_arguments=f"{BOOT_ARGUMENTS} dom0=x,sve=0"), SVE.name, "ARM64_SVE"),
    "sve of a domain": (Example(chosen=DOMAIN), SVE.name, "ARM64_SVE"),
    "sve of a guest": (Example(guests=(("rt.cfg", f'{GUEST}sve = "hw"\n'),)), SVE.name, "ARM64_SVE"),
    "pci of a guest": (Example(guests=(("rt.cfg", f'{GUEST}pci = ["0:1.0"]\n'),)), PCI.name, "PCI_PASSTHROUGH"),
    "pci, twice no": (Example(boot_arguments=f"{BOOT_ARGUMENTS} no-pci-passthrough=0"), PCI.name, "PCI_PASSTHROUGH"),
    "pci": (Example(boot_arguments=f"{BOOT_ARGUMENTS} pci-passthrough=on"), PCI.name, "PCI_PASSTHROUGH"),
}
ASKED = ("sve of dom0", "sve of dom0, 0", "sve of a domain")
BY_GUESTS = ("sve of a guest", "pci of a guest")
UNUSED = (
    "flask=disabled",
    "xsm=dummy",
    "dom0=sve=no",
    "dom0=sve",
    "no-dom0=sve=1",
    "pci-passthrough=off",
    "no-pci-passthrough",
    "pci-passthrough pci-passthrough=no",
    "dom0_mem=1G",
    "x=\tpci-passthrough",
)


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


def without(example: Example, option: str, folder: Path) -> Path:
    """The example for a Xen that was built without the option."""
    for file, text in example.texts():
        more = f"\n[target.config]\n{option} = false\n" if file == "colorcheck.toml" else ""
        (folder / file).write_text(text + more)
    return folder


@pytest.mark.parametrize("name", [name for name in USED if name not in (*ASKED, *BY_GUESTS)])
def test_off_in_the_build_it_is_settled(name: str, tmp_path: Path) -> None:
    example, _, option = USED[name]
    found = api.verify(without(example, option, tmp_path))
    assert found.open_facts() == ()
    assert found.exit_status() == 0


@pytest.mark.parametrize("name", ASKED)
def test_sve_that_is_not_built_in_stops_xen(name: str, tmp_path: Path) -> None:
    """Measured on 4.20 and 4.22, also for a value of 0."""
    example, _, option = USED[name]
    found = api.replay(str(without(example, option, tmp_path))).to_dict()
    panic = found["panic"]
    assert isinstance(panic, dict)
    assert panic["message"] == "'sve' property found, but CONFIG_ARM64_SVE not selected"


@pytest.mark.parametrize("name", BY_GUESTS)
def test_a_guest_that_needs_what_is_not_built_in_stays_open(name: str, tmp_path: Path) -> None:
    example, fact, option = USED[name]
    found = api.verify(without(example, option, tmp_path))
    assert [each.what for each in found.open_facts()] == [fact]


@pytest.mark.parametrize("words", UNUSED)
def test_what_does_not_use_it_leaves_nothing_open(words: str, tmp_path: Path) -> None:
    assert verified(Example(boot_arguments=f"{BOOT_ARGUMENTS} {words}"), tmp_path).open_facts() == ()
