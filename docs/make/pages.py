"""The pages of the documentation that are made from the code: commands, manifest keys, rules.

`generated(name)` is the text of a page that no file holds; `filled(text)` puts what is made from the code in the place
of markers such as `<!-- options: verify -->` in the pages that people write.
"""

import argparse
import re
from collections.abc import Iterator

from claims import assumptions_table, claims_table, known_table
from measured import measured_table

from colorcheck.cli import full_parser
from colorcheck.cli.commands import COMMANDS, INSTEAD_OF_KEYS
from colorcheck.inputs.manifest.manifest_keys import (
    DOMAIN_KEYS,
    FILE_KEYS,
    IGNORE_KEYS,
    KEYS,
    MODULE_KEYS,
    PATH_KEYS,
    REQUIREMENT_KEYS,
    SHARE_KEYS,
    ManifestKey,
)
from colorcheck.report.terminal.rules import page_markdown
from colorcheck.rules import RULES
from colorcheck.rules.rule import Rule

AREAS = {
    "0": "Reading",
    "1": "One file",
    "2": "Versions and dialects",
    "3": "Domains and policy",
    "4": "Isolation",
    "5": "Memory",
    "6": "Hardware",
    "7": "Logs",
    "8": "Silence and requirements",
    "9": "The tool itself",
}
_MARKER = re.compile(
    r"^<!-- (options|manifest|rules|commands|measured|claims|known-differences|assumptions-of-use)"
    r"(?:: ([a-z-]+))? -->$",
    re.MULTILINE,
)


def filled(text: str) -> str:
    """The page with what its markers stand for."""
    makers = {
        "manifest": manifest_reference,
        "rules": rules_table,
        "commands": commands_table,
        "measured": measured_table,
        "claims": claims_table,
        "known-differences": known_table,
        "assumptions-of-use": assumptions_table,
    }
    return _MARKER.sub(lambda m: options_reference(m[2]) if m[1] == "options" else makers[m[1]](), text)


def rule_pages() -> dict[str, str]:
    """The rules' pages by their names in the site."""
    return {f"rules/{rule.id}.md": page_markdown(rule) for rule in RULES}


def rule_areas() -> Iterator[tuple[str, list[Rule]]]:
    """The rules by area, as the first digit of their IDs says."""
    for digit, title in AREAS.items():
        rules = [rule for rule in RULES if rule.id[2] == digit]
        if rules:
            yield f"CC{digit}xx {title}", rules


def rules_table() -> str:
    """All rules by area, each with a link to its page."""
    parts = []
    for title, rules in rule_areas():
        rows = [f"| [{r.id}]({r.id}.md) | {r.name} | {r.severity} | {_cell(r.page.title)} |" for r in rules]
        parts.append("\n".join([f"## {title}", "", "| rule | name | severity | says |", "|---|---|---|---|", *rows]))
    return "\n\n".join(parts)


def commands_table() -> str:
    """All commands, each with a link to its page."""
    rows = [f"| [`{c.name}`]({c.name}.md) | {_cell(c.summary)} |" for c in COMMANDS]
    return "\n".join(["| command | does |", "|---|---|", *rows])


def manifest_reference() -> str:
    """All keys, section by section, with the option of the command line that each has."""
    parts = []
    for section in dict.fromkeys(key.path.partition(".")[0] for key in KEYS):
        keys = [key for key in KEYS if key.path.startswith(f"{section}.")]
        parts.append(_keys(f"[{section}]", keys, options=True))
    parts.append(_keys("[[target.files]]", FILE_KEYS))
    parts.append(_keys("[[target.modules]]", MODULE_KEYS))
    parts.append(_keys("[[policy.share]]", SHARE_KEYS))
    parts.append(_keys("[domains.NAME]", DOMAIN_KEYS))
    parts.append(_keys("[rules] ignore", IGNORE_KEYS))
    parts.append(_keys("[[rules.path]]", PATH_KEYS))
    parts.append(_keys("[requirements]", REQUIREMENT_KEYS))
    return "\n\n".join(parts)


def _keys(title: str, keys: tuple[ManifestKey, ...] | list[ManifestKey], *, options: bool = False) -> str:
    rows = []
    for key in keys:
        option = f" `{key.flag} {key.metavar}` |" if options else ""
        rows.append(f"| `{key.name}` | {_cell(key.help)} | {_cell(key.kind)} |{option}")
    extra = (" option |", "---|") if options else ("", "")
    head = [f"| key | means | takes |{extra[0]}", f"|---|---|---|{extra[1]}"]
    return "\n".join([f"## `{title}`", "", *head, *rows])


def options_reference(name: str) -> str:
    """How a command is called: what its `--help` says, as tables. The keys of the manifest are left to their page."""
    made = _commands(full_parser())[name]
    parts = [f"```text\n{made.description}\n```"]
    for title, parser in ((name, made), *((f"{name} {sub}", p) for sub, p in _commands(made).items())):
        parts.append(_call(title, parser))
    return "\n\n".join(parts)


def _call(title: str, parser: argparse.ArgumentParser) -> str:
    usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
    parts = [f"## `colorcheck {title}`", f"```text\n{usage}\n```"]
    for group in parser._action_groups:
        actions = [a for a in group._group_actions if a.help not in (None, argparse.SUPPRESS) and a.dest != "help"]
        actions = [a for a in actions if not isinstance(a, argparse._SubParsersAction)]
        if group.title == INSTEAD_OF_KEYS:
            flags = ", ".join(f"`{a.option_strings[0]}`" for a in actions)
            parts.append(f"Instead of [keys of the manifest](../manifest.md): {flags}.")
        elif actions:
            rows = [f"| {_name(a)} | {_cell((a.help or '').replace('%%', '%'))} |" for a in actions]
            parts.append("\n".join(["| argument | means |", "|---|---|", *rows]))
    return "\n\n".join(parts)


def _name(action: argparse.Action) -> str:
    value = action.metavar if isinstance(action.metavar, str) else ",".join(map(str, action.choices or ()))
    if not action.option_strings:
        return f"`{value or action.dest}`"
    takes = f" {value}" if action.nargs != 0 else ""
    return ", ".join(f"`{text}{takes}`" for text in action.option_strings)


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return {name: made for action in found for name, made in action.choices.items()}


def _cell(text: object) -> str:
    """A text inside of a table: nothing in it is markup but code."""
    parts = re.split(r"(`[^`]*`)", str(text).replace("|", "\\|"))
    return "".join(part if part.startswith("`") else re.sub(r"([\[\]<*_])", r"\\\1", part) for part in parts)
