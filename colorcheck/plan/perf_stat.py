"""Reads the output of `perf stat`: text, fields (-x) and JSON (-j)."""

from __future__ import annotations

import json
import re

from msgspec import Struct

_TEXT = re.compile(
    r"^\s*([0-9][0-9.,' ]*|<not (?:counted|supported)>)\s+(?:(msec|Joules|MiB|seconds)\s+)?([\w./:,=-]+)"
)
_ELAPSED = re.compile(r"^\s*([0-9]+(?:[.,][0-9]+)?)(?:\s*\+-\s*[0-9.,]+)?\s+seconds time elapsed")
ELAPSED = "seconds"


class Counted(Struct, frozen=True):
    """An event and its count; None if perf could not count it."""

    event: str
    value: float | None


def read_perf_stat(text: str) -> tuple[Counted, ...]:
    """All counts of one run, in order; the elapsed time is the event `seconds`."""
    found: list[Counted] = []
    for line in text.splitlines():
        counted = _json(line) or _fields(line) or _elapsed(line) or _text(line)
        if counted is not None:
            found.append(counted)
    return tuple(found)


def named(counted: Counted, event: str) -> bool:
    """Whether this is the event, ignoring modifiers after a colon (`:u`) and the name of the PMU around it."""
    own, wanted = (_plain(name) for name in (counted.event, event))
    return own == wanted


def _plain(event: str) -> str:
    inner = event.rstrip("/")
    if "/" in inner:
        inner = inner.split("/")[1]
    return inner.partition(":")[0].lower().replace("_", "-")


def _json(line: str) -> Counted | None:
    if not line.lstrip().startswith("{"):
        return None
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or "event" not in entry or "counter-value" not in entry:
        return None
    return Counted(str(entry["event"]), _number(str(entry["counter-value"])))


def _fields(line: str) -> Counted | None:
    for separator in (",", ";", "|", "\t"):
        fields = line.split(separator)
        counted = len(fields) >= 5 and (_number(fields[0]) is not None or fields[0].startswith("<not "))
        if counted and re.match(r"[A-Za-z]", fields[2]):
            return Counted(fields[2], _number(fields[0]))
    return None


def _elapsed(line: str) -> Counted | None:
    match = _ELAPSED.match(line)
    return Counted(ELAPSED, _number(match[1].replace(",", "."))) if match else None


def _text(line: str) -> Counted | None:
    match = _TEXT.match(line)
    if match is None or not re.match(r"[A-Za-z]", match[3]):
        return None
    return Counted(match[3], None if match[1].startswith("<") else _grouped(match[1]))


def _grouped(text: str) -> float | None:
    """A number with thousands separators of any locale; None if it is not a number."""
    plain = text.strip().replace(" ", "").replace("'", "")
    groups = re.fullmatch(r"[0-9]{1,3}(?:[.,][0-9]{3})+", plain)
    if groups:
        return _number(re.sub(r"[.,]", "", plain))
    head, point, tail = plain.rpartition("." if plain.rfind(".") > plain.rfind(",") else ",")
    return _number(f"{re.sub(r'[.,]', '', head)}.{tail}") if point else _number(plain)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
