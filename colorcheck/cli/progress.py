"""The progress bar of all commands: on standard error if it is a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from colorcheck.cli.console import under_ci

if TYPE_CHECKING:
    from rich.progress import TaskID

Advance = Callable[[str, float, str], None]
"""Called with the name of the step, its progress so far, and a remark (such as a rate)."""


@contextmanager
def progress(total: int, patience: float = 0.0, *, shown: bool = True) -> Iterator[Advance]:
    """Bars up to `total`, one for each step name; none in a CI job, unless `shown`, and none before `patience` seconds.

    Text that is printed in the meantime does not pass through the console of the bars.
    """
    if not shown or not sys.stderr.isatty() or under_ci():
        yield lambda what, done, remark: None  # noqa: ARG005
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[remark]}"),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False)
    tasks: dict[str, TaskID] = {}
    begin = time.monotonic()

    def advance(what: str, done: float, remark: str) -> None:
        if what not in tasks:
            tasks[what] = bar.add_task(what, total=total, remark="")
        bar.update(tasks[what], completed=done, remark=remark)
        if time.monotonic() - begin >= patience:
            bar.start()

    try:
        yield advance
    finally:
        bar.stop()
