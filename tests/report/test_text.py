from __future__ import annotations

import json
import time

import pytest
from msgspec.structs import replace

from colorcheck.core.source import Location
from colorcheck.files.sources import Sources
from colorcheck.report import render
from colorcheck.report.terminal.excerpt import excerpt
from tests.report import report_samples as samples

ALL = ("broken", "clean", "allowed", "faulty", "hostile", "nothing")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("width", [40, 80, 160])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    text = render(getattr(samples, name)(), "text", samples.style(width))
    assert max(map(len, text.split("\n"))) <= width


def test_verdict_comes_first() -> None:
    assert render(samples.broken(), "text", samples.style()).split("\n")[0].strip().startswith("REFUTED")
    assert render(samples.clean(), "text", samples.style()).split("\n")[0].strip().startswith("PROVED")
    assert render(samples.faulty(), "text", samples.style()).split("\n")[0].strip().startswith("FAULT")


def test_caret_stands_under_the_place() -> None:
    lines = render(samples.broken(), "text", samples.style()).split("\n")
    caret = next(i for i, line in enumerate(lines) if "^" in line)
    first, last = lines[caret].index("^"), lines[caret].rindex("^") + 1
    assert lines[caret - 1][first:last] == '"4-8,10,11,12"'


def test_long_line_is_cut_around_the_mark() -> None:
    sources = Sources(texts=dict(samples.TEXTS))
    for width in (20, 40, 72, 200):
        shown = excerpt(samples.DOM0_COLORS, sources, width)
        assert shown is not None
        assert len(shown.text) <= width
        assert shown.text[shown.start : shown.start + shown.length] == "2-6"


def test_shared_colors_stand_out_without_terminal_colors() -> None:
    rows = [
        line
        for line in render(samples.broken(), "text", samples.style()).split("\n")
        if line.startswith(("dom0  ", "rt    "))
    ]
    assert rows[0].split()[1:17] == [*"··██XXX", *"·" * 9]
    assert rows[1].split()[1:17] == [*"····XXX", *"██", *"·" * 7]


def test_ascii_only() -> None:
    for name in ALL:
        assert render(getattr(samples, name)(), "text", samples.style(unicode=False)).isascii()


def test_no_terminal_escapes_from_inputs() -> None:
    assert "\x1b" not in render(samples.hostile(), "text", samples.style())


def test_colors_only_on_request() -> None:
    assert "\x1b[" in render(samples.broken(), "text", samples.style(color=True))
    assert "\x1b" not in render(samples.broken(), "text", samples.style())


def test_place_without_a_source_line() -> None:
    sources = Sources(texts={"a": ["x"]})
    assert excerpt(Location("a"), sources, 80) is None
    assert excerpt(Location("a", 2, 1, 2, 2), sources, 80) is None
    assert excerpt(Location("missing", 1, 1, 1, 2), sources, 80) is None


@pytest.mark.parametrize("name", ALL)
def test_json(name: str) -> None:
    verification = getattr(samples, name)()
    document = json.loads(render(verification, "json", samples.style()))
    assert document["schema"] == "colorcheck/verify/2"
    assert len(document["findings"]) == len(verification.findings)
    assert len(document["theorems"]) == len(verification.theorems)
    counts = {"errors", "warnings", "infos", "proved", "refuted", "unknown", "vacuous"}
    assert set(document["summary"]) == counts | {"not_asked", "open", "unread", "silenced", "ignored", "baselined"}


def test_a_thousand_findings_are_soon_told() -> None:
    found = samples.broken()
    many = replace(found, findings=tuple(found.findings[number % len(found.findings)] for number in range(1000)))
    render(found, "text", samples.style())  # rich is loaded here
    begin = time.process_time()
    told = render(many, "text", samples.style())
    assert time.process_time() - begin < 1.5
    assert told.count("  --> ") == 1000
