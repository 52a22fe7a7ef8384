"""Reports: one module per output format, each a pure function of a verification; and the options that choose them."""

from __future__ import annotations

from colorcheck.files.sources import Sources
from colorcheck.report.formats import FORMATS, Format, Output, parse_outputs, render
from colorcheck.report.style import Style

__all__ = ["FORMATS", "Format", "Output", "Sources", "Style", "parse_outputs", "render"]
