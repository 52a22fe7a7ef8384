"""The handover of a deployment, for any boot loader."""

from __future__ import annotations

import os

from colorcheck.core.diagnostic import Problem
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.file_kinds import FileKind, Slot
from colorcheck.inputs.files import read_bytes
from colorcheck.inputs.manifest.manifest import Loader
from colorcheck.inputs.recognition import kind_of
from colorcheck.loader.handover import Handover, handed_over

_LARGEST = 4 << 20
_CLEAR = (  # kinds that no script of U-Boot can be taken for
    FileKind.DEVICE_TREE,
    FileKind.BLOB,
    FileKind.FIT,
    FileKind.FIT_SOURCE,
    FileKind.XL,
    FileKind.IMAGE_BUILDER,
    FileKind.KCONFIG_SOURCE,
    FileKind.JSON,
    FileKind.PATCH,
    FileKind.ARM64_IMAGE,
    FileKind.ELF,
    FileKind.GZIP,
    FileKind.ARCHIVE,
    FileKind.HTML,
    FileKind.LIBVIRT,
    FileKind.XML,
    FileKind.EXTLINUX,
    FileKind.GRUB,
    FileKind.UEFI_CONFIG,
    FileKind.MANIFEST,
    FileKind.KCONFIG,
    FileKind.BITBAKE,
    FileKind.BOOT_LOG,
    FileKind.YAML,
    FileKind.TOML,
    FileKind.PYTHON,
    FileKind.EFI_PROGRAM,
    FileKind.DOCUMENT,
    FileKind.UTF_16,
    FileKind.CONFLICT,
    FileKind.MARKDOWN,
    FileKind.PROSE,
    FileKind.BINARY,
    FileKind.CERTIFIED,
)


def receive(deployment: Deployment) -> Handover:
    """The handover of a deployment. Without a boot script, the tree is unchanged."""
    manifest, target = deployment.manifest, deployment.manifest.target
    if by_uefi(deployment):
        from colorcheck.loader.uefi.follow import follow_uefi

        return follow_uefi(deployment)
    if manifest.boot_script is None:
        if deployment.image_builder is not None:
            from colorcheck.loader.image_builder.follow import follow_image_builder

            return follow_image_builder(deployment)[0]
        if deployment.tree is None:
            return Handover(stopped="there is no device tree")
        return handed_over(deployment.tree, target.device_tree_address, target.device_tree_size)
    path = os.path.normpath(os.path.join(manifest.folder, manifest.boot_script))
    named_at = manifest.location("inputs.boot-script")
    data = read_bytes(path, named_at, _LARGEST)
    if isinstance(data, Problem):
        return Handover(stopped=data.message, location=named_at, problems=(data,))
    other = kind_of(path, data, named_at, Slot.BOOT_SCRIPT, _CLEAR)
    if other:
        return Handover(stopped=other.message, location=named_at, problems=(other,))
    from colorcheck.loader.u_boot.follow import follow

    return follow(manifest, deployment.tree, path, data)


def by_uefi(deployment: Deployment) -> bool:
    """Whether the firmware is UEFI: the manifest says so or names an input that only UEFI has, or a log shows its
    loader.
    """
    manifest, log = deployment.manifest, deployment.boot_log
    if manifest.boot_script is not None or manifest.target.loader is not None:
        return manifest.boot_script is None and manifest.target.loader is Loader.UEFI
    named = any((manifest.uefi_config, manifest.efi_memory_map, manifest.grub_config))
    return named or (log is not None and bool(log.loaded or log.stopped))
