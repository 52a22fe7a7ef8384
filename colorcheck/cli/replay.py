"""`colorcheck replay`: boot the deployment in the simulated allocator."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator

from colorcheck.cli.arguments import add_target_arguments, load_manifest
from colorcheck.cli.console import Stop, write, write_json
from colorcheck.cli.output import add_document_arguments, say_trouble, style
from colorcheck.cli.replay_json import written_with_frames
from colorcheck.documents.boots import Replay
from colorcheck.replay.steps import number_of, steps
from colorcheck.replay.witness import XEN
from colorcheck.verification.results import Facts
from colorcheck.workflows import verify as pipeline

_LIST = "list"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    parser.add_argument(
        "--until", metavar="STEP", default="", help="stop after this step, a name or a number; `list` lists them"
    )
    parser.add_argument(
        "--at", metavar="DOMAIN", default="", help="show where the frames of this domain (or of xen) are"
    )
    parser.add_argument(
        "--steps",
        metavar="FILE",
        default="",
        help="file with the steps after boot, one per line: create FILE, destroy NAME, reboot NAME, balloon NAME KIB",
    )
    add_document_arguments(parser)
    parser.add_argument("--no-frames", action="store_true", help="omit the owner of each frame from the JSON")


def run(options: argparse.Namespace) -> int:
    if options.steps:
        return _lives(options)
    found = Replay(pipeline.replay(load_manifest(options)), until=options.until, at=options.at)
    if options.until == _LIST and _LIST not in _names(found.facts):
        write("\n".join(_listed(found.facts)))
        return say_trouble(found.verification)
    _check(found.facts, options.until, options.at)
    if options.format == "text":
        from colorcheck.report.terminal.replay import ReplayRequest, render

        write(render(found.verification, style(options), ReplayRequest(options.until, options.at)))
    elif options.no_frames:
        write_json(json.dumps(found.to_dict(frames=False), indent=2))
    else:
        written_with_frames(found)
    worlds = [result.worlds for result in found.facts.results if result.worlds is not None]
    settled = all(each.outcome() != "unknown" for each in worlds)
    return say_trouble(found.verification, settled=settled)


def _lives(options: argparse.Namespace) -> int:
    """Run the steps of a file after the boot, one per line."""
    from colorcheck.report.terminal.lifecycle import lines
    from colorcheck.workflows.lifecycle import StepError, lives, read_steps

    try:
        found = lives(load_manifest(options), read_steps(options.steps))
    except StepError as error:
        raise Stop(str(error)) from None
    if options.format == "text":
        write("\n".join(lines(found.lives)))
    else:
        write(json.dumps(found.to_dict(), indent=2))
    return say_trouble(found.verification)


def _check(facts: Facts, until: str, at: str) -> None:
    """Raises Stop for a step or a domain that no boot reaches."""
    boots = [boot for _, boot in facts.boots()]
    if until and boots and all(number_of(steps(boot), until) is None for boot in boots):
        raise Stop(f"unknown step {until}", "\n  ".join(["the steps are", *_listed(facts)]))
    owners = list(dict.fromkeys([XEN, *(built.domain.name for boot in boots for built in boot.built)]))
    if at and boots and at not in owners:
        raise Stop(f"unknown domain {at}", f"name one of {', '.join(owners)}")


def _names(facts: Facts) -> set[str]:
    return {step.name for _, boot in facts.boots() for step in steps(boot)}


def _listed(facts: Facts) -> Iterator[str]:
    """The steps with their numbers, listed once for releases that have the same steps."""
    reported: dict[tuple[str, ...], list[str]] = {}
    for release, boot in facts.boots():
        reported.setdefault(tuple(step.name for step in steps(boot)), []).append(release)
    for names, releases in reported.items():
        if len(reported) > 1:
            yield f"Xen {', '.join(releases)}"
        yield from (f"{number:>3} {name}" for number, name in enumerate(names, 1))
