"""`sentinel doctor`: what this machine and this installation cannot do, a line each, and how to mend it."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sentinel.cli.hub import plain
from sentinel.model.installation import Installation
from sentinel.run.clock import WallClock
from sentinel.run.doctor import Finding, State, audience, many, of_this_machine, open_files
from sentinel.run.machine import of_probes, of_the_network
from sentinel.run.reachable import ask_all

SICK = 1
WHAT_MOST = 24
"""Columns for what was looked at: the rest is for what was found."""
COLOURS = {State.OK: "green", State.WARNING: "yellow", State.WRONG: "bold red"}


@click.command()
@click.option("--config", type=click.Path(path_type=Path), default=Path("sentinel.yaml"), show_default=True,
              help="The sentinel.yaml of the installation.")  # fmt: skip
@click.option("--offline", is_flag=True, help="Ask no other machine: no names, hosts, mail servers or audiences.")
@click.option("--time-server", default="", help="Compare the clock with this host's (NTP).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.pass_context
def doctor(context: click.Context, config: Path, offline: bool, time_server: str, as_json: bool) -> None:
    """Say what this machine and these files cannot do, and how to mend it. It changes nothing and sends nothing.

    Exit code 0: nothing is wrong (there may be warnings). 1: something is.
    """
    # Read by the C library before its first question: a resolver that is gone must not hold this up for half a minute.
    os.environ.setdefault("RES_OPTIONS", "timeout:1 attempts:2")
    installation, first = open_files(config)
    found = [first, *(() if installation is None else _examine(config, installation, time_server, offline=offline))]
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=2))
    else:
        _show(found)
    if any(each.state is State.WRONG for each in found):
        context.exit(SICK)


def _examine(config: Path, installation: Installation, time_server: str, *, offline: bool) -> list[Finding]:
    now = WallClock().now()
    found = [*of_this_machine(config, installation, now), *of_probes(installation)]
    if not offline:
        found += of_the_network(time_server)
        found += asyncio.run(ask_all(installation))
        found += [audience(installation, name, now) for name in installation.audiences]
    return found


def _show(found: Sequence[Finding]) -> None:
    # Two columns of words: what is found has the room that it needs, and how to mend it stands right beneath.
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", max_width=WHAT_MOST)
    table.add_column(overflow="fold")
    for each in found:
        said = plain(each.said) + (f"\nto mend it: {plain(each.mend)}" if each.mend else "")
        table.add_row(Text(each.state.value, style=COLOURS[each.state]), Text(plain(each.what)), Text(said))
    console = Console()
    console.print(table)
    count = Counter(each.state for each in found)
    console.print(Text(f"{count[State.OK]} ok, {many(count[State.WARNING], 'warning')}, {count[State.WRONG]} wrong"))
