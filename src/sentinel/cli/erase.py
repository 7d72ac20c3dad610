"""`sentinel erase`: a person's data, taken out of the store for good, through the running hub."""

import click

from sentinel.cli.hub import USAGE, HubClient, hub_options
from sentinel.cli.show import done


@click.command()
@click.argument("person", default="")
@click.option("--address", default="", help="An address of theirs: everybody who has it is erased.")
@click.option("--why", default="", help="For the record: a ticket's number, not their name.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@hub_options
def erase(hub: HubClient, person: str, address: str, why: str, yes: bool) -> None:
    """Erase PERSON, by their id in the directory, and all that is known of them here. There is no way back.

    What was counted stays counted. They are written to no more, not of an incident's end either. Backups that you keep hold
    them still; when one is put back they are erased again.
    """
    if "@" in person and not address:
        person, address = "", person
    if not person and not address:
        hub.end(USAGE, "person", "Say who: their id in the directory, or --address.")
    if not yes and not hub.as_json:
        click.confirm(f"Erase {person or address} for good?", abort=True, err=True)
    done(hub, hub.submit("erase", {"person": person, "address": address, "why": why}))
