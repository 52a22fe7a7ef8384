"""Point releases of a branch are modelled only where the deployment is affected by a trait in which they differ."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from colorcheck.hardware.board import Board
from colorcheck.inputs.deployment import Deployment
from colorcheck.plugins.manager import catalogue
from colorcheck.xen.release.releases import SERIES, siblings
from colorcheck.xen.worlds.siblings import _difference, _touched
from colorcheck.xen.worlds.world import Worlds
from tests.xen.golden_cases import board_of, cases, load
from tests.xen.golden_cases import deployment as measured
from tests.xen.small import A53, deployment, domain

CPU = """cpu@{0} {{ device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0 {0}>; {1} }};"""
CPUS = "cpus {{ #address-cells = <2>; #size-cells = <0>; {} }};"
PSCI = 'enable-method = "psci";'


def _cpus(*methods: str) -> str:
    return CPUS.format("".join(CPU.format(number, method) for number, method in enumerate(methods)))


DEPLOYMENTS = [
    deployment(),
    deployment("llc-coloring=on dom0_mem=256M dom0-llc-colors=1-3,128"),
    deployment("llc-coloring=on dom0_mem=256M dom0-llc-colors=1-3", root=_cpus(PSCI, PSCI, PSCI)),
    deployment("llc-coloring=on dom0_mem=256M", chosen=domain("rt", 'llc-colors = "4-7";'), root=_cpus(PSCI, "", PSCI)),
    deployment("llc-coloring=on", chosen=domain("rt", 'llc-colors = "4-7";'), root=_cpus(PSCI, PSCI)),
    deployment("dom0_mem=256M", root=_cpus(PSCI, 'enable-method = "own";', PSCI)),
]


def _pairs(given: Deployment, board: Board) -> None:
    for series in SERIES:
        for one, other in combinations(siblings(series.name), 2):
            first, second = Worlds(given, board, one).base, Worlds(given, board, other).base
            traits = one.traits.differing(other.traits)
            found = _difference(first.system, first.boot, second.system, second.boot)
            if not any(_touched(trait, first.system, given) for trait in traits):
                assert not found, (one.name, other.name, found)


@pytest.mark.parametrize("given", DEPLOYMENTS)
def test_untouched_releases_boot_alike(given: Deployment) -> None:
    _pairs(given, catalogue().board(A53))


@pytest.mark.parametrize("path", cases("boots")[::8], ids=lambda path: path.stem)
def test_untouched_releases_boot_measured_deployments_alike(path: Path) -> None:
    case = load(path)
    _pairs(measured(path, case), board_of(case))


def test_a_skipped_cpu_is_an_effect() -> None:
    trait, release = "skipped_cpus_keep_their_number", siblings("4.20")[0]
    for given, expected in ((DEPLOYMENTS[2], False), (DEPLOYMENTS[3], True)):
        assert _touched(trait, Worlds(given, None, release).base.system, given) is expected
