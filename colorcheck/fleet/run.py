"""Checks the deployments of a fleet, each in a worker that cannot take the others down."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from colorcheck.diagnostic import Severity, Verdict
from colorcheck.fleet.cache import Cache, digest
from colorcheck.fleet.checked import Checked, Job, crashed
from colorcheck.fleet.find import files_of
from colorcheck.inputs.manifest_reader import ManifestError, read_manifest
from colorcheck.results import Exit

_UNSTABLE = frozenset(("unreadable", "no-match", "include", "include-cycle"))


def check_all(
    jobs: Sequence[Job], workers: int | None = None, cache: Cache | None = None, told: Callable[[Checked], object] = id
) -> tuple[Checked, ...]:
    """The results in the order of the jobs; `told` is called with each as it comes."""
    results: dict[str, Checked] = {}
    for job, checked in _answers(jobs, workers or os.cpu_count() or 1, cache):
        results[job.manifest] = checked
        told(checked)
    return tuple(results[job.manifest] for job in jobs)


def _answers(jobs: Sequence[Job], workers: int, cache: Cache | None) -> Iterator[tuple[Job, Checked]]:
    waiting = []
    for job in jobs:
        known = cache.get(job) if cache else None
        if known is None:
            waiting.append(job)
        else:
            yield job, known
    lost: list[Job] = []
    if waiting:
        yield from _pooled(waiting, min(workers, len(waiting)), cache, lost)
    for job in lost:  # one of these brought its worker down; each gets a worker of its own to find out which
        again: list[Job] = []
        yield from _pooled([job], 1, cache, again)
        if again:
            yield job, crashed(job.manifest, "the worker process died")


def _pooled(jobs: Sequence[Job], workers: int, cache: Cache | None, lost: list[Job]) -> Iterator[tuple[Job, Checked]]:
    """Answers as they come; jobs whose worker died go to `lost`."""
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        running: dict[Future[Checked], Job] = {}
        for job in jobs:
            try:
                running[pool.submit(check, job, cache)] = job
            except BrokenProcessPool:
                lost.append(job)
        for future in as_completed(running):
            job = running[future]
            try:
                yield job, future.result()
            except BrokenProcessPool:
                lost.append(job)
            except Exception as error:
                yield job, crashed(job.manifest, f"{type(error).__name__}: {error}")


def check(job: Job, cache: Cache | None = None) -> Checked:
    """Check one deployment, here and now. Never raises for what is in its files."""
    from colorcheck import pipeline
    from colorcheck.inputs.read import read_deployment
    from colorcheck.report import Style, render
    from colorcheck.report.view import headline

    begin = time.perf_counter()
    try:
        manifest = read_manifest(job.manifest, dict(job.rules))
    except ManifestError as error:
        return Checked(job.manifest, Exit.USAGE, "UNREADABLE", str(error), message=str(error))
    # The digests are taken before the files are read for the result: what changes in between makes them differ.
    files = {name: digest(name) for name in files_of(read_deployment(manifest))}
    found = pipeline.verify(manifest, timeout=job.timeout)
    style = Style(root=Path(job.root))
    shown = headline(found)
    checked = Checked(
        manifest=job.manifest,
        status=int(found.exit_status(Severity(job.fail_on))),
        word=shown.word,
        sentence=shown.sentence,
        errors=found.count(Severity.ERROR),
        warnings=found.count(Severity.WARNING),
        proved=found.count(Verdict.PROVED),
        seconds=round(time.perf_counter() - begin, 3),
        message="; ".join(fault.message for fault in found.faults),
        rendered={name: render(found, name, style) for name in job.formats},
    )
    patterns = any(mark in name for name in manifest.domains for mark in "*?[")
    unstable = any(problem.kind in _UNSTABLE for problem in found.facts.deployment.problems)
    unread = manifest.device_tree is not None and found.facts.deployment.tree is None
    if cache and not (patterns or unstable or unread or found.skipped):
        cache.put(job, checked, files)
    return checked
