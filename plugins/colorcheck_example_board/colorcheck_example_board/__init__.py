"""An example plugin: one board, one rule, one report format and one input reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.resources import files

from colorcheck.core.diagnostic import Finding, Problem, Severity
from colorcheck.core.source import Location
from colorcheck.hardware.board import Board
from colorcheck.hardware.board_file import read_board
from colorcheck.inputs.translation import InputReader, Translation
from colorcheck.plugins.hookspecs import hook
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Facts, Verification


@hook
def colorcheck_boards() -> Mapping[str, Callable[[], Board]]:
    return {"acme-one": _acme_one}


def _acme_one() -> Board:
    return read_board(files(__name__).joinpath("acme-one.toml").read_text(encoding="utf-8"), "acme-one")


ACME01_PAGE = """A critical domain has a single color.

What it checks: that every domain that the manifest calls critical has at least two colors.

Why it matters: on Acme boards one color is 32 KiB of the L2, too little for our control loop.

What it cannot see: how much cache the domain really needs.

Source: Acme integration guide, section 4.
"""


def _check(facts: Facts) -> Iterator[Finding]:
    critical = {policy.name for policy in facts.manifest.domain_policies if policy.critical}
    for line, system in facts.systems():
        for domain in system.domains:
            if domain.name in critical and len(set(domain.colors)) < 2:
                yield RULE.finding(f"{domain.name} has a single color on Xen {line}", domain.location, "give it two")


RULE = Rule("ACME01", "critical-single-color", Severity.WARNING, ACME01_PAGE, _check)


@hook
def colorcheck_rules() -> Iterable[Rule]:
    return (RULE,)


@hook
def colorcheck_report_formats() -> Mapping[str, Callable[[Verification], str]]:
    return {"acme-line": _line}


def _line(verification: Verification) -> str:
    return f"acme: exit {int(verification.exit_status())}, {len(verification.findings)} findings"


@hook
def colorcheck_input_readers() -> Mapping[str, InputReader]:
    return {".acme": _guest}


def _guest(file: str, data: bytes) -> Translation | Problem:
    """`name memory colors` on one line, such as `rt 256 8-11`."""
    words = data.decode("utf-8", "replace").split()
    if len(words) != 3:
        return Problem("syntax", "write `name memory colors` on one line", Location(file, 1, 1, 1, 1))
    name, memory, colors = words
    return Translation("xl", f'name = "{name}"\nkernel = "Image"\nmemory = {memory}\nllc_colors = ["{colors}"]\n')
