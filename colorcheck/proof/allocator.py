"""The allocator's invariant, by induction over all operations that move frames.

The state is symbolic: any number of domains, frames and colors; the owner of each frame, the list that holds it and the
colors of each domain are uninterpreted relations. Each step is a relation between the states before and after it. The
proof shows that each step preserves the invariant and that no list gains a frame: frames that a domain gives back go to
the uncolored heap for good, so isolation is preserved but capacity is not. `boot` is the base case of the induction.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from colorcheck.core.diagnostic import Verdict
from colorcheck.core.theorem import Assumption, Theorem, TheoremKind, Trust
from colorcheck.proof.context import Context
from colorcheck.proof.obligation import Obligation
from colorcheck.proof.script import Named, SmtScript, conjunction

SORTS = (
    "(declare-sort Dom 0)",
    "(declare-sort Frame 0)",
    "(declare-sort Color 0)",
    "(declare-fun color (Frame) Color)",  # the color of a frame never changes
)
STATE = tuple(
    declaration
    for when in ("", "2")
    for declaration in (
        f"(declare-fun owns{when} (Dom Frame) Bool)",
        f"(declare-fun listed{when} (Color Frame) Bool)",
        f"(declare-fun has{when} (Dom Color) Bool)",
        f"(declare-fun gone{when} (Frame) Bool)",  # in the uncolored heap
    )
)
CONSTANTS = ("(declare-const d Dom)", "(declare-const f Frame)", "(declare-const c Color)")

INVARIANT = {
    "a frame owned by a domain has one of its colors": (
        "(forall ((x Dom) (y Frame)) (=> (owns{0} x y) (has{0} x (color y))))"
    ),
    "no frame has two owners": ("(forall ((x Dom) (z Dom) (y Frame)) (=> (and (owns{0} x y) (owns{0} z y)) (= x z)))"),
    "a free frame is on the list of its color": ("(forall ((k Color) (y Frame)) (=> (listed{0} k y) (= k (color y))))"),
    "a free frame has no owner": ("(forall ((x Dom) (k Color) (y Frame)) (not (and (owns{0} x y) (listed{0} k y))))"),
    "a frame of the uncolored heap has no owner and is on no list": (
        "(forall ((x Dom) (k Color) (y Frame)) (=> (gone{0} y) (not (or (owns{0} x y) (listed{0} k y)))))"
    ),
}

KEEP_OWNERS = "(forall ((x Dom) (y Frame)) (= (owns2 x y) (owns x y)))"
KEEP_LISTS = "(forall ((k Color) (y Frame)) (= (listed2 k y) (listed k y)))"
KEEP_GONE = "(forall ((y Frame)) (= (gone2 y) (gone y)))"
KEEP_COLORS = "(forall ((x Dom) (k Color)) (= (has2 x k) (has x k)))"
TAKE = (
    "(has d c)",
    "(listed c f)",
    "(forall ((k Color) (y Frame)) (= (listed2 k y) (and (listed k y) (not (and (= k c) (= y f))))))",
    "(forall ((x Dom) (y Frame)) (= (owns2 x y) (or (owns x y) (and (= x d) (= y f)))))",
    KEEP_COLORS,
    KEEP_GONE,
)
GIVE_BACK = (
    "(owns d f)",
    KEEP_LISTS,
    "(forall ((x Dom) (y Frame)) (= (owns2 x y) (and (owns x y) (not (and (= x d) (= y f))))))",
    "(forall ((y Frame)) (= (gone2 y) (or (gone y) (= y f))))",
    KEEP_COLORS,
)
NO_GAIN = (
    "(forall ((k Color) (y Frame)) (=> (listed2 k y) (listed k y)))",
    "(forall ((y Frame)) (=> (gone y) (gone2 y)))",
)


class AllocatorStep(Struct, frozen=True):
    """An operation of Xen on frames: `terms` relate the state before to the state after."""

    name: str
    words: str
    terms: tuple[str, ...]
    source: str


_FREED = "mark_page_free, free_heap_pages, Xen 4.20 to 4.22; measured on 4.20.4, 4.21.2 and 4.22.0"
STEPS = (
    AllocatorStep(
        "create",
        "a new domain gets its colors before it owns any frame",
        (
            "(forall ((y Frame)) (not (owns d y)))",
            "(forall ((x Dom) (k Color)) (=> (not (= x d)) (= (has2 x k) (has x k))))",
            KEEP_OWNERS,
            KEEP_LISTS,
            KEEP_GONE,
        ),
        "domain_set_llc_colors and its relatives refuse a second list; Xen 4.20 to 4.22",
    ),
    AllocatorStep(
        "populate",
        "a domain that is built or balloons up takes the head of the list of one of its colors",
        TAKE,
        "alloc_color_heap_page, Xen 4.20 to 4.22",
    ),
    AllocatorStep(
        "p2m",
        "a P2M pool or a table of dom0 takes a frame in the same way, from the colors of the domain that it serves",
        TAKE,
        "p2m_alloc_page, p2m_set_allocation, Xen 4.20 to 4.22",
    ),
    AllocatorStep(
        "balloon-down",
        "a domain gives a frame back, which leaves the colors for good: it goes to the uncolored heap",
        GIVE_BACK,
        _FREED,
    ),
    AllocatorStep(
        "destroy",
        "a domain ends, or its creation fails: all its frames leave the colors for good",
        (
            KEEP_LISTS,
            "(forall ((x Dom) (y Frame)) (= (owns2 x y) (and (owns x y) (not (= x d)))))",
            "(forall ((y Frame)) (= (gone2 y) (or (gone y) (owns d y))))",
            KEEP_COLORS,
        ),
        _FREED,
    ),
)
BOOT = AllocatorStep(
    "boot",
    "when the color heap is filled, no domain owns a frame and every frame goes to the list of its color or to the "
    "uncolored heap",
    (
        "(forall ((x Dom) (y Frame)) (not (owns2 x y)))",
        "(forall ((k Color) (y Frame)) (=> (listed2 k y) (and (= k (color y)) (not (gone2 y)))))",
    ),
    "init_color_heap_pages, Xen 4.20 to 4.22",
)


def allocator(context: Context) -> Iterator[Theorem]:
    """Theorems for the base and the steps of the induction; none if coloring is off."""
    if not context.system.coloring:
        return
    for step in (BOOT, *STEPS):
        yield _theorem(context, step, base=step is BOOT)


def _theorem(context: Context, step: AllocatorStep, *, base: bool) -> Theorem:
    start = "Holds at the start" if base else "Survives"
    obligation = Obligation(
        id=f"allocator/{step.name}",
        kind=TheoremKind.ALLOCATOR_INVARIANT,
        statement=f"{start}: frames have their owner's colors, at most one owner, and "
        f"are free only on the list of their color{'' if base else ', and no list gains a frame'}; {step.words}",
        mathematics="I(σ₀)" if base else f"I(σ) ∧ {step.name}(σ, σ′) ⇒ I(σ′) ∧ free(σ′) ⊆ free(σ)",
        subjects=("color heap",),
        assumptions=(Assumption(step.words, step.source, Trust.DOCUMENTED),),
    )
    if not context.modelled:
        return obligation.settled(Verdict.UNKNOWN, reason=context.not_modelled)
    return obligation.decided(invariant_script(step, base=base), context.timeout, smt=context.smt)


def invariant_script(step: AllocatorStep, *, base: bool = False) -> SmtScript:
    """The claim that the step preserves the invariant; the base has no state before."""
    before = (
        []
        if base
        else [Named(f"invariant-{number}", text.format("")) for number, text in enumerate(INVARIANT.values())]
    )
    moves = [Named(f"step-{number}", term) for number, term in enumerate(step.terms)]
    kept = () if base else NO_GAIN
    after = conjunction([*(text.format("2") for text in INVARIANT.values()), *kept])
    return SmtScript("UF", (*SORTS, *STATE, *CONSTANTS), (*before, *moves), after)
