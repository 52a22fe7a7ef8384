"""Comments that silence rules: `# colorcheck: ignore[CC115] reason`, in the comment style of each input language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from colorcheck.core.diagnostic import Finding
from colorcheck.core.source import Location
from colorcheck.core.units import MIB
from colorcheck.files.reading import contents_if_any
from colorcheck.verification.results import Facts

_MARK = "colorcheck:"
_ASK = r"\s*colorcheck:\s*ignore\[(?P<rules>[^\]\n]*)\](?P<reason>[^\n]*?)"
_DOUBLE = r'"(?:[^"\\\n]|\\[^\n])*"'
_SINGLE = r"'(?:[^'\\\n]|\\[^\n])*'"


def _language(strings: str, comments: str, ask: str, *leaders: str) -> Language:
    return Language(re.compile(f"{strings}|(?P<comment>{comments})", re.DOTALL), re.compile(ask), leaders)


class Language(Struct, frozen=True):
    """The syntax of strings and comments: `tokens` matches both, `ask` finds the request in a comment."""

    tokens: re.Pattern[str]
    ask: re.Pattern[str]
    leaders: tuple[str, ...]


_HASH = ("#[^\n]*", rf"#{_ASK}\s*$", "#")
XL = _language(f"{_DOUBLE}|{_SINGLE}", *_HASH)
TOML = _language(r'"""(?:[^\\]|\\.)*?"""|' + rf"'{{3}}.*?'{{3}}|{_DOUBLE}|'[^'\n]*'", *_HASH)
SHELL = _language(r'"(?:[^"\\]|\\.)*"|' + r"'[^']*'|\\.", *_HASH)
DEVICE_TREE = _language(
    r'"(?:[^"\\]|\\.)*"|' + _SINGLE,
    r"//[^\n]*|/\*.*?\*/",
    rf"^//(?:[^\n]*//)??{_ASK}\s*$|^/\*\s*colorcheck:\s*ignore\[(?P<rules2>[^\]\n]*)\](?P<reason2>[^\n]*?)\*/",
    "//",
    "/*",
)
_LARGEST = 16 * MIB  # a file above this size in bytes is not searched


class Comment(Struct, frozen=True):
    """A comment that silences: its place, the rules that it names, its reason, and the line to which it applies."""

    location: Location
    rules: tuple[str, ...]
    reason: str
    line: int


def comments(facts: Facts) -> Iterator[Comment]:
    """The silencing comments of all input files, in order."""
    for file, language in dict(_files(facts)).items():
        yield from comments_in(file, _text(file), language)


def comments_in(file: str, text: str, language: Language) -> Iterator[Comment]:
    """The silencing comments of a text.

    A comment alone on its line applies to the next line that is not a comment; text in strings is ignored.
    """
    lines = text.split("\n") if _MARK in text else []
    for token in language.tokens.finditer(text) if lines else ():
        match = language.ask.search(token["comment"]) if token["comment"] else None
        if match is None:
            continue
        found = match.groupdict()
        suffix = "" if found["rules"] is not None else "2"
        start = token.start() + match.start()
        begin = text.rfind("\n", 0, start) + 1
        about = number = text.count("\n", 0, start) + 1
        if not text[begin:start].strip():
            about = next((n for n, t in enumerate(lines[number:], number + 1) if _code(t, language.leaders)), number)
        yield Comment(
            Location(file, number, start - begin + 1, number, start - begin + 1 + len(match[0])),
            tuple(name.strip() for name in found[f"rules{suffix}"].split(",") if name.strip()),
            found[f"reason{suffix}"].strip(" :-\r"),
            about,
        )


def _code(line: str, leaders: tuple[str, ...]) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(leaders)


def _files(facts: Facts) -> Iterator[tuple[str, Language]]:
    deployment = facts.deployment
    yield facts.manifest.file, TOML
    if deployment.tree is not None:
        yield from ((file, DEVICE_TREE) for file in (deployment.tree.file, *deployment.tree.files))
    yield from ((file, XL) for guest in deployment.every_guest for file in guest.files)
    if deployment.image_builder is not None:
        yield deployment.image_builder.file, SHELL


def _text(file: str) -> str:
    """The text of a file that contains a silencing comment; empty for any other file."""
    data = contents_if_any(file, _LARGEST) or b""
    return data.decode("utf-8", "replace") if _MARK.encode() in data else ""


def silencing(finding: Finding) -> str:
    """The comment that silences this finding, to be put on its own line above; the user adds the reason.

    For a finding that is not on a line of a file, such as one on the command line, the entry in the manifest.
    """
    if finding.location.line < 1:
        return f'[rules] ignore = [{{ rule = "{finding.rule}", reason = "REASON" }}]'
    leader = "//" if Path(finding.location.file).suffix in (".dts", ".dtsi", ".dtso", ".h") else "#"
    return f"{leader} colorcheck: ignore[{finding.rule}] REASON"
