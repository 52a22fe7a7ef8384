"""Runs a plugin's code so that it can neither stop nor delay colorcheck nor write into its output."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Generic, TypeVar

T = TypeVar("T")


class UnfitError(Exception):
    """A plugin, or something that it returned, cannot be used; the message says why."""


class _Call(threading.Thread, Generic[T]):
    def __init__(self, function: Callable[[], T]) -> None:
        super().__init__(daemon=True, name="plugin")
        self._function = function
        self.results: list[T] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.results.append(self._function())
        except BaseException as error:  # SystemExit too: a plugin must not end a run as a success
            self.error = error


def call(function: Callable[[], T], seconds: float, what: str) -> T:
    """What the function returns. Raises UnfitError if it fails, exits, or takes longer than `seconds`.

    A function that is too slow goes on in a thread that ends with the process. Its output goes to standard error.
    """
    running = _Call(function)
    with redirect_stdout(sys.stderr):
        running.start()
        running.join(seconds)
    if running.error is not None:
        raise UnfitError(f"{what} failed: {type(running.error).__name__}: {running.error}") from running.error
    if not running.results:
        raise UnfitError(f"{what} took longer than {seconds:g} s")
    return running.results[0]
