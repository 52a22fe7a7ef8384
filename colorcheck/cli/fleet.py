"""`colorcheck verify DIR --recursive`: all deployments below a folder."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from colorcheck.cli.arguments import manifest_file
from colorcheck.cli.console import Stop, write
from colorcheck.cli.output import deliver, outputs
from colorcheck.fleet.cache import user_cache
from colorcheck.fleet.checked import Checked, Job, overall
from colorcheck.fleet.find import deployments_below, touched
from colorcheck.fleet.join import FORMATS, RENDERED, joined
from colorcheck.fleet.run import check_all
from colorcheck.inputs.manifest.manifest_keys import KEYS
from colorcheck.verification.results import Exit


def run_fleet(options: argparse.Namespace) -> int:
    """Check them all and report jointly."""
    wanted = outputs(options)
    names = {output.format for output in wanted}
    _refuse_what_does_not_fit(options, names)
    manifests = _chosen(options)
    if not manifests:
        if options.changed_since:
            write(f"no deployment is touched by what changed since {options.changed_since}")
            return Exit.CLEAN
        raise Stop(f"nothing to check: no deployment below {options.path or '.'}", status=Exit.NOTHING)
    formats = tuple(sorted({RENDERED.get(name, name) for name in names - {"text"}}))
    rules = tuple(
        (key.path, tuple(value))
        for key in KEYS
        if key.path.startswith("rules.") and (value := getattr(options, key.path, None))
    )
    jobs = [
        Job(
            name,
            fail_on=options.fail_on,
            formats=formats,
            root=os.getcwd(),
            rules=rules,
            allow_outside=options.allow_outside,
        )
        for name in manifests
    ]
    with _progress(len(jobs)) as told:
        checked = check_all(jobs, options.jobs, None if options.no_cache else user_cache(), told)
    for output in wanted:
        deliver(output, joined(output.format, checked))
    return overall(checked)


def _refuse_what_does_not_fit(options: argparse.Namespace, formats: set[str]) -> None:
    target = (key for key in KEYS if not key.path.startswith("rules."))
    given = next((key for key in target if getattr(options, key.path, None) is not None), None)
    if given:
        raise Stop(f"{given.flag} is for one deployment, not for many", "write it into the manifests")
    strange = next(iter(sorted(formats - FORMATS.keys())), None)
    if strange:
        raise Stop(f"there is no joint report in the format {strange}", f"formats for many are {', '.join(FORMATS)}")
    if options.jobs is not None and options.jobs < 1:
        raise Stop(f"--jobs {options.jobs}: at least one is needed")


def _chosen(options: argparse.Namespace) -> list[str]:
    path = options.path or "."
    own = manifest_file(path)
    found = [own] if own else []
    if options.recursive and os.path.isdir(path):
        found = list(deployments_below(path))
    if not options.changed_since:
        return found
    changed = _changed(path, options.changed_since)
    return [name for name in found if _is_touched(name, changed)]


def _changed(path: str, revision: str) -> frozenset[Path]:
    from colorcheck.files.revisions import RevisionError, changed_files, repository

    folder = Path(path if os.path.isdir(path) else os.path.dirname(path) or ".")
    try:
        top = repository(folder)
        return frozenset(Path(os.path.abspath(name)) for name in changed_files(top, revision))
    except RevisionError as error:
        raise Stop(f"--changed-since {revision}: {error}") from None


def _is_touched(manifest: str, changed: frozenset[Path]) -> bool:
    from colorcheck.inputs.manifest.manifest_reader import ManifestError, read_manifest
    from colorcheck.inputs.read import read_deployment

    try:
        return touched(read_deployment(read_manifest(manifest)), changed)
    except ManifestError:
        return True


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Checked], object]]:
    """A progress bar on standard error, where that is a terminal; it moves on with each call."""
    if not sys.stderr.isatty() or total < 2:
        yield id
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("deployments", total=total)
        yield lambda _: progress.advance(task)
