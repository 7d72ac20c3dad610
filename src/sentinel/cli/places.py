"""`sentinel place`: the agents of other places, through the running hub. A token is printed once, when it is made."""

from typing import Any

import click

from sentinel.cli.hub import HubClient, hub_options, plain
from sentinel.cli.show import done, show


@click.group()
def place() -> None:
    """Agents that probe from other places."""


@place.command("list")
@hub_options
def list_agents(hub: HubClient) -> None:
    """Which agents there are, and when each was last heard of."""

    def lay_out(view: Any) -> None:
        for one in view["agents"]:
            click.echo(
                plain(f"{one['id']:>4}  {one['place']:<20}{one['host'] or '-':<24}{one['version'] or '-':<10}{_standing(one)}")
            )
        if not view["agents"]:
            click.echo("None yet. `sentinel place add NAME` makes the token by which one enrols.")

    show(hub, hub.get("/agents"), lay_out)


def _standing(one: Any) -> str:
    if one["revoked_at"]:
        return "revoked"
    if not one["enrolled_at"]:
        return f"may enrol until {one['expires_at']}"
    return f"last heard of {one['seen_at']}"


@place.command()
@click.argument("name")
@hub_options
def add(hub: HubClient, name: str) -> None:
    """Make the token by which one agent enrols at the place NAME, and print it."""
    made = hub.change("POST", "/agents", {"place": name})

    def lay_out(_: Any) -> None:
        number, until = made["made"]["id"], made["made"]["expires_at"]
        click.echo(
            plain(f"{made['token']}\nShown this once; agent {number} in the list. It works for one agent, until {until}.")
        )
        click.echo("There: SENTINEL_AGENT_TOKEN=… sentinel agent --hub URL --place " + plain(name))

    show(hub, made, lay_out)


@place.command()
@click.argument("agent", type=click.IntRange(min=1))
@hub_options
def revoke(hub: HubClient, agent: int) -> None:
    """Shut the AGENT with this number out: it gets no checks, and nothing that it sends counts any more."""
    done(hub, hub.submit("revoke_agent", {"agent": agent}))
