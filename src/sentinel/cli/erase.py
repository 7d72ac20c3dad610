"""`sentinel erase`: a person's data, taken out of the store for good: through the running hub, or where none runs by itself."""

import os
from pathlib import Path

import click

from sentinel.cli.hub import REFUSED, USAGE, HubClient, end, find_hub, machine_user, running_hub
from sentinel.cli.place import Place, config_option, json_option, place_of
from sentinel.cli.show import done, say


@click.command()
@click.argument("person", default="")
@click.option("--address", default="", help="An address of theirs: everybody who has it is erased.")
@click.option("--why", default="", help="For the record: a ticket's number, not their name.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--hub", "hub_file", type=click.Path(path_type=Path), help="The credentials' file of a running hub, <store>.hub.")
@config_option
@json_option
def erase(person: str, address: str, why: str, yes: bool, config: Path, hub_file: Path | None, as_json: bool) -> None:
    """Erase PERSON, by their id in the directory, and all that is known of them here. There is no way back.

    What was counted stays counted. They are written to no more, not of an incident's end either. Backups that you keep hold
    them still; when one is put back they are erased again. No hub need run.
    """
    if "@" in person and not address:
        person, address = "", person
    if not person and not address:
        end(USAGE, "person", "Say who: their id in the directory, or --address.", as_json=as_json)
    place: Place | None = None
    hub: HubClient | None
    if hub_file is not None:
        hub = find_hub(config, hub_file, as_json=as_json)
    else:
        place = place_of(config, as_json=as_json)
        hub = running_hub(Path(f"{place.store}.hub"), as_json=as_json)
    if not yes and not as_json:
        click.confirm(f"Erase {person or address} for good?", abort=True, err=True)
    if hub is not None:
        done(hub, hub.submit("erase", {"person": person, "address": address, "why": why}))
    elif place is not None:
        _alone(place, person, address, why, as_json=as_json)


def _alone(place: Place, person: str, address: str, why: str, *, as_json: bool) -> None:
    """Nobody listens: the store is opened under its lock."""
    from sentinel.model.command import Erase, Refused
    from sentinel.run import alone
    from sentinel.run.clock import WallClock
    from sentinel.store.reading import NoStore
    from sentinel.store.schema import StoreTaken, StoreTooNew, StoreTooOld
    from sentinel.store.trouble import StoreTrouble

    if not place.database and place.store.exists() and place.store.stat().st_uid != os.geteuid():
        mend = "Run this command as the user who runs the hub: the files beside the store must be theirs"
        end(REFUSED, "permission", f"{mend}. Nothing was changed.", as_json=as_json)
    command, now = Erase(person=person, address=address, why=why), WallClock().now()
    try:
        result = alone.erase(place.store, place.url, command, who=machine_user() or "operator", now=now)
    except (NoStore, StoreTaken, StoreTooOld, StoreTooNew) as trouble:
        end(REFUSED, "no_store", f"{str(trouble).rstrip('.')}. Nothing was changed.", as_json=as_json)
    except StoreTrouble as trouble:  # it may be written all the same, or the file be left to look through
        end(REFUSED, "store", f"{str(trouble).rstrip('.')}. Run it again: twice does no harm.", as_json=as_json)
    if isinstance(result, Refused):
        end(REFUSED, result.code, result.why, as_json=as_json)
    say({"incident": None, "notice": None, "said": result.said}, as_json=as_json)
