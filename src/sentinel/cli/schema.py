"""`sentinel schema`: JSON Schema for editors. What it says comes from the types that read the files (config/schema.py)."""

import json
from pathlib import Path

import click

from sentinel.config.schema import PARTS, Part, schema
from sentinel.run.kinds import FoundKinds

FOLDER = "schema"
FILES: dict[Part, str] = {"main": "main.json", "checks": "checks.json", "statements": "statements.json"}


@click.command("schema")
@click.argument("part", type=click.Choice(list(PARTS)), default="main")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Write all three into this folder instead.")
def schema_command(part: Part, folder: Path | None) -> None:
    """Print the JSON Schema of PART: main (sentinel.yaml), checks or statements.

    Editors with a YAML language server take it from the first line of a file: `# yaml-language-server: $schema=...`.
    """
    if folder is None:
        click.echo(text_of(part), nl=False)
        return
    folder.mkdir(parents=True, exist_ok=True)
    for each, name in FILES.items():
        (folder / name).write_text(text_of(each), encoding="utf-8")
        click.echo(str(folder / name))


def text_of(part: Part) -> str:
    """One schema as the text of its file."""
    return json.dumps(schema(part, FoundKinds()), ensure_ascii=False, indent=2) + "\n"
