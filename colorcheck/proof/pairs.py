"""Separation of each pair: no line of the one can evict a line of the other from a cache that both use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Related, Verdict
from colorcheck.core.theorem import Assumption, Theorem, TheoremKind, Trust
from colorcheck.core.units import PAGE
from colorcheck.core.witness import FoldedColors, FramesThatMeet, MemoryByAddress, PairWitness
from colorcheck.loader.facts import Fact, OpenFact, Origin
from colorcheck.proof.context import XEN, Context, Party, SharedCache
from colorcheck.proof.index import frame_of, has_color, inside, same_set
from colorcheck.proof.obligation import Obligation
from colorcheck.proof.script import Named, SmtScript, conjunction, disjunction, together, vector
from colorcheck.proof.sets import COLOR, addresses_witness, unknown_index
from colorcheck.proof.solver import decide
from colorcheck.proof.witness import meeting_frames
from colorcheck.xen.facts.keys import IMAGE_SIZE, MAPPED, MEMORY
from colorcheck.xen.kinds import Note
from colorcheck.xen.machine.intervals import merged, without
from colorcheck.xen.notes.domains import PartialTreeUnread, PassthroughMemory
from colorcheck.xen.notes.sentences import memory_given, tree_unread
from colorcheck.xen.release.release import Release

INVARIANT = Assumption(
    "every frame of a domain has one of the domain's colors, and no frame has two owners",
    "theorems allocator/*",
    Trust.CHECKED,
)
IMAGE = Assumption(
    "Xen's text, data and static page tables are in frames of Xen's colors; "
    "its heap, stacks of other CPUs and dynamic page tables are in the uncolored buddy heap and are not covered",
    "xen_colored_mfn, Xen 4.20 to 4.22",
    Trust.DOCUMENTED,
)
OUTSIDE = Assumption(
    "only memory that domains get from their colors is meant: static shared memory, memory given by address (iomem), "
    "reserved memory that dom0 maps, and grants of others have frames of any color; the residue lists them",
    "what stays shared, in the same report",
    Trust.TRUSTED,
)


def built(release: Release) -> Assumption:
    """The assumption that the release is what runs, and how it was built."""
    text = f"{release.title}, for which {release.stands_for} stands," if release.stands_for else release.title
    return Assumption(
        f"the Xen that runs is {text} without patches to its allocators, and built with CONFIG_LLC_COLORING and the "
        "limits of the given .config, or with the default ones if none is given",
        "target.xen, target.kconfig",
        Trust.TRUSTED,
    )


PINNED = Assumption(
    "the vCPUs stay on the CPUs that they are pinned to, and Xen numbers CPUs from its boot CPU on in the order of the "
    "device tree",
    "cpus of the domains, clusters of the board",
    Trust.TRUSTED,
)


def pair_separation(context: Context, sets: Mapping[str, Theorem]) -> Iterator[Theorem]:
    """A theorem for each pair that the policy does not allow to share, Xen included."""
    pairs = [
        (first, second)
        for first, second in combinations(context.parties, 2)
        if context.policy.share_of(_policy_name(first), _policy_name(second)) is None
    ]
    asked = [_Pair(context, first, second, sets).asked() for first, second in pairs]
    for pair, theorem in zip(pairs, _settled(context, asked), strict=True):
        yield replace(theorem, facts=(*theorem.facts, *_own_facts(context, pair)))


def _own_facts(context: Context, pair: Iterable[Party]) -> Iterator[str]:
    """The facts that only some pairs depend on: what partial trees map, and which memory exists to be given by
    address.
    """
    for party in pair:
        if party.domain is not None and party.domain.partial_tree:
            yield MAPPED.name
        if any(_notes_of(context, party, PassthroughMemory)):
            yield MEMORY.name


class _Question(Struct, frozen=True):
    """A pair that the solver has to decide; `refuted` and `witness` are for the case that it is refuted."""

    obligation: Obligation
    script: SmtScript
    refuted: str = ""
    witness: PairWitness | None = None

    def alone(self, context: Context) -> Theorem:
        def witness(_: Mapping[str, int | bool | str]) -> PairWitness | None:
            return self.witness

        return self.obligation.decided(
            self.script, context.timeout, smt=context.smt, witness=witness, refuted=self.refuted
        )


def _settled(context: Context, asked: list[Theorem | _Question]) -> Iterator[Theorem]:
    """Decides all pairs that look true together, and all that look false together, with one proof each; if that
    fails, one by one. For certificates, those that look false are decided one by one, each for the frames that
    meet. If the negations of several claims together follow from all assumptions, which are satisfiable, each claim
    is refuted.
    """
    questions = [each for each in asked if isinstance(each, _Question)]
    hopeful = [each.script for each in questions if not each.refuted]
    hopeless = [replace(each.script, claim=f"(not {each.script.claim})") for each in questions if each.refuted]
    hopeless = [] if context.smt else hopeless
    shares = {Verdict.PROVED: _together(context, hopeful), Verdict.REFUTED: _together(context, hopeless)}
    for each in asked:
        if isinstance(each, Theorem):
            yield each
            continue
        verdict = Verdict.REFUTED if each.refuted else Verdict.PROVED
        share = shares[verdict]
        if share is None:
            yield each.alone(context)
        else:
            text = each.script.text(verdict) if context.smt else ""
            yield each.obligation.settled(verdict, reason=each.refuted, witness=each.witness, seconds=share, smt=text)


def _together(context: Context, scripts: list[SmtScript]) -> float | None:
    """Seconds per script, if their conjunction was proved; otherwise None."""
    if not scripts or context.timeout <= 0:
        return None
    answer = decide(together(scripts), context.timeout, core=False)
    return answer.seconds / len(scripts) if answer.verdict is Verdict.PROVED else None


N = TypeVar("N", bound=Note)


def _frames(span: tuple[int, int]) -> tuple[int, int]:
    return -(-span[0] // PAGE), span[1] // PAGE


def given_memory(context: Context, party: Party) -> PassthroughMemory | None:
    """The memory of others that a party is given by address: by `iomem`, or by a partial tree.

    Memory that is not reserved always belongs to a heap, to Xen or to a module, wherever a boot loader loads things.
    """
    prepared = context.system.preparation
    machine = prepared.machine if prepared is not None else None
    reserved = merged(each.span for each in (*machine.reserved, *machine.shared)) if machine else []
    held = [_frames(span) for bank in (machine.spans if machine else ()) for span in without(bank, reserved)]
    for found in _notes_of(context, party, PassthroughMemory):
        low, high = found.start // PAGE, -(-found.end // PAGE)
        if not held or any(start < high and low < end for start, end in held):
            return found
    return None


def _notes_of(context: Context, party: Party, kind: type[N]) -> Iterator[N]:
    if party.domain is not None:
        name = party.domain.name
        yield from (found for found in context.system.notes if isinstance(found, kind) and found.domain == name)


def _range(given: PassthroughMemory) -> PairWitness:
    return PairWitness(given=MemoryByAddress(given.domain, given.start, given.end))


def _policy_name(party: Party) -> str:
    return party.domain.name if party.domain else XEN


class _Pair:
    """One pair that becomes a theorem."""

    def __init__(self, context: Context, first: Party, second: Party, sets: Mapping[str, Theorem]) -> None:
        self.context, self.first, self.second, self.sets = context, first, second, sets
        met = [shared for shared in context.caches if self._both_use(shared)]
        self.caches = tuple(met)
        assumptions = [INVARIANT, OUTSIDE, built(context.system.release), COLOR, *(IMAGE,) * (first.domain is None)]
        assumptions += [_of_set_theorem(shared, sets[shared.id]) for shared in met if shared.id in sets]
        if len(met) < len(context.caches):
            assumptions += [PINNED, *map(_of_cpu_fact, context.system.cpu_facts)]
        where = " or ".join(shared.label for shared in met) or "last-level cache"
        self.obligation = Obligation(
            id=f"separation/{first.name}/{second.name}",
            kind=TheoremKind.PAIR_SEPARATION,
            statement=f"No access of {first.label} to its colored frames evicts a line of a colored frame of "
            f"{second.label} from the {where}, nor the reverse",
            mathematics=_formula(first, second),
            subjects=(first.name, second.name),
            assumptions=tuple(assumptions),
            places=tuple(Related(p.location, f"{p.label} has {p.colors.named}") for p in (first, second)),
        )

    def asked(self) -> Theorem | _Question:
        """The question for the solver, or the theorem; unknown if the only common colors are listed by Xen but
        unused by its image.
        """
        found = self._asked()
        idle = self._idle()
        if idle and _refutes(found):
            rest = replace(self.first, colors=self.first.colors - idle)
            if not _refutes(_Pair(self.context, rest, self.second, self.sets)._asked()):
                reason = f"Xen lists {self.first.colors}, but its list does not ascend: none of its image is in {idle}"
                return self.obligation.settled(Verdict.UNKNOWN, reason=reason)
        return found

    def _idle(self) -> ColorSet:
        """Colors of Xen that its image does not use, as far as the boot model knows."""
        frames = self.context.booted.xen_frames  # the colors that hold its image do not depend on its address
        if self.first.domain is not None or not frames:
            return ColorSet()
        listed = self.context.system.xen_colors
        if IMAGE_SIZE.name in self.context.system.unknown and list(listed) != sorted(set(listed)):
            return self.first.colors  # a small image may not use some of them
        nr_colors = self.context.system.nr_colors or 1
        return self.first.colors - ColorSet.of(run.first % nr_colors for run in frames)

    def _number(self, party: Party) -> int:
        """Its number among all parties: 0 for Xen."""
        return self.context.numbers[party.name]

    def _asked(self) -> Theorem | _Question:
        system, obligation = self.context.system, self.obligation
        nobody = next((reason for p in (self.first, self.second) if (reason := self._never_runs(p))), "")
        if not self.context.modelled:
            return obligation.settled(Verdict.UNKNOWN, reason=self.context.not_modelled)
        if nobody:
            return obligation.settled(Verdict.VACUOUS, reason=nobody)
        if not system.coloring:
            return obligation.settled(
                Verdict.REFUTED,
                reason="coloring is off: every domain may get every frame",
                core=(Related(system.coloring_location, "coloring is off"),),
            )
        for party in (self.first, self.second):
            given = given_memory(self.context, party)
            asked = next(_notes_of(self.context, party, PassthroughMemory), None)
            if asked is not None and MEMORY.name in system.unknown:
                where = (Related(asked.location, memory_given(asked)),)
                reason = f"{memory_given(asked)}; no input says which memory there is"
                return obligation.settled(Verdict.UNKNOWN, reason=reason, core=where)
            if given is not None:
                reason = memory_given(given)
                where = (Related(given.location, reason),)
                return obligation.settled(Verdict.REFUTED, reason=reason, witness=_range(given), core=where)
            unread = next(_notes_of(self.context, party, PartialTreeUnread), None)
            if unread is not None:
                where = (Related(unread.location, tree_unread(unread)),)
                return obligation.settled(Verdict.UNKNOWN, reason=tree_unread(unread), core=where)
        overlap = self.first.colors & self.second.colors
        if overlap:
            return self._shared(overlap)
        return self._decided()

    def _never_runs(self, party: Party) -> str:
        system = self.context.system
        if panic := system.panic or system.iommu_panic or system.pool_panic or system.end_panic:
            return f"Xen panics before it runs: {panic.message}"
        failure = party.domain and (party.domain.failure or party.domain.late_failure)
        if failure:
            return f"{party.label} is never created: {failure.message}"
        if system.coloring and not party.colors:
            return f"{party.label} has no colors and therefore no frames"
        nr_colors = system.nr_colors
        if system.coloring and (nr_colors is None or not party.colors <= ColorSet.all(nr_colors)):
            return f"{party.label} has colors that do not exist"
        return ""

    def _both_use(self, shared: SharedCache) -> bool:
        """Whether both may use the cache: false only if it is certain that one of them never runs on the cache's CPUs.

        Nothing is certain if a domain is pinned to a CPU that the board does not have, if the boot CPU is not known, or
        if it is not known whether Xen has boot-time pools.
        """
        every = self.context.cpus
        if every is None or shared.cpus is None or not self.context.cpus_are_facts:
            return True
        pinned = [p.domain.cpus for p in (self.first, self.second) if p.domain and p.domain.cpus]
        return not any(frozenset(cpus) <= every and shared.cpus.isdisjoint(cpus) for cpus in pinned)

    def _shared(self, overlap: ColorSet) -> Theorem | _Question:
        if self.context.caches and not self.caches and (question := self._by_frames()):
            return question
        nr_colors = self.context.system.nr_colors or 1
        witness = PairWitness(tuple(overlap), meeting=self._meeting(self.caches))
        text = f"both have color{'s' * (len(overlap) > 1)} {overlap}"
        real = self._really(text, witness) if self.context.smt else None
        return real or self._by_colors([nr_colors], text, witness)

    def _really(self, refuted: str, witness: PairWitness) -> _Question | None:
        """The question about frames, if it is answered as expected: that they meet."""
        try:
            question = self._by_frames(refuted, witness)
        except ValueError:  # sets without a known formula
            return None
        if question is None or decide(question.script, self.context.timeout, core=False).verdict is not Verdict.REFUTED:
            return None
        return question

    def _meeting(self, caches: Iterable[SharedCache]) -> FramesThatMeet | None:
        """Two frames that meet in one of the caches; None if none are found without the solver."""
        for shared in caches:
            pair = meeting_frames(self.context, shared, self.first, self.second)
            if pair and shared.cache:
                return addresses_witness(shared.label, shared.cache, *pair, self.context.system.nr_colors or 1)
        return None

    def _by_frames(self, refuted: str = "", witness: PairWitness | None = None) -> _Question | None:
        """The statement itself: no frame of the one and frame of the other are in the same set of a cache that CPUs
        of both use. None if the sets of a cache that both use have no formula.
        """
        context, width = self.context, self.context.width
        nr_colors = context.system.nr_colors or 1
        if nr_colors & (nr_colors - 1) or nr_colors < 2 or context.board is None:
            return None
        parties = [(str(self._number(party)), party) for party in (self.first, self.second)]
        cpus = max((cpu for shared in context.caches for cpu in shared.cpus or ()), default=0) + 1
        given = [
            Named("a-in-dram", inside("a", context.ranges, width)),
            Named("b-in-dram", inside("b", context.ranges, width)),
            Named("two-frames", f"(not (= {frame_of('a', width)} {frame_of('b', width)}))"),
        ]
        declarations = [f"(declare-const {name} (_ BitVec {width}))" for name in "ab"]
        for (number, party), place in zip(parties, self.obligation.places, strict=True):
            owned = [f"(= {address}{number} {has_color(address, party.colors, nr_colors)})" for address in "ab"]
            running = vector(sum(1 << cpu for cpu in self._runs_on(party, cpus)), cpus)
            given += [
                Named(f"frames-of-P{number}", conjunction(owned), place),
                Named(f"cpus-of-P{number}", f"(= C{number} {running})", place),
            ]
            declarations += [f"(declare-const {address}{number} Bool)" for address in "ab"]
            declarations += [f"(declare-const C{number} (_ BitVec {cpus}))"]
        first, second = (number for number, _ in parties)
        apart = []
        for place_, shared in enumerate(context.caches):
            users = vector(sum(1 << cpu for cpu in (range(cpus) if shared.cpus is None else shared.cpus)), cpus)
            given.append(Named(f"cpus-of-K{place_}-{shared.id}", f"(= K{place_} {users})"))
            declarations.append(f"(declare-const K{place_} (_ BitVec {cpus}))")
            unused = [f"(= (bvand C{number} K{place_}) {vector(0, cpus)})" for number in (first, second)]
            if shared not in self.caches:
                apart.append(disjunction(unused))
            elif shared.cache is None or unknown_index(shared):
                return None
            else:
                apart.append(disjunction([*unused, f"(not {same_set(shared.cache.index, 'a', 'b', width)})"]))
        claim = f"(=> (and a{first} b{second}) {conjunction(apart)})"
        script = SmtScript("QF_BV", tuple(declarations), tuple(given), claim, ("a", "b"))
        return _Question(self.obligation, script, refuted, witness)

    def _runs_on(self, party: Party, cpus: int) -> Iterable[int]:
        """The CPUs on which it may run; all if that is not certain."""
        every, domain = self.context.cpus, party.domain
        if every is None or domain is None or not domain.cpus or not self.context.cpus_are_facts:
            return range(cpus)
        return domain.cpus if frozenset(domain.cpus) <= every else range(cpus)

    def _decided(self) -> Theorem | _Question:
        if self.context.board is None:
            reason = "the colors are disjoint, but no board is known, so its caches are not"
            return self.obligation.settled(Verdict.UNKNOWN, reason=reason)
        if not self.caches and (question := self._by_frames()):
            return question
        nr_colors = self.context.system.nr_colors or 1
        moduli = {}
        for shared in self.caches:
            modulus = shared.frames_apart(nr_colors)
            if self.sets[shared.id].verdict is Verdict.PROVED:
                moduli[modulus] = shared
                if self._meet(modulus):
                    return self._folded(shared, modulus)
        for shared in self.caches:
            if self.sets[shared.id].verdict is Verdict.REFUTED:
                theorem = self._by_addresses(shared)
                if theorem.verdict is not Verdict.PROVED:
                    return theorem
                if len(self.caches) == 1:
                    return self._by_frames() or theorem
        unknown = [self.sets[shared.id] for shared in self.caches]
        reasons = [lemma.reason for lemma in unknown if lemma.verdict in {Verdict.UNKNOWN, Verdict.VACUOUS}]
        if reasons:
            text = f"the colors are disjoint, but {'; '.join(reasons)}"
            return self.obligation.settled(Verdict.UNKNOWN, reason=text)
        return self._by_frames() or self._by_colors(sorted(moduli) or [nr_colors], "", None)

    def _meet(self, modulus: int) -> bool:
        return not self.first.colors.folded(modulus).isdisjoint(self.second.colors.folded(modulus))

    def _folded(self, shared: SharedCache, modulus: int) -> Theorem | _Question:
        meeting = self.first.colors.folded(modulus) & self.second.colors.folded(modulus)
        text = f"the {shared.label} has only {modulus} colors and sees color c as c mod {modulus}: both have {meeting}"
        found = PairWitness((), FoldedColors(modulus, tuple(meeting)), self._meeting([shared]))
        return self._really(text, found) or self._by_colors([modulus], text, found)

    def _by_colors(self, moduli: list[int], refuted: str, witness: PairWitness | None) -> _Question:
        """The question about sets of colors; a lemma shows that disjoint colors use disjoint sets of the cache."""
        nr_colors = self.context.system.nr_colors or 1
        numbered = [(f"P{self._number(party)}", party) for party in (self.first, self.second)]
        names = [name for name, _ in numbered]
        colors = [
            Named(f"colors-of-{name}", f"(= {name} {vector(party.colors.mask, nr_colors)})", place)
            for (name, party), place in zip(numbered, self.obligation.places, strict=True)
        ]
        owned = [Named(f"{name}-owns-frames", f"(not (= {name} {vector(0, nr_colors)}))") for name in names]
        script = SmtScript(
            logic="QF_BV",
            declarations=tuple(f"(declare-const {name} (_ BitVec {nr_colors}))" for name in names),
            assumptions=(*colors, *owned),
            claim=conjunction([_disjoint(names, nr_colors, modulus) for modulus in moduli]),
        )
        return _Question(self.obligation, script, refuted, witness)

    def _by_addresses(self, shared: SharedCache) -> Theorem:
        """The theorem for two particular sets of colors, which may be separate even if colors in general do not
        separate the cache.
        """
        context, cache = self.context, shared.cache
        if cache is None:
            return self.obligation.settled(Verdict.UNKNOWN, reason=f"nothing is known about the {shared.label}")
        script = address_script(context, shared, self.first.colors, self.second.colors)
        nr_colors = context.system.nr_colors or 1

        def witness(values: Mapping[str, int | bool | str]) -> PairWitness:
            return PairWitness(
                meeting=addresses_witness(shared.label, cache, int(values["a"]), int(values["b"]), nr_colors)
            )

        text = f"frames of both meet in sets of the {shared.label}, though their colors differ"
        return self.obligation.decided(script, context.timeout, smt=context.smt, witness=witness, refuted=text)


def _refutes(found: Theorem | _Question) -> bool:
    return found.verdict is Verdict.REFUTED if isinstance(found, Theorem) else bool(found.refuted)


def address_script(context: Context, shared: SharedCache, first: ColorSet, second: ColorSet) -> SmtScript:
    """The claim that no frame with a color of the first and no other frame with a color of the second meet in the
    cache.
    """
    width, nr_colors = context.width, context.system.nr_colors or 1
    if shared.cache is None:
        raise ValueError(f"nothing is known about the {shared.label}")
    return SmtScript(
        logic="QF_BV",
        declarations=tuple(f"(declare-const {name} (_ BitVec {width}))" for name in "ab"),
        assumptions=(
            Named("a-in-dram", inside("a", context.ranges, width)),
            Named("b-in-dram", inside("b", context.ranges, width)),
            Named("a-is-of-the-first", has_color("a", first, nr_colors)),
            Named("b-is-of-the-second", has_color("b", second, nr_colors)),
            Named("two-frames", f"(not (= {frame_of('a', width)} {frame_of('b', width)}))"),
        ),
        claim=f"(not {same_set(shared.cache.index, 'a', 'b', width)})",
        values=("a", "b"),
    )


def _disjoint(names: list[str], nr_colors: int, modulus: int) -> str:
    first, second = (_fold(name, nr_colors, modulus) for name in names)
    return f"(= (bvand {first} {second}) {vector(0, modulus)})"


def _fold(name: str, nr_colors: int, modulus: int) -> str:
    """The set of c mod `modulus` for the colors c of a set, as a bit vector."""
    parts = [f"((_ extract {low + modulus - 1} {low}) {name})" for low in range(0, nr_colors, modulus)]
    return parts[0] if len(parts) == 1 else f"(bvor {' '.join(parts)})"


def _of_cpu_fact(fact: Fact | OpenFact) -> Assumption:
    """The assumption about a fact on which the numbers of CPUs and their pools depend."""
    if isinstance(fact, OpenFact):
        return Assumption(
            f"whatever the {fact.what} is: {fact.why}", "open, without effect on the clusters", Trust.CHECKED
        )
    trust = Trust.DOCUMENTED if fact.origin is Origin.DOCUMENTED else Trust.TRUSTED
    value = f"CPU {fact.value:#x}" if isinstance(fact.value, int) and not isinstance(fact.value, bool) else fact.value
    text = f"{fact.what}: {'on' if value is True else 'off' if value is False else value} ({fact.origin})"
    return Assumption(text, str(fact.location), trust)


def _of_set_theorem(shared: SharedCache, theorem: Theorem) -> Assumption:
    return Assumption(f"{theorem.statement} ({shared.assumption.text})", f"theorem {theorem.id}", Trust.CHECKED)


def _formula(first: Party, second: Party) -> str:
    return f"∀ a ∈ frames({first.name}), b ∈ frames({second.name}), caches K of both: set_K(a) ≠ set_K(b)"
