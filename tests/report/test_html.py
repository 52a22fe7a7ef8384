from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import htpy
import pytest

from colorcheck import api
from colorcheck.core.diagnostic import Verdict
from colorcheck.core.theorem import Theorem, TheoremKind, Tried
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.report import render
from colorcheck.report.html import html_map, html_open
from colorcheck.workflows import verify as pipeline
from colorcheck.xen.booted import Interval
from colorcheck.xen.kinds import MapUse
from tests.report import report_samples as samples

ALL = ("broken", "clean", "allowed", "faulty", "hostile", "nothing")


class Page(HTMLParser):
    """The tags, the texts, and whether all elements close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def page(name: str) -> tuple[str, Page]:
    text = render(getattr(samples, name)(), "html", samples.style())
    return text, Page(text)


@pytest.mark.parametrize("name", ALL)
def test_elements_nest(name: str) -> None:
    assert page(name)[1].open == []


@pytest.mark.parametrize("name", ALL)
def test_nothing_comes_from_elsewhere(name: str) -> None:
    text, parsed = page(name)
    for tag, attributes in parsed.tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form")
        assert not {"src", "style", "onclick", "onload"} & set(attributes), (tag, attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert "http://" not in text
    assert "https://" not in text


@pytest.mark.parametrize("name", ALL)
def test_only_its_own_script_and_style_may_run(name: str) -> None:
    text, parsed = page(name)
    policy = next(a["content"] for tag, a in parsed.tags if tag == "meta" and a.get("http-equiv"))
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)
    css = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert script
    assert css
    for code in (script[1], css[1]):
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in (policy or "")
    assert sum(tag == "script" for tag, _ in parsed.tags) == 2


def test_inputs_cannot_become_markup() -> None:
    text, parsed = page("hostile")
    assert "<script>alert" not in text
    assert any("<script>alert(1)</script>" in each for each in parsed.texts)
    assert "\x1b" not in text


@pytest.mark.parametrize("name", ALL)
def test_for_keyboards_and_screen_readers(name: str) -> None:
    text, parsed = page(name)
    assert '<html lang="en">' in text
    ids = [a["id"] for _, a in parsed.tags if "id" in a]
    assert len(ids) == len(set(ids))
    for tag, attributes in parsed.tags:
        if "aria-labelledby" in attributes:
            assert attributes["aria-labelledby"] in ids
        if tag == "svg":
            assert attributes.get("aria-label") or attributes.get("aria-hidden") == "true"
        if tag == "th":
            assert attributes.get("scope") in ("row", "col")
    for target in re.findall(r'href="#([^"]*)"', text):
        assert target in ids


def test_details_of_the_color_map() -> None:
    text, _ = page("broken")
    found = re.search(r'id="data"[^>]*>(.*?)</script>', text, re.DOTALL)
    assert found
    data = json.loads(found[1])
    assert len(data[0]["colors"]) == 16
    assert data[0]["colors"][4].startswith("color 4: dom0, rt\n30000 frames")
    assert data[0]["colors"][4].endswith("sets 256 to 319 of the L2")
    assert data[0]["users"][2].startswith('rt: colors 4-8 (given)\nrt.cfg:3:15: llc_colors = ["4-8,10,11,12"]')


def test_restart_budgets_stand_beside_the_memory() -> None:
    verification = api.verify(Path(__file__).parents[2] / "examples" / "zcu102-dom0less")
    texts = Page(render(verification, "html", samples.style())).texts
    assert "Amount, and restarts" in texts
    assert any(re.match(r"can be created (once|[0-9]+ times) before a reboot", text) for text in texts)


def test_grade_open_facts_and_addresses_are_in_the_page() -> None:
    manifest = Path(__file__).parents[2] / "examples" / "image-builder" / "colorcheck.toml"
    page = render(pipeline.verify(read_manifest(str(manifest))), "html", samples.style())
    head = page.partition("<main")[0]
    assert "grade E, Xen can evict lines of domU1, and 4 more" in head
    assert '<h2 id="open">Open</h2>' in page
    assert "size = 0x1400000" in page
    assert "<code>0x0 to 0x7fffffff</code> (2 GiB)" in page


def test_gaps_between_banks_are_drawn_and_told() -> None:
    banks = (Interval(0, 16, MapUse.COLOR_HEAP), Interval(32, 48, MapUse.BUDDY))
    page = str(htpy.fragment[html_map._layout(banks, "4.20")])
    assert 'class="hole"' in page
    assert "gap of 64 KiB" in page
    assert "0x20000 to 0x2ffff" in page


def test_two_worlds_of_an_undecided_theorem_stand_side_by_side() -> None:
    good = Tried((("memory", "2 GiB"),), Verdict.PROVED)
    worlds = (good, Tried((("memory", "<1 GiB>"),), Verdict.REFUTED, "too small"))
    theorem = Theorem("memory/a", TheoremKind.MEMORY, "The frames of a fit", "", ("a",), Verdict.UNKNOWN, worlds=worlds)
    row = str(html_open._row(theorem))
    assert "<td>memory 2 GiB</td><td>memory &lt;1 GiB&gt;: too small</td>" in row


def test_addresses_under_the_map_do_not_run_into_each_other() -> None:
    banks = [(0, 0x3B400), (0x40000, 0x7BC00), (0x100000, 0x100010)]
    axis = str(html_map._axis(sum(end - start for start, end in banks), banks))
    found = [
        (float(x), anchor, len(words))
        for x, anchor, words in re.findall(r'x="([\d.]+)%" y="13" text-anchor="(\w+)">([^<]*)<', axis)
    ]
    assert ">0x0<" in axis
    assert ">0x40000000<" in axis
    assert ">0x100010000<" in axis
    letter = 2.05  # percent of the width that a letter takes at 355 pixels
    shift = {"start": 0.0, "middle": 0.5, "end": 1.0}
    spans = sorted((x - shift[a] * n * letter, x + (1 - shift[a]) * n * letter) for x, a, n in found)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_what_is_never_created_says_so_in_the_map_and_beside_its_memory() -> None:
    manifest = Path(__file__).parents[2] / "examples" / "rpi4-xl" / "colorcheck.toml"
    page = render(pipeline.verify(read_manifest(str(manifest))), "html", samples.style())
    assert '<td class="remark">never created</td>' in page
    assert '<td class="remark">4-8  320 KiB</td>' in page
    assert page.count("config parsing error near") >= 2
    assert re.search(r"gateway</th><td>.{0,400}?</td><td>never created<br", page, re.DOTALL)
    assert "a color is 64 KiB of the cache" in page
    assert "llc_colors = <ins>[&#34;9-13&#34;]</ins>" in page
