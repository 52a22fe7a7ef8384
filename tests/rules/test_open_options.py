"""Options of Xen whose text a boot script leaves open: no rule judges them."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from colorcheck import api
from colorcheck.rules.reading.boot_script_examples import scripted


@pytest.mark.parametrize("option", ["${more}", "sync_console=${more}", "dom0-llc-colors=${more}", "llc-size=${more}"])
def test_an_option_of_unknown_text(tmp_path: Path, option: str) -> None:
    line = f'fdt set /chosen xen,xen-bootargs "{option} dom0_mem=512M llc-coloring=on dom0-llc-colors=1-7"'
    example = scripted(line)
    replace(example, manifest=example.manifest.replace("[target.environment]\n", "# ")).write(tmp_path)
    found = api.verify(tmp_path).findings
    assert any("variable more" in each.message for each in found)
    assert [each.rule for each in found if each.rule.startswith("CC1")] == []
