"""Placement: the color heap matches the memory map, Xen's region contains nothing else, dom0 has all its memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from colorcheck.core.certificate import LeastFrames
from colorcheck.core.diagnostic import Related, Verdict
from colorcheck.core.theorem import Assumption, Theorem, TheoremKind, Trust
from colorcheck.core.units import MIB_PAGES, PAGE
from colorcheck.core.witness import MisplacedFrame
from colorcheck.proof.context import Context
from colorcheck.proof.obligation import Obligation
from colorcheck.proof.script import Named, SmtScript, conjunction, disjunction, total
from colorcheck.xen.booted import Built, Interval
from colorcheck.xen.kinds import DomainKind, FailureKind, MapUse

ALIGNMENT = 2 * MIB_PAGES  # Xen's image moves to a multiple of 2 MiB (get_xen_paddr, Xen 4.20 to 4.22)
MAP = Assumption(
    "memory is cut into the pieces of the boot model's map",
    "boot model of Xen, compared with boots of real Xen",
    Trust.CHECKED,
)


def placement(context: Context) -> Iterator[Theorem]:
    """The theorems on the memory layout; none if the boot ends before or coloring is off."""
    if context.system.panic or not context.system.coloring:
        return
    yield _heap(context)
    yield _xen(context)
    for built in context.boot.built:
        if built.domain.kind is DomainKind.DOM0 and not _other_theorem_says(built):
            yield _dom0(context, built)


def _heap(context: Context) -> Theorem:
    free = context.boot.free_initial
    pieces = [(i.start, i.end) for i in context.boot.memory_map if i.use is MapUse.COLOR_HEAP]
    obligation = Obligation(
        id="memory/heap",
        kind=TheoremKind.CAPACITY,
        statement="The free frames per color are those of the color heap's pieces, each counted once",
        mathematics="∀ c: free(c) = |{f ∈ color heap: f mod n = c}|",
        subjects=("color heap",),
        assumptions=(MAP,),
    )
    if not context.modelled:
        return obligation.settled(Verdict.UNKNOWN, reason=context.not_modelled)
    if not free:
        early = context.boot.panic
        return obligation.settled(Verdict.VACUOUS, reason=early.message if early else "there is no color heap")
    if context.bounded:
        text = f"each color has at least {min(free)} free frames, wherever things are loaded"
        certificate = LeastFrames(tuple(free), context.bounded)
        return replace(obligation, statement=text[0].upper() + text[1:]).settled(
            Verdict.PROVED, certificate=certificate
        )
    counted = [
        Named(f"counted-{color}", f"(= n{color} {total([_count(color, len(free), *piece) for piece in pieces])})")
        for color in range(len(free))
    ]
    apart = conjunction([f"(<= {a[1]} {b[0]})" for a, b in zip(sorted(pieces), sorted(pieces)[1:], strict=False)])
    claim = conjunction([apart, *(f"(= n{color} {free[color]})" for color in range(len(free)))])
    script = SmtScript("QF_NIA", tuple(f"(declare-const n{c} Int)" for c in range(len(free))), tuple(counted), claim)
    text = "the boot model's counts and its map contradict each other: a fault of colorcheck"
    return obligation.decided(script, context.timeout, smt=context.smt, refuted=text)


def _count(color: int, nr_colors: int, start: int, end: int) -> str:
    """The number of frames in a piece with the color: multiples of `nr_colors` in a shifted range."""
    shift = nr_colors - 1 - color
    return f"(- (div {end + shift} {nr_colors}) (div {start + shift} {nr_colors}))"


def _xen(context: Context) -> Theorem:
    region = context.xen_region
    places = (Related(context.system.xen_location, "Xen's colors come from here"),)
    obligation = Obligation(
        id="placement/xen",
        kind=TheoremKind.PLACEMENT,
        statement="Xen's region is aligned to 2 MiB, is within memory, and contains nothing else",
        mathematics="∀ f ∈ region: f ∈ DRAM ∧ f ∉ modules ∪ reserved ∪ heaps",
        subjects=("xen",),
        assumptions=(MAP,),
        places=places,
    )
    if not context.modelled:
        return obligation.settled(Verdict.UNKNOWN, reason=context.not_modelled)
    if region is None:
        panic = context.boot.panic
        text = panic.message if panic else "the boot model found no region for Xen"
        verdict = Verdict.REFUTED if panic and panic.kind is FailureKind.RELOCATION else Verdict.UNKNOWN
        return obligation.settled(verdict, reason=text)
    others = [i for i in context.boot.memory_map if i.use not in {MapUse.XEN, "free"}]
    memory = [(start // PAGE, end // PAGE) for start, end in context.ranges]
    declarations = ("(declare-const start Int)", "(declare-const end Int)", "(declare-const f Int)")
    assumptions = (
        Named("region", f"(and (= start {region[0]}) (= end {region[1]}))", places[0]),
        Named("inside", "(and (<= start f) (< f end))"),
    )
    claim = conjunction(
        [
            f"(= (mod start {ALIGNMENT}) 0)",
            f"(= (mod end {ALIGNMENT}) 0)",
            _in(memory),
            f"(not {_in([(i.start, i.end) for i in others])})",
        ]
    )
    if not context.smt and context.timeout > 0 and region_alone(region, memory, others):
        return obligation.settled(Verdict.PROVED)
    script = SmtScript("QF_LIA", declarations, assumptions, claim, ("f",))

    def witness(values: Mapping[str, int | bool | str]) -> MisplacedFrame:
        frame = int(values["f"])
        return MisplacedFrame(frame, _use(others, frame))

    text = "something else is in Xen's region"
    return obligation.decided(script, context.timeout, smt=context.smt, witness=witness, refuted=text)


def region_alone(region: tuple[int, int], memory: list[tuple[int, int]], others: list[Interval]) -> bool:
    """Whether the claim holds, by comparing ends: the solver would find the same, with the region as its core."""
    start, end = region
    aligned = start % ALIGNMENT == end % ALIGNMENT == 0
    inside = any(low <= start and end <= high for low, high in memory)
    return aligned and start < end and inside and not any(i.start < end and start < i.end for i in others)


def _in(ranges: list[tuple[int, int]]) -> str:
    return disjunction([f"(and (<= {start} f) (< f {end}))" for start, end in ranges])


def _use(intervals: list[Interval], frame: int) -> str:
    return next((i.use for i in intervals if i.start <= frame < i.end), "no memory")


def _other_theorem_says(built: Built) -> bool:
    """Whether dom0 fails because of its colors or missing frames, which does not concern its layout."""
    domain = built.domain
    if built.created:
        return False
    return domain.failure is not None or sum(built.free_before[c] for c in set(domain.colors)) < domain.needed_pages


def _dom0(context: Context, built: Built) -> Theorem:
    domain = built.domain
    place = Related(domain.memory_location, f"dom0 is to have {domain.pages} frames")
    obligation = Obligation(
        id="placement/dom0",
        kind=TheoremKind.PLACEMENT,
        statement="dom0's banks of guest memory do not overlap and hold all its memory",
        mathematics="Σ |bank| = memory of dom0, banks disjoint",
        subjects=(domain.name,),
        assumptions=(
            Assumption("Xen lays out dom0's banks as the boot model does", "measured on boots", Trust.DOCUMENTED),
        ),
        places=(place,),
    )
    if not context.modelled:
        return obligation.settled(Verdict.UNKNOWN, reason=context.not_modelled)
    banks = sorted(built.banks)
    if context.bounded and built.created:
        return obligation.settled(Verdict.PROVED, certificate=LeastFrames(how=context.bounded))
    if not banks:
        text = built.failure.message if built.failure else "the boot model gives no banks"
        return obligation.settled(Verdict.VACUOUS if built.failure else Verdict.UNKNOWN, reason=text)
    declarations = tuple(f"(declare-const {name}{n} Int)" for n in range(len(banks)) for name in ("s", "e"))
    laid = [Named(f"bank-{n}", f"(and (= s{n} {start}) (= e{n} {end}))") for n, (start, end) in enumerate(banks)]
    sizes = total([f"(- e{n} s{n})" for n in range(len(banks))])
    ordered = [f"(<= e{n} s{n + 1})" for n in range(len(banks) - 1)]
    claim = conjunction(
        [f"(= {sizes} (* {PAGE} {domain.pages}))", *ordered, *(f"(< s{n} e{n})" for n in range(len(banks)))]
    )
    return obligation.decided(
        SmtScript("QF_LIA", declarations, tuple(laid), claim),
        context.timeout,
        smt=context.smt,
        refuted="the banks do not hold dom0's memory",
    )
