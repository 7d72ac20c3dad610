"""`sentinel migrate`: bring the store forward to this version. Works without a hub, and on SQLite only without one."""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from sentinel.cli.hub import BROKEN, DONE, REFUSED, UNREACHABLE, USAGE, end, plain


@click.command()
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), default=Path("sentinel.yaml"), show_default=True,
              help="The installation's file.")  # fmt: skip
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 if there is something to do.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def migrate(config: Path, check: bool, as_json: bool) -> None:
    """Bring the store forward to this version of Sentinel.

    A SQLite store is copied beside itself first, and its hub must be stopped. Each step is whole or not taken at all.
    """
    from sentinel.config import ConfigError
    from sentinel.run.clock import WallClock
    from sentinel.run.files import open_installation
    from sentinel.run.kinds import FoundKinds
    from sentinel.store.schema import SCHEMA, StoreAway, StoreTaken, StoreTooNew, StoreTooOld, StoreTrouble

    moves = import_module("sentinel.store.migrate")
    try:
        installation = open_installation(config, FoundKinds())
        path = Path(installation.store)
        database = "" if installation.database is None else installation.database.reveal()
        if check:
            stood = moves.standing(path, database)
        else:
            stood = moves.migrate(path, database, now=WallClock().now(), tell=_teller(as_json))
    except ConfigError as error:
        end(USAGE, "config", str(error), as_json=as_json)
    except StoreAway as error:
        end(UNREACHABLE, "away", str(error), as_json=as_json)
    except (StoreTaken, StoreTooOld, StoreTooNew) as error:
        end(REFUSED, "refused", str(error), as_json=as_json)
    except StoreTrouble as error:
        end(BROKEN, "trouble", str(error), as_json=as_json)
    _show(stood, SCHEMA, check=check, as_json=as_json)
    sys.exit(REFUSED if check and stood.steps else DONE)


def _teller(as_json: bool) -> Callable[[str], None]:
    """Progress, as it goes: a large store may take minutes."""
    return (lambda _: None) if as_json else (lambda said: click.echo(f"  {plain(said)}"))


def _show(stood: Any, wanted: int, *, check: bool, as_json: bool) -> None:
    steps = [
        {"revision": step.revision, "says": step.says, "schema": step.schema, "reader": step.reader} for step in stood.steps
    ]
    if as_json:
        click.echo(json.dumps({"was": stood.schema, "wanted": wanted, "steps": steps, "done": not check}))
    elif stood.schema is None:
        click.echo("There is no store yet: `sentinel serve` makes it.")
    elif not steps:
        click.echo(f"The store has schema {stood.schema}, as this Sentinel wants it. Nothing to do.")
    elif check:
        click.echo(f"The store has schema {stood.schema}, this Sentinel wants {wanted}. To do:")
        for step in steps:
            click.echo(f"  {step['revision']} {step['says']}")
        reader = max(step.reader for step in stood.steps)
        may_stay = stood.schema >= reader
        stays = f"those of schema {reader} and newer may go on meanwhile" if may_stay else "stop all of them first"
        click.echo(f"Hubs and workers that run now: {stays}.")
    else:
        click.echo(f"The store had schema {stood.schema} and has {wanted} now. Start the hub.")
