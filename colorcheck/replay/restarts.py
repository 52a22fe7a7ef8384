"""The restart budget: how often each guest can be created before the host must reboot.

A freed frame never comes back to its color, so each creation costs its whole size. The figures are bounds from below:
whatever the order of the restarts, at least so many creations work.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from colorcheck.xen.booted import Boot
from colorcheck.xen.kinds import DomainKind
from colorcheck.xen.system import Domain


class Budget(Struct, frozen=True):
    """Of one guest: the frames that a creation takes, those that its colors have left, and of both what the other
    guests that share colors with it take at each of their restarts (`rivals`), at most `shared` in all."""

    domain: Domain
    pages: int
    left: int
    rivals: int
    shared: int

    @property
    def alone(self) -> int:
        """Creations in all, the first included, while all others stay as they are."""
        return 1 + self.left // self.pages if self.pages else 1

    @property
    def together(self) -> int:
        """Creations in all if every guest restarts as often as this one."""
        apart = self.left // (self.pages + self.rivals) if self.pages else 0
        drained = max(0, self.left - self.shared) // self.pages if self.pages else 0
        return 1 + max(apart, drained)


def budgets(boot: Boot) -> Iterator[Budget]:
    """The budget of each guest that was created and that a toolstack can create again."""
    domains = [built.domain for built in boot.built if built.created and built.domain.kind is not DomainKind.DOM0]
    has_dom0 = any(built.created and built.domain.kind is DomainKind.DOM0 for built in boot.built)
    if boot.panic or not boot.free_final or not has_dom0 or not boot.system.release.traits.toolstack_can_populate:
        return
    for domain in domains:
        colors = set(domain.colors)
        near = [other for other in domains if other is not domain and not colors.isdisjoint(other.colors)]
        both = colors & {color for other in near for color in other.colors}
        yield Budget(
            domain,
            domain.as_guest().needed_pages,
            sum(boot.free_final[color] for color in colors),
            sum(other.as_guest().needed_pages for other in near),
            sum(boot.free_final[color] for color in both),
        )
