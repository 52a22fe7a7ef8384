"""A measured start under UEFI as a deployment."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def written(folder: Path, case: Mapping[str, Any], inputs: Mapping[str, str | None], *more: str) -> str:
    """The manifest, beside the files of the case; `inputs` are its keys with their values, `more` further lines."""
    lines = [
        "[target]",
        f'xen = "{case["xen"]}"',
        f'board = "qemu-virt-{case["cpu"]}"',
        'loader = "uefi"',
        "[inputs]",
        *(f"{key} = {json.dumps(value)}" for key, value in inputs.items() if value),
        *more,
    ]
    (folder / "colorcheck.toml").write_text("\n".join(lines))
    for name, text in {**case["configs"], "serial.txt": case["log"], "system.dts": case["tree"]}.items():
        (folder / name).write_bytes(text.encode("latin-1" if name in case["configs"] else "utf-8"))
    return str(folder / "colorcheck.toml")
