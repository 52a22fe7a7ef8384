"""What ProperDocs calls while it builds the site: pages from the code, and those at the top of the repository."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pages
from properdocs.structure.files import File

ROOT = Path(__file__).parents[2]
TOP = {
    "index.md": "README.md",
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "security.md": "SECURITY.md",
}


def on_config(config):
    """The rules' pages below the entry of the rules."""
    rules = next(entry["Rules"] for entry in config.nav if isinstance(entry, dict) and "Rules" in entry)
    rules += [{title: [{f"{r.id} {r.name}": f"rules/{r.id}.md"} for r in found]} for title, found in pages.rule_areas()]
    return config


def on_files(files, config):
    """Adds the pages that no file in docs/ holds."""
    made = {name: top_page(ROOT / source) for name, source in TOP.items()} | pages.rule_pages()
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown, **_):
    """Puts what is made from the code in the place of the markers."""
    return pages.filled(markdown)


def top_page(source):
    """A page of the repository's top, with links as they are in the site."""
    text = source.read_text(encoding="utf-8").replace("](docs/", "](")
    for name, file in TOP.items():
        text = text.replace(f"]({file})", f"]({name})")
    return text
