"""Scripts that are damaged or hostile: bounded time and memory, a message with its place, never an exception."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.core.source import Location
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.loader.facts import OpenFact
from colorcheck.loader.handover import Handover
from colorcheck.loader.u_boot import follow, machine
from colorcheck.loader.u_boot.resume import twin
from colorcheck.workflows import verify as workflow
from tests.loader.own_scripts import BOARD, SCRIPTS
from tests.loader.script_machine import script_machine
from tests.loader.u_boot_cases import script_image, stub
from tests.shapes import present

MOST_STEPS = 4_000
HEAD = "load virtio 0:1 0x4a000000 board.dtb\nload virtio 0:1 0x4c000000 xen\nfdt addr 0x4a000000\nfdt resize 0x1000\n"
END = "booti 0x4c000000 - 0x4a000000\n"


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundredth of the commands that a script may run, since what ends at one bound ends at the other."""
    for module in (follow, machine):
        monkeypatch.setattr(module, "MOST_STEPS", MOST_STEPS)


def written(folder: Path, script: bytes, name: str = "boot.cmd") -> Path:
    (folder / "board.dts").write_text(BOARD)
    (folder / "xen").write_bytes(stub().ljust(0x20000, b"\0"))
    (folder / name).write_bytes(script)
    manifest = '[target]\nxen = "4.21"\nboard = "qemu-virt-cortex-a53"\nmemory = ["0x40000000+0x80000000"]\n'
    manifest += f'[target.environment]\n[inputs]\ndevice-tree = "board.dts"\nboot-script = "{name}"\n'
    (folder / "colorcheck.toml").write_text(manifest)
    return folder / "colorcheck.toml"


def followed(folder: Path, script: str | bytes, name: str = "boot.cmd") -> Handover:
    data = script.encode() if isinstance(script, str) else script
    return api.handover(written(folder, data, name))


def steps(folder: Path, script: str) -> int:
    """How many commands were followed."""
    manifest = read_manifest(str(written(folder, script.encode())))
    return script_machine(manifest, None, str(folder / "boot.cmd"), script.encode()).steps


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "most"),
    [
        ("while true; do setenv a b; done\n", MOST_STEPS + 1),
        ("setenv a 'run a'; run a\n", 200),
        ("setenv a 'run b; run b'; setenv b 'run a; run a'; run a\n", 200),
        ("for a in 1 2 3; do for b in 1 2 3; do true; done; done\n", 40),
        ("setenv x " + "y" * 500_000 + "\n", 2),
        ("fdt set /chosen " + "a " * 100_000 + "\n", 2),
        ("setenv l " + "1 " * 1_500 + "; for a in $l; do true; done\n", 3_002),
        ("if true; then\n" * 5_000, 0),
    ],
)
@pytest.mark.usefixtures("few_steps")
def test_what_is_followed_is_bounded(script: str, most: int, tmp_path: Path) -> None:
    assert steps(tmp_path, script) <= most


@pytest.mark.parametrize(
    ("script", "ends"),
    [("true\n" * 98, True), ("true\n" * 101, False), ("while true; do true; done\n", False)],
)
def test_the_bound_itself_is_reached(script: str, ends: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound of the program, which the other tests lower, with each command counted as 4,000."""
    step = machine.UBootMachine.step

    def many(self: machine.UBootMachine) -> None:
        self.steps += 3_999
        step(self)

    monkeypatch.setattr(machine.UBootMachine, "step", many)
    found = followed(tmp_path, script)
    assert found.stopped
    assert ("does not end within 400000 commands" in found.stopped) is not ends
    assert steps(tmp_path, script) <= machine.MOST_STEPS + 4_000


def test_facts_keep_their_numbers_however_many_there_are(tmp_path: Path) -> None:
    manifest = read_manifest(str(written(tmp_path, b"true\n")))
    found = script_machine(manifest, None, str(tmp_path / "boot.cmd"), b"true\n")
    before = len(found.facts)
    facts = [OpenFact(f"variable v{number}", "not given", (), Location("boot.cmd", number)) for number in range(20_000)]
    begin = time.process_time()
    for _ in range(2):
        assert [found.number(fact) for fact in facts] == list(range(before, before + len(facts)))
    assert time.process_time() - begin < 10  # comparing each with each takes minutes
    copied = twin(found)
    assert copied.number(facts[-1]) == before + len(facts) - 1
    assert copied.number(OpenFact("another", "", (), Location("boot.cmd"))) == before + len(facts)
    assert len(found.facts) == before + len(facts)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("while true; do setenv a b; done\n", "does not end within"),
        ("setenv a 'run a'; run a\n", "levels deep"),
        ("setenv a 'run b; run b'; setenv b 'run a'; run a\n", "levels deep"),
        ("setenv x aaaaaaaaaaaaaaaa\nwhile true; do setenv x $x$x; done\n", "grows"),
        ("fdt addr 0x4a000000 ffffffff\n", "large"),
        ("fdt resize fffffff0\n", "large"),
        ("fdt set /chosen a " + "x" * 1100 + "\n", "own memory"),
        ("reset\n", "resets"),
        ("if true; then\n", "no end"),
        ("fdt set /chosen a 'x\n", "syntax error"),
        ("nothing\n" * 5, "without starting Xen"),
        ("", "without starting Xen"),
        ("\0\0\0", "without starting Xen"),
    ],
)
@pytest.mark.usefixtures("few_steps")
def test_a_script_that_does_not_start_xen(script: str, said: str, tmp_path: Path) -> None:
    found = followed(tmp_path, HEAD + script)
    assert found.stopped
    assert said in found.stopped
    assert found.location is not None


def test_a_script_that_calls_itself(tmp_path: Path) -> None:
    text = HEAD + "load virtio 0:1 0x50000000 boot.scr\nsource 0x50000000\n" + END
    found = followed(tmp_path, script_image(text.encode()), "boot.scr")
    assert found.stopped
    assert "levels deep" in found.stopped


@pytest.mark.parametrize("damage", [0, 4, 30, 64, -1])
def test_a_damaged_image_is_refused_whole(damage: int, tmp_path: Path) -> None:
    data = bytearray(script_image((HEAD + END).encode()))
    data[damage] ^= 0xFF
    found = followed(tmp_path, bytes(data), "boot.scr")
    assert found.stopped
    assert ("refuses" if damage else "not a U-Boot script") in found.stopped  # without its magic it is just a binary
    assert followed(tmp_path, bytes(data[:40]), "boot.scr").stopped


@pytest.mark.slow
def test_many_variables(tmp_path: Path) -> None:
    lines = "".join(f"setenv v{n} value{n}\n" for n in range(4_000))
    found = followed(tmp_path, HEAD + lines + 'fdt set /chosen a "$v3999"\n' + END)
    assert found.stopped is None
    assert found.tree is not None
    assert present(found.tree.node("/chosen")).properties["a"].value == b"value3999\0"


def test_addresses_beyond_64_bits(tmp_path: Path) -> None:
    more = (
        "load virtio 0:1 0x1234567890abcdef01234567890 board.dtb\nmw.b ffffffffffffffff 0 100\n"
        "cp.b 0 ffffffffffffff00 ffffffffffffffff\nfdt addr fffffffffffffff0\nsetexpr a ffffffffffffffffff * ffff\n"
        "fdt set /chosen a <0x11111111111111111>\nload virtio 0:1 ffffffffffffff00 xen\nfdt rsvmem delete ffffffff\n"
    )
    assert followed(tmp_path, HEAD + more + END).stopped is None


def test_many_unknown_conditions_are_many_ways_up_to_a_limit(tmp_path: Path) -> None:
    lines = "".join(f"if mmc dev {n}; then fdt set /chosen c{n} x; fi\n" for n in range(12))
    found = followed(tmp_path, HEAD + lines + END)
    assert len(found.alternatives) == 63
    assert any(fact.what == "paths through the script" for fact in found.open)


def test_unknown_things_are_open_with_their_line(tmp_path: Path) -> None:
    more = "boardspecial 1\nload virtio 0:1 0x50000000 nosuch.bin\nfdt set /chosen size <0x$filesize>\n"
    found = followed(tmp_path, HEAD + more + END)
    lines = {fact.what: fact.location.line for fact in found.open}
    assert any(what.startswith("command boardspecial") and line == 5 for what, line in lines.items())
    assert lines["file nosuch.bin"] == 6
    other = found.alternatives[0]
    assert ("/chosen", "size") in other.unsure
    assert '"nosuch.bin"' in next(f for f in found.open if f.what == "file nosuch.bin").settle[1]


def test_without_its_environment_variables_are_open(tmp_path: Path) -> None:
    script = "load mmc 0:1 ${fdt_addr_r} board.dtb\nload mmc 0:1 ${kernel_addr_r} xen\nfdt addr ${fdt_addr_r}\n"
    script += "fdt resize 0x1000\nfdt set /chosen xen,xen-bootargs 'llc-coloring=on'\n"
    script += "booti ${kernel_addr_r} - ${fdt_addr_r}\n"
    manifest = written(tmp_path, script.encode())
    manifest.write_text(manifest.read_text().replace("[target.environment]\n", ""))
    found = api.handover(manifest)
    assert found.stopped is None
    assert present(present(found.tree).node("/chosen")).properties["xen,xen-bootargs"].value == b"llc-coloring=on\0"
    assert found.device_tree[0] is None
    assert {"variable fdt_addr_r", "variable kernel_addr_r", "variable fdt_high"} <= {fact.what for fact in found.open}


def test_each_property_knows_its_line(tmp_path: Path) -> None:
    found = followed(tmp_path, HEAD + 'setenv c "4-7"\nfdt mknod /chosen d\nfdt set /chosen/d llc-colors "$c"\n' + END)
    held = present(present(found.tree).node("/chosen/d")).properties["llc-colors"]
    assert held.location.line == 7
    assert held.strings[0].locate(0, 3).line == 5
    assert present(present(found.tree).node("/chosen")).properties["stdout-path"].location.file.endswith("board.dts")


@pytest.mark.parametrize("seed", range(40))
def test_mutated_scripts_never_raise(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    text = list(chance.choice(list(SCRIPTS.values())))
    for _ in range(chance.randint(1, 30)):
        at = chance.randrange(len(text))
        text[at : at + chance.randint(0, 4)] = chance.choice("\"'\\$;&|#{}<>[]? \n\t\0\x03\xff󰀁")
    followed(tmp_path, "".join(text))


def test_the_other_files_are_still_checked(tmp_path: Path) -> None:
    manifest = written(tmp_path, b"while true; do true; done\n")
    manifest.write_text(manifest.read_text() + 'domains = ["rt.cfg"]\n')
    (tmp_path / "rt.cfg").write_text("name = \n")
    rules = {finding.rule for finding in workflow.verify(read_manifest(str(manifest))).findings}
    assert {"CC022"} <= rules
    assert any(rule.startswith(("CC0", "CC1")) and rule not in ("CC020", "CC022", "CC023") for rule in rules)
