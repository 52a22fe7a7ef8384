"""All formats in one tuple, and the outputs that options request: `--format text --output sarif=out.sarif`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import Protocol, cast

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from colorcheck.inputs.deployment import Deployment
from colorcheck.report.style import Style
from colorcheck.verification.results import Verification

_SOURCES = frozenset((".dts", ".dtsi", ".dtso", ".h"))


class Renderer(Protocol):
    """A function that renders a verification as a report."""

    def __call__(self, verification: Verification, style: Style) -> str: ...


class Format(Struct, frozen=True):
    """A format: its name, its purpose, and the module with its `render` (imported when first used).

    `function` renders it if it comes from a plugin.
    """

    name: str
    title: str
    module: str = ""
    function: Callable[[Verification], str] | None = None

    def document(self, verification: Verification, style: Style) -> object:
        """The JSON document as plain values; None if the format is not JSON."""
        made = None if self.function is not None else getattr(import_module(self.module), "document", None)
        return None if made is None else to_builtins(made(verification, style), str_keys=True, enc_hook=str)

    def renderer(self) -> Renderer:
        made = self.function
        if made is not None:
            return lambda verification, _: made(verification)
        return cast(Renderer, import_module(self.module).render)


FORMATS = (
    Format("text", "for reading in a terminal", "colorcheck.report.terminal.text"),
    Format("concise", "one line per finding, for editors and logs", "colorcheck.report.services.concise"),
    Format("json", "for programs; schema colorcheck/verify/2", "colorcheck.report.services.json"),
    Format("json-1", "JSON with the older schema colorcheck/verify/1", "colorcheck.report.services.json_1"),
    Format("sarif", "SARIF 2.1.0, for code scanning", "colorcheck.report.services.sarif"),
    Format("junit", "JUnit XML, for test reports", "colorcheck.report.services.junit"),
    Format("github", "annotations in a GitHub workflow", "colorcheck.report.services.github"),
    Format("gitlab", "GitLab's code quality report", "colorcheck.report.services.gitlab"),
    Format("markdown", "for a merge request comment or a job summary", "colorcheck.report.services.markdown"),
    Format("openfasttrace", "requirements for OpenFastTrace, as .oreqm", "colorcheck.report.services.openfasttrace"),
    Format("sphinx-needs", "requirements for sphinx-needs, as needs.json", "colorcheck.report.services.sphinx_needs"),
    Format("html", "one file with an interactive color map", "colorcheck.report.html.html"),
)


def known_formats() -> tuple[Format, ...]:
    """The built-in formats, then those of plugins whose names are not taken."""
    from colorcheck.plugins.manager import plugins

    built_in = {entry.name for entry in FORMATS}
    brought = plugins().report_formats.items()
    return (*FORMATS, *(Format(name, "from a plugin", "", made) for name, made in brought if name not in built_in))


class Output(Struct, frozen=True):
    """A format and the file to write; `path` None is standard output."""

    format: str
    path: str | None = None


def parse_outputs(
    format_name: str | None,
    outputs: Iterable[str],
    environment: Mapping[str, str] | None = None,
    known: Iterable[Format] | None = None,
) -> tuple[Output, ...]:
    """The outputs that `--format NAME` and each `--output NAME=FILE` request, standard output first.

    Without `--format`, jobs of GitHub and GitLab are recognized by their variables in `environment`: under GitHub,
    standard output gets annotations and the job summary the Markdown report; under GitLab, the code quality report is
    written to `gl-code-quality-report.json` in addition to the text. `--output FILE` takes the format from `--format`.
    Raises ValueError, with a message for the user, for an unknown format, a missing file name or a file named twice.
    """
    names = {entry.name for entry in known or known_formats()}
    to_screen = format_name or _detected(environment or {})
    outputs = tuple(outputs)
    found: list[Output] = []
    for output in outputs:
        name, equals, path = output.partition("=")
        if not equals:
            name, path = to_screen, output
        if not path:
            raise ValueError(f"--output {output}: a file name is missing; write --output {name}=FILE")
        found.append(Output(name, path))
    if all("=" in output for output in outputs):
        found.insert(0, Output(to_screen))
    for entry in found:
        if entry.format not in names:
            raise ValueError(f'unknown format "{entry.format}"; formats are {", ".join(sorted(names))}')
    if format_name is None:
        taken = {entry.format for entry in found} | {entry.path for entry in found}
        found += (each for each in _of_the_service(environment or {}) if not taken & {each.format, each.path})
    paths = [entry.path for entry in found if entry.path]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice:
        raise ValueError(f"--output: {twice} would be written twice")
    return tuple(found)


def _detected(environment: Mapping[str, str]) -> str:
    return "github" if environment.get("GITHUB_ACTIONS") == "true" else "text"


def _of_the_service(environment: Mapping[str, str]) -> Iterator[Output]:
    """The further outputs for the service that runs this job."""
    summary = environment.get("GITHUB_STEP_SUMMARY")
    if environment.get("GITHUB_ACTIONS") == "true" and summary:
        yield Output("markdown", summary)
    elif environment.get("GITLAB_CI") == "true":
        yield Output("gitlab", "gl-code-quality-report.json")


def render(verification: Verification, name: str, style: Style, known: Iterable[Format] | None = None) -> str:
    """The report in the format called `name`. Raises ValueError for an unknown format."""
    return _format(name, known).renderer()(verification, _shown(verification, style))


def document(verification: Verification, name: str, style: Style) -> object:
    """The report as plain values; None if the format is not JSON. Raises ValueError like `render`."""
    return _format(name).document(verification, _shown(verification, style))


def _format(name: str, known: Iterable[Format] | None = None) -> Format:
    chosen = next((entry for entry in known or known_formats() if entry.name == name), None)
    if chosen is None:
        raise ValueError(f'unknown format "{name}"')
    return chosen


def _shown(verification: Verification, style: Style) -> Style:
    return replace(style, sources=style.sources.of(_quoted(verification)))


def _quoted(verification: Verification) -> Iterator[str]:
    """The files that a report may quote: those that were read as inputs.

    Files that are only mentioned (in line markers of a preprocessed source, in errors of a file that was not read to
    its end) are quoted only if their names are those of device tree sources: a malicious input could mention a file
    with secrets.
    """
    deployment = verification.facts.deployment
    named = (deployment.manifest.device_tree, *deployment.manifest.domains, deployment.manifest.image_builder)
    yield from deployment.files
    yield from (os.path.normpath(os.path.join(deployment.manifest.folder, name)) for name in named if name)
    mentioned = (*(problem.location.file for problem in deployment.problems), *_looked_for(deployment))
    yield from (name for name in mentioned if os.path.splitext(name)[1] in _SOURCES)


def _looked_for(deployment: Deployment) -> tuple[str, ...]:
    return deployment.tree.looked_for if deployment.tree else ()
