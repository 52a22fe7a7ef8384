"""`[[target.modules]]`: what the boot loader puts into memory is in memory, or it is open."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.core.diagnostic import Verdict
from colorcheck.rules.example import Example
from colorcheck.verification.results import Verification
from colorcheck.xen.facts.keys import DOM0_KERNEL, MODULES

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d" * 32 + "\nsize 12345\n"
TREE = "/dts-v1/;\n/ { passthrough { }; };\n"


def verified(folder: Path, module: str, *, kernel: str = "", target: str = "", **files: str) -> Verification:
    named = tuple((name.replace("_", "."), text) for name, text in files.items())
    made = Example(kernel=kernel, target=target, manifest=f"[[target.modules]]\n{module}", files=named)
    return api.verify(made.write(folder))


def modules(found: Verification) -> list[tuple[str, int, int]]:
    system = found.facts.results[0].system
    assert system is not None
    assert system.preparation is not None
    return [(m.kind, m.start, m.size) for m in system.preparation.machine.modules if "[[" in m.label]


def test_a_kernel_with_address_and_size_lies_there_and_makes_dom0(tmp_path: Path) -> None:
    found = verified(tmp_path, 'kind = "kernel"\nsize = 0x1000000\naddress = 0x10000000\n')
    assert modules(found) == [("kernel", 0x10000000, 0x1000000)]
    assert "memory/dom0" in {theorem.id for theorem in found.theorems}
    assert found.exit_status() == 0


def test_the_size_is_that_of_the_file(tmp_path: Path) -> None:
    found = verified(tmp_path, 'kind = "kernel"\nfile = "Image"\naddress = 0x10000000\n', Image="x" * 5000)
    assert modules(found) == [("kernel", 0x10000000, 5000)]


def test_of_a_source_it_is_that_of_the_blob(tmp_path: Path) -> None:
    found = verified(
        tmp_path, 'kind = "xsm"\nfile = "a.dts"\naddress = 0x10000000\n', kernel=Example().kernel, a_dts=TREE
    )
    ((kind, _, size),) = modules(found)
    assert kind == "other"
    assert size != len(TREE)
    assert size > 40


@pytest.mark.parametrize(
    ("module", "fact", "says"),
    [
        ('kind = "kernel"\nsize = 0x1000\n', DOM0_KERNEL.name, "has no address"),
        ('kind = "kernel"\nfile = "Image"\naddress = 0x10000000\n', DOM0_KERNEL.name, "has no size"),
        ('kind = "ramdisk"\nsize = 0x1000\n', MODULES.name, "has no address"),
        ("size = 0x1000\n", MODULES.name, "has no address"),
    ],
)
def test_what_nobody_says_of_it_is_open(module: str, fact: str, says: str, tmp_path: Path) -> None:
    found = verified(tmp_path, module, kernel="" if "kernel" in module else Example().kernel)
    opened = {each.what: each for each in found.open_facts()}
    assert says in opened[fact].why
    assert found.exit_status() != 0
    verdicts = {theorem.id: theorem.verdict for theorem in found.theorems}
    assert verdicts["boots"] is verdicts["memory/dom0"] is Verdict.UNKNOWN
    assert verdicts["separation/xen/dom0"] is Verdict.PROVED


def test_a_pointer_of_git_lfs_is_no_file(tmp_path: Path) -> None:
    found = verified(tmp_path, 'kind = "kernel"\nfile = "Image"\naddress = 0x10000000\n', Image=LFS)
    assert modules(found) == []
    assert found.exit_status() != 0
    assert [finding.rule for finding in found.findings][:1] == ["CC002"]


def test_at_the_address_of_a_module_of_the_tree_none_is_added(tmp_path: Path) -> None:
    module = 'kind = "kernel"\nsize = 0x5000\naddress = 0x1000000\n'
    assert modules(verified(tmp_path, module, kernel=Example().kernel)) == []


def test_a_tree_that_xen_gets_as_it_is_has_all_modules_that_there_are(tmp_path: Path) -> None:
    module = 'kind = "kernel"\nsize = 0x1000000\naddress = 0x10000000\n'
    found = verified(tmp_path, module, target='loader = "none"')
    assert modules(found) == []
    assert found.exit_status() == 1


def test_memory_of_a_module_is_not_free(tmp_path: Path) -> None:
    """Two modules of 2815 MiB leave too little of 4 GiB for a dom0 of 1 GiB in nine of sixteen colors."""
    (tmp_path / "small").mkdir()
    (tmp_path / "large").mkdir()
    low = 'kind = "xsm"\nsize = 0x30000000\naddress = 0x20000000\n'
    high = '[[target.modules]]\nkind = "xsm"\nsize = 0x7ff00000\naddress = 0x800000000\n'
    small = verified(tmp_path / "small", low, kernel=Example().kernel)
    large = verified(tmp_path / "large", low + high, kernel=Example().kernel)
    assert small.count(Verdict.REFUTED) == 0
    assert large.count(Verdict.REFUTED) > 0


def test_a_file_for_a_script_that_is_not_there_is_told(tmp_path: Path) -> None:
    made = Example(manifest='[[target.files]]\nname = "Image"\nfile = "Image"\n')
    found = api.verify(made.write(tmp_path))
    assert [finding.rule for finding in found.findings] == ["CC002"]
    assert found.exit_status() == 1
