"""The lab on whole deployments: frames of the boot, what verify says against what the simulation does."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.interference.interference_lab import A53

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from separation_experiments import bombs_everywhere, fight_for_set

from colorcheck.core.diagnostic import Verdict
from colorcheck.core.witness import PairWitness
from colorcheck.inputs.manifest.manifest_reader import NAME, read_manifest
from colorcheck.interference.caches import NoModel, cluster_models
from colorcheck.interference.experiment import Coloring, ReplacementPolicy, frame_owner
from colorcheck.interference.frame_owners import owners_of, uncolored, with_colors
from colorcheck.interference.simulation import simulate
from colorcheck.interference.study import miss_curve, run_study
from colorcheck.interference.workloads import parse_workload
from colorcheck.verification.results import Facts
from colorcheck.workflows import verify as pipeline
from colorcheck.workflows.interfere import Lab, Request, prepare
from colorcheck.xen.memory.frame_run import FrameRun
from tests.shapes import present

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@cache
def verified(name: str) -> Facts:
    return pipeline.verify(read_manifest(str(EXAMPLES / name / NAME))).facts


@cache
def modelled(name: str) -> Facts:
    return pipeline.replay(read_manifest(str(EXAMPLES / name / NAME))).facts


def lab(name: str = "zcu104-attack", **asked: Any) -> Lab:
    return prepare(modelled(name), Request(**asked))


@pytest.mark.parametrize("policy", ReplacementPolicy)
@pytest.mark.parametrize("name", ["zcu102-dom0less", "zcu104-attack"])
def test_what_verify_proves_apart_never_evicts_each_others_lines(name: str, policy: ReplacementPolicy) -> None:
    facts = verified(name)
    for result in facts.results:
        pairs = [theorem for theorem in result.theorems if theorem.kind == "pair-separation"]
        assert pairs
        assert all(theorem.verdict is Verdict.PROVED for theorem in pairs)
        run = simulate(
            bombs_everywhere(cluster_models(present(facts.board)), owners_of(present(result.boot)), policy, 400_000)
        )
        assert len(run.domains) >= 3
        assert not run.evictions


@pytest.mark.parametrize("policy", ReplacementPolicy)
def test_a_refuted_pair_evicts_each_others_lines_in_the_witnesss_set(policy: ReplacementPolicy) -> None:
    facts = verified("rpi4-xl")
    result = facts.results[0]
    owners = {each.name: each for each in owners_of(present(result.boot))}
    tried = 0
    for theorem in result.theorems:
        witness = theorem.witness
        if theorem.kind != "pair-separation" or theorem.verdict is not Verdict.REFUTED:
            continue
        if not isinstance(witness, PairWitness) or witness.meeting is None or witness.meeting.set is None:
            continue
        chosen = witness.meeting.set
        first, second = (owners[name] for name in theorem.subjects)
        fight = fight_for_set(cluster_models(present(facts.board))[0], first, second, chosen, policy)
        run = simulate(present(fight))
        assert {row for entry in run.evictions for row, _ in entry.by_set} == {chosen}
        tried += 1
    assert tried


def test_no_fight_where_both_fit() -> None:
    few = [frame_owner(name, (FrameRun(first, 16, 4),)) for name, first in (("a", 0), ("b", 1600))]
    assert fight_for_set(A53, few[0], few[1], 5, ReplacementPolicy.LRU) is None
    many = [frame_owner(name, (FrameRun(first, 16, 9),)) for name, first in (("a", 0), ("b", 1600))]
    run = simulate(present(fight_for_set(A53, many[0], many[1], 5, ReplacementPolicy.LRU)))
    assert [entry.by_set[0][0] for entry in run.evictions] == [5, 5]
    assert fight_for_set(A53, many[0], many[1], 64, ReplacementPolicy.LRU) is None  # the set of another color


def test_tenants_have_the_frames_of_the_boot() -> None:
    facts = modelled("zcu104-attack")
    boot = present(facts.results[0].boot)
    owners = owners_of(boot)
    assert [each.name for each in owners] == ["xen", "victim", "attacker"]
    victim = owners[1]
    assert victim.first_frames(100) == [mfn for _, mfn in zip(range(100), boot.built[0].frames.mfns(), strict=False)]
    assert {frame % 16 for frame in victim.first_frames(1000)} == set(range(8))


def test_uncolored_memory_is_contiguous_and_apart() -> None:
    first, second = uncolored((frame_owner("a", (FrameRun(0, 1, 700),)), frame_owner("b", (FrameRun(0, 1, 10),))), 4096)
    assert first.first_frames(700) == list(range(4096, 4796))
    assert second.first_frames(10) == list(range(4096 + 1024, 4096 + 1034))


def test_made_up_colors_are_taken_in_turn() -> None:
    assert with_colors("a", (1, 3), 8, 5).first_frames(5) == [1, 3, 9, 11, 17]


def test_a_study_compares_the_colorings() -> None:
    made = lab(accesses=600_000, warm_up=100_000, loads=(("victim", parse_workload("chase:size=800K")),))
    runs = {run.coloring: run for run in run_study(made.study)}
    assert list(runs) == list(Coloring)
    assert runs[Coloring.OFF].evictions
    assert not runs[Coloring.CURRENT].evictions
    assert not runs[Coloring.PLAN].evictions
    assert runs[Coloring.OFF].domain("victim").caused_by_others > 0
    assert made.victims == ("victim",)


def test_a_curve_falls_with_colors_and_reads_back(tmp_path: Path) -> None:
    from colorcheck.core.source import Location
    from colorcheck.plan.curves import Profile, csv_of, read_profile

    loads = (("victim", parse_workload("mix:size=512K,hot=64K")),)
    made = lab(accesses=100_000, loads=loads, colorings=(Coloring.CURRENT,))
    curve = miss_curve(made.study, "victim", 16, ReplacementPolicy.LRU)
    assert [colors for colors, _ in curve] == list(range(1, 17))
    assert curve[0][1] > 2 * curve[-1][1] >= 0
    file = tmp_path / "victim.csv"
    file.write_text(csv_of(curve, "misses", "simulated"))
    assert read_profile(str(file), Location("")) == Profile(tuple(float(m) for _, m in curve), "misses", "simulated")
    with pytest.raises(NoModel, match="runs nothing"):
        miss_curve(made.study, "nobody", 16, ReplacementPolicy.LRU)


def test_the_default_victim_runs_under_every_coloring() -> None:
    made = lab("rpi4-xl")
    assert made.victims == ("control",)
    assert any("gateway is not created" in note for note in made.notes)
    assert Coloring.OFF in made.study.owners


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"victim": "victm"}, "victim"),
        ({"loads": (("nobody", parse_workload("bomb")),)}, "unknown domain 'nobody'"),
    ],
)
def test_unknown_domains_are_named(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(NoModel, match=message):
        lab(**asked)


def test_a_board_whose_index_is_not_documented_is_refused() -> None:
    from colorcheck.plugins.manager import catalogue

    facts = modelled("zcu104-attack")
    with pytest.raises(NoModel, match="cannot be simulated"):
        prepare(replace(facts, board=catalogue().board("rk3588")), Request())
    with pytest.raises(NoModel, match="the board is not known"):
        prepare(replace(facts, board=None), Request())


def test_every_board_is_either_simulated_or_refused_with_a_reason() -> None:
    from colorcheck.plugins.manager import catalogue

    modelled_boards, reasons = 0, []
    for board in catalogue().boards():
        try:
            clusters = cluster_models(board)
        except NoModel as refused:
            reasons.append(str(refused))
            continue
        modelled_boards += 1
        two = tuple(frame_owner(name, (FrameRun(first, 1, 64),)) for name, first in (("a", 0), ("b", 4096)))
        assert simulate(bombs_everywhere(clusters, two, ReplacementPolicy.RANDOM, 2_000)).accesses == 2_000
    assert modelled_boards > 10
    assert all("cannot be simulated: " in reason for reason in reasons)
