"""Where an installation's store lies, read leniently from its file: a backup must work while that file is being edited.

Belongs here: the keys `store:`, `database:` and `history:` of sentinel.yaml. Everything else of it is read by config/, or not
at all.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from sentinel.cli.hub import USAGE, end
from sentinel.model.database import engine_of
from sentinel.model.secret import Secret

USUAL: Final = "sentinel.db"
_REFERENCE: Final = re.compile(r"\$\{(env|file):([^}]+)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The SQLite file, or what this machine's own files are named after where there is a `database`."""

    store: Path
    database: Secret | None = None

    @property
    def url(self) -> str:
        return "" if self.database is None else self.database.reveal()

    def __str__(self) -> str:
        return str(self.store) if self.database is None else "the database"


def place_of(config: Path, *, as_json: bool) -> Place:
    """What `config` says; ends the command if it cannot be read."""
    try:
        text = config.read_text(encoding="utf-8", errors="replace")
        store = _key(text, "store", config.parent) or USUAL
        database = _key(text, "database", config.parent)
        if database:
            engine_of(database)
    except OSError as error:
        why = f"{error.filename or config} cannot be read ({error.strerror}). Name the installation's file with --config."
        end(USAGE, "config", why, as_json=as_json)
    except KeyError as error:
        end(USAGE, "config", f"{config} names {error.args[0]}, which is not set in the environment.", as_json=as_json)
    except ValueError as error:
        end(USAGE, "config", f"`database` in {config}: {error}.", as_json=as_json)
    return Place(store=config.parent / store, database=Secret(database) if database else None)


def history_of(config: Path, *, as_json: bool) -> Path | None:
    """The file of past incidents that `config` names, if any."""
    try:
        named = _key(config.read_text(encoding="utf-8", errors="replace"), "history", config.parent)
    except (OSError, KeyError):
        end(USAGE, "config", f"{config} cannot be read. Name the installation's file with --config.", as_json=as_json)
    return config.parent / named if named else None


def _key(text: str, name: str, folder: Path) -> str:
    found = re.search(rf"""^{name}\s*:\s*(?:"([^"]*)"|'([^']*)'|([^#\n]*?))\s*(?:\s#.*)?$""", text, re.MULTILINE)
    written = next((group for group in found.groups() if group is not None), "") if found else ""
    return _REFERENCE.sub(lambda each: _value(each[1], each[2], folder), written)


def _value(kind: str, name: str, folder: Path) -> str:
    if kind == "env":
        if name not in os.environ:
            raise KeyError(f"${{env:{name}}}")
        return os.environ[name]
    return (folder / name).read_text(encoding="utf-8").removesuffix("\n")


config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path("sentinel.yaml"),
    show_default=True,
    help="The installation's file; of it, `store:` and `database:` are read.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
