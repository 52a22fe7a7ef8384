"""A whole deployment in the spelling of another release: the edits of all its files, including the manifest."""

from __future__ import annotations

from colorcheck.core.diagnostic import Edit, Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location, Passage
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.loader.facts import OpenFact
from colorcheck.xen.facts.gather import facts_of
from colorcheck.xen.facts.keys import ARGUMENTS, GUESTS, TREE
from colorcheck.xen.migrate.migrate import (
    Migration,
    migrate_boot_arguments,
    migrate_image_builder,
    migrate_tree,
    migrate_xl,
    release_of_arguments,
)
from colorcheck.xen.options.arguments import built_in_arguments, given_arguments
from colorcheck.xen.release.release import Release

_SPELLED = frozenset(key.name for key in (ARGUMENTS, GUESTS, TREE))  # facts that releases spell differently


def source_release(deployment: Deployment) -> Release:
    """The release in whose spelling the boot arguments are written, as far as they show it."""
    return release_of_arguments(_arguments(deployment))


def migrate(deployment: Deployment, target: Release, source: Release) -> Migration:
    """Migrate every file of the deployment as read, before ImageBuilder's script; text in the target's spelling is
    kept.
    """
    built, manifest = deployment.image_builder, deployment.manifest
    result = Migration()
    if built and manifest.boot_arguments is None:
        result += migrate_image_builder(built, target)
    else:
        result += migrate_boot_arguments(_arguments(deployment), target, source)
    compiled_in = built_in_arguments(deployment)
    if compiled_in.text:
        result += migrate_boot_arguments(Passage(compiled_in.text, compiled_in.whole), target, source)
    if deployment.tree:
        result += migrate_tree(deployment.tree, target)
    for guest in deployment.every_guest:
        result += migrate_xl(guest, target)
    result += _manifest(manifest, target)
    return Migration(tuple(dict.fromkeys(result.edits)), tuple(dict.fromkeys(result.problems)))


def open_for(deployment: Deployment) -> tuple[OpenFact, ...]:
    """Places with another spelling that `migrate` does not see: inputs that were not given, and boot scripts."""
    found = [fact for name, fact in facts_of(deployment, None).unknown.items() if name in _SPELLED]
    script = deployment.manifest.boot_script
    if script is not None:
        why = f"changes that the boot script {script} makes to the device tree are not migrated"
        place = deployment.manifest.location("inputs.boot-script")
        found.append(OpenFact("boot-script", why, (f"# check the arguments and colors in {script} yourself",), place))
    return tuple(found)


def _arguments(deployment: Deployment) -> Passage:
    built, given = deployment.image_builder, deployment.manifest.boot_arguments
    if built and given is None:
        command = built.get("XEN_CMD")
        return command.value if command else Passage(_named_keys(deployment), built.location)
    return given_arguments(deployment)


def _named_keys(deployment: Deployment) -> str:
    """ImageBuilder's own keys, which become options of the first Xilinx releases."""
    built = deployment.image_builder
    names = [name for name in ("XEN_COLORS", "DOM0_COLORS") if built and built.text(name)]
    return " ".join(f"{name.lower()}=" for name in names)


def _manifest(manifest: Manifest, target: Release) -> Migration:
    """Migrate the manifest's `xen`, unless it comes from the command line or is a default."""
    place = dict(manifest.keys).get("target.xen")
    if place is None or place.file != manifest.file or not place.line:
        message = f"the manifest does not specify Xen; colorcheck assumes {manifest.target.xen[0]}"
        if manifest.target.xen == (target.name,):
            return Migration()
        where = Location(manifest.file)
        return Migration(problems=(Problem(ProblemKind.NOT_MIGRATED, message, where, f'write xen = "{target.name}"'),))
    if manifest.target.xen == (target.name,):
        return Migration()
    return Migration((Edit(place, f'"{target.name}"'),))
