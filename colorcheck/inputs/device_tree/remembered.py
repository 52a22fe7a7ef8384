"""Device trees that an editor reads again at every key: a file that did not change is not parsed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct, field

from colorcheck.files.watching import Recorder, watched
from colorcheck.inputs.device_tree.tree import DeviceTree

_MOST = 4  # trees that are kept


class Trees(Struct, eq=False):
    """The trees of recently read files, by everything that determines them: the content, and how it is read.

    Only trees for which no other file was read or searched are kept: included files may change.
    """

    known: dict[object, DeviceTree] = field(default_factory=dict)

    def tree(self, key: object, read: Callable[[], DeviceTree]) -> DeviceTree:
        """The tree with this key, read with `read` if necessary, which raises for a tree that cannot be used."""
        if key in self.known:
            found = self.known[key] = self.known.pop(key)
            return found
        asked = Recorder()
        with watched(asked):
            found = read()
        if not (asked.contents or asked.sizes or asked.patterns):
            self.known[key] = found
            while len(self.known) > _MOST:
                del self.known[next(iter(self.known))]
        return found


_KEPT: ContextVar[Trees | None] = ContextVar("trees", default=None)


@contextmanager
def remembering(trees: Trees) -> Iterator[None]:
    """While the context is active, trees are taken from `trees` if known."""
    token = _KEPT.set(trees)
    try:
        yield
    finally:
        _KEPT.reset(token)


def remembered(key: object, read: Callable[[], DeviceTree]) -> DeviceTree:
    """The tree with this key, read only if it is not known."""
    trees = _KEPT.get()
    return read() if trees is None else trees.tree(key, read)
