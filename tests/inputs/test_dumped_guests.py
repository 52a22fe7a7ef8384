"""What `xl list -l` of a running system says of its guests; what cannot be read leaves them open."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.workflows.verify import verify

EXAMPLE = Path(__file__).parents[2] / "examples" / "qemu-attested"


@pytest.mark.parametrize(
    ("text", "read"),
    [("[]", True), ('[{"domid": 0}]', True), ("", False), ('{"a": 1}', False), ('[{"domid": 0}, 5, null]', False)],
)
def test_a_list_that_is_none_leaves_the_guests_open(tmp_path: Path, text: str, *, read: bool) -> None:
    folder = tmp_path / "system"
    shutil.copytree(EXAMPLE, folder)
    (folder / "dump").mkdir()
    (folder / "dump" / "xl-list-l").write_text(text)
    (folder / "dump" / "xl-info").write_text("xen_version            : 4.20.4\n")
    manifest = folder / "colorcheck.toml"
    manifest.write_text(manifest.read_text().replace("[inputs]", '[inputs]\nsystem-dump = "dump"'))
    found = verify(read_manifest(str(manifest)))
    assert any("xl-list-l" in finding.message for finding in found.findings) is not read
    assert (found.exit_status() == 0) is read
