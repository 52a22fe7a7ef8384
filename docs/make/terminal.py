"""The picture of the terminal in the README, drawn from a real run: `python docs/make/terminal.py`."""

import io
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "terminal.svg"
COMMAND = ("colorcheck", "verify", "examples/xen-guide")
COLUMNS = 100
END = "Still shared"  # the picture ends before this heading

# rich's own frame, but with the reader's fonts: a picture in a README may load nothing.
_FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>%(title)s</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; \
font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: arial, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def run() -> str:
    """What the command prints on a color terminal."""
    environment = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "GITHUB_ACTIONS"}}
    words = [sys.executable, "-m", "colorcheck", *COMMAND[1:], "--color", "always"]
    found = subprocess.run(
        words, capture_output=True, text=True, cwd=ROOT, env=environment | {"COLUMNS": str(COLUMNS)}, check=False
    )
    return found.stdout


def picture(printed: str) -> str:
    """The session as SVG, cut before the theorems."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), color_system="truecolor", force_terminal=True)
    console.print(Text.assemble(("$ ", "bold green"), (" ".join(COMMAND), "bold")))
    for line in printed.splitlines():
        text = Text.from_ansi(line)
        if text.plain.startswith(END):
            break
        console.print(text)
    title = f"{' '.join(COMMAND)}: two domains share colors, and dom0's memory does not fit"
    frame = _FRAME % {"title": title}
    return console.export_svg(title="colorcheck", code_format=frame, unique_id="terminal")


if __name__ == "__main__":
    PICTURE.write_text(picture(run()), encoding="utf-8")
