"""The workflow of a verification: read, model, prove, replay, check."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from colorcheck.core.diagnostic import Finding, Problem, Verdict
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.core.suggest import did_you_mean
from colorcheck.core.theorem import Theorem, TheoremKind
from colorcheck.files.costs import TooCostly, costing
from colorcheck.hardware.board import Board
from colorcheck.hardware.choose import BoardChoice, choose_board
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.inputs.read import read_deployment
from colorcheck.plugins.manager import catalogue, plugins
from colorcheck.verification.of_this_xen import of_this_xen
from colorcheck.verification.results import Facts, Fault, Modelled, ReleaseResult, Skipped, Verification
from colorcheck.workflows.alternatives import over_alternatives, too_many
from colorcheck.workflows.handover import branches, received_by_xen, unclear
from colorcheck.workflows.open_colors import concerned, in_one_world, kept, only_colors_are_open
from colorcheck.xen.booted import Boot
from colorcheck.xen.release.releases import MODELLED, find_release
from colorcheck.xen.system import System
from colorcheck.xen.worlds.branches import WorldBranch
from colorcheck.xen.worlds.world import World, Worlds

MOST_DOMAINS = 256
"""The most domains for which boots are modelled and theorems are stated: they have about 33,000 pairs."""

if TYPE_CHECKING:
    from colorcheck.inputs.xl.xl import XlFile
    from colorcheck.loader.handover import Handover
    from colorcheck.plan.pose import PlanOptions
    from colorcheck.rules.index import Listed
    from colorcheck.rules.rule import Rule
    from colorcheck.workflows.plan import Planned


def verify(
    manifest: Manifest, *, timeout: float = 10.0, smt: bool = False, time_limit: float | None = None
) -> Verification:
    """Read, model, prove and check a deployment.

    `timeout` is in seconds per theorem, `time_limit` for the whole run: theorems undecided by then are unknown. `smt`
    keeps the solver's input texts.
    """
    from colorcheck import rules

    run = _Run(deadline=None if time_limit is None else time.monotonic() + time_limit)
    facts = run.model(manifest)
    results = tuple(run.proved(result, facts, timeout, smt) for result in facts.results)
    facts = replace(facts, results=results)
    run.skipped += _unmatched(facts)
    with run.stage("rules"):
        from colorcheck.findings.requirements import traced, unmet
        from colorcheck.findings.selection import select
        from colorcheck.rules.index import LISTED
        from colorcheck.workflows.rules_over_ways import over_ways

        further = tuple(_plugin_rules())
        running: tuple[Rule | Listed, ...] = (*LISTED, *further)
        findings, faults = over_ways(facts, lambda way: rules.run(way, further))
        run.faults += faults
        selected = select(findings, facts, running)
        everything = (*findings, *(finding for finding in selected.findings if finding not in findings))
        requirements = traced(facts, everything, selected.silenced, run.skipped, running)
        shown = sorted((*selected.findings, *unmet(requirements, facts, running)), key=rules.order)
        made = run.verification(facts, tuple(shown))
        return replace(made, silenced=selected.silenced, requirements=requirements, time_limit=time_limit)
    return replace(run.verification(facts), time_limit=time_limit)


def replay(manifest: Manifest) -> Modelled:
    """Read and boot a deployment; nothing is proved and no rule runs."""
    run = _Run()
    return run.modelled(run.model(manifest))


def for_plans(manifest: Manifest, further: tuple[XlFile, ...] = ()) -> Modelled:
    """Read and boot a deployment for planning: as if xl read the guests' lines of colors, and with further guests."""
    run = _Run()
    return run.modelled(run.model(manifest, mend=True, further=further))


def plan(
    manifest: Manifest, options: PlanOptions | None = None, further: tuple[XlFile, ...] = ()
) -> tuple[Planned, Modelled]:
    """Read and boot a deployment, and plan colors for it that hold for every release of the manifest; `further` are
    guests that are in no file yet.
    """
    from colorcheck.plan.problem import Plan
    from colorcheck.workflows.plan import Planned
    from colorcheck.workflows.plan_for_all_releases import plan_for_all
    from colorcheck.workflows.plan_over_open import over_open

    run = _Run()
    facts = run.model(manifest, mend=True, further=further)
    planned = Planned(Plan("unknown", reason="colorcheck itself failed"))
    with run.stage("plan"):
        worlds = [(result.system, result.boot) for result in facts.results if result.system is not None]
        planned = over_open(plan_for_all(facts.deployment, facts.board, worlds, options), facts, options)
    return planned, run.modelled(facts)


def effective(manifest: Manifest) -> Modelled:
    """Read a deployment and work out what each Xen does with it; no memory is handed out."""
    run = _Run()
    return run.modelled(run.model(manifest, boots=False))


class _Run(Struct):
    """Data collected during a run: times, checks that could not run, and faults of colorcheck itself."""

    seconds: list[tuple[str, float]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unclear: str = ""
    colors_open: frozenset[str] = frozenset()
    deadline: float | None = None
    branches: tuple[WorldBranch, ...] = ()
    costly: list[tuple[str, str, str]] = field(default_factory=list)
    """Stages that exceeded a limit, the reason, and the file that was read last."""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage.

        A crash in it is recorded as a fault, and the run continues; likewise a stage that exceeds a limit, which is
        recorded as a problem of the file that was read last.
        """
        begin = time.perf_counter()
        try:
            with costing(timed=not name.startswith(("prove", "plan"))):
                yield
        except TooCostly as error:
            self.costly.append((name, error.reason, error.file))
            self.skipped.append(Skipped(name, error.reason))
        except Exception as error:
            self.faults.append(Fault(name, f"{type(error).__name__}: {error}", traceback.format_exc()))
        self.seconds.append((name, time.perf_counter() - begin))

    def model(
        self, manifest: Manifest, *, boots: bool = True, mend: bool = False, further: tuple[XlFile, ...] = ()
    ) -> Facts:
        """The deployment and what each release does with it; with `mend`, as if xl read the guests' lines of colors.

        `further` are guests in addition to those of the manifest.
        """
        deployment = Deployment(manifest, problems=manifest.problems)
        with self.stage("read"):
            found = plugins()
            deployment = _with_problems(read_deployment(manifest, found.input_readers), found.problems)
            self.skipped += (Skipped("plugins", problem.message) for problem in found.problems)
        received: Handover | None = None
        followed, many = False, ""
        with self.stage("handover"):
            written = deployment
            received, deployment = received_by_xen(written)
            self.branches = branches(received, written)
            many = too_many(deployment, self.branches)
            self.branches = over_alternatives(deployment, self.branches)
            followed = True
        self.unclear = unclear(received, deployment) or many
        made = any(problem.kind is ProblemKind.TREE_OF_DOM0 for problem in deployment.problems)
        self.colors_open = frozenset() if many or made or self.branches else only_colors_are_open(received)
        if not followed:
            self.unclear = self.unclear or "what the boot loader does with the files could not be determined"
        board: Board | None = None
        with self.stage("board"):
            boot_cpu = deployment.manifest.target.boot_cpu
            choice = _choice(deployment, boot_cpu)
            board, deployment = choice.board, _with_problems(deployment, choice.problems)
            ways = [branch.deployment for branch in self.branches if branch.deployment is not None]
            if any(_choice(way, boot_cpu).board != board for way in ways):
                self.unclear = self.unclear or "on another path of the boot script the tree has other CPUs or caches"
        if mend:
            from colorcheck.plan.repaired_xl import with_repaired_guests

            deployment = with_repaired_guests(deployment)
        if further:
            deployment = replace(deployment, guests=(*deployment.guests, *further))
            self.branches = tuple(_with_guests(branch, further) for branch in self.branches)
        results = [self.result(deployment, board, release, boots=boots) for release in manifest.target.xen]
        deployment = _with_problems(deployment, tuple(_costly(each, manifest) for each in self.costly))
        return Facts(deployment, board, tuple(results), received)

    def result(self, deployment: Deployment, board: Board | None, release: str, *, boots: bool) -> ReleaseResult:
        if find_release(release) is None:
            self.skipped.append(Skipped("everything", f"Xen {release} is not known", release))
            return ReleaseResult(release)
        result = ReleaseResult(release)
        missing = self._ended() or self.unclear or _missing(deployment)
        if missing:
            self.skipped.append(Skipped("everything", missing, release))
            return result
        made = next((p for p in deployment.problems if p.kind is ProblemKind.TREE_OF_DOM0), None)
        if made is not None and boots:
            self.skipped.append(Skipped("what the device tree says", made.message, release))
        with self.stage(f"model {release}"):
            worlds = Worlds(deployment, board, release, lambda mpidr: _choice(deployment, mpidr).board, self.branches)
            base = worlds.base
            result = replace(result, system=base.system, worlds=worlds)
            many = len(base.system.domains)
            if boots and many > MOST_DOMAINS:
                why = f"there are {many:,} domains, but at most {MOST_DOMAINS} are checked together"
                self.skipped.append(Skipped("boot, theorems", why, release))
            elif boots:
                result = replace(result, boot=base.boot)
                if result.boot is None:
                    self.skipped.append(Skipped("boot, theorems", _unmodelled(base.system), release))
        return result

    def _ended(self) -> str:
        """Why nothing can be said, if a step before the model exceeded a limit."""
        before = [(name, reason) for name, reason, _ in self.costly if name in ("read", "handover", "board")]
        return f"{_STEPS[before[0][0]]} {before[0][1]}" if before else ""

    def proved(self, result: ReleaseResult, facts: Facts, timeout: float, smt: bool) -> ReleaseResult:
        worlds = result.worlds
        if worlds is None:
            return self._proved_of_others(result, facts, timeout, smt)
        if result.boot is None:
            if result.system is not None and len(result.system.domains) > MOST_DOMAINS:
                return result
            with self.stage(f"prove {result.release}"):
                from colorcheck.proof.room import without_room

                opened = worlds.open or worlds.branches or result.system is None
                return result if opened else replace(result, theorems=tuple(without_room(worlds.base.system)))
            return result
        with self.stage(f"prove {result.release}"):
            from colorcheck.proof import ProofRequest, prove
            from colorcheck.proof.over_worlds import over_worlds

            def proved(
                world: World, booted: Boot, bounded: str, kinds: frozenset[TheoremKind] | None
            ) -> tuple[Theorem, ...]:
                asked = ProofRequest(timeout, smt, bounded, self.deadline, kinds, worlds.alternatives)
                return prove(booted.system, booted, world.board, facts.manifest.policy, asked)

            found = over_worlds(worlds, proved, self.deadline)
            result = replace(result, theorems=of_this_xen(found, facts.deployment, worlds.base.system.release))
        return self._cross_checked(result, worlds)

    def _proved_of_others(self, result: ReleaseResult, facts: Facts, timeout: float, smt: bool) -> ReleaseResult:
        """Where nothing but the colors of single domains is open: the separations that do not read them."""
        known = find_release(result.release)
        if not self.colors_open or known is None or self._ended() or _missing(facts.deployment):
            return result
        other = ReleaseResult(result.release)
        deployment = in_one_world(facts.deployment, self.colors_open)
        with self.stage(f"model {result.release}"):
            worlds = Worlds(deployment, facts.board, result.release, lambda mpidr: _choice(deployment, mpidr).board)
            other = ReleaseResult(result.release, worlds.base.system, worlds.base.boot, (), worlds)
        if other.boot is None or len(other.boot.system.domains) > MOST_DOMAINS:
            return result
        found = self.proved(other, replace(facts, deployment=deployment), timeout, smt).theorems
        theorems = kept(found, concerned(facts.deployment, self.colors_open, known), other.boot, self.unclear)
        if any(theorem.verdict is Verdict.PROVED for theorem in theorems):
            whole = Skipped("everything", self.unclear, result.release)
            part = Skipped("everything but the separation of other domains", self.unclear, result.release)
            self.skipped = [part if each == whole else each for each in self.skipped]
        return replace(result, theorems=theorems)

    def _cross_checked(self, result: ReleaseResult, worlds: Worlds) -> ReleaseResult:
        with self.stage(f"cross-check {result.release}"):
            from colorcheck.evidence.crosscheck import cross_check

            checked = cross_check(result, worlds.base.board)
            self.faults += checked.faults
            return replace(result, theorems=checked.theorems)
        return result

    def modelled(self, facts: Facts) -> Modelled:
        return Modelled(facts, tuple(self.skipped), tuple(self.faults), nothing_to_check=_is_empty(facts.manifest))

    def verification(self, facts: Facts, findings: tuple[Finding, ...] = ()) -> Verification:
        return Verification(
            facts,
            findings,
            tuple(self.skipped),
            tuple(self.faults),
            tuple(self.seconds),
            nothing_to_check=_is_empty(facts.manifest),
        )


_STEPS = {"read": "reading the inputs", "handover": "following the boot loader", "board": "finding the board"}


def _costly(ended: tuple[str, str, str], manifest: Manifest) -> Problem:
    name, reason, file = ended
    step = f"modelling Xen {name.partition(' ')[2]}" if name.startswith("model") else _STEPS.get(name, name)
    at = f", in {file}" if file else ""
    advice = "--input-seconds and --input-memory allow more; such an expensive file is rarely intended"
    return Problem(ProblemKind.TOO_COSTLY, f"{step} {reason}{at}", Location(file or manifest.file), advice)


def _unmatched(facts: Facts) -> Iterator[Skipped]:
    """Entries of `[policy] prove` that match no theorem, such as a misspelled name: nothing was checked for them."""
    stated = {theorem.id for _, theorem in facts.theorems()}
    for pattern in facts.manifest.policy.prove if stated else ():
        if not any(fnmatchcase(name, pattern) for name in stated):
            kinds = dict.fromkeys(f"{name.partition('/')[0]}/*" if "/" in name else name for name in sorted(stated))
            near = did_you_mean(pattern, tuple(kinds), f"theorems are {', '.join(kinds)}")
            yield Skipped("policy.prove", f'no theorem matches "{pattern}"; {near}')


def _choice(deployment: Deployment, boot_cpu: int | None) -> BoardChoice:
    """The board of a deployment if Xen starts on this CPU."""
    manifest = deployment.manifest
    named, place = manifest.target.board, manifest.location("target.board")
    tree = deployment.tree or deployment.machine
    return choose_board(named, place, tree, catalogue(), manifest.folder or ".", boot_cpu=boot_cpu)


def _with_guests(branch: WorldBranch, further: tuple[XlFile, ...]) -> WorldBranch:
    way = branch.deployment
    return branch if way is None else replace(branch, deployment=replace(way, guests=(*way.guests, *further)))


def _missing(deployment: Deployment) -> str:
    """Why nothing can be said about Xen: what it would read is not known."""
    manifest = deployment.manifest
    if manifest.device_tree is not None and deployment.tree is None:
        return f"the device tree {manifest.device_tree} could not be read"
    if manifest.image_builder is not None and deployment.image_builder is None:
        return f"the ImageBuilder configuration {manifest.image_builder} could not be read"
    if deployment.tree is None and manifest.boot_arguments is None:
        return "neither a device tree nor boot-arguments give Xen's arguments"
    return ""


def _unmodelled(system: System) -> str:
    """Why no boot is modelled."""
    if not system.release.modelled:
        return f"the boot of {system.release.title} is not modelled, only Xen {', '.join(MODELLED)}"
    return "the number of colors is not known" if system.nr_colors is None else "no memory is known"


def _with_problems(deployment: Deployment, problems: tuple[Problem, ...]) -> Deployment:
    return replace(deployment, problems=tuple(dict.fromkeys((*deployment.problems, *problems))))


def _plugin_rules() -> Iterator[Rule]:
    """The rules of plugins; one with the ID of a built-in rule fails instead of replacing it."""
    from colorcheck.rules.index import LISTED

    known = {rule.id for rule in LISTED}
    for rule in plugins().rules.values():
        yield replace(rule, check=_taken) if rule.id in known else rule


def _taken(_: Facts) -> Iterator[Finding]:
    raise ValueError("the ID of this plugin's rule belongs to a built-in rule")


def _is_empty(manifest: Manifest) -> bool:
    given = manifest.device_tree, manifest.domains, manifest.boot_arguments, manifest.image_builder
    return not any((*given, manifest.boot_log, manifest.system_dump))
