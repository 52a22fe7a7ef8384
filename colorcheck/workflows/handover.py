"""What Xen receives: reads the inputs and follows the boot loader."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.hardware.core_parts import core_of_midr
from colorcheck.hardware.cpu_tree import boot_cpu_choices, cpus_of_tree
from colorcheck.inputs.deployment import Deployment, Followed, ModuleInDoubt, Unsettled
from colorcheck.inputs.device_tree.tree_walk import ancestry_of
from colorcheck.inputs.manifest.manifest import Loader, Manifest
from colorcheck.inputs.read import read_deployment
from colorcheck.loader.beside import other_text_beside, scripts_beside
from colorcheck.loader.facts import UNREAD_TREE, OpenFact
from colorcheck.loader.given_beside import arguments_beside_followed, beside_followed, without_given
from colorcheck.loader.handover import Handover
from colorcheck.loader.measured import contradicted, legible, logged_modules, measured, same_arguments
from colorcheck.loader.read_by import ReadBy, blocking, has_known_length, open_colors, reaches, unsettled
from colorcheck.loader.receive import by_uefi, receive
from colorcheck.workflows.loaded_modules import modules_in_doubt
from colorcheck.xen.facts.below_chosen import not_stated
from colorcheck.xen.machine.boot_cpu import cluster_of_each
from colorcheck.xen.options.arguments import tree_arguments
from colorcheck.xen.release.log_version import log_version
from colorcheck.xen.release.releases import find_release
from colorcheck.xen.worlds.branches import WorldBranch

_WHOLE = "# load all of Xen's image, to a place where the script writes nothing else"


def handover(manifest: Manifest) -> Handover:
    """The handover of a deployment."""
    return receive(read_deployment(manifest))


def received_by_xen(deployment: Deployment) -> tuple[Handover | None, Deployment]:
    """The handover of the boot loader, and the deployment with the tree and the addresses that Xen receives; values
    from a boot log take precedence over given and derived ones.
    """
    received, deployment = _received(deployment)
    return received, _with_log(deployment)


def _with_log(deployment: Deployment) -> Deployment:
    """The deployment with the arguments in a log, and with problems where the log contradicts it."""
    found = measured(deployment.boot_log).arguments
    if deployment.boot_log is None:
        return deployment
    known = deployment.manifest.boot_arguments or tree_arguments(deployment.tree)
    problems = (*deployment.problems, *contradicted(deployment, known), *_other_release(deployment))
    deployment = _with_boot_cpu(replace(deployment, problems=tuple(dict.fromkeys(problems))))
    deployment = _with_logged_modules(deployment)
    if found is None or not legible(found) or (known is not None and same_arguments(found.text, known.text)):
        return deployment
    return replace(deployment, manifest=replace(deployment.manifest, boot_arguments=found))


def _with_logged_modules(deployment: Deployment) -> Deployment:
    """Without a device tree, a script and modules in the manifest: the deployment with those that the log lists."""
    target = deployment.manifest.target
    others = (deployment.tree, deployment.followed, deployment.image_builder)
    if any(other is not None for other in others) or target.modules or any(_other_release(deployment)):
        return deployment
    return replace(deployment, given_modules=logged_modules(deployment.boot_log))


def _with_boot_cpu(deployment: Deployment) -> Deployment:
    """The deployment with the boot CPU, if the core type in the log identifies a CPU of the tree."""
    said = deployment.boot_log.processor if deployment.boot_log else None
    target = deployment.manifest.target
    if said is None or deployment.tree is None or target.boot_cpu is not None or not isinstance(said.value, int):
        return deployment
    cpus = cpus_of_tree(ancestry_of(deployment.tree))
    name = core_of_midr(said.value)
    choices = boot_cpu_choices(cpus, cluster_of_each(cpus)) if name is not None and cpus else ()
    fitting = [cpu.mpidr for cpu in cpus if cpu.mpidr in choices and (cpu.core is None or cpu.core.name == name)]
    if len(choices) < 2 or len(fitting) != 1:
        return deployment
    manifest = replace(deployment.manifest, target=replace(target, boot_cpu=fitting[0]))
    return replace(deployment, manifest=manifest)


def _other_release(deployment: Deployment) -> Iterator[Problem]:
    """A problem for each checked release to which the log does not belong."""
    said = deployment.boot_log.version if deployment.boot_log else None
    for name in deployment.manifest.target.xen if said else ():
        release = find_release(name)
        if said and release and not log_version(str(said.value)).is_near(release):
            message = (
                f"the boot log is of Xen {said.value} ({said.location}), not {name}: its addresses are not used here"
            )
            place = deployment.manifest.location("target.xen")
            yield Problem(ProblemKind.LOG_CONTRADICTS, message, place, "specify a log of this release")


def _received(deployment: Deployment) -> tuple[Handover | None, Deployment]:
    if by_uefi(deployment):
        received = receive(deployment)
        target = replace(deployment.manifest.target, loader=Loader.UEFI)
        return received, replace(
            deployment,
            manifest=replace(deployment.manifest, target=target),
            tree=received.tree,
            problems=tuple(dict.fromkeys((*deployment.problems, *received.problems, *_problems(received, deployment)))),
        )
    if deployment.manifest.boot_script is None and deployment.image_builder is not None:
        return _built(deployment)
    if deployment.manifest.boot_script is None:
        beside = tuple(scripts_beside(deployment))
        return None, replace(deployment, problems=(*deployment.problems, *beside))
    received = receive(deployment)
    twins = tuple(other_text_beside(deployment))
    deployment = replace(deployment, problems=(*deployment.problems, *twins))
    if received.stopped:
        text = (*deployment.problems, *received.problems, *_problems(received, deployment))
        return received, replace(deployment, tree=received.tree, problems=tuple(dict.fromkeys(text)))
    followed = followed_places(received)
    beside = (
        *beside_followed(deployment.manifest, followed, deployment.xen_image_size),
        *arguments_beside_followed(deployment.manifest, followed, received.tree),
    )
    beside = (*beside, *_damaged(followed.in_doubt, deployment))
    text = (*deployment.problems, *received.problems, *_problems(received, deployment), *beside)
    found = as_followed(deployment, received, followed)
    return received, replace(found, problems=tuple(dict.fromkeys(text)))


def _built(deployment: Deployment) -> tuple[Handover, Deployment]:
    """What ImageBuilder's script does with a deployment. Addresses and arguments in the manifest take precedence."""
    from colorcheck.loader.image_builder.follow import follow_image_builder

    received, deployment = follow_image_builder(deployment)
    shown = tuple(dict.fromkeys((*deployment.problems, *received.problems, *_problems(received, deployment))))
    if received.stopped:
        return received, replace(deployment, tree=received.tree, problems=shown)
    given = deployment.manifest.boot_arguments
    places = followed_places(received)
    followed = as_followed(deployment, received, places)
    shown = tuple(dict.fromkeys((*shown, *_damaged(places.in_doubt, deployment))))
    return received, replace(followed, manifest=replace(followed.manifest, boot_arguments=given), problems=shown)


def as_followed(deployment: Deployment, received: Handover, followed: Followed) -> Deployment:
    """The deployment with the tree of one way, and the addresses that it determines."""
    if _is_confirmed(received, deployment):
        followed = replace(followed, image=None)
    return replace(
        deployment, manifest=without_given(deployment.manifest, followed), tree=received.tree, followed=followed
    )


def followed_places(received: Handover) -> Followed:
    """The addresses that a boot script determines.

    A tree that contains something of unknown length has no known size.
    """
    address, size = received.device_tree
    least, most = received.device_tree_sizes or (0, 0)
    counts = not has_known_length(received)
    return Followed(
        received.location or Location(""),
        received.xen_address,
        received.xen_image_size,
        address,
        size if size == least == most and not counts else None,
        (least, most) if most and not counts else None,
        unsettled(received),
        () if _is_missing(received) else tuple(modules_in_doubt(received)),
        None if _is_missing(received) else _image_in_doubt(received),
    )


def _is_confirmed(received: Handover, deployment: Deployment) -> bool:
    """Whether the manifest, or the log of a boot that ended well, says that Xen's image is where the script starts it:
    something else may load it. An image that the script loads only in part, or overwrites, it does not confirm.
    """
    log, given = deployment.boot_log, deployment.manifest.target.xen_address
    if log is not None and log.panic is None and log.modules_found:
        return True
    return not received.xen_file and given is not None and given == received.xen_address


def _image_in_doubt(received: Handover) -> Unsettled | None:
    if not received.xen_in_doubt or received.xen_location is None:
        return None
    address = "0x200000" if received.xen_address is None else f"{received.xen_address:#x}"
    settle = (
        (_WHOLE,) if received.xen_file else ("[target]", f"xen-address = {address}  # something else loads Xen there")
    )
    return Unsettled(ReadBy.MODULES.value, received.xen_in_doubt, settle, received.xen_location)


def _damaged(modules: tuple[ModuleInDoubt, ...], deployment: Deployment) -> Iterator[Problem]:
    """A problem for each ramdisk that the script does not load, or not whole, and that no other input states: Xen hands
    on whatever is there."""
    for module in not_stated(modules, deployment):
        if module.kind is ModuleKind.RAMDISK:
            message = f"{module.why}: Xen hands on what is there"
            yield Problem(ProblemKind.U_BOOT_LOAD, message, module.location, _LOAD_IT)


_LOAD_IT = "load all of it, where nothing else is put, with its size in reg; or state it in [[target.modules]]"


def _problems(received: Handover, deployment: Deployment) -> Iterator[Problem]:
    """Problems for what stops the boot and for open facts without another problem, each at its place."""
    said = {problem.message for problem in (*deployment.image_builder_problems, *received.problems)}
    if received.stopped and received.stopped not in said and received.location is not None:
        message = f"Xen is never started: {received.stopped}"
        yield Problem(ProblemKind.BOOT_SCRIPT_STOPS, message, received.location, received.help)
    found = reaches(received)
    for fact in received.open:
        if fact.why in said or (fact.what in received.harmless and found.get(fact.what) == {ReadBy.NOBODY}):
            continue
        settle = "settle it in the manifest: " + " / ".join(fact.settle) if fact.settle else ""
        yield Problem(ProblemKind.BOOT_SCRIPT_OPEN, _said(fact, ": "), fact.location, settle)


def unclear(received: Handover | None, deployment: Deployment) -> str:
    """Why nothing is concluded about Xen; empty if every way of the handover is clear."""
    if received is None:
        beside = next((p for p in deployment.problems if p.kind is ProblemKind.BOOT_SCRIPT_BESIDE), None)
        return f"{beside.message} ({beside.help})" if beside else ""
    if received.stopped:
        return f"Xen is never started: {received.stopped}"
    ways = [way for way in (received, *_others(received)) if not way.stopped]
    facts = [fact for way in ways for fact in (*blocking(way), *open_colors(way).values())]
    return _said(facts[0], " is open: ") if facts else ""


def _said(fact: OpenFact, between: str) -> str:
    """A fact in one sentence; the reason for a file names the file itself."""
    return fact.why if fact.what.startswith(("file ", UNREAD_TREE)) else f"{fact.what}{between}{fact.why}"


def branches(received: Handover | None, deployment: Deployment) -> tuple[WorldBranch, ...]:
    """The other ways through a boot script that differ for Xen. `deployment` is as written, before it was received."""
    if received is None or received.stopped:
        return ()
    found: list[WorldBranch] = []
    seen = [_tree(received, followed_places(received))]
    for way in _others(received):
        followed = followed_places(way)
        content = _tree(way, followed)
        if content not in seen:
            seen.append(content)
            text = _answers(received, way)
            tree = None if way.stopped else as_followed(deployment, way, followed)
            damaged = () if way.stopped else _damaged(followed.in_doubt, deployment)
            problems = tuple(dict.fromkeys((*way.problems, *_problems(way, deployment), *damaged)))
            found.append(WorldBranch(text, tree, way.stopped or "", problems, way))
    return tuple(found)


def _others(received: Handover) -> list[Handover]:
    return [other for other in received.alternatives if not other.stopped or not _is_missing(other)]


def _answers(base: Handover, other: Handover) -> str:
    """The answers in which a way differs from the base, in words."""
    usual = dict(base.choices)
    shown = [f"{key}: {'yes' if answer else 'no'}" for key, answer in other.choices if usual.get(key) is not answer]
    return "; ".join(shown) or "another way"


def _is_missing(received: Handover) -> bool:
    """Whether this is the way on which files that are missing here are missing on the medium too, or on which a
    medium is absent. If nothing starts on such a way, it is not examined.
    """
    from colorcheck.loader.u_boot.devices import MEDIUM
    from colorcheck.loader.u_boot.load import ELSEWHERE, MISSING

    return any(
        not answer and (key in (ELSEWHERE, MISSING) or key.startswith(MEDIUM)) for key, answer in received.choices
    )


def _tree(received: Handover, followed: Followed) -> object:
    """A key that is equal for two ways that are the same for Xen."""
    nodes = received.tree.root.walk() if received.tree else ()
    content = [(node.path, [(p.name, p.value) for p in node.properties.values()]) for node in nodes]
    places = (received.device_tree, received.xen_address, received.xen_image_size, received.stopped is None)
    in_doubt = (*(each.address for each in followed.in_doubt), followed.image and followed.image.why)
    return content, received.memory_reservations, places, dict(received.unsure), in_doubt
