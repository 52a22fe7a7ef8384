"""Assumptions of use: what the inputs say of each, and nothing more than they say."""

from __future__ import annotations

from pathlib import Path

from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.rules.example import GUEST, Example
from colorcheck.verification.assumptions_of_use import assumptions_of_use
from colorcheck.workflows import verify as pipeline

EXAMPLES = Path(__file__).parents[1] / "examples"


def judged(manifest: Path) -> dict[str, str]:
    found = assumptions_of_use(pipeline.verify(read_manifest(str(manifest))))
    assert all(each["told"] for each in found)
    return {str(each["id"]).split("~")[1].removeprefix("coloring-"): str(each["status"]) for each in found}


def test_without_further_inputs_it_is_the_integrators(tmp_path: Path) -> None:
    said = judged(Example(guests=(("rt.cfg", GUEST),)).write(tmp_path))
    for name in ("release", "built-in", "handover", "files", "geometry", "no-others", "claim", "cache-mode"):
        assert said[name] == "integrator", name
    assert said["pinning"] == "not-needed"
    assert said["dma"] == said["memory-by-address"] == "inputs-agree"


def test_a_config_tells_of_the_build(tmp_path: Path) -> None:
    for switch, status in (
        ("CONFIG_LLC_COLORING=y", "inputs-agree"),
        ("# CONFIG_LLC_COLORING is not set", "contradicted"),
    ):
        config = f"CONFIG_ARM_64=y\n{switch}\n"
        folder = tmp_path / status
        folder.mkdir()
        made = Example(target='kconfig = "xen.config"', files=(("xen.config", config),)).write(folder)
        assert judged(made)["built-in"] == status


def test_a_log_tells_of_the_release(tmp_path: Path) -> None:
    text = (EXAMPLES / "qemu-attested" / "colorcheck.toml").read_text(encoding="utf-8")
    for name in ("system.dts", "boot.log"):
        (tmp_path / name).write_bytes((EXAMPLES / "qemu-attested" / name).read_bytes())
    manifest = tmp_path / "colorcheck.toml"
    manifest.write_text(text.replace("[inputs]", '[inputs]\nboot-log = "boot.log"'), encoding="utf-8")
    assert judged(manifest)["release"] == "inputs-agree"
    log = (tmp_path / "boot.log").read_text(encoding="utf-8", errors="replace")
    (tmp_path / "boot.log").write_text(log.replace("Xen version 4.2", "Xen version 4.1"), encoding="utf-8")
    assert judged(manifest)["release"] == "contradicted"


def test_what_was_found_contradicts_even_if_silenced(tmp_path: Path) -> None:
    device = 'dma@fd500000 { compatible = "xlnx,zynqmp-dma-1.0"; reg = <0x0 0xfd500000 0x0 0x1000>; };'
    plain = judged(Example(tree=device).write(tmp_path))
    assert plain["dma"] == "contradicted"
    silenced = Example(tree=device, manifest='[rules]\nignore = [{ rule = "CC307", reason = "not used" }]\n')
    again = tmp_path / "silenced"
    again.mkdir()
    assert judged(silenced.write(again))["dma"] == "contradicted"
