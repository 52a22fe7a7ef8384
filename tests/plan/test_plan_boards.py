"""Plans for boards with several clusters and known DRAM banks: what they say is what the proofs prove."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pytest
from msgspec.structs import replace

from colorcheck import api
from colorcheck.core.theorem import Theorem
from colorcheck.hardware.affinity import cache_groups
from colorcheck.hardware.board import Board
from colorcheck.hardware.dram_banks import bank_sharing
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.manifest.manifest import Manifest, PlanPolicy
from colorcheck.plan import plan
from colorcheck.plan.pose import PlanOptions, Posed, pose
from colorcheck.plan.problem import Plan
from colorcheck.proof import ProofRequest, prove
from colorcheck.workflows.plan import with_colors
from tests.proof.systems import domain, level_boot, system
from tests.shapes import present

Pinned = Sequence[tuple[int, tuple[int, ...] | None]]
EACH = 4096  # frames of a color


def board(name: str) -> Board:
    return api.board(name)


def posed(on: Board, wanted: Pinned, options: PlanOptions | None = None) -> Posed:
    """The problem of domains that need these frames and are pinned to these CPUs."""
    of = system(on.nr_colors or 16, [domain(n, [0], pages, cpus=cpus) for n, (pages, cpus) in enumerate(wanted, 1)])
    return pose(Deployment(Manifest("", "")), of, level_boot(of, EACH), on, options)


def planned(on: Board, wanted: Pinned, options: PlanOptions | None = None) -> tuple[Plan, list[Theorem]]:
    """A plan, and the theorems on pairs of the system that has its colors."""
    question = posed(on, wanted, options).problem
    assert question is not None
    found = plan(question, repairs=False)
    of = system(on.nr_colors or 16, [domain(n, [0], pages, cpus=cpus) for n, (pages, cpus) in enumerate(wanted, 1)])
    if not found.domains:
        return found, []
    changed = with_colors(of, found, question)
    theorems = prove(changed, level_boot(changed, EACH), on, PlanPolicy(), ProofRequest(20))
    return found, [theorem for theorem in theorems if theorem.kind == "pair-separation"]


@pytest.mark.parametrize("name", ["rcar-h3", "rk3399", "juno-r0", "imx8qm"])
def test_colors_that_a_smaller_cluster_folds_stay_apart(name: str) -> None:
    found, pairs = planned(board(name), [(EACH * 2, None)] * 3)
    assert found.domains
    assert len(pairs) == 6
    assert {str(theorem.verdict) for theorem in pairs} == {"proved"}, name


@pytest.mark.parametrize("name", ["rcar-h3", "rk3399"])
def test_domains_on_different_clusters_share_colors_where_they_must(name: str) -> None:
    """More domains than the colors of the smaller cluster: two on different clusters get the same."""
    on = board(name)
    small, large = sorted(cache_groups(on), key=lambda group: present(group.cache).nr_colors or 0)
    seen = present(small.cache).nr_colors
    assert seen
    assert small.cpus
    assert large.cpus
    cpus = [tuple(sorted(small.cpus)), tuple(sorted(large.cpus))]
    wanted = [(64, cpus[number % 2]) for number in range(seen)]
    found, pairs = planned(on, wanted, PlanOptions(l1_aliasing=True))
    assert found.domains, found.reason
    assert {str(theorem.verdict) for theorem in pairs} == {"proved"}
    met = [pair for pair in combinations(found.domains, 2) if not pair[0].colors.isdisjoint(pair[1].colors)]
    assert met
    anywhere, _ = planned(on, [(64, None)] * seen, PlanOptions(l1_aliasing=True))
    assert anywhere.status == "infeasible"


def test_a_cluster_that_nobody_uses_folds_nothing() -> None:
    """All domains on the A57 cluster: its 32 colors are 32, though the other cluster sees eight."""
    on = board("rcar-h3")
    big = next(group for group in cache_groups(on) if group.cache and group.cache.nr_colors == 32)
    assert big.cpus
    found, pairs = planned(on, [(EACH, tuple(sorted(big.cpus)))] * 20)
    assert found.domains
    assert {str(theorem.verdict) for theorem in pairs} == {"proved"}


@pytest.mark.parametrize("name", ["zcu104", "imx8mm"])
def test_banks_that_the_color_fixes_are_kept_apart(name: str) -> None:
    on = board(name)
    assert on.dram_map is not None
    question = posed(on, [(64, None)], PlanOptions(separate_banks=True)).problem
    assert question is not None
    found = plan(question, repairs=False)
    first, second = (each.colors for each in found.domains)
    sharing = bank_sharing(on.dram_map, first, second, on.nr_colors or 16)
    assert sharing is not None
    assert sharing.grade == "disjoint"


def test_banks_that_no_color_fixes_are_refused_with_the_reason() -> None:
    on = board("zcu104")
    assert on.dram_map is not None
    unknown = posed(replace(on, dram_map=None), [(64, None)], PlanOptions(separate_banks=True))
    assert unknown.problem is None
    assert "not known" in unknown.reason
    above = replace(on.dram_map, select_masks=(1 << 20, 1 << 21))
    high = posed(replace(on, dram_map=above), [(64, None)], PlanOptions(separate_banks=True))
    assert high.problem is None
    assert "depends on the color alone" in high.reason


@pytest.mark.parametrize(("name", "least"), [("rpi4", 2), ("jetson-tx1", 2), ("zcu102", 1)])
def test_xen_needs_two_colors_where_its_instruction_cache_is_indexed_physically(name: str, least: int) -> None:
    def xen(options: PlanOptions | None = None) -> int:
        question = posed(board(name), [(64, None)], options).problem
        assert question is not None
        return question.demands[0].min_colors

    assert xen() == least
    assert xen(PlanOptions(l1_aliasing=True)) == 1


def test_the_wish_of_two_colors_has_a_name_and_its_reason() -> None:
    question = posed(board("rpi4"), [(EACH * 15, None)]).problem
    assert question is not None
    found = plan(question)
    demand = next(each for each in found.core if each.name == "min-colors xen")
    assert "L1 instruction cache" in demand.text
    assert "require only 1 colors for xen, 1 fewer" in [repair.text for repair in found.repairs]
