"""`sentinel restore`: a backup put back in the place of the store, with the hub stopped."""

import json
from pathlib import Path

import click

from sentinel.cli.hub import BROKEN, REFUSED, end, machine_user, plain
from sentinel.cli.place import Place, config_option, json_option, place_of


@click.command()
@click.argument("source", metavar="FROM", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="A store that is there is moved aside, and kept.")
@click.option("--key", "key_file", type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="The file in which `sentinel backup --key` kept the installation's key.")  # fmt: skip
@click.option("--without-key", is_flag=True, help="Go on although the key is lost: the erasure list cannot be applied.")
@config_option
@json_option
def restore(source: Path, force: bool, key_file: Path | None, without_key: bool, config: Path, as_json: bool) -> None:
    """Put the backup FROM back in the place of the store. The hub, and every worker, must be stopped.

    Whoever was erased since is erased again first. After it, messages to customers wait for `sentinel release`: what left since
    the backup was made is not known any more.
    """
    from sentinel.run import restoring
    from sentinel.run.clock import WallClock
    from sentinel.store.backup import NoBackup
    from sentinel.store.restore import NotEmpty
    from sentinel.store.schema import StoreTaken, StoreTooNew, StoreTooOld
    from sentinel.store.trouble import StoreTrouble

    place = place_of(config, as_json=as_json)
    try:
        done = restoring.put_back(
            source, place.store, place.url, now=WallClock().now(), who=machine_user() or "operator", force=force,
            key_file=key_file, without_key=without_key,
        )  # fmt: skip
    except StoreTaken as why:
        end(REFUSED, "running", f"{why}. Nothing was changed.", as_json=as_json)
    except (NoBackup, NotEmpty, StoreTooNew, StoreTooOld, StoreTrouble, restoring.WrongKey) as why:
        end(REFUSED, "not_restored", f"{str(why).rstrip('.')}. Nothing was changed.", as_json=as_json)
    except OSError as error:
        end(BROKEN, "not_written", f"{error.filename or place.store} cannot be written ({error.strerror}).", as_json=as_json)
    made_at = done.manifest.made_at
    if as_json:
        said = {"made_at": made_at.isoformat(), "rows": done.manifest.rows, "aside": done.aside, "erased_again": done.erased}
        click.echo(json.dumps(said | {"release_needed": True}))
        return
    _say(place, done.aside, f"{done.manifest.rows} rows, as of {made_at:%Y-%m-%d %H:%M:%SZ}, are in {place}.", done.erased)


def _say(place: Place, aside: str, first: str, erased: int) -> None:
    click.echo(plain(first))
    if aside:
        kind = "schema" if place.database else "file"
        click.echo(
            plain(f"What was there lies in the {kind} {aside}. Delete it when you need it no more: it holds customers' data.")
        )
    if erased:
        click.echo(f"{erased} marks of the erasure list were newer than the backup: whom they name was erased again.")
    click.echo("Accounts, tokens and roles are as they were then: shut out again whom you have shut out since.")
    click.echo("Start the hub. Messages to customers wait until a lead has looked and says: sentinel release")
