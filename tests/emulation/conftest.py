"""A QEMU that plays recorded consoles of real Xens, and one that fails in every way that we know."""

from __future__ import annotations

import json
import lzma
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

RECORDED = Path(__file__).parent.parent / "golden" / "emulation" / "consoles.json.xz"

_PLAYER = """#!{python}
import json, os, sys, time
what = json.load(open({script!r}))
words = sys.argv[1:]
if "--version" in words:
    print("QEMU emulator version " + what.get("version", "7.2.22 (Debian)"))
elif words[-1:] == ["help"]:
    print("Supported:")
    names = ["virt", "xlnx-zcu102"] if "-machine" in words else ["cortex-a53", "cortex-a57", "cortex-a72"]
    print("\\n".join("  " + name if "-cpu" in words else name + "   x" for name in names))
elif "dumpdtb=" in " ".join(words):
    name = [word for word in words if "dumpdtb=" in word][0].partition("dumpdtb=")[2]
    open(name, "wb").write(bytes.fromhex(what["tree"]))
else:
    open({log!r}, "a").write(json.dumps([os.getpid(), words]) + "\\n")
    how = what["how"]
    if how == "die":
        sys.stderr.write("no such device\\n")
        sys.exit(3)
    if how == "silent":
        time.sleep(60)
    if how == "garbage":
        sys.stdout.buffer.write(bytes(range(256)) * 2000)
        sys.stdout.flush()
        sys.exit(0)
    if how == "dialogue":
        exec(what["player"])
        sys.exit(0)
    sys.stdout.buffer.write(what["console"].encode())
    sys.stdout.flush()
    if how == "play":
        while key := sys.stdin.buffer.read(1):
            sys.stdout.buffer.write(b"'" + key + b"' pressed\\n")
            sys.stdout.flush()
    else:
        time.sleep(60)
"""


class Player:
    """The fake program: `set` says what it does next, `calls` are the systems that it was to run."""

    def __init__(self, folder: Path) -> None:
        self.script, self.log = folder / "play.json", folder / "calls"
        program = folder / "qemu-system-aarch64"
        program.write_text(_PLAYER.format(python=sys.executable, script=str(self.script), log=str(self.log)))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self.folder = folder

    def set(self, recorded: dict[str, Any], how: str = "play", **more: str) -> None:
        self.script.write_text(json.dumps({**recorded, "how": how, **more}))

    @property
    def calls(self) -> list[tuple[int, list[str]]]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [tuple(json.loads(line)) for line in lines]

    @property
    def alive(self) -> list[int]:
        """Which of the processes still run."""
        return [process for process, _ in self.calls if os.path.exists(f"/proc/{process}")]


@pytest.fixture
def recorded() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(lzma.decompress(RECORDED.read_bytes()))
    return found


@pytest.fixture
def player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Player:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return Player(folder)


@pytest.fixture
def xen(tmp_path: Path) -> Path:
    """A file that looks like a colored Xen."""
    file = tmp_path / "xen"
    file.write_bytes(image(0x17C000))
    return file


def image(size: int, options: bytes = b"xen-llc-colors\0") -> bytes:
    header = bytearray(64)
    header[16:24] = size.to_bytes(8, "little")
    header[56:60] = b"ARM\x64"
    return bytes(header) + b"Xen version\0" + options + bytes(1 << 18)
