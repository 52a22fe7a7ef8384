"""Ways that go on from a state of another one are those that are followed from the start."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.loader.u_boot import follow
from colorcheck.loader.u_boot.commands import call
from colorcheck.loader.u_boot.memory import Memory
from colorcheck.loader.u_boot.resume import Watch
from tests.loader.test_u_boot_bad_input import END, HEAD, written
from tests.loader.u_boot_cases import script_image


def statement(chance: random.Random, depth: int = 0) -> str:
    """A command, or several, some of which ask what nothing answers."""
    asks = f"mmc dev {chance.randrange(4)}"
    inner = [statement(chance, depth + 1) if depth < 3 else "true" for _ in range(2)]
    name, value = chance.randrange(3), chance.randrange(9)
    return chance.choice(
        (
            f"if {asks}; then {inner[0]}; else {inner[1]}; fi",
            f"setenv v{name} {value}",
            f'fdt set /chosen p{name} "$v{value % 3}"',
            f"fdt mknod /chosen n{name}",
            f"fdt rm /chosen n{name}",
            f"setenv m{name} 'if {asks}; then setenv v0 a; fi; fdt set /chosen q $v0'",
            f"run m{name}",
            f"{asks} && setenv v1 x$v1 || setenv v2 y",
            "for i in a b; do fdt set /chosen $i $v1; done",
            f"load virtio 0:1 0x50000000 {chance.choice(('second.scr', 'nosuch'))} && source 0x50000000",
            f"mw.l 0x4f000000 {value}; setexpr v0 *0x4f000000",
            "nosuchcommand a",
            "test -n $bootargs",
            "fdt resize 100",
            "fdt get value v0 /chosen p0",
            chance.choice(("true", "exit", "reset", "env import -t 0x50000000 20")),
        )
    )


@pytest.mark.parametrize("modern", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_ways_are_the_same_from_the_start(
    seed: int, modern: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    text = HEAD + "\n".join(statement(chance) for _ in range(20)) + "\n" + END
    manifest = written(tmp_path, text.encode())
    given = manifest.read_text().replace("[target.environment]\n", "")
    manifest.write_text(given.replace("[target]\n", '[target]\nu-boot-shell = "modern"\n') if modern else given)
    second = "\n".join(statement(chance) for _ in range(3)) + "\n"
    (tmp_path / "second.scr").write_bytes(script_image(second.encode()))
    shared = api.handover(manifest)
    monkeypatch.setattr(Watch, "__call__", lambda *_: None)
    assert api.handover(manifest) == shared


def test_what_ways_have_in_common_is_followed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def counting(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        return call(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(follow, "call", counting)
    asks = "".join(f"if mmc dev {n}; then fdt set /chosen m{n} a; fi\n" for n in range(5))
    common = "fdt set /chosen a b\n" * 100
    found = api.handover(written(tmp_path, (HEAD + common + asks + END).encode()))
    assert len(found.alternatives) == 31
    assert calls < 100 + 32 * 12


def test_memories_part() -> None:
    one = Memory()
    one.write(0x1000, b"a" * 5000)
    two = one.twin()
    one.write(0x1010, b"b")
    two.write(0x1020, b"c")
    one.keep(0x1000, b"k" * 100)
    assert bytes(one.read(0x1000, 101) or b"") == b"k" * 100 + b"a"
    assert bytes(two.read(0x100F, 3) or b"") == b"aaa"
    assert bytes(two.read(0x1020, 1) or b"") == b"c"
    one.keep(0x1000, b"l" * 100)
    one.keep(0x1000, b"m" * 50)
    assert bytes(one.read(0x1000, 100) or b"") == b"m" * 50 + b"l" * 50
