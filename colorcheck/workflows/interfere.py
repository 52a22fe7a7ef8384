"""The workflow of the interference lab: boot and plan a deployment, take all owners' frames, compare the colorings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from colorcheck.core.suggest import did_you_mean
from colorcheck.core.units import PAGE, size
from colorcheck.hardware.board import Board
from colorcheck.interference.caches import CacheModel, NoModel, cluster_models, unmodelled
from colorcheck.interference.comparison import Comparison
from colorcheck.interference.compiled import has_numba
from colorcheck.interference.experiment import ASSUMED, Coloring, Costs, FrameOwner, ReplacementPolicy, frame_owner
from colorcheck.interference.frame_owners import XEN, owners_of, uncolored
from colorcheck.interference.outcome import Run
from colorcheck.interference.study import Load, Study, default_loads
from colorcheck.interference.workloads import Workload, WorkloadKind
from colorcheck.verification.results import Facts, ReleaseResult
from colorcheck.xen.booted import Boot
from colorcheck.xen.memory.frame_run import FrameRun
from colorcheck.xen.system import System

ACCESSES, ACCESSES_WITHOUT_NUMBA = 20_000_000, 500_000
ATTACKS = (WorkloadKind.BOMB,)


class Request(Struct, frozen=True):
    """The request to the lab; None or empty values have defaults. `loads` are (domain, workload)."""

    loads: tuple[tuple[str, Workload], ...] = ()
    victim: str | None = None
    policies: tuple[ReplacementPolicy, ...] = (ReplacementPolicy.LRU,)
    colorings: tuple[Coloring, ...] = tuple(Coloring)
    seed: int = 1
    accesses: int | None = None
    warm_up: int | None = None
    costs: Costs | None = None


class Lab(Struct, frozen=True):
    """A study that is ready to run, with the data for its report. `nr_colors` is None if coloring is off."""

    study: Study
    board: Board
    victims: tuple[str, ...]
    notes: tuple[str, ...]
    nr_colors: int | None

    def comparison(self, runs: Iterable[Run]) -> Comparison:
        """The document of these runs."""
        return Comparison(
            board=self.board.name,
            title=self.board.title,
            caches=tuple(
                f"{cluster.n_cores} {cluster.cores}: "
                + ", ".join(_described(cache) for cache in (*cluster.private, cluster.last))
                + (", which includes the private ones" if cluster.inclusive else "")
                for cluster in self.study.clusters
            ),
            runs=tuple(runs),
            costs=self.study.costs,
            seed=self.study.seed,
            warm_up=self.study.warm_up,
            engine="numba" if has_numba() else "python",
            victims=self.victims,
            loads=tuple((load.domain, load.workload.describe()) for load in self.study.loads),
            notes=self.notes,
            unmodelled=unmodelled(self.board),
        )


def prepare(facts: Facts, request: Request) -> Lab:
    """The lab for the first release of a deployment. Raises NoModel if something that it needs is not known."""
    board = facts.board
    if board is None:
        raise NoModel("the board is not known; name it with --board")
    result = next((o for o in facts.results if o.system is not None), None)
    if result is None or result.system is None:
        raise NoModel("no Xen could be modelled for this deployment")
    clusters = cluster_models(board)
    system, boot = result.system, result.boot
    notes = [f"frames as Xen {result.release} allocates them"] if len(facts.results) > 1 else []
    owners = _owners(facts, board, result, request.colorings, notes)
    everyone = _everyone(system, owners)
    if not everyone:
        raise NoModel("no domain has memory in the model of this deployment")
    victim = _victim(facts, request, everyone, owners)
    loads = _loads(request, everyone, default_loads([t for t in everyone if t.name != XEN], victim, clusters[0]))
    owners = _running(owners, {load.domain for load in loads}, notes)
    accesses = request.accesses or (ACCESSES if has_numba() else ACCESSES_WITHOUT_NUMBA)
    study = Study(
        clusters=clusters,
        owners=owners,
        loads=loads,
        cpus={domain.name: domain.cpus for domain in system.domains if domain.cpus},
        policies=request.policies,
        seed=request.seed,
        accesses=accesses,
        warm_up=accesses // 10 if request.warm_up is None else request.warm_up,
        costs=request.costs or _costs(board),
    )
    victims = tuple(dict.fromkeys(load.domain for load in loads if load.workload.kind not in ATTACKS))
    return Lab(study, board, victims, tuple(notes), boot.system.nr_colors if boot else system.nr_colors)


def _owners(
    facts: Facts, board: Board, result: ReleaseResult, colorings: Sequence[Coloring], notes: list[str]
) -> Mapping[Coloring, tuple[FrameOwner, ...]]:
    """The domains under each coloring; one that is not possible is left out, and the notes say why."""
    system, found = result.system, {}
    assert system is not None  # noqa: S101
    if Coloring.OFF in colorings:
        plain = [frame_owner(d.name, (FrameRun(0, 1, d.pages),)) for d in system.domains if d.pages]
        first = min((start for start, _ in board.dram), default=0) // PAGE
        found[Coloring.OFF] = uncolored(plain, first)
        notes.append("without coloring, each domain has one contiguous range of memory, one after the other")
    if Coloring.CURRENT in colorings:
        _add(found, Coloring.CURRENT, result.boot if system.coloring else None, "today coloring is off", notes)
    if Coloring.PLAN in colorings:
        from colorcheck.workflows.plan import plan_deployment

        planned = plan_deployment(facts.deployment, system, result.boot, board)
        good = planned.plan.status in ("optimal", "feasible")
        reason = f"there is no plan: {planned.plan.reason or planned.plan.status}"
        _add(found, Coloring.PLAN, planned.boot if good else None, reason, notes)
    return found


def _running(
    owners: Mapping[Coloring, tuple[FrameOwner, ...]], loaded: Collection[str], notes: list[str]
) -> Mapping[Coloring, tuple[FrameOwner, ...]]:
    """The colorings under which a domain with a workload has memory. Raises NoModel if there is none."""
    found = {coloring: group for coloring, group in owners.items() if any(each.name in loaded for each in group)}
    notes += (f"no run with the coloring {name}: no running domain has memory" for name in owners if name not in found)
    if not found:
        raise NoModel("no running domain has memory in the model of this deployment")
    return found


def _add(
    found: dict[Coloring, tuple[FrameOwner, ...]], coloring: Coloring, boot: Boot | None, reason: str, notes: list[str]
) -> None:
    name = "today's colors" if coloring is Coloring.CURRENT else "the plan's colors"
    if boot is not None and boot.panic:
        reason = f"Xen stops: {boot.panic.message}"
    if boot is None or boot.panic or not owners_of(boot):
        notes.append(f"no run with {name}: {reason}")
        return
    found[coloring] = owners_of(boot)
    for built in boot.built:
        if not built.created:
            why = f": {built.failure.message}" if built.failure else ""
            notes.append(f"with {name}, {built.domain.name} is not created{why}; it does not run")


def _everyone(system: System, owners: Mapping[Coloring, tuple[FrameOwner, ...]]) -> tuple[FrameOwner, ...]:
    """All owners with memory under any coloring, in the system's order, each with its least memory under any of
    them.
    """
    pages: dict[str, list[FrameOwner]] = {}
    for group in owners.values():
        for each in group:
            pages.setdefault(each.name, []).append(each)
    order = [XEN, *(domain.name for domain in system.domains)]
    return tuple(min(pages[name], key=lambda t: t.pages) for name in order if name in pages)


def _victim(
    facts: Facts, request: Request, everyone: Sequence[FrameOwner], owners: Mapping[Coloring, tuple[FrameOwner, ...]]
) -> str:
    """The requested domain; otherwise one without an attack workload, a critical one, or the last one, preferably
    one that runs under every coloring.
    """
    names = [each.name for each in everyone if each.name != XEN] or [XEN]
    if request.victim is not None:
        _known(request.victim, names)
        return request.victim
    calm = [name for name, load in request.loads if load.kind not in ATTACKS]
    critical = [policy.name for policy in facts.manifest.domain_policies if policy.critical and policy.name in names]
    wanted = [*calm, *critical, *reversed(names)]
    always = [name for name in wanted if all(any(t.name == name for t in group) for group in owners.values())]
    return (always or wanted)[0]


def _loads(request: Request, everyone: Sequence[FrameOwner], defaults: Sequence[Load]) -> tuple[Load, ...]:
    names = [each.name for each in everyone]
    for name, _ in request.loads:
        _known(name, names)
    given = {name for name, _ in request.loads}
    rest = [load for load in defaults if load.domain not in given]
    asked = [Load(name, load) for name, load in request.loads]
    return tuple(sorted((*asked, *rest), key=lambda load: names.index(load.domain)))


def _known(name: str, names: Sequence[str]) -> None:
    if name not in names:
        hint = did_you_mean(name, names, f"there are {', '.join(names)}")
        raise NoModel(f"unknown domain {name!r}; {hint}")


def _costs(board: Board) -> Costs:
    """Costs from the board's file if it has them; otherwise assumed ones."""
    known = dict(board.timing)
    if not known:
        return ASSUMED
    return Costs(
        private=round(known.get("l1_hit", ASSUMED.private)),
        last=round(known.get("llc_hit", ASSUMED.last)),
        memory=round(known.get("dram", ASSUMED.memory)),
        source=f"from the board's file ({', '.join(known)}), assumed otherwise",
    )


def _described(cache: CacheModel) -> str:
    text = size(cache.sets * cache.ways * cache.line)
    return f"{cache.name} {text} in {cache.ways} ways of {cache.sets} sets"
