"""What Xen gets: read the inputs, follow the loader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.inputs.deployment import Deployment, Followed
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.inputs.read import read_deployment
from colorcheck.loader.beside import scripts_beside
from colorcheck.loader.facts import OpenFact
from colorcheck.loader.given_beside import arguments_beside_followed, beside_followed, without_given
from colorcheck.loader.handover import Handover
from colorcheck.loader.image_builder.image_builder_tree import as_built
from colorcheck.loader.receive import receive
from colorcheck.loader.u_boot.load import MISSING

_IRRELEVANT = frozenset({"u-boot,version", "serial-number", "local-mac-address", "mac-address"})


def handover(manifest: Manifest) -> Handover:
    """The handover of a deployment."""
    return receive(as_built(read_deployment(manifest)))


def received_by_xen(deployment: Deployment) -> tuple[Handover | None, Deployment]:
    """What a boot script makes of a deployment, and the deployment with the tree and the places that Xen finds."""
    if deployment.manifest.boot_script is None:
        beside = tuple(scripts_beside(deployment))
        return None, replace(deployment, problems=(*deployment.problems, *beside))
    received = receive(deployment)
    if received.stopped:
        told = (*deployment.problems, *received.problems, *_problems(received))
        return received, replace(deployment, tree=received.tree, problems=tuple(dict.fromkeys(told)))
    followed = _followed(received)
    beside = (
        *beside_followed(deployment.manifest, followed, deployment.xen_image_size),
        *arguments_beside_followed(deployment.manifest, followed, received.tree),
    )
    return received, replace(
        deployment,
        manifest=without_given(deployment.manifest, followed),
        tree=received.tree,
        followed=followed,
        problems=tuple(dict.fromkeys((*deployment.problems, *received.problems, *_problems(received), *beside))),
    )


def _followed(received: Handover) -> Followed:
    """The places that a boot script decides. A tree in which something of unknown length stands has no known size."""
    address, size = received.device_tree
    least, most = received.device_tree_sizes or (0, 0)
    counts = any(name not in _IRRELEVANT for _, name in received.unsure)
    return Followed(
        received.location or Location(""),
        received.xen_address,
        received.xen_image_size,
        address,
        size if size == least == most and not counts else None,
        (least, most) if most and not counts else None,
    )


def _problems(received: Handover) -> Iterator[Problem]:
    """What stops the boot, and what is open, each where it stands."""
    if received.stopped and received.location is not None:
        yield Problem(ProblemKind.BOOT_SCRIPT_STOPS, f"Xen is never started: {received.stopped}", received.location)
    for fact in received.open:
        settle = "settle it in the manifest: " + " / ".join(fact.settle) if fact.settle else ""
        yield Problem(ProblemKind.BOOT_SCRIPT_OPEN, f"{fact.what}: {fact.why}", fact.location, settle)


def unclear(received: Handover | None, deployment: Deployment) -> str:
    """Why nothing is concluded about what Xen does; empty where the handover is clear."""
    if received is None:
        beside = next((p for p in deployment.problems if p.kind is ProblemKind.BOOT_SCRIPT_BESIDE), None)
        return f"{beside.message} ({beside.help})" if beside else ""
    if received.stopped:
        return f"Xen is never started: {received.stopped}"
    facts = [*blocking(received)]
    return f"{facts[0].what} is open: {facts[0].why}" if facts else ""


def blocking(received: Handover) -> Iterator[OpenFact]:
    """The open facts that may change what Xen does."""
    counted = {what for (_, name), what in received.unsure.items() if name not in _IRRELEVANT}
    others = [other for other in received.alternatives if not other.stopped or not _is_missing(other)]
    same = all(_tree(other) == _tree(received) for other in others)
    for fact in received.open:
        opaque = fact.values is None and not fact.what.startswith("file ")
        if fact.what in counted or opaque or not same:
            yield fact


def _is_missing(received: Handover) -> bool:
    """Whether this is the way on which files that are not here are not on the medium either: nobody loads what is not
    there, so where nothing starts that way, it is not looked at."""
    return (MISSING, False) in received.choices


def _tree(received: Handover) -> object:
    """What two ways must have in common to be one for Xen."""
    nodes = received.tree.root.walk() if received.tree else ()
    content = [(node.path, [(p.name, p.value) for p in node.properties.values()]) for node in nodes]
    return content, received.memory_reservations, received.device_tree, received.stopped is None
