"""Proof and replay are each other's check: a verdict turned round is noticed as a fault of the tool."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from colorcheck import api
from colorcheck.core.diagnostic import Verdict
from colorcheck.core.witness import FailingOrder, PairWitness
from colorcheck.evidence.crosscheck import cross_check
from colorcheck.hardware.index import UnknownIndex
from colorcheck.rules import RULES
from colorcheck.rules.example import Example
from colorcheck.testing import verify_text
from colorcheck.verification.results import ReleaseResult, Verification

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(scope="module")
def clean() -> Verification:
    return api.verify(EXAMPLES / "zcu102-dom0less")


@pytest.fixture(scope="module")
def sharing() -> Verification:
    return api.verify(EXAMPLES / "rpi4-xl")


def turned(result: ReleaseResult, theorem_id: str, verdict: Verdict) -> ReleaseResult:
    return replace(
        result,
        theorems=tuple(replace(t, verdict=verdict) if t.id == theorem_id else t for t in result.theorems),
    )


def test_what_is_right_has_no_faults(clean: Verification, sharing: Verification) -> None:
    assert clean.faults == ()
    assert sharing.faults == ()


@pytest.mark.parametrize(
    "theorem", ["separation/dom0/control", "separation/xen/telemetry", "memory/dom0", "memory/control"]
)
def test_a_false_refutation_is_a_fault(clean: Verification, theorem: str) -> None:
    found = cross_check(turned(clean.facts.results[0], theorem, Verdict.REFUTED), clean.facts.board)
    assert [theorem in fault.message for fault in found.faults] == [True]


def test_a_false_proof_is_a_fault(sharing: Verification) -> None:
    result = sharing.facts.results[0]
    found = cross_check(turned(result, "separation/camera/control", Verdict.PROVED), sharing.facts.board)
    assert ["separation/camera/control is proved" in fault.message for fault in found.faults] == [True]


def test_a_refutation_has_two_lines_in_one_set(sharing: Verification) -> None:
    theorem = next(t for t in sharing.theorems if t.id == "separation/camera/control")
    assert isinstance(theorem.witness, PairWitness)
    replayed = theorem.witness.replay
    assert replayed is not None
    board = sharing.facts.board
    assert board is not None
    llc = board.boot_cluster.llc
    assert llc is not None
    assert not isinstance(llc.index, UnknownIndex)
    lines = [replayed.first, replayed.second]
    assert [line.owner for line in lines] == ["camera", "control"]
    assert {llc.index.set_of(line.address) for line in lines} == {replayed.set}
    assert [line.address // 4096 for line in lines] == [line.mfn for line in lines]


def test_an_order_that_does_not_fail_is_a_fault() -> None:
    rule = next(rule for rule in RULES if rule.id == "CC502")
    assert rule.bad is not None
    found = verify_text(dict(rule.bad.texts()))
    assert found.faults == ()
    (result,) = found.facts.results
    refuted = next(t for t in result.theorems if t.kind == "memory-any-order" and t.verdict is Verdict.REFUTED)
    wrong = replace(refuted, witness=FailingOrder(("b", "a"), "a", 1))
    turned_round = replace(result, theorems=tuple(wrong if t is refuted else t for t in result.theorems))
    faults = cross_check(turned_round, found.facts.board).faults
    assert ["the replay of b, a builds b" in fault.message for fault in faults] == [True]


def test_a_system_cache_of_unknown_index_is_no_fault(tmp_path: Path) -> None:
    """Two clusters with own L2 caches, pinned guests with the same colors, and a system cache behind both."""
    pools = """a: pool0 { compatible = "xen,cpupool"; cpupool-cpus = <&cpu0>; };
        b: pool1 { compatible = "xen,cpupool"; cpupool-cpus = <&cpu1>; };"""
    domains = "".join(
        f"""rt{n} {{ compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>; cpus = <1>;
        memory = <0 0x10000>; llc-colors = "11-15"; domain-cpupool = <&{pool}>;
        module@{at:x} {{ compatible = "multiboot,kernel", "multiboot,module"; reg = <0 {at:#x} 0 0x10000>; }}; }};"""
        for n, pool, at in ((1, "a", 0x8000000), (2, "b", 0x8200000))
    )
    cache = 'compatible = "cache"; cache-unified;'
    level2 = f"{cache} cache-level = <2>; cache-size = <0x100000>; cache-line-size = <64>; cache-sets = <1024>;"
    cpus = f"""cpu0: cpu@0 {{ device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0>; enable-method = "psci";
            next-level-cache = <&l2a>; }};
        cpu1: cpu@100 {{ device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0x100>; enable-method = "psci";
            next-level-cache = <&l2b>; }};
        l2a: l2a {{ {level2} next-level-cache = <&l3>; }}; l2b: l2b {{ {level2} next-level-cache = <&l3>; }};
        l3: l3 {{ {cache} cache-level = <3>; cache-size = <0x200000>; cache-line-size = <64>;
            cache-sets = <2048>; }};"""
    example = Example(
        xen="4.21", board="", chosen=pools + domains, cpus=cpus, manifest="[target.config]\nBOOT_TIME_CPUPOOLS = true\n"
    )
    found = api.verify(example.write(tmp_path))
    assert found.faults == ()
    assert "separation/rt1/rt2" in {t.id for t in found.theorems if t.verdict is not Verdict.PROVED}
