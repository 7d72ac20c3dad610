"""`sentinel backup`: the whole store as one file, while the hub runs."""

import json
import sys
from datetime import datetime
from pathlib import Path

import click

from sentinel.cli.hub import BROKEN, REFUSED, end, machine_user, plain
from sentinel.cli.place import Place, config_option, json_option, place_of


@click.command()
@click.argument("to", type=click.Path(path_type=Path))
@click.option("--key", "key_file", type=click.Path(path_type=Path, dir_okay=False),
              help="Write the installation's key into this new file too: keep it apart from the backups.")  # fmt: skip
@config_option
@json_option
def backup(to: Path, key_file: Path | None, config: Path, as_json: bool) -> None:
    """Write a backup of the store to TO: a file, replaced in one step, or a folder, which gets a file named by the time.

    It holds customers' data and is readable by you alone. The installation's key is not in it.
    """
    from sentinel.run import restoring
    from sentinel.run.clock import WallClock
    from sentinel.store.backup import NoBackup, digest_of_file
    from sentinel.store.reading import NoStore
    from sentinel.store.trouble import StoreTrouble

    place, now = place_of(config, as_json=as_json), WallClock().now()
    path = to / f"sentinel-{now:%Y%m%dT%H%M%SZ}.backup" if to.is_dir() else to
    if path.resolve() == place.store.resolve():
        end(REFUSED, "store", f"{path} is the store itself. Name another file.", as_json=as_json)
    shows = sys.stderr.isatty() and not as_json
    try:
        if key_file is not None:
            restoring.keep_key(place.store, place.url, key_file)
        made = restoring.back_up(place.store, place.url, path, now, _progress if shows else _silent)
        digest = digest_of_file(path)
        _note(place, made.rows, made.schema, now)
    except (NoStore, NoBackup, StoreTrouble, restoring.WrongKey) as why:
        end(REFUSED, "no_backup", f"{why}. No backup was written.", as_json=as_json)
    except FileExistsError as error:
        end(REFUSED, "there_already", f"{error.filename} is there already. No backup was written.", as_json=as_json)
    except OSError as error:
        end(BROKEN, "not_written", f"{error.filename or path} cannot be written ({error.strerror}).", as_json=as_json)
    if shows:
        click.echo("\r\x1b[K", nl=False, err=True)
    if as_json:
        said = {"file": str(path), "bytes": path.stat().st_size, "sha256": digest, "rows": made.rows, "epoch": made.epoch}
        click.echo(json.dumps(said | {"made_at": made.made_at.isoformat(), "schema": made.schema, "audit": made.audit}))
        return
    size = f"{path.stat().st_size / 1_000_000:.1f} MB"
    click.echo(plain(f"{made.rows} rows of {len(made.tables)} tables are in {path} ({size}), read back and found whole."))
    click.echo(f"SHA-256 {digest}")
    if key_file is None:
        where = "in the database's own row" if place.database else f"in {place.store}.key"
        click.echo(
            plain(f"The installation's key is not in it; it lies {where}. Keep a copy of it elsewhere: --key FILE writes one.")
        )
    else:
        click.echo(plain(f"The installation's key is in {key_file}: keep it apart from the backups."))


def _note(place: Place, rows: int, schema: int, now: datetime) -> None:
    """A backup is good whether or not the audit could be told of it."""
    from sentinel.run import restoring
    from sentinel.store.schema import SCHEMA
    from sentinel.store.trouble import StoreTrouble

    if schema != SCHEMA:  # as before an upgrade: its tables are another version's
        click.echo(f"The audit was not told of this backup: the store has schema {schema}, we write {SCHEMA}.", err=True)
        return
    try:
        restoring.note_backup(place.store, place.url, rows, machine_user() or "operator", now)
    except StoreTrouble as why:
        click.echo(plain(f"The audit could not be told of this backup: {why}."), err=True)


def _progress(table: str, rows: int) -> None:
    click.echo(f"\r\x1b[K{table}: {rows} rows", nl=False, err=True)


def _silent(_table: str, _rows: int) -> None:
    """Nobody looks."""
