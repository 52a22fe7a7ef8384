"""`dict[str, object]`, which says nothing, stands only where JSON or TOML begins or ends."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1] / "colorcheck"

# What is written there, or read, is a document: the kinds of its values are those of JSON or TOML.
EDGES = (
    "documents/",
    "report/services/",  # SARIF, JUnit, GitLab: formats of others
    "report/terminal/rules.py",  # rules --format json
    "report/terminal/boards.py",  # boards --format json
    "report/terminal/affinity.py",  # effective --format json
    "report/terminal/facts.py",
    "cli/",
    "plugins/",
    "workflows/evidence/",
    "workflows/validation/",  # reads measured cases
    "workflows/plan_write.py",  # reads saved plans
    "workflows/found.py",  # values of keys of a manifest to write
    "workflows/init.py",
    "inputs/manifest/manifest_reader.py",  # TOML
    "inputs/boot/dumped_guests.py",  # JSON of xl list -l
    "inputs/boot/xen_attested.py",
    "hardware/table.py",  # TOML
    "fleet/",  # what the cache keeps
    "evidence/listing.py",
    "evidence/share.py",
    "proof/certificates.py",
    "verification/results.py",  # parts of the report's document
    "verification/assumptions_of_use.py",
    "replay/lifecycle.py",
    "xen/facts/book.py",  # where `Chosen` is defined
    "xen/worlds/placement.py",
)
UNTYPED = ("dict[str, object]", "Mapping[str, object]", "list[dict[str, object]]")


def untyped(tree: ast.Module) -> list[int]:
    """The lines with such a type outside of functions that make a document's part of a value (`to_dict`)."""
    documents = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and (node.name == "to_dict" or node.name.endswith("_to_dict"))
    ]
    inside = {id(part) for node in documents for part in ast.walk(node)}
    subscripts = (node for node in ast.walk(tree) if isinstance(node, ast.Subscript) and id(node) not in inside)
    return [node.lineno for node in subscripts if ast.unparse(node) in UNTYPED]


def test_untyped_mappings_are_at_the_edges() -> None:
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(EDGES):
            found += [f"{name}:{line}" for line in untyped(ast.parse(path.read_text(encoding="utf-8")))]
    assert found == []


def test_every_edge_has_one() -> None:
    for edge in EDGES:
        files = [path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).as_posix().startswith(edge)]
        assert any("[str, object]" in path.read_text(encoding="utf-8") for path in files), edge
