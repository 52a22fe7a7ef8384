"""What a manifest gives in addition to a boot script: the script takes precedence, and differences are reported."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.inputs.deployment import Followed
from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.inputs.manifest.manifest import Manifest

_ARGUMENTS = ("xen,xen-bootargs", "bootargs")


def without_given(manifest: Manifest, followed: Followed) -> Manifest:
    """The manifest without the addresses that the boot script determines."""
    target = replace(
        manifest.target,
        xen_address=None,
        xen_image_size=None if followed.xen_image_size else manifest.target.xen_image_size,
        device_tree_address=None,
        device_tree_size=None,
    )
    return replace(manifest, target=target, boot_arguments=None)


def beside_followed(manifest: Manifest, followed: Followed, image_size: int | None) -> Iterator[Problem]:
    """A problem for each address in the manifest that differs from the boot script, or that the script leaves open.

    `image_size` is the size of Xen's image in the manifest, in bytes.
    """
    target = manifest.target
    size_key = "xen-image-size" if target.xen_image_size is not None else "xen-image"
    for key, given, found, what in (
        ("xen-address", target.xen_address, followed.xen_address, "Xen is started at"),
        ("device-tree-address", target.device_tree_address, followed.device_tree_address, "the device tree arrives at"),
        ("device-tree-size", target.device_tree_size, followed.device_tree_size, "the device tree's size is"),
        (size_key, image_size, followed.xen_image_size or image_size, "the size in the image's header is"),
    ):
        if given is None or given == found:
            continue
        says = f"{what} {found:#x}" if found is not None else f"{what} a value that the files do not give"
        message = (
            f"{key} gives {given:#x}, but according to the boot script ({followed.location}) {says}: "
            "the script takes precedence"
        )
        help_text = f"delete {key}" if key != "xen-image" else "name the file that the script loads"
        yield Problem(ProblemKind.GIVEN_BESIDE_FOLLOWED, message, manifest.location(f"target.{key}"), help_text)


def arguments_beside_followed(manifest: Manifest, followed: Followed, tree: DeviceTree | None) -> Iterator[Problem]:
    """A problem if the manifest gives arguments and the tree that the script hands over has different ones, or none."""
    given = manifest.boot_arguments
    chosen = tree.node("/chosen") if tree else None
    held = [chosen.properties[name] for name in _ARGUMENTS if chosen is not None and name in chosen.properties]
    if given is None or any(each.value == given.text.encode() + b"\0" for each in held[:1]):
        return
    place = held[0].location if held else followed.location
    says = "the tree that Xen gets has different ones" if held else "the tree that Xen gets has none"
    message = f"boot-arguments gives arguments for Xen, but {says} ({place}): the boot script takes precedence"
    where = manifest.location("inputs.boot-arguments")
    yield Problem(ProblemKind.GIVEN_BESIDE_FOLLOWED, message, where, "write them into the boot script")
