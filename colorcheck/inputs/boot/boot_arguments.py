"""The options of Xen's boot arguments, each with its location. `xen.options.options` interprets them."""

from __future__ import annotations

from functools import lru_cache

from colorcheck.core.source import Passage
from colorcheck.inputs.grammar import span, tokens


@lru_cache(16)  # rules ask for the same arguments again and again
def option_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Where the options are in the text: the offsets of their first characters and of those after their last.

    Only spaces separate options (`xen/common/kernel.c`), and a NUL byte ends the arguments.
    """
    spans = ((span(token)[0], token.rstrip(" ")) for token in tokens("boot_arguments", text.partition("\0")[0]))
    return tuple((start, start + len(option)) for start, option in spans)


def read_boot_arguments(arguments: Passage) -> tuple[Passage, ...]:
    """The options in their order, as written: nothing is cut, looked up or split."""
    return tuple(arguments.part(start, end) for start, end in option_spans(arguments.text))


def option_name(option: str) -> str:
    """The name of an option: the part before its first `=`, without `no-`."""
    return option.partition("=")[0].removeprefix("no-")
