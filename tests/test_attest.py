"""Real boot logs held against the model of the system that each belongs to."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from colorcheck.cli import main

GOLDEN = Path(__file__).parent / "golden"
Attested = Callable[[str, str], tuple[int, Any]]
LOGS = sorted((GOLDEN / "logs").glob("*.log"))


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Attested:
    """Attest a log (a text) against a golden boot; the exit status and the document."""

    def attested(name: str, text: str) -> tuple[int, Any]:
        case = json.loads((GOLDEN / "boots" / f"{name}.json").read_text())
        region = case["device_tree_region"]
        manifest = [
            "[target]",
            f'xen = "{case["xen"]}"',
            f'board = "qemu-virt-{case["cpu"]}"',
            f"xen-image-size = {case['xen_image_size']}",
            f"xen-address = {case['xen_address']}",
            f"device-tree-address = {region[0]}",
            f"device-tree-size = {region[1] - region[0]}",
            "[inputs]",
            f"device-tree = {json.dumps(str(GOLDEN / 'boots' / case['device_tree']))}",
        ]
        (tmp_path / "colorcheck.toml").write_text("\n".join(manifest))
        log = tmp_path / "boot.log"
        log.write_text(text)
        status = main(["attest", str(tmp_path), "--log", str(log), "--format", "json"])
        return status, json.loads(capsys.readouterr().out or "null")

    return attested


def contradicted(document: dict[str, Any]) -> set[str]:
    return {check["subject"] for check in document["checks"] if check["agrees"] is False}


@pytest.mark.parametrize("path", LOGS, ids=lambda p: p.stem)
def test_every_real_log_is_attested(run: Attested, path: Path) -> None:
    status, document = run(path.stem, path.read_text())
    assert contradicted(document) == set()
    assert (status, document["verdict"]) == (0, "attested")


@pytest.mark.parametrize(
    ("old", "new", "subject"),
    [
        ("Color heap[7]: 20541 pages", "Color heap[7]: 20540 pages", "color heap"),
        (
            "Placing Xen at 0x00000000be800000-0x00000000c0000000",
            "Placing Xen at 0xbe600000-0xbfe00000",
            "place of Xen",
        ),
        ("Xen version 4.20.4", "Xen version 4.22.0", "version"),
        ("dom0-llc-colors=2-6", "dom0-llc-colors=2-7", "command line"),
        ("5 LLC colors: { 2-6 }", "5 LLC colors: { 2-5, 7 }", "colors of dom0"),
        ("nr_pages=32768 ", "nr_pages=32767 ", "pages of domU1"),
        ("Xen LLC colors (2): { 0-1 }", "Xen LLC colors (1): { 0 }", "colors of Xen"),
        ("sets num: 1024", "sets num: 512", "probed cache"),
        ("d0 BANK[0] 0x00000040000000", "d0 BANK[0] 0x00000042000000", "memory banks of dom0"),
        ("RAM: 0000000040000000 - 00000000bfffffff", "RAM: 0000000040000000 - 00000000ffffffff", "memory banks"),
        ("MODULE[2]: 0000000049000000 - ", "MODULE[2]: 0000000049001000 - ", "boot modules"),
        (
            "(XEN) Placing Xen",
            "(XEN)  RESVD[0]: 0000000050000000 - 0000000050000fff\n(XEN) Placing Xen",
            "reserved ranges",
        ),
        ("(XEN) Placing Xen", '(XEN) parameter "llc-coloring" unknown!\n(XEN) Placing Xen', "rejected options"),
        ("d1 BANK[0] 0x00000040000000", "d1 BANK[0] 0x00000042000000", "memory banks of domU1"),
        ("Dom heap: 196516kB free", "Dom heap: 296516kB free", "uncolored heap"),
        ("(XEN) Physical memory information:", "(XEN) Panic on CPU 0:\n(XEN) Oops\n(XEN) ****", "panic"),
    ],
)
def test_a_difference_is_told(run: Attested, old: str, new: str, subject: str) -> None:
    text = (GOLDEN / "logs" / "basic-4.20.log").read_text()
    assert old in text
    status, document = run("basic-4.20", text.replace(old, new))
    assert status == 1
    assert document["verdict"] == "differs"
    assert contradicted(document) == {subject}


def test_what_the_log_does_not_say_is_named(run: Attested) -> None:
    text = (GOLDEN / "logs" / "basic-4.20.log").read_text()
    kept = [line for line in text.split("\n") if "LLC found" not in line and "RAM:" not in line]
    status, document = run("basic-4.20", "\n".join(kept))
    assert (status, document["unsaid"]) == (0, ["memory banks", "probed cache"])


def test_a_rejected_option_is_compared(run: Attested) -> None:
    case = json.loads((GOLDEN / "boots" / "parse-trail-4.20.json").read_text())
    messages = [message for message in case["expect"]["messages"] if "has invalid value" in message]
    assert messages
    said = "".join(f"(XEN) {message}\n" for message in ["Command line: ", *messages])
    for text, expected in ((said, [True]), (said.split("(XEN) parameter")[0], [None])):
        _, document = run("parse-trail-4.20", text)
        assert [check["agrees"] for check in document["checks"] if check["subject"] == "rejected options"] == expected
    _, document = run("parse-trail-4.20", said.replace("dom0-llc", "xen-llc"))
    assert "rejected options" in contradicted(document)


@pytest.mark.parametrize("width", ["60", "80", "160"])
def test_the_text_begins_with_the_verdict(
    run: Attested, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    text = (GOLDEN / "logs" / "basic-4.20.log").read_text()
    run("basic-4.20", text.replace("nr_pages=32768 ", "nr_pages=32767 "))
    assert main(["attest", str(tmp_path), "--log", str(tmp_path / "boot.log")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(" DIFFERS   the log contradicts the model: pages of domU1"[: int(width) - 8])
    first = next(index for index, line in enumerate(lines) if line.startswith("✗"))
    assert "model  32768" in lines[first]
    assert "log    32767" in lines[first + 1]
    assert all(len(line) <= int(width) for line in lines)


def test_without_debug_keys_a_log_says_too_little(run: Attested) -> None:
    text = (GOLDEN / "logs" / "basic-4.20.log").read_text().split("(XEN) Physical memory information:")[0]
    status, document = run("basic-4.20", text)
    assert (status, document["verdict"]) == (4, "partly-attested")
    assert "press Ctrl-A" in document["reason"]


@pytest.mark.parametrize("color", [0, 7, 15])
def test_a_part_of_the_color_heap_is_no_evidence_of_a_domains_colors(run: Attested, color: int) -> None:
    """The color whose line is missing may belong to a domain whose colors the log does not give."""
    text = (GOLDEN / "logs" / "basic-4.20.log").read_text()
    colors = [line for line in text.splitlines() if re.search(r"\d+ LLC colors: ", line)]
    part = "".join(line for line in text.splitlines(keepends=True) if f"Color heap[{color}]:" not in line)
    assert part != text
    assert run("basic-4.20", part)[0] == 0
    status, document = run("basic-4.20", part.replace(colors[-1], ""))
    assert (status, document["verdict"]) == (4, "partly-attested")
    assert run("basic-4.20", text.replace(colors[-1], ""))[0] == 0


def test_a_panic_that_did_not_happen_differs_or_is_not_said(run: Attested) -> None:
    boots = (GOLDEN / "logs" / "oom-domu-4.20.log").read_text().split("(XEN) Panic on CPU")[0]
    status, document = run("oom-domu-4.20", boots)
    assert (status, document["verdict"]) == (4, "partly-attested")


def test_a_file_that_is_no_log(run: Attested, capsys: pytest.CaptureFixture[str]) -> None:
    status, document = run("basic-4.20", "nothing of Xen\n")
    assert (status, document) == (3, None)
