"""Examples of rules: small deployments, described by their differences from a clean one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

BOOT_ARGUMENTS = "console=dtuart dtuart=serial0 llc-coloring=on xen-llc-colors=0-1 dom0_mem=1G dom0-llc-colors=2-10"
GUEST = 'name = "rt"\nkernel = "Image"\nmemory = 256\nvcpus = 1\nllc_colors = ["11-14"]\n'

ARM64_IMAGE = "0123456789abcdef\0\0\x18\0\0\0\0\0".ljust(56, "\0") + "ARMd\0\0\0\0"
"""The header of an arm64 Image of 1.5 MiB, without the rest."""
_TREE = """/dts-v1/;

/ {{
    #address-cells = <2>;
    #size-cells = <2>;
    compatible = "{compatible}";

    chosen {{
        #address-cells = <2>;
        #size-cells = <2>;
        xen,xen-bootargs = "{boot_arguments}";
        {chosen}
    }};

    cpus {{
        #address-cells = <1>;
        #size-cells = <0>;
        {cpus}
    }};

    memory@0 {{
        device_type = "memory";
        reg = {memory};
    }};
    {tree}
}};
"""

_KERNEL = """module@1000000 {
            compatible = "multiboot,kernel", "multiboot,module";
            reg = <0x0 0x1000000 0x0 0x1000000>;
            bootargs = "console=hvc0";
        };"""


class Example(Struct, frozen=True):
    """A deployment for Xen on a ZCU102 of 4 GiB, clean unless a field says otherwise.

    `guests` are (file, text) of xl files; `chosen`, `tree` and `cpus` device tree source put into `/chosen`, `/`
    and `/cpus`; `manifest` further lines of `colorcheck.toml`, `target` such of its `[target]`; `files` are further
    files. `placed` false omits the load addresses. `tree_text` replaces the whole device tree
    source; an empty `board` or `xen` leaves the key out.
    """

    xen: str | tuple[str, ...] = "4.20"
    board: str = "zcu102"
    boot_arguments: str = BOOT_ARGUMENTS
    compatible: str = "xlnx,zynqmp-zcu102"
    guests: tuple[tuple[str, str], ...] = ()
    chosen: str = ""
    tree: str = ""
    cpus: str = ""
    memory: str = "<0x0 0x0 0x0 0x80000000>, <0x8 0x0 0x0 0x80000000>"
    kernel: str = _KERNEL
    xen_address: int = 0x200000
    device_tree_address: int = 0x100000
    placed: bool = True
    target: str = ""
    inputs: str = ""
    manifest: str = ""
    files: tuple[tuple[str, str], ...] = ()
    tree_text: str = ""

    def texts(self) -> Iterator[tuple[str, str]]:
        """(file name, text) of all files of the deployment, the manifest first."""
        yield "colorcheck.toml", self._manifest()
        yield "system.dts", self.tree_text or self._tree()
        yield from self.guests
        yield from self.files

    def write(self, folder: Path) -> Path:
        """Write the deployment into an existing folder; gives the manifest's path."""
        for name, text in self.texts():
            (folder / name).write_text(text, encoding="utf-8", newline="")
        return folder / "colorcheck.toml"

    def shown(self) -> str:
        """The differences from the clean deployment, as readable text."""
        clean = {label: value for label, field, value in Example()._parts() if field}
        reported = [f"# {label}\n{value}" for label, _, value in self._parts() if value and value != clean.get(label)]
        return "\n\n".join(part.rstrip() for part in reported)

    def _parts(self) -> Iterator[tuple[str, str, str]]:
        yield "Xen", "xen", self.xen if isinstance(self.xen, str) else ", ".join(self.xen)
        yield "board", "board", self.board
        yield "device tree, compatible", "compatible", self.compatible
        yield "boot arguments", "boot_arguments", self.boot_arguments
        for name, text in (*self.guests, *self.files):
            yield name, "", text
        yield "device tree, /chosen", "chosen", self.chosen
        yield "device tree, boot module", "kernel", self.kernel
        yield "device tree, /", "tree", self.tree
        yield "device tree, /cpus", "cpus", self.cpus
        yield "device tree, reg of /memory", "memory", self.memory
        yield "system.dts", "tree_text", self.tree_text
        yield "address of Xen", "xen_address", f"{self.xen_address:#x}"
        yield "address of the device tree", "device_tree_address", f"{self.device_tree_address:#x}"
        yield "colorcheck.toml, [target]", "target", self.target
        yield "colorcheck.toml, [inputs]", "inputs", self.inputs
        yield "colorcheck.toml", "manifest", self.manifest

    def _manifest(self) -> str:
        versions = [self.xen] if isinstance(self.xen, str) else list(self.xen)
        spelled = str(versions).replace("'", '"')
        xen = f'xen = "{versions[0]}"' if len(versions) == 1 else f"xen = {spelled}"
        releases = ["[target]", *([xen] if versions else ())]
        if self.board:
            releases.append(f'board = "{self.board}"')
        if self.placed:
            releases += [
                "xen-image-size = 0x174000",
                f"xen-address = {self.xen_address:#x}",
                f"device-tree-address = {self.device_tree_address:#x}",
                "device-tree-size = 0x8000",
            ]
        releases += [self.target, "", "[inputs]", 'device-tree = "system.dts"', self.inputs]
        if self.guests:
            releases.append(f"domains = [{', '.join(f'{chr(34)}{name}{chr(34)}' for name, _ in self.guests)}]")
        return "\n".join([*(release for release in releases if release), self.manifest, ""])

    def _tree(self) -> str:
        chosen = "\n        ".join(part for part in (self.chosen, self.kernel) if part)
        return _TREE.format(
            compatible=self.compatible,
            boot_arguments=self.boot_arguments,
            chosen=chosen,
            tree=self.tree,
            cpus=self.cpus,
            memory=self.memory,
        )
