"""Values of a dom0less domain's properties that Xen ignores or reads only in part."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.core.diagnostic import Finding
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.rules.domains.cc309_domain_incomplete import DOMAIN
from colorcheck.rules.example import Example
from colorcheck.workflows import verify as pipeline

VCPU = 'vcpu@0 {{ compatible = "{}"; id = <0>; hard-affinity = "{}"; }};'
CPUS = "".join(f'cpu@{n} {{ device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <{n}>; }}; ' for n in range(4))


def ignored(folder: Path, more: str, xen: str = "4.21") -> list[Finding]:
    manifest = str(Example(xen=xen, cpus=CPUS, chosen=DOMAIN.format(more=f"cpus = <1>; {more}")).write(folder))
    return [each for each in pipeline.verify(read_manifest(manifest)).findings if each.rule == "CC134"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('nr_spis = "x";', "nr_spis of domU1 has 2 bytes"),
        ("max_grant_frames = [40];", "has 1 byte,"),
        ("max_grant_version;", "has 0 bytes"),
        ('xen,domain-p2m-mem-mb = "8";', "it takes its default"),
        ('domain-cpupool = "a";', "it takes its default"),
        ('xen,enhanced = "Enabled";', 'Xen does not know "Enabled"'),
        ('xen,enhanced = "";', 'Xen does not know ""'),
        (VCPU.format("xen,vcpu", "1 2"), 'Xen does not read " 2"'),
        (VCPU.format("xen,vcpus", "1"), "not compatible with xen,vcpu"),
    ],
)
def test_it_is_a_warning(more: str, said: str, tmp_path: Path) -> None:
    (found,) = ignored(tmp_path, more)
    assert said in found.message


@pytest.mark.parametrize(
    "more",
    [
        "nr_spis = <32>;",
        "xen,domain-p2m-mem-mb = <8>;",
        "xen,enhanced;",
        'xen,enhanced = "no-xenstore";',
        VCPU.format("xen,vcpu", "1,2"),
        VCPU.format("xen,vcpu", "0-1"),
    ],
)
def test_what_xen_reads_is_silent(more: str, tmp_path: Path) -> None:
    assert not ignored(tmp_path, more)


def test_a_release_that_does_not_read_the_nodes_has_its_own_finding(tmp_path: Path) -> None:
    assert not ignored(tmp_path, VCPU.format("xen,vcpu", "1 2"), "4.20")
