"""`sentinel history`: how long a check took and how often it was up, in steps.

Belongs here: what is asked of the hub, and the table. Does not belong here: what is kept (store/rollups.py).
"""

from typing import Any
from urllib.parse import quote

import click

from sentinel.cli import show
from sentinel.cli.hub import HubClient, hub_options, plain

STEPS = ["1m", "5m", "15m", "1h", "6h", "1d"]


@click.command()
@click.argument("check")
@click.option("--from", "since", metavar="INSTANT", help="From then on (2026-11-22T10:00:00Z); usually a day before --to.")
@click.option("--to", metavar="INSTANT", help="Until then; usually now.")
@click.option("--step", type=click.Choice(STEPS), help="How long each line is; usually so long that at most 100 are shown.")
@hub_options
def history(hub: HubClient, check: str, since: str | None, to: str | None, step: str | None) -> None:
    """Show how long CHECK took and how often it was up."""
    asked = {"from": since, "to": to, "step": step}
    found = hub.get(
        f"/checks/{quote(check, safe='')}/history", {name: given for name, given in asked.items() if given is not None}
    )
    show.show(hub, found, _table)


def _table(found: Any) -> None:
    click.echo(f"{plain(found['check'])}, {show.when(found['since'])} to {show.when(found['until'])}")
    click.echo(f"{'from (UTC)':17} {'up':>9} {'half':>8} {'95 %':>8} {'99 %':>8}  samples")
    for span in found["spans"]:
        click.echo(_line(show.when(span["at"]), span))
    click.echo(_line("the whole", found["whole"]))


def _line(name: str, span: Any) -> str:
    share = "-" if span["share"] is None else f"{100 * span['share']:.3f} %"
    times = " ".join(f"{'-' if span[one] is None else format(span[one], '.0f') + ' ms':>8}" for one in ("median", "p95", "p99"))
    counted = ((span["bad"], "down"), (span["degraded"], "slow"), (span["unknown"], "could not see"))
    others = "".join(f", {n} {what}" for n, what in counted if n)
    return f"{name:17} {share:>9} {times}  {span['samples']}{others}"
