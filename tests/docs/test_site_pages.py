"""The pages that are made from the code say what the code says, and every command, key and rule has its page."""

import argparse
import re
import sys
from pathlib import Path

import pytest
import yaml

from colorcheck.cli import full_parser
from colorcheck.cli.commands import COMMANDS, INSTEAD_OF_KEYS
from colorcheck.inputs.manifest.manifest_keys import (
    DOMAIN_KEYS,
    FILE_KEYS,
    IGNORE_KEYS,
    KEYS,
    MODULE_KEYS,
    PATH_KEYS,
    SHARE_KEYS,
)
from colorcheck.report.terminal.rules import page_document
from colorcheck.rules import RULES
from colorcheck.rules.rule import Rule
from colorcheck.xen.facts.keys import KEYS as KEYS_OF_FACTS
from tests.shapes import present, table

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS / "make"))

import pages  # noqa: E402
import terminal  # noqa: E402

PARSERS = next(a for a in full_parser()._actions if isinstance(a, argparse._SubParsersAction)).choices


def plain(text: str) -> str:
    """Markdown as it is read: without backslashes before what would be markup."""
    return re.sub(r"\\([\[\]<*_|])", r"\1", text)


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_has_a_page_with_all_its_options(name: str) -> None:
    page = plain(pages.filled((DOCS / "commands" / f"{name}.md").read_text()))
    assert page.startswith(f"# {name}\n")
    assert PARSERS[name].description in page
    for action in PARSERS[name]._actions:
        if action.help != argparse.SUPPRESS and action.dest != "help" and action.option_strings:
            assert f"`{action.option_strings[0]}" in page
            if action.container.title != INSTEAD_OF_KEYS:
                assert action.help.replace("%%", "%") in page


def test_the_commands_are_listed_with_what_they_do() -> None:
    page = plain(pages.filled((DOCS / "commands" / "index.md").read_text()))
    for command in COMMANDS:
        assert f"| [`{command.name}`]({command.name}.md) | {command.summary} |" in page


def test_every_key_of_the_manifest_is_in_its_reference() -> None:
    page = plain(pages.filled((DOCS / "manifest.md").read_text()))
    for key in (*KEYS, *FILE_KEYS, *MODULE_KEYS, *SHARE_KEYS, *PATH_KEYS, *IGNORE_KEYS, *DOMAIN_KEYS):
        assert f"| `{key.name}` | {key.help} | {key.kind} |" in page
    for key in KEYS:
        assert f"`{key.flag} {key.metavar}`" in page


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rules_page_says_what_explain_says(rule: Rule) -> None:
    page = plain(pages.rule_pages()[f"rules/{rule.id}.md"])
    document = page_document(rule)
    for text in (document["title"], *table(document["sections"]).values(), *table(document["examples"]).values()):
        assert text in page
    assert f"[{rule.id}]({rule.id}.md)" in pages.rules_table()


def test_every_rule_has_an_area() -> None:
    assert sorted(rule.id for _, rules in pages.rule_areas() for rule in rules) == sorted(rule.id for rule in RULES)


def test_every_page_is_in_the_navigation_and_every_rule_that_a_page_names_exists() -> None:
    text = (ROOT / "properdocs.yml").read_text()
    named = set(re.findall(r"[\w/-]+\.md", text))
    assert {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} <= named
    known = {rule.id for rule in RULES}
    for page in [*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        assert set(re.findall(r"\bCC\d{3}\b", page.read_text())) <= known, page


def test_the_picture_in_the_readme_shows_what_is_printed_today() -> None:
    """`python docs/make/terminal.py` draws it anew."""
    assert terminal.PICTURE.read_text(encoding="utf-8") == terminal.picture(terminal.run())


def test_the_picture_loads_nothing() -> None:
    assert not re.search(r"url\((?!#)|@import|href=|<script", terminal.PICTURE.read_text(encoding="utf-8"))


def test_links_of_the_readme_lead_somewhere() -> None:
    for page in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"):
        for target in re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text()):
            assert target.startswith("http") or (ROOT / target).exists(), (page, target)


def test_the_workflow_in_the_readme_is_one() -> None:
    text = (ROOT / "README.md").read_text()
    block = present(re.search(r"```yaml\n(.*?)```", text, re.DOTALL))[1]
    steps = yaml.safe_load(block)["jobs"]["colorcheck"]["steps"]
    assert "pip install xen-colorcheck && python3 -I -m colorcheck verify" in steps[2]["run"]
    assert len([line for line in block.splitlines() if not line.startswith("#")]) <= 10


def test_the_table_of_measurements_counts_every_golden_boot() -> None:
    page = pages.filled((DOCS / "measured.md").read_text())
    assert "<!--" not in page
    total = next(line for line in page.splitlines() if line.startswith("| together"))
    golden = ROOT / "tests" / "golden"
    assert int(total.split("|")[-2]) >= len(list((golden / "boots").glob("*.json"))) + 208 + 52


def test_every_fact_has_its_row() -> None:
    page = (DOCS / "facts.md").read_text()
    for key in KEYS_OF_FACTS:
        assert f"`{key.name}`" in page
