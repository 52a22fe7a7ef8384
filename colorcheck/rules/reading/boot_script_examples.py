"""Deployments that a boot script starts, for the examples of rules."""

from __future__ import annotations

from colorcheck.rules.example import Example

_LOADS = """load mmc 0:1 0x600000 xen; load mmc 0:1 0x1000000 Image
load mmc 0:1 0x8000000 board.dtb
fdt addr 0x8000000
fdt resize 0x1000
"""
_BOOT = "booti 0x600000 - 0x8000000\n"


def scripted(line: str, target: str = "") -> Example:
    """A deployment whose boot script has `line` before the command that starts Xen; `target` has further keys of
    `[target]`.
    """
    text = _LOADS + (f"{line}\n" if line else "") + _BOOT
    return Example(
        inputs='boot-script = "boot.cmd"',
        target=f'loader = "u-boot"\nmemory = ["0x0+0x80000000", "0x800000000+0x80000000"]\n{target}',
        placed=False,
        manifest='[target.environment]\nfdt_high = "0xffffffffffffffff"'
        '\n[[target.files]]\nname = "xen"\nsize = 0x17c000'
        '\n[[target.files]]\nname = "Image"\nsize = 0x1000000',
        files=(("boot.cmd", text),),
    )


def beside(target: str) -> Example:
    """A deployment with a boot script in its folder that the manifest does not name."""
    cpu = 'cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0x0>; enable-method = "psci"; };'
    return Example(target=target, cpus=cpu, files=(("boot.cmd", _LOADS + _BOOT),))
