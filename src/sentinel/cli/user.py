"""`sentinel user`: accounts of people on the running hub. No password is typed or seen here: the owner chooses it by a code."""

from typing import Any
from urllib.parse import quote

import click

from sentinel.cli.hub import HubClient, hub_options, plain
from sentinel.cli.show import show
from sentinel.model.account import Role

_ROLE = click.Choice([role.value for role in Role])


@click.group()
def user() -> None:
    """Accounts of people who may sign in. (People of sentinel.yaml are changed there.)"""


@user.command("list")
@hub_options
def list_users(hub: HubClient) -> None:
    """Everybody who may sign in, and what they may do."""

    def lay_out(view: Any) -> None:
        for one in view["accounts"]:
            line(one, "shut out" if one["disabled_at"] else "invited" if one["invited_until"] else "")
        for one in view["in_file"]:
            line(one, "in sentinel.yaml")

    def line(one: Any, standing: str) -> None:
        click.echo(
            plain(f"{one['email']:<36}{', '.join(one['roles']):<24}{one['name']}{f'  ({standing})' if standing else ''}")
        )

    show(hub, hub.get("/accounts"), lay_out)


@user.command()
@click.argument("email")
@click.option("--name", required=True, help="As it stands in timelines.")
@click.option("--role", "roles", type=_ROLE, multiple=True, required=True, help="What they are; repeat.")
@hub_options
def add(hub: HubClient, email: str, name: str, roles: tuple[str, ...]) -> None:
    """Make an account for EMAIL and print the code with which its owner chooses a password."""
    _show_code(hub, hub.change("POST", "/accounts", {"email": email, "name": name, "roles": list(roles)}))


@user.command()
@click.argument("email")
@hub_options
def invite(hub: HubClient, email: str) -> None:
    """Invite EMAIL to choose a new password. The old one and every sign-in end at once."""
    _show_code(hub, hub.change("POST", f"/accounts/{quote(email, safe='@')}/invitation", {}))


@user.command()
@click.argument("email")
@click.argument("roles", type=_ROLE, nargs=-1, required=True)
@hub_options
def roles(hub: HubClient, email: str, roles: tuple[str, ...]) -> None:
    """Give EMAIL exactly these ROLES. Their sign-ins end at once."""
    _change(hub, email, {"roles": list(roles)})


@user.command()
@click.argument("email")
@hub_options
def disable(hub: HubClient, email: str) -> None:
    """Shut EMAIL out: they are signed out at once and cannot sign in."""
    _change(hub, email, {"disabled": True})


@user.command()
@click.argument("email")
@hub_options
def enable(hub: HubClient, email: str) -> None:
    """Let EMAIL in again."""
    _change(hub, email, {"disabled": False})


def _change(hub: HubClient, email: str, change: dict[str, Any]) -> None:
    view = hub.change("PATCH", f"/accounts/{quote(email, safe='@')}", change)
    standing = "is shut out" if view["disabled_at"] else f"may sign in as {', '.join(view['roles'])}"
    show(hub, view, lambda _: click.echo(plain(f"{view['email']} {standing}.")))


def _show_code(hub: HubClient, invited: Any) -> None:
    def lay_out(view: Any) -> None:
        click.echo(plain(f"Code for {view['account']['email']}, shown this once: {view['code']}"))
        click.echo(plain(f"They choose a password with it at /invitation of the console, once, until {view['until']}."))

    show(hub, invited, lay_out)
