"""Changes that are proposed are enough, and smaller ones are not."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from colorcheck.replay.changes import (
    enough_reserve,
    less_memory,
    more_colors,
    moved_module,
    room_for_xen,
    smaller_reserve,
    with_memory,
    with_reserve,
)
from colorcheck.xen.booted import Boot, Built
from colorcheck.xen.memory.boot import boot as boot_again
from tests.xen.small import KERNEL, booted, deployment, domain, reserved

ARGUMENTS = "llc-coloring=on dom0_mem=128M xen-llc-colors=0 dom0-llc-colors=1-2 "


def failing(boot: Boot) -> Built:
    return next(built for built in boot.built if not built.created)


def retried(text: str, guests: tuple[str, ...] = (), chosen: str = KERNEL, version: str = "4.20") -> Boot:
    return booted(deployment(text, chosen, guests=guests), version)


@pytest.mark.parametrize("version", ["4.20", "4.21", "4.22"])
@pytest.mark.parametrize("memory", [300, 500, 1000])
def test_the_fewest_colors(version: str, memory: int) -> None:
    chosen = KERNEL + domain("u", 'llc-colors = "3-4";', memory=memory * 1024)
    boot = retried(ARGUMENTS, chosen=chosen, version=version)
    found = more_colors(boot, failing(boot))
    assert found is not None
    colors = sorted({3, 4, *found.colors})
    assert 0 not in colors
    listed = ",".join(map(str, colors))
    again = retried(ARGUMENTS, chosen=chosen.replace('"3-4"', f'"{listed}"'), version=version)
    assert all(built.created for built in again.built)
    assert again.free_final == found.boot.free_final
    fewer = retried(ARGUMENTS, chosen=chosen.replace('"3-4"', f'"{listed[: listed.rindex(",")]}"'), version=version)
    assert fewer.panic is not None


@pytest.mark.parametrize("kind", ["dom0", "dom0less", "pool", "xl", "shadow", "maxvcpus"])
def test_the_most_memory(kind: str) -> None:
    """What is proposed is what the files would have to say, and one MiB more is too much."""

    def tried(memory: int) -> Boot:
        if kind == "dom0":
            return retried(ARGUMENTS.replace("128M", f"{memory}M"))
        if kind in ("dom0less", "pool"):
            extra = "xen,domain-p2m-mem-mb = <3>;" if kind == "pool" else ""
            return retried(ARGUMENTS, chosen=KERNEL + domain("u", f'llc-colors = "3-4"; {extra}', memory * 1024))
        more = {"shadow": "shadow_memory = 5\n", "maxvcpus": "maxvcpus = 3\n"}
        text = f'name = "g"\nmemory = {memory}\nllc_colors = ["3-4"]\n{more.get(kind, "")}'
        return retried(ARGUMENTS, (text,))

    boot = tried(1000)
    found = less_memory(boot, failing(boot))
    assert found is not None
    assert all(built.created for built in tried(found.mib).built)
    assert tried(found.mib).free_final == found.boot.free_final
    assert not all(built.created for built in tried(found.mib + 1).built)


def test_the_largest_reserve() -> None:
    chosen = KERNEL + domain("u", 'llc-colors = "3-4";', memory=200 * 1024)
    arguments = ARGUMENTS + "buddy-alloc-size=800M"
    boot = retried(arguments, chosen=chosen)
    found = smaller_reserve(boot, failing(boot), 16)
    assert found is not None
    assert retried(arguments.replace("800M", f"{found.mib}M"), chosen=chosen).panic is None
    assert retried(arguments.replace("800M", f"{found.mib + 1}M"), chosen=chosen).panic is not None
    assert smaller_reserve(boot, failing(boot), found.mib + 1) is None


def test_the_smallest_reserve() -> None:
    boot = booted(deployment("llc-coloring=on dom0_mem=64M buddy-alloc-size=64K", root=reserved((0x40001000, 0x1000))))
    assert boot.panic is not None
    found = enough_reserve(boot, 600)
    assert found is not None
    assert (found.mib, found.boot.buddy_initial_pages, found.boot.panic) == (3, 769, None)
    after = boot_again(with_reserve(boot.system, 2))
    assert after is not None
    assert after.buddy_initial_pages < 600


def test_a_module_moved_wins_the_lowest_region_back() -> None:
    boot = booted(deployment())
    found = moved_module(boot, lambda _: True)
    assert found is not None
    assert (found.module.kind, found.address) == ("device-tree", 0x40200000 + 0x200000)  # Xen lies at 0x40200000
    given = deployment()
    target = replace(given.manifest.target, device_tree_address=found.address)
    again = booted(replace(given, manifest=replace(given.manifest, target=target)))
    assert again.free_initial == found.boot.free_initial
    assert sum(again.free_initial) > sum(boot.free_initial) + 20000
    assert moved_module(again, lambda _: True) is None


def test_room_for_xen() -> None:
    """A module in the middle of a small memory; at an end of it, Xen can move."""
    middle = KERNEL.replace("49000000", "42800000")
    given = deployment("llc-coloring=on dom0_mem=4M buddy-alloc-size=4M", middle, memory="0x0 0x40000000 0x0 0x3400000")
    target = replace(given.manifest.target, device_tree_address=0x40000000)
    given = replace(given, manifest=replace(given.manifest, target=target))
    boot = booted(given)
    assert boot.panic is not None
    assert boot.panic.kind == "relocation"
    found = room_for_xen(boot.system)
    assert found is not None
    assert (found.module.kind, found.address) == ("kernel", 0x40400000)
    assert found.boot.xen_region == (0x41C00000, 0x43400000)


def test_memory_of_a_guest_takes_its_pool_along() -> None:
    boot = retried(ARGUMENTS, ('name = "g"\nmemory = 64\nvcpus = 2\nllc_colors = ["3"]\n',))
    guest = boot.system.domains[-1]
    assert with_memory(guest, 32).p2m_pages == 256 * 2 + 32 + 128
