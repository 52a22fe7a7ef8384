"""Workloads: what runs in a domain's virtual CPU, as people write it (`handler:lines=512,period=20000`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.suggest import nearest
from colorcheck.core.units import GIB, KIB, MIB

TICKS = 256
"""Units of time in a cycle."""


class WorkloadKind(StrEnum):
    HANDLER = "handler"
    CHASE = "chase"
    MATRIX = "matrix"
    COPY = "copy"
    MIX = "mix"
    BOMB = "bomb"
    TRACE = "trace"


class Workload(Struct, frozen=True):
    """A victim, an attacker, or a recorded trace.

    `size` and `stride` are bytes; `offset` is where in the domain's memory it starts, in bytes; `write` the share of
    accesses that write; `rate` accesses a cycle, whose gaps differ from their mean by up to the share `uneven`;
    `period` cycles from one run of a handler to the next, each late by up to `jitter` cycles; `run` accesses in a run,
    whose cost is one latency; `hot` bytes take the share `share` of the accesses of a mix. `rows` is the side of a
    matrix of doubles. `file` is a recorded trace, which begins anew at its end unless `loop` is false. `core` pins
    the virtual CPU to a core of the board, counted through its clusters.
    """

    kind: WorkloadKind
    size: int = 256 * KIB
    stride: int = 64
    offset: int = 0
    write: float = 0.0
    rate: float = 0.25
    uneven: float = 0.5
    period: int = 0
    jitter: int = 0
    run: int = 0
    hot: int = 32 * KIB
    share: float = 0.9
    rows: int = 128
    file: str = ""
    loop: bool = True
    core: int | None = None

    def describe(self) -> str:
        """As people write it: the kind, and what differs from its defaults."""
        usual = DEFAULTS[self.kind]
        given = ((name, getattr(self, name)) for name in self.__struct_fields__ if name != "kind")
        named = [f"{name}={value}" for name, value in given if value != getattr(usual, name)]
        if self.kind not in (WorkloadKind.MATRIX, WorkloadKind.TRACE) and self.size == usual.size:
            named.insert(0, f"size={self.size}")
        return f"{self.kind}:{','.join(named)}" if named else str(self.kind)

    @property
    def reach(self) -> int:
        """Bytes of the domain's memory, from its start, that it touches; for a trace only where it starts."""
        match self.kind:
            case WorkloadKind.MATRIX:
                return self.offset + 3 * self.rows * self.rows * 8
            case WorkloadKind.TRACE:
                return self.offset
        return self.offset + self.size

    @property
    def accesses_a_run(self) -> int:
        """Accesses of one run: a pass over the memory, where nothing else is said."""
        if self.run:
            return self.run
        match self.kind:
            case WorkloadKind.MATRIX:
                return self.rows * (2 * self.rows + 1)
            case WorkloadKind.COPY:
                return 2 * max(1, self.size // 2 // self.stride)
            case WorkloadKind.CHASE | WorkloadKind.MIX | WorkloadKind.TRACE:
                return 1000
        return max(1, -(-self.size // self.stride))


DEFAULTS: Mapping[WorkloadKind, Workload] = {
    WorkloadKind.HANDLER: Workload(WorkloadKind.HANDLER, size=64 * KIB, period=200_000, jitter=2_000),
    WorkloadKind.CHASE: Workload(WorkloadKind.CHASE),
    WorkloadKind.MATRIX: Workload(WorkloadKind.MATRIX),
    WorkloadKind.COPY: Workload(WorkloadKind.COPY),
    WorkloadKind.MIX: Workload(WorkloadKind.MIX, size=MIB, write=0.3),
    WorkloadKind.BOMB: Workload(WorkloadKind.BOMB, size=2 * MIB, write=0.5),
    WorkloadKind.TRACE: Workload(WorkloadKind.TRACE),
}


class WorkloadError(ValueError):
    """A workload that cannot be read; the message says what to write instead."""


def parse_workload(text: str) -> Workload:
    """Reads `kind:key=value,…`. Sizes take K, M and G, shares are 0 to 1. Raises WorkloadError."""
    name, _, rest = text.partition(":")
    name = name.strip()
    if name not in tuple(WorkloadKind):
        raise WorkloadError(
            f"there is no workload {name!r}{_nearest(name, tuple(WorkloadKind))}; there are {', '.join(WorkloadKind)}"
        )
    kind = WorkloadKind(name)
    found = DEFAULTS[kind]
    for item in filter(None, (part.strip() for part in rest.split(","))):
        key, equals, value = item.partition("=")
        if not equals and kind is WorkloadKind.TRACE and not found.file:
            key, value = "file", key
        found = _with(found, key.strip(), value.strip())
    return _checked(found)


def _with(workload: Workload, key: str, value: str) -> Workload:
    if key == "lines":
        return replace(workload, size=_number(key, value) * 64, stride=64)
    if key not in _READERS:
        raise WorkloadError(f"a workload has no {key!r}{_nearest(key, tuple(_READERS))}")
    try:
        read = _READERS[key](key, value)
    except WorkloadError:
        raise
    except ValueError:
        raise WorkloadError(f"{key}={value} cannot be read") from None
    return replace(workload, **{key: read})


def _nearest(text: str, names: tuple[str, ...]) -> str:
    near = nearest(text, names)
    return f" (nearest: {near})" if near else ""


def _number(key: str, value: str) -> int:
    factor = {"K": KIB, "M": MIB, "G": GIB}.get(value[-1:].upper(), 1)
    digits = value[:-1] if factor > 1 else value
    try:
        number = int(digits, 0) * factor
    except ValueError:
        raise WorkloadError(f"{key}={value}: write a number, with K, M or G for powers of 1024") from None
    if number < 0:
        raise WorkloadError(f"{key}={value}: less than 0")
    return number


def _fraction(key: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise WorkloadError(f"{key}={value}: write a number from 0 to 1")
    return number


def _truth(key: str, value: str) -> bool:
    if value not in ("yes", "no"):
        raise WorkloadError(f"{key}={value}: write yes or no")
    return value == "yes"


def _text(_key: str, value: str) -> str:
    return value


_BY_TYPE: Mapping[str, Callable[[str, str], object]] = {
    "int": _number,
    "int | None": _number,
    "float": _fraction,
    "bool": _truth,
    "str": _text,
}
_READERS: Mapping[str, Callable[[str, str], object]] = {
    name: _BY_TYPE[kind] for name, kind in Workload.__annotations__.items() if name != "kind"
}


def _checked(workload: Workload) -> Workload:
    wrong = None
    if workload.kind is WorkloadKind.TRACE and not workload.file:
        wrong = "a trace needs its file: trace:FILE"
    elif workload.kind is WorkloadKind.MATRIX and not workload.rows:
        wrong = "a matrix needs at least 1 row"
    elif workload.kind not in (WorkloadKind.TRACE, WorkloadKind.MATRIX) and (workload.size < 64 or not workload.stride):
        wrong = "a workload touches at least 64 bytes, at a stride of at least 1"
    elif workload.kind is WorkloadKind.COPY and workload.size < 128:
        wrong = "a copy needs at least two lines"
    elif workload.kind is WorkloadKind.MIX and not 64 <= workload.hot <= workload.size:
        wrong = f"hot={workload.hot}: must be from 64 to the size, {workload.size}"
    elif not workload.rate:
        wrong = "rate=0: must be more than 0 and at most 1 access per cycle"
    if wrong:
        raise WorkloadError(wrong)
    return workload
