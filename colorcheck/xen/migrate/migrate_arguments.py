"""Translates boot arguments into the spelling of another release."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from colorcheck.core.diagnostic import Edit, Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Passage
from colorcheck.files.edits import OverlapError, read_original, text_at
from colorcheck.inputs.boot.boot_arguments import option_name, option_spans, read_boot_arguments
from colorcheck.xen.options.options import LONGEST_OPTION, Option, OptionFate, boot_arguments
from colorcheck.xen.options.spelling import same_colors, written_size
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import SERIES
from colorcheck.xen.release.spelling import BootOption, Concept, OptionKind
from colorcheck.xen.release.xilinx import XILINX

_GEOMETRY = (Concept.LLC_SIZE, Concept.LLC_WAYS, Concept.WAY_SIZE)


class Migration(Struct, frozen=True):
    """Edits that do not overlap, and problems for what the target cannot express or what cannot be edited."""

    edits: tuple[Edit, ...] = ()
    problems: tuple[Problem, ...] = ()

    def __add__(self, other: Migration) -> Migration:
        return Migration(self.edits + other.edits, self.problems + other.problems)


def release_of_arguments(arguments: Passage) -> Release:
    """The release that has most of the options, with old names counting less; the newest upstream one among equals."""
    names = [option_name(option.text) for option in read_boot_arguments(arguments)]
    newest_first = (*reversed(SERIES), *reversed(XILINX))
    return max(newest_first, key=lambda release: sum(_familiarity(release.option(name)) for name in names))


def _familiarity(option: BootOption | None) -> int:
    return 0 if option is None else 1 if option.legacy else 2


def migrate_boot_arguments(arguments: Passage, target: Release, source: Release | None = None) -> Migration:
    """The options in the target's spelling, with the same meaning.

    `source` is the release in whose spelling they are; by default, the one that has most of their names. Arguments
    without places in a file (those of a blob) give a problem with the new text instead of edits.
    """
    origin = source or release_of_arguments(arguments)
    return Migration() if origin.modelled_as == target.modelled_as else _Arguments(arguments, origin, target).migrate()


class _Arguments:
    def __init__(self, arguments: Passage, origin: Release, target: Release) -> None:
        self.arguments = arguments
        self.origin = origin
        self.target = target
        self.read = boot_arguments(arguments, origin)
        self.problems: list[Problem] = []

    def migrate(self) -> Migration:
        texts = [self._translated(option) for option in self.read.options]
        self._drop_repeated_geometry(texts)
        switch = self._switched_on()
        if switch and texts:
            texts.insert(0, switch)
        if [text for text in texts if text] == [option.written.text for option in self.read.options]:
            return Migration(problems=tuple(self.problems))
        if not self.arguments.pieces or not self._stands_there():
            new = " ".join(text for text in texts if text)
            message = "these boot arguments are not in a source file, so they are not changed"
            self.problems.append(Problem(ProblemKind.NOT_MIGRATED, message, self.arguments.whole, f"write {new}"))
            return Migration(problems=tuple(self.problems))
        return Migration(tuple(self._edits(texts, switch)), tuple(self.problems))

    def _edits(self, texts: list[str], switch: str) -> Iterator[Edit]:
        """One edit per option; a deleted option takes a space with it."""
        spans = option_spans(self.arguments.text)
        prefix = f"{switch} " if switch else ""
        for (start, end), option, text in zip(spans, self.read.options, texts[bool(switch) :], strict=True):
            new = prefix + text
            prefix = ""
            if not new:
                behind = self.arguments.text[end : end + 1] == " "
                yield Edit(self.arguments.locate(start - (not behind and start > 0), end + behind), "")
            elif new != option.written.text:
                yield Edit(self.arguments.locate(start, end), new.rstrip())

    def _stands_there(self) -> bool:
        """Whether the text in the file is exactly the one that was read; macros and escapes may differ."""
        files: dict[str, str | None] = {}
        for option in self.read.options:
            place = option.location
            if place.file not in files:
                found = read_original(place.file)
                files[place.file] = None if isinstance(found, Problem) else found.text
            text = files[place.file]
            try:
                if text is not None and text_at(text, place) != option.written.text:
                    return False
            except OverlapError:
                return False
        return True

    def _translated(self, option: Option) -> str:
        """The option in the target's spelling; empty if it is deleted."""
        text = option.written.text
        if option.spec is None:
            return text
        if option.fate is OptionFate.REJECTED:
            return self._kept(option, f"{self.origin.title} refuses it, so it has no meaning to carry over")
        if not option.in_force:
            return text if self.target.option(option.name) else ""
        if option.spec.concept in _GEOMETRY:
            new = self._geometry(option, option.spec)
        elif option.spec.concept is Concept.SWITCH:
            new = self._switch(option)
        else:
            new = self._plain(option, option.spec)
        if len(new) > LONGEST_OPTION and new != text:
            return self._kept(
                option, f"as written for {self.target.title}, it is longer than {LONGEST_OPTION} characters"
            )
        return new

    def _kept(self, option: Option, why: str) -> str:
        message = f'"{option.written.text}" is left unchanged: {why}'
        self.problems.append(Problem(ProblemKind.NOT_MIGRATED, message, option.location))
        return option.written.text

    def _named(self, concept: Concept) -> BootOption | None:
        return next(iter(self.target.options_for(concept)), None)

    def _plain(self, option: Option, spec: BootOption) -> str:
        wanted = self._named(spec.concept)
        if wanted is None:
            return self._kept(option, f"{self.target.title} has no such option")
        if isinstance(option.stored, tuple):
            return f"{wanted.name}={same_colors(option.value, option.stored, self.target)}"
        if wanted.kind is spec.kind and isinstance(option.stored, int):
            return option.written.text if wanted.name == option.name else f"{wanted.name}={option.value}"
        return f"{wanted.name}={written_size(int(option.stored or 0), wanted.kind)}"

    def _geometry(self, option: Option, spec: BootOption) -> str:
        """Translate between the cache's size and ways and the size of a way, as if the cache had one way."""
        known = self.target.option(option.name)
        if known and known.kind is spec.kind:
            return option.written.text
        size = self.read.way_size or (self.read.llc_size // self.read.llc_nr_ways if self.read.llc_nr_ways else 0)
        if not size:
            return self._kept(option, "on its own it does not set the size of a way")
        llc_size, ways, way_size = (self._named(concept) for concept in _GEOMETRY)
        if llc_size and ways:
            return f"{llc_size.name}={written_size(size, OptionKind.SIZE)} {ways.name}=1"
        return f"{way_size.name}={written_size(size, way_size.kind)}" if way_size else ""

    def _drop_repeated_geometry(self, texts: list[str]) -> None:
        """Drop the second of two geometry options that became the same text."""
        seen: set[str] = set()
        for index, option in enumerate(self.read.options):
            if option.spec and option.spec.concept in _GEOMETRY and texts[index] != option.written.text:
                texts[index] = "" if texts[index] in seen else texts[index]
                seen.add(texts[index])

    def _switch(self, option: Option) -> str:
        if self._named(Concept.SWITCH):
            return option.written.text
        return "" if option.stored else self._kept(option, f"{self.target.title} cannot switch coloring off")

    def _switched_on(self) -> str:
        """Coloring that was on implicitly is switched on explicitly."""
        switch = self._named(Concept.SWITCH)
        on = self.origin.always_on or (self.read.legacy and not self.read.given(Concept.SWITCH))
        return f"{switch.name}=on" if switch and on else ""
