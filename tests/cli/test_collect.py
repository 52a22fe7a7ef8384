"""`colorcheck collect` packs a running system with nothing but a shell; `init --from` unpacks only what it knows."""

import io
import json
import lzma
import os
import shutil
import subprocess
import tarfile
import tomllib
from pathlib import Path

import pytest

from colorcheck.cli import main

GOLDEN = Path(__file__).parent.parent / "golden"
GUEST = {
    "domid": 1,
    "config": {"c_info": {"name": "../rt"}, "b_info": {"max_memkb": 65536, "max_vcpus": 1, "llc_colors": [9, 10]}},
}
XL = """#!/bin/sh
case "$1" in dmesg) cat "$LOG";; list) cat "$LIST";; *) echo ok;; esac
"""


@pytest.mark.parametrize("shell", ["sh", "dash", "busybox"])
def test_a_packed_system_becomes_a_manifest(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"needs a shell: install {shell}")
    assert main(["collect"]) == 0
    script = tmp_path / "collect.sh"
    script.write_text(capsys.readouterr().out)
    tools, work = tmp_path / "bin", tmp_path / "work"
    tools.mkdir()
    work.mkdir()
    (tools / "xl").write_text(XL)
    (tools / "xl").chmod(0o755)
    (tmp_path / "list.json").write_text(json.dumps([{"domid": 0}, GUEST]))
    environment = {
        "PATH": f"{tools}:/usr/bin:/bin",
        "LOG": str(GOLDEN / "logs" / "basic-4.20.log"),
        "LIST": str(tmp_path / "list.json"),
        "COLORCHECK_ROOT": str(tmp_path),
    }
    words = [program, "sh"] if shell == "busybox" else [program]
    command = [*words, str(script), str(tmp_path / "b.tar")]
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "fdt" in done.stderr
    assert main(["init", str(work), "--from", str(tmp_path / "b.tar")]) == 0
    inputs = tomllib.loads((work / "colorcheck.toml").read_text())["inputs"]
    assert (inputs["boot-log"], inputs["domains"]) == ("xl-dmesg.txt", ["_rt.cfg"])


def packed(path: Path, *members: tuple[str, bytes, str]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, data, link in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            if link:
                info.type, info.linkname, info.size = tarfile.SYMTYPE, link, 0
            tar.addfile(info, io.BytesIO(data))


def test_a_hostile_tar_writes_nothing_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work = tmp_path / "work"
    work.mkdir()
    packed(
        tmp_path / "b.tar",
        ("../evil", b"x", ""),
        ("board/fdt", b"", "/etc/passwd"),
        ("/etc/evil", b"x", ""),
        ("board/xl-dmesg", b"(XEN) Command line: \n", ""),
    )
    assert main(["init", str(work), "--from", str(tmp_path / "b.tar")]) == 0
    assert {path.name for path in work.iterdir()} == {"xl-dmesg.txt", "colorcheck.toml"}
    assert "fdt: a link" in capsys.readouterr().err
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("content", [b"", b"nothing", b"\x1f\x8b", b"board/fdt".ljust(512, b"\0")])
def test_what_is_no_dump_is_told(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "b.tar").write_bytes(content)
    assert main(["init", str(tmp_path), "--from", str(tmp_path / "b.tar")]) == 2
    assert "Traceback" not in capsys.readouterr().err


TOOLS = "sh cat cp mkdir mv rm tar ls test uname date sed grep find dirname basename head tr wc id hostname mktemp gzip"
ODD_GUEST = {
    "domid": 7,
    "config": {
        "c_info": {"name": 'q"uo te;$(touch /evil)\n[x]', "uuid": "\u00e9"},
        "b_info": {"max_memkb": "65536", "max_vcpus": -1, "llc_colors": ["9", None, 3.5]},
    },
}
ODD_LISTS = ["", "[", "null", '{"domid": 1}', "[1, [], null]", json.dumps([ODD_GUEST]), "\x00\xff" * 50]


def static(program: str | None) -> bool:
    """Whether a program needs no loader, so that it runs where nothing else is."""
    return program is not None and b"/ld-" not in Path(program).read_bytes()[:4096]


@pytest.mark.skipif(
    not static(shutil.which("busybox")) or shutil.which("chroot") is None or os.geteuid() != 0,
    reason="needs chroot as root and a static busybox: install busybox-static",
)
@pytest.mark.parametrize("listed", [json.dumps([{"domid": 0}, GUEST]), *ODD_LISTS], ids=range(len(ODD_LISTS) + 1))
def test_in_a_chroot_with_nothing_but_busybox(listed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, work = tmp_path / "root", tmp_path / "work"
    for folder in (root / "bin", root / "sys/firmware", root / "proc", root / "tmp", root / "etc/xen", work):
        folder.mkdir(parents=True)
    shutil.copy(shutil.which("busybox") or "", root / "bin/busybox")
    for tool in TOOLS.split():
        (root / "bin" / tool).symlink_to("busybox")
    (root / "bin/xl").write_text(
        XL.replace("$LOG", "/log").replace("$LIST", "/list").replace("echo ok", "echo 'odd: %n'")
    )
    (root / "bin/xl").chmod(0o755)
    shutil.copy(GOLDEN / "logs" / "basic-4.20.log", root / "log")
    (root / "list").write_bytes(listed.encode("utf-8", "surrogateescape"))
    consoles = json.loads(lzma.decompress((GOLDEN / "emulation" / "consoles.json.xz").read_bytes()))
    (root / "sys/firmware/fdt").write_bytes(bytes.fromhex(consoles["4.22.0 0/5"]["tree"]))
    assert main(["collect"]) == 0
    (root / "collect.sh").write_text(capsys.readouterr().out)
    command = [shutil.which("chroot") or "", str(root), "/bin/sh", "/collect.sh", "/tmp/b.tar"]
    done = subprocess.run(command, check=False, env={"PATH": "/bin"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert main(["init", str(work), "--from", str(root / "tmp/b.tar")]) == 0
    inputs = tomllib.loads((work / "colorcheck.toml").read_text())["inputs"]
    assert {"boot-log", "device-tree"} <= set(inputs)
    assert main(["verify", str(work)]) in {0, 1, 4}
    assert "Traceback" not in capsys.readouterr().err
    assert not (root / "evil").exists()
