"""Each finding leads to the page of its rule: by an address where the documentation has one, else by a command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from colorcheck.cli import main
from colorcheck.core import pages
from colorcheck.rules import RULES

REFUSED = str(Path(__file__).parents[2] / "examples" / "rpi4-xl")
METADATA = (
    "Metadata-Version: 2.4\nName: xen-colorcheck\nProject-URL: Documentation, https://docs.test/coloring\n\n# Text\n"
)


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A wheel whose metadata has the address of the documentation."""
    (tmp_path / "METADATA").write_text(METADATA, encoding="utf-8")
    monkeypatch.setattr(pages, "_METADATA", tmp_path / "METADATA")
    pages.site.cache_clear()
    yield
    pages.site.cache_clear()


def report(capsys: pytest.CaptureFixture[str], name: str) -> str:
    capsys.readouterr()
    main(["verify", REFUSED, "--format", name])
    return capsys.readouterr().out


def rules(sarif: str) -> list[dict[str, Any]]:
    found = json.loads(sarif)["runs"][0]["tool"]["driver"]["rules"]
    assert isinstance(found, list)
    return found


def test_without_an_address_it_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(report(capsys, "json"))["findings"]
    assert {each["page"] for each in found} == {f"colorcheck explain {each['rule']}" for each in found}
    sarif = report(capsys, "sarif")
    assert all(each["properties"]["page"] == f"colorcheck explain {each['id']}" for each in rules(sarif))
    assert "helpUri" not in sarif
    assert "colorcheck explain CC001 CC111 CC112 CC307" in report(capsys, "text")
    assert "colorcheck explain CC111" in report(capsys, "github")
    assert "`colorcheck explain CC001 CC111 CC112 CC307`" in report(capsys, "markdown")


@pytest.mark.usefixtures("published")
def test_with_an_address_every_format_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    there = "https://docs.test/coloring/rules/CC111/"
    assert there in {each["page"] for each in json.loads(report(capsys, "json"))["findings"]}
    assert {each["helpUri"] for each in rules(report(capsys, "sarif"))} >= {there}
    for name in ("markdown", "html", "github"):
        assert there in report(capsys, name), name


def test_the_page_of_a_report_is_in_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    html = report(capsys, "html")
    assert 'href="#rules"' in html
    for rule in ("CC001", "CC111", "CC112", "CC307"):
        assert f'href="#{rule}"' in html
        assert f'id="{rule}"' in html


def test_rules_of_plugins_have_no_page() -> None:
    assert pages.page("ACME1") == ""
    assert pages.pages(["ACME1"]) == ""
    assert all(pages.page(rule.id) for rule in RULES)
