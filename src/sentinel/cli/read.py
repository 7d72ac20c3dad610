"""Commands that only read: each asks the running hub for one view and lays it out."""

import click

from sentinel.cli import show
from sentinel.cli.hub import HubClient, hub_options

STATES = ["queued", "claimed", "armed", "retry", "accepted", "rejected", "suppressed", "held", "cancelled", "in_doubt", "dead"]


@click.command()
@hub_options
def board(hub: HubClient) -> None:
    """Show services, checks, and the incidents that are open or just over."""
    show.show(hub, hub.get("/board"), show.show_board)


@click.command()
@click.argument("incident", type=click.IntRange(min=1))
@hub_options
def incident(hub: HubClient, incident: int) -> None:
    """Show INCIDENT: what to tell callers, what was promised, the messages to customers, the timeline."""
    show.show(hub, hub.get(f"/incidents/{incident}"), show.show_incident)


@click.command()
@click.argument("notice", type=click.IntRange(min=1))
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--bounced", is_flag=True, help="Only those that were accepted and came back.")
@click.option("--after", type=click.IntRange(min=0), default=0, show_default=True, help="Only those with a higher id.")
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True, help="At most so many.")
@hub_options
def deliveries(hub: HubClient, notice: int, state: str | None, bounced: bool, after: int, limit: int) -> None:
    """Show the deliveries of NOTICE, a bounded page at a time."""
    query: dict[str, str | int] = {"after": after, "limit": limit}
    if state:
        query["state"] = state
    if bounced:
        query["bounced"] = "true"
    show.show(hub, hub.get(f"/notices/{notice}/deliveries", query), show.show_deliveries)


@click.command()
@click.option("--before", type=click.IntRange(min=1), help="Only messages with a lower number.")
@hub_options
def failures(hub: HubClient, before: int | None) -> None:
    """Show what wants somebody: deliveries in doubt, given up, refused, held or bounced; channels that are broken, addresses
    that are written to no more."""
    query: dict[str, str | int] = {} if before is None else {"before": before}
    show.show(hub, hub.get("/failures", query), show.show_failures)


@click.command()
@hub_options
def books(hub: HubClient) -> None:
    """Show where every person of each audience is, and whether the books balance."""
    show.show(hub, hub.get("/books"), show.show_books)


@click.command()
@hub_options
def report(hub: HubClient) -> None:
    """Show the report: the instants of each incident, promises kept or broken, estimates, books."""
    view = hub.get("/report")
    show.show(hub, view["data"] if hub.as_json else view, lambda given: click.echo(given["text"].rstrip("\n")))
