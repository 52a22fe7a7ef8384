"""Every kind of file in every place of a manifest: one problem, or what the place takes."""

import os
import re
import struct
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck import api
from colorcheck.cli import main
from colorcheck.inputs.file_kinds import FileKind, Slot
from colorcheck.inputs.manifest.manifest_reader import ManifestError, read_manifest
from colorcheck.inputs.read import read_deployment
from colorcheck.inputs.recognition import recognized
from colorcheck.loader.receive import receive


def legacy(kind: int) -> bytes:
    head = struct.pack(">7I4B32s", 0x27051956, 0, 0, 4, 0, 0, 0, 5, 22, kind, 0, b"")
    return head + b"text"


FIT_NAMES = b"images\0configurations\0description\0"
SAMPLES = {
    FileKind.DEVICE_TREE: b"// tree\n/dts-v1/;\n/ { #address-cells = <2>; };\n",
    FileKind.BLOB: b"\xd0\x0d\xfe\xed" + bytes(60),
    FileKind.FIT: b"\xd0\x0d\xfe\xed" + bytes(60) + FIT_NAMES,
    FileKind.FIT_SOURCE: b"/dts-v1/;\n/ {\n  images {\n  };\n  configurations {\n  };\n};\n",
    FileKind.U_BOOT_SCRIPT: b"# boot\nsetenv fdt_high 0xffff\nif test -n ${x}; then\nfdt addr 0x1\nfi\nbooti 1 - 2\n",
    FileKind.U_BOOT_SCRIPT_IMAGE: legacy(6),
    FileKind.U_BOOT_IMAGE: legacy(3),
    FileKind.U_BOOT_ENVIRONMENT: b"bootdelay=2\nbootcmd=run distro\nfdt_high=0x1\n",
    FileKind.XL: b'name = "x"\nmemory = 256\nllc_colors = ["1-2"]\n',
    FileKind.IMAGE_BUILDER: b'MEMORY_START="0x0"\nMEMORY_END="0x80000000"\nDOM0_KERNEL="Image"\nNUM_DOMUS=0\n',
    FileKind.KCONFIG: b"CONFIG_LLC_COLORING=y\n# CONFIG_UBSAN is not set\n# a remark\n",
    FileKind.KCONFIG_SOURCE: b"config LLC_COLORING\n\tbool\n\tdepends on HAS_LLC_COLORING\n",
    FileKind.EXTLINUX: b"default xen\nlabel xen\n  kernel /xen\n  append dom0_mem=1G\n  fdt /board.dtb\n",
    FileKind.GRUB: b'set default=0\nmenuentry "Xen" {\n  xen_hypervisor /xen dom0_mem=1G\n}\n',
    FileKind.UEFI_CONFIG: b"[global]\ndefault=xen\n\n[xen]\noptions=console=dtuart\nkernel=Image root=/dev/sda\n",
    FileKind.LIBVIRT: b"<?xml version='1.0'?>\n<domain type='xen'>\n <name>x</name></domain>\n",
    FileKind.MANIFEST: b'[target]\nxen = "4.20"\n[inputs]\ndevice-tree = "a.dts"\n',
    FileKind.BOOT_LOG: b"(XEN) Xen version 4.20\n(XEN) a\n(XEN) b\n",
    FileKind.BITBAKE: b'SUMMARY = "x"\nSRC_URI += "file://x"\ninherit deploy\n',
    FileKind.ARM64_IMAGE: bytes(56) + b"ARM\x64" + bytes(100),
    FileKind.ELF: b"\x7fELF" + bytes(10),
    FileKind.GZIP: b"\x1f\x8b\x08" + bytes(30),
    FileKind.ARCHIVE: b"PK\x03\x04" + bytes(30),
    FileKind.PATCH: b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n",
    FileKind.HTML: b"<!DOCTYPE html>\n<html></html>\n",
    FileKind.XML: b"<?xml version='1.0'?>\n<other/>\n",
    FileKind.JSON: b'{"a": 1}\n',
    FileKind.SHELL: b"#!/bin/sh\nset -e\nmake\n",
    FileKind.YAML: b"---\n# a remark\ndomains:\n  - name: rt\n    memory: 256\n",
    FileKind.TOML: b'[package]\nname = "x"\n',
    FileKind.PYTHON: b"#!/usr/bin/env python3\nimport sys\n",
    FileKind.EFI_PROGRAM: b"MZ" + bytes(100) + b"PE\0\0" + bytes(100),
    FileKind.DOCUMENT: b"\x89PNG\r\n\x1a\n" + bytes(30),
    FileKind.UTF_16: "/dts-v1/;\n/ { };\n".encode("utf-16"),
    FileKind.EMPTY: b"",
    FileKind.CONFLICT: b'name = "x"\n<<<<<<< HEAD\nmemory = 256\n=======\nmemory = 512\n>>>>>>> other\n',
    FileKind.MARKDOWN: b"# The board\n\nSee [the page](https://example.com) for more.\n\n- build it\n- boot it\n",
    FileKind.PROSE: b"Hello, this is the file of the board.\nPlease look at the other one first.\n",
    FileKind.COMMENTS: b"# to be written\n# by someone\n",
    FileKind.BINARY: bytes(range(32)) * 20,
    FileKind.CERTIFIED: b'{"schema": "colorcheck/xen-attested/1"}\n',
}
KEYS = {
    Slot.DEVICE_TREE: '[inputs]\ndevice-tree = "file"\n',
    Slot.OVERLAY: '[inputs]\ndevice-tree = "base.dts"\noverlays = ["file"]\n',
    Slot.XL: '[inputs]\ndomains = ["file"]\n',
    Slot.IMAGE_BUILDER: '[inputs]\nimage-builder = "file"\n',
    Slot.KCONFIG: '[target]\nkconfig = "file"\n[inputs]\n',
    Slot.XEN_IMAGE: '[target]\nxen-image = "file"\n[inputs]\n',
    Slot.XEN_ATTESTED: '[target]\nxen-attested = "file"\n[inputs]\n',
    Slot.SYSTEM_DUMP: '[inputs]\nsystem-dump = "file"\n',
    Slot.BOOT_LOG: '[inputs]\ndevice-tree = "base.dts"\nboot-log = "file"\n',
    **{
        slot: f'[target]\nloader = "uefi"\n[inputs]\ndevice-tree = "base.dts"\n{key} = "file"\n'
        for slot, key in {
            Slot.UEFI_CONFIG: "uefi-config",
            Slot.GRUB: "grub-config",
            Slot.EFI_MEMORY_MAP: "efi-memory-map",
        }.items()
    },
}


MORE = [
    (FileKind.UTF_16, "/dts-v1/;\n/ { };\n".encode("utf-16-be")),
    (FileKind.UTF_16, b"\xfe\xff" + "setenv a 1\n".encode("utf-16-be")),
    (FileKind.UTF_16, 'name = "rt"\n'.encode("utf-16-le")),
    (FileKind.ARCHIVE, b"\x02\x21\x4c\x18" + bytes(30)),
    (FileKind.DOCUMENT, b"%PDF-1.7\n"),
    (FileKind.EMPTY, b" \r\n\n"),
    (FileKind.JSON, b"[1, 2]\n"),
    (FileKind.YAML, b"domains:\n  - name: rt\n"),
    (FileKind.XL, b'name = "rt"\rmemory = 256\rllc_colors = ["1-2"]\r'),
    (FileKind.PROSE, b"# Title\n\nSome text.\n"),
    (FileKind.COMMENTS, b"// only\n/* comments,\n   of C */\n"),
    (FileKind.CONFLICT, b"/dts-v1/;\n<<<<<<< HEAD\n/ { };\n=======\n/ { a; };\n>>>>>>> other\n"),
    (FileKind.MARKDOWN, b"Title\n=====\n\nA text about it.\n\n```\nxl create rt.cfg\n```\n"),
    (FileKind.FIT_SOURCE, b'/dts-v1/;\n/ { images { k { data = /incbin/("k"); }; };\nconfigurations { c { }; };\n};\n'),
    (FileKind.PROSE, b"Note: this is a remark\n"),
]


@pytest.mark.parametrize(("kind", "content"), MORE)
def test_spellings_of_a_kind(kind: FileKind | None, content: bytes) -> None:
    assert recognized(content) is kind


def test_there_is_a_sample_of_every_kind() -> None:
    assert set(SAMPLES) == set(FileKind)


@pytest.mark.parametrize("kind", FileKind)
def test_every_kind_is_recognized(kind: FileKind) -> None:
    assert recognized(SAMPLES[kind]) is kind


@pytest.mark.parametrize("kind", [k for k in FileKind if SAMPLES[k].isascii() and b"\0" not in SAMPLES[k]])
def test_line_ends_of_dos_and_a_byte_order_mark_hide_no_kind(kind: FileKind) -> None:
    text = SAMPLES[kind]
    assert recognized(text.replace(b"\n", b"\r\n")) is kind
    assert not text or recognized(b"\xef\xbb\xbf" + text) is kind


@pytest.mark.parametrize("kind", FileKind)
@pytest.mark.parametrize("slot", KEYS)
def test_a_file_of_another_kind_is_one_problem(tmp_path: Path, slot: Slot, kind: FileKind) -> None:
    if kind in slot.takes or (kind is FileKind.EMPTY and slot is Slot.KCONFIG):
        return
    if (slot, kind) in ((Slot.XEN_IMAGE, FileKind.BINARY), (Slot.SYSTEM_DUMP, FileKind.GZIP)):  # their readers say more
        return
    (tmp_path / "file").write_bytes(SAMPLES[kind])
    (tmp_path / "base.dts").write_text("/dts-v1/;\n/ { };\n")
    (tmp_path / "colorcheck.toml").write_text(KEYS[slot])
    found = read_deployment(read_manifest(str(tmp_path / "colorcheck.toml"))).problems
    assert [p.kind for p in found] == ["other-kind"], [f"{p.kind}: {p.message}" for p in found]
    assert found[0].help == kind.give
    if kind is FileKind.CONFLICT:  # which is reported in the file itself
        assert (found[0].location.file, found[0].location.line) == (str(tmp_path / "file"), 2)
        return
    assert kind.title in found[0].message
    assert slot.title in found[0].message
    assert found[0].location.line


def test_every_slot_is_asked() -> None:
    assert {*KEYS, Slot.BOOT_SCRIPT, Slot.MANIFEST} == set(Slot)


@pytest.mark.parametrize("kind", FileKind)
def test_a_manifest_of_another_kind_is_named(tmp_path: Path, kind: FileKind) -> None:
    if kind in (*Slot.MANIFEST.takes, FileKind.EMPTY, FileKind.TOML):
        return
    (tmp_path / "file").write_bytes(SAMPLES[kind])
    title = "an unresolved merge conflict" if kind is FileKind.CONFLICT else kind.title
    with pytest.raises(ManifestError, match=re.escape(title)) as found:
        read_manifest(str(tmp_path / "file"))
    assert str(found.value).count(str(tmp_path)) == 1


@pytest.mark.parametrize("command", ["check", "verify", "replay", "effective", "plan", "attest"])
@pytest.mark.parametrize(
    ("slot", "kind"),
    [
        (Slot.DEVICE_TREE, FileKind.LIBVIRT),
        (Slot.XL, FileKind.DEVICE_TREE),
        (Slot.BOOT_LOG, FileKind.XL),
        (Slot.UEFI_CONFIG, FileKind.KCONFIG),
        (Slot.GRUB, FileKind.U_BOOT_SCRIPT),
        (Slot.XEN_IMAGE, FileKind.XL),
    ],
)
def test_no_command_stumbles(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], slot: Slot, kind: FileKind, command: str
) -> None:
    (tmp_path / "file").write_bytes(SAMPLES[kind])
    (tmp_path / "base.dts").write_text("/dts-v1/;\n/ { };\n")
    (tmp_path / "colorcheck.toml").write_text(KEYS[slot])
    main([command, str(tmp_path)])
    told = capsys.readouterr()
    assert "Traceback" not in told.out + told.err


RUN_AS_A_SCRIPT = (  # which ends without starting Xen
    FileKind.SHELL,
    FileKind.EMPTY,
    FileKind.COMMENTS,
    FileKind.U_BOOT_IMAGE,
)


@pytest.mark.parametrize("kind", FileKind)
def test_a_boot_script_of_another_kind_is_named(tmp_path: Path, kind: FileKind) -> None:
    if kind in Slot.BOOT_SCRIPT.takes:
        return
    (tmp_path / "file").write_bytes(SAMPLES[kind])
    (tmp_path / "base.dts").write_text("/dts-v1/;\n/ { };\n")
    (tmp_path / "colorcheck.toml").write_text('[inputs]\ndevice-tree = "base.dts"\nboot-script = "file"\n')
    found = api.handover(tmp_path / "colorcheck.toml")
    assert found.stopped
    if kind not in RUN_AS_A_SCRIPT:
        assert [p.kind for p in found.problems] == ["other-kind"], found.stopped
        assert kind is FileKind.CONFLICT or kind.title in found.stopped


ANNEX = b"/annex/objects/SHA256E-s123--0123456789abcdef.dtb\n"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
SCRIPT = '[inputs]\ndevice-tree = "base.dts"\nboot-script = "file"\n'
TREES = "kind = 'device-tree'\nfile = 'file.dtb'\naddress = 0x2000000\n"
PLACES = {**{slot.name: text for slot, text in KEYS.items()}, "BOOT_SCRIPT": SCRIPT}
PLACES["MODULE"] = f'[inputs]\ndevice-tree = "base.dts"\n[[target.modules]]\n{TREES}'


@pytest.mark.parametrize("kind", ["annex", "lfs", "fifo", "device", "loop", "dangling", "missing", "directory"])
@pytest.mark.parametrize("place", PLACES)
def test_a_file_that_has_no_content_is_one_problem_at_its_name(tmp_path: Path, place: str, kind: str) -> None:
    path = tmp_path / ("file.dtb" if place == "MODULE" else "file")
    match kind:
        case "annex" | "lfs":
            path.write_bytes(ANNEX if kind == "annex" else LFS)
        case "fifo":
            os.mkfifo(path)
        case "device" | "loop" | "dangling":
            path.symlink_to({"device": "/dev/zero", "loop": path.name, "dangling": "nowhere"}[kind])
        case "directory":
            path.mkdir()
    (tmp_path / "base.dts").write_text("/dts-v1/;\n/ { };\n")
    (tmp_path / "colorcheck.toml").write_text(PLACES[place])
    manifest = read_manifest(str(tmp_path / "colorcheck.toml"))
    deployment = read_deployment(manifest)
    found = [*deployment.problems, *(receive(deployment).problems if place == "BOOT_SCRIPT" else ())]
    assert len(found) == 1, [f"{p.kind}: {p.message}" for p in found]
    assert found[0].location.file in (str(tmp_path / "colorcheck.toml"), str(path))
    assert "syntax" not in found[0].message
    if kind in ("annex", "lfs"):
        assert f"git{'-annex' if kind == 'annex' else ' LFS'} pointer" in found[0].message or place == "SYSTEM_DUMP"


def test_carriage_returns_are_one_problem_that_can_be_mended(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b'name = "x"\r\nmemory = 256\r\nllc-colors = ["1"]\r\n')
    (tmp_path / "colorcheck.toml").write_text(KEYS[Slot.XL])
    found = read_deployment(read_manifest(str(tmp_path / "colorcheck.toml"))).problems
    assert [(p.kind, p.location.line) for p in found] == [("line-ends", 1), ("syntax", 3)]
    assert [(e.location.line, e.location.column) for e in found[0].fix] == [(1, 11), (2, 13), (3, 19)]


@given(st.binary(max_size=300))
def test_no_bytes_are_too_much(data: bytes) -> None:
    assert recognized(data) in (None, *FileKind)


@pytest.mark.parametrize(
    "line",
    [" ", "\t ", "a ", "{ ", "; ", "= ", "- ", "[a", "# ", "a=", "/", "images ", "(XEN) ", "<a ", ": ", "&a ", "."],
)
@pytest.mark.parametrize("begin", ["", "/dts-v1/;\n", "images {\n"])
def test_a_long_line_takes_no_longer_than_as_many_bytes_of_short_ones(begin: str, line: str) -> None:
    """A kind is looked for in time that grows with the file: 64 KiB of blanks once took a minute."""
    text = (begin + line * (1 << 16))[: 1 << 16].encode()
    begun = process_time()
    recognized(text)
    assert process_time() - begun < 2
