"""Data from the manuals of cores: ways, index and physical address size, independent of the SoC."""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from colorcheck.files.resources import common_table
from colorcheck.hardware.table import Table


class Core(Struct, frozen=True):
    """A core by its name ("cortex-a53").

    `llc_level` is the deepest level that CLIDR_EL1 can show, and `llc_ways` are the possible ways of the cache there;
    `linear`: whether this cache is known to be indexed linearly. `line` is the size of a line in bytes, of all its
    caches; `cores_most` the number of cores that a cluster can have. A `dynamiq` core shares its L3 with cores of other
    kinds. Empty and None mean unknown.
    """

    name: str
    compatible: str
    pa_bits: int | None = None
    pa_bits_sources: tuple[str, ...] = ()
    llc_level: int | None = None
    llc_ways: tuple[int, ...] = ()
    private_l2_ways: tuple[int, ...] = ()
    l1d_ways: tuple[int, ...] = ()
    l1i_ways: tuple[int, ...] = ()
    line: int | None = None
    cores_most: int | None = None
    linear: bool = False
    dynamiq: bool = False
    sources: tuple[str, ...] = ()


@cache
def cores() -> dict[str, Core]:
    """All cores of `boards/common/cores.toml` by name."""
    data = common_table("cores")
    return {name: _core(name, Table(name, values)) for name, values in data.items()}


def core_named(name: str) -> Core | None:
    return cores().get(name)


def core_of_compatible(compatible: str) -> Core | None:
    """The core of a `compatible` string of a CPU node ("arm,cortex-a53")."""
    return next((core for core in cores().values() if core.compatible == compatible), None)


def _core(name: str, table: Table) -> Core:
    core = Core(
        name=name,
        compatible=table.text("compatible"),
        pa_bits=table.number("pa_bits", 32, 52),
        pa_bits_sources=table.texts("pa_bits_sources"),
        llc_level=table.number("llc_level", 1, 7),
        llc_ways=table.numbers("llc_ways", 64),
        private_l2_ways=table.numbers("private_l2_ways", 64),
        l1d_ways=table.numbers("l1d_ways", 64),
        l1i_ways=table.numbers("l1i_ways", 64),
        line=table.power_of_two("line", 16, 2048),
        cores_most=table.number("cores_most", 1, 64),
        dynamiq=table.flag("dynamiq") or False,
        linear=table.one_of("index", ("linear", "unknown"), "unknown") == "linear",
        sources=table.texts("sources"),
    )
    table.done()
    return core
