"""Properties of dom0less domains that Xen ignores are named; those that it reads, and those of any node, are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN
from colorcheck.rules.example import Example
from colorcheck.xen.release.domain_properties import ANY_NODE, DOMAIN_4_20, DOMAIN_4_21, DOMAIN_4_22
from colorcheck.xen.release.releases import RELEASES

_ALL = ("4.20", "4.21", "4.22")


def messages(folder: Path, more: str, xen: tuple[str, ...] = _ALL, chosen: str = "") -> list[str]:
    example = Example(xen=xen, chosen=DOMAIN.format(more=f"cpus = <1>; {more}") + chosen)
    return [f.message for f in api.verify(example.write(folder)).findings if f.rule == "CC133"]


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ("vcpus = <2>;", "vcpus"),
        ("direct_map;", "direct_map"),
        ('passtrough = "enabled";', "passtrough"),
        ("xen,p2m-mem-mb = <8>;", "xen,p2m-mem-mb"),
        ('bootargs = "console=hvc0";', "bootargs"),
        ("MEMORY = <0 1>;", "MEMORY"),
    ],
)
def test_an_unknown_property_is_named(tmp_path: Path, more: str, named: str) -> None:
    assert messages(tmp_path, more) == [f"Xen reads no property {named} of domU1 and ignores it"]


def test_a_property_of_a_later_release(tmp_path: Path) -> None:
    text = "Xen reads no property trap-unmapped-accesses of domU1 and ignores it"
    assert messages(tmp_path, "trap-unmapped-accesses = <0>;") == [f"{text} (Xen 4.20)"]
    assert messages(tmp_path, "trap-unmapped-accesses = <0>;", ("4.20",)) == [text]
    assert messages(tmp_path, "trap-unmapped-accesses = <0>;", ("4.21", "4.22")) == []


@pytest.mark.parametrize(("xen", "expected"), [("4.20", 1), ("4.21", 0)])
def test_vcpu_nodes_of_a_release_without_them(tmp_path: Path, xen: str, expected: int) -> None:
    plain = DOMAIN.format(more="cpus = <1>;").rstrip().removesuffix("};")
    chosen = f'{plain} v0 {{ compatible = "xen,vcpu"; id = <0>; hard-affinity = "1"; }}; }};'
    found = api.verify(Example(xen=xen, chosen=chosen).write(tmp_path)).findings
    assert [f.message for f in found if f.rule == "CC133"] == [
        "Xen does not read v0 of domU1: its vCPU is not pinned"
    ] * expected


@pytest.mark.parametrize("value", ["disabled", "fail", "reserved", ""])
def test_the_status_of_a_domain_is_not_read(tmp_path: Path, value: str) -> None:
    found = messages(tmp_path, f'status = "{value}";')
    expected = f"Xen does not read the status of the domain domU1: it uses it although it is {value or 'empty'}"
    assert found == [expected]


@pytest.mark.parametrize(
    "node",
    [
        'p { compatible = "xen,cpupool"; cpupool-cpus = <0>; status = "disabled"; };',
        'm { compatible = "multiboot,ramdisk", "multiboot,module"; reg = <0 0x9000000 0 0x1000>; status = "fail"; };',
        's { compatible = "xen,domain-shared-memory-v1"; xen,shm-id = "m"; status = "disabled"; };',
    ],
)
def test_the_status_of_other_nodes_is_not_read(tmp_path: Path, node: str) -> None:
    assert len(messages(tmp_path, "", chosen=node)) == 1


@pytest.mark.parametrize(
    "more", ['status = "okay";', 'status = "ok";', "colors = <1>;", "reg = <0 0 0 0>;", "nr_spis = <0>;"]
)
def test_what_is_read_or_reported_elsewhere(tmp_path: Path, more: str) -> None:
    assert messages(tmp_path, more) == []


def test_the_lists_of_the_releases() -> None:
    assert DOMAIN_4_20 < DOMAIN_4_21 < DOMAIN_4_22
    assert not ANY_NODE & DOMAIN_4_22
    for release in RELEASES:
        if release.domain_keys:
            assert {"cpus", "memory", release.domain_property.name} <= release.domain_keys
