"""Replay: owners, witnesses, steps, and what happens to guests after boot."""

from __future__ import annotations

import pytest

from colorcheck.hardware.index import Linear, UnknownIndex, XorHashed
from colorcheck.replay.steps import number_of, steps
from colorcheck.xen.booted import Boot
from tests.replay.meetings import meeting, shared_frames
from tests.replay.owners import owner_of
from tests.xen.small import KERNEL, booted, deployment, domain

L2 = Linear(64, 1024)


@pytest.fixture(scope="module")
def boot() -> Boot:
    chosen = KERNEL + domain("a", 'llc-colors = "3-5";') + domain("b", 'llc-colors = "5-6";')
    guests = ('name = "g"\nmemory = 32\nllc_colors = ["7-8"]\n',)
    arguments = "llc-coloring=on dom0_mem=128M xen-llc-colors=0-1 dom0-llc-colors=1-2"
    return booted(deployment(arguments, chosen, guests=guests))


def test_every_frame_has_one_owner(boot: Boot) -> None:
    frames = [mfn for built in boot.built for mfn in built.frames.mfns()]
    assert len(frames) == len(set(frames)) == sum(boot.free_initial) - sum(boot.free_final)
    for built in boot.built:
        for mfn in list(built.frames.mfns())[::997]:
            assert str(owner_of(boot, mfn)) == built.domain.name
    assert owner_of(boot, 0x49000).kind == "module"
    assert owner_of(boot, 0x40000).kind == "buddy"
    assert owner_of(boot, 0x1).kind == "outside"
    assert boot.xen_region is not None
    first = boot.xen_region[0] // 4096
    assert [owner_of(boot, first + color).kind for color in range(3)] == ["xen", "xen", "gap"]
    free = next(part for part in boot.memory_map if part.use == "color-heap")
    assert owner_of(boot, free.start).kind == "color-heap"


def test_frames_carry_the_colors_of_their_domain(boot: Boot) -> None:
    for built in boot.built:
        assert {mfn % 16 for mfn in built.frames.mfns()} == set(built.domain.colors)


@pytest.mark.parametrize(
    ("first", "second", "colors"), [("a", "b", [5]), ("xen", "dom0", [1]), ("a", "g", []), ("xen", "a", [])]
)
def test_shared_colors_are_shown_in_frames(boot: Boot, first: str, second: str, colors: list[int]) -> None:
    found = list(shared_frames(boot, first, second))
    assert [color for color, _, _ in found] == colors
    for color, one, other in found:
        assert one % 16 == other % 16 == color
        assert [str(owner_of(boot, mfn)) for mfn in (one, other)] == [first, second]


def test_a_meeting_is_two_lines_in_one_set(boot: Boot) -> None:
    found = meeting(boot, "a", "b", L2)
    assert found is not None
    assert {L2.set_of(found.first.address), L2.set_of(found.second.address)} == {found.set}
    assert (found.first.owner, found.second.owner) == ("a", "b")
    assert owner_of(boot, found.first.mfn).name == "a"
    assert owner_of(boot, found.second.address // 4096).name == "b"
    assert meeting(boot, "a", "g", L2) is None


def test_other_colors_meet_in_a_cache_that_is_not_the_options(boot: Boot) -> None:
    """With half the sets, colors that differ by 8 are one; a hash of high bits mixes all of them."""
    half = meeting(boot, "xen", "g", Linear(64, 512))
    assert half is not None
    assert abs(half.first.color - half.second.color) == 8
    hashed = XorHashed(64, tuple(1 << bit | 1 << (bit + 6) for bit in range(6, 16)))
    mixed = meeting(boot, "a", "g", hashed)
    assert mixed is not None
    assert hashed.set_of(mixed.first.address) == hashed.set_of(mixed.second.address)
    assert meeting(boot, "a", "b", UnknownIndex("nobody knows")) is None


def test_steps(boot: Boot) -> None:
    names = [step.name for step in steps(boot)]
    assert names == ["place-xen", "boot-regions", "boot-allocations", "heaps", "dom0", "a", "b", "g"]
    assert steps(boot)[3].free == boot.free_initial
    assert steps(boot)[-1].free == boot.free_final
    assert number_of(steps(boot), "heaps") == number_of(steps(boot), "4") == 4
    assert number_of(steps(boot), "nobody") is None
    free = {built.domain.name: built.free_before for built in boot.built}
    assert free["dom0"] == boot.free_initial
    assert free["b"] == steps(boot)[5].free
