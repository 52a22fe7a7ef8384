"""Completes a deployment from the dump of a running system, where other inputs are missing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.inputs.boot.boot_log import BootLog, Statement, parse_boot_log
from colorcheck.inputs.boot.dumped_guests import dumped_guests
from colorcheck.inputs.boot.running_tree import RunningTree, running_tree
from colorcheck.inputs.boot.system_dump import INFO, LOG, SystemDump, read_system_dump
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.inputs.xl.xl import read_xl

_FIELD = re.compile(r"(\w+)\s*: ?(.*)$")
_HELP = "specify a dump of this system, or omit it"


def with_dump(deployment: Deployment) -> Deployment:
    """Log, guests and tree of `system-dump`, as far as the manifest names none; a dump of another machine is
    reported."""
    manifest = deployment.manifest
    named_at = manifest.location("inputs.system-dump")
    path = os.path.normpath(os.path.join(manifest.folder, manifest.system_dump or ""))
    dump = read_system_dump(path, named_at)
    problems = [*deployment.problems, *dump.problems]
    running = running_tree(dump, named_at)
    has_tree = manifest.device_tree is not None or manifest.image_builder is not None
    if not has_tree:
        deployment = replace(deployment, tree=running.tree, machine=running.root)
        problems += running.problems
    else:
        problems += _of_another_machine(running, deployment.tree, named_at)
    if not manifest.domains:
        texts, left = dumped_guests(dump)
        guests = tuple(read_xl(text, os.path.join(path, name)) for name, text in texts.items())
        deployment = replace(deployment, guests=guests)
        problems += (Problem(ProblemKind.UNREAD_GUEST, text, named_at, _WRITE) for text in left)
    if deployment.boot_log is None:
        log, unlike = dumped_log(dump)
        deployment = replace(deployment, boot_log=log)
        problems += (Problem(ProblemKind.LOG_CONTRADICTS, text, named_at, _HELP) for text in unlike)
    return replace(deployment, problems=tuple(dict.fromkeys(problems)))


_WRITE = "write an xl file for it and add it to domains"


def dumped_log(dump: SystemDump) -> tuple[BootLog | None, tuple[str, ...]]:
    """The boot log in `xl dmesg`, completed by `xl info` if the beginning is lost, and their differences."""
    log = parse_boot_log(dump.path(LOG), dump.text(LOG)) if LOG in dump.parts else None
    info = dict(_info(dump))
    version, arguments = info.get("xen_version"), info.get("xen_commandline")
    if log is None and version is None and arguments is None:
        return None, ()
    log = log or BootLog(dump.path(INFO), 1)
    unlike = tuple(
        f'{what} is "{said.value}" in {LOG} and "{known.value}" in {INFO}: they come from different systems or boots'
        for what, said, known in (
            ("Xen's version", log.version, version),
            ("the command line", log.command_line, arguments),
        )
        if said is not None and known is not None and said.value != known.value and "command_line" not in log.damaged
    )
    if log.command_line is None or "command_line" in log.damaged:
        log = replace(log, command_line=arguments, damaged=log.damaged - ({"command_line"} if arguments else set()))
    return replace(log, version=log.version or version), unlike


def _info(dump: SystemDump) -> Iterator[tuple[str, Statement]]:
    for number, line in enumerate(dump.text(INFO).splitlines(), 1):
        if match := _FIELD.match(line.rstrip()):
            place = Location(dump.path(INFO), number, 1, number, len(line) + 1)
            yield match[1], Statement(match[2].strip(), place)


def _of_another_machine(running: RunningTree, tree: DeviceTree | None, named_at: Location) -> Iterator[Problem]:
    """A dump whose tree names another machine than the device tree of the manifest."""
    other = running.tree or running.root
    own, its = (found.root.properties.get("compatible") if found else None for found in (tree, other))
    if own is not None and its is not None and own.value != its.value:
        names = [p.value.rstrip(b"\0").replace(b"\0", b", ").decode("utf-8", "replace") for p in (its, own)]
        message = f"the dump comes from another machine ({names[0]}) than the device tree ({names[1]})"
        yield Problem(ProblemKind.LOG_CONTRADICTS, message, named_at, _HELP)
