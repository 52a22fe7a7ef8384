"""The frames that Xen and its domains take from the buddy heap at boot: lower and upper bounds around measurements.

Measured on 4.20 to 4.22 with a debug build and a device tree of 36 KiB: with dom0 alone 64 to 73 frames on one CPU, 87
to 96 on two, 134 to 142 on four; 29 for each dom0less domain, 9 for each further vCPU. Between the bounds both outcomes
are worlds (`colorcheck.xen.facts.met`).
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field

from colorcheck.core.source import Location
from colorcheck.loader.facts import OpenFact
from colorcheck.xen.facts.book import Chosen
from colorcheck.xen.facts.met import buddy_heap, shared_pieces
from colorcheck.xen.kinds import DomainKind, Failure, FailureKind, Note
from colorcheck.xen.machine.intervals import Span
from colorcheck.xen.memory.buddy_blocks import MOST_PIECES, blocks, served, untouched
from colorcheck.xen.notes.domains import BuddyHeapOpen
from colorcheck.xen.notes.sentences import buddy_heap_open
from colorcheck.xen.system import Domain


class Use(Struct, frozen=True):
    """Frames, at least and at most."""

    least: int = 0
    most: int = 0

    def __add__(self, other: Use) -> Use:
        return Use(self.least + other.least, self.most + other.most)


def by_xen(cpus: tuple[int, int], vcpus: int, tree_pages: int, more: int = 0) -> Use:
    """Xen itself with dom0 and its vCPUs, on at least and at most so many CPUs; a larger device tree is
    unflattened into more frames, and `more` are what drivers and buffers take at most."""
    least, most = (max(0, count - 1) for count in cpus)
    further = max(0, vcpus - 1)
    return Use(55 + 10 * least + 8 * further, 80 + 16 * most + 10 * further + 4 * tree_pages + more)


def by_domain(domain: Domain) -> Use:
    """The use of a dom0less domain with its vCPUs, or of a guest of xl, for which twice as much is assumed to
    suffice.
    """
    further = max(0, domain.vcpus - 1)
    match domain.kind:
        case DomainKind.DOM0:
            return Use()
        case DomainKind.DOM0LESS:
            return Use(27 + 8 * further, 31 + 10 * further + domain.more_buddy)
        case DomainKind.XL:
            return Use(27 + 8 * further, 62 + 20 * further + domain.more_buddy)


class BuddyHeap(Struct):
    """The buddy heap while Xen builds its domains: its frames, those used, and open facts.

    `freed` are frames that are added to it after boot, `served` the pages of each shared memory so far, `chosen` the
    values in this world of the open facts that are `met`.
    """

    spans: Sequence[Span] = ()
    used: Use = field(default_factory=Use)
    place: Location = field(default_factory=lambda: Location("-"))
    chosen: Chosen = field(default_factory=dict)
    shares: set[str] = field(default_factory=set)
    notes: list[Note] = field(default_factory=list)
    met: dict[str, OpenFact] = field(default_factory=dict)
    served: list[int] = field(default_factory=list)
    freed: int = 0

    @property
    def pages(self) -> int:
        return sum(end - start for start, end in self.spans) + self.freed

    def takes(self, domain: Domain) -> Failure | None:
        """Take what a domain needs, and shared memory that is not yet allocated; returns the panic if there is too
        little. If the bounds do not decide, both outcomes are worlds.
        """
        refused = Failure(FailureKind.OTHER, f"Could not set up domain {domain.name} (rc = -22)")
        need, more, scattered = by_domain(domain), Use(), False
        for label, pages in domain.buddy_shares:
            if label not in self.shares:
                self.shares.add(label)
                scattered = scattered or self._scattered(domain, pages)
                more += Use(pages, pages)
        if scattered:
            return refused
        self.used += need + more
        if self.used.least > self.pages:
            return self._exhausted(domain, need, more)
        if self.used.most > self.pages and self._too_small(domain):
            return refused if more.least else self._exhausted(domain, need, more)
        return None

    def _exhausted(self, domain: Domain, need: Use, more: Use) -> Failure:
        if more.least:
            return Failure(FailureKind.OTHER, f"Could not set up domain {domain.name} (rc = -22)")
        if domain.kind is DomainKind.XL or need.least > self.used.least - need.least:
            return Failure(FailureKind.DOMAIN_MEMORY, f"Could not set up domain {domain.name} (rc = -12)")
        return Failure(FailureKind.OTHER, "CPU0: Unexpected Trap: Data Abort")

    def _too_small(self, domain: Domain) -> bool:
        pages, least, most = self.pages, self.used.least, self.used.most
        if not self.notes:  # the first domain stands for all later ones
            self.notes.append(BuddyHeapOpen(domain.location, domain.name, pages=pages, least=least, most=most))
        return not self.decided(buddy_heap(buddy_heap_open(domain.name, pages, least, most), self.place))

    def _scattered(self, domain: Domain, pages: int) -> bool:
        """Whether shared memory is split into more pieces than Xen keeps; earlier requests may have fragmented the
        heap.
        """
        self.served.append(pages)
        own = self.used.most - sum(self.served[:-1])
        least = served(blocks(self.spans), self.served)
        if least is None:
            return False  # too few frames, decided by their number
        if least > MOST_PIECES:
            return True
        most = served(untouched(self.spans, own), self.served)
        if most is not None and most <= MOST_PIECES:
            return False
        message = (
            f"the shared memory of {domain.name} may be split into more than {MOST_PIECES} pieces of the uncolored "
            f"heap, which Xen refuses"
        )
        return not self.decided(shared_pieces(message, domain.location))

    def decided(self, fact: OpenFact) -> bool:
        """The outcome of an open fact in this world; True without a choice."""
        self.met.setdefault(fact.what, fact)
        return bool(self.chosen.get(fact.what, True))
