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
from colorcheck.inputs.deployment import Deployment, Followed, KernelInDoubt, Unsettled
from colorcheck.inputs.device_tree.tree_walk import Ancestry, ranges_of
from colorcheck.inputs.manifest.manifest import Loader, Manifest
from colorcheck.inputs.read import read_deployment
from colorcheck.loader.beside import other_text_beside, scripts_beside
from colorcheck.loader.given_beside import arguments_beside_followed, beside_followed, without_given
from colorcheck.loader.handover import Handover, HandoverModule
from colorcheck.loader.measured import contradicted, legible, measured, same_arguments
from colorcheck.loader.read_by import ReadBy, blocking, has_known_length, open_colors, reaches, unsettled
from colorcheck.loader.receive import by_uefi, receive
from colorcheck.xen.machine.boot_cpu import cluster_of_each
from colorcheck.xen.machine.chosen_walk import below_chosen
from colorcheck.xen.options.arguments import tree_arguments
from colorcheck.xen.release.log_version import log_version
from colorcheck.xen.release.releases import find_release
from colorcheck.xen.worlds.branches import WorldBranch


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
    if found is None or not legible(found) or (known is not None and same_arguments(found.text, known.text)):
        return deployment
    return replace(deployment, manifest=replace(deployment.manifest, boot_arguments=found))


def _with_boot_cpu(deployment: Deployment) -> Deployment:
    """The deployment with the boot CPU, if the core type in the log identifies a CPU of the tree."""
    said = deployment.boot_log.processor if deployment.boot_log else None
    target = deployment.manifest.target
    if said is None or deployment.tree is None or target.boot_cpu is not None or not isinstance(said.value, int):
        return deployment
    cpus = cpus_of_tree(Ancestry(deployment.tree))
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
    text = (*deployment.problems, *received.problems, *_problems(received, deployment), *beside)
    return received, replace(as_followed(deployment, received), problems=tuple(dict.fromkeys(text)))


def _built(deployment: Deployment) -> tuple[Handover, Deployment]:
    """What ImageBuilder's script does with a deployment. Addresses and arguments in the manifest take precedence."""
    from colorcheck.loader.image_builder.follow import follow_image_builder

    received, deployment = follow_image_builder(deployment)
    shown = tuple(dict.fromkeys((*deployment.problems, *received.problems, *_problems(received, deployment))))
    if received.stopped:
        return received, replace(deployment, tree=received.tree, problems=shown)
    given = deployment.manifest.boot_arguments
    followed = as_followed(deployment, received)
    return received, replace(followed, manifest=replace(followed.manifest, boot_arguments=given), problems=shown)


def as_followed(deployment: Deployment, received: Handover) -> Deployment:
    """The deployment with the tree and the addresses of one way."""
    followed = followed_places(received)
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
        () if _is_missing(received) else tuple(_kernels_in_doubt(received)),
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
    settle = () if received.xen_file else ("[target]", f"xen-address = {address}  # something else loads Xen there")
    return Unsettled(ReadBy.MODULES.value, received.xen_in_doubt, settle, received.xen_location)


def _kernels_in_doubt(received: Handover) -> Iterator[KernelInDoubt]:
    """The kernels that the tree names at addresses to which the script loads nothing, or which it overwrites."""
    for found in below_chosen(received.tree) if received.tree else ():
        place = found.node.properties.get("reg")
        if found.kind is not ModuleKind.KERNEL or place is None or (found.node.path, "reg") in received.unsure:
            continue
        for address, size in ranges_of(place, *found.sizes)[:1]:
            module = _module_at(received, address)
            what = f"the kernel of {found.domain.removeprefix('/chosen/') or 'dom0'} at {address:#x}"
            if module is None and size:
                why = f"the boot script does not load {what}, and no input says that it is in memory"
                yield KernelInDoubt(address, why, place.location)
            elif module is not None and not module.whole:
                yield KernelInDoubt(address, f"{what} is overwritten by {module.spoiled_by}", module.location)
            elif module is not None and module.address == address and module.no_kernel:
                why = f"the boot script loads {module.name} to the place of {what}, which {module.no_kernel}"
                yield KernelInDoubt(address, why, module.location)
            elif module is not None and module.address == address and module.name == received.xen_file:
                why = f"the boot script loads {module.name}, which it starts as Xen, to the place of {what} as well"
                yield KernelInDoubt(address, why, module.location)
            elif module is not None and _is_cut(received, module, address, size):
                why = f"reg gives Xen {size:#x} bytes of {what}, but the file {module.name} has {module.size:#x}"
                yield KernelInDoubt(address, why, place.location)


def _is_cut(received: Handover, module: HandoverModule, address: int, size: int) -> bool:
    """Whether `reg` gives Xen only a part of a file, and no other module is in the rest of it."""
    if module.address != address or module.size is None or not size < module.size:
        return False
    rest = range(address + size, address + module.size)
    for found in below_chosen(received.tree) if received.tree else ():
        if any(start in rest for start, _ in ranges_of(found.node.properties.get("reg"), *found.sizes)[:1]):
            return False
    return size > 0


def _module_at(received: Handover, address: int) -> HandoverModule | None:
    """The file that the script put last to this address, or that reaches over it."""
    placed = [(module.address, module) for module in received.modules if module.address is not None]
    return next(
        (each for start, each in reversed(placed) if start == address or start < address < start + (each.size or 0)),
        None,
    )


def _problems(received: Handover, deployment: Deployment) -> Iterator[Problem]:
    """Problems for what stops the boot and for open facts without another problem, each at its place."""
    said = {problem.message for problem in (*deployment.image_builder_problems, *received.problems)}
    if received.stopped and received.stopped not in said and received.location is not None:
        yield Problem(ProblemKind.BOOT_SCRIPT_STOPS, f"Xen is never started: {received.stopped}", received.location)
    found = reaches(received)
    for fact in received.open:
        if fact.why in said or (fact.what in received.harmless and found.get(fact.what) == {ReadBy.NOBODY}):
            continue
        settle = "settle it in the manifest: " + " / ".join(fact.settle) if fact.settle else ""
        yield Problem(ProblemKind.BOOT_SCRIPT_OPEN, f"{fact.what}: {fact.why}", fact.location, settle)


def unclear(received: Handover | None, deployment: Deployment) -> str:
    """Why nothing is concluded about Xen; empty if every way of the handover is clear."""
    if received is None:
        beside = next((p for p in deployment.problems if p.kind is ProblemKind.BOOT_SCRIPT_BESIDE), None)
        return f"{beside.message} ({beside.help})" if beside else ""
    if received.stopped:
        return f"Xen is never started: {received.stopped}"
    ways = [way for way in (received, *_others(received)) if not way.stopped]
    facts = [fact for way in ways for fact in (*blocking(way), *open_colors(way).values())]
    return f"{facts[0].what} is open: {facts[0].why}" if facts else ""


def branches(received: Handover | None, deployment: Deployment) -> tuple[WorldBranch, ...]:
    """The other ways through a boot script that differ for Xen. `deployment` is as written, before it was received."""
    if received is None or received.stopped:
        return ()
    found: list[WorldBranch] = []
    seen = [_tree(received)]
    for way in _others(received):
        content = _tree(way)
        if content not in seen:
            seen.append(content)
            text = _answers(received, way)
            tree = None if way.stopped else as_followed(deployment, way)
            problems = tuple(dict.fromkeys((*way.problems, *_problems(way, deployment))))
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


def _tree(received: Handover) -> object:
    """A key that is equal for two ways that are the same for Xen."""
    nodes = received.tree.root.walk() if received.tree else ()
    content = [(node.path, [(p.name, p.value) for p in node.properties.values()]) for node in nodes]
    places = (received.device_tree, received.xen_address, received.xen_image_size, received.stopped is None)
    kernels = () if _is_missing(received) else tuple(each.address for each in _kernels_in_doubt(received))
    doubt = "" if _is_missing(received) else received.xen_in_doubt
    return content, received.memory_reservations, places, dict(received.unsure), kernels, doubt
