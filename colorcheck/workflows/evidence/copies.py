"""Copies of all files that a run read, in the same layout, so that the run can be repeated from them alone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from colorcheck.files.reading import Unreadable, contents
from colorcheck.files.resources import data_folder
from colorcheck.files.watching import Recorder
from colorcheck.workflows.evidence.recipe import Recipe

LARGEST = 64 << 20  # the largest copy, in bytes
MOST_SIZE = 1 << 40  # the largest file of which only the size matters, in bytes
_GZIP = b"\x1f\x8b"


class Unbound(ValueError):
    """A file that was read cannot be copied; the message says why."""


class Sized(Struct, frozen=True):
    """A file of which only the size matters, in bytes; `first` and `last` are the bytes that give the unpacked size
    of a compressed kernel.
    """

    size: int
    first: bytes = b""
    last: bytes = b""

    def to_dict(self) -> dict[str, object]:
        return {"size": self.size, "first": self.first.hex(), "last": self.last.hex()}

    @staticmethod
    def of(document: Mapping[str, object]) -> Sized:
        """Reads the document. Raises ValueError, KeyError or TypeError if it does not have this form."""
        size = document["size"]
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MOST_SIZE:
            raise ValueError("not the size of a file")
        first, last = bytes.fromhex(str(document["first"])), bytes.fromhex(str(document["last"]))
        if len(first) > 2 or len(last) > 4:
            raise ValueError("not the first and last bytes of a file")
        return Sized(size, first, last)


class Copies(Struct, frozen=True):
    """The names in `recipe` are relative to `folder`, which is below the root of the copies; `contents` and `sizes`
    are keyed by names below the root.
    """

    recipe: Recipe
    folder: str
    contents: Mapping[str, bytes]
    sizes: Mapping[str, Sized]

    def lay_out(self, root: Path) -> None:
        """Write the copies below an empty folder."""
        (root / self.folder).mkdir(parents=True, exist_ok=True)
        for name, content in self.contents.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for name, sized in self.sizes.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                file.truncate(sized.size)
                file.write(sized.first[: sized.size])
                if len(sized.last) <= sized.size:
                    file.seek(sized.size - len(sized.last))
                    file.write(sized.last)


def copies(recipe: Recipe, read: Recorder) -> Copies:
    """Copies of the files that were read. Raises Unbound if a file cannot be copied."""
    own = tuple(str(data_folder(name).resolve()) for name in ("boards", "grammars"))
    wanted = [name for name in read.contents if _is_file(name) and not _within(name, own)]
    sized = [name for name in read.sizes if _is_file(name) and name not in read.contents]
    start = os.path.abspath(recipe.folder or ".")
    root = os.path.commonpath([start, *(os.path.dirname(os.path.abspath(name)) for name in (*wanted, *sized))])
    try:
        found = {_below(name, root): contents(name, LARGEST, named=True) for name in wanted}
        sizes = {_below(name, root): _sized(name) for name in sized}
    except (Unreadable, OSError) as error:
        raise Unbound(str(error)) from None
    folder = os.path.relpath(start, root)
    manifest = os.path.basename(recipe.manifest) if recipe.manifest else None
    options = {key: _relative(value, start, read) for key, value in recipe.options.items()}
    return Copies(Recipe(manifest, options), "" if folder == "." else folder, found, sizes)


def _relative(value: object, start: str, read: Recorder) -> object:
    """The value of an option, with absolute names of files that were read made relative to the folder `start`."""
    if isinstance(value, list):
        return [_relative(each, start, read) for each in value]
    known = isinstance(value, str) and os.path.isabs(value) and os.path.normpath(value) in read.contents
    return os.path.relpath(str(value), start) if known else value


def _is_file(name: str) -> bool:
    return os.path.isfile(name)


def _within(name: str, folders: Iterable[str]) -> bool:
    real = os.path.realpath(name)
    return any(real.startswith(os.path.join(folder, "")) for folder in folders)


def _below(name: str, root: str) -> str:
    return os.path.relpath(os.path.abspath(name), root)


def _sized(name: str) -> Sized:
    size = os.stat(name).st_size
    with open(name, "rb") as file:
        if size < 18 or file.read(2) != _GZIP:
            return Sized(size)
        file.seek(-4, os.SEEK_END)
        return Sized(size, _GZIP, file.read(4))
