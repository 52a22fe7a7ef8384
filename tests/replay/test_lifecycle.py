"""Life after boot: what was measured, what single frames make of it, and that nothing ever comes back."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorcheck.replay.lifecycle import Balloon, Create, Destroy, HeapState, Reboot, Step, lifecycle
from colorcheck.xen.booted import Boot
from colorcheck.xen.domains.xl_creation import XlHost
from colorcheck.xen.domains.xl_domains import XlRules, xl_domain
from colorcheck.xen.effective import effective
from colorcheck.xen.memory.boot import boot as boot_of
from tests.xen.golden_cases import board_of, cases, load
from tests.xen.golden_cases import deployment as golden_deployment
from tests.xen.small import KERNEL, booted, deployment, domain

KERNEL_PAGES = 8  # dom0's kernel takes and returns a few pages of its own colors
ARGUMENTS = "llc-coloring=on dom0_mem=128M xen-llc-colors=0-1 dom0-llc-colors=1-2"
G = 'name = "g"\nmemory = 32\nllc_colors = ["7-8"]\n'
H = 'name = "h"\nmemory = 16\nllc_colors = ["8-9"]\n'
NAMES = ("g", "h", "a")


@pytest.fixture(scope="module")
def boot() -> Boot:
    return booted(deployment(ARGUMENTS, KERNEL + domain("a", 'llc-colors = "3-5";'), guests=(G, H)))


@pytest.mark.parametrize("path", cases("xl-guests") + cases("lifecycle"), ids=lambda path: path.stem)
def test_every_step_as_measured(path: Path) -> None:
    case = load(path)
    start = golden_deployment(path, case)
    system = effective(start, board_of(case), case["xen"])
    begun = boot_of(system)
    assert begun is not None
    dom0 = set(system.domains[0].colors)
    told = [_step(number, step, path, case) for number, step in enumerate(case["steps"])]
    for step, state in zip(case["steps"], lifecycle(begun, told), strict=True):
        if step["step"] == "create" and "/cfg/none" in step["file"]:
            return  # a kernel that lies nowhere in dom0: no file tells
        if step["step"] == "create":
            assert state.created == (step["status"] == 0), step["name"]
        if step["heap_after"] is None:
            return
        if step["step"] == "destroy" and step["status"]:
            continue  # nothing was done, and the dump is an older one
        for color, want in enumerate(step["heap_after"]):
            slack = KERNEL_PAGES if color in dom0 else 0
            assert abs(state.heap[color] - want) <= slack, f"{step['step']} {step['name']}: color {color}"


def _step(number: int, step: dict[str, Any], path: Path, case: dict[str, Any]) -> Step:
    name = str(step["name"])
    if step["step"] == "destroy":
        return Destroy(name)
    if step["step"] == "balloon":
        assert isinstance(step["target_kib"], int)
        return Balloon(name, step["target_kib"])
    given = golden_deployment(path, case, ((f"{number}.cfg", str(step["file"])),))
    system = effective(given, board_of(case), case["xen"])
    asked = next(d for d in system.domains if d.kind == "xl")
    return Create(asked.name, asked)


def test_nothing_comes_back(boot: Boot) -> None:
    """Destroying gives nothing to the colors; a reboot costs the whole guest again."""
    gone, again, rebooted = lifecycle(boot, [Destroy("g"), Create("g"), Reboot("g")])
    assert gone.heap == boot.free_final
    assert gone.lost == again.taken == rebooted.taken == rebooted.lost == 32 * 256 + 4 + 256 + 32 + 128
    assert sum(boot.free_final) - sum(again.heap) == again.taken
    assert sum(again.heap) - sum(rebooted.heap) == again.taken


def test_a_failed_creation_takes_what_is_left(boot: Boot) -> None:
    *_, last = lifecycle(boot, [Reboot("g")] * 40)
    assert last.created is False
    assert last.failure is not None
    assert [last.heap[color] for color in (7, 8)] == [0, 0]
    assert all(last.heap[c] == boot.free_final[c] for c in range(16) if c not in (7, 8))


def test_a_balloon_costs_its_size_each_time(boot: Boot) -> None:
    first, second, third = lifecycle(boot, [Balloon("g", 8 << 10), Balloon("g", 32 << 10), Balloon("g", 64 << 10)])
    assert (first.heap, first.lost) == (boot.free_final, 24 * 256)
    assert sum(first.heap) - sum(second.heap) == 24 * 256
    assert third.failure is not None
    assert third.heap == second.heap


def test_a_dom0less_domain_comes_back_as_a_guest(boot: Boot) -> None:
    (state,) = lifecycle(boot, [Reboot("a")])
    assert state.created
    assert state.taken == 0x10000 // 4 + 4 + 256 + 64 + 128


def test_steps_that_cannot_be(boot: Boot) -> None:
    steps: list[Step] = [Destroy("x"), Create("g"), Create("x"), Balloon("x", 1), Reboot("x"), Destroy("dom0")]
    states = list(lifecycle(boot, steps))
    assert all(state.failure is not None and state.heap == boot.free_final for state in states)
    assert [state.created for state in states] == [None, False, False, None, False, None]


def test_a_refused_guest_takes_the_host_with_it() -> None:
    """4.20: after a guest with a color that is not there nothing more happens."""
    start = booted(deployment(ARGUMENTS, guests=(G,)))
    given = deployment(ARGUMENTS, guests=('name = "bad"\nmemory = 32\nllc_colors = ["99"]\n',))
    rules = XlRules(start.system.release, coloring=True, nr_colors=16)
    bad = xl_domain(given.guests[0], given, XlHost(), rules, 9).domain
    crash, after = lifecycle(start, [Create("bad", bad), Reboot("g")])
    assert crash.failure is not None
    assert crash.failure.kind == "host-panic"
    assert after.created is False
    assert after.heap == start.free_final


def test_no_life_without_a_heap() -> None:
    with pytest.raises(ValueError, match="color heap"):
        lifecycle(booted(deployment("dom0_mem=64M")), [])


steps_of_all_kinds = st.lists(
    st.one_of(
        st.builds(Create, st.sampled_from(NAMES)),
        st.builds(Destroy, st.sampled_from(NAMES)),
        st.builds(Reboot, st.sampled_from(NAMES)),
        st.builds(Balloon, st.sampled_from((*NAMES, "dom0")), st.integers(0, 200 << 10)),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(steps_of_all_kinds)
def test_the_colors_only_lose_and_every_frame_is_accounted_for(steps: list[Step]) -> None:
    """Free frames never grow; what left the colors is held by somebody or lost."""
    start = booted(deployment(ARGUMENTS, KERNEL + domain("a", 'llc-colors = "3-5";'), guests=(G, H)))
    before, held = start.free_final, sum(start.free_initial) - sum(start.free_final)
    for state in lifecycle(start, steps):
        assert isinstance(state, HeapState)
        assert all(new <= old for new, old in zip(state.heap, before, strict=True))
        assert sum(before) - sum(state.heap) == state.taken
        held += state.taken - state.lost
        assert 0 <= held <= sum(start.free_initial) - sum(state.heap)
        before = state.heap


def test_ten_thousand_steps_take_less_than_a_second(boot: Boot) -> None:
    begin = time.process_time()
    assert len(list(lifecycle(boot, [Reboot("g"), Balloon("g", 16 << 10)] * 5000))) == 10_000
    assert time.process_time() - begin < 1
