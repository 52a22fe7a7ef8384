"""Set separation: frames of different colors never meet in a set of a shared cache, whatever their addresses."""

from __future__ import annotations

from collections.abc import Mapping

from colorcheck.core.diagnostic import Related, Verdict
from colorcheck.core.theorem import Assumption, Theorem, TheoremKind, Trust
from colorcheck.core.units import PAGE
from colorcheck.core.witness import FramesThatMeet
from colorcheck.hardware.board import Cache
from colorcheck.hardware.index import IndexFunction, UnknownIndex
from colorcheck.proof.context import Context, SharedCache
from colorcheck.proof.index import color_of, inside, same_set
from colorcheck.proof.obligation import Obligation
from colorcheck.proof.script import Named, SmtScript

COLOR = Assumption(
    "Xen's color of a frame is its machine frame number modulo the number of colors",
    "mfn_to_color, Xen 4.20 to 4.22; measured on boots",
    Trust.DOCUMENTED,
)


def set_separation(context: Context) -> dict[str, Theorem]:
    """A theorem for each shared cache, by the cache's ID. Without a board there is nothing to prove."""
    nr_colors = context.system.nr_colors
    if nr_colors is None or nr_colors < 2:
        return {}
    if context.board is None:
        return {"unknown": _without_board()}
    return {shared.id: _one(context, shared, nr_colors) for shared in context.caches}


def declared_geometry(context: Context) -> Theorem | None:
    """The theorem that the colors that Xen uses are colors of the cache: two of them share no set."""
    nr_colors = context.system.nr_colors
    if nr_colors is None or nr_colors < 2 or not context.caches:
        return None
    shared = context.caches[0]
    obligation = Obligation(
        id="geometry/declared",
        kind=TheoremKind.SET_SEPARATION,
        statement=f"The {nr_colors} colors that Xen uses are colors of the {shared.label}",
        mathematics=_formula(nr_colors),
        subjects=(shared.label,),
        assumptions=(COLOR, shared.assumption),
        places=(Related(context.system.coloring_location, f"{nr_colors} colors come from here"),),
    )
    return _decided(context, shared, nr_colors, obligation)


def _one(context: Context, shared: SharedCache, nr_colors: int) -> Theorem:
    modulus = shared.frames_apart(nr_colors)
    modulus = modulus if modulus > 1 else nr_colors
    folded = "" if modulus == nr_colors else f" modulo {modulus}"
    obligation = Obligation(
        id=f"sets/{shared.id}",
        kind=TheoremKind.SET_SEPARATION,
        statement=f"Frames whose colors differ{folded} never meet in a set of the {shared.label}",
        mathematics=_formula(modulus),
        subjects=(shared.label,),
        assumptions=(COLOR, shared.assumption),
        places=(Related(context.system.coloring_location, f"{nr_colors} colors come from here"),),
    )
    return _decided(context, shared, modulus, obligation)


def _formula(modulus: int) -> str:
    return f"∀ a, b ∈ DRAM: ⌊a/{PAGE}⌋ mod {modulus} ≠ ⌊b/{PAGE}⌋ mod {modulus} ⇒ set(a) ≠ set(b)"


def _decided(context: Context, shared: SharedCache, modulus: int, obligation: Obligation) -> Theorem:
    reason = unknown_index(shared)
    if reason:
        return obligation.settled(Verdict.UNKNOWN, reason=reason)
    if modulus & (modulus - 1):
        return obligation.settled(Verdict.UNKNOWN, reason=f"{modulus} colors are not a power of two")
    cache = shared.cache
    if cache is None:  # reported by unknown_index
        return obligation.settled(Verdict.UNKNOWN, reason="the cache is unknown")
    script = _script(context, cache.index, modulus)

    def witness(values: Mapping[str, int | bool | str]) -> FramesThatMeet:
        return addresses_witness(
            shared.label, cache, int(values["a"]), int(values["b"]), context.system.nr_colors or modulus
        )

    text = f"the {shared.label} puts frames of different colors into one set"
    return obligation.decided(script, context.timeout, smt=context.smt, witness=witness, refuted=text)


def unknown_index(shared: SharedCache) -> str:
    """Why nothing can be said about the cache's sets; empty if something can."""
    if shared.cache is None:
        return f"the board does not describe the {shared.label}"
    index = shared.cache.index
    if isinstance(index, UnknownIndex):
        return f"how the {shared.label} is indexed is unknown: {index.reason}"
    way_size = shared.cache.way_size
    own = index.line * index.sets if hasattr(index, "sets") else None
    if way_size is not None and own is not None and own != way_size:
        return f"the board contradicts itself: the {shared.label} has a way of {way_size} bytes and an index of {own}"
    return ""


def addresses_witness(label: str, cache: Cache, first: int, second: int, nr_colors: int) -> FramesThatMeet:
    """Two addresses that meet, as a witness for people and for the replay."""
    chosen = None if isinstance(cache.index, UnknownIndex) else cache.index.set_of(first)
    pages = (first // PAGE, second // PAGE)
    colors = (pages[0] % nr_colors, pages[1] % nr_colors)
    return FramesThatMeet(label, (first, second), pages, colors, chosen)


def _script(context: Context, index: IndexFunction, modulus: int) -> SmtScript:
    width = context.width
    bits = f"(_ BitVec {width})"
    differ = f"(not (= {color_of('a', modulus)} {color_of('b', modulus)}))"
    return SmtScript(
        logic="QF_BV",
        declarations=(f"(declare-const a {bits})", f"(declare-const b {bits})"),
        assumptions=(
            Named("a-in-dram", inside("a", context.ranges, width)),
            Named("b-in-dram", inside("b", context.ranges, width)),
            Named("colors-differ", differ),
        ),
        claim=f"(not {same_set(index, 'a', 'b', width)})",
        values=("a", "b"),
    )


def _without_board() -> Theorem:
    obligation = Obligation(
        id="sets/unknown",
        kind=TheoremKind.SET_SEPARATION,
        statement="Frames of different colors never meet in a set of the last-level cache",
        mathematics="∀ a, b ∈ DRAM: color(a) ≠ color(b) ⇒ set(a) ≠ set(b)",
        subjects=("last-level cache",),
        assumptions=(COLOR,),
    )
    return obligation.settled(Verdict.UNKNOWN, reason="no board is known, so its caches are not")
