"""Writes the JSON Schemas to `schemas/`, which the wheel contains; tests compare them with the shapes."""

import json
from pathlib import Path

from colorcheck.documents.json_schema import SHAPES, schema_of

FOLDER = Path(__file__).parents[2] / "schemas"


def files() -> dict[str, str]:
    """The text of each file by its name."""
    made = {name: json.dumps(schema_of(name), indent=1) + "\n" for name in SHAPES}
    return {f"{name.replace(' ', '-').replace('/', '-')}.json": text for name, text in made.items()}


def main() -> None:
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
