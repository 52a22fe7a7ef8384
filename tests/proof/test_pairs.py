"""Separation of pairs: shared colors, clusters, affinity, policy, and what cannot be said."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from colorcheck.core.witness import PairWitness
from colorcheck.hardware.board import Cache
from colorcheck.hardware.index import Linear, UnknownIndex
from colorcheck.inputs.manifest.manifest import PlanPolicy, Share
from colorcheck.proof.context import Context
from colorcheck.proof.pairs import pair_separation
from colorcheck.proof.sets import set_separation
from colorcheck.xen.kinds import Failure, FailureKind
from colorcheck.xen.memory.frame_run import FrameRun
from tests.proof.systems import (
    HEAP_START,
    ZCU102,
    board,
    domain,
    level_boot,
    place,
    system,
    theorems,
    verdicts,
    without_coloring,
)

BIG_LITTLE = board(Linear(64, 2048), Linear(64, 512), cpus=((0, 1), (2, 3)))


def test_the_guides_example_shares_three_colors() -> None:
    of = system(16, [domain(1, range(2, 7), 10), domain(2, [4, 5, 6, 7, 8, 10, 11, 12], 10)])
    theorem = theorems(of, level_boot(of, 100))["separation/d1/d2"]
    witness = theorem.witness
    assert str(theorem.verdict) == "refuted"
    assert isinstance(witness, PairWitness)
    assert witness.shared_colors == (4, 5, 6)
    assert witness.meeting is not None
    first, second = witness.meeting.addresses
    assert first != second
    assert Linear(64, 1024).set_of(first) == Linear(64, 1024).set_of(second)
    assert {related.location for related in theorem.core} == {place(11), place(12)}


def test_a_shared_color_that_the_policy_allows_is_no_theorem() -> None:
    of = system(16, [domain(1, [1, 2], 10), domain(2, [2, 3], 10)])
    policy = PlanPolicy(shares=(Share(("d1", "d2"), "both best effort", place(3)),))
    assert "separation/d1/d2" not in verdicts(of, level_boot(of, 100), policy=policy)
    assert verdicts(of, level_boot(of, 100), policy=policy)["separation/xen/d1"] == "proved"


def test_colors_that_meet_in_the_smaller_cluster_are_refuted() -> None:
    of = system(32, [domain(1, [1], 10), domain(2, [9], 10), domain(3, [2], 10)])
    found = theorems(of, level_boot(of, 100), BIG_LITTLE)
    assert str(found["separation/d1/d2"].verdict) == "refuted"
    assert "mod 8" in found["separation/d1/d2"].reason
    assert str(found["separation/d1/d3"].verdict) == "proved"


def test_domains_on_different_clusters_share_no_cache() -> None:
    big, little = domain(1, [1], 10, cpus=(0, 1)), domain(2, [9], 10, cpus=(2, 3))
    of = system(32, [big, little, domain(3, [1], 10, cpus=(2,))])
    found = theorems(of, level_boot(of, 100), BIG_LITTLE)
    assert str(found["separation/d1/d2"].verdict) == "proved"
    assert str(found["separation/d1/d3"].verdict) == "proved"
    assert any(a.trust == "trusted" and "pinned" in a.text for a in found["separation/d1/d2"].assumptions)


def test_affinity_counts_only_where_the_board_has_those_cpus() -> None:
    of = system(32, [domain(1, [1], 10, cpus=(0,)), domain(2, [1], 10, cpus=(7,))])
    assert verdicts(of, level_boot(of, 100), BIG_LITTLE)["separation/d1/d2"] == "refuted"
    unnumbered = board(Linear(64, 2048), Linear(64, 512))
    of = system(32, [domain(1, [1], 10, cpus=(0,)), domain(2, [1], 10, cpus=(2,))])
    assert verdicts(of, level_boot(of, 100), unnumbered)["separation/d1/d2"] == "refuted"


def test_xen_runs_everywhere() -> None:
    of = system(32, [domain(1, [8], 10, cpus=(2, 3))])
    assert verdicts(of, level_boot(of, 100), BIG_LITTLE)["separation/xen/d1"] == "refuted"


def test_a_system_cache_that_nobody_knows_makes_every_pair_unknown_but_those_that_share_colors() -> None:
    cache = Cache(3, 1 << 20, None, None, None, UnknownIndex("hashed over slices"))
    of = system(16, [domain(1, [1], 10), domain(2, [1, 2], 10), domain(3, [3], 10)])
    found = verdicts(of, level_boot(of, 100), replace(ZCU102, system_cache=cache))
    assert found["sets/system"] == found["separation/d1/d3"] == "unknown"
    assert found["separation/d1/d2"] == "refuted"


def test_a_cache_shared_by_two_clusters_is_one() -> None:
    shared = Cache(3, 1 << 20, 16, 64, 1024, Linear(64, 1024), id="l3")
    clusters = tuple(replace(c, llc=shared) for c in BIG_LITTLE.clusters)
    of = system(16, [domain(1, [1], 10, cpus=(0,)), domain(2, [1], 10, cpus=(2,))])
    assert verdicts(of, level_boot(of, 100), replace(BIG_LITTLE, clusters=clusters))["separation/d1/d2"] == "refuted"


def test_coloring_off_is_refuted() -> None:
    of = without_coloring(system(16, [domain(1, [], 10), domain(2, [], 10)]))
    assert verdicts(of, level_boot(of, 1))["separation/d1/d2"] == "refuted"


def test_who_never_runs_is_vacuous() -> None:
    refused = replace(domain(2, [20], 10), failure=Failure(FailureKind.DOMAIN_COLORS, "LLC colors allocation failed"))
    of = system(16, [domain(1, [1], 10), refused, domain(3, [], 10)])
    found = verdicts(of, level_boot(of, 100))
    assert found["separation/d1/d2"] == found["separation/d1/d3"] == "vacuous"
    stopped = replace(of, panic=Failure(FailureKind.XEN_COLORS, "Bad LLC color config for Xen"))
    assert set(verdicts(stopped, level_boot(of, 100)).values()) <= {"vacuous", "proved"}
    assert verdicts(stopped, level_boot(of, 100))["separation/xen/d1"] == "vacuous"


def test_a_dialect_that_is_not_modelled_is_unknown() -> None:
    of = system(16, [domain(1, [1], 10), domain(2, [1], 10)], version="xilinx-4.17")
    found = verdicts(of, level_boot(of, 100))
    assert found.pop("sets/cluster0") == found.pop("geometry/declared") == "proved"
    assert set(found.values()) == {"unknown"}


def test_two_domains_of_one_name_are_told_apart() -> None:
    of = system(16, [domain(1, [1], 10, name="rt"), domain(2, [1], 10, name="rt")])
    assert verdicts(of, level_boot(of, 100))["separation/rt#1/rt#2"] == "refuted"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sets(st.integers(0, 7), min_size=1, max_size=4), min_size=2, max_size=5),
    st.sampled_from([2, 4, 8]),
)
def test_pairs_agree_with_sets(colors: list[set[int]], own: int) -> None:
    of = system(8, [domain(n, sorted(each), 1) for n, each in enumerate(colors, 1)], xen=(0,))
    case = Context(of, level_boot(of, 50), board(Linear(64, 64 * own)), PlanPolicy(), 20.0)
    found = {theorem.id: str(theorem.verdict) for theorem in pair_separation(case, set_separation(case))}
    everyone = {"xen": {0}, **{f"d{n}": each for n, each in enumerate(colors, 1)}}
    for first, mine in everyone.items():
        for second, theirs in everyone.items():
            theorem = found.get(f"separation/{first}/{second}")
            meet = {c % own for c in mine} & {c % own for c in theirs}
            assert theorem in {None, "refuted" if meet else "proved"}


def test_a_color_that_xen_lists_and_never_uses_is_undecided() -> None:
    """From `5,2` Xen takes color 5 only, so no frames show that a domain with color 2 meets it."""
    of = system(16, [domain(1, [2], 10), domain(2, [5], 10)], xen=(5, 2))
    boot = replace(level_boot(of, 100), xen_frames=(FrameRun(HEAP_START * 2 + 5, 16, 10),))
    found = theorems(of, boot)
    assert str(found["separation/xen/d1"].verdict) == "unknown"
    assert "none of its image is in 2" in found["separation/xen/d1"].reason
    assert str(found["separation/xen/d2"].verdict) == "refuted"
