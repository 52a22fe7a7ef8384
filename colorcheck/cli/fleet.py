"""`colorcheck verify DIR --recursive`: all deployments below a folder."""

from __future__ import annotations

import argparse
import os
from itertools import count
from pathlib import Path

from msgspec import Struct

from colorcheck.cli.arguments import manifest_file
from colorcheck.cli.console import Stop
from colorcheck.cli.output import deliver, outputs, refuse_inputs
from colorcheck.cli.progress import progress
from colorcheck.fleet.cache import user_cache
from colorcheck.fleet.checked import Fleet, Job, overall, passed
from colorcheck.fleet.find import FoundManifests, Passed, deployments_below
from colorcheck.fleet.join import FORMATS, RENDERED, joined
from colorcheck.fleet.run import check_all
from colorcheck.inputs.manifest.manifest_keys import KEYS
from colorcheck.verification.exit import Exit


def run_fleet(options: argparse.Namespace) -> int:
    """Check all deployments and print one combined report."""
    wanted = outputs(options)
    names = {output.format for output in wanted}
    _refuse_what_does_not_fit(options, names)
    chosen = _chosen(options)
    manifests = chosen.manifests
    if not chosen.known and not chosen.passed:
        raise Stop(f"nothing to check: no deployment below {options.path or '.'}", status=Exit.NOTHING)
    formats = tuple(sorted({RENDERED.get(name, name) for name in names - {"text"}}))
    rules = tuple(
        (key.path, value if isinstance(value, str) else tuple(value))
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
            time_limit=options.time_limit,
            seconds=options.input_seconds,
            memory=options.input_memory,
        )
        for name in manifests
    ]
    with progress(len(jobs), shown=len(jobs) > 1) as advance:
        number = count(1)
        checked = check_all(
            jobs,
            options.jobs,
            None if options.no_cache else user_cache(),
            lambda _: advance("deployments", next(number), ""),
        )
    checked = (*checked, *(passed(each.name, each.reason) for each in chosen.passed))
    fleet = Fleet(checked, known=chosen.known, since=options.changed_since)
    refuse_inputs(wanted, [name for each in checked for name in (each.manifest, *each.inputs)])
    for output in wanted:
        deliver(output, joined(output.format, fleet))
    return overall(checked) if checked or not chosen.known else Exit.CLEAN


def _refuse_what_does_not_fit(options: argparse.Namespace, formats: set[str]) -> None:
    target = (key for key in KEYS if not key.path.startswith("rules."))
    given = next((key for key in target if getattr(options, key.path, None) is not None), None)
    if given:
        raise Stop(f"{given.flag} is for one deployment, not for many", "write it into the manifests")
    strange = next(iter(sorted(formats - FORMATS.keys())), None)
    if strange:
        raise Stop(
            f"there is no combined report in the format {strange}",
            f"the formats for many are {', '.join(FORMATS)}",
        )
    if options.jobs is not None and options.jobs < 1:
        raise Stop(f"--jobs {options.jobs}: must be at least 1")


class _Chosen(Struct, frozen=True):
    """The deployments to check, how many there are in total, and the options for each."""

    manifests: tuple[str, ...]
    known: int
    passed: tuple[Passed, ...]


def _chosen(options: argparse.Namespace) -> _Chosen:
    path = options.path or "."
    own = manifest_file(path)
    found = FoundManifests((own,) if own else ())
    if options.recursive and os.path.isdir(path):
        found = deployments_below(path)
    if options.changed_since is None:
        return _Chosen(found.manifests, len(found.manifests), found.passed)
    from colorcheck.files.revisions import RevisionError, repository, tree_of
    from colorcheck.fleet.changed import touched
    from colorcheck.fleet.gone import GoneManifests, gone_since

    folder = path if os.path.isdir(path) else os.path.dirname(path) or "."
    try:
        top = repository(Path(folder))
        tree = tree_of(top, _start(top, options.changed_since))
        chosen = touched(found.manifests, tree, allow_outside=options.allow_outside)
        gone = GoneManifests()
        if options.recursive:
            gone = gone_since(tree, folder, found.manifests, allow_outside=options.allow_outside)
    except RevisionError as error:
        raise Stop(f"--changed-since {options.changed_since}: {error}", error.advice) from None
    return _Chosen(chosen, len(found.manifests) + gone.unchanged, (*found.passed, *gone.passed))


def _start(top: Path, revision: str) -> str:
    """The commit where the branch left the revision, so that later commits of others are not counted as changes of
    the branch; the revision itself if that is not known, as in a shallow clone. Raises GitError.
    """
    from colorcheck.files.revisions import RevisionError, commit_of, merge_base

    commit = commit_of(top, revision)
    try:
        return merge_base(top, commit, "HEAD")
    except RevisionError:
        return commit
