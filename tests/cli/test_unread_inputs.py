"""What could not be read is not judged: no theorem, no finding about coloring, and never exit status 0."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.rules.example import GUEST, Example
from colorcheck.verification.exit import Exit
from colorcheck.verification.results import Verification
from colorcheck.workflows import verify as pipeline

EXAMPLE = Example(guests=(("rt.cfg", GUEST),))


def verified(folder: Path, *, tree: bytes | None = None, manifest: tuple[str, str] = ("", "")) -> Verification:
    path = EXAMPLE.write(folder)
    path.write_text(path.read_text().replace(*manifest))
    if tree is not None:
        (folder / "system.dts").write_bytes(tree)
    return pipeline.verify(read_manifest(str(path)))


@pytest.mark.parametrize(
    "tree", [b"", b"\xd0\x0d\xfe\xed", b"\x00\xa5\xff", b'/include/ "system.dts"\n', b"/dts-v1/;\n/ {"]
)
def test_a_tree_that_cannot_be_read(tree: bytes, tmp_path: Path) -> None:
    found = verified(tmp_path, tree=tree)
    assert found.theorems == ()
    assert found.faults == ()
    assert found.exit_status() is Exit.FINDINGS
    assert {finding.rule[:3] for finding in found.findings} == {"CC0"}
    assert "could not be read" in found.skipped[0].reason


@pytest.mark.parametrize(
    ("manifest", "rule"), [(("device-tree =", "device-tre ="), "CC004"), (("[inputs]", "[input]"), "CC004")]
)
def test_a_misspelled_key_takes_the_tree_away(manifest: tuple[str, str], rule: str, tmp_path: Path) -> None:
    found = verified(tmp_path, manifest=manifest)
    assert found.theorems == ()
    assert [finding.rule for finding in found.findings] == [rule]


def test_guests_alone_say_nothing_of_xen(tmp_path: Path) -> None:
    found = verified(tmp_path, manifest=('device-tree = "system.dts"\n', ""))
    assert found.theorems == ()
    assert found.exit_status() is Exit.UNDECIDED
