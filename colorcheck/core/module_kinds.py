"""The kinds of boot modules, as Xen treats them."""

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
        """The kind that a manifest names; `OTHER` if it is unknown."""
        return cls(text) if text in tuple(cls) else cls.OTHER
