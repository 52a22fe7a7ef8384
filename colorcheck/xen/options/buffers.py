"""Buffers of Xen that boot options size, taken from the uncolored heap.

Source: `console_init_ring` (xen/drivers/char/console.c), `serial_async_transmit` (xen/drivers/char/serial.c),
`calculate_tbuf_size`, `alloc_trace_bufs` (xen/common/trace.c), `debugtrace_parse_param` (xen/common/debugtrace.c),
4.20 to 4.22. A buffer that does not fit becomes smaller or is omitted, so these are upper bounds.
"""

from __future__ import annotations

from colorcheck.core.c_numbers import size_and_unit
from colorcheck.core.units import PAGE
from colorcheck.xen.options.options import BootArguments

_MOST_TRACE_PAGES = 1 << 16  # of one CPU, whose number has 16 bits
_WORD = 4
_PER_CPU = "cpu:"


def buffer_frames(arguments: BootArguments, cpus: int) -> int:
    """The most frames that the buffers requested by the options take on this many CPUs; 0 if no option requests any."""
    rings = sum(_rounded_down(arguments.number(name)) for name in ("conring_size", "serial_tx_buffer"))
    return rings + _trace(arguments.number("tbuf_size"), cpus) + _debug_trace(arguments, cpus)


def _rounded_down(size: int) -> int:
    """Frames of a ring of so many bytes: a power of two."""
    return -(-(1 << size.bit_length() - 1) // PAGE) if size else 0


def _trace(pages: int, cpus: int) -> int:
    """The trace buffers of all CPUs, and the list of their frames, in whole powers of two."""
    pages = min(pages, _MOST_TRACE_PAGES)
    listed = 1 + -(-cpus * pages * _WORD // PAGE)
    return cpus * pages + (1 << listed.bit_length()) if pages else 0


def _debug_trace(arguments: BootArguments, cpus: int) -> int:
    frames = 0
    for option in arguments.options:
        if option.name == "debugtrace":
            size, _ = size_and_unit(option.value.removeprefix(_PER_CPU))
            frames = _rounded_down(max(size, PAGE)) * (cpus if option.value.startswith(_PER_CPU) else 1)
    return frames
