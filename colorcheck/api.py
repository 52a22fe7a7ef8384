"""The names that other programs may use."""

from __future__ import annotations

from colorcheck.xen.color_lists import ColorListRejected, parse_color_list
from colorcheck.xen.options import parse_boot_arguments
from colorcheck.xen.xl_guest import parse_xl

__all__ = ["ColorListRejected", "parse_boot_arguments", "parse_color_list", "parse_xl"]
