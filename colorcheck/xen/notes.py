"""The kinds of notes that the model of Xen writes. A rule takes a note up by its kind and words it from its data.

| kind | about | data |
|---|---|---|
| `no-memory` | no memory node and no `[target] memory` | |
| `memory-without-reg` | a node of memory has no `reg`, and nobody writes one: Xen stops | `node` |
| `reg-rest` | `reg` of memory or of a reserved range ends in a part of an entry, which Xen drops | `node`, `rest` |
| `initrd-damaged` | `linux,initrd-start` and `-end` are none that Xen takes: it stops | |
| `module-without-reg` | a boot module has no `reg`; `stops`: Xen stops at it | `module`, `module_kind`, `stops` |
| `module-short-reg` | `reg` of a boot module is too short: Xen stops | `node`, `needed` |
| `bank-overlap` | two banks of memory overlap | `start`, `end` |
| `bank-unaligned` | a bank does not begin or end on a page | `start`, `end` |
| `range-wraps` | a range reaches beyond 2^64 | `start`, `size`, `what` |
| `reserved-overlap` | reserved ranges or modules overlap: Xen may refuse the device tree | `first`, `second` |
| `module-overlap` | a module overlaps what was registered before, so Xen does not register it | `module`, `other` |
| `module-outside-memory` | a module lies, at least in part, in no bank | `module`, `start`, `end`, `crashes` |
| `too-many-modules` | more than the 32 modules that Xen keeps | `count` |
| `too-many-regions` | more banks, reserved ranges or free regions than Xen's tables hold | `count`, `limit`, `what` |
| `file-size-assumed` | ImageBuilder loads files that are not there; usual sizes stand in | |
| `static-heap` | all free memory goes to the buddy heap, so no domain gets any | `start`, `end` |
| `static-memory` | a domain asks for static memory, which coloring forbids | |
| `direct-map` | a domain asks for a direct map | |
| `static-shared-memory` | frames that several domains share and that have every color | `start`, `end`, `id` |
| `passthrough` | a device is given away; without an IOMMU its DMA cannot reach colored memory | `node` |
| `passthrough-memory` | a guest is given memory by address, of every color | `start`, `end` |
| `coloring-off-but-colors` | `llc-colors` while coloring is off | |
| `geometry-half-given` | only one of `llc-size` and `llc-nr-ways` counts for nothing | `given` |
| `way-size-differs` | the options give another way size than the board's cache has | `given`, `probed` |
| `geometry-unknown` | neither options nor board give the way size | |
| `colors-cut` | more colors than Xen supports, so it takes fewer | `found`, `taken` |
| `option-cut` | an option is longer than 127 characters; its end is lost | `option`, `lost` |
| `list-remains` | a rejected list keeps the colors read before the error | `colors` |
| `list-dropped` | a rejected list leaves nothing, so the default is used | `colors` |
| `list-means-else` | a list means something else than it seems: a missing number counts as 0 | `text`, `colors` |
| `duplicate-colors` | a list names a color more than once | `colors` |
| `unsorted-xen-colors` | Xen uses only the colors of its list that rise | `colors`, `used` |
| `xen-default-colors` | no colors for Xen: it takes color 0 | `colors` |
| `default-colors` | no colors for a domain: it takes all | `colors` |
| `inherited-colors` | 4.20: a domain takes the list of the one before it | `colors`, `from` |
| `empty-list` | a domain has no color at all | |
| `color-out-of-range` | a color that does not exist | `color`, `nr_colors`, `colors` |
| `too-many-colors` | a list is longer than there are colors | `count`, `nr_colors` |
| `dom0-memory-default` | no `dom0_mem`: Xen takes 512 MiB | `size` |
| `memory-not-pages` | an amount of memory is no multiple of a page | `size` |
| `domain-without-kernel` | no kernel module for a dom0less domain | |
| `dom0-without-kernel` | the tree that Xen gets has no kernel at all: it stops while it builds dom0 | |
| `kernel-not-registered` | a dom0less domain's kernel is no boot module to Xen: it stops | `start` |
| `missing-property` | a property that Xen requires is missing | `property` |
| `enhanced-without-dom0` | `xen,enhanced` needs dom0 for Xenstore | |
| `hardware-domain-refused` | `capabilities` of a domain that Xen panics at, or what a hardware domain must not have | |
| `no-dom0-for-xl` | xl guests, and no dom0 to run xl | |
| `p2m-pool-too-small` | a domain's P2M pool cannot hold the tables of its memory | `pool`, `needed` |
| `deep-tree-hangs` | a node lies deeper than this release can walk: it hangs | `levels` |
| `dom0-no-low-memory` | dom0 has no memory below 4 GiB | `banks` |
| `dom0-first-bank-high` | dom0's first bank lies above 4 GiB | `banks` |
| `dom0-first-bank-small` | dom0's first bank cannot hold kernel, ramdisk and device tree | `size`, `needed` |
| `dom0-layout` | the pieces of dom0's address space hold less than its memory | `unplaced` |
| `first-bank-4.22` | boots before 4.22, but has no piece that 4.22 takes as a first bank | `needed` |
| `failed-creation-keeps-memory` | after a failed creation the pages taken so far are not back at once | `pages` |
| `defect-4.20-host-crash` | 4.20: the refused guest brings Xen down | `colors` |
| `defect-4.22.0-populate` | 4.22.0: no toolstack can give memory to a new guest while coloring is on | |
| `guest-rejected` | xl stops at the guest's file | `reason` |

What follows from the numbers of a `Boot` (memory that does not fit, the lowest region, the reserve, no room for Xen)
has no note. Addresses and sizes are in bytes, pages in frames of 4 KiB, colors as tuples.
"""

from __future__ import annotations

from colorcheck.core.source import Location
from colorcheck.xen.kinds import Note


def note(kind: str, message: str, location: Location, domain: str = "", **data: object) -> Note:
    """A note with its data by name."""
    return Note(kind, message, location, domain, tuple(data.items()))
