"""`colorcheck effective`: which colors Xen really gives to whom, and why."""

from __future__ import annotations

import argparse
import json

from colorcheck.cli.arguments import add_target_arguments, load_manifest
from colorcheck.cli.console import Stop, write, write_json
from colorcheck.cli.output import add_document_arguments, say_trouble, style
from colorcheck.documents.boots import Effective
from colorcheck.loader.handover import handed_over
from colorcheck.verification.exit import Exit
from colorcheck.verification.open import Reach
from colorcheck.workflows import verify as pipeline


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    add_document_arguments(parser)
    parser.add_argument(
        "--tree",
        action="store_true",
        help="print the device tree that Xen receives, each property with its origin",
    )
    parser.add_argument(
        "--facts",
        action="store_true",
        help="list the facts that the model uses, each with its origin, and what would settle those that are open",
    )
    parser.add_argument(
        "--explain-affinity",
        action="store_true",
        help="show on which CPUs each domain may run, why, and which caches each pair shares",
    )


def run(options: argparse.Namespace) -> int:
    found = Effective(pipeline.effective(load_manifest(options)))
    if options.tree:
        return _tree(found, options)
    if options.format == "json":
        from colorcheck.report.terminal.affinity import affinity_to_dict

        extra: dict[str, object] = {}
        if options.explain_affinity:
            extra["affinity"] = affinity_to_dict(found.verification.facts)
        if options.facts:
            from colorcheck.report.terminal.facts import to_dict
            from colorcheck.verification.open import all_facts

            extra["facts"] = [to_dict(fact) for result in found.facts.results[:1] for fact in all_facts(result)]
        write_json(json.dumps({**found.to_dict(), **extra}, indent=2))
    else:
        from colorcheck.report.terminal.effective import render

        write(render(found.verification, style(options)))
        if options.facts:
            from colorcheck.report.terminal.facts import render_facts

            write("\n" + render_facts(found.facts, style(options)))
        if options.explain_affinity:
            from colorcheck.report.terminal.affinity import explain

            write("\n" + explain(found.verification.facts))
    return say_trouble(found.verification, Reach.COLORS)


def _tree(found: Effective, options: argparse.Namespace) -> int:
    """Print the tree that Xen receives."""
    facts = found.verification.facts
    handover = facts.handover
    if handover is None and facts.deployment.tree is not None:
        handover = handed_over(facts.deployment.tree, None, None)
    if handover is None:
        raise Stop("there is no device tree", "name one with --device-tree", Exit.NOTHING)
    if options.format == "json":
        write_json(json.dumps(handover.to_dict(), indent=2))
    else:
        from colorcheck.report.terminal.received_tree import render

        write(render(handover))
    return say_trouble(found.verification)
