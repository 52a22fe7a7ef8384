"""The live view: shows the simulation frame by frame, reacts to keys, or records itself as an asciicast."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from msgspec import Struct, field

from colorcheck.cli.console import Stop, complain, write
from colorcheck.core.units import PAGE
from colorcheck.files.atomic import write_whole
from colorcheck.interference.caches import NoModel
from colorcheck.interference.comparison import COLORINGS
from colorcheck.interference.experiment import Coloring, ReplacementPolicy
from colorcheck.interference.simulation import Simulation
from colorcheck.report.style import Style
from colorcheck.report.terminal.interference import POLICIES
from colorcheck.report.terminal.interference_live import Frame, draw
from colorcheck.report.terminal.terminal import printed
from colorcheck.verification.exit import Exit
from colorcheck.workflows.interfere import Lab

PICTURES_A_SECOND = 8
STEP = {True: 250_000, False: 20_000}
WIDTH, HEIGHT = 100, 30
RECORDED_SECONDS, TOGGLE_SECONDS, RECORDED_A_SECOND = 16, 4, 4
HINT = "keys: c coloring on and off   p next policy   q quit"


class Show(Struct):
    """The state of the view: the simulations of all colorings and policies shown so far, and what to show next."""

    lab: Lab
    colorings: tuple[Coloring, ...]
    policy: ReplacementPolicy
    chosen: int = 0
    simulations: dict[tuple[Coloring, ReplacementPolicy], Simulation] = field(default_factory=dict)
    latencies: list[tuple[int | None, bool]] = field(default_factory=list)

    @property
    def coloring(self) -> Coloring:
        return self.colorings[self.chosen]

    @property
    def names(self) -> tuple[str, ...]:
        """All domains of the view, so that each keeps its paint."""
        return tuple(dict.fromkeys(t.name for c in self.colorings[::-1] for t in self.lab.study.owners[c]))

    def key(self, pressed: str) -> bool:
        """Handle a key; False if it ends the view."""
        if pressed == "c":
            self.chosen = (self.chosen + 1) % len(self.colorings)
        elif pressed == "p":
            policies = tuple(ReplacementPolicy)
            self.policy = policies[(policies.index(self.policy) + 1) % len(policies)]
        return pressed not in ("q", "\x1b", "\x03")

    def next(self, hint: str) -> Frame:
        """Simulate one step and return its picture."""
        simulation = self._simulation()
        simulation.reset()
        simulation.play(STEP[simulation.engine.compiled])
        outcome = simulation.outcome(self.coloring)
        victim = (self.lab.victims or tuple(domain.name for domain in outcome.domains))[0]
        seen = next((domain for domain in outcome.domains if domain.name == victim), None)
        self.latencies.append((seen.runs.quantile(1) if seen else None, self.coloring is not Coloring.OFF))
        last = self.lab.study.clusters[0].last
        names = self.names
        number = [names.index(owner.name) for owner in simulation.experiment.owners]
        return Frame(
            title=f"{self.lab.board.title}, {last.name}",
            coloring=COLORINGS[self.coloring],
            policy=POLICIES[self.policy],
            names=names,
            victim=victim,
            owners=[[number[owner] for owner in owners] for owners in simulation.owners(0)],
            rows=max(1, last.sets * last.line // PAGE),
            ways=last.ways,
            latencies=self.latencies,
            caused=seen.caused_by_others if seen else 0,
            misses=seen.misses if seen else 0,
            accesses=seen.accesses if seen else 0,
            hint=hint,
        )

    def _simulation(self) -> Simulation:
        which = (self.coloring, self.policy)
        if which not in self.simulations:
            study = self.lab.study
            self.simulations[which] = Simulation(
                study.experiment(study.owners[self.coloring], study.loads, self.policy)
            )
        return self.simulations[which]


def show(lab: Lab, record: str | None, seconds: int | None) -> int:
    """Run the view on the terminal, or write a recording; without a terminal, print one picture per coloring.

    Raises NoModel if no coloring can be shown.
    """
    with_colors = next((c for c in (Coloring.CURRENT, Coloring.PLAN) if c in lab.study.owners), None)
    shown = tuple(c for c in (Coloring.OFF, with_colors) if c is not None and c in lab.study.owners)
    if not shown:
        raise NoModel("nothing can be shown: " + "; ".join(lab.notes))
    state = Show(lab, shown, lab.study.policies[0])
    if record is not None:
        _record(state, record, seconds or RECORDED_SECONDS)
    elif sys.stdout.isatty():
        _on_terminal(state, seconds)
    else:
        complain("standard output is not a terminal: printing one picture per coloring instead of the live view")
        write(_still(state))
    return Exit.CLEAN


def _on_terminal(state: Show, seconds: int | None) -> None:
    from rich.live import Live

    end = time.monotonic() + seconds if seconds else None
    with _keys() as pressed, Live(auto_refresh=False, screen=True) as live:
        going = True
        while going and (end is None or time.monotonic() < end):
            begun = time.monotonic()
            color, height = live.console.color_system is not None, live.console.height
            live.update(draw(state.next(HINT), color=color, height=height), refresh=True)
            going = all(state.key(key) for key in pressed(max(0.0, 1 / PICTURES_A_SECOND - time.monotonic() + begun)))


Wait = Callable[[float], str]


@contextmanager
def _keys() -> Iterator[Wait]:
    """A function that waits the given number of seconds and returns the keys pressed; empty without a keyboard."""
    try:
        import termios
        import tty

        before = termios.tcgetattr(sys.stdin)
    except (ImportError, OSError, ValueError, termios.error):

        def sleep(seconds: float) -> str:
            time.sleep(seconds)
            return ""

        yield sleep
        return
    try:
        tty.setcbreak(sys.stdin)
        yield _pressed
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _pressed(seconds: float) -> str:
    import os
    import select

    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return os.read(sys.stdin.fileno(), 64).decode("utf-8", "replace") if ready else ""


def _still(state: Show) -> str:
    parts = []
    for _ in state.colorings:
        for _ in range(3):
            frame = state.next("")
        parts.append(printed([draw(frame, color=False)], Style(width=WIDTH)))
        state.key("c")
    return "\n".join(parts)


def _record(state: Show, file: str, seconds: int) -> None:
    """Record an asciicast (version 2) in which coloring is switched every few seconds."""
    header = {"version": 2, "width": WIDTH, "height": HEIGHT, "title": "colorcheck interfere --live"}
    lines = [json.dumps(header)]
    before: list[str] = []
    for number in range(seconds * RECORDED_A_SECOND):
        if number and number % (TOGGLE_SECONDS * RECORDED_A_SECOND) == 0:
            state.key("c")
        now = _colorful(state.next("recorded; in the live view c switches coloring"))
        lines.append(json.dumps([number / RECORDED_A_SECOND, "o", _difference(before, now)]))
        before = now
    try:
        write_whole(Path(file), "\n".join(lines) + "\n")
    except OSError as error:
        raise Stop(f"cannot write {file}: {error.strerror or error}") from None
    complain(f"wrote {file}: {seconds} s; play it with asciinema")


def _difference(before: list[str], now: list[str]) -> str:
    """The output that turns one picture into the next: the lines that differ, each at its position."""
    changed = (row for row, line in enumerate(now) if row >= len(before) or line != before[row])
    written = "".join(f"\x1b[{row + 1};1H{now[row]}\x1b[K" for row in changed)
    return written if before else f"\x1b[2J\x1b[?25l{written}"


def _colorful(frame: Frame) -> list[str]:
    from rich.console import Console

    target = StringIO()
    console = Console(file=target, width=WIDTH, force_terminal=True, color_system="truecolor", legacy_windows=False)
    console.print(draw(frame))
    return target.getvalue().split("\n")
