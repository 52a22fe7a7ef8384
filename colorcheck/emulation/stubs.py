"""Machine code besides Xen: a stub that starts it, and a stub used as every kernel.

Encodings: Arm Architecture Reference Manual (DDI 0487), C6.2. The header is that of an arm64 Image (Linux'
`Documentation/arch/arm64/booting.rst`), which Xen's kernel probe asks for (`kernel_zimage64_probe`).
"""

from __future__ import annotations

import struct

STARTER_SIZE = 40
_LOAD_LITERAL = 0x58000000  # ldr Xt, the 8 bytes at a distance in words
_CLEAR = 0xAA1F03E0  # mov Xd, xzr
_BRANCH_X4 = 0xD61F0080  # br x4
_BRANCH = 0x14000000  # b, a distance in words
_WAIT = 0xD503207F  # wfi
_MAGIC = b"ARM\x64"
_HEADER = 64


def starter(xen: int, device_tree: int) -> bytes:
    """Code that enters Xen as the boot protocol requires: x0 holds the address of the tree, x1 to x3 are zero.
    Addresses in bytes."""
    code = (
        _LOAD_LITERAL | 6 << 5,
        _CLEAR | 1,
        _CLEAR | 2,
        _CLEAR | 3,
        _LOAD_LITERAL | 4 << 5 | 4,
        _BRANCH_X4,
    )
    return struct.pack("<6I2Q", *code, device_tree, xen)


def idle_kernel(size: int) -> bytes:
    """The first bytes of a kernel of `size` bytes that does nothing but wait; the rest of it may hold anything."""
    header = struct.pack("<2I3Q3Q4sI", _BRANCH | _HEADER // 4, 0, 0, size, 0xA, 0, 0, 0, _MAGIC, 0)
    return header + struct.pack("<2I", _WAIT, _BRANCH | ((1 << 26) - 1))
