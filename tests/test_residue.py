"""What stays shared: how many frames of which color, and the grade that follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.rules.example import BOOT_ARGUMENTS, GUEST, Example
from colorcheck.rules.memory.cc512_static_shared_memory import RULE as SHARED
from colorcheck.testing import verify_text
from colorcheck.verification.residue import GRADES, Residue, by_color, residues
from colorcheck.verification.results import Verification

RESERVED = """reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;
    pool@40000000 { reg = <0x0 0x40000000 0x0 0x100000>; }; };"""
SIZES = " llc-size=1M llc-nr-ways=16"
CPUS = "".join(
    f'cpu@{n} {{ device_type = "cpu"; compatible = "arm,cortex-a53"; enable-method = "psci"; reg = <{n}>; }};'
    for n in range(4)
)
SHARE = '[[policy.share]]\ndomains = ["dom0", "rt"]\nreason = "both best effort"\n'


def verified(example: Example) -> Verification:
    return verify_text(dict(example.texts()))


def residue(example: Example) -> Residue:
    (found,) = residues(verified(example).facts)
    return found


def pages(found: Residue) -> dict[str, int | None]:
    return {remainder.what: remainder.pages for remainder in found.remainders}


@pytest.mark.parametrize(
    ("example", "grade"),
    [
        (Example(guests=(("rt.cfg", GUEST),)), "A"),
        (Example(guests=(("rt.cfg", GUEST),), tree=RESERVED), "B"),
        (Example(guests=(("rt.cfg", GUEST + 'iomem = ["70000,100"]\n'),)), "E"),
        (SHARED.bad, "B"),
        (Example(guests=(("rt.cfg", GUEST.replace("11-14", "10-14")),), manifest=SHARE), "C"),
        (Example(boot_arguments=BOOT_ARGUMENTS + SIZES, board="", compatible="nobody,knows"), "D"),
        (Example(guests=(("rt.cfg", GUEST.replace("11-14", "10-14")),)), "E"),
        (Example(boot_arguments="console=dtuart dom0_mem=1G"), "E"),
    ],
)
def test_grades(example: Example, grade: str) -> None:
    found = residue(example)
    assert found.grade == grade, found.reason
    assert found.to_dict()["meaning"] == GRADES[grade]


def test_devices_that_no_tree_names_keep_the_grade_from_a() -> None:
    texts = {
        "colorcheck.toml": '[target]\nxen = "4.20"\nboard = "zcu102"\nmemory = ["0x0+0x80000000"]\n[inputs]\n'
        f'boot-arguments = "{BOOT_ARGUMENTS}"\ndomains = ["rt.cfg"]\n',
        "rt.cfg": GUEST,
    }
    (found,) = residues(verify_text(texts).facts)
    assert found.grade != "A"
    assert "devices not described by any input" in pages(found)


def test_every_frame_of_every_color_is_counted() -> None:
    example = Example(guests=(("rt.cfg", GUEST),), tree=RESERVED)
    found = residue(example)
    (boot,) = (boot for _, boot in verified(example).facts.boots())
    for what, use in (
        ("uncolored (buddy) heap", "buddy"),
        ("frame table and page tables of Xen", "boot-allocation"),
        ("boot modules", "module"),
        ("reserved memory that dom0 can use", "reserved"),
    ):
        mfns = [mfn for part in boot.memory_map if part.use == use for mfn in range(part.start, part.end)]
        told = next(remainder for remainder in found.remainders if remainder.what == what)
        assert told.pages == len(mfns)
        assert list(told.by_color) == [sum(mfn % 16 == color for mfn in mfns) for color in range(16)]
        assert told.colors == f"{min(told.by_color)}{f'-{max(told.by_color)}' * (len(set(told.by_color)) > 1)} " + (
            "frames of every color"
        )


def test_ranges_that_the_configuration_gives() -> None:
    found = residue(Example(guests=(("rt.cfg", GUEST + 'iomem = ["70000,5", "ff000,1"]\n'),)))
    assert pages(found)["memory passed through"] == 5
    told = next(remainder for remainder in found.remainders if remainder.crosses)
    assert told.colors == "1 frames of 5 of 16 colors"
    assert SHARED.bad is not None
    assert pages(residue(SHARED.bad))["static shared memory"] == 256


def test_pinned_domains_do_not_meet_on_a_cpu() -> None:
    meeting = "L1 caches and TLBs of CPUs shared by several domains"
    together = Example(guests=(("rt.cfg", GUEST),))
    assert meeting in pages(residue(together))
    pinned = Example(
        guests=(("rt.cfg", GUEST + 'cpus = "3"\n'),),
        boot_arguments=BOOT_ARGUMENTS + " dom0_max_vcpus=2 dom0_vcpus_pin=1 sched=credit",
        cpus=CPUS,
    )
    assert meeting not in pages(residue(pinned))
    assert meeting not in pages(residue(Example()))


def test_verify_tells_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from colorcheck.cli import main

    manifest = Example(guests=(("rt.cfg", GUEST),), tree=RESERVED).write(tmp_path)
    main(["verify", "--verbose", str(manifest)])
    told = " ".join(capsys.readouterr().out.split())
    assert "grade B, reserved memory that dom0 can use crosses the colors" in told
    assert "reserved memory that dom0 can use (1 MiB, 16 frames of every color)" in told


def test_colors_are_counted_by_arithmetic() -> None:
    assert by_color(((0, 5), (7, 8)), 4) == (2, 1, 1, 2)
