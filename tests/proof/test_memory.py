"""Memory: the theorems against an allocator that gives out frame after frame, on every small system."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from colorcheck.core.certificate import Hall, Orders, Taken, Taking
from colorcheck.core.diagnostic import Verdict
from colorcheck.core.theorem import Theorem
from colorcheck.core.witness import MissingFrames
from colorcheck.inputs.manifest.manifest import PlanPolicy
from colorcheck.proof.context import Context
from colorcheck.proof.counting import check_counting, hall_set, taking_certificate
from colorcheck.proof.leveling import level
from colorcheck.proof.memory import memory
from colorcheck.proof.orders import Needs, order_without_room, orders_certificate
from colorcheck.xen.booted import Boot
from colorcheck.xen.kinds import DomainKind, Failure, FailureKind
from tests.proof.systems import booted, domain, level_boot, system, theorems, verdicts

Wanted = Sequence[tuple[int, Sequence[int]]]


def frame_by_frame(free: Sequence[int], pages: int, colors: Sequence[int]) -> list[int] | None:
    """What the allocator does: each frame from the first of the fullest colors in the list; None if they run out."""
    left = list(free)
    for _ in range(pages):
        fullest = max(colors, key=lambda color: left[color], default=None)
        if fullest is None or left[fullest] == 0:
            return None
        left[fullest] -= 1
    return left


def created(free: Sequence[int], wanted: Wanted) -> list[bool]:
    """Who can be created, one after the other; who cannot has taken all that its colors had, and loses it."""
    found, state = [], list(free)
    for pages, colors in wanted:
        left = frame_by_frame(state, pages, colors)
        found.append(left is not None)
        state = drained(state, colors) if left is None else left
    return found


def drained(free: Sequence[int], colors: Sequence[int]) -> list[int]:
    return [0 if color in colors else count for color, count in enumerate(free)]


frees = st.lists(st.integers(0, 6), min_size=4, max_size=4)
lists = st.lists(st.integers(0, 3), min_size=1, max_size=5)


@settings(max_examples=300, deadline=None)
@given(frees, st.integers(0, 24), lists)
def test_leveling_is_what_single_frames_make(free: list[int], pages: int, colors: list[int]) -> None:
    expected = frame_by_frame(free, pages, colors)
    assert level(free, colors, pages) == (None if expected is None else tuple(expected))


def small_systems(count: int, seed: int) -> list[tuple[list[int], list[tuple[int, tuple[int, ...]]]]]:
    """Systems of up to 4 domains, 4 colors and 24 frames; half of them close to what just fits."""
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        free = [rng.randint(0, 6) for _ in range(4)]
        wanted = []
        for _ in range(rng.randint(1, 4)):
            colors = tuple(rng.sample(range(4), rng.randint(1, 4)))
            held = sum(free[c] for c in colors)
            wanted.append((max(1, held // 2 + rng.randint(-2, 2)) if rng.random() < 0.6 else rng.randint(1, 8), colors))
        found.append((free, wanted))
    return found


def memory_theorems(free: Sequence[int], wanted: Wanted, order: str = "as-listed") -> dict[str, Theorem]:
    of = system(4, [domain(n, colors, pages) for n, (pages, colors) in enumerate(wanted, 1)])
    boot = Boot(of, None, (0, 0), tuple(free), (), 0, 0, (), ())
    return {theorem.id: theorem for theorem in memory(Context(of, boot, None, PlanPolicy(order), 20.0))}


def pairs_of_domains() -> Iterator[tuple[list[int], list[tuple[int, tuple[int, ...]]]]]:
    """Every way in which two domains can share four colors, with needs that just fit and just do not.

    Colors that are alike for both domains count once: what matters is how much lies in the first's alone, in both
    and in the second's alone; the common part has one or two colors, listed in either order.
    """
    for alone, other, common in product((0, 4), (0, 1), ((5,), (2, 3), (3, 2), (4, 4))):
        free = [alone, other, *common, *[0] * (2 - len(common))]
        both = tuple(range(2, 2 + len(common)))
        for mine, theirs in product(([0, *both], [*both, 0], list(both)), ([1, *both], list(both), [1])):
            held = sum(free[c] for c in mine)
            for first in {held // 2, held - 1, held, held + 1}:
                left = frame_by_frame(free, first, mine) or drained(free, mine)
                rest = sum(left[c] for c in theirs)
                for second in {rest, rest + 1}:
                    if first > 0 and second > 0:
                        yield free, [(first, tuple(mine)), (second, tuple(theirs))]


def test_memory_agrees_with_single_frames_for_all_pairs() -> None:
    tried = set()
    for free, wanted in pairs_of_domains():
        if (key := (tuple(free), tuple(wanted))) in tried:
            continue
        tried.add(key)
        theorem = memory_theorems(free, wanted)["memory/d2"]
        assert str(theorem.verdict) == ("proved" if created(free, wanted)[1] else "refuted"), (free, wanted)
    assert len(tried) > 500


@pytest.mark.parametrize("seed", range(4))
def test_memory_agrees_with_single_frames_in_listed_order(seed: int) -> None:
    for free, wanted in small_systems(40, seed):
        found = memory_theorems(free, wanted)
        expected = created(free, wanted)
        for number, fits in enumerate(expected, 1):
            assert str(found[f"memory/d{number}"].verdict) == ("proved" if fits else "refuted"), (free, wanted)


@pytest.mark.parametrize("seed", range(4, 8))
def test_memory_agrees_with_single_frames_in_every_order(seed: int) -> None:
    for free, wanted in small_systems(25, seed):
        found = memory_theorems(free, wanted, "any")
        for number in range(len(wanted)):
            always = all(_fits_in(order, number, free, wanted) for order in permutations(range(len(wanted))))
            theorem = found[f"memory-any-order/d{number + 1}"]
            assert str(theorem.verdict) == ("proved" if always else "refuted"), (free, wanted, number)
            if not always:
                assert check_counting(theorem.certificate)


def _fits_in(order: Sequence[int], number: int, free: Sequence[int], wanted: Wanted) -> bool:
    """Whether a domain finds room in this order; what those before it take in vain is lost."""
    state = list(free)
    for each in order:
        left = frame_by_frame(state, *wanted[each])
        if each == number:
            return left is not None
        state = drained(state, wanted[each][1]) if left is None else left
    return True


def test_a_panic_of_xen_leaves_the_rest_vacuous() -> None:
    dom0 = domain(0, [1], 11, kind=DomainKind.DOM0)
    of = system(4, [dom0, domain(1, [2], 5)])
    found = verdicts(of, level_boot(of, 10), None)
    assert found["memory/dom0"] == "refuted"
    assert found["memory/d1"] == "vacuous"
    refused = replace(domain(1, [9], 5), failure=Failure(FailureKind.DOMAIN_COLORS, "no such color"))
    assert verdicts(system(4, [domain(1, [9], 5)]), level_boot(of, 10), None)["memory/d1"] == "vacuous"
    of = system(4, [refused])
    assert verdicts(of, level_boot(of, 10), None)["memory/d1"] == "vacuous"


def test_a_refutation_counts_and_points_at_the_lines() -> None:
    of = system(4, [domain(1, [1, 2], 15), domain(2, [1, 2], 8)])
    theorem = theorems(of, level_boot(of, 10), None)["memory/d2"]
    assert isinstance(theorem.witness, MissingFrames)
    assert theorem.witness.missing_pages == 3
    assert isinstance(theorem.certificate, Hall)
    assert set(theorem.certificate.domains) == {"d1", "d2"}
    assert check_counting(theorem.certificate)
    lines = {related.location.line for related in theorem.core}
    assert {12, 101, 102} <= lines


def test_xens_own_choice_can_fail_where_a_better_one_would_not() -> None:
    """The first guest takes from the color that the second one needs: no Hall set, but the frames go like this."""
    of = system(4, [domain(1, [1, 2], 4), domain(2, [1], 4)])
    theorem = theorems(of, booted(of, [0, 5, 3, 0]), None)["memory/d2"]
    assert str(theorem.verdict) == "refuted"
    assert isinstance(theorem.certificate, Taking)
    assert check_counting(theorem.certificate)


@settings(max_examples=150, deadline=None)
@given(frees, st.lists(st.tuples(st.integers(1, 12), lists), min_size=1, max_size=4))
def test_certificates_show_what_they_claim(free: list[int], wanted: list[tuple[int, list[int]]]) -> None:
    needs = {f"d{number}": each for number, each in enumerate(wanted)}
    taking = taking_certificate(needs, tuple(free))
    assert (taking is None) == created(free, wanted)[-1]
    assert taking is None or check_counting(taking)
    hall = hall_set(needs, free)
    if all(created(free, wanted)):
        assert hall is None
    assert hall is None or check_counting(hall)


def test_a_forged_certificate_is_refused() -> None:
    honest = taking_certificate({"a": (4, [0, 1]), "b": (4, [0])}, (5, 3, 0, 0))
    assert honest is not None
    assert check_counting(honest)
    assert check_counting(honest.to_dict())
    assert not check_counting(replace(honest, free_by_color=(9, 3, 0, 0)))
    first, *rest = honest.steps
    assert not check_counting(replace(honest, steps=(replace(first, left=(1, 3, 0, 0)), *rest)))
    assert not check_counting(replace(honest, steps=(Taken("a", 4, (0, 1)), *rest)))
    assert not check_counting(
        {"kind": "hall", "domains": {"a": {"pages": 3, "colors": [0]}}, "free_by_color": {"0": 5}}
    )
    assert not check_counting(
        {"kind": "hall", "domains": {"a": {"pages": 9, "colors": [0, 1]}}, "free_by_color": {"0": 5}}
    )
    assert not check_counting("nothing")
    assert not check_counting({"kind": "taking"})
    assert not check_counting({**honest.to_dict(), "kind": "no such"})
    assert not check_counting({**honest.to_dict(), "free_by_color": [5, 3, 0, -1]})


def test_the_search_for_an_order_stops_in_time() -> None:
    needs = {f"d{n}": (1, [0, 1]) for n in range(12)}
    search = order_without_room("d0", needs, (20, 20), timeout=0.0)
    assert search.order is None
    assert not search.complete


def searched(free: Sequence[int], wanted: Wanted) -> tuple[Needs, Orders | None]:
    needs = {f"d{number}": each for number, each in enumerate(wanted)}
    search = order_without_room("d0", needs, tuple(free), timeout=20)
    return needs, orders_certificate("d0", needs, search)


@pytest.mark.parametrize("seed", range(20, 23))
def test_all_orders_have_a_certificate_exactly_where_all_leave_room(seed: int) -> None:
    shown = 0
    for free, wanted in small_systems(40, seed):
        always = all(_fits_in(order, 0, free, wanted) for order in permutations(range(len(wanted))))
        _, certificate = searched(free, wanted)
        assert (certificate is not None) == always
        assert not always or check_counting(certificate, Verdict.PROVED)
        assert not check_counting(certificate, Verdict.REFUTED)
        shown += always
    assert shown


def test_a_certificate_that_hides_an_order_is_refused() -> None:
    _, honest = searched((9, 8, 7, 0), [(5, (0, 1)), (4, (1, 2)), (6, (0, 2))])
    assert honest is not None
    assert check_counting(honest)
    states = honest.states
    assert len(states) == 5
    for number, state in enumerate(states):
        for spoiled in (
            (*states[:number], *states[number + 1 :]),
            (*states[:number], replace(state, free=tuple(free + 1 for free in state.free)), *states[number + 1 :]),
            (*states[:number], replace(state, created=("d1", "d2")), *states[number + 1 :]),
        ):
            if spoiled[number : number + 1] != (state,) and len(state.created) < 2:
                assert not check_counting(replace(honest, states=spoiled))
    domains = honest.domains
    assert not check_counting(replace(honest, domains={**domains, "d0": replace(domains["d0"], pages=99)}))
    assert not check_counting(replace(honest, domains={**domains, "d1": replace(domains["d1"], pages=5)}))
    assert not check_counting(replace(honest, states=()))
