"""The boot arguments that decide over CPUs and vCPUs, read exactly as Xen reads them.

Source: `_cmdline_parse`, `parse_bool`, `assign_integer_param` (xen/common/kernel.c, 4.20-4.22).
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.c_numbers import simple_strtoll
from colorcheck.core.value import dataclass
from colorcheck.xen.options.options import BootArguments, Option
from colorcheck.xen.system import Note

_TRUE = ("yes", "on", "true", "enable", "1")
_FALSE = ("no", "off", "false", "disable", "0")
_UINT = 1 << 32
_FLAGS = ("dom0_vcpus_pin", "hmp-unsafe")
_NUMBERS = ("maxcpus", "dom0_max_vcpus")
CONSEQUENCE = {
    "dom0_vcpus_pin": "dom0's vCPUs are not pinned by it",
    "hmp-unsafe": "CPUs of another kind than the boot CPU stay parked",
    "maxcpus": "",
    "dom0_max_vcpus": "",
}


@dataclass(frozen=True, slots=True)
class CpuOptions:
    """What is in force. `max_cpus` and `dom0_vcpus` are 0 where nothing limits them; each `…_option` is the one that
    set the value, if any."""

    pinned: bool = False
    hmp_unsafe: bool = False
    max_cpus: int = 0
    dom0_vcpus: int = 0
    pin_option: Option | None = None
    max_cpus_option: Option | None = None
    dom0_vcpus_option: Option | None = None
    notes: tuple[Note, ...] = ()


def cpu_options(arguments: BootArguments | None) -> CpuOptions:
    """The options as Xen reads them; the last one that it accepts counts."""
    options = arguments.options if arguments else ()
    flags: dict[str, bool] = {}
    set_by: dict[str, Option] = {}
    numbers: dict[str, int] = {}
    for option in options:
        if option.name in _FLAGS:
            value = flag(option)
            if value is not None:
                flags[option.name] = value
                set_by[option.name] = option
        elif option.name in _NUMBERS:
            number = simple_strtoll(option.value)[0]
            if number < _UINT or number >= (1 << 64) - (1 << 31):
                numbers[option.name] = number % _UINT
                set_by[option.name] = option
    return CpuOptions(
        flags.get("dom0_vcpus_pin", False),
        flags.get("hmp-unsafe", False),
        numbers.get("maxcpus", 0),
        numbers.get("dom0_max_vcpus", 0),
        set_by.get("dom0_vcpus_pin"),
        set_by.get("maxcpus"),
        set_by.get("dom0_max_vcpus"),
        tuple(_rejected(options)),
    )


def flag(option: Option) -> bool | None:
    """The value of a boolean option; None where Xen rejects it, and what was set before stays."""
    if option.value and option.value not in _TRUE + _FALSE:
        return None
    return (option.value not in _FALSE) is not option.negated


def _rejected(options: tuple[Option, ...]) -> Iterator[Note]:
    """The options that Xen rejects or reads otherwise than they look, with what Xen prints."""
    for option in options:
        if option.name in _FLAGS and flag(option) is None:
            message = f'Xen rejects "{option.text}" (rc=-1): {CONSEQUENCE[option.name]}'
            data = (("option", option.name), ("value", option.value), ("rest", ""))
            yield Note("cpu-option-rejected", message, option.value_location, "", data)
        elif option.name in _NUMBERS:
            number, end = simple_strtoll(option.value)
            if end < len(option.value):
                message = f'Xen reads "{option.text}" as {number % _UINT} and calls the rest invalid (rc=-22)'
                data = (("option", option.name), ("value", option.value), ("rest", option.value[end:]))
                yield Note("cpu-option-rejected", message, option.value_location, "", data)
