"""Boot logs: real ones, and the same ones as a bad serial line, a terminal program or a second boot leave them."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorcheck.inputs.boot.boot_log import BootLog, Statement, parse_boot_log
from tests.shapes import present

LOGS = sorted((Path(__file__).parent.parent / "golden" / "logs").glob("*.log"))
BASIC = (Path(__file__).parent.parent / "golden" / "logs" / "basic-4.20.log").read_text()


def stated(log: BootLog) -> dict[str, Any]:
    def value(statement: Statement | None) -> Any:
        return statement and statement.value

    return {
        "version": value(log.version),
        "command_line": value(log.command_line),
        "region": value(log.xen_region),
        "colors": value(log.xen_colors),
        "panic": value(log.panic),
        "heap": {color: statement.value for color, statement in log.heap},
        "domains": [(d.id, value(d.pages), value(d.colors)) for d in log.domains],
        "banks": [s.value for s in log.banks],
    }


def test_what_a_real_log_says() -> None:
    log = parse_boot_log("basic.log", BASIC)
    assert present(log.version).value == "4.20.4"
    assert present(log.xen_region).value == (0xBE800000, 0xC0000000)
    assert present(log.probed).value == (2, 64, 1024)
    assert present(log.xen_colors).value == (2, (0, 1))
    assert dict(log.heap)[7].value == 20541
    assert present(log.domains[0].colors).value == (2, 3, 4, 5, 6)
    assert present(log.domains[1].pages).value == 32768
    line = present(log.command_line).location.line
    assert BASIC.split("\n")[line - 1].startswith("(XEN) Command line: console=dtuart")


@pytest.mark.parametrize("path", LOGS, ids=lambda p: p.stem)
def test_every_real_log_has_a_command_line_and_an_end(path: Path) -> None:
    log = parse_boot_log(path.name, path.read_text())
    assert log.command_line is not None
    assert (log.panic is None) == bool(log.heap)


@pytest.mark.parametrize(
    "dirty",
    [
        lambda line: line.replace("(XEN) ", "(XEN) [    1.234567] "),
        lambda line: line.replace("(XEN) ", "(XEN) [2026-01-02 03:04:05.678] "),
        lambda line: "[2026-01-02 03:04:05] " + line,
        lambda line: "\x1b[32m" + line + "\x1b[0m",
        lambda line: line + "\r",
        lambda line: "(d1) hello from a guest" + line if line.startswith("(XEN)") else line,
        lambda line: line + "\n[    0.000000] Booting Linux on physical CPU 0x0",
    ],
    ids=["xen-timestamps", "xen-dates", "terminal-dates", "ansi", "carriage-returns", "guest-before", "kernel-lines"],
)
def test_dirt_changes_nothing(dirty: Callable[[str], str]) -> None:
    text = "\n".join(dirty(line) for line in BASIC.split("\n"))
    assert stated(parse_boot_log("a.log", text)) == stated(parse_boot_log("a.log", BASIC))


def test_the_last_boot_counts() -> None:
    other = (LOGS[0].parent / "inherit-4.20.log").read_text()
    assert stated(parse_boot_log("a.log", other + BASIC)) == stated(parse_boot_log("a.log", BASIC))
    assert parse_boot_log("a.log", other + BASIC).boots == 2


def test_a_damaged_line_is_left_out() -> None:
    text = BASIC.replace("Color heap[3]: 2518 pages", "Color heap[3]: 25#8 pages")
    heap = dict(parse_boot_log("a.log", text).heap)
    assert 3 not in heap
    assert len(heap) == 15


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    parse_boot_log("a.log", text)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32))
def test_any_damage_is_read(seed: int) -> None:
    generator = random.Random(seed)
    text = list(BASIC)
    for _ in range(200):
        text[generator.randrange(len(text))] = chr(generator.randrange(256))
    parse_boot_log("a.log", "".join(text))


def test_a_dump_that_begins_again_within_a_domain() -> None:
    head = "(XEN) General information for domain 0:\n(XEN) 'q' pressed -> dumping domain info\n"
    pages = "(XEN)     nr_pages=10 xenheap_pages=1\n"
    assert parse_boot_log("log", head + pages).domains == ()
    found = parse_boot_log("log", head + "(XEN) General information for domain 1:\n" + pages).domains
    assert [(each.id, present(each.pages).value) for each in found] == [(1, 10)]
