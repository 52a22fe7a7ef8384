"""The terminal report: verdict first, findings in their source lines, color map, memory, theorems, residue."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING

from colorcheck.diagnostic import Finding, Verdict
from colorcheck.report import drawing, view
from colorcheck.report.excerpt import excerpt
from colorcheck.report.style import Style, printable
from colorcheck.residue import residues
from colorcheck.results import Verification
from colorcheck.theorem import Theorem

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_MOODS = {"good": "bold green", "bad": "bold red", "open": "bold yellow"}
_SEVERITIES = {"error": "bold red", "warning": "bold yellow", "info": "bold cyan"}
_CELLS = {"own": "green", "shared": "bold white on red", "allowed": "yellow", "none": "dim", "header": "dim"}
_VERDICTS = {
    Verdict.PROVED: ("✓", "green"),
    Verdict.REFUTED: ("✗", "bold red"),
    Verdict.UNKNOWN: ("?", "bold yellow"),
    Verdict.VACUOUS: ("∅", "bold yellow"),
}
_FEW = 4  # proved theorems of one kind that are still listed one by one


def render(verification: Verification, style: Style) -> str:
    """The whole report, ending with a newline."""
    from rich.console import Console

    target = StringIO()
    console = Console(
        file=target,
        width=style.width,
        force_terminal=style.color,
        no_color=not style.color,
        color_system="truecolor" if style.color else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for part in _parts(verification, style):
        console.print(part)
    lines = (line.rstrip() for line in target.getvalue().split("\n"))
    text = "\n".join(lines)
    return text if style.unicode else _ascii(text)


def _parts(verification: Verification, style: Style) -> Iterator[RenderableType]:
    yield from _head(verification, style)
    for finding in verification.findings:
        yield ""
        yield from _finding(finding, style)
    for drawn in view.color_maps(verification.facts):
        yield from _color_map(drawn, style)
    yield from _memory(verification, style)
    yield from _theorems(verification, style)
    yield from _residue(verification)
    yield from _unchecked(verification)
    yield ""
    yield _summary(verification)


def _text(*pieces: str | tuple[str, str]) -> Text:
    from rich.text import Text

    made = Text(overflow="fold")
    for piece in pieces:
        made.append(*((piece,) if isinstance(piece, str) else piece))
    return made


def _indented(first: str, rest: Text, style: str = "") -> RenderableType:
    """A text whose further lines stand under its first one, behind the label `first`."""
    from rich.table import Table

    grid = Table.grid(padding=0)
    grid.add_column(width=len(first), no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(_text((first, style)), rest)
    return grid


def _title(text: str) -> Iterator[Text]:
    yield _text("")
    yield _text((text, "bold underline"))


def _head(verification: Verification, style: Style) -> Iterator[RenderableType]:
    headline = view.headline(verification)
    yield _text((f" {headline.word} ", f"{_MOODS[headline.mood]} reverse"), "  ", (headline.sentence, "bold"))
    target = verification.target()
    known = [
        str(target["board_title"] or target["board"] or "board unknown"),
        f"Xen {', '.join(verification.manifest.target.xen)}",
    ]
    if target["nr_colors"]:
        known.append(f"{target['nr_colors']} colors")
    known.append(style.relative(verification.manifest.file))
    yield _text((printable(" · ".join(known)), "dim"))


def _finding(finding: Finding, style: Style) -> Iterator[RenderableType]:
    severity = str(finding.severity)
    yield _indented(f"{severity}[{finding.rule}] ", _text((printable(finding.message), "bold")), _SEVERITIES[severity])
    place = str(finding.location)
    shown = excerpt(finding.location, style.sources, style.width - 8)
    margin = max(len(str(shown.number)) if shown else 0, 2)
    yield _text((f"{' ' * margin}--> ", "blue"), printable(place), (f"  ({finding.name})", "dim"))
    if shown:
        yield _text((f"{' ' * margin} |", "blue"))
        yield _text((f"{shown.number:>{margin}} | ", "blue"), shown.text)
        yield _text((f"{' ' * margin} | ", "blue"), (shown.carets, _SEVERITIES[severity]))
    for related in finding.related:
        yield _indented(
            f"{' ' * margin} = ",
            _text((f"{printable(str(related.location))}: ", "dim"), printable(related.message)),
            "blue",
        )
    if finding.help:
        yield _indented(f"{' ' * margin} = help: ", _text(printable(finding.help)), "blue")
    for edit in finding.fix:
        yield _indented(
            f"{' ' * margin} = fix: ",
            _text(
                f"{printable(str(edit.location))}: ",
                ("write ", "dim"),
                (printable(edit.new_text) or "(nothing)", "green"),
            ),
            "blue",
        )


def _color_map(drawn: view.ColorMap, style: Style) -> Iterator[RenderableType]:
    yield from _title(f"Colors (Xen {drawn.line})")
    for line in drawing.map_lines(drawn, min(style.width, 160), style.unicode):
        cells = [(text, _CELLS.get(kind, "")) for text, kind in line.cells]
        yield _text(printable(line.label), *cells, (line.remark, "dim"))
    legend = [f"{drawing.glyph(kind, style.unicode)} {drawing.LEGEND[kind]}" for kind in drawing.kinds(drawn)]
    if drawn.free:
        legend.append(f"free: {drawn.free}")
    yield _text(("   ".join(legend), "dim"))
    for first, second, colors, reason in drawing.clash_lines(drawn):
        noun = "color" if len(colors) == 1 else "colors"
        told = f"{printable(first)} and {printable(second)} share {noun} {colors}"
        if reason is None:
            yield _text(("✗ ", "bold red"), told)
        else:
            yield _text(("s ", "yellow"), told, (f"  (allowed: {printable(reason)})", "dim"))


def _memory(verification: Verification, style: Style) -> Iterator[RenderableType]:
    for line, boot in verification.facts.boots():
        rows = view.memory_rows(boot)
        if not rows or not boot.system.coloring:
            continue
        yield from _title(f"Memory of each domain's colors, in the order of creation (Xen {line})")
        names = min(max(len(row.name) for row in rows), 16) + 2
        told = [drawing.memory_text(row) for row in rows]
        room = max(min(style.width - names - max(map(len, told)) - 2, 60), 10)
        for row, text in zip(rows, told, strict=True):
            taken, left, missing = drawing.bar(row, room, style.unicode)
            label = printable(drawing.short(row.name, 16)).ljust(names)
            mood = "bold red" if row.missing else "cyan"
            yield _text(label, (taken, mood), (left, "dim"), (missing, "bold red"), f"  {text}")
            if row.failure and not row.created:
                yield _indented(" " * names, _text((printable(row.failure), "red")))
        if boot.panic is not None:
            yield _indented("✗ ", _text(f"Xen panics: {printable(boot.panic.message)}"), "bold red")


def _theorems(verification: Verification, style: Style) -> Iterator[RenderableType]:
    for outlook in verification.facts.outlooks:
        if not outlook.theorems:
            continue
        yield from _title(f"Theorems (Xen {outlook.line})")
        for group in view.theorem_groups(outlook.theorems):
            if group.verdict is Verdict.PROVED and len(group.theorems) > _FEW and not style.verbose:
                yield _grouped(group)
            else:
                for theorem in group.theorems:
                    yield from _theorem(theorem, style)
        taken = view.assumptions(outlook.theorems)
        if taken:
            yield _text(("resting on", "dim"))
        for assumption in taken:
            yield _indented(
                f"  {assumption.trust:<11}",
                _text(printable(assumption.text), (f"  [{printable(assumption.source)}]", "dim")),
                "dim",
            )


def _grouped(group: view.TheoremGroup) -> RenderableType:
    mark, mood = _VERDICTS[group.verdict]
    seconds = sum(theorem.seconds for theorem in group.theorems)
    return _indented(
        f"{mark} ",
        _text(
            f"{view.counted(len(group.theorems), group.kind + ' theorem')} {group.verdict}",
            (f"  {seconds:.2f} s", "dim"),
        ),
        mood,
    )


def _theorem(theorem: Theorem, style: Style) -> Iterator[RenderableType]:
    mark, mood = _VERDICTS[theorem.verdict]
    yield _indented(
        f"{mark} ", _text(printable(theorem.statement), (f"  {theorem.verdict}, {theorem.seconds:.2f} s", "dim")), mood
    )
    if style.verbose and theorem.mathematics:
        yield _indented("    ", _text((printable(theorem.mathematics), "dim")))
    if theorem.reason:
        yield _indented("    because ", _text(printable(theorem.reason)), "dim")
    if theorem.verdict is not Verdict.PROVED:
        for place in theorem.core:
            yield _indented("    ", _text((f"{printable(str(place.location))}: ", "dim"), printable(place.message)))


def _residue(verification: Verification) -> Iterator[RenderableType]:
    for residue in residues(verification.facts):
        yield from _title(f"Still shared (Xen {residue.line}): grade {residue.grade}, {residue.reason}")
        for remainder in residue.remainders:
            amount = f" ({view.size(remainder.pages)})" if remainder.pages else ""
            yield _indented(
                "- ", _text(f"{printable(remainder.what)}{amount}", (f": {printable(remainder.why)}", "dim"))
            )


def _unchecked(verification: Verification) -> Iterator[RenderableType]:
    if not verification.skipped and not verification.faults:
        return
    yield from _title("Not checked")
    for skipped in verification.skipped:
        yield _indented("? ", _text(f"{printable(skipped.check)}: {printable(skipped.reason)}"), "bold yellow")
    for fault in verification.faults:
        yield _indented("! ", _text(f"fault in {printable(fault.where)}: {printable(fault.message)}"), "bold red")


def _summary(verification: Verification) -> RenderableType:
    summary = verification.to_dict()["summary"]
    assert isinstance(summary, dict)  # noqa: S101
    told = [
        view.counted(count, name.removesuffix("s")) if name.endswith("s") else f"{count} {name}"
        for name, count in summary.items()
        if count
    ]
    seconds = sum(seconds for _, seconds in verification.seconds)
    return _text((f"{', '.join(told) or 'nothing found'}{f' in {seconds:.2f} s' if seconds else ''}", "dim"))


_ASCII = str.maketrans(
    {"✓": "+", "✗": "x", "∅": "0", "·": ".", "…": "~", "█": "#", "░": "-", "─": "-", "–": "-", "∀": "A"}
)


def _ascii(text: str) -> str:
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode()
