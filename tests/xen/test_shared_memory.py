"""Static shared memory: what Xen reads and refuses, who owns it, and how a P2M maps it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.core.source import Location
from colorcheck.inputs.device_tree.device_tree_source import read_source
from colorcheck.xen.domains.dom0less_end import Owners, UnownedMemory, shared_failure, shared_mappings
from colorcheck.xen.kinds import Failure, FailureKind
from colorcheck.xen.machine.machine import Machine, Range
from colorcheck.xen.machine.mapping import Mapping
from colorcheck.xen.machine.shared_memory import RefusedSharedMemory, Shared, read_shared
from colorcheck.xen.notes.domains import IO, SharedMemoryFault

F = SharedMemoryFault
REGION = "xen,shared-mem = <0x5 0x1000 0x4 0x2000 0x3000>;"
READ = Shared("a", 0x500001000, 0x400002000, 0x3000, None)
MACHINE = Machine((Range(0x40000000, 0x40000000, "", Location("-")),))


def read(properties: str, *known: Shared) -> Shared | RefusedSharedMemory:
    source = read_source("t.dts", f"/dts-v1/; / {{ shm@0 {{ {properties} }}; }};".encode())
    assert source.tree is not None
    return read_shared(source.tree.root.children[0], (2, 1), known)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        (f'xen,shm-id = "a"; {REGION}', READ),
        (f'xen,shm-id = "a", "b"; role = "owner"; {REGION}', Shared("a", 0x500001000, 0x400002000, 0x3000, "owner")),
        ('xen,shm-id = "a"; xen,shared-mem = <0x4 0x2000 0x3000>;', Shared("a", None, 0x400002000, 0x3000, None)),
        (REGION, RefusedSharedMemory(F.NO_ID, "xen,shm-id", -2)),
        (f'xen,shm-id = "0123456789abcdef"; {REGION}', RefusedSharedMemory(F.LONG_ID, "xen,shm-id")),
        (f"xen,shm-id = [61 62]; {REGION}", RefusedSharedMemory(F.LONG_ID, "xen,shm-id")),
        (f'xen,shm-id = "a"; role = "guest"; {REGION}', RefusedSharedMemory(F.ROLE, "role")),
        ('xen,shm-id = "a";', RefusedSharedMemory(F.NO_REGION, code=-2)),
        ('xen,shm-id = "a"; xen,shared-mem = <1 2 3 4>;', RefusedSharedMemory(F.LENGTH, number=16)),
        ('xen,shm-id = "a"; xen,shared-mem = [01 02 03];', RefusedSharedMemory(F.LENGTH, number=3)),
        (
            'xen,shm-id = "a"; xen,shared-mem = <0 0x1800 0 0 0x1000>;',
            RefusedSharedMemory(F.HOST_ADDRESS, number=0x1800),
        ),
        ('xen,shm-id = "a"; xen,shared-mem = <0 0x1000 0 0 0>;', RefusedSharedMemory(F.WRAPS)),
        ('xen,shm-id = "a"; xen,shared-mem = <0xffffffff 0xfffff000 0 0 0x1000>;', RefusedSharedMemory(F.WRAPS)),
        ('xen,shm-id = "a"; xen,shared-mem = <0 0x1000 0 0x800 0x1000>;', RefusedSharedMemory(F.NOT_PAGES)),
        ('xen,shm-id = "a"; xen,shared-mem = <0 0 0x1800>;', RefusedSharedMemory(F.NOT_PAGES)),
        ('xen,shm-id = "a"; xen,shared-mem = <0 0 0>;', RefusedSharedMemory(F.NOT_PAGES)),
    ],
)
def test_read(properties: str, expected: object) -> None:
    assert read(properties) == expected


def test_fifteen_characters_are_the_longest_id() -> None:
    found = read(f'xen,shm-id = "0123456789abcde"; {REGION}')
    assert isinstance(found, Shared)
    assert found.id == "0123456789abcde"


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (READ, READ),
        (Shared("a", 0x500002000, 0, 0x3000, None), RefusedSharedMemory(F.OTHER_REGION, other="a")),
        (Shared("a", 0x500001000, 0, 0x4000, None), RefusedSharedMemory(F.OTHER_REGION, other="a")),
        (Shared("b", 0x500001000, 0, 0x3000, None), RefusedSharedMemory(F.OTHER_ID, "xen,shm-id", other="b")),
        (Shared("b", 0x500002000, 0, 0x3000, None), READ),
    ],
)
def test_a_region_after_another_one(known: Shared, expected: object) -> None:
    assert read(f'xen,shm-id = "a"; {REGION}', known) == expected


def test_the_33rd_region_is_one_too_many() -> None:
    others = [Shared(f"o{number}", None, 0, 0x1000, None) for number in range(32)]
    assert read(f'xen,shm-id = "a"; {REGION}', *others[1:]) == READ
    assert read(f'xen,shm-id = "a"; {REGION}', *others[1:], READ) == READ
    assert read(f'xen,shm-id = "a"; {REGION}', *others) == RefusedSharedMemory(F.TOO_MANY, "xen,shm-id", -28)


def shared(role: str | None, guest: int = 0x1000, size: int = 0x1000) -> Shared:
    return Shared("a", None, guest, size, role)


@pytest.mark.parametrize(
    ("roles", "owner"),
    [
        (("owner", "borrower", "borrower"), None),
        (("borrower", "owner"), None),
        ((None, None), None),
        (("owner", "owner"), "d0"),
        (("owner", None), "d0"),
        ((None, "owner"), IO),
    ],
)
def test_a_region_has_one_owner(roles: tuple[str | None, ...], owner: str | None) -> None:
    owners = Owners(40)
    faults = [owners.add([shared(role)], f"d{number}") for number, role in enumerate(roles)]
    assert not any(faults[:-1])
    assert faults[-1] == (None if owner is None else UnownedMemory(shared(roles[-1]), owner=owner))


def test_guest_addresses_have_as_many_bits_as_the_p2m() -> None:
    last = (1 << 40) - 0x2000
    assert Owners(40).add([shared(None, last, 0x2000)], "d") is None
    beyond = shared(None, last, 0x3000)
    assert Owners(40).add([beyond], "d") == UnownedMemory(beyond, bits=40)


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        (Shared("a", 0x50000000, 0x1000, 0x1000, None), None),
        (Shared("a", 0x7FFFF000, 0x1000, 0x1000, None), None),
        (Shared("a", 0x7FFFF000, 0x1000, 0x2000, None), "CPU0: Unexpected Trap: Data Abort"),
        (Shared("", 0x50000000, 0x1000, 0x1000, None), "Xen BUG at common/device-tree/static-shmem.c:328"),
        (Shared("a", None, 0x40000FFF, 0x1000, None), "Unable to copy the kernel in the d3 memory"),
        (Shared("a", None, 0x3FFFF000, 0x1001, "borrower"), "Unable to copy the kernel in the d3 memory"),
        (Shared("a", None, 0x40000FFF, 0x1000, "owner"), None),
        (Shared("a", None, 0x40001000, 0x1000, None), None),
        (Shared("a", None, 0x3FFFF000, 0x1000, None), None),
    ],
)
def test_shared_memory_that_stops_xen(region: Shared, expected: str | None) -> None:
    failure = None if expected is None else Failure(FailureKind.OTHER, expected)
    assert shared_failure([region], MACHINE, 0x1000, 3) == failure


@given(st.integers(0, 1 << 20), st.integers(1, 5000))
def test_memory_of_the_buddy_heap_is_mapped_in_powers_of_two(gfn: int, pages: int) -> None:
    found = shared_mappings([Shared("a", None, gfn * 4096, pages * 4096, None)])
    assert [each.pages for each in found] == [1 << bit for bit in reversed(range(13)) if pages >> bit & 1]
    assert [each.gfn for each in found] == [gfn + sum(one.pages for one in found[:at]) for at in range(len(found))]
    assert all(each.blocks == (each.gfn % min(each.pages, 512) == 0) for each in found)


def test_memory_with_a_host_address_is_mapped_as_one() -> None:
    found = shared_mappings(
        [Shared("a", 0x50200000, 0x400000, 0x3000, None), Shared("b", 0x50200000, 0x1000, 0x1000, None)]
    )
    assert found == [Mapping(0x400, 3, blocks=True), Mapping(1, 1, blocks=False)]
