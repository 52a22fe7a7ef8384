"""What Xen takes the boot modules for that the boot loader puts into memory."""

from __future__ import annotations

from enum import StrEnum


class ModuleKind(StrEnum):
    """As the device tree names them, without the prefix of the compatible (`multiboot,` or `xen,`)."""

    XEN = "xen"
    DEVICE_TREE = "device-tree"
    KERNEL = "kernel"
    RAMDISK = "ramdisk"
    XSM = "xsm"
    OTHER = "other"

    @classmethod
    def of(cls, text: str | None) -> ModuleKind:
        """The kind that a manifest names; `OTHER` where it is none of these."""
        return cls(text) if text in tuple(cls) else cls.OTHER
