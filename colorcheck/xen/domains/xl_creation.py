"""The creation of a guest by xl: refusals, and the frames that a failed creation has taken.

Frames taken by a failed creation never return to the colors. Measured with xl of 4.20 on 4.20.4; the code is the same
in 4.21 and 4.22.

Source: `parse_config_data` (tools/xl/xl_parse.c), `libxl__domain_make`, `libxl__build_pre`, `libxl__build_dom`
(tools/libs/light), `meminit` (tools/libs/guest/xg_dom_arm.c), `alloc_domheap_pages` and `assign_pages` in Xen.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from colorcheck.core.c_numbers import strtol
from colorcheck.core.source import Location, Passage
from colorcheck.core.units import MIB, MIB_PAGES, PAGE
from colorcheck.xen.domains.xl_guest import XlGuest
from colorcheck.xen.domains.xl_refused_values import refused_values
from colorcheck.xen.facts.book import FactBook
from colorcheck.xen.facts.met import cpu_pool
from colorcheck.xen.kinds import Failure, FailureKind, Note
from colorcheck.xen.memory.p2m import xl_pool
from colorcheck.xen.notes.domains import (
    GuestKernelUnnamed,
    GuestMemoryMissing,
    GuestMemorySmall,
    GuestRejected,
    MaxmemAboveMemory,
    PoolNotMadeAtBoot,
)
from colorcheck.xen.system import MAGIC_PAGES

_SLACK = MIB_PAGES  # LIBXL_MAXMEM_CONSTANT: Xen's limit for the guest is this much above `memory`
_DOM0 = "Domain-0"  # what xen-init-dom0 names dom0 in xenstore (4.20 to 4.22)
_FIRST_BANK = 3 << 30
_MODULES_AT = 128 * MIB
_LEAST_TREE, _MOST_TREE = PAGE, 16 * PAGE  # the guest's device tree: doubled from 4 KiB until it fits
_NO_MEMORY = Failure(FailureKind.DOMAIN_MEMORY, "xc_dom_boot_mem_init failed: Cannot allocate memory")


class Needs(Struct, frozen=True):
    """The requests in a guest's file, with defaults: sizes in MiB, `pool` in frames of its P2M pool.

    `populated` is the memory that xl really gives the guest: `maxmem`, or `memory` if the file has no maxmem. `memory`
    is None if the file has neither.
    """

    memory: int | None
    populated: int
    vcpus: int
    maxvcpus: int
    pool: int
    pool_follows: bool

    @property
    def limit(self) -> int:
        """The number of frames to which Xen limits the guest."""
        return (self.memory or 0) * MIB_PAGES + _SLACK


class Creation(Struct, frozen=True):
    """Why the creation of a guest fails, if it does, and the frames that it has taken by then."""

    failure: Failure | None = None
    kept: int = 0
    notes: tuple[Note, ...] = ()

    @property
    def before_xen(self) -> bool:
        """Whether xl gives up before it asks Xen for a domain."""
        return self.failure is not None and self.failure.kind is FailureKind.XL_REJECTS


class XlHost(Struct, frozen=True):
    """Facts about the host that matter for a guest.

    `names` are those of the existing guests; `pools` the names of the pools created at boot; `facts` decide in this
    world about pools created elsewhere.
    """

    most_vcpus: int = 128
    names: frozenset[str] = frozenset()
    pools: frozenset[str] = frozenset({"0", "Pool-0"})
    facts: FactBook | None = None

    def has_pool(self, name: str, place: Location) -> bool:
        """Whether a pool exists; one that is not created at boot may have been created in dom0."""
        if name in self.pools or not name or self.facts is None:
            return name in self.pools
        message = f"boot does not create a CPU pool {name}, and nothing says whether one is created in dom0"
        return bool(self.facts.decided(cpu_pool(name, message, place)))


def needs(guest: XlGuest) -> Needs:
    """`memory` sets both sizes, and `maxmem` the one that is populated; of the two numbers of vCPUs the first is the
    default of the second. `vcpus = 0` gets a pool for no vCPU."""
    memory = guest.memory if guest.memory is not None else guest.maxmem
    populated = guest.maxmem if guest.maxmem is not None else memory
    vcpus = guest.vcpus if guest.vcpus is not None else guest.maxvcpus if guest.maxvcpus is not None else 1
    maxvcpus = guest.maxvcpus or vcpus
    given = _shadow_memory(guest)
    size = max(0, populated or 0)
    pool = xl_pool(size, max(0, maxvcpus)) if given is None else given * MIB_PAGES
    return Needs(memory, size, max(0, vcpus), max(0, maxvcpus), pool, given is None)


def creation(guest: XlGuest, host: XlHost, kernel_size: int | None, ramdisk_size: int | None) -> Creation:
    """The creation of a guest for which there are enough frames.

    Sizes are in bytes, None if not known: then kernel and ramdisk are assumed to fit.
    """
    refused = _refused_by_xl(guest, host)
    if refused is not None:
        return refused
    asked = needs(guest)
    place = guest.location("memory")
    if _lacks_kernel(guest) and asked.memory is not None and asked.memory >= 0:
        unnamed = GuestKernelUnnamed(guest.location("kernel"), guest.title)
        return Creation(Failure(FailureKind.OTHER, "xc_dom_kernel_file failed"), asked.pool, (unnamed,))
    if asked.memory is None or asked.memory < 0:
        missing = GuestMemoryMissing(guest.file.location, guest.title)
        return Creation(Failure(FailureKind.DOMAIN_MEMORY, "Failed to set paging mempool size"), 0, (missing,))
    if not asked.populated:
        return Creation(_NO_MEMORY, asked.pool, (GuestMemoryMissing(place, guest.title, pool=asked.pool),))
    pages = asked.populated * MIB_PAGES
    if pages + MAGIC_PAGES > asked.limit:
        return _above_limit(guest, asked)
    if not _loads(asked.populated * MIB, kernel_size, ramdisk_size):
        return Creation(
            _NO_MEMORY,
            asked.pool + pages,
            (GuestMemorySmall(place, guest.title, memory=asked.populated, kernel=kernel_size or 0),),
        )
    return Creation()


def _above_limit(guest: XlGuest, asked: Needs) -> Creation:
    """The creation with `maxmem` above `memory`: xl populates `maxmem`, but Xen's limit is `memory` and 1 MiB.

    Each request above the limit loses the frame taken for it: two of the memory or, if the memory just fits, one of the
    magic pages.
    """
    place = guest.location("maxmem")
    lost = 2 if asked.populated * MIB_PAGES > asked.limit else 1
    return Creation(
        _NO_MEMORY,
        asked.pool + asked.limit + lost,
        (MaxmemAboveMemory(place, guest.title, memory=asked.memory or 0, maxmem=asked.populated),),
    )


def _loads(memory: int, kernel: int | None, ramdisk: int | None) -> bool:
    """Whether kernel, ramdisk and device tree fit into the first bank (`meminit`)."""
    bank = min(memory, _FIRST_BANK)
    kernel_end = -(-max(1, kernel or 1) // (2 * MIB)) * 2 * MIB
    modules = -(-(ramdisk or 0) // PAGE) * PAGE + (_MOST_TREE if ramdisk else _LEAST_TREE)
    return (bank >= _MODULES_AT + modules and kernel_end < _MODULES_AT) or bank - modules > kernel_end


def _refused_by_xl(guest: XlGuest, host: XlHost) -> Creation | None:
    """A creation that fails before Xen has allocated anything."""
    for reason, place in _refusals(guest, host):
        kind = PoolNotMadeAtBoot if place == "pool" else GuestRejected
        refused = kind(guest.location(place), guest.title, reason=reason)
        return Creation(Failure(FailureKind.XL_REJECTS, reason), 0, (refused,))
    return None


def _refusals(guest: XlGuest, host: XlHost) -> Iterator[tuple[str, str]]:
    """The messages of xl and libxl with their keys, in order."""
    asked = needs(guest)
    if guest.name is None:
        yield "Domain name must be specified.", "name"
    if asked.maxvcpus < asked.vcpus:
        yield "xl: maxvcpus < vcpus", "maxvcpus"
    yield from refused_values(guest.file)
    if not _boots(guest):
        yield "Neither kernel nor bootloader specified", "name"
    if guest.name and (guest.name in host.names or guest.name == _DOM0):
        yield f'Domain with name "{guest.title}" already exists.', "name"
    pool, place = guest.file.setting("pool"), guest.location("pool")
    if pool is not None and isinstance(pool.written, Passage) and not host.has_pool(pool.written.text, place):
        yield f"Illegal pool specified: {pool.written.text}", "pool"
    if asked.maxvcpus > host.most_vcpus:
        yield f"Requested vCPUs ({asked.maxvcpus}) exceeds max ({host.most_vcpus})", "vcpus"


def _boots(guest: XlGuest) -> bool:
    """Whether the file names what the guest boots: a kernel, or a boot loader that runs in dom0."""
    given = (guest.file.setting(key) for key in ("kernel", "bootloader"))
    return any(setting is not None and isinstance(setting.written, Passage) for setting in given)


def _lacks_kernel(guest: XlGuest) -> bool:
    """Whether the kernel's name is empty, with no boot loader that could bring one: xl makes the domain and then fails,
    as with any file that it cannot open."""
    kernel, loader = (guest.file.setting(key) for key in ("kernel", "bootloader"))
    return loader is None and kernel is not None and isinstance(kernel.written, Passage) and not kernel.written.text


def _shadow_memory(guest: XlGuest) -> int | None:
    """`shadow_memory` in MiB, which replaces the computed size of the P2M pool."""
    setting = guest.file.setting("shadow_memory")
    if setting is None or not isinstance(setting.written, Passage):
        return None
    read = strtol(setting.written.text)
    return read.value if read.end == len(setting.written.text) and read.value > 0 else None
