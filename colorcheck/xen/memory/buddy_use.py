"""What Xen and its domains take from the buddy heap at boot: bounds from both sides of what was measured.

Measured on 4.20 to 4.22 with a debug build and a device tree of 36 KiB: with dom0 alone 64 to 73 frames on one CPU, 87
to 96 on two, 134 to 142 on four; 29 for each dom0less domain, 9 for each further vCPU.
"""

from __future__ import annotations

from msgspec import Struct, field

from colorcheck.xen.kinds import DomainKind, Failure, FailureKind, Note
from colorcheck.xen.notes.domains import BuddyHeapOpen
from colorcheck.xen.system import Domain


class Use(Struct, frozen=True):
    """Frames, at least and at most."""

    least: int = 0
    most: int = 0

    def __add__(self, other: Use) -> Use:
        return Use(self.least + other.least, self.most + other.most)


def by_xen(cpus: int, tree_pages: int) -> Use:
    """Xen itself with dom0's first vCPU; a larger device tree is unflattened into more frames."""
    return Use(55 + 20 * (cpus - 1), 80 + 26 * (cpus - 1) + 4 * tree_pages)


def by_domain(domain: Domain) -> Use:
    """A dom0less domain with its vCPUs."""
    if domain.kind is not DomainKind.DOM0LESS:
        return Use()
    further = max(0, domain.vcpus - 1)
    return Use(27 + 8 * further, 31 + 10 * further)


class BuddyHeap(Struct):
    """The buddy heap while Xen builds its domains: `pages` in all, what is used, and what cannot be decided."""

    pages: int
    used: Use
    shares: set[str] = field(default_factory=set)
    notes: list[Note] = field(default_factory=list)

    def takes(self, domain: Domain) -> Failure | None:
        """Takes what a domain needs, and the shared memory that no domain had before; the panic if there is too little.

        Where the bounds leave it open, there is a note, and the heap is taken to be large enough.
        """
        more = Use()
        for label, pages in domain.buddy_shares:
            if label not in self.shares:
                self.shares.add(label)
                more += Use(pages, pages)
        need = by_domain(domain)
        self.used += need + more
        if self.used.least > self.pages and more.least:
            return Failure(FailureKind.OTHER, f"Could not set up domain {domain.name} (rc = -22)")
        if self.used.least > self.pages and need.least > self.used.least - need.least:
            return Failure(FailureKind.DOMAIN_MEMORY, f"Could not set up domain {domain.name} (rc = -12)")
        if self.used.least > self.pages:
            return Failure(FailureKind.OTHER, "CPU0: Unexpected Trap: Data Abort")
        if self.used.most > self.pages:
            message = (
                f"the uncolored heap has {self.pages} frames, and Xen with the domains up to {domain.name} takes "
                f"{self.used.least} to {self.used.most}: whether it boots is not known"
            )
            used = self.used
            self.notes.append(
                BuddyHeapOpen(message, domain.location, domain.name, pages=self.pages, least=used.least, most=used.most)
            )
        return None
