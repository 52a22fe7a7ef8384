"""Wrong calls are told in one line, with what was probably meant; `--help` of every command shows how it is used."""

from __future__ import annotations

import argparse

import pytest

from colorcheck.cli import full_parser, main
from colorcheck.cli.commands import COMMANDS, CliCommand
from tests.shapes import present


def commands() -> dict[str, argparse.ArgumentParser]:
    action = next(a for a in full_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(action.choices)


@pytest.mark.parametrize(
    ("words", "message", "advice"),
    [
        (["verfy"], "unknown command verfy", 'did you mean "verify"?'),
        (["zzz"], "unknown command zzz", "`colorcheck --help` lists them"),
        (["verify", "--devicetree=x"], "colorcheck verify has no option --devicetree", 'did you mean "--device-tree"?'),
        (["board", "show", "zcu102", "--fromat", "json"], "has no option --fromat", 'did you mean "--format"?'),
        (["verify", "a", "b"], "colorcheck verify does not take the argument b", "`colorcheck verify --help`"),
        (["attest"], "the following arguments are required: --log", "`colorcheck attest --help`"),
        (["verify", "--fail-on", "never"], "invalid choice: 'never'", "`colorcheck verify --help`"),
    ],
)
def test_wrong_calls(words: list[str], message: str, advice: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err
    assert advice in printed.err
    assert len(printed.err.splitlines()) == 2


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_description_has_examples(command: CliCommand) -> None:
    description = present(commands()[command.name].description)
    assert f"\n  colorcheck {command.name}" in description
    assert all(len(line) <= 120 for line in description.splitlines())


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_examples_of_descriptions_use_what_there_is(name: str) -> None:
    parser = commands()[name]
    parsers = [
        parser,
        *(p for a in parser._actions if isinstance(a, argparse._SubParsersAction) for p in a.choices.values()),
    ]
    known = {text for made in parsers for action in made._actions for text in action.option_strings}
    lines = [line for line in present(parser.description).splitlines() if line.startswith(f"  colorcheck {name}")]
    assert {word.partition("=")[0] for line in lines for word in line.split() if word.startswith("--")} <= known


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_option_has_a_help(name: str) -> None:
    parser = commands()[name]
    assert [a.dest for a in parser._actions if not a.help and not isinstance(a, argparse._SubParsersAction)] == []


def test_one_option_means_one_thing() -> None:
    """An option of several commands takes the same, but for those that say what they take for themselves."""
    own = {"--format", "--fail-on", "--color", "--xen", "--board", "--timeout", "--write", "--log", "--from", "--share"}
    met: dict[str, tuple[object, ...]] = {}
    for parser in commands().values():
        for action in parser._actions:
            for text in action.option_strings:
                shape = (action.metavar, action.nargs, type(action).__name__)
                assert text in own or met.setdefault(text, shape) == shape, text
