"""Reads `colorcheck.toml` and the options of the same names: layers, the later over the earlier."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.pattern import pattern
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.core.suggest import did_you_mean
from colorcheck.core.units import MIB
from colorcheck.files.reading import Unreadable, contents
from colorcheck.inputs.file_kinds import Slot
from colorcheck.inputs.manifest import settings as kinds
from colorcheck.inputs.manifest.manifest import (
    BuildOption,
    DomainPolicy,
    Ignored,
    Manifest,
    PathRules,
    PlanPolicy,
    Share,
    StatedRequirement,
    Target,
    TargetFile,
    TargetModule,
    Variable,
)
from colorcheck.inputs.manifest.manifest_keys import (
    DOMAIN_KEYS,
    FILE_KEYS,
    IGNORE_KEYS,
    KEYS,
    MODULE_KEYS,
    NESTED,
    PATH_KEYS,
    SECTIONS,
    SHARE_KEYS,
    KeyKind,
)
from colorcheck.inputs.manifest.settings import Setting, SettingReader
from colorcheck.inputs.manifest.toml_places import Path, Place, places

_OPTION = pattern(r"[A-Z0-9_]+", re.ASCII)  # of Xen's build, with or without CONFIG_

NAME = "colorcheck.toml"
COMMAND_LINE = "command line"
MAX_BYTES = 16 * MIB


class ManifestError(Exception):
    """The manifest cannot be read at all, so the run cannot continue."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.problem.location}: {self.problem.message}" + (
            f" ({self.problem.help})" if self.problem.help else ""
        )


def read_manifest(path: str, options: Mapping[str, object] | None = None) -> Manifest:
    """The manifest at `path` with the command line's `options` (by key, `target.xen`) laid over it.

    What is wrong with single keys is in `problems`. Raises ManifestError if the file is missing, unreadable or no TOML.
    """
    text = _text(path)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(_other(path, text.encode()) or _syntax(path, str(error))) from None
    except ValueError:  # more digits than Python reads
        raise ManifestError(Problem(ProblemKind.MANIFEST_SYNTAX, "a number is too long", Location(path))) from None
    except RecursionError:
        raise ManifestError(Problem(ProblemKind.MANIFEST_SYNTAX, "values nested too deeply", Location(path))) from None
    other = None if {key.path.partition(".")[0] for key in KEYS} & set(document) else _other(path, text.encode())
    if other:
        raise ManifestError(other)
    return _Document(path, document, places(path, text)).manifest(options or {})


def _other(path: str, content: bytes) -> Problem | None:
    """A problem if the file is known not to be a manifest."""
    from colorcheck.inputs.file_kinds import FileKind
    from colorcheck.inputs.recognition import kind_of, recognized

    kind = recognized(content) if content.strip() else None
    if kind is FileKind.TOML:
        return None  # a manifest with misspelled tables: each is named at its place
    found = kind_of("this", content, Location(path), Slot.MANIFEST)
    return found and replace(found, location=replace(found.location, file=path))


def manifest_of_options(options: Mapping[str, object], folder: str = "") -> Manifest:
    """A manifest that only the command line has given."""
    return replace(_Document(COMMAND_LINE, {}, {}).manifest(options), folder=folder)


def _text(path: str) -> str:
    try:
        content = contents(path, MAX_BYTES)
    except Unreadable as error:
        if error.kind is ProblemKind.TOO_LARGE:
            raise ManifestError(
                Problem(ProblemKind.TOO_LARGE, "a manifest of more than 16 MiB", Location(path))
            ) from None
        message = f"cannot read the manifest: {error.reason}"
        raise ManifestError(Problem(ProblemKind.UNREADABLE, message, Location(path), error.advice)) from None
    try:
        text = content.decode("utf-8").replace("\r\n", "\n")
        return f" {text[1:]}" if text.startswith("\ufeff") else text  # places count it
    except UnicodeDecodeError as error:
        if other := _other(path, content):
            raise ManifestError(other) from None
        line = content[: error.start].count(b"\n") + 1
        problem = Problem(
            ProblemKind.ENCODING, "not UTF-8 text", Location(path, line, 1, line, 1), "save the file as UTF-8"
        )
        raise ManifestError(problem) from None


def _syntax(path: str, message: str) -> Problem:
    match = re.search(r"\s*\(at line (\d+), column (\d+)\)", message)
    location = Location(path)
    if match:
        line, column = int(match[1]), int(match[2])
        location = Location(path, line, column, line, column + 1)
        message = message[: match.start()]
    return Problem(ProblemKind.MANIFEST_SYNTAX, f"not valid TOML: {message}", location)


class _Document(Struct):
    """A parsed manifest with the places of its keys, and what was found wrong with it."""

    path: str
    content: Mapping[str, object]
    found: dict[Path, Place]
    problems: list[Problem] = field(default_factory=list)

    def manifest(self, options: Mapping[str, object]) -> Manifest:
        written = self._written()
        given = {key: Setting(value, Location(COMMAND_LINE)) for key, value in options.items()}
        reader = SettingReader({**written, **given}, self.problems)
        target = replace(
            _target(reader),
            config=self._config(),
            environment=self._environment(),
            files=self._files(),
            modules=self._modules(),
        )
        domain_policies = self._domain_policies()
        guests = reader.guests("inputs.domains") or ()
        creation_order = reader.get("policy.creation-order", KeyKind.ORDER, kinds.order) or "as-listed"
        return Manifest(
            file=self.path,
            folder=os.path.dirname(self.path),
            target=target,
            device_tree=reader.text("inputs.device-tree"),
            include=reader.texts("inputs.include") or (),
            overlays=reader.texts("inputs.overlays") or (),
            boot_arguments=reader.passage("inputs.boot-arguments"),
            domains=tuple(each[0] for guest in guests for each in guest.files),
            guest_parts=tuple(each[1:] for guest in guests for each in guest.files),
            guest_numbers=tuple(number for number, guest in enumerate(guests) for _ in guest.files),
            one_of=frozenset(number for number, guest in enumerate(guests) if guest.one_of),
            image_builder=reader.text("inputs.image-builder"),
            boot_script=reader.text("inputs.boot-script"),
            boot_log=reader.text("inputs.boot-log"),
            uefi_config=reader.text("inputs.uefi-config"),
            efi_memory_map=reader.text("inputs.efi-memory-map"),
            system_dump=reader.text("inputs.system-dump"),
            grub_config=reader.text("inputs.grub-config"),
            policy=PlanPolicy(
                creation_order,
                self._shares(),
                _names(reader.texts("policy.objectives")),
                _names(reader.texts("policy.prove")) or PlanPolicy().prove,
                tuple((each.name, each.restarts) for each in domain_policies if each.restarts is not None),
            ),
            domain_policies=domain_policies,
            select=_names(reader.texts("rules.select")),
            ignore=self._ignored(reader),
            silence_reason=(reader.text("rules.reason") or "").strip(),
            path_rules=self._path_rules(),
            requirements=self._requirements(),
            keys=(
                *((".".join(at), place.value) for at, place in self.found.items()),
                *((key, setting.location) for key, setting in given.items()),
            ),
            problems=tuple(self.problems),
        )

    def _written(self) -> dict[str, Setting]:
        """The plain keys of the file by their path; each unknown one becomes a problem."""
        written: dict[str, Setting] = {}
        for section, content in self.content.items():
            if section not in SECTIONS:
                self._unknown((section,), SECTIONS, "tables")
            elif not isinstance(content, dict):
                self._wrong((section,), content, f"a table: write [{section}]")
            elif section not in ("domains", "requirements"):
                names = [key.name for key in KEYS if key.path.startswith(f"{section}.")]
                nested = NESTED.get(section, ())
                reader = self._table((section,), content, [*names, *nested])
                written |= {f"{section}.{name}": s for name, s in reader.settings.items() if name not in nested}
        return written

    def _shares(self) -> tuple[Share, ...]:
        policy = self.content.get("policy")
        given = policy.get("share", []) if isinstance(policy, dict) else []
        if not isinstance(given, list) or not all(isinstance(entry, dict) for entry in given):
            self._wrong(("policy", "share"), given, KeyKind.TABLES)
            return ()
        shares = (self._share(("policy", "share", str(index)), entry) for index, entry in enumerate(given))
        return tuple(share for share in shares if share is not None)

    def _share(self, at: Path, entry: Mapping[str, object]) -> Share | None:
        reader = self._table(at, entry, [key.name for key in SHARE_KEYS])
        before = len(self.problems)
        domains, reason = reader.texts("domains") or (), (reader.text("reason") or "").strip()
        if len(domains) >= 2 and reason:
            return Share(domains, reason, self._place(at))
        if len(self.problems) == before:
            what = "a share without a reason" if not reason else "a share of fewer than two domains"
            help_text = 'write domains = ["dom0", "gui"] and reason = "..."; until then nothing may be shared'
            self.problems.append(Problem(ProblemKind.MANIFEST_VALUE, what, self._place(at), help_text))
        return None

    def _ignored(self, reader: SettingReader) -> tuple[Ignored, ...]:
        """`[rules] ignore`: texts, which share one reason, and tables, each with its own."""
        setting = reader.settings.get("rules.ignore")
        if setting is None:
            return ()
        given = list(setting.value) if isinstance(setting.value, list | tuple) else [setting.value]
        if not all(isinstance(entry, str | dict) for entry in given):
            self._wrong(("rules", "ignore"), setting.value, KeyKind.RULES)
            return ()
        plain = _names(tuple(entry for entry in given if isinstance(entry, str)))
        found = [Ignored(plain, setting.location)] if plain else []
        for index, entry in enumerate(given):
            made = self._ignored_entry(("rules", "ignore", str(index)), entry) if isinstance(entry, dict) else None
            found += [made] if made else []
        return tuple(found)

    def _ignored_entry(self, at: Path, entry: Mapping[str, object]) -> Ignored | None:
        reader = self._table(at, entry, [key.name for key in IGNORE_KEYS])
        before = len(self.problems)
        rules, reason = _names(reader.texts("rule")), (reader.text("reason") or "").strip()
        if rules and reason:
            return Ignored(rules, self._place(at), reason)
        if len(self.problems) == before:
            what = "rules are ignored without a reason" if rules else "an entry of ignore names no rule"
            help_text = 'write { rule = "CC105", reason = "..." }; until then they are reported'
            self.problems.append(Problem(ProblemKind.MANIFEST_VALUE, what, self._place(at), help_text))
        return None

    def _path_rules(self) -> tuple[PathRules, ...]:
        rules = self.content.get("rules")
        given = rules.get("path", []) if isinstance(rules, dict) else []
        if not isinstance(given, list) or not all(isinstance(entry, dict) for entry in given):
            self._wrong(("rules", "path"), given, KeyKind.TABLES)
            return ()
        found = (self._path_rule(("rules", "path", str(index)), entry) for index, entry in enumerate(given))
        return tuple(entry for entry in found if entry is not None)

    def _path_rule(self, at: Path, entry: Mapping[str, object]) -> PathRules | None:
        reader = self._table(at, entry, [key.name for key in PATH_KEYS])
        before = len(self.problems)
        path, ignore = reader.text("path") or "", reader.texts("ignore") or ()
        reason = (reader.text("reason") or "").strip()
        if path and ignore and reason:
            return PathRules(path, ignore, reason, self._place(at))
        if len(self.problems) == before:
            what = "rules are ignored for a path without saying which rules, where or why"
            help_text = (
                'write path = "legacy/*.cfg", ignore = ["CC115"] and reason = "..."; all are reported until then'
            )
            self.problems.append(Problem(ProblemKind.MANIFEST_VALUE, what, self._place(at), help_text))
        return None

    def _requirements(self) -> tuple[StatedRequirement, ...]:
        given = self.content.get("requirements")
        found: list[StatedRequirement] = []
        for name, value in given.items() if isinstance(given, dict) else ():
            at = ("requirements", name)
            reader = SettingReader({name: self._setting(at, value)}, self.problems, "requirements")
            before = len(self.problems)
            patterns = tuple(text.strip() for text in reader.texts(name) or ())
            if name.strip() and patterns and all(patterns):
                found.append(StatedRequirement(name, patterns, self._place(at)))
            elif len(self.problems) == before:
                what = "a requirement without an ID" if not name.strip() else f'requirement "{name}" has no evidence'
                help_text = 'write "XenSwad~llc_isolation_rt~1" = ["separation/rt/*", "memory/rt"]'
                self.problems.append(Problem(ProblemKind.MANIFEST_VALUE, what, self._place(at), help_text))
        return tuple(found)

    def _part(self, name: str, kind: type) -> object:
        """A table or list of tables below [target]; None if it is not given or something else."""
        target = self.content.get("target")
        given = target.get(name) if isinstance(target, dict) else None
        if given is None:
            return None
        tables = given if isinstance(given, list) else [given]
        if isinstance(given, kind) and all(isinstance(entry, dict) for entry in tables):
            return given
        at = ("target", name)
        self._wrong(at, given, f"a table: write [target.{name}]" if kind is dict else f"tables: [[target.{name}]]")
        return None

    def _config(self) -> tuple[BuildOption, ...]:
        given = self._part("config", dict)
        found: list[BuildOption] = []
        for name, value in given.items() if isinstance(given, dict) else ():
            at = ("target", "config", name)
            plain = name.removeprefix("CONFIG_")
            if not _OPTION.fullmatch(plain):
                plain = plain.upper().replace("-", "_")
                message = f"target.config.{name} is not the name of a build option"
                self.problems.append(
                    Problem(ProblemKind.MANIFEST_KEY, message, self._place(at), f"did you mean {plain}?")
                )
            reader = SettingReader({name: self._setting(at, value)}, self.problems, "target.config")
            read = reader.get(name, KeyKind.OPTION, kinds.option)
            if read is None and isinstance(value, str):
                read = value  # an error, and not taken for y
            if read is not None:
                found.append(BuildOption(plain, read, self._place(at)))
        return tuple(found)

    def _environment(self) -> tuple[Variable, ...] | None:
        given = self._part("environment", dict)
        if given is None:
            return None
        found: list[Variable] = []
        for name, value in given.items() if isinstance(given, dict) else ():
            at = ("target", "environment", name)
            reader = SettingReader({name: self._setting(at, value)}, self.problems, "target.environment")
            read = reader.passage(name)
            if read is not None:
                found.append(Variable(name, read, self._place(at)))
        return tuple(found)

    def _files(self) -> tuple[TargetFile, ...]:
        given = self._part("files", list)
        found: list[TargetFile] = []
        for number, entry in enumerate(given if isinstance(given, list) else ()):
            at = ("target", "files", str(number))
            reader = self._table(at, entry, [key.name for key in FILE_KEYS])
            before = len(self.problems)
            name, file, size = reader.text("name"), reader.text("file"), reader.size("size")
            symbols = reader.get("symbols", KeyKind.FLAG, kinds.flag) or False
            if name and (file is not None or size is not None):
                found.append(TargetFile(name, self._place(at), file, size, symbols))
            elif len(self.problems) == before:
                what = "a file without a name" if not name else "a file without its content or size"
                help_text = 'write name = "Image" and size = 0x1400000, or file = "build/Image"'
                self.problems.append(Problem(ProblemKind.MANIFEST_VALUE, what, self._place(at), help_text))
        return tuple(found)

    def _modules(self) -> tuple[TargetModule, ...]:
        given = self._part("modules", list)
        found: list[TargetModule] = []
        for number, entry in enumerate(given if isinstance(given, list) else ()):
            at = ("target", "modules", str(number))
            reader = self._table(at, entry, [key.name for key in MODULE_KEYS])
            before = len(self.problems)
            kind, file, size = reader.text("kind"), reader.text("file"), reader.size("size")
            address = reader.size("address")
            if file is not None or size is not None:
                found.append(TargetModule(self._place(at), kind, file, size, address))
            elif len(self.problems) == before:
                help_text = 'write file = "Image", or size = 0x1400000'
                what = "a module without its content or size"
                self.problems.append(Problem(ProblemKind.MANIFEST_VALUE, what, self._place(at), help_text))
        return tuple(found)

    def _domain_policies(self) -> tuple[DomainPolicy, ...]:
        given = self.content.get("domains")
        tables = given.items() if isinstance(given, dict) else ()
        policies = (self._domain_policy(name, entry) for name, entry in tables)
        return tuple(policy for policy in policies if policy is not None)

    def _domain_policy(self, name: str, entry: object) -> DomainPolicy | None:
        at = ("domains", name)
        if not isinstance(entry, dict):
            self._wrong(at, entry, f"a table: write [domains.{name}]")
            return None
        reader = self._table(at, entry, [key.name for key in DOMAIN_KEYS])
        slower = reader.get("max-slowdown", KeyKind.PERCENT, kinds.percent)
        factor = reader.get("max-misses", KeyKind.FACTOR, kinds.factor)
        tolerances = [value for value in (slower, None if factor is None else factor - 1) if value is not None]
        if tolerances and "miss-curve" not in entry:
            what = f"[domains.{name}] sets a limit relative to its miss curve, but has no miss curve"
            self.problems.append(
                Problem(ProblemKind.MANIFEST_VALUE, what, self._place(at), 'add miss-curve = "rt.csv"')
            )
        return DomainPolicy(
            name,
            self._place(at),
            critical=reader.get("critical", KeyKind.FLAG, kinds.flag) or False,
            min_colors=reader.get("min-colors", KeyKind.COUNT, kinds.count),
            max_colors=reader.get("max-colors", KeyKind.COUNT, kinds.count),
            weight=reader.get("weight", KeyKind.NUMBER, kinds.number) or 1.0,
            miss_curve=reader.text("miss-curve"),
            restarts=reader.get("restarts", KeyKind.COUNT, kinds.count),
            kernel_size=reader.get("kernel-size", KeyKind.COUNT, kinds.count),
            min_cache=reader.size("min-cache"),
            tolerance=min(tolerances, default=None),
        )

    def _table(self, at: Path, entry: Mapping[str, object], known: list[str]) -> SettingReader:
        """A reader of one table's keys; unknown ones become problems."""
        for name in entry:
            if name not in known:
                self._unknown((*at, name), known, f"keys of {'.'.join(at)}")
        settings = {name: self._setting((*at, name), value) for name, value in entry.items() if name in known}
        return SettingReader(settings, self.problems, ".".join(at))

    def _setting(self, at: Path, value: object) -> Setting:
        place = self.found.get(at)
        return Setting(value, self._place(at), place.passage if place else None)

    def _place(self, at: Path) -> Location:
        """The value's place; of a table without a header of its own, that of the first key below it."""
        if at in self.found:
            return self.found[at].value
        return next((place.key for key, place in self.found.items() if key[: len(at)] == at), Location(self.path))

    def _unknown(self, at: Path, known: Iterable[str], what: str) -> None:
        known = tuple(known)
        place = self.found[at].key if at in self.found else self._place(at)
        help_text = did_you_mean(at[-1], known, otherwise=f"the {what} are {', '.join(known)}")
        self.problems.append(Problem(ProblemKind.MANIFEST_KEY, f'unknown key "{".".join(at)}"', place, help_text))

    def _wrong(self, at: Path, value: object, kind: str) -> None:
        message = f"{'.'.join(at)} is {kinds.shown(value)}"
        self.problems.append(Problem(ProblemKind.MANIFEST_VALUE, message, self._place(at), f"write {kind}"))


def _names(given: tuple[str, ...] | None) -> tuple[str, ...]:
    """Names of rules or objectives; several may be in one text, with commas between them."""
    return tuple(name.strip() for text in given or () for name in text.split(",") if name.strip())


def _target(reader: SettingReader) -> Target:
    default = Target()
    xen = reader.get("target.xen", KeyKind.RELEASES, kinds.texts)
    if xen == ():
        reader.empty("target.xen", 'a version of Xen, such as "4.20"')
    return Target(
        xen=xen or default.xen,
        board=reader.text("target.board"),
        xen_image=reader.text("target.xen-image"),
        xen_image_size=reader.get("target.xen-image-size", KeyKind.SOME_BYTES, kinds.some_bytes),
        xen_attested=reader.text("target.xen-attested"),
        xen_address=reader.get("target.xen-address", KeyKind.PAGE_ADDRESS, kinds.page_address),
        device_tree_address=reader.get("target.device-tree-address", KeyKind.TREE_ADDRESS, kinds.tree_address),
        device_tree_size=reader.get("target.device-tree-size", KeyKind.SOME_BYTES, kinds.some_bytes),
        kconfig=reader.text("target.kconfig"),
        memory=reader.get("target.memory", KeyKind.RANGES, kinds.ranges),
        loader=reader.get("target.loader", KeyKind.LOADER, kinds.loader),
        boot_cpu=reader.get("target.boot-cpu", KeyKind.COUNT, kinds.mpidr),
        overlays=reader.get("target.u-boot-overlays", KeyKind.FLAG, kinds.flag),
        u_boot=reader.get("target.u-boot", KeyKind.U_BOOT, kinds.u_boot),
        modern_shell=reader.get("target.u-boot-shell", KeyKind.SHELL, kinds.shell) == "modern",
    )
