"""`colorcheck plugins`: list what is loaded, from where, what it adds, and what is wrong with it."""

from __future__ import annotations

import argparse
import json

from colorcheck.cli.console import write, write_json
from colorcheck.plugins.manager import LoadedPlugin, plugins
from colorcheck.verification.exit import Exit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")


def run(options: argparse.Namespace) -> int:
    found = plugins().loaded
    if options.format == "json":
        document = {"schema": "colorcheck/plugins/1", "plugins": [_to_dict(entry) for entry in found]}
        write_json(json.dumps(document, indent=2))
    else:
        write("\n".join(_text(entry) for entry in found))
    return Exit.FINDINGS if any(entry.problems for entry in found) else Exit.CLEAN


def _to_dict(entry: LoadedPlugin) -> dict[str, object]:
    return {
        "name": entry.name,
        "module": entry.module,
        "distribution": entry.distribution,
        "version": entry.version,
        "built_in": entry.built_in,
        "seconds": round(entry.seconds, 6),
        "adds": {kind: list(names) for kind, names in entry.adds},
        "problems": list(entry.problems),
    }


def _text(entry: LoadedPlugin) -> str:
    origin = "built in" if entry.built_in else f"{entry.distribution} {entry.version}".strip() or "unknown origin"
    lines = [f"{entry.name} ({entry.module}, {origin}), {entry.seconds * 1000:.0f} ms"]
    for kind, names in entry.adds:
        shown = ", ".join(names[:6]) + (f", and {len(names) - 6} more" if len(names) > 6 else "")
        lines.append(f"  {len(names)} {kind.replace('_', ' ')}: {shown}")
    lines += [f"  NOT USABLE: {problem}" for problem in entry.problems]
    return "\n".join(lines)
