"""Xen's processing of its boot arguments: the fate of each option, and the values in effect after all are read.

Source: `parse_params` and its helpers in `xen/common/kernel.c` (4.20.4, 4.21.2, 4.22.0), and the places that
register the options.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache, lru_cache

from msgspec import Struct, field

from colorcheck.core.c_numbers import simple_strtoll, simple_strtoull, size_and_unit
from colorcheck.core.source import Location, Passage, passage
from colorcheck.core.units import MIB
from colorcheck.inputs.boot.boot_arguments import read_boot_arguments
from colorcheck.inputs.boot.color_list import ColorListText
from colorcheck.xen.kinds import ColorSource
from colorcheck.xen.options.color_lists import ColorList, read_colors
from colorcheck.xen.options.typed import BOOLEANS, INTEGERS, SIZES, TEXTS
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import release_of
from colorcheck.xen.release.spelling import BootOption, Concept, OptionKind

LONGEST_OPTION = 127
"""Bytes of an option that Xen keeps; the rest is silently cut off."""

EPERM, EINVAL, EOVERFLOW = 1, 22, 75

_TRUE = ("1", "on", "yes", "true", "enable")
_FALSE = ("0", "off", "no", "false", "disable")

_NOWHERE = Location("")

Stored = bool | int | str | tuple[int, ...] | None


class OptionFate(StrEnum):
    """The fate of an option."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"  # a message; the part stored before the error remains
    UNKNOWN = "unknown"  # a message, nothing else
    NOT_FOLLOWED = "not-followed"  # an option that has nothing to do with memory or colors, or has its own reader


class Option(Struct, frozen=True):
    """One option as written, and what Xen does with it.

    `written` is the whole text, `text` the part that Xen keeps (up to 127 bytes). `key` is the part before the first
    `=`, including `no-`, and `name` the option without it. `stored` is the value that it stores, None if it stores
    nothing; `colors` the list of colors as read. `message` is Xen's message about it, if any. `in_force`: no later
    option overrides the stored value.
    """

    written: Passage
    text: str
    key: str
    value: str
    name: str
    fate: OptionFate
    spec: BootOption | None = None
    stored: Stored = None
    colors: ColorList | None = None
    message: str = ""
    in_force: bool = False

    @property
    def negated(self) -> bool:
        return self.key != self.name

    @property
    def cut(self) -> bool:
        """Whether the end of it is lost."""
        return len(self.text) < len(self.written.text)

    @property
    def location(self) -> Location:
        return self.written.locate(0, len(self.written.text))

    @property
    def name_location(self) -> Location:
        """The key, with its `no-`."""
        return self.written.locate(0, len(self.key))

    @property
    def value_location(self) -> Location:
        """The value as written; the whole option if it has none."""
        start = len(self.key) + 1
        return self.written.locate(start, len(self.written.text)) if start < len(self.written.text) else self.location

    @property
    def lost_location(self) -> Location:
        """The part that was cut off."""
        return self.written.locate(len(self.text), len(self.written.text))


class BootArguments(Struct, frozen=True):
    """The values in effect after Xen has read its boot arguments.

    `llc_coloring` is None if nothing sets it. `llc_size`, `llc_nr_ways` and `way_size` are 0 and the colors empty if
    not set. `dom0_mem` is None if not given, `dom0_mem_built_in` is where Xen's build gives it, if no argument does.
    `pdx_compress`: frame numbers may omit address bits that no memory uses. Sizes are in bytes; colors in Xen's order,
    with repetitions. `messages` are Xen's messages about rejected and unknown options, for a Xen that only has the
    options for coloring and memory; `said` are those of a complete Xen. `legacy`: Xilinx 4.17 is in its legacy mode,
    which also switches coloring on.
    """

    release: Release
    options: tuple[Option, ...]
    llc_coloring: bool | None = None
    llc_size: int = 0
    llc_nr_ways: int = 0
    way_size: int = 0
    dom0_colors: tuple[int, ...] = ()
    xen_colors: tuple[int, ...] = ()
    buddy_alloc_size: int = 64 * MIB
    dom0_mem: int | None = None
    dom0_mem_built_in: Location | None = None
    pdx_compress: bool = True
    legacy: bool = False
    messages: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    location: Location = field(default_factory=lambda: Location(""))

    def given(self, concept: Concept) -> tuple[Option, ...]:
        """The options for a concept, in order."""
        return tuple(option for option in self.options if option.spec and option.spec.concept is concept)

    def in_force(self, concept: Concept) -> Option | None:
        """The option whose value is in effect."""
        return next((option for option in reversed(self.given(concept)) if option.in_force), None)

    def named(self, name: str) -> Option | None:
        """The option of this name whose value is in effect: the last one that stored something."""
        return next((o for o in reversed(self.options) if o.name == name and o.stored is not None), None)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """The effective value of a boolean option. `default` is that of the release."""
        found = self.named(name)
        return found.stored if found and isinstance(found.stored, bool) else default

    def number(self, name: str, default: int = 0) -> int:
        """The effective value of an integer option, as an unsigned number of its width."""
        found = self.named(name)
        return found.stored if found and isinstance(found.stored, int) else default

    def text(self, name: str, default: str = "") -> str:
        """The effective value of a text option, cut to its buffer."""
        found = self.named(name)
        return found.stored if found and isinstance(found.stored, str) else default

    @property
    def xen_source(self) -> ColorSource:
        return self._source(Concept.XEN_COLORS, self.xen_colors)

    @property
    def dom0_source(self) -> ColorSource:
        return self._source(Concept.DOM0_COLORS, self.dom0_colors)

    def _source(self, concept: Concept, colors: tuple[int, ...]) -> ColorSource:
        option = self.in_force(concept)
        if option is None or not colors:
            return ColorSource.DEFAULT
        return ColorSource.REMAINS if option.fate is OptionFate.REJECTED else ColorSource.GIVEN

    def to_dict(self) -> dict[str, object]:
        return {
            "llc_coloring": self.llc_coloring,
            "llc_size": self.llc_size,
            "llc_nr_ways": self.llc_nr_ways,
            "way_size": self.way_size,
            "dom0_colors": list(self.dom0_colors),
            "xen_colors": list(self.xen_colors),
            "buddy_alloc_size": self.buddy_alloc_size,
            "dom0_mem": self.dom0_mem,
            "messages": list(self.messages),
        }


def parse_boot_arguments(text: str, xen: str = "4.20") -> BootArguments:
    """The boot arguments as read by a Xen with the default build limits. Raises `UnknownReleaseError`."""
    return boot_arguments(passage(text, Location("", 1, 1, 1, len(text) + 1)), release_of(xen))


def boot_arguments(
    arguments: Passage,
    release: Release,
    *,
    most_colors: int | None = None,
    buddy_size: int = 64 * MIB,
    dom0_memory: Passage | None = None,
) -> BootArguments:
    """What Xen does with its boot arguments.

    `most_colors`, `buddy_size` (bytes) and `dom0_memory` are what that Xen was built with; the last (CONFIG_DOM0_MEM)
    counts where no argument sets dom0's memory, not even to a value that Xen rejects.
    """
    room = release.most_colors if most_colors is None else most_colors
    written = read_boot_arguments(arguments)
    meant = [_meaning(each.text, release, room) for each in written]
    counting = _in_force(meant)
    options = tuple(
        _at(option, each, in_force=index in counting)
        for index, (option, each) in enumerate(zip(meant, written, strict=True))
    )
    values = {option.spec.concept: option.stored for option in options if option.spec and option.in_force}
    switch, dom0_mem = values.get(Concept.SWITCH), values.get(Concept.DOM0_MEMORY)
    legacy = any(option.spec and option.spec.legacy for option in options)
    built_in = dom0_memory if dom0_mem is None and dom0_memory is not None and dom0_memory.text else None
    if built_in is not None:
        dom0_mem = size_and_unit(built_in.text)[0]
    return BootArguments(
        release,
        options,
        llc_coloring=switch if isinstance(switch, bool) else _implied(release, legacy=legacy),
        llc_size=_number(values.get(Concept.LLC_SIZE)),
        llc_nr_ways=_number(values.get(Concept.LLC_WAYS)),
        way_size=_number(values.get(Concept.WAY_SIZE)),
        dom0_colors=_colors(values.get(Concept.DOM0_COLORS)),
        xen_colors=_colors(values.get(Concept.XEN_COLORS)),
        buddy_alloc_size=_number(values.get(Concept.BUDDY_SIZE, buddy_size)),
        dom0_mem=None if dom0_mem is None else _number(dom0_mem),
        dom0_mem_built_in=built_in.whole if built_in is not None else None,
        pdx_compress=values.get(Concept.COMPRESSION) is not False,
        legacy=legacy,
        messages=tuple(m for option in options if (m := option.message if option.spec else _unknown(option.key))),
        said=tuple(option.message for option in options if option.message),
        location=arguments.whole,
    )


def _implied(release: Release, *, legacy: bool) -> bool | None:
    """Xilinx 4.17 switches coloring on in its legacy mode."""
    return True if legacy and release.options_for(Concept.SWITCH) else None


def _number(stored: Stored) -> int:
    return stored if isinstance(stored, int) else 0


def _colors(stored: Stored) -> tuple[int, ...]:
    return stored if isinstance(stored, tuple) else ()


def _in_force(options: list[Option]) -> set[int]:
    """The indices of the options in effect: the last one of each concept that stored something, unless another has
    precedence.
    """
    stored = [(index, option, option.spec) for index, option in enumerate(options) if option.stored is not None]
    last = {spec.concept: index for index, _, spec in stored if spec}
    winning = {spec.name: (spec.concept, index, option.stored) for index, option, spec in stored if spec and spec.wins}
    last |= {concept: index for concept, index, value in winning.values() if value}
    return set(last.values())


@lru_cache(maxsize=1 << 12)
def _meaning(text: str, release: Release, room: int) -> Option:
    """The option without a location: its meaning depends only on its text, so it can be cached."""
    return _option(Passage(text, _NOWHERE), release, room)


def _at(option: Option, written: Passage, *, in_force: bool) -> Option:
    """The option from `_meaning` with its location."""
    colors = option.colors
    if colors is not None:
        whole = option.key != option.name  # it receives a text that is not in the file
        place = Passage("no", written.whole) if whole else written.part(len(option.key) + 1, len(option.text))
        text = ColorListText(place, colors.written.pieces)
        colors = ColorList(text, colors.colors, colors.items, colors.error, colors.count)
    return Option(
        written,
        option.text,
        option.key,
        option.value,
        option.name,
        option.fate,
        option.spec,
        option.stored,
        colors,
        option.message,
        in_force,
    )


def _kept(text: str, room: int = LONGEST_OPTION) -> str:
    """What a buffer of Xen with room for so many bytes holds of a text."""
    if len(text) * 4 <= room:
        return text
    encoded = text.encode("utf-8", "surrogatepass")
    return text if len(encoded) <= room else encoded[:room].decode("utf-8", "ignore")


def _option(written: Passage, release: Release, room: int) -> Option:
    text = _kept(written.text)
    key, _, value = text.partition("=")
    name = key.removeprefix("no-")
    spec = _specs(release).get(name)
    if spec is None:
        if name not in release.registered:
            return Option(written, text, key, value, name, OptionFate.UNKNOWN, message=_unknown(key))
        held, wrong = _typed(name, value, negated=key != name)
        fate = OptionFate.REJECTED if wrong else OptionFate.NOT_FOLLOWED
        return Option(written, text, key, value, name, fate, None, held, None, _invalid(key, value, wrong))
    negated = key != name
    shown = key, value
    if negated and spec.kind in _CUSTOM and not value:
        shown = "no", "no"  # the option receives this text in the same buffer that the message prints
    stored: Stored
    stored, error, colors = None, EINVAL, None
    if negated and spec.kind in _CUSTOM and value:
        pass  # such an option takes no value with "no-"
    elif spec.kind is OptionKind.COLORS:
        place = Passage("no", written.whole) if negated else written.part(len(key) + 1, len(text))
        colors = read_colors(place, release, room, room)
        stored, error = colors.colors, EINVAL if colors.error else 0
    else:
        stored, error = _value(spec.kind, spec.bits, shown[1], negated=negated)
    message = _invalid(*shown, error)
    fate = OptionFate.REJECTED if error else OptionFate.ACCEPTED
    return Option(written, text, key, value, name, fate, spec, stored, colors, message)


@cache
def _specs(release: Release) -> dict[str, BootOption]:
    return {option.name: option for option in release.options}


_CUSTOM = (OptionKind.COLORS, OptionKind.NUMBER, OptionKind.OWN_SIZE)


def _unknown(key: str) -> str:
    return f'parameter "{key}" unknown!'


def _invalid(key: str, value: str, error: int) -> str:
    return f'parameter "{key}" has invalid value "{value}", rc=-{error}!' if error else ""


def _typed(name: str, text: str, *, negated: bool) -> tuple[Stored, int]:
    """Like `_value`, for an option that is not about colors; options with their own reader store nothing here."""
    if name in BOOLEANS:
        return _value(OptionKind.BOOLEAN, 8, text, negated=negated)
    if name in INTEGERS:
        return _value(OptionKind.INTEGER, INTEGERS[name], text, negated=negated)
    if name in SIZES:
        return _value(OptionKind.SIZE, SIZES[name], text, negated=negated)
    return (_kept(text, TEXTS[name] - 1), 0) if name in TEXTS else (None, 0)


def truth(text: str) -> bool | None:
    """What Xen takes a word for (`parse_bool`); None if it is neither true nor false."""
    return True if text in _TRUE else False if text in _FALSE else None


def _value(kind: OptionKind, bits: int, text: str, *, negated: bool) -> tuple[Stored, int]:
    """The stored value, and the error number (0 if none)."""
    match kind:
        case OptionKind.BOOLEAN:
            found = truth(text) if text else True
            return (None, EPERM) if found is None else (found is not negated, 0)
        case OptionKind.INTEGER:
            number, end = simple_strtoll(text)
        case OptionKind.NUMBER:
            number, end = simple_strtoull(text)
        case _:
            number, end = size_and_unit(text)
    stored, error = _assign(number, bits)
    return stored, EINVAL if end < len(text) else error


def _assign(number: int, bits: int) -> tuple[int | None, int]:
    """The value stored in a variable of that many bits; numbers that fit neither signed nor unsigned are not stored."""
    if (1 << bits) <= number < (1 << 64) - (1 << (bits - 1)):
        return None, EOVERFLOW
    return number % (1 << bits), 0
