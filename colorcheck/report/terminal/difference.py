"""A difference between two verifications, for a terminal and as Markdown for a merge request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Finding
from colorcheck.core.units import size_of_pages
from colorcheck.verification.difference import Difference, MarginChange, PairChange


def _headline(difference: Difference) -> str:
    lost = len({pair.domains for pair in difference.pairs if pair.lost})
    less = len({margin.domain for margin in difference.margins if margin.less})
    if difference.undecided:
        open_ = f"UNDECIDED: {len(difference.undecided)} reason{'s' * (len(difference.undecided) != 1)} below"
        return open_ if difference.empty else f"{open_}; {_changes(difference, lost, less)}"
    if difference.empty:
        return "no change in isolation, colors or memory"
    return _changes(difference, lost, less)


def _changes(difference: Difference, lost: int, less: int) -> str:
    shared = len({each.domains for each in difference.sharing})
    parts = [
        f"{lost} pair{'s' * (lost != 1)} no longer proved isolated" if lost else "no isolation lost",
        *([f"{shared} pair{'s' * (shared != 1)} with new sharing"] if shared else []),
        f"{less} domain{'s' * (less != 1)} with less spare memory" if less else "no margin lost",
        f"{len(difference.new)} new finding{'s' * (len(difference.new) != 1)}" if difference.new else "no new findings",
        *([f"{silent} newly hidden"] if (silent := len(difference.silences)) else []),
        *([f"{left} theorems no longer checked"] if (left := len(difference.not_asked)) else []),
    ]
    return "; ".join(parts)


def _colors(colors: ColorSet | None) -> str:
    return "–" if colors is None else str(colors) or "none"


def _frames(frames: int | None) -> str:
    return "–" if frames is None else f"{frames:,} frames ({size_of_pages(frames)})"


def _verdict(pair: PairChange) -> tuple[str, str]:
    return pair.before or "–", pair.after or ("nothing stated" if pair.exists else "gone")


def _change(margin: MarginChange) -> str:
    if margin.before is None or margin.after is None:
        return "–"
    return f"{margin.after - margin.before:+,}"


def _tables(difference: Difference) -> Iterator[tuple[str, Sequence[str], list[Sequence[str]]]]:
    """(title, columns, rows) of every table that is not empty."""
    if difference.pairs:
        rows = [(p.release, " / ".join(p.domains), *_verdict(p)) for p in difference.pairs]
        yield "Isolation", ("Pair", "Before", "After", "Xen"), _joined(rows)
    if difference.sharing:
        shown = [
            (s.release, " / ".join(s.domains), _colors(s.before), _colors(s.after), s.reason or "not allowed")
            for s in difference.sharing
        ]
        yield "New sharing", ("Pair", "Before", "After", "Reason in the policy", "Xen"), _joined(shown)
    if difference.colors:
        moved = [(c.release, c.domain, _colors(c.before), _colors(c.after)) for c in difference.colors]
        yield "Colors", ("Domain", "Before", "After", "Xen"), _joined(moved)
    if difference.margins:
        left = [(m.release, m.domain, _frames(m.before), _frames(m.after), _change(m)) for m in difference.margins]
        yield "Memory left on the domain's colors", ("Domain", "Before", "After", "Change", "Xen"), _joined(left)


def _joined(rows: Iterable[tuple[str, ...]]) -> list[Sequence[str]]:
    """Merges rows that begin with a version and are otherwise equal into one row that ends with the versions."""
    versions: dict[tuple[str, ...], list[str]] = {}
    for version, *cells in rows:
        versions.setdefault(tuple(cells), []).append(version)
    return [(*cells, ", ".join(found)) for cells, found in versions.items()]


def _lists(difference: Difference) -> Iterator[tuple[str, list[str]]]:
    if difference.undecided:
        yield "Undecided", list(difference.undecided)
    if difference.renamed:
        yield "Renamed", [f"{old} is {new} now" for old, new in difference.renamed]
    if difference.new:
        yield "New findings", [_finding(finding) for finding in difference.new]
    if difference.silences:
        shown = [f"{_finding(each.finding)} ({each.by}: {each.reason})" for each in difference.silences]
        yield "Newly hidden", shown
    if difference.not_asked:
        yield "Theorems that are no longer checked", list(difference.not_asked)
    if difference.gone:
        yield "Findings that are gone", [_finding(finding) for finding in difference.gone]
    if difference.new_assumptions:
        yield "New assumptions of proofs", list(difference.new_assumptions)
    if difference.gone_assumptions:
        yield "Assumptions no longer needed", list(difference.gone_assumptions)


def _finding(finding: Finding) -> str:
    return f"{finding.location}: {finding.severity} {finding.rule} {finding.name}: {finding.message}"


def as_text(difference: Difference) -> str:
    """The difference as text for a terminal."""
    parts = [_headline(difference)]
    for title, columns, rows in _tables(difference):
        widths = [max(len(row[i]) for row in [columns, *rows]) for i in range(len(columns))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [columns, *rows]
        ]
        parts.append("\n".join([title, *(f"  {line.rstrip()}" for line in lines)]))
    for title, items in _lists(difference):
        parts.append("\n".join([title, *(f"  {item}" for item in items)]))
    return "\n\n".join(parts) + "\n"


def _escaped(text: str) -> str:
    """Text that Markdown takes literally, on one line."""
    safe = text.replace("\n", " ").replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{c}" if c in "\\`*_{}[]()#|@!~" else c for c in safe)


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = [_escaped(cell) for cell in columns]
    body = [[_escaped(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body))


def as_markdown(difference: Difference) -> str:
    """The difference as Markdown for a comment on a merge request."""
    parts = ["## colorcheck", f"**{_headline(difference)}**"]
    for title, columns, rows in _tables(difference):
        parts += [f"### {title}", _table(columns, rows)]
    for title, items in _lists(difference):
        parts += [f"### {title}", "\n".join(f"- {_escaped(item)}" for item in items)]
    return "\n\n".join(parts) + "\n"
