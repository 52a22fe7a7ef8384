"""Checks the deployments of a fleet, each in a worker process, so that a crash does not affect the others."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from colorcheck.core.diagnostic import Severity, Verdict
from colorcheck.files.boundary import Boundary, boundary_of, restricted
from colorcheck.files.costs import Allowance, TooCostly, allowed, costing
from colorcheck.files.watching import Recorder, watched
from colorcheck.fleet.cache import ResultCache
from colorcheck.fleet.checked import Checked, Job, crashed
from colorcheck.fleet.inputs import StateRecorder
from colorcheck.inputs.manifest.manifest_reader import ManifestError, read_manifest
from colorcheck.verification.exit import Exit
from colorcheck.verification.results import Verification


def check_all(
    jobs: Sequence[Job],
    workers: int | None = None,
    cache: ResultCache | None = None,
    report: Callable[[Checked], object] = id,
) -> tuple[Checked, ...]:
    """The results in the order of the jobs; `report` is called with each as it comes."""
    results: dict[str, Checked] = {}
    for job, checked in _answers(jobs, workers or os.cpu_count() or 1, cache):
        results[job.manifest] = checked
        report(checked)
    return tuple(results[job.manifest] for job in jobs)


def _answers(jobs: Sequence[Job], workers: int, cache: ResultCache | None) -> Iterator[tuple[Job, Checked]]:
    waiting = []
    for job in jobs:
        with restricted(_inside(job)):
            known = cache.get(job) if cache else None
        if known is None:
            waiting.append(job)
        else:
            yield job, known
    if waiting:
        yield from _halved(waiting, workers, cache)


def _halved(jobs: Sequence[Job], workers: int, cache: ResultCache | None) -> Iterator[tuple[Job, Checked]]:
    """If a worker dies, all unfinished jobs are tried again in halves, down to the one that causes it."""
    lost: list[Job] = []
    yield from _pooled(jobs, min(workers, len(jobs)), cache, lost)
    if lost and len(jobs) == 1:
        yield jobs[0], crashed(jobs[0].manifest, "the worker process died")
    elif lost:
        middle = (len(lost) + 1) // 2
        for half in (lost[:middle], lost[middle:]):
            if half:
                yield from _halved(half, workers, cache)


def _pooled(
    jobs: Sequence[Job], workers: int, cache: ResultCache | None, lost: list[Job]
) -> Iterator[tuple[Job, Checked]]:
    """Answers as they come; jobs whose worker died go to `lost`."""
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    isolate()
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


def isolate() -> None:
    """New Python processes do not import modules from the current folder, which may be an untrusted checkout."""
    os.environ["PYTHONSAFEPATH"] = "1"
    sys.path[:] = [name for name in sys.path if name and os.path.isabs(name)]


def check(job: Job, cache: ResultCache | None = None) -> Checked:
    """Check one deployment in this process. Never raises because of its files."""
    try:
        with restricted(_inside(job)), allowed(Allowance(job.seconds, job.memory)):
            return _check(job, cache)
    except TooCostly as error:
        said = f"reading its inputs {error.reason}" + (f", in {error.file}" if error.file else "")
        return Checked(job.manifest, Exit.UNDECIDED, "UNDECIDED", said, message=said)


def _inside(job: Job) -> Boundary | None:
    """The boundary that must contain the inputs of a deployment; None for no boundary."""
    return None if job.allow_outside else boundary_of(os.path.dirname(job.manifest))


def _check(job: Job, cache: ResultCache | None) -> Checked:
    from colorcheck.report import Style, render
    from colorcheck.report.formats import document
    from colorcheck.report.view import headline
    from colorcheck.workflows import verify as pipeline

    begin = time.perf_counter()
    read = StateRecorder() if cache else Recorder()
    with watched(read):
        try:
            with costing():
                manifest = read_manifest(job.manifest, dict(job.rules))
        except ManifestError as error:
            return Checked(job.manifest, Exit.USAGE, "UNREADABLE", str(error), message=str(error))
        found = pipeline.verify(manifest, timeout=job.timeout, time_limit=job.time_limit)
    style = Style(root=Path(job.root))
    shown, silent = headline(found), found.silences()
    documents = {name: document(found, name, style) for name in job.formats}
    checked = Checked(
        manifest=job.manifest,
        status=int(found.exit_status(Severity(job.fail_on))),
        word=shown.word,
        sentence=shown.sentence,
        errors=found.count(Severity.ERROR),
        warnings=found.count(Severity.WARNING),
        proved=found.count(Verdict.PROVED),
        silenced=silent["silenced"],
        ignored=silent["ignored"],
        baselined=silent["baselined"],
        seconds=round(time.perf_counter() - begin, 3),
        message="; ".join(fault.message for fault in found.faults),
        documents={name: made for name, made in documents.items() if made is not None},
        rendered={name: render(found, name, style) for name, made in documents.items() if made is None},
        inputs=tuple(found.facts.deployment.files),
    )
    if cache and isinstance(read, StateRecorder) and not _by_chance(found):
        inputs = read.unchanged(found.facts.deployment)
        if inputs:
            cache.put(job, checked, inputs)
    return checked


def _by_chance(found: Verification) -> bool:
    """Whether another run on the same files may say more: a solver ran out of time, or a check could not run."""
    return bool(found.skipped) or any(theorem.verdict is Verdict.UNKNOWN for theorem in found.theorems)
