"""A deployment after its boot: parses lifecycle steps and takes them on the booted host."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.source import Location
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.files import read_octets, read_text
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.inputs.read import XL_LARGEST, guest_files
from colorcheck.inputs.xl.xl import read_xl
from colorcheck.replay.lifecycle import Balloon, Create, Destroy, Lived, Reboot, Step, lifecycle
from colorcheck.verification.results import Modelled, ReleaseResult
from colorcheck.workflows import verify as pipeline
from colorcheck.xen.decided.boot_domains import host_of_guests
from colorcheck.xen.domains.xl_domains import XlRules, xl_domain
from colorcheck.xen.kinds import DomainKind

WRITTEN = "create FILE, destroy NAME, reboot NAME or balloon NAME KIB"


class StepError(ValueError):
    """A step that cannot be parsed; the message says which one and what to write instead."""


class LifecycleResults(Struct, frozen=True):
    """The results of the steps under each release of the manifest."""

    verification: Modelled
    lives: tuple[Lived, ...]

    def to_dict(self) -> dict[str, object]:
        """The document `colorcheck/lifecycle/1`."""
        first, *others = [lived.to_dict() for lived in self.lives]
        return {"schema": "colorcheck/lifecycle/1", **first, **({"also": others} if others else {})}


def lives(manifest: Manifest, steps: Sequence[tuple[object, ...]]) -> LifecycleResults:
    """Boot a deployment and take the steps: ("create", file), ("destroy", name), ("reboot", name) and ("balloon", name,
    KiB). Raises StepError for any other step."""
    found = pipeline.replay(manifest)
    return LifecycleResults(found, tuple(_lived(result, found, steps) for result in found.facts.results))


def _lived(result: ReleaseResult, found: Modelled, steps: Sequence[tuple[object, ...]]) -> Lived:
    boot = result.boot
    if boot is None or result.system is None:
        return Lived(result.release, stopped="the boot of this Xen is not modelled")
    if boot.panic or boot.heap is None:
        return Lived(result.release, stopped=f"Xen panics: {boot.panic.message}" if boot.panic else "coloring is off")
    read = tuple(understood(steps, found.facts.deployment, result))
    return Lived(result.release, tuple(lifecycle(boot, read)))


def understood(steps: Iterable[tuple[object, ...]], deployment: Deployment, result: ReleaseResult) -> Iterator[Step]:
    """The steps, with the guests of their files. Raises StepError."""
    for number, step in enumerate(steps, 1):
        match step:
            case ("create", str() as file):
                yield _create(file, deployment, result, number)
            case ("destroy", str() as name):
                yield Destroy(name)
            case ("reboot", str() as name):
                yield Reboot(name)
            case ("balloon", str() as name, int() as kib):
                yield Balloon(name, kib)
            case _:
                raise StepError(f"step {number}, {' '.join(map(str, step))}: write {WRITTEN}")


def _create(file: str, deployment: Deployment, result: ReleaseResult, number: int) -> Create:
    system = result.system
    if system is None or any(domain.name == file and domain.kind is not DomainKind.DOM0 for domain in system.domains):
        return Create(file)
    path = os.path.normpath(os.path.join(deployment.manifest.folder, file))
    text = read_octets(path, Location(path), XL_LARGEST)
    if isinstance(text, Problem):
        raise StepError(f"step {number}, create {file}: there is no guest with this name, and {text.message}")
    guest = read_xl(text, path)
    with_files = replace(deployment, guest_files={**deployment.guest_files, **guest_files([guest])})
    has_dom0 = any(domain.kind is DomainKind.DOM0 for domain in system.domains)
    rules = XlRules(system.release, system.coloring, system.nr_colors, has_dom0)
    asked = xl_domain(guest, with_files, host_of_guests(deployment), rules, 0)
    return Create(asked.domain.name, asked.domain)


def read_steps(path: str) -> tuple[tuple[object, ...], ...]:
    """The steps of a file: a JSON list of lists, or one step per line; `#` begins a comment. Raises StepError."""
    text = read_text(path, Location(path))
    if isinstance(text, Problem):
        raise StepError(text.message)
    if text.lstrip().startswith("["):
        try:
            return tuple(tuple(step) if isinstance(step, list) else (step,) for step in json.loads(text))
        except (ValueError, RecursionError) as error:
            raise StepError(f"{path} is not JSON: {error}") from None
    lines = enumerate((line.partition("#")[0] for line in text.splitlines()), 1)
    return tuple(_words(line, number) for number, line in lines if line.strip())


def _words(line: str, number: int) -> tuple[object, ...]:
    words: list[str] = line.split()
    if words[0] == "balloon" and len(words) == 3:
        size = words[2]
        if not size.isdecimal():
            raise StepError(f"line {number}: balloon {words[1]} to how many KiB? {size!r} is not a number")
        return (words[0], words[1], int(size))
    return tuple(words)
