"""Loads plugins one at a time. Broken, slow, misspelled and duplicate ones are left out and reported as problems."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Protocol, TypeVar

import pluggy
from msgspec import Struct, field
from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.core.suggest import did_you_mean
from colorcheck.files.child import ChildDied, ChildFailed, in_child
from colorcheck.hardware.catalogue import Catalogue
from colorcheck.plugins import hookspecs
from colorcheck.plugins.discovery import Entry, entries
from colorcheck.plugins.exchange import finding_from_json, finding_to_json
from colorcheck.plugins.hookspecs import GROUP, ReportFormat
from colorcheck.plugins.isolation import UnfitError, call

if TYPE_CHECKING:
    from colorcheck.core.diagnostic import Finding
    from colorcheck.hardware.board import Board
    from colorcheck.inputs.translation import InputReader
    from colorcheck.rules.rule import Rule
    from colorcheck.verification.results import Facts

T = TypeVar("T")
BUILT_IN = "xen-colorcheck"  # the distribution whose plugins come first and win against others of the same name
SECONDS = 5.0  # for loading a plugin, and for each of its hooks
WORK_SECONDS = 30.0  # for each call of a function that a hook gave
HOOKS = tuple(name for name in vars(hookspecs) if name.startswith(f"{GROUP}_"))


class LoadedPlugin(Struct, frozen=True):
    """One plugin: its origin, its contributions, its load time, and its faults."""

    name: str
    module: str
    distribution: str = ""
    version: str = ""
    seconds: float = 0.0
    adds: tuple[tuple[str, tuple[str, ...]], ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def built_in(self) -> bool:
        return self.distribution == BUILT_IN


class Plugins(Struct, frozen=True):
    """All contributions of plugins. `problems` are of the kind `plugin`: a run with one must not end in success."""

    boards: Mapping[str, Callable[[], Board]] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    report_formats: Mapping[str, ReportFormat] = field(default_factory=dict)
    input_readers: Mapping[str, InputReader] = field(default_factory=dict)
    loaded: tuple[LoadedPlugin, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(_problem(entry, message) for entry in self.loaded for message in entry.problems)


@cache
def plugins() -> Plugins:
    """The plugins of this installation; loaded once per process."""
    return gather(entries(GROUP, BUILT_IN))


@cache
def catalogue() -> Catalogue:
    """The boards of this installation."""
    return Catalogue(plugins().boards)


def gather(found: Iterable[Entry], seconds: float = SECONDS) -> Plugins:
    """The contributions of these entry points: the built-in ones first, then by name.

    `seconds` limits loading a plugin, and each of its hooks.
    """
    gifts: dict[str, dict[str, object]] = {name: {} for name in HOOKS}
    loaded: list[LoadedPlugin] = []
    for entry in sorted(found, key=lambda entry: (_origin(entry)[0] != BUILT_IN, entry.name, entry.value)):
        start = time.perf_counter()
        origin, version = _origin(entry)
        record = LoadedPlugin(entry.name, entry.value, origin, version)
        if any(record.name == other.name for other in loaded):
            record = replace(record, problems=("a plugin with the same name was already loaded",))
        else:
            record = _load(entry, record, seconds, gifts)
        loaded.append(replace(record, seconds=time.perf_counter() - start))
    boards, rules, formats, readers = (gifts[name] for name in HOOKS)
    return Plugins(boards, rules, formats, readers, tuple(loaded))  # type: ignore[arg-type]


def _origin(entry: Entry) -> tuple[str, str]:
    return (entry.dist.name, entry.dist.version) if entry.dist else ("", "")


def _load(entry: Entry, record: LoadedPlugin, seconds: float, gifts: dict[str, dict[str, object]]) -> LoadedPlugin:
    """Loads one plugin into `gifts`; one that fails anywhere adds nothing at all."""
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    try:
        if not record.built_in:
            _try_apart(entry, seconds)
        # What this distribution has itself is trusted, and needs no thread to be watched in.
        run: _Call = _called if record.built_in else call
        manager.register(run(entry.load, seconds, "loading it"), entry.name)
        manager.check_pending()
        gave = {name: _gift(manager, name, seconds, run) for name in HOOKS}
    except pluggy.PluginValidationError as error:
        return replace(record, problems=(_misspelled(str(error)),))
    except UnfitError as error:
        return replace(record, problems=(str(error),))
    problems = []
    for name, things in gave.items():
        for key, thing in things.items():
            if key in gifts[name]:
                problems.append(f"{name} adds {key!r}, which another plugin already added")
            else:
                gifts[name][key] = thing if record.built_in else _guarded(thing, f"{key!r} of {record.name!r}")
    if not any(gave.values()):
        problems.append("it adds nothing; decorate its functions with colorcheck.plugins.hookspecs.hook")
    adds = tuple((name.removeprefix(f"{GROUP}_"), tuple(things)) for name, things in gave.items() if things)
    return replace(record, adds=adds, problems=tuple(problems))


def _try_apart(entry: Entry, seconds: float) -> None:
    """Load a third-party plugin and call its hooks in a child. Raises UnfitError if that ends the child."""

    def everything() -> None:
        manager = pluggy.PluginManager(GROUP)
        manager.add_hookspecs(hookspecs)
        manager.register(entry.load(), entry.name)
        for name in HOOKS:
            for given in getattr(manager.hook, name)():
                _pairs(given)

    try:
        in_child(everything, seconds * (len(HOOKS) + 1))
    except ChildDied as error:
        raise UnfitError(f"loading it {error}") from None
    except ChildFailed:
        return  # reported when it is loaded here


def _gift(manager: pluggy.PluginManager, name: str, seconds: float, run: _Call) -> dict[str, object]:
    """The contributions of one hook of one plugin, by name (rules by their ID)."""
    found: dict[str, object] = {}
    for given in run(getattr(manager.hook, name), seconds, f"its hook {name}"):
        pairs = run(partial(_pairs, given), seconds, f"what its hook {name} returned")
        for key, thing in pairs:
            if not isinstance(key, str) or not key or key in found:
                raise UnfitError(f"its hook {name} returns an empty name or the same name twice: {key!r}")
            found[key] = thing
    return found


class _Call(Protocol):
    def __call__(self, function: Callable[[], T], seconds: float, what: str, /) -> T: ...


def _called(function: Callable[[], T], _seconds: float, _what: str) -> T:
    return function()


def _guarded(thing: object, what: str) -> object:
    """The same contribution, with its functions limited in time and unable to end the process."""
    if callable(thing):
        return _guard(thing, what)
    if isinstance(thing, Struct) and callable(check := getattr(thing, "check", None)):
        return replace(thing, check=_apart(check, what))
    return thing


def _apart(check: Callable[[Facts], Iterable[Finding]], what: str) -> Callable[[Facts], list[Finding]]:
    """The check of a rule, run in a child that returns its findings as JSON."""

    def checked(facts: Facts) -> list[Finding]:
        found = _in_child(lambda: [finding_to_json(finding) for finding in check(facts)], what)
        try:
            return [finding_from_json(each) for each in found]  # type: ignore[attr-defined]
        except (KeyError, TypeError, ValueError) as error:
            raise UnfitError(f"{what} did not return findings: {error!r}") from None

    return checked


def _in_child(function: Callable[[], object], what: str) -> object:
    try:
        return in_child(function, WORK_SECONDS)
    except (ChildDied, ChildFailed) as error:
        raise UnfitError(f"{what} {'' if isinstance(error, ChildDied) else 'failed: '}{error}") from None


def _guard(function: Callable[..., object], what: str) -> Callable[..., object]:
    """A function that is tried in a child first, so that a plugin that ends its process cannot make a run succeed."""

    def guarded(*arguments: object) -> object:
        try:
            in_child(lambda: bool(function(*arguments)), WORK_SECONDS)
        except ChildDied as error:
            raise UnfitError(f"{what} {error}") from None
        except ChildFailed:
            pass  # reported below
        return call(partial(function, *arguments), WORK_SECONDS, what)

    return guarded


def _pairs(given: object) -> list[tuple[object, object]]:
    if isinstance(given, Mapping):
        wrong = [key for key, thing in given.items() if not callable(thing)]
        if wrong:
            raise TypeError(f"{wrong[0]!r} maps to something that is not callable")
        return list(given.items())
    if isinstance(given, Iterable) and not isinstance(given, str | bytes):
        return [(getattr(thing, "id", None), thing) for thing in given]
    raise TypeError(f"a {type(given).__name__} is neither a mapping nor a sequence of rules")


def _misspelled(message: str) -> str:
    """pluggy's error message, with the hook that may have been meant."""
    unknown = next((word.strip("'") for word in message.split() if word.strip("'").startswith(f"{GROUP}_")), "")
    hint = "" if unknown in HOOKS else did_you_mean(unknown, HOOKS, f"hooks are {', '.join(HOOKS)}")
    first = " ".join(message.split("\nPlugin definition", 1)[0].split())
    return f"{first}; {hint}" if hint else first


def _problem(entry: LoadedPlugin, message: str) -> Problem:
    where = f"{entry.distribution} {entry.version}".strip() or "an unnamed distribution"
    return Problem(
        ProblemKind.PLUGIN,
        f"the plugin {entry.name!r} ({entry.module}, from {where}): {message}",
        Location(entry.module),
        "fix or uninstall it: what it adds was left out, so this run did not check everything that it should",
    )
