"""What no version of Xen can do: more memory from some colors than the whole board has in them."""

from __future__ import annotations

from random import Random

import pytest
from msgspec.structs import replace

from colorcheck.core.diagnostic import Verdict
from colorcheck.core.units import MIB, PAGE
from colorcheck.core.witness import MissingFrames
from colorcheck.proof.counting import check_counting
from colorcheck.proof.room import _frames, without_room
from colorcheck.xen.kinds import Failure, FailureKind
from colorcheck.xen.system import Domain, System
from tests.xen.small import KERNEL, deployment, reserved, system

ARGUMENTS = "llc-coloring=on llc-size=1M llc-nr-ways=16 xen-llc-colors=0 dom0-llc-colors={} dom0_mem={}M"
BOARD = 2048  # MiB


def booted(colors: str, mib: int, **more: object) -> System:
    return system(deployment(ARGUMENTS.format(colors, mib), KERNEL, **more))  # type: ignore[arg-type]


def dom0(of: System) -> Domain:
    return next(domain for domain in of.domains if domain.id == 0)


def test_more_than_the_board_has_in_these_colors_is_refuted() -> None:
    (theorem,) = without_room(booted("1-7", BOARD // 16 * 7 + 2))
    assert (theorem.id, theorem.verdict) == ("memory/dom0", Verdict.REFUTED)
    assert theorem.witness == MissingFrames("dom0", (BOARD // 16 * 7 + 2) * 256, BOARD // 16 * 7 * 256)
    assert set(theorem.witness.to_dict()) == {"domain", "needed_pages", "available_pages"}
    assert check_counting(theorem.certificate)
    assert "in any version of Xen" in theorem.statement
    assert [place.location.file.endswith("system.dts") for place in theorem.core] == [True, True]


@pytest.mark.parametrize("memory", [64, BOARD // 16 * 7])
def test_what_may_fit_is_not_spoken_of(memory: int) -> None:
    assert list(without_room(booted("1-7", memory))) == []


def test_a_color_twice_counts_once() -> None:
    of = booted("1-7", BOARD // 16 * 7 + 2)
    twice = replace(of, domains=(replace(dom0(of), colors=(*dom0(of).colors, *dom0(of).colors)),))
    assert [theorem.verdict for theorem in without_room(twice)] == [Verdict.REFUTED]


def test_nothing_is_said_where_nothing_is_known() -> None:
    of = booted("1-7", 1900)
    one = dom0(of)
    refused = replace(one, failure=Failure(FailureKind.OTHER, "refused"))
    for changed in (
        replace(of, coloring=False),
        replace(of, nr_colors=None),
        replace(of, preparation=None),
        replace(of, panic=Failure(FailureKind.OTHER, "Xen stops")),
        replace(of, domains=(refused,)),
        replace(of, domains=(replace(one, colors=()),)),
        replace(of, domains=(replace(one, colors=(16,)),)),
        booted("1-7", 1900, memory=""),
    ):
        assert list(without_room(changed)) == []


def test_reserved_memory_and_modules_do_not_count_against_it() -> None:
    """The bound is on the whole board: whatever a fork does with the rest, it has no more."""
    held = reserved((0x60000000, 0x10000000))
    assert list(without_room(booted("1-7", BOARD // 16 * 7, root=held))) == []


def test_frames_of_each_color_are_those_that_are_counted_one_by_one() -> None:
    random = Random(3)
    for _ in range(200):
        nr_colors = random.choice((1, 2, 16, 64))
        start = random.randrange(0, MIB)
        spans = ((start, start + random.randrange(0, MIB)), (8 * MIB + random.randrange(PAGE), 9 * MIB))
        counted = [0] * nr_colors
        for low, high in spans:
            for frame in range(-(-low // PAGE), high // PAGE):
                counted[frame % nr_colors] += 1
        assert list(_frames(spans, nr_colors)) == counted
