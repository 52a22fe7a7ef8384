"""Options and properties in a place where Xen does not read them are named there, with what was meant."""

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.core.diagnostic import Finding
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN_PLAIN
from colorcheck.rules.example import BOOT_ARGUMENTS, Example

MODULE = 'm@6000000 {{ compatible = "multiboot,ramdisk", "multiboot,module"; reg = <0 0x6000000 0 0x1000>; {} }};'


def told(chosen: str, rule: str, folder: Path) -> list[Finding]:
    found = api.verify(Example(boot_arguments=BOOT_ARGUMENTS, chosen=chosen).write(folder))
    return [finding for finding in found.findings if finding.rule == rule]


@pytest.mark.parametrize(
    "case",
    [
        ("console=hvc0 llc-coloring=on", "llc-coloring:", "", "warning"),  # the arguments of Xen have it, too
        ("llc-size=1M", "llc-size:", "", "error"),
        ("llc-colring=on", "llc-colring:", "did you mean llc-coloring?", "warning"),
        ("dom0_llc_colors=2-3", "dom0_llc_colors:", "did you mean dom0-llc-colors?", "warning"),
        ("DOM0-MEM=1G", "DOM0-MEM:", "did you mean dom0_mem?", "warning"),
        ("dom0_vcpus_pin dom0_max_vcpus=2", "dom0_vcpus_pin, dom0_max_vcpus:", "", "warning"),
        ("console=hvc0 maxcpus=2 iommu=off root=/dev/mmcblk0p2 llcc=x", "", "", ""),
    ],
)
@pytest.mark.parametrize("place", ['xen,dom0-bootargs = "{}";', MODULE.format('bootargs = "{}";')])
def test_options(case: tuple[str, str, str, str], place: str, tmp_path: Path) -> None:
    text, names, meant, severity = case
    found = told(place.replace("{}", text) if "m@" in place else place.format(text), "CC129", tmp_path)
    assert len(found) == bool(names)
    for finding in found:
        assert finding.message.startswith(names)
        assert finding.severity == severity
        assert meant in finding.help
        assert ("did you mean" in finding.help) == bool(meant)
        assert finding.location.line


@pytest.mark.parametrize(
    "name", ["llc_colors", "llc-color", "llccolors", "llc-colorss", "LLC-Colors", "xen,llc-colors"]
)
def test_properties_of_a_domain(name: str, tmp_path: Path) -> None:
    found = told(DOMAIN_PLAIN.format(more=f'cpus = <1>; {name} = "11-14";'), "CC130", tmp_path)
    assert [finding.help for finding in found] == ["did you mean llc-colors?"]


def test_colors_in_a_module(tmp_path: Path) -> None:
    found = told(MODULE.format('llc-colors = "3";'), "CC130", tmp_path)
    assert [finding.help for finding in found] == ["dom0's colors are the boot option dom0-llc-colors"]
