"""A page in one file, and the elements that its parts share. htpy escapes every text; no markup is joined by hand."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path

import htpy as h
from markupsafe import Markup

from colorcheck import __version__
from colorcheck.report.style import printable

NARROW = 10
"""The number of colors of a map that fits on the screen of a phone."""


def page(title: str, body: h.Node, data: str = "[]") -> str:
    """A whole page, which fetches nothing and runs only its own script.

    `data` is JSON with the details of color maps for the script.
    """
    css, script = _resource("html.css"), _resource("html.js")
    allowed = ("default-src 'none'", f"style-src '{_digest(css)}'", f"script-src '{_digest(script)}'")
    policy = "; ".join((*allowed, "base-uri 'none'", "form-action 'none'"))
    return visible(
        h.html(lang="en")[
            h.head[
                h.meta(charset="utf-8"),
                h.meta(name="viewport", content="width=device-width, initial-scale=1"),
                h.meta({"http-equiv": "Content-Security-Policy"}, content=policy),
                h.meta(name="generator", content=f"colorcheck {__version__}"),
                h.title[title],
                h.style[Markup(css)],
            ],
            h.body[
                h.a(".skip", href="#main")["Skip to the report"],
                body,
                h.script("#data", type="application/json")[Markup(_inert(data))],
                h.script[Markup(script)],
            ],
        ]
    )


def visible(node: h.Renderable) -> str:
    """The markup with control characters and lone surrogates of inputs made visible; line breaks are kept."""
    return "\n".join(map(_visible, str(node).split("\n"))) + "\n"


def _visible(line: str) -> str:
    return line if line.isprintable() else "\u00a0".join(map(printable, line.split("\u00a0")))


def table(label: str, headings: Iterable[str], rows: Iterable[h.Node]) -> h.Element:
    """A table in its own scrolling box on narrow screens."""
    head = h.thead[h.tr[[h.th(scope="col")[heading] for heading in headings]]]
    return scroll(label)[h.table(".list")[head, h.tbody[list(rows)]]]


def scroll(label: str) -> h.Element:
    """A scrolling box for content that may be wider than the screen; the keyboard scrolls it, too."""
    return h.div(".scroll", tabindex="0", role="region", aria_label=label)


def sideways(what: str) -> h.Element:
    """A hint, on narrow screens, that the following content extends beyond the right edge."""
    return h.p(".hint.soft")[f"{what}: scroll it sideways."]


def section(name: str, heading: str, *content: h.Node) -> h.Element:
    """A part of the page that the navigation can link to."""
    return h.section(aria_labelledby=name)[h.h2(id=name)[heading], list(content)]


def links(parts: Iterable[tuple[str, str]]) -> h.Element:
    """The navigation, from (name of a part, label) pairs."""
    return h.nav(aria_label="Parts of the report")[h.ul[[h.li[h.a(href=f"#{name}")[words]] for name, words in parts]]]


def footer() -> h.Element:
    return h.footer(".soft")[h.p[f"colorcheck {__version__}"]]


def listed(items: Iterable[h.Node], kind: str = "") -> h.Node:
    """A list of the items; empty without items."""
    found = [h.li[item] for item in items]
    return h.ul(class_=kind or None)[found] if found else None


def between(separator: h.Node, nodes: Iterable[h.Node]) -> list[h.Node]:
    """The nodes with a separator between each two."""
    found: list[h.Node] = []
    for node in nodes:
        found += (separator, node) if found else (node,)
    return found


def _resource(name: str) -> str:
    return (Path(__file__).resolve().parent / name).read_text(encoding="utf-8")


def _digest(code: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()


def _inert(data: str) -> str:
    """JSON that cannot close its script element."""
    return data.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def under_heading(text: str, rows: Iterable[tuple[str, str]]) -> str:
    """A page with a table of keys and values at the top."""
    table = h.table(".evidence")[(h.tr[h.td[key], h.td[h.code[value]]] for key, value in rows)]
    return text.replace("<body>", f"<body>{visible(table)}", 1)
