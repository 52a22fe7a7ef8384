"""Where reports are written, standard output or files, and their width and color."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from colorcheck.cli.console import Stop, complain, under_ci, write, write_exactly, write_json
from colorcheck.core.diagnostic import Edit, Severity
from colorcheck.core.safe import Painted, safe, safe_json
from colorcheck.files.atomic import write_report
from colorcheck.files.edits import OverlapError, diff, originals
from colorcheck.files.edits import write as write_edits
from colorcheck.report import Output, Style, parse_outputs
from colorcheck.report.formats import known_formats
from colorcheck.verification.exit import Exit
from colorcheck.verification.open import Reach, open_facts
from colorcheck.verification.results import Modelled, Verification

_JSON = frozenset(("json", "json-1", "sarif", "gitlab"))


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--format`, `--output` and the options for the look of text."""
    names = ", ".join(entry.name for entry in known_formats())
    group = parser.add_argument_group("report")
    group.add_argument("--format", metavar="NAME", help=f"what to print: {names} (default: text)")
    group.add_argument(
        "--output",
        metavar="NAME=FILE",
        action="append",
        default=[],
        help="also write a report in the format NAME to FILE; may be repeated",
    )
    add_style_arguments(group)


def add_threshold_argument(group: argparse._ActionsContainer) -> None:
    """Add `--fail-on` to commands whose exit status depends on the severity of findings."""
    group.add_argument(
        "--fail-on",
        choices=[str(severity) for severity in Severity],
        default=str(Severity.ERROR),
        help="the lowest severity that causes exit status 1 (default: error)",
    )
    group.add_argument("--exit-zero", action="store_true", help="exit with 0 even with findings or undecided theorems")


def add_document_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--format` to a command that writes text and JSON only, and the options for the look of text."""
    group = parser.add_argument_group("report")
    group.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
    add_style_arguments(group)


def add_style_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--verbose", "-v", action="store_true", help="omit nothing from the text")
    group.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="whether to color the text")


def outputs(options: argparse.Namespace) -> tuple[Output, ...]:
    """The outputs that `--format` and `--output` request. Raises Stop if one is wrong."""
    try:
        return parse_outputs(options.format, options.output, os.environ)
    except ValueError as error:
        raise Stop(str(error)) from None


def style(options: argparse.Namespace, output: Output | None = None) -> Style:
    """The style for standard output, or for a file."""
    to_screen = output is None or output.path is None
    return Style(
        width=shutil.get_terminal_size((100, 24)).columns if to_screen else 100,
        color=to_screen and _wants_color(options.color),
        unicode=not to_screen or _speaks_unicode(),
        verbose=options.verbose,
        silences=getattr(options, "show_silence", False),
    )


def say_trouble(verification: Modelled, reach: Reach = Reach.MEMORY, *, settled: bool = False) -> int:
    """For commands without rules: report what could not be read and what is open, and return the exit status.

    `settled` means that the answer is the same in every world, whatever is open.
    """
    facts = verification.facts
    unknown = open_facts(facts, reach)
    for problem in facts.deployment.problems:
        complain(f"{problem.location}: {problem.message}", problem.help)
    if say_faults(verification):
        return Exit.FAULT
    if verification.nothing_to_check:
        return Exit.NOTHING
    for fact in unknown:
        if fact.what.startswith("unread "):
            continue  # reported above
        complain(f"open: {fact.what}: {fact.why}", f"settle it: {'; '.join(fact.settle)}")
    hangs = [fact for fact in unknown if fact.opaque or not settled]
    return Exit.UNDECIDED if verification.skipped or hangs else Exit.CLEAN


def say_faults(verification: Modelled | Verification) -> bool:
    """Report where colorcheck itself failed; returns whether it did."""
    for fault in verification.faults:
        complain(f"colorcheck itself failed ({fault.where}): {fault.message}")
    return bool(verification.faults)


def _wants_color(choice: str) -> bool:
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not under_ci()


def ended(status: int, options: argparse.Namespace) -> int:
    """The exit status; 0 for findings and undecided theorems with `--exit-zero`."""
    return Exit.CLEAN if options.exit_zero and status in (Exit.FINDINGS, Exit.UNDECIDED) else status


def _speaks_unicode() -> bool:
    try:
        "█✓⚠".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def refuse_an_input(option: str, path: str, inputs: Iterable[str]) -> None:
    """Raises Stop if an option names an output file that is an input."""
    if os.path.realpath(path) in {os.path.realpath(name) for name in inputs}:
        raise Stop(f"{option}: {path} is an input", "name another file")


def refuse_inputs(wanted: Iterable[Output], inputs: Iterable[str]) -> None:
    """Raises Stop, before anything is written, if a report would overwrite an input."""
    known = tuple(inputs)
    for each in wanted:
        if each.path:
            refuse_an_input("--output", each.path, known)


def deliver(output: Output, text: str) -> None:
    """Print a report, or write its file atomically. Raises Stop if that fails."""
    if output.format in _JSON:
        text = safe_json(text)
    elif not isinstance(text, Painted):
        text = safe(text, commands=output.format == "github")
    if output.path is None:
        write(text, commands=output.format == "github") if output.format not in _JSON else write_json(text)
        return
    try:
        write_report(Path(output.path), text, append=output.path == os.environ.get("GITHUB_STEP_SUMMARY"))
    except OSError as error:
        raise Stop(f"cannot write {output.path}: {error.strerror or error}", status=Exit.USAGE) from None


def deliver_edits(edits: Iterable[Edit], *, write_them: bool, quiet: bool = False) -> None:
    """Show edits as a diff, or apply them and name the files (unless `quiet`). Raises Stop if that is impossible."""
    edits = tuple(edits)
    files, problems = originals(edits)
    try:
        shown = b"" if problems else diff(files, edits)
    except OverlapError as error:
        raise Stop(str(error)) from None
    if not problems and write_them:
        problems = write_edits(files, edits)
    if problems:
        raise Stop(problems[0].message, problems[0].help)
    if not quiet:
        if write_them:
            write("\n".join(f"wrote {name}" for name in files))
        else:
            write_exactly(shown)
    if not edits:
        complain("nothing to change")
