"""`sentinel token`: programs' keys to the API of the running hub. A key is printed once, when it is made."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from sentinel.cli.hub import HubClient, hub_options, plain
from sentinel.cli.show import done, show
from sentinel.model.account import Right

_RIGHT = click.Choice([right.value for right in Right])


@click.group()
def token() -> None:
    """Keys of programs to the API."""


@token.command("list")
@hub_options
def list_tokens(hub: HubClient) -> None:
    """Which there are, what each may do, and whether it works still."""

    def lay_out(view: Any) -> None:
        for one in view["tokens"]:
            until = f"until {one['expires_at']}" if one["expires_at"] else "until it is revoked"
            standing = "revoked" if one["revoked_at"] else until
            click.echo(plain(f"{one['id']:>4}  {one['name']:<24}{', '.join(one['rights']):<32}{standing}"))

    show(hub, hub.get("/tokens"), lay_out)


@token.command()
@click.argument("name")
@click.option("--right", "rights", type=_RIGHT, multiple=True, required=True, help="What the program may do; repeat.")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How long it works.")
@click.option("--for-ever", is_flag=True, help="It works until it is revoked.")
@hub_options
def make(hub: HubClient, name: str, rights: tuple[str, ...], days: int, for_ever: bool) -> None:
    """Make a key for the program NAME and print it."""
    body: dict[str, Any] = {"name": name, "rights": list(rights)}
    if not for_ever:
        now = datetime.fromisoformat(hub.get("/board")["at"]).astimezone(UTC)
        body["expires_at"] = (now + timedelta(days=days)).isoformat()
    made = hub.change("POST", "/tokens", body)
    show(hub, made, lambda _: click.echo(plain(f"{made['token']}\nShown this once; token {made['made']['id']} in the list.")))


@token.command()
@click.argument("number", type=click.IntRange(min=1))
@hub_options
def revoke(hub: HubClient, number: int) -> None:
    """End the key with this NUMBER: it opens nothing any more."""
    done(hub, hub.submit("revoke_token", {"token": number}))
