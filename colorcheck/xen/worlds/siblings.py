"""Differences in behavior of the other point releases of a branch for a deployment.

A manifest that names a branch ("4.20") means its newest modelled point release. An older one is modelled only if the
deployment is affected by a trait in which it differs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from colorcheck.hardware.board import Board
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree_walk import string
from colorcheck.xen.booted import Boot
from colorcheck.xen.machine.processors import METHODS
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import siblings
from colorcheck.xen.system import System
from colorcheck.xen.worlds.world import Worlds


class Differing(Struct, frozen=True):
    """A point release that boots the deployment differently, and a description:

    "panics", "gives dom0 different colors".
    """

    release: Release
    what: str


def differing_siblings(
    deployment: Deployment, board: Board | None, system: System, booted: Boot | None
) -> tuple[Differing, ...]:
    """The point releases of the system's branch that would lead to a different verdict, the oldest first."""
    release = system.release
    if release.name != release.series:
        return ()
    found = []
    for sibling in siblings(release.series):
        traits = release.traits.differing(sibling.traits)
        if any(_touched(trait, system, deployment) for trait in traits):
            world = Worlds(deployment, board, sibling).base
            what = _difference(system, booted, world.system, world.boot if booted else None)
            found += [Differing(sibling, what)] if what else []
    return tuple(found)


def _touched(trait: str, system: System, deployment: Deployment) -> bool:
    """Whether the deployment is affected by a trait; assumed if not known."""
    asked = _TOUCHES.get(trait)
    return asked is None or asked(system, deployment)


def _long_numbers(system: System, deployment: Deployment) -> bool:
    """Whether a list contains a color beyond the build limit."""
    options = system.arguments.options if system.arguments else ()
    texts = [option.value for option in options if option.colors is not None]
    chosen = deployment.tree.node("/chosen") if deployment.tree else None
    nodes = chosen.children if chosen else ()
    texts += [passage.text for node in nodes if (p := node.properties.get("llc-colors")) for passage in p.strings]
    return any(len(run) > 2 for text in texts for run in _numbers(text))


def _numbers(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text).split()


def _deep(_: System, deployment: Deployment) -> bool:
    level = [deployment.tree.root] if deployment.tree else []
    for _level in range(_SHALLOW):
        level = [child for node in level for child in node.children]
    return bool(level)


def _skipped_cpus(_: System, deployment: Deployment) -> bool:
    """Whether Xen skips a CPU of the tree for its enable-method."""
    parent = deployment.tree.node("/cpus") if deployment.tree else None
    nodes = [node for node in parent.children if "device_type" in node.properties] if parent else []
    return any(string(node, "enable-method") not in METHODS for node in nodes)


def _not_modelled(*_: object) -> bool:
    """For traits that the model does not read: with either value, the result is the same."""
    return False


_SHALLOW = 10

_TOUCHES: Mapping[str, Callable[[System, Deployment], bool]] = {
    "color_of_128_is_rejected_when_read": _long_numbers,
    "deep_tree_hangs": _deep,
    "secondary_vcpu_failure_is_fatal": _not_modelled,
    "skipped_cpus_keep_their_number": _skipped_cpus,
    "usual_image_size": _not_modelled,
}


def _difference(system: System, booted: Boot | None, other: System, other_boot: Boot | None) -> str:
    """The difference of the other release's boot, in words; empty if there is none."""
    ends = [(each.outcome, each.panic) if each else ("", None) for each in (booted, other_boot)]
    if ends[0] != ends[1] or system.panic != other.panic:
        panic = other_boot.panic if other_boot else other.panic
        return f'stops: "{panic.message}"' if panic else "boots"
    if system.xen_colors != other.xen_colors:
        return "gives Xen different colors"
    for mine, theirs in zip(system.domains, other.domains, strict=False):
        if (mine.colors, mine.failure) != (theirs.colors, theirs.failure):
            return (
                f"gives {mine.name} different colors"
                if mine.failure == theirs.failure
                else f"treats {mine.name} differently"
            )
    if booted and other_boot and booted.free_final != other_boot.free_final:
        return "gives the domains different memory"
    return ""
