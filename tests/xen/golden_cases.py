"""Measured boots and xl guests as deployments, built without the pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from colorcheck.hardware.board import Board
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.read import read_device_tree
from colorcheck.inputs.manifest.manifest import Manifest, Target
from colorcheck.inputs.xl.xl import read_xl
from colorcheck.plugins.manager import catalogue

GOLDEN = Path(__file__).parent.parent / "golden"

Case = dict[str, Any]


def cases(kind: str) -> list[Path]:
    return sorted((GOLDEN / kind).glob("*.json"))


def load(path: Path) -> Case:
    found: Case = json.loads(path.read_text())
    return found


def board_of(case: Case) -> Board:
    return catalogue().board(f"qemu-virt-{case['cpu']}")


def deployment(path: Path, case: Case, guests: tuple[tuple[str, str], ...] = ()) -> Deployment:
    """The deployment of a case; `guests` are (file, text) of xl files."""
    region = case["device_tree_region"]
    target = Target(
        xen=(case["xen"],),
        xen_image_size=case["xen_image_size"],
        xen_address=case["xen_address"],
        device_tree_address=region[0] if region else None,
        device_tree_size=region[1] - region[0] if region else None,
    )
    kconfig = {name: "y" for name, value in (case.get("kconfig") or {}).items() if value is True}
    tree = read_device_tree(str(path.parent / case["device_tree"]))
    files = tuple(read_xl(text, name) for name, text in guests)
    return Deployment(
        Manifest("colorcheck.toml", ".", target), tree, files, xen_image_size=case["xen_image_size"], kconfig=kconfig
    )
