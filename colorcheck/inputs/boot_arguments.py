"""The options of Xen's boot arguments, each with its place. What they mean stands in `colorcheck.xen.options`."""

from __future__ import annotations

from colorcheck.inputs.grammar import span, tokens
from colorcheck.source import Passage


def read_boot_arguments(arguments: Passage) -> tuple[Passage, ...]:
    """The options in their order, as written: nothing is cut, looked up or split.

    Only spaces separate options (`xen/common/kernel.c`), and a NUL byte ends the arguments.
    """
    text = arguments.text.partition("\0")[0]
    return tuple(arguments.part(*span(token)) for token in tokens("boot_arguments", text))
